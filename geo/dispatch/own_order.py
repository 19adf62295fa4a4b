"""What becomes of one crew's day when it goes in an order of its own: it is timed, nothing is sought.

The clock is the referee's. Windows, rests and the shift's end do not forbid anything here: what comes too
late is said, so that a person can weigh it. Only refills and rests are placed, where they fit best.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement, pairwise

import numpy as np

from geo.dispatch.problem import (
    FOREVER,
    NO_WAY,
    Break,
    Job,
    Matrix,
    PlannedStep,
    Problem,
    TravelTimes,
    Vehicle,
)
from geo.dispatch.referee_clock import Clock, next_start
from geo.dispatch.referee_orders import Orders, Sheet, amount, legs
from geo.dispatch.result import Plan, PlannedRoute, ScoreParts, Step
from geo.errors import BadProblem

RULES = frozenset({"load", "reload", "limits", "skills"})
"""What the referee finds broken in an order whatever its times are."""


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """A crew's open jobs in a given order, timed. Times are the problem's seconds.

    Attributes
    ----------
    spans
        When each job begins and ends, by job id, in order.
    rests
        When each rest begins and ends, in order.
    back_s
        When the crew is back, or done.
    drive_s, drive_m
        Driving from where the crew is now to its end; 0 m where distances are not known.
    late_jobs
        Ids of jobs that begin after their window's end.
    late_rests
        Ids of rests that begin after their window's end.
    broken
        Codes of other rules that the order breaks (`RULES`).
    """

    spans: dict[int, tuple[int, int]]
    rests: tuple[tuple[int, int], ...]
    back_s: int
    drive_s: int
    drive_m: int
    late_jobs: frozenset[int]
    late_rests: frozenset[int]
    broken: frozenset[str]


def time_order(problem: Problem, jobs: Sequence[int]) -> OwnOrder:
    """Time one vehicle's open jobs in the order given.

    Parameters
    ----------
    problem
        Of one vehicle; all its jobs are frozen stops of it or stand in `jobs`. Ways that do not exist take no
        time: a person goes there who knows better.
    jobs
        Ids, each open job once. May be empty.

    Returns
    -------
    The best of the timings, by where the rests are taken: the least lateness first, then back the earliest,
    then the earliest rests.

    Raises
    ------
    BadProblem
        The jobs are not the vehicle's open ones, or wait for each other in a circle.
    """
    if len(problem.vehicles) != 1:
        raise BadProblem("vehicles", "one is timed at a time")
    soft = _soft(problem)
    stops = list(_with_refills(soft, jobs))
    vehicle = soft.vehicles[0]
    taken = {step.id for step in vehicle.frozen_steps if step.type == "break"}
    due = [rest for rest in vehicle.breaks if rest.id not in taken] if jobs else []
    gaps = combinations_with_replacement(range(len(stops) + 1), len(due))
    return min((_timed(problem, soft, _placed(stops, due, places)) for places in gaps), key=_rank)[1]


_Ranked = tuple[tuple[int, int, tuple[tuple[int, int], ...]], OwnOrder]


def _rank(ranked: _Ranked) -> tuple[int, int, tuple[tuple[int, int], ...]]:
    return ranked[0]


# ---------------------------------------------------------------- what is timed


def _soft(problem: Problem) -> Problem:
    """Take the ends off all windows, and give ways that do not exist no length."""
    jobs = tuple(replace(job, time_windows=_from(job)) for job in problem.jobs)
    matrices = {name: _passable(times) for name, times in problem.matrices.items()}
    vehicle = problem.vehicles[0]
    rests = tuple(
        replace(rest, time_windows=((rest.time_windows[0][0], FOREVER),)) for rest in vehicle.breaks
    )
    return replace(problem, jobs=jobs, matrices=matrices, vehicles=(replace(vehicle, breaks=rests),))


def _from(job: Job) -> tuple[tuple[int, int], ...]:
    return (*job.time_windows[:-1], (job.time_windows[-1][0], FOREVER))


def _passable(times: TravelTimes) -> TravelTimes:
    def open_ways(matrix: Matrix) -> Matrix:
        return np.where(matrix == NO_WAY, np.int32(0), matrix)

    distances = None if times.distances_m is None else open_ways(times.distances_m)
    return replace(times, durations_s=open_ways(times.durations_s), distances_m=distances)


def _with_refills(problem: Problem, jobs: Sequence[int]) -> Iterator[PlannedStep]:
    """Return the jobs with a refill before each that the load would not last for, or leave no room for."""
    vehicle = problem.vehicles[0]
    known = {job.id: job for job in problem.jobs}
    frozen = Sheet(vehicle, None, vehicle.frozen_steps)
    *_, leg = legs(frozen)
    begun = len(leg)
    load = [known[job] for job, _is_open in leg if job in known]
    for job in jobs:
        if job in known and load and vehicle.reload and not _fits(vehicle, [*load, known[job]], begun):
            yield PlannedStep("reload")
            load, begun = [], 0
        yield PlannedStep("job", job)
        if job in known:
            load.append(known[job])


def _fits(vehicle: Vehicle, leg: Sequence[Job], begun: int) -> bool:
    """Whether a leg can be driven on one load. Drives before the first open job lie behind, unless something
    was on board for it then.
    """
    return all(_carries(vehicle, leg, begun, dim) for dim in range(len(vehicle.capacity)))


def _carries(vehicle: Vehicle, leg: Sequence[Job], begun: int, dim: int) -> bool:
    loads = [sum(amount(job.delivery, dim) for job in leg)]
    loads += [amount(job.pickup, dim) - amount(job.delivery, dim) for job in leg]
    on_drives = [int(load) for load in np.cumsum(loads)]
    delivers = any(amount(job.delivery, dim) for job in leg[begun:])
    return max(on_drives[0 if delivers else begun :]) <= amount(vehicle.capacity, dim)


def _placed(stops: Sequence[PlannedStep], rests: Sequence[Break], places: Sequence[int]) -> list[PlannedStep]:
    """Return the stops with each rest before the stop of its place."""
    found: list[PlannedStep] = []
    for place in range(len(stops) + 1):
        found += [
            PlannedStep("break", rest.id) for rest, at in zip(rests, places, strict=True) if at == place
        ]
        found += stops[place : place + 1]
    return found


# ---------------------------------------------------------------- timing


def _timed(problem: Problem, soft: Problem, stops: Sequence[PlannedStep]) -> _Ranked:
    orders = Orders(soft, _plan(soft, stops))
    orders.check()
    clock = Clock(orders)
    codes = frozenset(found.code for found in orders.violations)
    if clock.has_circle or codes & {"structure", "frozen"}:
        raise BadProblem("jobs", orders.violations[0].message)
    sheet = orders.sheets[0]
    service = {job.id: job.service_s for job in soft.jobs}
    spans = {job: (clock.job_end[job] - service[job], clock.job_end[job]) for job in sheet.open_jobs}
    rests = _rests(clock, sheet)
    ends = {job.id: job.time_windows[-1][1] for job in problem.jobs}
    due = {job.id: job.due_s for job in problem.jobs if job.due_s is not None}
    rest_ends = {rest.id: rest.time_windows[-1][1] for rest in problem.vehicles[0].breaks}
    late_jobs = {job: start - ends[job] for job, (start, _end) in spans.items() if start > ends[job]}
    late_rests = {
        rest: start - rest_ends[rest] for rest, (start, _end) in rests.items() if start > rest_ends[rest]
    }
    overdue_s = sum(max(0, end - due[job]) for job, (_start, end) in spans.items() if job in due)
    back_s = clock.done_s[sheet.vehicle.id]
    drive_s, drive_m = _drive(clock, sheet)
    own = OwnOrder(
        spans=spans,
        rests=tuple(rests.values()),
        back_s=back_s,
        drive_s=drive_s,
        drive_m=drive_m,
        late_jobs=frozenset(late_jobs),
        late_rests=frozenset(late_rests),
        broken=codes & RULES,
    )
    lateness_s = sum(late_jobs.values()) + sum(late_rests.values()) + overdue_s
    return (lateness_s, back_s, own.rests), own


def _plan(problem: Problem, stops: Sequence[PlannedStep]) -> Plan:
    vehicle = problem.vehicles[0]
    place = {job.id: job.location_index for job in problem.jobs}
    refill = vehicle.reload.location_index if vehicle.reload else None
    frozen = vehicle.frozen_steps
    lengths = Orders(problem, Plan((), (), ScoreParts()))  # only asked when a frozen stop was over
    start = vehicle.start_index if frozen or vehicle.position_index is None else vehicle.position_index
    has_left = bool(frozen) and frozen[0].type == "start"
    steps = [] if start is None or has_left else [Step("start", 0, location_index=start)]
    for step in frozen:
        began_s = step.service_at_s or 0
        took_s = max(0, lengths.frozen_end(vehicle, step) - began_s)
        steps.append(Step(step.type, began_s, id=step.id, service_s=took_s, frozen=True))
    for stop in stops:
        at = refill if stop.type == "reload" else place.get(stop.id or 0) if stop.type == "job" else None
        steps.append(Step(stop.type, 0, id=stop.id, location_index=at))
    if vehicle.end_index is not None:
        steps.append(Step("end", 0, location_index=vehicle.end_index))
    return Plan((PlannedRoute(vehicle.id, tuple(steps)),), (), ScoreParts())


def _rests(clock: Clock, sheet: Sheet) -> dict[int, tuple[int, int]]:
    """Return when each rest is taken: before or after the drive, whichever is over first, as by the clock."""
    vehicle = sheet.vehicle
    ready, place = clock.open_start(sheet), clock.open_place(sheet)
    waiting: list[Break] = []
    found: dict[int, tuple[int, int]] = {}
    for stop in sheet.open:
        if stop.type == "break":
            waiting.append(clock.rest_of(vehicle, stop))
            continue
        goal = clock.place_of(vehicle, stop)
        ready = _take(found, waiting, ready, clock.drive(vehicle, place, goal) or 0)
        is_job = stop.type == "job" and stop.id is not None
        ready = clock.job_end[stop.id or 0] if is_job else ready + clock.service_of(vehicle, stop)
        place, waiting = goal, []
    _take(found, waiting, ready, clock.drive(vehicle, place, vehicle.end_index) or 0)
    return found


def _take(found: dict[int, tuple[int, int]], rests: Sequence[Break], ready: int, drive_s: int) -> int:
    options = []
    for before in range(len(rests), -1, -1):
        now, taken = ready, {}
        for count, rest in enumerate(rests):
            if count == before:
                now += drive_s
            begins = next_start(rest.time_windows, now)
            now = begins + rest.service_s
            taken[rest.id] = (begins, now)
        options.append((now + drive_s if before == len(rests) else now, taken))
    ready, taken = min(options, key=lambda option: option[0])
    found.update(taken)
    return ready


def _drive(clock: Clock, sheet: Sheet) -> tuple[int, int]:
    vehicle = sheet.vehicle
    path = [
        clock.open_place(sheet),
        *(clock.place_of(vehicle, stop) for stop in sheet.open if stop.type != "break"),
        vehicle.end_index,
    ]
    if not sheet.open:
        return 0, 0
    pairs = list(pairwise(place for place in path if place is not None))
    times = clock.times_of(vehicle)
    seconds = sum(int(times.durations_s[pair]) for pair in pairs)
    return seconds, 0 if times.distances_m is None else sum(int(times.distances_m[pair]) for pair in pairs)
