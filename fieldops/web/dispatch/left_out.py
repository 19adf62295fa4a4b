"""What is on no list of a day: which rule keeps it off, its best place, its price, and what would help."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import render_template, request
from sqlalchemy.orm import Session

from fieldops import clock, i18n
from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.models import Crew, Shift, WorkOrder
from fieldops.operations.pose_problem import DAY_STRIDE
from fieldops.queries.orders import orders_described
from fieldops.queries.services import known_skills
from fieldops.queries.shifts import all_crews, shifts_between
from fieldops.queries.why_not import WhyNot, left_out_on, plans_that_count, why_not
from fieldops.web.answers import sentence
from fieldops.web.dispatch.left_out_words import left_out_words, price_words, reason_name
from fieldops.web.dispatch.planned_day import Described, LeftOut
from fieldops.web.dispatch.room import blueprint
from fieldops.web.form_fields import day_of
from fieldops.web.protection import requires
from fieldops.web.words import SKILL

PAGE: Final = 20
TIGHT: Final = ("shift", "time", "break", None)
"""What more hours would help against."""

Options = list[tuple[Any, str]]


@dataclass(frozen=True)
class SaidOut:
    """One order left out, in words. `remedies` are codes of what would help; `best_crew` is the crew of its
    best place; `first` is the order that it waits for.
    """

    left: LeftOut
    why: str
    price: str
    remedies: tuple[str, ...]
    best_crew: int | None
    first: WorkOrder | None


@dataclass(frozen=True)
class Helpers:
    """Whom the remedies may name on one day: crews and shifts as choices, and skills."""

    crews: Options
    shifts: Options
    skills: Options


def said_out(left: LeftOut, orders: Described, crews: Mapping[int, Crew]) -> SaidOut:
    """Return an order left out with its reason, its price and what would help."""
    best = left.facts.get("best") or {}
    vehicle = best.get("vehicle")
    waits_for = int(left.facts.get("predecessor") or 0)
    return SaidOut(
        left,
        left_out_words(left, orders, crews),
        price_words(left.facts),
        remedies_of(left.facts, left.order),
        None if vehicle is None else vehicle % DAY_STRIDE,
        orders[waits_for][0] if waits_for in orders else None,
    )


def remedies_of(facts: Mapping[str, Any], order: WorkOrder) -> tuple[str, ...]:
    """Return what would bring an order onto a list, by the rule that keeps it off."""
    reason = facts["reason"]
    found: list[str] = []
    if reason in ("no_room", "not_worth", "beyond_limit", "not_looked_at") and not order.must_do:
        found.append("must_do")
    if reason in ("no_room", "not_worth"):
        found.append("pin")
    if reason == "no_skill":
        found.append("skill")
    if reason.startswith("pinned"):
        found.append("unpin")
    if reason == "time_window" or (reason == "no_room" and facts.get("binding") in TIGHT):
        found.append("overtime")
    if reason == "capacity" or facts.get("binding") == "load":
        found.append("material")
    if reason in ("predecessor", "waits_for_order"):
        found.append("first")
    if reason == "unreachable":
        found.append("place")
    return tuple(found)


def helpers_on(session: Session, day: date) -> Helpers:
    """Return whom remedies may name on a day."""
    shifts: Sequence[tuple[Shift, Crew]] = shifts_between(session, day, day)
    return Helpers(
        crews=[(crew.id, f"{crew.letter} · {crew.name}") for _shift, crew in shifts],
        shifts=[(shift.id, f"{crew.letter} · {crew.name}") for shift, crew in shifts],
        skills=[(code, SKILL[code]() if code in SKILL else code) for code in known_skills(session)],
    )


def described(session: Session, found: Iterable[WhyNot]) -> list[SaidOut]:
    """Return reasons put together with their orders, in words: what must be done first, then by worth."""
    held = list(found)
    numbers = {int(one.facts["id"]) for one in held}
    for one in held:
        best = one.facts.get("best") or {}
        numbers |= {int(number) for number in (one.facts.get("predecessor"), best.get("after")) if number}
    orders = orders_described(session, sorted(numbers))
    crews = {crew.id: crew for crew in all_crews(session)}
    left = [LeftOut(*orders[one.facts["id"]], facts=one.facts) for one in held if one.facts["id"] in orders]
    left.sort(key=lambda one: (not one.order.must_do, -(one.facts.get("worth") or 0), one.order.id))
    return [said_out(one, orders, crews) for one in left]


def said_of_order(session: Session, order: WorkOrder) -> tuple[SaidOut, date] | None:
    """Return why one ready order is on no list, and the day that was said of; None when none left it out."""
    if order.status != "ready":
        return None
    found = why_not(session, order.id, i18n.local(clock.now()).date())
    return (described(session, [found])[0], found.plan.day) if found is not None else None


@blueprint.get("/rencana/tidak-masuk")
@requires(Right.SEE_BOARD)
def plan_left_out() -> str | tuple[str, int]:
    """Show everything that is on no list of a day, and why."""
    today = i18n.local(clock.now()).date()
    try:
        day = day_of(request.args, "hari") if "hari" in request.args else today
    except FieldOpsError as error:
        return left_out_page(today, error), error.status
    return left_out_page(day)


def left_out_page(day: date, error: FieldOpsError | None = None) -> str:
    """Return the page of one day."""
    session = db.session()
    found = left_out_on(session, day)
    reasons: dict[str, int] = {}
    for one in found.values():
        reasons[one.facts["reason"]] = reasons.get(one.facts["reason"], 0) + 1
    wanted = request.args.get("sebab", "")
    wanted = wanted if wanted in reasons else ""
    said = described(session, (one for one in found.values() if wanted in ("", one.facts["reason"])))
    pages = max(1, -(-len(said) // PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    return render_template(
        "dispatch/left_out.html",
        day=day,
        today=i18n.local(clock.now()).date(),
        said=said[(page - 1) * PAGE : page * PAGE],
        total=len(said),
        page=page,
        pages=pages,
        wanted=wanted,
        reasons=sorted(((code, reason_name(code), count) for code, count in reasons.items()),
                       key=lambda row: -row[2]),
        plans=plans_that_count(session, day),
        helpers=helpers_on(session, day),
        errors={error.field or "errors": sentence(error)} if error else {},
    )  # fmt: skip
