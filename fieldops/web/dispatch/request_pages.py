"""Reports one by one: a searchable list, and the page of one that has no cluster yet."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from fieldops import clock
from fieldops.domain.places import LocationState
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _, date_words
from fieldops.models import ServiceRequest
from fieldops.models.base import lon_lat
from fieldops.operations.close_silent_requests import silent_until
from fieldops.operations.mark_duplicate import mark_duplicate, unmark_duplicate
from fieldops.operations.place_request import correct_place, place_request
from fieldops.operations.reveal_contact import reveal_contact
from fieldops.operations.triage_requests import acknowledge_requests, request_as_shown
from fieldops.queries.board import UNREAD
from fieldops.queries.clusters import OPEN_CODES
from fieldops.queries.findings import found_at
from fieldops.queries.photos import photos_of_requests
from fieldops.queries.places import area_name
from fieldops.queries.requests import RequestFilter, find_requests, get_request, history_of, request_by_code
from fieldops.queries.services import active_services, services_by_id
from fieldops.queries.staff import names_of
from fieldops.queries.waitings import waitings_of
from fieldops.queries.work_orders import open_orders_of
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.answers import sentence
from fieldops.web.dispatch import histories
from fieldops.web.dispatch.cluster_decisions import ENDINGS, ending_page
from fieldops.web.dispatch.cluster_pages import contact_reasons
from fieldops.web.dispatch.room import base_map_url, blueprint
from fieldops.web.dispatch.waiting_words import notes_said
from fieldops.web.form_fields import number_of, version_of
from fieldops.web.page import installation
from fieldops.web.protection import requires
from fieldops.web.words import CHANNEL

Answer = Response | tuple[str, int]


@blueprint.get("/aduan")
@requires(Right.SEE_BOARD)
def request_list() -> str:
    """Show the reports that a search and the filters let through."""
    args = request.args
    wanted = RequestFilter(
        words=args.get("q", "").strip()[:80],
        status=args.get("status", "")[:40],
        service=args.get("service", "")[:40],
        channel=args.get("channel", "")[:40],
        place=args.get("place", "")[:10],
    )
    return render_template(
        "dispatch/request_list.html",
        found=find_requests(db.session(), wanted, args.get("page", 1, type=int)),
        wanted=wanted,
        args={key: value for key, value in args.items() if key != "page" and value},
        statuses=[status.value for status in RequestStatus],
        services=active_services(db.session()),
        channels=list(CHANNEL),
    )


@blueprint.get("/aduan/<int:request_id>")
@requires(Right.SEE_BOARD)
def request_shown(request_id: int) -> str:
    """Show one report."""
    return request_page(get_request(db.session(), request_id))


def request_page(shown: ServiceRequest, error: FieldOpsError | None = None, contacts: Any = None) -> str:
    """Return a report's page."""
    session = db.session()
    history, waitings = history_of(session, [shown.id]), waitings_of(session, [shown.id])
    return render_template(
        "dispatch/request.html",
        one=shown,
        service=services_by_id(session)[shown.service_id],
        area=area_name(session, shown.area_id),
        photos=photos_of_requests(session, [shown.id]),
        timeline=histories.request_timeline(
            history,
            names_of(session, {line.user_id for line in history} | {row.user_id for row in waitings}),
            waitings,
        ),
        waits=notes_said(waitings, clock.now()),
        answer_until=_answer_until(session, shown),
        found_at=found_at(session, shown),
        is_open=shown.status in OPEN_CODES,
        is_unread=shown.status in UNREAD,
        place=lon_lat(shown.place) if shown.place is not None else None,
        merged_into=get_request(session, shown.duplicate_of_id) if shown.duplicate_of_id else None,
        is_placed=shown.location_state == LocationState.CONFIRMED.value,
        typed=request.form,
        contacts=contacts,
        contact_reasons=contact_reasons(),
        errors={error.field or "errors": sentence(error)} if error else {},
        base_url=base_map_url(),
    )


def _answer_until(session: Session, shown: ServiceRequest) -> str:
    """Return until when a repair waits for the reporter's word; empty where silence ends nothing."""
    until = silent_until(session, shown)
    is_worked_at = shown.cluster_id is not None and bool(open_orders_of(session, shown.cluster_id))
    return date_words(until) if until is not None and not is_worked_at else ""


def request_refused(request_id: int, error: FieldOpsError) -> tuple[str, int]:
    """Return a report's page in its present state, with what was wrong on top."""
    return request_page(get_request(db.session(), request_id), error), error.status


def _back(request_id: int) -> Response:
    return redirect(url_for("dispatch.request_shown", request_id=request_id), 303)


