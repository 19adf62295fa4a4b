"""Deciding on a proposed change of a running day: approve it, reject it, take an approved one back."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.day_events import DECIDABLE, PlanKind, PlanState
from fieldops.domain.list_changes import ListChange, Visit, new_sequence
from fieldops.domain.roles import By
from fieldops.domain.work_order_states import StopEventKind, StopStatus, WorkOrderStatus
from fieldops.errors import Conflict
from fieldops.installation import Installation
from fieldops.models import Batch, BatchRevision, DayEvent, DayPlan, Stop, StopEvent
from fieldops.operations.audit import write_audit
from fieldops.operations.dispatch_batch import require_accepted, require_future
from fieldops.operations.set_lists import Lists, ListSetting, set_lists
from fieldops.queries.changes import mark_of, proposed_lists, revisions_of, told_lists
from fieldops.queries.plans import get_batch, get_plan
from fieldops.queries.running_day import BEGUN, DONE, RunningCrew, running_crews
from fieldops.queries.shifts import get_crew
from fieldops.queries.work_orders import get_order

BESIDE_THE_LIST: Final = (StopEventKind.FOUND_NEW, StopEventKind.HELP, StopEventKind.PIN_CORRECTED)
"""What a crew reports without going by its list."""


class DayWentOn(Conflict):
    """Crews reported something since a change was computed: its difference no longer holds."""


def approve_change(
    session: Session, installation: Installation, day_plan_id: int, mark: str, by: By
) -> list[ListChange]:
    """Give the crews the proposed lists; return what changes.

    Parameters
    ----------
    mark
        Which proposal the dispatcher saw (queries/changes.mark_of).

    Raises
    ------
    Conflict
        It was decided already, a better proposal came meanwhile, the day has passed, or the referee refuses.
    DayWentOn
        A crew reported, or an order changed, what the proposal did not know.
    """
    day_plan = _undecided(session, day_plan_id)
    if mark_of(day_plan) != mark:
        raise Conflict("A better proposal came while you were reading. Look at it and decide again.")
    require_future(installation, day_plan)
    require_accepted(session, installation, day_plan)
    crews = {one.crew.id: one for one in running_crews(session, day_plan.day)}
    before, after = told_lists(day_plan), proposed_lists(day_plan, installation.city)
    _require_as_computed(session, crews, before, after)
    event = session.get_one(DayEvent, day_plan.asked["event"])
    changes = set_lists(session, crews, before, after, ListSetting(day_plan, event.kind, by, {}))
    day_plan.state = PlanState.APPLIED.value
    day_plan.asked = day_plan.asked | {"decided": int(clock.now().timestamp())}
    write_audit(session, by, "change_approved", "day_plan", day_plan.id, changes=len(changes))
    session.flush()
    return changes


def reject_change(session: Session, day_plan_id: int, by: By) -> DayPlan:
    """Leave the lists as they were last approved.

    Raises
    ------
    Conflict
        It was decided already.
    """
    day_plan = _undecided(session, day_plan_id)
    day_plan.state = PlanState.REJECTED.value
    write_audit(session, by, "change_rejected", "day_plan", day_plan.id)
    session.flush()
    return day_plan


def _undecided(session: Session, day_plan_id: int) -> DayPlan:
    day_plan = get_plan(session, day_plan_id)
    if day_plan.kind != PlanKind.CHANGE.value or day_plan.state not in DECIDABLE:
        raise Conflict("This proposal is no longer the current one. Look at the day as it is now.")
    return day_plan


def _require_as_computed(
    session: Session, crews: dict[int, RunningCrew], before: Lists, after: Lists
) -> None:
    """Refuse when a stop that may still change was begun or ended, or the lists are others by now."""
    told = {visit.order_id: crew_id for crew_id, visits in before.items() for visit in visits}
    now_open: dict[int, int] = {}
    for crew_id, one in crews.items():
        for stop in one.stops:
            if stop.work_order_id in told and stop.status in (*DONE, *BEGUN) and not _may_leave(one, stop):
                number = get_order(session, stop.work_order_id).number
                raise DayWentOn(
                    "%(crew)s has reported %(order)s since. This is the difference as it is now.",
                    crew=one.crew.name, order=number,
                )  # fmt: skip
            if stop.status == StopStatus.PLANNED.value or _may_leave(one, stop):
                now_open[stop.work_order_id] = crew_id
    if now_open != told or any(_went_in_another_order(one, before) for one in crews.values()):
        raise DayWentOn("The crews' lists have changed since. This is the difference as it is now.")
    for order_id in {visit.order_id for visits in after.values() for visit in visits} - set(told):
        order = get_order(session, order_id)
        if order.status != WorkOrderStatus.READY.value:
            raise DayWentOn(
                "Work order %(order)s is no longer ready. This is the difference as it is now.",
                order=order.number,
            )


def _went_in_another_order(one: RunningCrew, before: Lists) -> bool:
    """Return whether a crew put a stop off since."""
    now = [
        Visit(stop.work_order_id, stop.arrives_at, stop.ends_at)
        for stop in one.stops
        if stop.status == StopStatus.PLANNED.value
    ]
    return new_sequence(before.get(one.crew.id, ()), now)


def _may_leave(one: RunningCrew, stop: Stop) -> bool:
    return one.shift.away_from is not None and stop.status == StopStatus.ON_THE_WAY.value


# ---------------------------------------------------------------- taking an approved change back


def can_undo(session: Session, day_plan: DayPlan) -> bool:
    """Return whether an approved change can be taken back."""
    try:
        _require_untouched(session, day_plan)
    except Conflict:
        return False
    return True


def undo_change(session: Session, installation: Installation, day_plan_id: int, by: By) -> list[ListChange]:
    """Give the crews the lists back that they had before a change was approved; return what changes.

    Raises
    ------
    Conflict
        It is not approved or not the newest, a crew has acted on it, or an order is no longer there to be
        put back.
    """
    day_plan = get_plan(session, day_plan_id)
    require_future(installation, day_plan)
    touched = _require_untouched(session, day_plan)
    crews = {one.crew.id: one for one in running_crews(session, day_plan.day)}
    after = {crew_id: visits for crew_id, visits in told_lists(day_plan).items() if crew_id in crews}
    before = {
        one.crew.id: [
            Visit(stop.work_order_id, stop.arrives_at, stop.ends_at)
            for stop in one.stops
            if stop.status == StopStatus.PLANNED.value
        ]
        for one in crews.values()
        if one.batch is not None
    }
    after = {crew_id: [] for crew_id in before} | after
    _require_ready(session, before, after)
    earlier = {batch.crew_id: _plan_before(session, batch) for batch in touched}
    changes = set_lists(session, crews, before, after, ListSetting(day_plan, "undone", by, earlier))
    day_plan.state = PlanState.UNDONE.value
    write_audit(session, by, "change_undone", "day_plan", day_plan.id, changes=len(changes))
    session.flush()
    return changes


def _require_untouched(session: Session, day_plan: DayPlan) -> list[Batch]:
    """Return the batches that an approved change gave other lists, when nobody has acted on them."""
    if day_plan.kind != PlanKind.CHANGE.value or day_plan.state != PlanState.APPLIED.value:
        raise Conflict("This change is not in force, so there is nothing to take back.")
    versions = session.scalars(select(BatchRevision).where(BatchRevision.day_plan_id == day_plan.id)).all()
    batches = [get_batch(session, version.batch_id) for version in versions]
    for version in versions:
        if revisions_of(session, version.batch_id)[0].id != version.id:
            raise Conflict("The lists were changed again since. Take the newest change back first.")
        acted = session.scalar(
            select(StopEvent.id)
            .join(Stop, Stop.id == StopEvent.stop_id)
            .where(
                Stop.batch_id == version.batch_id,
                StopEvent.received_at > version.at,
                StopEvent.kind.not_in(BESIDE_THE_LIST),
            )
            .limit(1)
        )
        if acted is not None:
            crew = get_crew(session, get_batch(session, version.batch_id).crew_id)
            raise Conflict(
                "%(crew)s has gone by the new list already, so it cannot be taken back.", crew=crew.name
            )
    return batches


def _plan_before(session: Session, batch: Batch) -> int:
    versions = revisions_of(session, batch.id)
    return versions[1].day_plan_id if len(versions) > 1 else batch.day_plan_id


def _require_ready(session: Session, before: Lists, after: Lists) -> None:
    listed = {visit.order_id for visits in before.values() for visit in visits}
    wanted = {visit.order_id for visits in after.values() for visit in visits}
    for order in (get_order(session, order_id) for order_id in sorted(wanted - listed)):
        if order.status != WorkOrderStatus.READY.value:
            raise Conflict("Work order %(number)s can no longer be put back on a list.", number=order.number)
