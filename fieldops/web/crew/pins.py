"""Koreksi titik: the crew stands at the real place."""

from typing import Any

from flask import flash, request, url_for
from flask_login import current_user

from fieldops.domain.pin_proposals import MOST_ACCURACY_M
from fieldops.domain.roles import Actor, By, Right
from fieldops.errors import FieldOpsError
from fieldops.i18n import _
from fieldops.operations.correct_pin import PinSaid, propose_pin
from fieldops.queries.crew_day import StopLine
from fieldops.transaction import transaction
from fieldops.web.crew.answering import Answer, refused, taken
from fieldops.web.crew.forms import accuracy, client_key, moment, position, typed_position
from fieldops.web.crew.pages import day_with_stop, form_page
from fieldops.web.crew.room import blueprint
from fieldops.web.crew.ways import DayWays
from fieldops.web.page import installation
from fieldops.web.protection import requires


@blueprint.get("/titik/<int:stop_id>/koreksi")
@requires(Right.WORK)
def pin(stop_id: int) -> str:
    """Show the form that corrects a stop's place."""
    return pin_page(stop_id)


@blueprint.post("/titik/<int:stop_id>/koreksi")
@requires(Right.WORK)
def pin_send(stop_id: int) -> Answer:
    """Take where the stop really is."""
    try:
        _record(stop_id)
    except FieldOpsError as error:
        return refused(
            error,
            lambda errors, held: pin_page(
                stop_id, errors=errors, held=held, asks_override="override" in errors
            ),
            place_field="coordinates",
        )
    flash(_("Your card shows the new place. The office decides for the others."), "success")
    return taken(url_for("crew.stop", stop_id=stop_id))


def pin_page(stop_id: int, **more: Any) -> str:
    """Return the form; after a refusal what was typed is kept."""
    day, line = day_with_stop(stop_id)
    return pin_form(DayWays(day), line, **more)


def pin_form(ways: DayWays, line: StopLine, **more: Any) -> str:
    """Return the form, of a day that was read."""
    return form_page("crew/pin.html", ways, line, most_m=round(MOST_ACCURACY_M), **more)


def _record(stop_id: int) -> None:
    form, by, place = request.form, By(Actor.CREW_LEADER, current_user.id), installation()
    lon, lat = typed_position(form)
    is_typed = lon is not None
    if not is_typed:
        lon, lat = position(form)
    said = PinSaid(
        client_key=client_key(form),
        lon=lon,
        lat=lat,
        accuracy_m=accuracy(form),
        is_typed=is_typed,
        override=form.get("override") == "1",
        words=form.get("words", ""),
        at=moment(form.get("at", "")),
    )
    with transaction() as session:
        propose_pin(session, place, stop_id, said, by)
