"""From the planning file to a `Problem`: VROOM's public JSON with extensions, checked key by key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from geo.dispatch.fields import LARGEST_TIME, Fields, as_array, as_integer
from geo.dispatch.matrices import read_matrices, with_computed_matrices
from geo.dispatch.problem import (
    ANY_TIME,
    FOREVER,
    Break,
    Job,
    Options,
    PlannedStep,
    PreviousRoute,
    Problem,
    Reload,
    TravelTimes,
    Vehicle,
    Window,
)
from geo.errors import BadProblem

PRIZE_OF_PRIORITY = 100_000
STEP_TYPES = ("start", "job", "break", "reload", "end")
LONGEST_S = 1 << 30


def read_problem(data: Any, folder: Path | None = None) -> Problem:
    """Read a decoded planning file.

    Parameters
    ----------
    data
        The decoded JSON.
    folder
        Where matrix files named in it may lie; without it they are refused.

    Returns
    -------
    The problem, with travel times estimated from the locations when the file has no matrices.

    Raises
    ------
    BadProblem
        Naming the first key that is missing, unknown, of the wrong type or in contradiction.
    """
    fields = Fields(data, "")
    if fields.array("shipments"):
        raise BadProblem("shipments", "is not supported: model a delivery and a pickup as two jobs")
    options = _read_options(fields)
    jobs = [_read_job(value, f"jobs[{n}]", options) for n, value in enumerate(_required(fields, "jobs"))]
    vehicles = [
        _read_vehicle(value, f"vehicles[{n}]") for n, value in enumerate(_required(fields, "vehicles"))
    ]
    if not vehicles:
        raise BadProblem("vehicles", "there is none")
    matrices = read_matrices(fields, folder)
    previous, unknown = _read_previous(fields, {job.id for job in jobs}, {vehicle.id for vehicle in vehicles})
    fields.finish()
    places = _Places(data, jobs, vehicles)
    problem = Problem(
        vehicles=tuple(vehicles),
        jobs=tuple(jobs),
        matrices=matrices,
        options=options,
        previous=previous,
        previous_unknown=unknown,
    )
    problem = places.check_indices(problem) if matrices else places.with_estimates(problem)
    check_problem(problem)
    return problem


def _required(fields: Fields, key: str) -> list[Any]:
    if not fields.has(key):
        raise BadProblem(key, "is required")
    return fields.array(key)


def _read_options(fields: Fields) -> Options:
    if not fields.has("options"):
        return Options()
    inner = Fields(fields.get("options"), "options")
    options = Options(
        must_do_penalty=inner.integer("must_do_penalty", 36_000),
        reassign_penalty=inner.number("reassign_penalty", 300.0),
        min_gain=inner.number("min_gain", 0.02),
        fairness_weight=inner.number("fairness_weight", 0.0),
        late_cost=inner.number("late_cost", 0.0),
        day_decay=inner.number("day_decay", 1.0, high=1.0),
    )
    if options.day_decay <= 0:
        raise BadProblem("options.day_decay", "must be above 0")
    inner.finish()
    return options


# ---------------------------------------------------------------- jobs


def _read_job(value: Any, path: str, options: Options) -> Job:
    fields = Fields(value, path)
    for key in ("setup", "setup_per_type", "service_per_type"):
        fields.refuse(key, "put the time into service", harmless=(0, {}))
    if fields.has("amount") and fields.has("delivery"):
        raise BadProblem(fields.at("amount"), "stands beside delivery: give one of them")
    priority = fields.integer("priority", 0, high=100)
    job = Job(
        id=fields.integer("id"),
        location_index=fields.integer("location_index", -1, low=0),
        service_s=fields.integer("service", 0, high=LONGEST_S),
        delivery=fields.integers("amount" if fields.has("amount") else "delivery"),
        pickup=fields.integers("pickup"),
        skills=frozenset(fields.integers("skills")),
        time_windows=_read_windows(fields, "time_windows"),
        description=fields.text("description"),
        priority=priority,
        prize=fields.integer("prize", PRIZE_OF_PRIORITY * (1 + priority)),
        must_do=fields.flag("must_do"),
        after=fields.integers("after"),
        due_s=fields.time("due"),
        late_cost=fields.number("late_cost", options.late_cost),
        location=_read_location(fields, "location"),
    )
    fields.finish()
    return job


def _read_location(fields: Fields, key: str) -> tuple[float, float] | None:
    if not fields.has(key):
        return None
    path = fields.at(key)
    pair = as_array(fields.get(key), path)
    if len(pair) != 2:
        raise BadProblem(path, "must be [longitude, latitude]")
    lon, lat = (_read_degrees(value, f"{path}[{n}]", (180.0, 90.0)[n]) for n, value in enumerate(pair))
    return lon, lat


def _read_degrees(value: Any, path: str, limit: float) -> float:
    return (
        Fields({"value": value}, path).number("value", 0.0, low=-limit, high=limit)
        if _is_number(value)
        else _refuse_degrees(value, path)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _refuse_degrees(value: Any, path: str) -> float:
    raise BadProblem(path, f"must be degrees, not {value!r}")


def _read_windows(fields: Fields, key: str) -> tuple[Window, ...]:
    if not fields.has(key):
        return ANY_TIME
    path = fields.at(key)
    windows = [_read_window(value, f"{path}[{n}]") for n, value in enumerate(fields.array(key))]
    if not windows:
        raise BadProblem(path, "is empty: leave it out when any time will do")
    for n in range(1, len(windows)):
        if windows[n][0] <= windows[n - 1][1]:
            raise BadProblem(f"{path}[{n}]", "windows must be sorted and must not overlap or touch")
    return tuple(windows)


def _read_window(value: Any, path: str) -> Window:
    pair = as_array(value, path)
    if len(pair) != 2:
        raise BadProblem(path, "must be [start, end] in seconds")
    start, end = (as_integer(time, f"{path}[{n}]", high=LARGEST_TIME) for n, time in enumerate(pair))
    if start > end:
        raise BadProblem(path, f"start {start} after end {end}")
    return start, end


# ---------------------------------------------------------------- vehicles


def _read_vehicle(value: Any, path: str) -> Vehicle:
    fields = Fields(value, path)
    fields.refuse("speed_factor", "give a matrix per profile", harmless=(1, 1.0))
    fields.refuse("max_distance", "use max_travel_time")
    fixed, per_hour = _read_costs(fields)
    overtime_max_s, overtime_cost = _read_overtime(fields)
    window = (
        _read_window(fields.get("time_window"), fields.at("time_window"))
        if fields.has("time_window")
        else (0, FOREVER)
    )
    vehicle = Vehicle(
        id=fields.integer("id"),
        start_index=fields.optional_integer("start_index"),
        end_index=fields.optional_integer("end_index"),
        profile=fields.text("profile", "car"),
        description=fields.text("description"),
        capacity=fields.integers("capacity"),
        skills=frozenset(fields.integers("skills")),
        time_window=window,
        breaks=_read_breaks(fields, window[0], window[1] + overtime_max_s),
        max_tasks=fields.optional_integer("max_tasks"),
        max_travel_time_s=fields.optional_integer("max_travel_time"),
        fixed_cost=fixed,
        per_hour=per_hour,
        steps=_read_steps(fields),
        overtime_max_s=overtime_max_s,
        overtime_cost=overtime_cost,
        reload=_read_reload(fields),
        available_at_s=fields.time("available_at"),
        position_index=fields.optional_integer("position_index"),
        crew=fields.text("crew"),
        day=fields.integer("day", 0, high=3660),
    )
    fields.finish(("start", "end", "location"))
    return vehicle


def _read_costs(fields: Fields) -> tuple[int, float]:
    if not fields.has("costs"):
        return 0, 3600.0
    costs = Fields(fields.get("costs"), fields.at("costs"))
    for key in ("per_km", "per_task_hour"):
        costs.refuse(key, "only fixed and per_hour are", harmless=(0,))
    fixed, per_hour = costs.integer("fixed", 0), costs.number("per_hour", 3600.0)
    costs.finish()
    return fixed, per_hour


def _read_overtime(fields: Fields) -> tuple[int, float]:
    if not fields.has("overtime"):
        return 0, 1.0
    overtime = Fields(fields.get("overtime"), fields.at("overtime"))
    limits = overtime.integer("max", 0, high=LONGEST_S), overtime.number("cost", 1.0)
    overtime.finish()
    return limits


def _read_reload(fields: Fields) -> Reload | None:
    if not fields.has("reload"):
        return None
    inner = Fields(fields.get("reload"), fields.at("reload"))
    reload = Reload(
        location_index=inner.integer("location_index", -1, low=0),
        service_s=inner.integer("service", 0, high=LONGEST_S),
        max_count=inner.optional_integer("max"),
    )
    inner.finish(("location",))
    return reload


def _read_breaks(fields: Fields, earliest_s: int, latest_s: int) -> tuple[Break, ...]:
    values = fields.array("breaks")
    path = fields.at("breaks")
    if len(values) > 3:
        raise BadProblem(path, f"{len(values)} breaks; at most 3 are supported")
    breaks: list[Break] = []
    for n, value in enumerate(values):
        rest = _read_break(value, f"{path}[{n}]", earliest_s, latest_s)
        if any(rest.id == other.id for other in breaks):
            raise BadProblem(f"{path}[{n}].id", f"{rest.id} is used twice")
        breaks.append(rest)
    return tuple(breaks)


def _read_break(value: Any, path: str, earliest_s: int, latest_s: int) -> Break:
    fields = Fields(value, path)
    fields.refuse("max_load", "a break does not depend on the load")
    rest = Break(
        id=fields.integer("id"),
        time_windows=_read_windows(fields, "time_windows"),
        service_s=fields.integer("service", 0, high=LONGEST_S),
        description=fields.text("description"),
    )
    if not any(start <= latest_s and end >= earliest_s for start, end in rest.time_windows):
        raise BadProblem(f"{path}.time_windows", "no window inside the shift")
    fields.finish()
    return rest


# ---------------------------------------------------------------- steps


def _read_steps(fields: Fields) -> tuple[PlannedStep, ...]:
    path = fields.at("steps")
    steps = [_read_step(value, f"{path}[{n}]") for n, value in enumerate(fields.array("steps"))]
    for n in range(1, len(steps)):
        if steps[n].frozen and not steps[n - 1].frozen:
            raise BadProblem(f"{path}[{n}].frozen", "frozen steps must come first")
    return tuple(steps)


def _read_step(value: Any, path: str) -> PlannedStep:
    fields = Fields(value, path)
    kind = fields.get("type")
    if kind not in STEP_TYPES:
        raise BadProblem(fields.at("type"), f"must be one of {', '.join(STEP_TYPES)}, not {kind!r}")
    step = PlannedStep(
        type=kind,
        id=fields.integer("id") if kind in {"job", "break"} else None,
        frozen=fields.flag("frozen"),
        service_at_s=fields.time("service_at"),
        end_at_s=fields.time("end_at"),
        pinned=fields.flag("pinned"),
        service_after_s=fields.time("service_after"),
        service_before_s=fields.time("service_before"),
    )
    _check_step(step, fields)
    fields.finish(("id", "description"))
    return step


def _check_step(step: PlannedStep, fields: Fields) -> None:
    if step.frozen and step.type in {"job", "break"} and step.service_at_s is None:
        raise BadProblem(fields.at("service_at"), "is required for a frozen job or break")
    if step.end_at_s is not None and (not step.frozen or step.end_at_s < (step.service_at_s or 0)):
        raise BadProblem(fields.at("end_at"), "goes with frozen and is not before service_at")
    if step.pinned and (step.frozen or step.type != "job"):
        raise BadProblem(fields.at("pinned"), "is for jobs that are not frozen")
    for key, value in (("service_after", step.service_after_s), ("service_before", step.service_before_s)):
        if value is not None and not step.pinned:
            raise BadProblem(fields.at(key), "goes with pinned")
    earliest_s, latest_s = pinned_window(step)
    if step.pinned and earliest_s > latest_s:
        raise BadProblem(fields.at("service_before"), f"no time is left between {earliest_s} and {latest_s}")


def pinned_window(step: PlannedStep) -> Window:
    """When a pinned job may start, whatever its own windows say."""
    earliest_s = max(step.service_after_s or 0, step.service_at_s or 0)
    latest_s = FOREVER if step.service_before_s is None else step.service_before_s
    return earliest_s, latest_s if step.service_at_s is None else min(latest_s, step.service_at_s)


# ---------------------------------------------------------------- previous plan


def _read_previous(
    fields: Fields, jobs: set[int], vehicles: set[int]
) -> tuple[tuple[PreviousRoute, ...], int]:
    routes: list[PreviousRoute] = []
    seen: set[int] = set()
    unknown = 0
    for n, value in enumerate(fields.array("previous")):
        inner = Fields(value, f"previous[{n}]")
        vehicle, ids = inner.integer("vehicle"), inner.integers("jobs")
        inner.finish()
        if vehicle not in vehicles:
            unknown += 1 + sum(job not in jobs for job in ids)
            continue
        kept = [job for job in ids if job in jobs]
        unknown += len(ids) - len(kept)
        if twice := sorted(seen & set(kept)) or sorted({job for job in kept if kept.count(job) > 1}):
            raise BadProblem(f"previous[{n}].jobs", f"job {twice[0]} stands there twice")
        seen.update(kept)
        routes.append(PreviousRoute(vehicle, tuple(kept)))
    return tuple(routes), unknown


# ---------------------------------------------------------------- places


class _Places:
    """Where the file says things are, by index into given matrices or by longitude and latitude."""

    def __init__(self, data: dict[str, Any], jobs: list[Job], vehicles: list[Vehicle]) -> None:
        self.jobs, self.vehicles = jobs, vehicles
        self.sources: list[dict[str, Any]] = data["vehicles"]

    def check_indices(self, problem: Problem) -> Problem:
        size = min(len(times.durations_s) for times in problem.matrices.values())
        for n, job in enumerate(self.jobs):
            _check_index(job.location_index, f"jobs[{n}].location_index", size)
        checked = [self._check_vehicle(n, vehicle, size) for n, vehicle in enumerate(self.vehicles)]
        for n, vehicle in enumerate(self.vehicles):
            if vehicle.profile not in problem.matrices:
                raise BadProblem(f"vehicles[{n}].profile", f"there is no matrix for {vehicle.profile!r}")
        return replace(problem, vehicles=tuple(checked))

    def _check_vehicle(self, n: int, vehicle: Vehicle, size: int) -> Vehicle:
        path = f"vehicles[{n}]"
        for key in ("start", "end"):
            if key in self.sources[n] and f"{key}_index" not in self.sources[n]:
                raise BadProblem(f"{path}.{key}_index", "is required with matrices")
        _check_start(vehicle.start_index, vehicle.end_index, path)
        vehicle = replace(vehicle, reload=_reload_of(vehicle, path))
        for key, index in (
            ("start_index", vehicle.start_index),
            ("end_index", vehicle.end_index),
            ("position_index", vehicle.position_index),
            ("reload.location_index", vehicle.reload.location_index if vehicle.reload else None),
        ):
            if index is not None:
                _check_index(index, f"{path}.{key}", size)
        return vehicle

    def with_estimates(self, problem: Problem) -> Problem:
        """Number the distinct coordinates and estimate the drives between them."""
        order: dict[tuple[float, float], int] = {}
        jobs = []
        for n, job in enumerate(self.jobs):
            if job.location is None:
                raise BadProblem(f"jobs[{n}].location", "is required when there are no matrices")
            jobs.append(replace(job, location_index=order.setdefault(job.location, len(order))))
        vehicles = [self._place_vehicle(n, vehicle, order) for n, vehicle in enumerate(self.vehicles)]
        problem = replace(problem, jobs=tuple(jobs), vehicles=tuple(vehicles), places=tuple(order))
        return with_computed_matrices(problem)

    def _place_vehicle(self, n: int, vehicle: Vehicle, order: dict[tuple[float, float], int]) -> Vehicle:
        path = f"vehicles[{n}]"
        source = Fields(self.sources[n], path)
        found: dict[str, int | None] = {}
        for key in ("start", "end", "position"):
            location = _read_location(source, key)
            found[key] = None if location is None else order.setdefault(location, len(order))
        if found["start"] is None and found["end"] is None:
            raise BadProblem(f"{path}.start", "start or end is required when there are no matrices")
        if vehicle.position_index is not None:
            raise BadProblem(f"{path}.position_index", "needs matrices")
        placed = replace(vehicle, start_index=found["start"], end_index=found["end"])
        if vehicle.reload is not None:
            inner = Fields(self.sources[n]["reload"], f"{path}.reload")
            location = _read_location(inner, "location")
            if location is not None:
                index = order.setdefault(location, len(order))
                return replace(placed, reload=replace(vehicle.reload, location_index=index))
            if vehicle.reload.location_index >= 0:
                raise BadProblem(f"{path}.reload.location_index", "needs matrices; give location")
        return replace(placed, reload=_reload_of(placed, path))


def _check_start(start: int | None, end: int | None, path: str) -> None:
    if start is None and end is None:
        raise BadProblem(f"{path}.start_index", "start_index or end_index is required")


def _reload_of(vehicle: Vehicle, path: str) -> Reload | None:
    """The reload stop, at the start depot unless the file says otherwise."""
    if vehicle.reload is None or vehicle.reload.location_index >= 0:
        return vehicle.reload
    if vehicle.start_index is None:
        raise BadProblem(f"{path}.reload.location_index", "is required when the vehicle has no start")
    return replace(vehicle.reload, location_index=vehicle.start_index)


def _check_index(index: int, path: str, size: int) -> None:
    if index < 0:
        raise BadProblem(path, "is required with matrices")
    if index >= size:
        raise BadProblem(path, f"{index} is outside the matrix of {size} places")


# ---------------------------------------------------------------- contradictions between keys


def check_problem(problem: Problem) -> None:
    """Refuse what no single key shows: double ids, unknown references, circles.

    Raises
    ------
    BadProblem
        Naming the key.
    """
    _check_ids(problem)
    _check_amounts(problem)
    _check_after(problem)
    _check_step_ids(problem)


def _check_ids(problem: Problem) -> None:
    for key, ids in (
        ("vehicles", [vehicle.id for vehicle in problem.vehicles]),
        ("jobs", [job.id for job in problem.jobs]),
    ):
        seen: set[int] = set()
        for n, number in enumerate(ids):
            if number in seen:
                raise BadProblem(f"{key}[{n}].id", f"{number} is used twice")
            seen.add(number)


def _check_amounts(problem: Problem) -> None:
    longest = max(len(vehicle.capacity) for vehicle in problem.vehicles)
    for n, job in enumerate(problem.jobs):
        for key, amounts in (("delivery", job.delivery), ("pickup", job.pickup)):
            if len(amounts) > longest:
                raise BadProblem(
                    f"jobs[{n}].{key}",
                    f"has {len(amounts)} dimensions, the vehicles' capacities at most {longest}",
                )


def _check_after(problem: Problem) -> None:
    position = {job.id: n for n, job in enumerate(problem.jobs)}
    for n, job in enumerate(problem.jobs):
        for place, other in enumerate(job.after):
            path = f"jobs[{n}].after[{place}]"
            if other == job.id:
                raise BadProblem(path, f"job {other} cannot wait for itself")
            if other not in position:
                raise BadProblem(path, f"there is no job {other}")
    if circle := _waiting_circle({job.id: job.after for job in problem.jobs}):
        names = " → ".join(map(str, circle))
        raise BadProblem(f"jobs[{position[circle[0]]}].after", f"jobs wait for each other: {names}")


def _waiting_circle(after: dict[int, tuple[int, ...]]) -> list[int]:
    """The jobs of a circle, the first one repeated at the end; empty when there is none."""
    waiting = {job: set(others) for job, others in after.items()}
    while free := [job for job, others in waiting.items() if not others]:
        for job in free:
            del waiting[job]
        gone = set(free)
        waiting = {job: others - gone for job, others in waiting.items()}
    if not waiting:
        return []
    walk = [min(waiting)]
    while walk[-1] not in walk[:-1]:
        walk.append(min(waiting[walk[-1]]))
    return walk[walk.index(walk[-1]) :]


def _check_step_ids(problem: Problem) -> None:
    jobs = {job.id for job in problem.jobs}
    holder: dict[int, int] = {}
    for v, vehicle in enumerate(problem.vehicles):
        breaks = {rest.id for rest in vehicle.breaks}
        taken: set[int] = set()
        for n, step in enumerate(vehicle.steps):
            path = f"vehicles[{v}].steps[{n}]"
            if step.type == "break" and (step.id not in breaks or step.id in taken):
                raise BadProblem(f"{path}.id", f"break {step.id} is unknown or stands there twice")
            if step.type == "break" and step.id is not None:
                taken.add(step.id)
            if step.type == "job" and step.id is not None:
                _check_job_step(step.id, vehicle.id, path, jobs, holder)
            if step.type == "reload" and vehicle.reload is None:
                raise BadProblem(f"{path}.type", "the vehicle has no reload")


def _check_job_step(job: int, vehicle: int, path: str, jobs: set[int], holder: dict[int, int]) -> None:
    if job not in jobs:
        raise BadProblem(f"{path}.id", f"there is no job {job}")
    if job in holder:
        raise BadProblem(f"{path}.id", f"job {job} already stands with vehicle {holder[job]}")
    holder[job] = vehicle


__all__ = ["TravelTimes", "check_problem", "pinned_window", "read_problem"]
