"""What a vehicle of a planning file has done, must keep, or is proposed to do."""

from __future__ import annotations

from typing import Any

from geo.dispatch.fields import Fields
from geo.dispatch.problem import PlannedStep
from geo.errors import BadProblem

STEP_TYPES = ("start", "job", "break", "reload", "end")


def read_steps(fields: Fields) -> tuple[PlannedStep, ...]:
    """Read ``steps`` of a vehicle."""
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
    earliest_s, latest_s = step.start_window
    if step.pinned and earliest_s > latest_s:
        raise BadProblem(fields.at("service_before"), f"no time is left between {earliest_s} and {latest_s}")
