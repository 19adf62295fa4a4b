"""Tunda: a stop is put off until later today."""

from typing import Any

from flask import flash, render_template, request, url_for
from flask_login import current_user

from fieldops.domain.roles import Actor, By, Right
from fieldops.domain.work_order_states import PostponedReason
from fieldops.errors import Conflict, FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _, clock_words
from fieldops.operations.postpone_stop import (
    Postponement,
    PostponeSaid,
    plan_postponement,
    postpone_stop,
    warning_error,
)
from fieldops.queries.crew_day import CrewDay, own_stop
from fieldops.transaction import transaction
from fieldops.web.answers import sentence
from fieldops.web.crew.answering import Answer, refused, taken
from fieldops.web.crew.forms import client_key, moment
from fieldops.web.crew.pages import day_with_stop, frame
from fieldops.web.crew.room import blueprint
from fieldops.web.crew.ways import DayWays
from fieldops.web.page import installation
from fieldops.web.protection import requires


@blueprint.get("/titik/<int:stop_id>/tunda")
@requires(Right.WORK)
def postponing(stop_id: int) -> str:
    """Show the form, and beforehand what becomes of the list."""
    return postponing_page(stop_id)


@blueprint.post("/titik/<int:stop_id>/tunda")
@requires(Right.WORK)
def postponing_send(stop_id: int) -> Answer:
    """Move the stop behind the others."""
    try:
        letter = _record(stop_id)
    except FieldOpsError as error:
        return refused(error, lambda errors, held: postponing_page(stop_id, errors=errors, held=held))
    flash(_("Put off. Your list has its new order."), "success")
    return taken(url_for("crew.today", regu=letter))


def postponing_page(stop_id: int, **more: Any) -> str:
    """Return the form; after a refusal what was typed is kept."""
    session = db.session()
    day, line = day_with_stop(stop_id)
    stop, batch, _shift = own_stop(session, stop_id, current_user.id)
    values: dict[str, Any] = {"errors": {}, "held": {}} | more
    planned: Postponement | None = None
    try:
        planned = plan_postponement(session, installation(), stop, batch)
    except Conflict as error:
        values["errors"] = values["errors"] or {"form": sentence(error)}
    return render_template(
        "crew/postponing.html",
        day=day,
        line=line,
        planned=planned,
        new_order=_lines(day, planned) if planned else [],
        along=[one.position for one in planned.along] if planned else [],
        warnings=[sentence(warning_error(one)) for one in planned.warnings] if planned else [],
        reasons=[reason.value for reason in PostponedReason],
        **values,
        **frame(DayWays(day), "today"),
    )


def _lines(day: CrewDay, planned: Postponement) -> list[tuple[str, Any]]:
    """Return (time, line) of the list as it would be."""
    lines = {line.stop.id: line for line in day.lines}
    return [(clock_words(planned.times[one.id][0]), lines[one.id]) for one in planned.listed]


def _record(stop_id: int) -> str:
    form, by, place = request.form, By(Actor.CREW_LEADER, current_user.id), installation()
    letter = day_with_stop(stop_id)[0].crew.letter
    said = PostponeSaid(
        client_key=client_key(form),
        reason=form.get("reason", "").strip(),
        words=form.get("words", ""),
        override=form.get("override") == "1",
        at=moment(form.get("at", "")),
    )
    with transaction() as session:
        postpone_stop(session, place, stop_id, said, by)
    return letter
