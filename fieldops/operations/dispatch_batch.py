"""Sending a plan's batches out, and calling one back."""

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.notices import NewsKind
from fieldops.domain.roles import THE_SYSTEM, By
from fieldops.domain.work_order_states import BATCH_MOVES, BatchStatus, StopStatus, WorkOrderStatus
from fieldops.errors import Conflict
from fieldops.installation import Installation
from fieldops.models import Batch, DayPlan, Stop
from fieldops.operations.add_news import add_news
from fieldops.operations.audit import write_audit
from fieldops.operations.bring_along import schedule_requests, withdraw_schedule
from fieldops.operations.notify_reporter import notify_reporters
from fieldops.operations.open_work_order import change_work_order_status
from fieldops.operations.problem_drives import read_again
from fieldops.queries.clusters import open_members_of
from fieldops.queries.plans import batches_of, crews_out_on, get_batch, get_plan, stops_of
from fieldops.queries.work_orders import get_order
from geo.dispatch.plan_reading import plan_from_dict
from geo.dispatch.referee import judge


def dispatch_plan(
    session: Session, installation: Installation, day_plan_id: int, version: int, by: By
) -> list[Batch]:
    """Send out all proposed batches of a plan: orders are batched, reporters are told the day.

    The referee judges the stored problem and plan once more; what was accepted when it was computed is
    not taken on trust.

    Raises
    ------
    Conflict
        The plan was changed or replaced since it was shown, its day has passed, the referee refuses it, or
        one of its crews is out already or one of its orders no longer ready; the message names them.
    """
    day_plan = get_plan(session, day_plan_id)
    if day_plan.state == "applied":
        raise Conflict("This plan has been sent out already.")
    if day_plan.version != version or day_plan.state != "proposed":
        raise Conflict("This plan is no longer the current one. Look at the new one and try again.")
    require_future(installation, day_plan)
    require_accepted(session, installation, day_plan)
    batches = [
        batch for batch in batches_of(session, day_plan.id) if batch.status == BatchStatus.PROPOSED.value
    ]
    if not batches:
        raise Conflict("No crew has a stop in this plan, so there is nothing to send out.")
    out = crews_out_on(session, [batch.shift_id for batch in batches])
    if out:
        raise Conflict(
            "Already out since the plan was computed: %(crews)s. Compute the plan again.",
            crews=", ".join(crew.name for crew in out),
        )
    stops = stops_of(session, [batch.id for batch in batches])
    orders = {
        stop.id: get_order(session, stop.work_order_id) for batch in batches for stop in stops[batch.id]
    }
    gone = sorted(order.number for order in orders.values() if order.status != WorkOrderStatus.READY.value)
    if gone:
        raise Conflict(
            "No longer ready since the plan was computed: %(orders)s. Compute the plan again.",
            orders=", ".join(gone),
        )
    for batch in batches:
        BATCH_MOVES.check(BatchStatus.PROPOSED, BatchStatus.DISPATCHED, by.actor, {"accepted_plan"})
        batch.status, batch.dispatched_at = BatchStatus.DISPATCHED.value, clock.now()
        for stop in stops[batch.id]:
            change_work_order_status(session, orders[stop.id], WorkOrderStatus.BATCHED, by)
            schedule_requests(session, orders[stop.id], stop, day_plan.day, by)
    day_plan.state = "applied"
    write_audit(
        session, by, "plan_dispatched", "day_plan", day_plan.id, batches=len(batches), stops=len(orders)
    )
    add_news(session, NewsKind.LIST, [batch.id for batch in batches], by.user_id)
    return batches


def require_future(installation: Installation, day_plan: DayPlan) -> None:
    """Refuse a plan whose day has passed."""
    if day_plan.day < clock.now().astimezone(ZoneInfo(installation.city.time_zone)).date():
        raise Conflict("The day of this plan has passed. Compute a plan for a day to come.")


def require_accepted(session: Session, installation: Installation, day_plan: DayPlan) -> None:
    """Refuse a plan that the referee refuses, when it was computed or now, or whose roads are others now."""
    problem = read_again(session, installation, day_plan)
    verdict = judge(problem, plan_from_dict(day_plan.answer))
    if not day_plan.accepted or not verdict.accepted:
        first = verdict.violations[0].message if verdict.violations else "it was refused when it was computed"
        raise Conflict("The independent check refuses this plan: %(why)s", why=first)


def recall_batch(session: Session, batch_id: int, version: int, by: By) -> Batch:
    """Call a batch back: stops not started go back to ready, started ones stay with the crew.

    Raises
    ------
    Conflict
        It was changed meanwhile, or is neither proposed nor dispatched.
    """
    batch = get_batch(session, batch_id)
    if batch.version != version:
        raise Conflict("This batch was changed in the meantime. Look at the new state and try again.")
    BATCH_MOVES.check(BatchStatus(batch.status), BatchStatus.RECALLED, by.actor)
    was_out = batch.status == BatchStatus.DISPATCHED.value
    batch.status = BatchStatus.RECALLED.value
    if was_out:
        for stop in stops_of(session, [batch.id])[batch.id]:
            if stop.status == StopStatus.PLANNED.value:
                return_stop(session, stop)
    write_audit(session, by, "batch_recalled", "batch", batch.id)
    session.flush()
    if was_out:
        add_news(session, NewsKind.LIST, [batch.id], by.user_id)
    return batch


def return_stop(session: Session, stop: Stop) -> None:
    """Put a stop's order back among the ready ones and its requests back to verified; whoever was told a
    day hears that it no longer holds.
    """
    order = get_order(session, stop.work_order_id)
    stop.status = StopStatus.RETURNED.value
    if order.status in (WorkOrderStatus.BATCHED.value, WorkOrderStatus.IN_PROGRESS.value):
        change_work_order_status(session, order, WorkOrderStatus.READY, THE_SYSTEM)
    promised = [one for one in open_members_of(session, order.cluster_id) if one.scheduled_for is not None]
    withdraw_schedule(session, order)
    for request in promised:
        notify_reporters(session, request, "unscheduled", {}, occasion=str(stop.id))
