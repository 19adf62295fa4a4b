"""The private page of one request, opened by its secret link alone. Looking changes nothing; buttons do."""

from collections.abc import Callable

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from fieldops import clock, i18n
from fieldops.domain.references import normal_request_code
from fieldops.domain.request_states import ClosedReason
from fieldops.errors import FieldOpsError, NotFound
from fieldops.extensions import db, limiter
from fieldops.i18n import _
from fieldops.media.store import photo_name
from fieldops.models import Service, ServiceRequest
from fieldops.models.base import lon_lat
from fieldops.operations.answer_if_fixed import answer_if_fixed, withdraw_request
from fieldops.operations.close_silent_requests import silent_until
from fieldops.operations.follow_request import follow_request
from fieldops.queries.public import area_words, public_request_by_code, street_at
from fieldops.queries.tracking import (
    department_name,
    first_response_clock,
    follow_up_clock,
    history_of,
    repair_photos,
    reported_photos,
    request_by_secret,
)
from fieldops.queries.waitings import waitings_of
from fieldops.queries.work_orders import awaits_permanent_repair, is_done_again
from fieldops.transaction import transaction
from fieldops.web.answers import sentence
from fieldops.web.citizen.room import blueprint
from fieldops.web.citizen.timeline import timeline_of
from fieldops.web.page import installation

Answer = Response | str | tuple[str, int]
SIZES = ("small", "large")


@blueprint.after_request
def keep_private(answer: FlaskResponse) -> FlaskResponse:
    """Let nobody index, keep or pass on a private page."""
    is_own_data = (request.endpoint or "").startswith("citizen.data")
    if is_own_data or (request.view_args and "secret" in request.view_args):
        answer.headers["X-Robots-Tag"] = "noindex, nofollow"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cache-Control"] = "private, no-store" if is_own_data else "no-store"
    return answer


@blueprint.get("/lacak")
@limiter.limit("30/minute")
def track() -> Answer:
    """Ask for a code and tell what is public of it."""
    typed = request.args.get("kode", "").strip()
    if not typed:
        error = _("Write the code of your report.") if "kode" in request.args else ""
        return render_template("citizen/track.html", typed="", found=None, error=error)
    code = normal_request_code(typed)
    found = public_request_by_code(db.session(), code) if code else None
    if found is None:
        error = _("There is no public report of this code. Check it, or use the link from your message.")
        return render_template("citizen/track.html", typed=typed[:40], found=None, error=error), 404
    place = found[0].public_place
    street = street_at(db.session(), *lon_lat(place)) if place is not None else ""
    return render_template(
        "citizen/track.html", typed=code, found=found[0], service=found[1], street=street, error=""
    )


@blueprint.get("/lacak/<secret>")
def tracking(secret: str) -> str:
    """Show a request to its reporter."""
    return _page(secret, request_by_secret(db.session(), secret))


@blueprint.get("/lacak/<secret>/foto/<int:photo_id>/<size>")
def tracking_photo(secret: str, photo_id: int, size: str) -> Response:
    """Show one photo of the request."""
    found = request_by_secret(db.session(), secret)
    photos = [*reported_photos(db.session(), found.id), *repair_photos(db.session(), found)]
    photo = next((one for one in photos if one.id == photo_id), None)
    if photo is None or size not in SIZES:
        raise NotFound("There is no such photo.")
    return send_file(installation().media.open(photo_name(photo.sha256, size)), mimetype="image/jpeg")


@blueprint.post("/lacak/<secret>/beres")
def tracking_answer(secret: str) -> Answer:
    """Take the answer to "is it fixed?"."""
    answer, words = request.form.get("answer", ""), request.form.get("words", "")[:4000]
    said = {
        "yes": _("Thank you. The report is finished."),
        "no": _("Opened again. We will look at it once more."),
        "unknown": _("Thank you. Nothing was changed."),
    }
    return _change(
        secret,
        lambda session, found: answer_if_fixed(session, installation(), found, answer, words),
        lambda: said[answer],
        words=words,
    )


@blueprint.post("/lacak/<secret>/tarik")
def tracking_withdraw(secret: str) -> Answer:
    """Take the report back."""
    return _change(secret, withdraw_request, lambda: _("Your report has been taken back."))


@blueprint.post("/lacak/<secret>/kontak")
def tracking_contact(secret: str) -> Answer:
    """Add somewhere to write to."""
    contact = request.form.get("contact", "")

    def follow(session: Session, found: ServiceRequest) -> None:
        follow_request(session, installation(), found, contact, part="author", language=i18n.language())

    return _change(secret, follow, lambda: _("Saved. We will write to you at each step."), contact=contact)


def _change(
    secret: str,
    change: Callable[[Session, ServiceRequest], object],
    said: Callable[[], str],
    **typed: str,
) -> Answer:
    """Make one change and come back; on a fault show the page with what was typed."""
    try:
        with transaction() as session:
            change(session, request_by_secret(session, secret))
    except NotFound:
        raise
    except FieldOpsError as error:
        errors = {error.field or "form": sentence(error)}
        return _page(secret, request_by_secret(db.session(), secret), errors, typed), error.status
    flash(said(), "success")
    return redirect(url_for("citizen.tracking", secret=secret), 303)


def _page(
    secret: str,
    found: ServiceRequest,
    errors: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
) -> str:
    session, now = db.session(), clock.now()
    history = history_of(session, found.id)
    place = found.place
    return render_template(
        "citizen/tracking.html",
        secret=secret,
        request_row=found,
        service=session.get_one(Service, found.service_id),
        department=department_name(session, found.department_id),
        place=_place_words(found, area_words(session, *lon_lat(place)) if place is not None else ""),
        link=url_for("citizen.tracking", secret=secret, _external=True),
        first_response=first_response_clock(session, found, history),
        follow_up=follow_up_clock(session, found, history),
        timeline=timeline_of(found, history, waitings_of(session, [found.id])),
        silent_until=silent_until(session, found),
        photos=reported_photos(session, found.id),
        repaired=repair_photos(session, found)[:1] if found.status in ("done", "closed") else [],
        may_withdraw=found.status in ("submitted", "acknowledged"),
        question=_question(session, found),
        errors=errors or {},
        typed=typed or {},
        now=now,
    )


def _place_words(found: ServiceRequest, area: str) -> str:
    """Return street, kelurahan and kecamatan without saying a name twice."""
    parts = [part.strip() for part in f"{found.address}, {area}".split(",")]
    return ", ".join(dict.fromkeys(part for part in parts if part)) or found.landmark


def _question(session: Session, found: ServiceRequest) -> str:
    """Return what the reporter is asked: "fixed", "temporary" and "redone" (only whether it is not), "again"
    and "appeal" (to open it again after a repair or a refusal), or nothing.
    """
    if found.status == "done":
        if found.cluster_id is not None and awaits_permanent_repair(session, found.cluster_id):
            return "temporary"
        return (
            "redone" if found.cluster_id is not None and is_done_again(session, found.cluster_id) else "fixed"
        )
    repaired = found.status == "closed" and found.closed_reason == ClosedReason.REPAIRED.value
    if found.status == "declined" and found.times_reopened == 0:
        return "appeal"
    return "again" if repaired else ""
