"""Public instances with best-known plans: prize-collecting ones with long routes, and Solomon's."""

from __future__ import annotations

import fnmatch
import json
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from geo.dispatch.referee import judge
from geo.dispatch.search import plan
from tests.benchmarks.rows import Row
from tests.geo.dispatch.public_instances import ARCHIVE, read_pcvrptw, read_solomon, routes_of, texts

PRIZES = ("R2_10_1", "C2_10_1", "RC2_10_1", "R1_10_1", "C1_10_1", "RC1_10_1")
LONG = ("R2", "C2", "RC2")
"""Groups with long routes, where a plan must be found; in the others serving nobody is close to the best."""
LONG_LIMIT = 1.05
LONG_SECONDS, SHORT_SECONDS = 60.0, 30.0
"""CPU seconds for the groups with long routes, and for the others."""
SOLOMON = ("R201", "C201", "RC201", "R101", "C101", "RC101")
SOLOMON_SECONDS = 10.0


def rows(only: str) -> Iterator[Row]:
    """A row for each instance asked for; none where the archive is not beside the checkout."""
    if not ARCHIVE.exists():
        return
    for name in PRIZES:
        if fnmatch.fnmatch(f"prizes/{name}", only):
            yield _prizes(name)
    for name in SOLOMON:
        if fnmatch.fnmatch(f"solomon/{name}", only):
            yield _solomon(name)


def _prizes(name: str) -> Row:
    """1,000 optional customers; the cost is distance and the prizes of those left out."""
    files = texts({f"pcvrptw/{name}"})
    problem = read_pcvrptw(files[f"pcvrptw/{name}.vrp"]).problem()
    routes, best = routes_of(files[f"pcvrptw/{name}.sol"])
    made, spent, broken = _planned(problem, LONG_SECONDS)
    ratio = made.score.total / best
    has_goal = name.split("_", maxsplit=1)[0] in LONG
    nobody = sum(job.prize for job in problem.jobs)
    return {
        "name": f"prizes/{name}",
        "n": len(problem.jobs),
        "ours": made.score.total,
        "peer": best,
        "ratio": ratio,
        "target": f"≤ {LONG_LIMIT:g}" if has_goal else None,
        "met": ratio <= LONG_LIMIT and not broken if has_goal else None,
        "nobody": nobody / best,
        "routes": len(made.routes),
        "best_routes": len(routes),
        "served": len(problem.jobs) - len(made.unassigned),
        "iterations": made.iterations,
        "ours_cpu_s": spent,
        "violations": broken,
    }


def _solomon(name: str) -> Row:
    """100 customers, least distance; against the best known for distance, unrounded like ours."""
    files = texts({f"solomon/{name}", "solomon/best_known"})
    instance = read_solomon(files[f"solomon/{name}.txt"])
    best = json.loads(files["solomon/best_known.json"])[f"{name}_distance"]
    made, spent, broken = _planned(instance.problem(), SOLOMON_SECONDS)
    length = sum(_length(instance.xy, route.job_ids) for route in made.routes)
    return {
        "name": f"solomon/{name}",
        "n": len(instance.xy) - 1,
        "ours": length,
        "peer": best["best_known_cost"],
        "ratio": length / best["best_known_cost"],
        "target": None,
        "met": None,
        "routes": len(made.routes),
        "best_routes": best["vehicles"],
        "served": len(instance.xy) - 1 - len(made.unassigned),
        "ours_cpu_s": spent,
        "violations": broken,
    }


def _planned(problem: Any, seconds: float) -> tuple[Any, float, int]:
    began = time.process_time()
    made = plan(problem, seconds=seconds, seed=1, cpu=True)
    spent = time.process_time() - began
    return made, spent, len(judge(problem, made).violations)


def _length(xy: np.ndarray, jobs: tuple[int, ...]) -> float:
    return sum(float(np.hypot(*(xy[a] - xy[b]))) for a, b in pairwise((0, *jobs, 0)))
