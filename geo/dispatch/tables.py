"""A problem laid out for the search: flat lists by job and vehicle number instead of records by id.

Stops are numbers: 0 … n−1 are jobs in file order, n + v is the reload of vehicle v. Places are matrix rows
and one more, "nowhere", from and to which every drive takes 0: a missing start or end lies there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from geo.dispatch.drives import INF, Drives
from geo.dispatch.problem import ANY_TIME, FOREVER, Job, Problem, Vehicle, Window

Rest: TypeAlias = tuple[tuple[Window, ...], int]


@dataclass(frozen=True, slots=True)
class Relaxed:
    """One rule left out, to find out which rule keeps a job away."""

    load: bool = False
    time: bool = False
    shift: bool = False
    breaks: bool = False
    precedence: bool = False
    limits: bool = False


STRICT = Relaxed()


@dataclass(slots=True)
class FrozenPart:
    """What a vehicle has done already."""

    jobs: list[int] = field(default_factory=list)
    rests: set[int] = field(default_factory=set)
    reloads: int = 0
    travel_s: int = 0
    travel_cost: int = 0
    service_s: int = 0
    end_s: int = 0
    place: int | None = None
    leg: list[int] = field(default_factory=list)
    is_over: bool = False
    lateness_cost: float = 0.0


@dataclass(slots=True)
class Crew:
    """One vehicle of the problem, with what is left of its day."""

    number: int
    name: int
    drives: Drives
    start: int
    end: int
    departs_s: int
    shift_end_s: int
    latest_s: int
    overtime_cost: float
    per_second: float
    fixed: float
    rests: tuple[Rest, ...]
    capacity: tuple[int, ...]
    reload_stop: int
    reloads_left: int
    tasks_left: int
    travel_limit_s: int
    day_factor: float
    frozen: FrozenPart
    has_started: bool
    frozen_load: tuple[tuple[int, ...], ...]
    """Load on each drive of the frozen part of the current leg, open deliveries apart."""

    @property
    def is_used(self) -> bool:
        """Whether its fixed cost is due without any open job."""
        return bool(self.frozen.jobs)

    @property
    def drives_home(self) -> bool:
        """Whether it has a way to its end without open stops: it is out, and not back yet."""
        is_out = self.has_started and not self.frozen.is_over
        return is_out and self.drives.seconds(self.start, self.end) < INF


@dataclass(slots=True)
class Tables:
    """The whole problem by numbers."""

    problem: Problem
    relaxed: Relaxed
    n: int
    dims: int
    place: list[int]
    service: list[int]
    windows: list[tuple[Window, ...]]
    delivery: list[tuple[int, ...]]
    pickup: list[tuple[int, ...]]
    worth: list[float]
    is_must: list[bool]
    due: list[int]
    late_cost: list[float]
    after: list[tuple[int, ...]]
    followers: list[tuple[int, ...]]
    frozen_end: dict[int, int]
    pinned_to: dict[int, int]
    previous: dict[int, int]
    crews: list[Crew]
    crew_names: int
    number_of: dict[int, int]
    drives: dict[str, Drives]
    able: npt.NDArray[np.bool_]
    """(n, m) whether the vehicle may serve the job."""

    @property
    def open_jobs(self) -> list[int]:
        """Jobs that are not frozen, in file order."""
        return [job for job in range(self.n) if job not in self.frozen_end]

    def move_cost(self, job: int, v: int) -> float:
        """What giving the job to another crew than before costs."""
        before = self.previous.get(job)
        if before is None or before == self.crews[v].name:
            return 0.0
        return self.problem.options.reassign_penalty


def lay_out(problem: Problem, relaxed: Relaxed = STRICT, like: Tables | None = None) -> Tables:
    """Number everything; the matrices, a second of work for a thousand places, can be taken from `like`."""
    number_of = {job.id: n for n, job in enumerate(problem.jobs)}
    names = {name: n for n, name in enumerate(dict.fromkeys(v.crew_name for v in problem.vehicles))}
    dims = max((len(vehicle.capacity) for vehicle in problem.vehicles), default=0)
    tables = _job_tables(problem, relaxed, number_of, dims)
    tables.crew_names = len(names)
    if like is None:
        tables.drives = {name: Drives.of(times) for name, times in problem.matrices.items()}
    else:
        tables.drives = like.drives
    for v, vehicle in enumerate(problem.vehicles):
        tables.crews.append(_crew(tables, v, vehicle, names[vehicle.crew_name]))
        _lay_reload(tables, vehicle)
    _lay_previous(tables, names)
    tables.able = _able(tables)
    return tables


def _job_tables(problem: Problem, relaxed: Relaxed, number_of: dict[int, int], dims: int) -> Tables:
    jobs = problem.jobs
    pinned = _pinned(problem, number_of)
    after = [() if relaxed.precedence else tuple(number_of[i] for i in job.after) for job in jobs]
    followers: list[list[int]] = [[] for _ in jobs]
    for n, others in enumerate(after):
        for other in others:
            followers[other].append(n)
    windows = [ANY_TIME if relaxed.time else _job_windows(job, pinned.get(n)) for n, job in enumerate(jobs)]
    is_must = [job.must_do or n in pinned for n, job in enumerate(jobs)]
    penalty = problem.options.must_do_penalty
    return Tables(
        problem=problem,
        relaxed=relaxed,
        n=len(jobs),
        dims=dims,
        place=[job.location_index for job in jobs],
        service=[job.service_s for job in jobs],
        windows=windows,
        delivery=[padded(job.delivery, dims) for job in jobs],
        pickup=[padded(job.pickup, dims) for job in jobs],
        worth=[float(job.prize + penalty * must) for job, must in zip(jobs, is_must, strict=True)],
        is_must=is_must,
        due=[FOREVER if job.due_s is None else job.due_s for job in jobs],
        late_cost=[0.0 if job.due_s is None else job.late_cost for job in jobs],
        after=after,
        followers=[tuple(others) for others in followers],
        frozen_end={},
        pinned_to={n: v for n, (v, _) in pinned.items()},
        previous={},
        crews=[],
        crew_names=0,
        number_of=number_of,
        drives={},
        able=np.zeros((0, 0), dtype=bool),
    )


def padded(amounts: tuple[int, ...], dims: int) -> tuple[int, ...]:
    """Amounts with missing dimensions as 0."""
    return amounts + (0,) * (dims - len(amounts))


def _pinned(problem: Problem, number_of: dict[int, int]) -> dict[int, tuple[int, Window]]:
    return {
        number_of[step.id]: (v, step.start_window)
        for v, vehicle in enumerate(problem.vehicles)
        for step in vehicle.steps
        if step.pinned and step.id is not None
    }


def _job_windows(job: Job, pin: tuple[int, Window] | None) -> tuple[Window, ...]:
    if pin is None:
        return job.time_windows
    low, high = pin[1]
    cut = [(max(start, low), min(end, high)) for start, end in job.time_windows]
    return tuple((start, end) for start, end in cut if start <= end)


def _crew(tables: Tables, v: int, vehicle: Vehicle, name: int) -> Crew:
    drives = tables.drives[vehicle.profile]
    frozen = _frozen_part(tables, vehicle, drives)
    nowhere = drives.nowhere
    start = nowhere if vehicle.start_index is None else vehicle.start_index
    if frozen.place is not None:
        start = frozen.place
    if vehicle.position_index is not None:
        start = vehicle.position_index
    rests = [(rest.time_windows, rest.service_s) for rest in vehicle.breaks if rest.id not in frozen.rests]
    relaxed, limits = tables.relaxed, vehicle.reload
    shift_end = FOREVER if relaxed.shift else vehicle.time_window[1]
    return Crew(
        number=v,
        name=name,
        drives=drives,
        start=start,
        end=nowhere if vehicle.end_index is None else vehicle.end_index,
        departs_s=max(vehicle.time_window[0], vehicle.available_at_s or 0, frozen.end_s),
        shift_end_s=shift_end,
        latest_s=shift_end + vehicle.overtime_max_s,
        overtime_cost=vehicle.overtime_cost,
        per_second=vehicle.per_hour / 3600.0,
        fixed=float(vehicle.fixed_cost),
        rests=() if relaxed.breaks else tuple(rests),
        capacity=(INF,) * tables.dims if relaxed.load else padded(vehicle.capacity, tables.dims),
        reload_stop=-1 if limits is None else tables.n + v,
        reloads_left=_left(None if limits is None else limits.max_count, frozen.reloads, unlimited=False),
        tasks_left=_left(vehicle.max_tasks, len(frozen.jobs), unlimited=relaxed.limits),
        travel_limit_s=INF
        if vehicle.max_travel_time_s is None or relaxed.limits
        else vehicle.max_travel_time_s,
        day_factor=1.0 - tables.problem.options.day_decay**vehicle.day,
        frozen=frozen,
        has_started=bool(vehicle.frozen_steps),
        frozen_load=_frozen_load(tables, frozen),
    )


def _left(limit: int | None, spent: int, *, unlimited: bool) -> int:
    return INF if limit is None or unlimited else limit - spent


def _frozen_part(tables: Tables, vehicle: Vehicle, drives: Drives) -> FrozenPart:
    part = FrozenPart(place=vehicle.start_index)
    breaks = {rest.id: rest for rest in vehicle.breaks}
    for step in vehicle.frozen_steps:
        place: int | None = None
        service_s = 0
        if step.type == "job" and step.id is not None:
            job = tables.number_of[step.id]
            place, service_s = tables.place[job], tables.service[job]
            part.jobs.append(job)
            part.leg.append(job)
        elif step.type == "break" and step.id is not None:
            service_s = breaks[step.id].service_s
            part.rests.add(step.id)
        elif step.type == "reload" and vehicle.reload is not None:
            place, service_s = vehicle.reload.location_index, vehicle.reload.service_s
            part.reloads += 1
            part.leg.clear()
        elif step.type == "end":
            place, part.is_over = vehicle.end_index, True
        _drive(part, place, drives)
        if step.service_at_s is not None:
            end_s = step.service_at_s + service_s if step.end_at_s is None else step.end_at_s
            part.end_s = max(part.end_s, end_s)
            _note_job(tables, part, step.type == "job", end_s)
        if step.type in {"job", "reload"}:
            part.service_s += service_s
    return part


def _note_job(tables: Tables, part: FrozenPart, is_job: bool, end_s: int) -> None:
    if is_job:
        job = part.jobs[-1]
        tables.frozen_end[job] = end_s
        part.lateness_cost += tables.late_cost[job] * max(0, end_s - tables.due[job])


def _drive(part: FrozenPart, place: int | None, drives: Drives) -> None:
    """Count the drive to the next frozen stop; what was driven although no road is known counts 0."""
    if place is None:
        return
    if part.place is not None and drives.seconds(part.place, place) < INF:
        part.travel_s += drives.seconds(part.place, place)
        part.travel_cost += drives.cost(part.place, place)
    part.place = place


def _frozen_load(tables: Tables, frozen: FrozenPart) -> tuple[tuple[int, ...], ...]:
    """Load on the drives before each frozen stop of the current leg and after the last one."""
    now = [sum(tables.delivery[job][d] for job in frozen.leg) for d in range(tables.dims)]
    loads = [tuple(now)]
    for job in frozen.leg:
        for d in range(tables.dims):
            now[d] += tables.pickup[job][d] - tables.delivery[job][d]
        loads.append(tuple(now))
    return tuple(loads)


def _lay_reload(tables: Tables, vehicle: Vehicle) -> None:
    """The stop n + v, a dummy for vehicles without reload."""
    reload = vehicle.reload
    tables.place.append(0 if reload is None else reload.location_index)
    tables.service.append(0 if reload is None else reload.service_s)
    tables.windows.append(ANY_TIME)
    tables.due.append(FOREVER)
    tables.late_cost.append(0.0)


def _lay_previous(tables: Tables, names: dict[str, int]) -> None:
    crew_of = {vehicle.id: names[vehicle.crew_name] for vehicle in tables.problem.vehicles}
    for route in tables.problem.previous:
        for job in route.jobs:
            number = tables.number_of[job]
            if number not in tables.frozen_end:
                tables.previous[number] = crew_of[route.vehicle]


def _able(tables: Tables) -> npt.NDArray[np.bool_]:
    """Who may serve what: skills, pinned to the vehicle or to none, neither frozen nor after the end."""
    jobs, vehicles = tables.problem.jobs, tables.problem.vehicles
    kinds = {skills: number for number, skills in enumerate({job.skills: None for job in jobs})}
    by_kind = np.array([[kind <= vehicle.skills for vehicle in vehicles] for kind in kinds], dtype=bool)
    able = by_kind.reshape(len(kinds), len(vehicles))[[kinds[job.skills] for job in jobs]]
    for job, v in tables.pinned_to.items():
        able[job, np.arange(len(vehicles)) != v] = False
    able[list(tables.frozen_end)] = False
    able[:, [crew.frozen.is_over for crew in tables.crews]] = False
    return able
