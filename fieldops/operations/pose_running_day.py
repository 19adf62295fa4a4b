"""Turning a day that is running into a planning problem: what happened is frozen, the rest may change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.city import City
from fieldops.domain.list_changes import Visit
from fieldops.domain.work_order_states import StopEventKind, StopStatus, WorkOrderStatus
from fieldops.models import Batch, DayPlan, Stop, WorkOrder
from fieldops.models.base import lon_lat
from fieldops.operations.pose_problem import (
    LEAST_LEFT,
    DayProblem,
    Frame,
    PlanOptions,
    compose,
    frame_of,
    is_away_for_good,
    not_pinned_elsewhere,
    pin_to_vehicles,
    plannable,
    pose_jobs,
    pose_vehicle,
    previous_of,
)
from fieldops.queries.crew_day import straight_m
from fieldops.queries.own_orders import own_orders
from fieldops.queries.running_day import DONE, RunningCrew, running_crews
from fieldops.queries.work_orders import orders_in, pins_of

AWAY_FROM_STOP_M: Final = 200.0
"""A phone farther than this from its crew's last stop says where the crew is now (ours)."""

Kind = StopEventKind
Drive = Callable[[tuple[float, float], tuple[float, float]], timedelta]


@dataclass(frozen=True)
class RunningDay:
    """The problem of the rest of a day, and the lists as the crews have them: visits by crew."""

    posed: DayProblem
    lists: dict[int, list[Visit]]


@dataclass(frozen=True)
class Happened:
    """One visit or rest that was done or is under way; times are moments."""

    kind: str
    id: int
    starts_at: datetime
    ends_at: datetime
    place: tuple[float, float] | None = None


def pose_running_day(
    session: Session,
    city: City,
    day: date,
    options: PlanOptions,
    urgent: Sequence[int] = (),
    *,
    drive: Drive,
) -> RunningDay:
    """Return the problem of what is left of a day.

    Stops that were done, are under way or are being driven to are frozen with their actual times; rests and
    reloads that lie behind count. A crew that cannot go on keeps what it has begun at a place and loses the
    rest. Open are the stops still to be visited, orders that must be done, the `urgent` ones, and with
    `options.fill` every ready order. A crew goes on from where its phone was last seen, as far as a report
    said so: no track is kept. `drive` says how long it takes from one place to another.
    """
    crews = [one for one in running_crews(session, day) if one.stops or _has_time(one)]
    midnight = city.midnight(day)
    happened = {one.crew.id: what_happened(session, one, midnight, drive) for one in crews}
    begun = {thing.id for held in happened.values() for thing in held if thing.kind == "job"}
    lists = {one.crew.id: open_list(one, begun) for one in crews if one.batch is not None}
    orders = _open_orders(session, crews, begun, options, urgent)
    pins = pins_of(session, [order.id for order in orders])
    fit = [(one.shift, one.crew, one.depot) for one in crews if _has_time(one)]
    here, elsewhere = not_pinned_elsewhere(orders, pins, fit, midnight)
    frozen_orders = orders_of(session, begun)
    under_way = [order.id for order in frozen_orders if order.status != WorkOrderStatus.BLOCKED.value]
    jobs, left_out = plannable(session, here, under_way)
    frame = frame_of(
        city,
        day,
        [(one.shift, one.crew, one.depot) for one in crews],
        [*jobs, *frozen_orders],
        {order.id: pins[order.id] for order in jobs if order.id in pins},
    )
    vehicles = [running_vehicle(one, happened[one.crew.id], frame) for one in crews]
    pin_to_vehicles(vehicles, frame)
    open_ids = {order.id for order in jobs}
    told = {
        one.crew.id: [visit.order_id for visit in lists[one.crew.id] if visit.order_id in open_ids]
        for one in crews
        if one.crew.id in lists and not is_away_for_good(one.shift)
    }
    posed_jobs = pose_jobs(session, [*jobs, *frozen_orders], frame)
    problem = compose(day, frame, vehicles, posed_jobs, previous_of(told, vehicles), options)
    return RunningDay(DayProblem(problem, [*left_out, *elsewhere]), lists)


def open_list(one: RunningCrew, begun: set[int]) -> list[Visit]:
    """Return what a crew's list has left beside the orders that were begun."""
    return [
        Visit(stop.work_order_id, stop.arrives_at, stop.ends_at)
        for stop in one.stops
        if stop.status not in DONE and stop.work_order_id not in begun
    ]


