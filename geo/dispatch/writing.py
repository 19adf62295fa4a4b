"""Plans and problems as JSON, in VROOM's words and ours."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from geo.dispatch.problem import (
    ANY_TIME,
    FOREVER,
    NO_WAY,
    Job,
    Matrix,
    PlannedStep,
    Problem,
    TravelTimes,
    Vehicle,
)
from geo.dispatch.result import Plan, PlannedRoute, ScoreParts, Step, Unassigned

JSON = dict[str, Any]


def plan_to_dict(plan: Plan, problem: Problem) -> JSON:
    """The plan as its file holds it."""
    return {
        "code": 0,
        "summary": _summary(plan, problem),
        "routes": [_route(route, problem) for route in plan.routes],
        "unassigned": [_unassigned(job, problem) for job in plan.unassigned],
    }


def error_to_dict(code: int, error: str) -> JSON:
    """What the plan file holds when there is no plan."""
    return {"code": code, "error": error}


def _summary(plan: Plan, problem: Problem) -> JSON:
    priorities = {job.id: job.priority for job in problem.jobs}
    out: JSON = {
        "cost": tidy(sum(route.cost for route in plan.routes)),
        "routes": len(plan.routes),
        "unassigned": len(plan.unassigned),
        "service": sum(route.service_s for route in plan.routes),
        "duration": sum(route.duration_s for route in plan.routes),
        "waiting_time": sum(route.waiting_s for route in plan.routes),
        "priority": sum(priorities[job] for route in plan.routes for job in route.job_ids),
        "score": tidy(plan.score.total),
        **{part.name: tidy(getattr(plan.score, part.name)) for part in fields(ScoreParts)},
        "must_do_missed": plan.must_do_missed,
        "moved": plan.moved,
        "kept_previous": plan.kept_previous,
        "previous_unknown": problem.previous_unknown,
        "seed": plan.seed,
        "iterations": plan.iterations,
        "matrix_source": plan.matrix_source,
        "computing_times": {
            "loading": plan.timings.loading_ms,
            "warmup": plan.timings.warmup_ms,
            "solving": plan.timings.solving_ms,
            "first_feasible": plan.timings.first_feasible_ms,
        },
    }
    distances = [route.distance_m for route in plan.routes]
    if distances and None not in distances:
        out["distance"] = sum(metres for metres in distances if metres is not None)
    return out


def _route(route: PlannedRoute, problem: Problem) -> JSON:
    descriptions = {job.id: job.description for job in problem.jobs if job.description}
    out: JSON = {
        "vehicle": route.vehicle,
        "cost": tidy(route.cost),
        "service": route.service_s,
        "duration": route.duration_s,
        "waiting_time": route.waiting_s,
        "delivery": list(route.delivery),
        "pickup": list(route.pickup),
        "steps": [_step(step, descriptions, problem) for step in route.steps],
    }
    if route.distance_m is not None:
        out["distance"] = route.distance_m
    return out


def _step(step: Step, descriptions: dict[int, str], problem: Problem) -> JSON:
    out: JSON = {"type": step.type}
    if step.id is not None:
        out["id"] = step.id
    if step.location_index is not None:
        out["location_index"] = step.location_index
        if problem.places is not None:
            out["location"] = list(problem.places[step.location_index])
    out |= {
        "arrival": step.arrival_s,
        "waiting_time": step.waiting_s,
        "service": step.service_s,
        "duration": step.duration_s,
        "load": list(step.load),
        "frozen": step.frozen,
        "lateness": step.lateness_s,
    }
    if step.type == "job" and step.id in descriptions:
        out["description"] = descriptions[step.id]
    return out


def _unassigned(job: Unassigned, problem: Problem) -> JSON:
    out: JSON = {
        "id": job.id,
        "type": "job",
        "location_index": job.location_index,
        "reason": job.reason,
        "insertion_cost": None if job.insertion_cost is None else tidy(job.insertion_cost),
        "worth": tidy(job.worth),
        "best": None
        if job.best_vehicle is None
        else {"vehicle": job.best_vehicle, "position": job.best_position, "after": job.best_after},
        "binding": job.binding,
        "predecessor": job.predecessor,
        "text": job.text,
    }
    if problem.places is not None:
        out["location"] = list(problem.places[job.location_index])
    return out


def tidy(value: float) -> int | float:
    """A whole number as an int, others to a millionth of a second."""
    return int(value) if float(value).is_integer() else round(value, 6)


# ---------------------------------------------------------------- problems


def problem_to_dict(problem: Problem) -> JSON:
    """The completed problem, matrices inline; `read_problem` gives it back."""
    options = problem.options
    return {
        "vehicles": [_vehicle(vehicle) for vehicle in problem.vehicles],
        "jobs": [_job(job) for job in problem.jobs],
        "matrices": {name: _matrices(times) for name, times in sorted(problem.matrices.items())},
        "options": {part.name: getattr(options, part.name) for part in fields(options)},
        "previous": [{"vehicle": route.vehicle, "jobs": list(route.jobs)} for route in problem.previous],
    }


def _matrices(times: TravelTimes) -> JSON:
    out: JSON = {"durations": _rows(times.durations_s)}
    if times.costs is not None:
        out["costs"] = _rows(times.costs)
    if times.distances_m is not None:
        out["distances"] = _rows(times.distances_m)
    return out


def _rows(matrix: Matrix) -> list[list[int | None]]:
    if not (np.asarray(matrix) == NO_WAY).any():
        return [[int(entry) for entry in row] for row in matrix.tolist()]
    return [[None if entry == NO_WAY else int(entry) for entry in row] for row in matrix.tolist()]


def _job(job: Job) -> JSON:
    out: JSON = {
        "id": job.id,
        "location_index": job.location_index,
        "service": job.service_s,
        "delivery": list(job.delivery),
        "pickup": list(job.pickup),
        "skills": sorted(job.skills),
        "description": job.description,
        "priority": job.priority,
        "prize": job.prize,
        "must_do": job.must_do,
        "after": list(job.after),
        "late_cost": job.late_cost,
    }
    if job.location is not None:
        out["location"] = list(job.location)
    if job.time_windows != ANY_TIME:
        out["time_windows"] = [list(window) for window in job.time_windows]
    if job.due_s is not None:
        out["due"] = job.due_s
    return out


def _vehicle(vehicle: Vehicle) -> JSON:
    optional = {
        "start_index": vehicle.start_index,
        "end_index": vehicle.end_index,
        "max_tasks": vehicle.max_tasks,
        "max_travel_time": vehicle.max_travel_time_s,
        "available_at": vehicle.available_at_s,
        "position_index": vehicle.position_index,
    }
    out: JSON = {
        "id": vehicle.id,
        "profile": vehicle.profile,
        "description": vehicle.description,
        "capacity": list(vehicle.capacity),
        "skills": sorted(vehicle.skills),
        "breaks": [
            _break(rest.id, rest.time_windows, rest.service_s, rest.description) for rest in vehicle.breaks
        ],
        "costs": {"fixed": vehicle.fixed_cost, "per_hour": vehicle.per_hour},
        "steps": [_planned_step(step) for step in vehicle.steps],
        "overtime": {"max": vehicle.overtime_max_s, "cost": vehicle.overtime_cost},
        "crew": vehicle.crew,
        "day": vehicle.day,
        **{key: value for key, value in optional.items() if value is not None},
    }
    if vehicle.time_window[1] < FOREVER:
        out["time_window"] = list(vehicle.time_window)
    if vehicle.reload is not None:
        reload = vehicle.reload
        out["reload"] = {"location_index": reload.location_index, "service": reload.service_s}
        if reload.max_count is not None:
            out["reload"]["max"] = reload.max_count
    return out


def _break(number: int, windows: tuple[tuple[int, int], ...], service_s: int, description: str) -> JSON:
    out: JSON = {"id": number, "service": service_s, "description": description}
    if windows != ANY_TIME:
        out["time_windows"] = [list(window) for window in windows]
    return out


def _planned_step(step: PlannedStep) -> JSON:
    out: JSON = {"type": step.type}
    for key, value in (
        ("id", step.id),
        ("service_at", step.service_at_s),
        ("end_at", step.end_at_s),
        ("service_after", step.service_after_s),
        ("service_before", step.service_before_s),
    ):
        if value is not None:
            out[key] = value
    if step.frozen:
        out["frozen"] = True
    if step.pinned:
        out["pinned"] = True
    return out
