"""Reading a plan back from its file, so that it can be judged again."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from geo.dispatch.result import Plan, PlannedRoute, ScoreParts, Step, Unassigned
from geo.errors import GeoError


def plan_from_dict(data: Mapping[str, Any]) -> Plan:
    """Return the plan that `plan_to_dict` wrote.

    Raises
    ------
    GeoError
        It is not a plan, or one of its keys is missing or of the wrong type.
    """
    if data.get("code") != 0:
        raise GeoError(f"This is not a plan but an answer with code {data.get('code')}.")
    try:
        summary = data["summary"]
        return Plan(
            routes=tuple(_route(route) for route in data["routes"]),
            unassigned=tuple(_unassigned(job) for job in data["unassigned"]),
            score=ScoreParts(**{part.name: summary[part.name] for part in fields(ScoreParts)}),
            must_do_missed=summary["must_do_missed"],
            moved=summary["moved"],
            kept_previous=summary["kept_previous"],
            seed=summary["seed"],
            iterations=summary["iterations"],
            matrix_source=summary["matrix_source"],
        )
    except (KeyError, TypeError) as error:
        raise GeoError(f"The plan cannot be read: {error!r}.") from None


def _route(route: Mapping[str, Any]) -> PlannedRoute:
    return PlannedRoute(
        vehicle=route["vehicle"],
        steps=tuple(_step(step) for step in route["steps"]),
        cost=route["cost"],
        service_s=route["service"],
        duration_s=route["duration"],
        waiting_s=route["waiting_time"],
        delivery=tuple(route["delivery"]),
        pickup=tuple(route["pickup"]),
        distance_m=route.get("distance"),
    )


def _step(step: Mapping[str, Any]) -> Step:
    return Step(
        type=step["type"],
        arrival_s=step["arrival"],
        id=step.get("id"),
        location_index=step.get("location_index"),
        waiting_s=step["waiting_time"],
        service_s=step["service"],
        duration_s=step["duration"],
        load=tuple(step["load"]),
        frozen=step["frozen"],
        lateness_s=step["lateness"],
    )


def _unassigned(job: Mapping[str, Any]) -> Unassigned:
    best = job["best"] or {}
    return Unassigned(
        id=job["id"],
        location_index=job["location_index"],
        reason=job["reason"],
        worth=job["worth"],
        insertion_cost=job["insertion_cost"],
        best_vehicle=best.get("vehicle"),
        best_position=best.get("position"),
        best_after=best.get("after"),
        binding=job["binding"],
        predecessor=job["predecessor"],
        text=job["text"],
    )
