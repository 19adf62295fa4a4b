"""Why an order is not on a day's lists: what the newest plans said of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.work_order_states import WorkOrderStatus
from fieldops.models import DayPlan
from fieldops.queries.work_orders import orders_in

SAID: Final = ("improving", "proposed", "applied")
"""Plans whose word counts; what was rejected, taken back or replaced says nothing any more."""

NOT_LOOKED_AT: Final = "not_looked_at"
"""The order became ready after the newest plan of the day was computed."""


@dataclass(frozen=True)
class WhyNot:
    """What a plan said of an order that it left out: the solver's or our own codes and seconds."""

    plan: DayPlan
    facts: Mapping[str, Any]


def plans_that_count(session: Session, day: date) -> list[DayPlan]:
    """Return a day's computed plans that are proposed or in force, newest first."""
    rows = session.scalars(
        select(DayPlan)
        .where(DayPlan.day == day, DayPlan.state.in_(SAID))
        .order_by(DayPlan.id.desc())
        .limit(20)
    )
    return [plan for plan in rows if plan.answer]


def next_planned_day(session: Session, from_day: date) -> date:
    """Return the newest day from `from_day` on that something was computed for, else that day itself."""
    row = session.scalar(
        select(DayPlan.day)
        .where(DayPlan.day >= from_day, DayPlan.state.in_(SAID))
        .order_by(DayPlan.id.desc())
        .limit(1)
    )
    return row or from_day


def left_out_on(session: Session, day: date) -> dict[int, WhyNot]:
    """Return why each ready order is on no list of a day, by order id; the newest word counts.

    Empty when nothing was computed for the day.
    """
    plans = plans_that_count(session, day)
    if not plans:
        return {}
    ready = {order.id for order in orders_in(session, WorkOrderStatus.READY.value)}
    found: dict[int, WhyNot] = {}
    placed: set[int] = set()
    for plan in plans:
        for facts in said_by(plan):
            number = int(facts["id"])
            if number in ready and number not in found and number not in placed:
                found[number] = WhyNot(plan, facts)
        if plan.state != "applied":  # of an applied plan, what is ready again was taken off a list since
            placed |= set(placed_by(plan))
    for number in ready - set(found) - placed:
        found[number] = WhyNot(plans[0], {"id": number, "reason": NOT_LOOKED_AT})
    return found


def why_not(session: Session, order_id: int, from_day: date) -> WhyNot | None:
    """Return what the newest plan of a day from `from_day` on said of one order; None if it left it in."""
    rows = session.scalars(
        select(DayPlan)
        .where(DayPlan.day >= from_day, DayPlan.state.in_(SAID))
        .order_by(DayPlan.id.desc())
        .limit(3)
    )
    for plan in rows:
        if order_id in placed_by(plan):
            return None
        facts = next((facts for facts in said_by(plan) if facts["id"] == order_id), None)
        if facts is not None:
            return WhyNot(plan, facts)
    return None


def said_by(plan: DayPlan) -> Iterable[dict[str, Any]]:
    """Return what a plan says of each order that it left out."""
    return [*plan.answer.get("unassigned", []), *plan.violations.get("left_out", [])]


def placed_by(plan: DayPlan) -> dict[int, int]:
    """Return the orders that a plan gives a place, with the vehicle."""
    return {
        step["id"]: route["vehicle"]
        for route in plan.answer.get("routes", [])
        for step in route["steps"]
        if step["type"] == "job"
    }
