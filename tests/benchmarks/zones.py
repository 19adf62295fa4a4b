"""Large days in parts: sectors around the middle with as many jobs each, and crews dealt out fairly.

For solvers that take too long on the whole; a dispatcher would split such a day by districts too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from geo.dispatch.problem import Job, Problem, Vehicle


def zones(problem: Problem, jobs: Sequence[Job], count: int) -> list[Problem]:
    """The problem in so many parts, with the same matrices.

    Jobs at one place stay together. Of each kind of crew, every zone in turn takes the one that is nearest.
    """
    if count <= 1:
        return [replace(problem, jobs=tuple(jobs))]
    sector = _sectors(problem, jobs, count)
    parts = [[job for job, at in zip(jobs, sector, strict=True) if at == zone] for zone in range(count)]
    crews = _dealt(problem, parts)
    return [
        replace(problem, jobs=tuple(part), vehicles=tuple(crew))
        for part, crew in zip(parts, crews, strict=True)
    ]


def _sectors(problem: Problem, jobs: Sequence[Job], count: int) -> list[int]:
    """Which sector each job is in; borders never run through a place."""
    assert problem.places is not None, "zones need to know where jobs are"
    xy = np.array([problem.places[job.location_index] for job in jobs])
    off = xy - np.median(xy, axis=0)
    angle = np.arctan2(off[:, 1], off[:, 0])
    borders = np.quantile(angle, np.arange(1, count) / count)
    return [int(zone) for zone in np.searchsorted(borders, angle)]


def _dealt(problem: Problem, parts: list[list[Job]]) -> list[list[Vehicle]]:
    kinds: dict[tuple[tuple[int, ...], tuple[int, int]], list[Vehicle]] = {}
    for vehicle in problem.vehicles:
        kinds.setdefault((tuple(sorted(vehicle.skills)), vehicle.time_window), []).append(vehicle)
    drives = problem.matrices["car"].durations_s
    goals = [[job.location_index for job in part] for part in parts]
    crews: list[list[Vehicle]] = [[] for _ in parts]
    turn = 0
    for _, free in sorted(kinds.items()):
        while free:
            zone = turn % len(parts)
            away = [float(drives[vehicle.start_index, goals[zone]].mean()) for vehicle in free]
            crews[zone].append(free.pop(away.index(min(away))))
            turn += 1
    return crews
