"""Bantuan: a crew asks the office for help, and reads that the office has seen it."""

from typing import Any

from flask import render_template, request, url_for
from flask_login import current_user

from fieldops.domain.help_calls import HelpReason
from fieldops.domain.roles import Actor, By, Right
from fieldops.errors import FieldOpsError, NotAllowed
from fieldops.extensions import db
from fieldops.models import Crew
from fieldops.operations.call_for_help import HelpAsked, call_for_help
from fieldops.queries.crew_day import CrewDay, StopLine
from fieldops.queries.help_calls import get_call
from fieldops.queries.plans import crews_led_by
from fieldops.transaction import transaction
from fieldops.web.crew.answering import Answer, refused, taken
from fieldops.web.crew.forms import client_key, moment, position
from fieldops.web.crew.pages import NOTHING_SENT, calls_of, chosen_crew, day_of, day_with_stop, frame
from fieldops.web.crew.room import blueprint
from fieldops.web.crew.ways import DayWays
from fieldops.web.protection import requires


@blueprint.get("/bantuan")
@requires(Right.WORK)
def help_asking() -> str:
    """Show the form: one press and a reason, at a stop (`titik`) or for the day."""
    return help_page({}, {})


@blueprint.post("/bantuan")
@requires(Right.WORK)
def help_send() -> Answer:
    """Take the call."""
    try:
        number = _record()
    except FieldOpsError as error:
        return refused(error, help_page)
    return taken(url_for("crew.help_shown", call_id=number))


@blueprint.get("/bantuan/<int:call_id>")
@requires(Right.WORK)
def help_shown(call_id: int) -> str:
    """Show a call of one's own crew, and whether the office has answered."""
    session = db.session()
    call = get_call(session, call_id)
    crew = next((one for one in crews_led_by(session, current_user.id) if one.id == call.crew_id), None)
    if crew is None:
        raise NotAllowed("This crew is led by somebody else.")
    return render_template("crew/help_shown.html", call=call, **frame(None, "today", crew))


def help_page(errors: dict[str, str], held: dict[str, Any]) -> str:
    """Return the form; after a refusal what was typed is kept."""
    stop_id = request.args.get("titik", type=int)
    day: CrewDay | None
    line: StopLine | None
    crew: Crew | None
    if stop_id is not None:
        day, line = day_with_stop(stop_id)
        crew = day.crew
    else:
        crew = chosen_crew(crews_led_by(db.session(), current_user.id))
        day, line = day_of(crew), None
    return help_form(DayWays(day) if day else None, line, crew=crew, held=held, errors=errors)


def help_form(ways: DayWays | None, line: StopLine | None, crew: Crew | None = None, **more: Any) -> str:
    """Return the form, of a day that was read, at one of its stops or for the day."""
    crew = ways.day.crew if ways else crew
    stop_id = line.stop.id if line else None
    return render_template(
        "crew/help.html",
        line=line,
        crew=crew,
        reasons=[reason.value for reason in HelpReason],
        action=url_for("crew.help_send", titik=stop_id, regu=crew.letter if crew and not line else None),
        help_calls=calls_of(crew),
        **(NOTHING_SENT | more),
        **frame(ways, "today", crew),
    )


def _record() -> int:
    form, by = request.form, By(Actor.CREW_LEADER, current_user.id)
    stop_id = request.args.get("titik", type=int)
    lon, lat = position(form)
    asked = HelpAsked(
        client_key=client_key(form),
        reason=form.get("reason", "").strip(),
        words=form.get("words", ""),
        at=moment(form.get("at", "")),
        place=(lon, lat) if lon is not None and lat is not None else None,
    )
    crew = chosen_crew(crews_led_by(db.session(), current_user.id))
    crew_id = crew.id if crew else None
    with transaction() as session:
        return call_for_help(session, asked, by, stop_id=stop_id, crew_id=crew_id).id
