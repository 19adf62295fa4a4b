"""VROOM as a careful user would run it: breaks, skills and windows as they are, prizes as priorities.

VROOM serves the largest sum of priorities (0 to 100), then as many jobs as it can, then drives least. How
prizes become priorities therefore matters, and several ways are tried: in proportion to the prize, to its
root, to the prize for the time it takes, and between. It is always let run to its end, on one thread.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geo.dispatch.problem import ANY_TIME, Job, Problem, Vehicle, Window
from tests.benchmarks.judging import Orders

Priorities = Mapping[int, int]

HIGHEST = 100
OPTIONAL_HIGHEST = 60
"""Must-do jobs come first: what they are worth is more than any other."""
DAY_S = 86_400
LATEST_S = 2**31 - 1
"""Later times do not fit."""
OVERHEAD_S = 400
"""Driving and getting ready that comes with a job, for prizes by time."""


def solve(
    problem: Problem, jobs: Sequence[Job], priorities: Priorities, level: int, *, stay_late: bool
) -> Orders:
    """One run to its end; ``stay_late`` lets shifts end as late as overtime allows."""
    vroom = importlib.import_module("vroom")
    made = vroom.Input()
    made.set_durations_matrix("car", problem.matrices["car"].durations_s.astype(np.uint32))
    for vehicle in problem.vehicles:
        made.add_vehicle(_vehicle(vroom, vehicle, stay_late=stay_late))
    for job in jobs:
        made.add_job(_job(vroom, job, priorities[job.id]))
    routes = made.solve(exploration_level=level, nb_threads=1).routes
    orders: Orders = {}
    for vehicle_id, kind, number in zip(routes["vehicle_id"], routes["type"], routes["id"], strict=True):
        if kind == "job":
            orders.setdefault(int(vehicle_id), []).append(int(number))
    return orders


def _vehicle(vroom: Any, vehicle: Vehicle, *, stay_late: bool) -> Any:
    begins, ends = vehicle.time_window
    return vroom.Vehicle(
        vehicle.id,
        start=vehicle.start_index,
        end=vehicle.end_index,
        capacity=list(vehicle.capacity),
        skills=set(vehicle.skills),
        time_window=(begins, ends + vehicle.overtime_max_s * stay_late),
        breaks=[
            vroom.Break(rest.id, time_windows=list(rest.time_windows), service=rest.service_s)
            for rest in vehicle.breaks
        ],
        costs=vroom.VehicleCosts(fixed=vehicle.fixed_cost),
    )


def _job(vroom: Any, job: Job, priority: int) -> Any:
    return vroom.Job(
        job.id,
        location=job.location_index,
        default_service=job.service_s,
        delivery=list(job.delivery),
        pickup=list(job.pickup),
        skills=set(job.skills),
        priority=priority,
        time_windows=_windows(job.time_windows),
    )


def _windows(windows: tuple[Window, ...]) -> list[Window]:
    """None where any time of the day will do."""
    if windows == ANY_TIME or (len(windows) == 1 and windows[0][0] <= 0 and windows[0][1] >= DAY_S):
        return []
    return [(start, min(end, LATEST_S)) for start, end in windows]


# ---------------------------------------------------------------- prizes as priorities


@dataclass(frozen=True, slots=True)
class Way:
    """Priorities in proportion to a power of the prize over a power of the time that the job takes.

    A prize power below 1 brings prizes together: two small ones count for more than one of twice the prize.
    """

    prize: float
    time: float

    @property
    def name(self) -> str:
        """As tries are noted."""
        return f"prize^{self.prize:g}/time^{self.time:g}"

    def __call__(self, jobs: Sequence[Job]) -> dict[int, int]:
        """Priorities by job id."""
        return _scaled(
            jobs, [job.prize**self.prize / (job.service_s + OVERHEAD_S) ** self.time for job in jobs]
        )


WAYS = (Way(0.5, 0), Way(1, 0), Way(1, 0.5), Way(1, 1))
MORE_WAYS = (
    Way(0.75, 0), Way(0.75, 0.25), Way(1, 0.25), Way(0.5, 0.25), Way(1, 0.75),
    Way(0.75, 0.5), Way(0.25, 0), Way(0.5, 0.5), Way(1.5, 0), Way(1.5, 0.5),
)  # fmt: skip
"""For what is left of the budget."""


def _scaled(jobs: Sequence[Job], values: list[float]) -> dict[int, int]:
    most = max(values, default=1.0)
    return {
        job.id: HIGHEST if job.must_do else max(1, round(OPTIONAL_HIGHEST * value / most))
        for job, value in zip(jobs, values, strict=True)
    }
