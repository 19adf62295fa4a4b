"""One vehicle of a planning file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from geo.dispatch.fields import Fields, read_location, read_window, read_windows
from geo.dispatch.problem import FOREVER, Break, Reload, Vehicle
from geo.dispatch.step_reading import read_steps
from geo.errors import BadProblem

LONGEST_S = 1 << 30

Place: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a vehicle starts, ends, is now and reloads, as far as the file says it in degrees."""

    start: Place | None
    end: Place | None
    position: Place | None
    reload: Place | None


def read_vehicle(value: Any, path: str) -> tuple[Vehicle, Whereabouts]:
    """Read one of ``vehicles``; a reload without a place of its own has index −1 still."""
    fields = Fields(value, path)
    fields.refuse("speed_factor", "give a matrix per profile", harmless=(1, 1.0))
    fields.refuse("max_distance", "use max_travel_time")
    fixed, per_hour = _read_costs(fields)
    overtime_max_s, overtime_cost = _read_overtime(fields)
    reload, reload_place = _read_reload(fields)
    window = (0, FOREVER)
    if fields.has("time_window"):
        window = read_window(fields.get("time_window"), fields.at("time_window"))
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
        steps=read_steps(fields),
        overtime_max_s=overtime_max_s,
        overtime_cost=overtime_cost,
        reload=reload,
        available_at_s=fields.time("available_at"),
        position_index=fields.optional_integer("position_index"),
        crew=fields.text("crew"),
        day=fields.integer("day", 0, high=3660),
    )
    whereabouts = Whereabouts(
        read_location(fields, "start"),
        read_location(fields, "end"),
        read_location(fields, "position"),
        reload_place,
    )
    fields.finish()
    return vehicle, whereabouts


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


def _read_reload(fields: Fields) -> tuple[Reload | None, Place | None]:
    if not fields.has("reload"):
        return None, None
    inner = Fields(fields.get("reload"), fields.at("reload"))
    reload = Reload(
        location_index=inner.integer("location_index", -1, low=0),
        service_s=inner.integer("service", 0, high=LONGEST_S),
        max_count=inner.optional_integer("max"),
    )
    place = read_location(inner, "location")
    inner.finish()
    return reload, place


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
        time_windows=read_windows(fields, "time_windows"),
        service_s=fields.integer("service", 0, high=LONGEST_S),
        description=fields.text("description"),
    )
    if not any(start <= latest_s and end >= earliest_s for start, end in rest.time_windows):
        raise BadProblem(f"{path}.time_windows", "no window inside the shift")
    fields.finish()
    return rest
