"""How soon a new process plans: the solver's start with compiled code on disk."""

from __future__ import annotations

import fnmatch
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from geo.dispatch.problem import Break, Job, PreviousRoute, Problem, TravelTimes, Vehicle
from geo.dispatch.search import plan

LIMIT_S = 1.0
CODE = """
import time
began = time.perf_counter()
import geo.dispatch.search
from tests.benchmarks.dispatch_start import small_day
imported = time.perf_counter()
made = geo.dispatch.search.plan(small_day(), iterations=1, seed=1)
print(time.perf_counter() - imported, imported - began, made.timings.warmup_ms)
"""


def small_day() -> Problem:
    """Five jobs and two crews, with a bit of every rule that days here have."""
    x = np.arange(6) * 60
    durations = np.abs(x[:, None] - x[None]).astype(np.int32)
    jobs = [
        Job(id=n, location_index=n, service_s=60, prize=5000, delivery=(1, 0), pickup=(0, 1))
        for n in range(1, 6)
    ]
    jobs[1] = replace(jobs[1], time_windows=((0, 900), (1800, 3600)), skills=frozenset({1}))
    jobs[2] = replace(jobs[2], after=(1,), must_do=True)
    lunch = Break(id=1, time_windows=((600, 1800),), service_s=300)
    crews = tuple(
        Vehicle(
            id=n,
            start_index=0,
            end_index=0,
            capacity=(4, 4),
            skills=frozenset({1, n}),
            time_window=(0, 3600),
            breaks=(lunch,),
            fixed_cost=10,
            overtime_max_s=600,
        )
        for n in (1, 2)
    )
    return Problem(crews, tuple(jobs), {"car": TravelTimes(durations)})


def warm_up() -> None:
    """Have everything compiled before something else is measured: a new plan, and a change of one."""
    problem = small_day()
    made = plan(problem, iterations=20, seed=1)
    previous = tuple(PreviousRoute(route.vehicle, route.job_ids) for route in made.routes)
    plan(replace(problem, previous=previous), iterations=20, seed=1)


def rows(only: str) -> Iterator[dict[str, Any]]:
    """A process after one that left compiled code behind; wall seconds beyond the imports."""
    if not fnmatch.fnmatch("start/warm", only):
        return
    _start()
    first_s, imports_s, warmup_ms = _start()
    yield {
        "name": "start/warm",
        "n": 5,
        "ours": first_s,
        "peer": None,
        "ratio": None,
        "target": f"< {LIMIT_S:g} s",
        "met": first_s < LIMIT_S,
        "imports_s": imports_s,
        "warmup_ms": warmup_ms or None,
    }


def _start() -> tuple[float, float, float]:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    first_s, imports_s, warmup_ms = (float(word) for word in done.stdout.split())
    return first_s, imports_s, warmup_ms
