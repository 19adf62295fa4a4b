"""What a crew leader reports of a stop. Each form carries a key of its own, so sending it twice is harmless.

A page without JavaScript gets a redirect or its form again; the small script that keeps unsent reports on
the phone asks for JSON and gets `next` or `error`.
"""

from collections.abc import Callable
from typing import Any, Final

from flask import flash, jsonify, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from fieldops.domain.roles import Actor, By, Right
from fieldops.domain.work_order_states import BlockedReason, RepairKind, StopEventKind
from fieldops.errors import FieldOpsError, InvalidInput
from fieldops.extensions import db
from fieldops.operations.attach_photo import store_photo
from fieldops.operations.record_stop_event import StopReport, record_stop_event
from fieldops.queries.crew_day import StopLine, own_stop
from fieldops.queries.same_places import same_places
from fieldops.transaction import transaction
from fieldops.web.answers import sentence, wants_json
from fieldops.web.crew.forms import event_kind, read_report
from fieldops.web.crew.pages import day_with_stop, form_page, stop_page
from fieldops.web.crew.room import blueprint
from fieldops.web.crew.ways import DayWays
from fieldops.web.crew.words import noted_words
from fieldops.web.page import installation
from fieldops.web.protection import requires

Kind = StopEventKind
Answer = Response | str | tuple[str | Response, int]

PLAIN_KINDS: Final = (Kind.LEFT, Kind.ARRIVED, Kind.BEFORE_PHOTO, Kind.MADE_SAFE)


@blueprint.post("/titik/<int:stop_id>/kejadian")
@requires(Right.WORK)
def event(stop_id: int) -> Answer:
    """Take that the crew left, arrived, took a photo before the work, or made the place safe."""
    pages: dict[str, Callable[..., str]] = {
        Kind.BEFORE_PHOTO.value: before_photo_page,
        Kind.MADE_SAFE.value: made_safe_page,
    }
    return _take(
        stop_id,
        lambda: event_kind(request.form, PLAIN_KINDS),
        pages.get(request.form.get("kind", ""), stop_page),
        url_for("crew.stop", stop_id=stop_id),
    )


@blueprint.get("/titik/<int:stop_id>/selesai")
@requires(Right.WORK)
def completion(stop_id: int) -> str:
    """Show the form that ends a stop with its evidence."""
    return completion_page(stop_id)


@blueprint.post("/titik/<int:stop_id>/selesai")
@requires(Right.WORK)
def completion_send(stop_id: int) -> Answer:
    """Take a finished repair."""
    return _take(stop_id, lambda: Kind.COMPLETED, completion_page, url_for("crew.today"))


@blueprint.get("/titik/<int:stop_id>/tidak-bisa")
@requires(Right.WORK)
def blocking(stop_id: int) -> str:
    """Show the form that says why a stop cannot be done."""
    return blocking_page(stop_id)


@blueprint.post("/titik/<int:stop_id>/tidak-bisa")
@requires(Right.WORK)
def blocking_send(stop_id: int) -> Answer:
    """Take that a stop cannot be done."""
    return _take(stop_id, lambda: Kind.BLOCKED, blocking_page, url_for("crew.today"))


@blueprint.get("/titik/<int:stop_id>/amankan")
@requires(Right.WORK)
def made_safe(stop_id: int) -> str:
    """Show the form that says how a place was made safe."""
    return made_safe_page(stop_id)


@blueprint.get("/titik/<int:stop_id>/foto-sebelum")
@requires(Right.WORK)
def before_photo(stop_id: int) -> str:
    """Show the form for a photo before the work."""
    return before_photo_page(stop_id)


def completion_page(stop_id: int, **more: Any) -> str:
    """Return the form that ends a stop."""
    return _form_page(completion_form, stop_id, **more)


def blocking_page(stop_id: int, **more: Any) -> str:
    """Return the form that says why a stop cannot be done."""
    return _form_page(blocking_form, stop_id, **more)


def made_safe_page(stop_id: int, **more: Any) -> str:
    """Return the form that says how a place was made safe."""
    return _form_page(made_safe_form, stop_id, **more)


def before_photo_page(stop_id: int, **more: Any) -> str:
    """Return the form for a photo before the work."""
    return _form_page(before_photo_form, stop_id, **more)


def completion_form(ways: DayWays, line: StopLine, **more: Any) -> str:
    """Return the form that ends a stop, of a day that was read."""
    kinds = [kind.value for kind in RepairKind]
    return form_page("crew/completion.html", ways, line, kinds=kinds, **more)


def blocking_form(ways: DayWays, line: StopLine, **more: Any) -> str:
    """Return the form that says why a stop cannot be done, of a day that was read."""
    same = same_places(db.session(), line.order, line.stop.batch_id)
    reasons = [reason.value for reason in BlockedReason if same or reason is not BlockedReason.SAME_PLACE]
    return form_page("crew/blocking.html", ways, line, reasons=reasons, same=same, **more)


def made_safe_form(ways: DayWays, line: StopLine, **more: Any) -> str:
    """Return the form that says how a place was made safe, of a day that was read."""
    return form_page("crew/made_safe.html", ways, line, **more)


def before_photo_form(ways: DayWays, line: StopLine, **more: Any) -> str:
    """Return the form for a photo before the work, of a day that was read."""
    return form_page("crew/before_photo.html", ways, line, **more)


def _form_page(form: Callable[..., str], stop_id: int, **more: Any) -> str:
    day, line = day_with_stop(stop_id)
    return form(DayWays(day), line, **more)


def _take(stop_id: int, kind: Callable[[], StopEventKind], page: Callable[..., str], leads_to: str) -> Answer:
    """Record what the form says; on an error give the form back as it was, with the error's status."""
    stop, _batch, _shift = own_stop(db.session(), stop_id, current_user.id)
    position = stop.position
    try:
        report = read_report(request.form, request.files.getlist("photo"), installation(), kind())
        _require_what_the_form_asks(report)
        _record(stop_id, report)
    except FieldOpsError as error:
        return _refuse(stop_id, error, page)
    flash(noted_words(report.kind, position), "success")
    return jsonify(next=leads_to) if wants_json() else redirect(leads_to, 303)


def _require_what_the_form_asks(report: StopReport) -> None:
    if report.kind is Kind.BEFORE_PHOTO and not report.photos:
        raise InvalidInput("Choose or take a photo first.", field="photo")


def _record(stop_id: int, report: StopReport) -> None:
    place = installation()
    for photo in report.photos:
        store_photo(place, photo)
    by = By(Actor.CREW_LEADER, current_user.id)
    with transaction() as session:
        record_stop_event(session, place, stop_id, report, by)


def _refuse(stop_id: int, error: FieldOpsError, page: Callable[..., str]) -> Answer:
    words = sentence(error)
    if wants_json():
        return jsonify(error=words, field=error.field), error.status
    field = error.field or "form"
    held = request.form.to_dict()
    return page(stop_id, errors={field: words}, held=held, asks_override=field == "override"), error.status
