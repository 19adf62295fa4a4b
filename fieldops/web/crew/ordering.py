"""Urutkan: the crew puts the stops that it has not begun in an order of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from flask import flash, render_template, request, url_for
from flask_login import current_user

from fieldops.domain.list_changes import NOTICEABLE
from fieldops.domain.roles import Actor, By, Right
from fieldops.domain.work_order_states import StopStatus
from fieldops.errors import FieldOpsError, InvalidInput
from fieldops.extensions import db
from fieldops.i18n import _, clock_words
from fieldops.operations.postpone_stop import warning_error
from fieldops.operations.reorder_stops import (
    MOST_STOPS,
    Reordering,
    ReorderSaid,
    plan_reordering,
    reorder_stops,
)
from fieldops.queries.crew_day import CrewDay, StopLine
from fieldops.queries.own_orders import version_before_own
from fieldops.queries.plans import crews_led_by
from fieldops.transaction import transaction
from fieldops.web.answers import sentence
from fieldops.web.crew.answering import Answer, refused, taken
from fieldops.web.crew.forms import client_key, moment
from fieldops.web.crew.pages import NOTHING_SENT, Crews, chosen_crew, day_of, frame
from fieldops.web.crew.room import blueprint
from fieldops.web.crew.ways import DayWays
from fieldops.web.order_words import cost_words
from fieldops.web.page import installation
from fieldops.web.protection import requires

HIGHEST_ID: Final = 2**31 - 1


@dataclass(frozen=True)
class Row:
    """One stop in its new place: when it would be reached, and the addresses that move it on.

    `is_retimed` says that it is another time than the crew was told, by enough to be worth saying.
    """

    line: StopLine
    at: str
    is_retimed: bool
    first: str
    up: str
    down: str


@blueprint.get("/urutan")
@requires(Right.WORK)
def ordering() -> str:
    """Show the list with what moves each stop; with `urutan`, as it would be and what that costs."""
    return ordering_page({}, {})


@blueprint.post("/urutan")
@requires(Right.WORK)
def ordering_send() -> Answer:
    """Put the list in the crew's own order."""
    try:
        said, letter = _record()
    except FieldOpsError as error:
        return refused(error, ordering_page)
    _offer_undo(said, letter)
    return taken(url_for("crew.today", regu=letter))


def ordering_page(errors: dict[str, str], held: dict[str, Any]) -> str:
    """Return the page; after a refusal it shows the order that was sent."""
    crews = crews_led_by(db.session(), current_user.id)
    crew = chosen_crew(crews)
    day = day_of(crew)
    if day is None:
        values = {"crews": crews, "crew": crew, "errors": errors}
        return render_template("crew/nothing.html", **values, **frame(None, "ordering", crew))
    wanted = held.get("order") or request.args.get("urutan", "")
    return ordering_form(DayWays(day), crews, wanted=wanted, errors=errors, held=held)


def ordering_form(ways: DayWays, crews: Crews, wanted: str = "", **more: Any) -> str:
    """Return the page of a day that was read, with the order in which it stands or the one that is wanted."""
    day = ways.day
    now = _movable(day)
    values: dict[str, Any] = NOTHING_SENT | more
    lines = _in_order(now, wanted)
    planned: Reordering | None = None
    if lines != now:
        planned, values["errors"] = _planned(day, now, lines, values["errors"])
    return render_template(
        "crew/ordering.html",
        crews=crews,
        day=day,
        rows=_rows(day, lines, planned),
        begun=len(day.lines) - len(now),
        order=_joined(lines),
        was=_joined(now),
        is_new=lines != now,
        planned=planned,
        cost=cost_words(planned.longer_s, planned.later_s, planned.back_at) if planned else "",
        warnings=[sentence(warning_error(one)) for one in planned.warnings] if planned else [],
        before=_before(day, now),
        address=url_for("crew.ordering", regu=day.crew.letter),
        **values,
        **frame(ways, "ordering"),
    )


def _movable(day: CrewDay) -> list[StopLine]:
    return [line for line in day.lines if line.stop.status == StopStatus.PLANNED.value]


