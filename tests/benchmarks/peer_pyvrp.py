"""PyVRP as a careful user would set it up: what it lacks is put into windows, groups and matrices.

- A lunch break: the clock stands still while it lasts. Windows are moved on that clock, those on both sides
  of the break become two, and shifts end earlier by the break.
- Several windows: one client each, in a group of which one at most is visited.
- Skills: a matrix per kind of crew, on which no way pays that leads to what it cannot do.
- Overtime: crews leave when the shift begins, so that the length of the day is what counts.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from geo.dispatch.problem import Break, Job, Problem, Vehicle, Window
from tests.benchmarks.judging import Orders

Breaks = Literal["unfolded", "cautious", "shift"]
"""How windows go with a break: moved where they lie behind it, shortened by it, or left alone."""

TOO_FAR = 1_000_000
"""Seconds of driving that no prize pays for, and sums of which stay far from overflowing."""


@dataclass(slots=True)
class Model:
    """What PyVRP is given, and how to read its answer: the job of each client, the vehicles of each type."""

    data: Any
    job_of: list[int]
    vehicles_of: list[list[Vehicle]]


@dataclass(slots=True)
class Run:
    """One answer: the orders, its CPU seconds, the cost it claims and when it found it."""

    orders: Orders
    cpu_s: float
    cost: float
    found_s: float
    iterations: int
    solution: Any = field(repr=False, default=None)


def solve(model: Model, cpu_s: float, seed: int, start: Orders | None = None) -> Run:
    """Let it search for so many CPU seconds of this process."""
    pyvrp = importlib.import_module("pyvrp")
    search = importlib.import_module("pyvrp.IteratedLocalSearch")
    began = time.process_time()
    found = [0.0]

    class Callbacks(search.IteratedLocalSearchCallbacks):  # type: ignore[misc, name-defined]
        def on_best(self, best: Any) -> None:
            found[0] = time.process_time() - began

    params = pyvrp.SolveParams(ils=search.IteratedLocalSearchParams(callbacks=Callbacks()))
    result = pyvrp.solve(
        model.data,
        stop=lambda _: time.process_time() - began >= cpu_s,
        seed=seed,
        collect_stats=False,
        params=params,
        initial_solution=None if start is None else _as_solution(pyvrp, model, start),
    )
    spent = time.process_time() - began
    is_feasible = result.best.is_feasible()
    orders = orders_of(model, result.best)
    cost = float(result.cost()) if is_feasible else float("inf")
    return Run(orders, spent, cost, found[0], result.num_iterations, result.best)


def orders_of(model: Model, solution: Any) -> Orders:
    """Jobs in order, each route given to the next vehicle of its type."""
    unused = [list(vehicles) for vehicles in model.vehicles_of]
    return {
        unused[route.vehicle_type()].pop(0).id: [
            model.job_of[activity.idx] for activity in route if activity.is_client()
        ]
        for route in solution.routes()
    }


def _as_solution(pyvrp: Any, model: Model, orders: Orders) -> Any:
    """An earlier plan to start from; a job with several windows is put into the one that fits best."""
    clients: dict[int, list[int]] = {}
    for client, job in enumerate(model.job_of):
        clients.setdefault(job, []).append(client)
    type_of = {vehicle.id: kind for kind, many in enumerate(model.vehicles_of) for vehicle in many}
    routes = []
    for vehicle, order in orders.items():
        visits: list[int] = []
        for job in order:
            if job not in clients:
                continue
            tries = [pyvrp.Route(model.data, [*visits, client], type_of[vehicle]) for client in clients[job]]
            late = [(route.time_warp(), route.end_time()) for route in tries]
            visits.append(clients[job][late.index(min(late))])
        if visits:
            routes.append(pyvrp.Route(model.data, visits, type_of[vehicle]))
    return pyvrp.Solution(model.data, routes)


# ---------------------------------------------------------------- the model


def build(problem: Problem, jobs: Sequence[Job], breaks: Breaks = "unfolded") -> Model:
    """The problem with these jobs (windows clipped where they would wait for others)."""
    pyvrp = importlib.import_module("pyvrp")
    kinds = _kinds(problem)
    rest = the_break(problem)
    depots = sorted({place for vehicle in problem.vehicles for place in ends_of(vehicle)})
    places = [*depots, *(job.location_index for job in jobs)]
    skills = sorted({vehicle.skills for vehicle in problem.vehicles}, key=sorted)
    drives = problem.matrices["car"].durations_s[np.ix_(places, places)].astype(np.int64)
    np.fill_diagonal(drives, 0)
    matrices = [_for_skills(drives, jobs, have, len(depots)) for have in skills]
    clients, groups, job_of = _clients(pyvrp, problem, jobs, rest, breaks, len(depots))
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in places],
        clients=clients,
        depots=[pyvrp.Depot(location=at) for at in range(len(depots))],
        vehicle_types=[
            _vehicle_type(pyvrp, many, depots, skills.index(many[0].skills), rest) for many in kinds
        ],
        distance_matrices=matrices,
        duration_matrices=[drives] * len(matrices),
        groups=groups,
    )
    return Model(data, job_of, kinds)


def _kinds(problem: Problem) -> list[list[Vehicle]]:
    """Vehicles that differ in their id alone."""
    kinds: dict[tuple[Any, ...], list[Vehicle]] = {}
    for vehicle in problem.vehicles:
        key = (ends_of(vehicle), vehicle.skills, vehicle.capacity, vehicle.time_window, vehicle.breaks)
        kinds.setdefault((*key, vehicle.fixed_cost, vehicle.overtime_max_s), []).append(vehicle)
    return list(kinds.values())


def ends_of(vehicle: Vehicle) -> tuple[int, int]:
    """Where it starts and ends, which must be given."""
    assert vehicle.start_index is not None, "open routes are not translated"
    assert vehicle.end_index is not None, "open routes are not translated"
    return vehicle.start_index, vehicle.end_index


def the_break(problem: Problem) -> Break | None:
    """The one break that all crews have, or none."""
    breaks = {vehicle.breaks for vehicle in problem.vehicles}
    assert len(breaks) == 1, "crews with different breaks are not translated"
    (common,) = breaks
    assert len(common) <= 1, "several breaks are not translated"
    return common[0] if common else None


def _for_skills(drives: np.ndarray, jobs: Sequence[Job], have: frozenset[int], depots: int) -> np.ndarray:
    lacking = [depots + number for number, job in enumerate(jobs) if not job.skills <= have]
    matrix = drives.copy()
    matrix[:, lacking] = TOO_FAR
    np.fill_diagonal(matrix, 0)
    return matrix


def _clients(
    pyvrp: Any, problem: Problem, jobs: Sequence[Job], rest: Break | None, breaks: Breaks, depots: int
) -> tuple[list[Any], list[Any], list[int]]:
    clients: list[Any] = []
    groups: list[Any] = []
    job_of: list[int] = []
    for number, job in enumerate(jobs):
        windows = on_the_clock(job, rest, breaks)
        group = len(groups) if len(windows) > 1 else None
        if group is not None:
            members = list(range(len(clients), len(clients) + len(windows)))
            groups.append(pyvrp.ClientGroup(members, required=False))
        for start, end in windows:
            clients.append(
                pyvrp.Client(
                    location=depots + number,
                    delivery=list(job.delivery),
                    pickup=list(job.pickup),
                    service_duration=job.service_s,
                    tw_early=start,
                    tw_late=end,
                    prize=job.prize + problem.options.must_do_penalty * job.must_do,
                    required=False,
                    group=group,
                )
            )
            job_of.append(job.id)
    return clients, groups, job_of


def _vehicle_type(
    pyvrp: Any, many: list[Vehicle], depots: list[int], profile: int, rest: Break | None
) -> Any:
    first = many[0]
    (begins, closes), (starts, ends) = first.time_window, ends_of(first)
    length = closes - begins - (rest.service_s if rest is not None else 0)
    overtime: dict[str, int] = {}
    if first.overtime_max_s:
        overtime = {
            "start_late": begins,
            "shift_duration": length,
            "max_overtime": first.overtime_max_s,
            "unit_overtime_cost": round(first.overtime_cost),
        }
    return pyvrp.VehicleType(
        num_available=len(many),
        capacity=list(first.capacity),
        start_depot=depots.index(starts),
        end_depot=depots.index(ends),
        fixed_cost=first.fixed_cost,
        tw_early=begins,
        tw_late=begins + length + first.overtime_max_s,
        profile=profile,
        **overtime,
    )


# ---------------------------------------------------------------- windows around a break


def on_the_clock(job: Job, rest: Break | None, breaks: Breaks) -> list[Window]:
    """Windows on a clock that stands still during the break."""
    if rest is None or breaks == "shift":
        return list(job.time_windows)
    first, last, length = rest.time_windows[0][0], rest.time_windows[-1][1], rest.service_s
    if breaks == "cautious":
        moved = ((start, end - length if end > first else end) for start, end in job.time_windows)
        return [window for window in moved if window[0] <= window[1]]
    sides: list[Window] = []
    for start, end in job.time_windows:
        sides.append((start, min(end, last - job.service_s)))
        sides.append((max(start, first + length) - length, end - length))
    return list(_merged(sorted(side for side in sides if side[0] <= side[1])))


def _merged(windows: list[Window]) -> Iterator[Window]:
    """Windows that touch or overlap become one."""
    at: Window | None = None
    for start, end in windows:
        if at is None:
            at = (start, end)
        elif start <= at[1] + 1:
            at = (at[0], max(at[1], end))
        else:
            yield at
            at = (start, end)
    if at is not None:
        yield at
