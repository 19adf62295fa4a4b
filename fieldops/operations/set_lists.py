"""Giving crews other lists while they are out: stops leave and come, every approved version is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.list_changes import ListChange, Visit, changes_between, new_sequence
from fieldops.domain.notices import NewsKind
from fieldops.domain.roles import THE_SYSTEM, By
from fieldops.domain.work_order_states import (
    BATCH_MOVES,
    ENDED_STOPS,
    BatchStatus,
    StopStatus,
    WorkOrderStatus,
)
from fieldops.models import Batch, BatchRevision, DayPlan, Stop, WorkOrder
from fieldops.operations.add_news import add_news
from fieldops.operations.bring_along import schedule_requests, withdraw_schedule
from fieldops.operations.notify_reporter import notify_reporters
from fieldops.operations.open_work_order import change_work_order_status
from fieldops.queries.changes import revisions_of, visit_as_facts
from fieldops.queries.clusters import open_members_of
from fieldops.queries.plans import stops_of
from fieldops.queries.running_day import RunningCrew
from fieldops.queries.work_orders import get_order

Lists = Mapping[int, Sequence[Visit]]

PARKED: Final = 1_000_000
"""Positions are unique in a batch; while they are dealt anew the old ones stand this far away."""


@dataclass(frozen=True)
class ListSetting:
    """Who sets which lists, by which plan and for what reason (a code for the crews' note)."""

    day_plan: DayPlan
    reason: str
    by: By
    plan_of: Mapping[int, int]
    """The plan that each crew's list comes from, where it is not `day_plan`."""


def set_lists(
    session: Session, crews: Mapping[int, RunningCrew], before: Lists, after: Lists, setting: ListSetting
) -> list[ListChange]:
    """Let the crews' open stops be what `after` says; return what changed.

    Stops that were done or begun stay as they are. A stop that leaves a list is kept as removed, so that what
    its crew reports of it late is still taken; one that comes back is the same stop again. Orders that change
    crews keep their promised day; orders that leave all lists are ready again and their reporters hear it.
    """
    changes = changes_between(before, after)
    touched = {
        crew_id
        for crew_id in {*before, *after}
        if any(change.concerns(crew_id) for change in changes)
        or new_sequence(before.get(crew_id, ()), after.get(crew_id, ()))
    }
    for change in changes:
        if change.from_crew is not None and change.from_crew != change.to_crew:
            _leave(session, crews[change.from_crew], change, setting)
    batches = [
        _relist(session, crews[crew_id], after.get(crew_id, ()), changes, setting)
        for crew_id in sorted(touched)
    ]
    add_news(session, NewsKind.LIST, batches, setting.by.user_id)
    return changes


def _leave(session: Session, crew: RunningCrew, change: ListChange, setting: ListSetting) -> None:
    stop = next(
        stop
        for stop in crew.stops
        if stop.work_order_id == change.order_id and StopStatus(stop.status) not in ENDED_STOPS
    )
    stop.status = StopStatus.REMOVED.value
    order = get_order(session, change.order_id)
    change_work_order_status(
        session, order, WorkOrderStatus.READY, THE_SYSTEM, facts={"plan": setting.day_plan.id}
    )
    if change.to_crew is None:
        promised = [
            one for one in open_members_of(session, order.cluster_id) if one.scheduled_for is not None
        ]
        withdraw_schedule(session, order)
        for request in promised:
            occasion = f"{stop.id}:{setting.day_plan.id}"
            notify_reporters(session, request, "unscheduled", {}, occasion=occasion)


def _relist(
    session: Session,
    crew: RunningCrew,
    visits: Sequence[Visit],
    changes: Sequence[ListChange],
    setting: ListSetting,
) -> int:
    """Give a crew its list and return the batch's number."""
    if crew.batch is not None:
        keep_first_version(session, crew.batch)
    batch = crew.batch or _new_batch(session, crew, setting)
    stops = {stop.work_order_id: stop for stop in stops_of(session, [batch.id])[batch.id]}
    listed: list[Stop] = []
    for visit in visits:
        stop = stops.get(visit.order_id)
        if stop is None or StopStatus(stop.status) in ENDED_STOPS - {StopStatus.REMOVED}:
            stop = _new_stop(batch, visit)
            session.add(stop)
        if stop.status not in (StopStatus.PLANNED.value, StopStatus.ON_THE_WAY.value):
            stop.status = StopStatus.PLANNED.value
            _join(session, get_order(session, visit.order_id), setting)
        stop.arrives_at, stop.ends_at = visit.starts_at, visit.ends_at
        listed.append(stop)
    deal_positions(session, batch, listed)
    for stop in listed:
        _promise(session, stop, setting)
    batch.day_plan_id = setting.plan_of.get(crew.crew.id, setting.day_plan.id)
    _measure(batch, session.get_one(DayPlan, batch.day_plan_id), crew.crew.id)
    mine = [change.as_facts() for change in changes if change.concerns(crew.crew.id)]
    append_version(session, batch, listed, setting.reason, setting.by, mine)
    _recall_when_taken_back(session, batch, setting)
    return batch.id


def _new_stop(batch: Batch, visit: Visit) -> Stop:
    return Stop(
        batch_id=batch.id,
        work_order_id=visit.order_id,
        position=2 * PARKED + visit.order_id,
        status=StopStatus.REMOVED.value,  # not on the list yet
        arrives_at=visit.starts_at,
        ends_at=visit.ends_at,
    )


def _join(session: Session, order: WorkOrder, setting: ListSetting) -> None:
    if order.status == WorkOrderStatus.READY.value:
        facts = {"plan": setting.day_plan.id}
        change_work_order_status(session, order, WorkOrderStatus.BATCHED, setting.by, facts=facts)


def _promise(session: Session, stop: Stop, setting: ListSetting) -> None:
    order = get_order(session, stop.work_order_id)
    for request in open_members_of(session, order.cluster_id):
        if request.scheduled_for is not None:
            request.scheduled_for = stop.arrives_at
    schedule_requests(session, order, stop, setting.day_plan.day, setting.by)


def _new_batch(session: Session, crew: RunningCrew, setting: ListSetting) -> Batch:
    BATCH_MOVES.check(None, BatchStatus.PROPOSED, THE_SYSTEM.actor)
    BATCH_MOVES.check(BatchStatus.PROPOSED, BatchStatus.DISPATCHED, setting.by.actor, {"accepted_plan"})
    batch = Batch(
        day_plan_id=setting.day_plan.id,
        crew_id=crew.crew.id,
        shift_id=crew.shift.id,
        status=BatchStatus.DISPATCHED.value,
        dispatched_at=clock.now(),
    )
    session.add(batch)
    session.flush()
    return batch


def deal_positions(session: Session, batch: Batch, listed: Sequence[Stop]) -> None:
    """Number what was done or begun first, then the list, then what is no longer on it."""
    session.flush()
    all_stops = stops_of(session, [batch.id])[batch.id]
    numbers = {stop.id for stop in listed}
    rest = [stop for stop in all_stops if stop.id not in numbers]
    gone = [stop for stop in rest if stop.status in (StopStatus.REMOVED.value, StopStatus.RETURNED.value)]
    kept = [stop for stop in rest if stop not in gone]
    for stop in all_stops:
        stop.position = PARKED + stop.id
    session.flush()
    for number, stop in enumerate([*kept, *listed, *gone], start=1):
        stop.position = number
    session.flush()


def _measure(batch: Batch, day_plan: DayPlan, crew_id: int) -> None:
    routes = day_plan.answer.get("routes", [])
    route: dict[str, Any] = next((route for route in routes if route["vehicle"] == crew_id), {})
    batch.travel_s = int(route.get("duration") or 0)
    batch.distance_m = int(route.get("distance") or 0)


def _recall_when_taken_back(session: Session, batch: Batch, setting: ListSetting) -> None:
    """Recall a batch that only a change had made which is taken back. Any other batch stays out, even with
    nothing left to do: its crew may be given something again.
    """
    stops = stops_of(session, [batch.id])[batch.id]
    made_by_it = len(revisions_of(session, batch.id)) == 2 and setting.reason == "undone"
    if made_by_it and all(stop.status == StopStatus.REMOVED.value for stop in stops):
        BATCH_MOVES.check(BatchStatus.DISPATCHED, BatchStatus.RECALLED, setting.by.actor)
        batch.status = BatchStatus.RECALLED.value


# ---------------------------------------------------------------- approved versions


def keep_first_version(session: Session, batch: Batch) -> None:
    """Write down the list as it was sent out, before it changes for the first time."""
    if revisions_of(session, batch.id):
        return
    stops = [
        stop
        for stop in stops_of(session, [batch.id])[batch.id]
        if StopStatus(stop.status) is not StopStatus.RETURNED
    ]
    session.add(
        BatchRevision(
            batch_id=batch.id,
            number=1,
            day_plan_id=batch.day_plan_id,
            reason="dispatched",
            stops=[stop_as_facts(stop) for stop in stops],
            changes=[],
            at=batch.dispatched_at or clock.now(),
            seen_at=batch.dispatched_at or clock.now(),
        )
    )
    session.flush()


def append_version(
    session: Session,
    batch: Batch,
    listed: Sequence[Stop],
    reason: str,
    by: By,
    changes: list[dict[str, Any]],
) -> BatchRevision:
    """Append a batch's newest approved list."""
    number = max((held.number for held in revisions_of(session, batch.id)), default=0) + 1
    fresh = BatchRevision(
        batch_id=batch.id,
        number=number,
        day_plan_id=batch.day_plan_id,
        reason=reason,
        stops=[stop_as_facts(stop) for stop in listed],
        changes=changes,
        user_id=by.user_id,
        at=clock.now(),
    )
    session.add(fresh)
    session.flush()
    return fresh


def stop_as_facts(stop: Stop) -> dict[str, int]:
    """Return a listed stop as JSON values."""
    return {"stop": stop.id} | visit_as_facts(Visit(stop.work_order_id, stop.arrives_at, stop.ends_at))
