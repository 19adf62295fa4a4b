"""Temuan baru: another problem that a crew sees while it is out."""

from datetime import timedelta
from typing import Any, Final

from flask import render_template, request, url_for
from flask_login import current_user

from fieldops import clock
from fieldops.domain.places import LocationSource
from fieldops.domain.roles import Actor, By, Right
from fieldops.errors import FieldOpsError, NotAllowed
from fieldops.extensions import db
from fieldops.i18n import language
from fieldops.models import Crew
from fieldops.operations.attach_photo import store_photo
from fieldops.operations.report_finding import Finding, report_finding
from fieldops.queries.crew_day import CrewDay, StopLine
from fieldops.queries.findings import findings_of, found_at, found_by
from fieldops.queries.photos import photos_of_requests
from fieldops.queries.plans import crews_led_by
from fieldops.queries.requests import get_request
from fieldops.queries.services import active_services, services_by_id
from fieldops.transaction import transaction
from fieldops.web.crew.answering import Answer, refused, taken
from fieldops.web.crew.forms import accuracy, client_key, moment, photos_of, position, typed_position
from fieldops.web.crew.pages import NOTHING_SENT, chosen_crew, day_of, day_with_stop, frame
from fieldops.web.crew.room import blueprint
from fieldops.web.crew.ways import DayWays
from fieldops.web.page import installation
from fieldops.web.protection import requires

SHOWN: Final = timedelta(days=3)
"""How long a crew is shown what it found."""


@blueprint.get("/temuan")
@requires(Right.WORK)
def finding() -> str:
    """Show the form, and what was found in the last days."""
    return finding_page({}, {})


@blueprint.post("/temuan")
@requires(Right.WORK)
def finding_send() -> Answer:
    """Take what was found."""
    stop_id = request.args.get("titik", type=int)
    try:
        number = _record(_read(), stop_id)
    except FieldOpsError as error:
        return refused(error, finding_page, place_field="coordinates")
    return taken(url_for("crew.finding_shown", request_id=number))


@blueprint.get("/temuan/<int:request_id>")
@requires(Right.WORK)
def finding_shown(request_id: int) -> str:
    """Show the code of what was found, and what became of it.

    Raises
    ------
    NotFound, NotAllowed
        There is no such report, or somebody else made it.
    """
    session = db.session()
    found = get_request(session, request_id)
    if not found_by(session, found.id, current_user.id):
        raise NotAllowed("Somebody else reported this.")
    crews = crews_led_by(session, current_user.id)
    at = found_at(session, found)
    return render_template(
        "crew/finding_shown.html",
        found=found,
        at=at,
        service=services_by_id(session)[found.service_id],
        photos=photos_of_requests(session, [found.id]),
        **frame(None, "today", at.crew if at else chosen_crew(crews)),
    )


def finding_page(errors: dict[str, str], held: dict[str, Any]) -> str:
    """Return the form; after a refusal what was typed is kept."""
    day, line, crew = _where(request.args.get("titik", type=int))
    return finding_form(DayWays(day) if day else None, line, crew=crew, held=held, errors=errors)


def finding_form(ways: DayWays | None, line: StopLine | None, crew: Crew | None = None, **more: Any) -> str:
    """Return the form, of a day that was read, at one of its stops or at none."""
    session = db.session()
    crew = ways.day.crew if ways else crew
    stop_id = line.stop.id if line else None
    return render_template(
        "crew/finding.html",
        day=ways.day if ways else None,
        line=line,
        crew=crew,
        services=[(one.code, one.name(language())) for one in active_services(session)],
        findings=findings_of(session, current_user.id, clock.now() - SHOWN),
        services_by_id=services_by_id(session),
        action=url_for("crew.finding_send", titik=stop_id, regu=crew.letter if crew and not line else None),
        **(NOTHING_SENT | more),
        **frame(ways, "today", crew),
    )


def _read() -> Finding:
    form, place = request.form, installation()
    lon, lat = typed_position(form)
    source, accuracy_m = LocationSource.TYPED, None
    if lon is None:
        lon, lat = position(form)
        source, accuracy_m = LocationSource.GPS, accuracy(form)
    return Finding(
        client_key=client_key(form),
        service_code=form.get("service", "").strip(),
        words=form.get("words", ""),
        landmark=form.get("landmark", ""),
        dangerous=form.get("dangerous") == "1",
        lon=lon,
        lat=lat,
        accuracy_m=accuracy_m,
        location_source=source,
        at=moment(form.get("at", "")),
        photos=photos_of(request.files.getlist("photo"), place),
    )


def _record(found: Finding, stop_id: int | None) -> int:
    place, by = installation(), By(Actor.CREW_LEADER, current_user.id)
    for photo in found.photos:
        store_photo(place, photo)
    with transaction() as session:
        return report_finding(session, place, found, by, stop_id).id


def _where(stop_id: int | None) -> tuple[CrewDay | None, StopLine | None, Crew | None]:
    """Return the day, the stop and the crew of a finding, as far as there are any."""
    if stop_id is not None:
        day, line = day_with_stop(stop_id)
        return day, line, day.crew
    crew = chosen_crew(crews_led_by(db.session(), current_user.id))
    return day_of(crew), None, crew