@blueprint.post("/aduan/<int:request_id>/verifikasi")
@requires(Right.TRIAGE)
def request_acknowledge(request_id: int) -> Answer:
    """Count one report as read."""
    get_request(db.session(), request_id)
    try:
        with transaction() as session:
            shown = request_as_shown(session, request_id, version_of(request.form))
            acknowledge_requests(session, [shown], acting(Right.TRIAGE))
    except FieldOpsError as error:
        return request_refused(request_id, error)
    flash(_("Verified."), "success")
    return _back(request_id)


@blueprint.post("/aduan/<int:request_id>/tempat")
@requires(Right.TRIAGE)
def request_place(request_id: int) -> Answer:
    """Give a report without a location its place."""
    get_request(db.session(), request_id)
    try:
        lon, lat = number_of(request.form, "lon", -180, 180), number_of(request.form, "lat", -90, 90)
        with transaction() as session:
            shown = request_as_shown(session, request_id, version_of(request.form))
            place_request(session, installation(), shown, lon, lat, acting(Right.TRIAGE))
    except FieldOpsError as error:
        return request_refused(request_id, error)
    flash(_("The place is set. The report joins its cluster in a moment."), "success")
    return _back(request_id)


@blueprint.post("/aduan/<int:request_id>/pindah")
@requires(Right.TRIAGE)
def request_move(request_id: int) -> Answer:
    """Correct a report's place; it may join another cluster by that."""
    get_request(db.session(), request_id)
    try:
        lon, lat = number_of(request.form, "lon", -180, 180), number_of(request.form, "lat", -90, 90)
        with transaction() as session:
            shown = request_as_shown(session, request_id, version_of(request.form))
            correct_place(session, installation(), shown, lon, lat, acting(Right.TRIAGE))
    except FieldOpsError as error:
        return request_refused(request_id, error)
    flash(_("The place is corrected."), "success")
    return _back(request_id)


@blueprint.post("/aduan/<int:request_id>/sama")
@requires(Right.PLAN)
def request_same(request_id: int) -> Answer:
    """End a report as the same as another, whose news its reporter hears from now on."""
    get_request(db.session(), request_id)
    try:
        with transaction() as session:
            shown = request_as_shown(session, request_id, version_of(request.form))
            other = request_by_code(session, request.form.get("code", ""))
            kept = mark_duplicate(session, shown, other.id, acting(Right.PLAN)).code
    except FieldOpsError as error:
        return request_refused(request_id, error)
    flash(
        _("Merged into %(code)s. Its reporter is told, and hears of the repair there.", code=kept), "success"
    )
    return _back(request_id)


@blueprint.post("/aduan/<int:request_id>/lepas")
@requires(Right.PLAN)
def request_own(request_id: int) -> Answer:
    """Open a merged report again as one of its own."""
    get_request(db.session(), request_id)
    try:
        with transaction() as session:
            shown = request_as_shown(session, request_id, version_of(request.form))
            unmark_duplicate(session, shown, acting(Right.PLAN))
    except FieldOpsError as error:
        return request_refused(request_id, error)
    flash(_("Open again as a report of its own."), "success")
    return _back(request_id)


@blueprint.post("/aduan/<int:request_id>/kontak")
@requires(Right.SEE_CONTACT)
def request_contact(request_id: int) -> Answer:
    """Show the contact behind a report, and write down who looked and why."""
    get_request(db.session(), request_id)
    by = acting(Right.SEE_CONTACT)
    try:
        with transaction() as session:
            shown = get_request(session, request_id)
            contacts = reveal_contact(session, installation(), shown, request.form.get("why", ""), by)
    except FieldOpsError as error:
        return request_refused(request_id, error)
    return request_page(get_request(db.session(), request_id), contacts=contacts), 200


def _ending(request_id: int, ending: str, error: FieldOpsError | None = None) -> str:
    shown = get_request(db.session(), request_id)
    return ending_page(
        ending,
        [shown],
        action=url_for("dispatch.request_end", request_id=request_id, ending=ending),
        back=url_for("dispatch.request_shown", request_id=request_id),
        version=shown.version,
        error=error,
    )


@blueprint.get("/aduan/<int:request_id>/<any(tolak, teruskan, tutup):ending>")
@requires(Right.TRIAGE)
def request_ending(request_id: int, ending: str) -> str:
    """Ask before a report is declined, referred or closed."""
    acting(ENDINGS[ending][0])
    return _ending(request_id, ending)


@blueprint.post("/aduan/<int:request_id>/<any(tolak, teruskan, tutup):ending>")
@requires(Right.TRIAGE)
def request_end(request_id: int, ending: str) -> Answer:
    """Decline, refer or close one report."""
    right, decide = ENDINGS[ending]
    by = acting(right)
    get_request(db.session(), request_id)
    try:
        with transaction() as session:
            decide(session, [request_as_shown(session, request_id, version_of(request.form))], by)
    except FieldOpsError as error:
        if error.status == 409:
            return request_refused(request_id, error)
        return _ending(request_id, ending, error), error.status
    flash(_("The report has ended and its reporter is told."), "success")
    return _back(request_id)
