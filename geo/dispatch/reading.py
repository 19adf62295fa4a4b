"""From the planning file to a `Problem`: VROOM's public JSON with extensions, checked key by key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from geo.dispatch.contradictions import check_problem
from geo.dispatch.fields import Fields
from geo.dispatch.job_reading import read_job
from geo.dispatch.matrices import Drives, read_matrices
from geo.dispatch.placing import check_indices, with_computed_drives
from geo.dispatch.problem import Options, PreviousRoute, Problem
from geo.dispatch.vehicle_reading import read_vehicle
from geo.errors import BadProblem
from geo.roads.graph import RoadGraph


def read_problem(data: Any, folder: Path | None = None, roads: RoadGraph | Drives | None = None) -> Problem:
    """Read a decoded planning file.

    Parameters
    ----------
    data
        The decoded JSON.
    folder
        Where matrix files named in it may lie; without it they are refused.
    roads
        What computes the drives when the file has no matrices: a road graph, or a function of the places;
        without it they are estimated.

    Returns
    -------
    The problem, with travel times computed from the locations when the file has no matrices.

    Raises
    ------
    BadProblem
        Naming the first key that is missing, unknown, of the wrong type or in contradiction.
    """
    fields = Fields(data, "")
    if fields.array("shipments"):
        raise BadProblem("shipments", "is not supported: model a delivery and a pickup as two jobs")
    options = _read_options(fields)
    jobs = [read_job(value, f"jobs[{n}]", options) for n, value in enumerate(_required(fields, "jobs"))]
    pairs = [read_vehicle(value, f"vehicles[{n}]") for n, value in enumerate(_required(fields, "vehicles"))]
    vehicles = [vehicle for vehicle, _ in pairs]
    places = [whereabouts for _, whereabouts in pairs]
    if not vehicles:
        raise BadProblem("vehicles", "there is none")
    matrices = read_matrices(fields, folder)
    previous, unknown = _read_previous(fields, {job.id for job in jobs}, {vehicle.id for vehicle in vehicles})
    fields.finish()
    problem = Problem(
        vehicles=tuple(vehicles),
        jobs=tuple(jobs),
        matrices=matrices,
        options=options,
        previous=previous,
        previous_unknown=unknown,
    )
    problem = check_indices(problem, places) if matrices else with_computed_drives(problem, places, roads)
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
