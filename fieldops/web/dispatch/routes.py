"""A plan's routes as GeoJSON for the map."""

from collections.abc import Callable
from typing import Any, Final

from flask import Response, jsonify, url_for

from fieldops import clock
from fieldops.domain.roles import Right
from fieldops.extensions import db
from fieldops.i18n import _, clock_words, language
from fieldops.models import DayPlan, WorkOrder
from fieldops.models.base import lon_lat
from fieldops.queries.changes import told_lists
from fieldops.queries.closures import as_closures, closures_by_id
from fieldops.queries.orders import orders_described
from fieldops.queries.places import all_depots
from fieldops.queries.plans import get_plan
from fieldops.queries.shifts import all_crews
from fieldops.queries.work_orders import priorities_of
from fieldops.routing.drives import Place, Source
from fieldops.web.dispatch.planned_day import CrewPlan, LeftOut, PlannedStop, planned_day
from fieldops.web.dispatch.room import blueprint
from fieldops.web.dispatch.worth import worth_of
from fieldops.web.page import installation
from fieldops.web.protection import requires
from fieldops.web.way_lines import line_of

FEW: Final = 15
"""Up to here what was left out is drawn large; more of it would hide the routes."""


@blueprint.get("/rencana/<int:plan_id>/rute.geojson")
@requires(Right.PLAN)
def plan_routes(plan_id: int) -> Response:
    """Return the routes, stops, depots and orders left out of a plan. Lines follow the streets that the plan
    was computed over; where its times are estimates they are straight.
    """
    return jsonify(type="FeatureCollection", features=_features(get_plan(db.session(), plan_id)))


def _features(day_plan: DayPlan) -> list[dict[str, Any]]:
    session = db.session()
    planned = planned_day(session, day_plan, installation().city.time_zone)
    depots = {depot.id: (depot, lon, lat) for depot, lon, lat in all_depots(session)}
    shown = [stop.order for day in planned.crews for stop in day.stops]
    worth = _worths([*shown, *(left.order for left in planned.left_out)])
    features: list[dict[str, Any]] = []
    street_line = _street_lines(day_plan)
    for day in planned.crews:
        depot, lon, lat = depots[day.crew.depot_id]
        if day.stops:
            features.append(_route(day, (lon, lat), street_line))
            features += [_stop(day, n, stop, worth) for n, stop in enumerate(day.stops, start=1)]
        spot = _point(lon, lat, kind="depot", title=depot.name)
        if spot not in features:
            features.append(spot)
    size = 34 if len(planned.left_out) <= FEW else 18
    features += [_unplanned(left, size, worth) for left in planned.left_out]
    return features


@blueprint.get("/perubahan/<int:plan_id>/rute.geojson")
@requires(Right.PLAN)
def change_routes(plan_id: int) -> Response:
    """Return what a change proposes, with the lines as the crews were told them beneath."""
    session = db.session()
    day_plan = get_plan(session, plan_id)
    features = _features(day_plan)
    depots = {depot.id: (lon, lat) for depot, lon, lat in all_depots(session)}
    street_line = _street_lines(day_plan)
    crews = {crew.id: crew for crew in all_crews(session)}
    told = told_lists(day_plan)
    numbers = sorted({visit.order_id for visits in told.values() for visit in visits})
    places = {number: lon_lat(held[0].place) for number, held in orders_described(session, numbers).items()}
    old = [
        _line(street_line([*(places[visit.order_id] for visit in visits), depots[crews[crew_id].depot_id]]),
              old=True, kind="route", crew=crews[crew_id].letter)
        for crew_id, visits in told.items()
        if visits
    ]  # fmt: skip
    return jsonify(type="FeatureCollection", features=[*old, *features])


def _street_lines(day_plan: DayPlan) -> Callable[[list[Place]], list[list[float]]]:
    """Return what turns places that follow each other into the line driven, as the plan was computed."""
    facts = day_plan.problem.get("_roads", {})
    if facts.get("source", Source.ESTIMATE.value) == Source.ESTIMATE.value:
        return lambda path: line_of(path, [None] * (len(path) - 1))
    closures = as_closures(closures_by_id(db.session(), facts["closures"]))
    return lambda path: line_of(path, installation().roads.ways(path, closures))


def _line(coordinates: list[list[float]], **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": coordinates},
        "properties": properties,
    }


def _route(
    day: CrewPlan, depot: Place, street_line: Callable[[list[Place]], list[list[float]]]
) -> dict[str, Any]:
    """Return a crew's line from its depot through stops and reloads back to it."""
    visits = [(stop.starts_at, lon_lat(stop.order.place)) for stop in day.stops]
    visits += [(span.starts_at, depot) for span in day.spans if span.kind == "reload"]
    path = [depot, *(place for _at, place in sorted(visits)), depot]
    return _line(street_line(path), kind="route", crew=day.crew.letter, index=day.index)


def _worths(orders: list[WorkOrder]) -> dict[int, str]:
    """Return what each order is worth and why, in one sentence."""
    now = clock.now()
    priorities = priorities_of(db.session(), orders, now)
    return {order.id: worth_of(priorities[order.id], order.due_at, now).sentence for order in orders}


def _stop(day: CrewPlan, n: int, stop: PlannedStop, worth: dict[int, str]) -> dict[str, Any]:
    return _point(
        *lon_lat(stop.order.place),
        kind="stop",
        crew=day.crew.letter,
        n=n,
        label=stop.label,
        locked=stop.order.must_do or stop.is_pinned,
        title=stop.service.name(language()),
        text=_("%(place)s, arrives %(at)s", place=stop.cluster.address, at=clock_words(stop.starts_at))
        + f". {worth[stop.order.id]}",
        url=url_for("dispatch.order", order_id=stop.order.id),
    )


def _unplanned(left: LeftOut, size: int, worth: dict[int, str]) -> dict[str, Any]:
    return _point(
        *lon_lat(left.order.place),
        kind="unplanned",
        family=left.service.family,
        icon=left.service.icon,
        severity=left.order.severity,
        state="open",
        size=size,
        title=left.service.name(language()),
        text=". ".join(part for part in (left.cluster.address, worth[left.order.id]) if part),
        url=url_for("dispatch.order", order_id=left.order.id),
    )


def _point(lon: float, lat: float, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]},
        "properties": properties,
    }