def _has_time(one: RunningCrew) -> bool:
    return not is_away_for_good(one.shift) and one.shift.ends_at > clock.now() + LEAST_LEFT / 4


def _open_orders(
    session: Session,
    crews: Sequence[RunningCrew],
    begun: set[int],
    options: PlanOptions,
    urgent: Sequence[int],
) -> list[WorkOrder]:
    on_lists = {stop.work_order_id for one in crews for stop in one.stops} - begun
    ready = orders_in(session, WorkOrderStatus.READY.value)
    wanted = {
        order.id
        for order in ready
        if options.fill or order.must_do or order.urgent_by is not None or order.id in urgent
    }
    return orders_of(session, (on_lists | wanted) - begun)


def orders_of(session: Session, order_ids: set[int]) -> list[WorkOrder]:
    """Return orders by their numbers."""
    return list(
        session.scalars(select(WorkOrder).where(WorkOrder.id.in_(sorted(order_ids))).order_by(WorkOrder.id))
    )


# ---------------------------------------------------------------- what happened


def what_happened(session: Session, one: RunningCrew, midnight: datetime, drive: Drive) -> list[Happened]:
    """Return what a crew did and is at, in the order it happened, with the rests and reloads between."""
    places = {
        order.id: lon_lat(order.place) for order in orders_of(session, {s.work_order_id for s in one.stops})
    }
    visits = [
        _visit(one, stop, places[stop.work_order_id])
        for stop in one.stops
        if stop.status in DONE or stop.status == StopStatus.ARRIVED.value
    ]
    visits.sort(key=lambda visit: visit.starts_at)
    for stop in one.stops:  # who broke down does not reach the place it was driving to
        if stop.status == StopStatus.ON_THE_WAY.value and one.shift.away_from is None:
            visits.append(_approach(one, stop, places[stop.work_order_id], visits, drive))
    return _with_spans(visits, _spans(session, one, midnight))


def _visit(one: RunningCrew, stop: Stop, place: tuple[float, float]) -> Happened:
    length = stop.ends_at - stop.arrives_at
    ended = one.moment(stop, Kind.COMPLETED) or one.moment(stop, Kind.BLOCKED)
    arrived = one.moment(stop, Kind.ARRIVED)
    if ended is None:  # under way
        starts = arrived or clock.now()
        ends = max(clock.now(), stop.expected_until or starts + length)
    else:
        starts, ends = min(arrived or ended - length, ended), ended
    return Happened("job", stop.work_order_id, starts, ends, place)


def _approach(
    one: RunningCrew,
    stop: Stop,
    place: tuple[float, float],
    visits: Sequence[Happened],
    drive: Drive,
) -> Happened:
    """Return a stop that the crew is driving to, with the time it should be there."""
    left = one.moment(stop, Kind.LEFT) or clock.now()
    origin = visits[-1].place if visits and visits[-1].place else lon_lat(one.depot.place)
    if one.seen_at is not None and one.seen_at[0] >= left:
        left, origin = one.seen_at[0], one.seen_at[1:]
    arrives = max(clock.now(), left + drive(origin, place))
    ends = max(stop.expected_until or arrives, arrives + (stop.ends_at - stop.arrives_at))
    return Happened("job", stop.work_order_id, arrives, ends, place)


def _spans(session: Session, one: RunningCrew, midnight: datetime) -> list[Happened]:
    """Return the rests and reloads that the crew's approved plan had, with their planned times.

    A reload's id is the first order after it.
    """
    if not one.stops:
        return []
    batch = one.batch or session.get_one(Batch, one.stops[-1].batch_id)
    routes = session.get_one(DayPlan, batch.day_plan_id).answer.get("routes", [])
    steps: list[dict[str, Any]] = next(
        (route["steps"] for route in routes if route["vehicle"] == one.crew.id), []
    )
    spans: list[Happened] = []
    for place, step in enumerate(steps):
        if step["type"] not in ("break", "reload"):
            continue
        starts = midnight + timedelta(seconds=step["arrival"] + step["waiting_time"])
        after = next((later["id"] for later in steps[place:] if later["type"] == "job"), 0)
        number = step["id"] if step["type"] == "break" else after
        spans.append(Happened(step["type"], number, starts, starts + timedelta(seconds=step["service"])))
    return _rests_of_own_order(session, batch, spans)


