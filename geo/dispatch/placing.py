"""Where jobs and vehicles are: by index into given matrices, or by longitude and latitude."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from geo.dispatch.matrices import Drives, with_computed_matrices
from geo.dispatch.problem import Job, Problem, Reload, Vehicle
from geo.dispatch.vehicle_reading import Place, Whereabouts
from geo.errors import BadProblem
from geo.roads.graph import RoadGraph


def check_indices(problem: Problem, places: Sequence[Whereabouts]) -> Problem:
    """Check every index against the matrices; reloads without a place get the start depot."""
    size = min(len(times.durations_s) for times in problem.matrices.values())
    for n, job in enumerate(problem.jobs):
        _check_index(job.location_index, f"jobs[{n}].location_index", size)
    vehicles = [
        _checked(vehicle, where, f"vehicles[{n}]", size)
        for n, (vehicle, where) in enumerate(zip(problem.vehicles, places, strict=True))
    ]
    for n, vehicle in enumerate(vehicles):
        if vehicle.profile not in problem.matrices:
            raise BadProblem(f"vehicles[{n}].profile", f"there is no matrix for {vehicle.profile!r}")
    return replace(problem, vehicles=tuple(vehicles))


def _checked(vehicle: Vehicle, where: Whereabouts, path: str, size: int) -> Vehicle:
    for key, place, index in (
        ("start_index", where.start, vehicle.start_index),
        ("end_index", where.end, vehicle.end_index),
        ("position_index", where.position, vehicle.position_index),
    ):
        if place is not None and index is None:
            raise BadProblem(f"{path}.{key}", "is required with matrices")
        if index is not None:
            _check_index(index, f"{path}.{key}", size)
    if vehicle.start_index is None and vehicle.end_index is None:
        raise BadProblem(f"{path}.start_index", "start_index or end_index is required")
    reload = _reload_of(vehicle, path)
    if reload is not None:
        _check_index(reload.location_index, f"{path}.reload.location_index", size)
    return replace(vehicle, reload=reload)


def _check_index(index: int, path: str, size: int) -> None:
    if index < 0:
        raise BadProblem(path, "is required with matrices")
    if index >= size:
        raise BadProblem(path, f"{index} is outside the matrix of {size} places")


def _reload_of(vehicle: Vehicle, path: str) -> Reload | None:
    """The reload stop, at the start depot unless the file says otherwise."""
    if vehicle.reload is None or vehicle.reload.location_index >= 0:
        return vehicle.reload
    if vehicle.start_index is None:
        raise BadProblem(f"{path}.reload.location_index", "is required when the vehicle has no start")
    return replace(vehicle.reload, location_index=vehicle.start_index)


# ---------------------------------------------------------------- by longitude and latitude


def with_computed_drives(
    problem: Problem, places: Sequence[Whereabouts], roads: RoadGraph | Drives | None = None
) -> Problem:
    """Number the distinct places in order of appearance and compute the drives between them.

    Indices in the file are not read: without matrices they point nowhere.
    """
    order: dict[Place, int] = {}
    jobs = tuple(_placed_job(job, f"jobs[{n}]", order) for n, job in enumerate(problem.jobs))
    vehicles = tuple(
        _placed_vehicle(vehicle, where, f"vehicles[{n}]", order)
        for n, (vehicle, where) in enumerate(zip(problem.vehicles, places, strict=True))
    )
    placed = replace(problem, jobs=jobs, vehicles=vehicles, places=tuple(order))
    return with_computed_matrices(placed, roads)


def _placed_job(job: Job, path: str, order: dict[Place, int]) -> Job:
    if job.location is None:
        raise BadProblem(f"{path}.location", "is required when there are no matrices")
    return replace(job, location_index=order.setdefault(job.location, len(order)))


def _placed_vehicle(vehicle: Vehicle, where: Whereabouts, path: str, order: dict[Place, int]) -> Vehicle:
    def number(place: Place | None) -> int | None:
        return None if place is None else order.setdefault(place, len(order))

    if where.start is None and where.end is None:
        raise BadProblem(f"{path}.start", "start or end is required when there are no matrices")
    if vehicle.position_index is not None and where.position is None:
        raise BadProblem(f"{path}.position_index", "needs matrices; give position as [longitude, latitude]")
    placed = replace(
        vehicle,
        start_index=number(where.start),
        end_index=number(where.end),
        position_index=number(where.position),
    )
    if vehicle.reload is None:
        return placed
    if where.reload is None and vehicle.reload.location_index >= 0:
        raise BadProblem(f"{path}.reload.location_index", "needs matrices; give location")
    at = number(where.reload)
    reload = replace(vehicle.reload, location_index=-1 if at is None else at)
    return replace(placed, reload=_reload_of(replace(placed, reload=reload), path))