def _joined(lines: Sequence[StopLine]) -> str:
    return ",".join(str(line.stop.id) for line in lines)


def _in_order(now: list[StopLine], wanted: str) -> list[StopLine]:
    """Return the stops as wanted; as they stand where that names others, or not all of them."""
    by_id = {str(line.stop.id): line for line in now}
    numbers = wanted.split(",")[: MOST_STOPS + 1]
    return [by_id[number] for number in numbers] if sorted(numbers) == sorted(by_id) else now


def _planned(
    day: CrewDay, now: Sequence[StopLine], lines: Sequence[StopLine], errors: dict[str, str]
) -> tuple[Reordering | None, dict[str, str]]:
    """Return what becomes of the list, or the sentence that says why it cannot be."""
    order, was = ([line.stop.id for line in held] for held in (lines, now))
    try:
        return plan_reordering(db.session(), installation(), day.batch, order, was), errors
    except FieldOpsError as error:
        return None, errors or {error.field or "form": sentence(error)}


def _rows(day: CrewDay, lines: Sequence[StopLine], planned: Reordering | None) -> list[Row]:
    rows = []
    for place, line in enumerate(lines):
        at: datetime = planned.times[line.stop.id][0] if planned else line.stop.arrives_at
        moves = [_moved(day, lines, place, to) for to in (0, place - 1, place + 1)]
        rows.append(Row(line, clock_words(at), abs(at - line.stop.arrives_at) >= NOTICEABLE, *moves))
    return rows


def _moved(day: CrewDay, lines: Sequence[StopLine], place: int, to: int) -> str:
    """Return the address of the list with one stop elsewhere."""
    others = [line for line in lines if line is not lines[place]]
    order = _joined([*others[: max(0, to)], lines[place], *others[max(0, to) :]])
    anchor = f"baris-{lines[place].stop.id}"
    return url_for("crew.ordering", regu=day.crew.letter, urutan=order, _anchor=anchor)


def _before(day: CrewDay, now: Sequence[StopLine]) -> str:
    """Return the order before the crew's own, as far as it is still to be had; empty without one."""
    version = version_before_own(db.session(), day.batch.id)
    left = [line.stop.id for line in now]
    before = [held["stop"] for held in version.stops if held["stop"] in left] if version else []
    return ",".join(map(str, before)) if sorted(before) == sorted(left) and before != left else ""


def _record() -> tuple[ReorderSaid, str]:
    form, by, place = request.form, By(Actor.CREW_LEADER, current_user.id), installation()
    crew = chosen_crew(crews_led_by(db.session(), current_user.id))
    letter = crew.letter if crew else ""
    said = ReorderSaid(
        client_key=client_key(form),
        order=_numbers(form.get("order", "")),
        was=_numbers(form.get("was", "")),
        override=form.get("override") == "1",
        undo=form.get("undo") == "1",
        at=moment(form.get("at", "")),
    )
    with transaction() as session:
        reorder_stops(session, place, said, by)
    return said, letter


def _numbers(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")[: MOST_STOPS + 1] if part.strip()]
    if not all(part.isascii() and part.isdigit() and int(part) <= HIGHEST_ID for part in parts):
        raise InvalidInput("Put the stops in an order first.", field="order")
    return tuple(int(part) for part in parts)


def _offer_undo(said: ReorderSaid, letter: str) -> None:
    """Say that it was taken, with a button that puts the order before back."""
    fields = {
        "client_key": str(uuid4()),
        "order": ",".join(map(str, said.was)),
        "was": ",".join(map(str, said.order)),
        "override": "1",  # back to what the office gave
        "undo": "1",
    }
    text = (
        _("The order before is back.") if said.undo else _("Your list has its new order. The office sees it.")
    )
    # The toast macro reads mappings; Flask's annotation knows words only.
    flash(
        {"text": text, "undo_action": url_for("crew.ordering_send", regu=letter), "undo_fields": fields},  # type: ignore[arg-type]
        "success",
    )