def _rests_of_own_order(session: Session, batch: Batch, spans: Sequence[Happened]) -> list[Happened]:
    """Move the rest to when the crew's own order of its list has it, where there is one."""
    own = own_orders(session, [batch.id]).get(batch.id)
    rest = own.facts.get("rest") if own is not None else None
    if not rest:
        return list(spans)
    starts, ends = (datetime.fromtimestamp(moment, tz=UTC) for moment in rest)
    return [replace(span, starts_at=starts, ends_at=ends) if span.kind == "break" else span for span in spans]


def _with_spans(visits: list[Happened], spans: Sequence[Happened]) -> list[Happened]:
    """Put rests and reloads that lie behind between the visits.

    A rest was taken when its planned time has begun and no visit filled it; a reload when a visit after it
    was begun.
    """
    now = clock.now()
    found = list(visits)
    for span in spans:
        if span.kind == "break":
            if span.starts_at <= now and not any(
                visit.starts_at < span.ends_at and visit.ends_at > span.starts_at for visit in visits
            ):
                found.append(span)
        elif (first := next((visit for visit in visits if visit.id == span.id), None)) is not None:
            found.insert(found.index(first), span)
    rests = [thing for thing in found if thing.kind == "break"]
    for rest in rests:
        found.remove(rest)
        before = sum(thing.starts_at <= rest.starts_at for thing in found)
        found.insert(before, rest)
    return found


# ---------------------------------------------------------------- the vehicle


def running_vehicle(one: RunningCrew, happened: Sequence[Happened], frame: Frame) -> dict[str, Any]:
    """Return a crew's vehicle from where and when it goes on, with what happened frozen."""
    vehicle = pose_vehicle((one.shift, one.crew, one.depot), frame)
    steps = [_step(thing, frame) for thing in happened]
    free_from = max(clock.now(), one.shift.starts_at, one.shift.away_until or one.shift.starts_at)
    if steps:
        vehicle["time_window"] = [frame.seconds(one.shift.starts_at), frame.seconds(one.shift.ends_at)]
        vehicle["steps"] = steps
        vehicle["available_at"] = frame.seconds(max(free_from, *(thing.ends_at for thing in happened)))
        _place_breaks(vehicle, one, happened, frame)
        vehicle |= _position(one, happened)
    if is_away_for_good(one.shift):
        vehicle["max_tasks"] = sum(step["type"] == "job" for step in steps)
        vehicle["skills"] = []  # so that no reason given for what is left out speaks of this crew
        vehicle["time_window"] = [frame.seconds(one.shift.starts_at), frame.seconds(one.shift.ends_at)]
        if not any(step["type"] == "break" for step in steps):
            vehicle.pop("breaks", None)  # one that was taken stays known: its step names it
    return vehicle


def _step(thing: Happened, frame: Frame) -> dict[str, Any]:
    starts, ends = max(0, frame.seconds(thing.starts_at)), frame.seconds(thing.ends_at)
    step: dict[str, Any] = {
        "type": thing.kind,
        "frozen": True,
        "service_at": starts,
        "end_at": max(starts, ends),
    }
    return step if thing.kind == "reload" else step | {"id": thing.id}


def _place_breaks(
    vehicle: dict[str, Any], one: RunningCrew, happened: Sequence[Happened], frame: Frame
) -> None:
    """Keep a rest that lies behind as it was told; one that can no longer begin in time is dropped."""
    if any(thing.kind == "break" for thing in happened):
        shift = one.shift
        if shift.break_from and shift.break_until:
            window = [frame.seconds(shift.break_from), frame.seconds(shift.break_until)]
            vehicle["breaks"] = [{"id": one.crew.id, "time_windows": [window], "service": shift.break_s}]
        return
    late = vehicle.get("breaks") and vehicle["breaks"][0]["time_windows"][0][1] < vehicle["available_at"]
    if late:
        vehicle.pop("breaks")


def _position(one: RunningCrew, happened: Sequence[Happened]) -> dict[str, Any]:
    """Say where a crew is when its phone was seen away from its last stop, after it had ended."""
    last = next((thing for thing in reversed(happened) if thing.place is not None), None)
    if last is None or last.place is None or one.seen_at is None or one.seen_at[0] < last.ends_at:
        return {}
    seen = (one.seen_at[1], one.seen_at[2])
    return {"position": list(seen)} if straight_m(last.place, seen) > AWAY_FROM_STOP_M else {}
