"""Reporting: one form of four parts, whole without JavaScript."""

from typing import Any, Final

from flask import flash, jsonify, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from fieldops.errors import Conflict, FieldOpsError, InvalidInput
from fieldops.extensions import db, limiter
from fieldops.i18n import _
from fieldops.media.store import photo_name
from fieldops.operations.carry_photo import unseal_photo
from fieldops.operations.submit_once import submit_once
from fieldops.operations.submit_request import Submission, check_coordinates, tracking_secret
from fieldops.operations.suggest_duplicates import Similar, suggest_duplicates
from fieldops.queries.public import area_words, kelurahan_choices, main_streets, street_at
from fieldops.queries.services import active_services
from fieldops.queries.tracking import request_by_key
from fieldops.transaction import transaction
from fieldops.web.answers import SHOWN_AGAIN, STALE, sentence
from fieldops.web.citizen.me_too import me_too_token
from fieldops.web.citizen.place import read_degrees, short_plus_code
from fieldops.web.citizen.report_form import ReportForm
from fieldops.web.citizen.report_photos import take_photos
from fieldops.web.citizen.room import blueprint
from fieldops.web.kind_words import kinds_fragment
from fieldops.web.page import installation

Answer = Response | str | tuple[str, int]

MOST_SENT: Final = "20/minute;200/day"


@blueprint.get("/lapor")
def report() -> str:
    """Show an empty form."""
    return _page(ReportForm.empty(request.args))


@blueprint.post("/lapor")
@limiter.limit(MOST_SENT)
def report_sent() -> Answer:
    """Take a report, or show the form again with everything that was typed."""
    form = ReportForm.sent(request.form)
    photos = take_photos(form)
    submission = form.submission(db.session(), installation())
    if "edit" in request.form:
        form.errors.clear()
        return _page(form)
    if form.errors:
        return _page(form), max(error.status for error in form.errors.values())
    similar = _similar_to(submission)
    if similar:
        return render_template("citizen/similar.html", form=form, similar=similar, token=me_too_token)
    try:
        with transaction() as session:
            submitted = submit_once(session, installation(), submission, photos)
            code, secret, is_new = submitted.request.code, submitted.secret, not submitted.was_known
    except FieldOpsError as error:
        form.fault(error)
        return _page(form), error.status
    if is_new:
        flash(_("Report received. Your code is %(code)s.", code=code), "success")
    return redirect(url_for("citizen.tracking", secret=secret), 303)


@limiter.limit(MOST_SENT)
def _photos_again(form: ReportForm) -> None:
    take_photos(form)


def _shown_again(status: int) -> str:
    """Return the form with all that was typed; with its photos too, unless too many are sent to keep them."""
    form = ReportForm.sent(request.form)
    fault = InvalidInput(
        "Too many reports come from your network just now. Wait a minute, then send it again with photos.",
        field="form",
    )
    if status == STALE:
        _photos_again(form)
        form.errors.clear()
        fault = InvalidInput("This page was open for long. Nothing is lost: send it once more.", field="form")
    form.fault(fault)
    return _page(form)


SHOWN_AGAIN["citizen.report_sent"] = _shown_again


@blueprint.get("/lapor/serupa")
def similar() -> Answer:
    """Say what is reported already at a point, as a fragment of a page or as JSON."""
    try:
        lon, lat = check_coordinates(
            read_degrees(request.args.get("lon", ""), "lon"),
            read_degrees(request.args.get("lat", ""), "lat"),
            installation(),
        )
    except FieldOpsError as error:
        return render_template("citizen/_similar.html", trouble=sentence(error), similar=[]), error.status
    session = db.session()
    found = suggest_duplicates(session, installation(), lon, lat, request.args.get("service", "")[:40])
    if request.accept_mimetypes.best == "application/json":
        return jsonify(similar=[_facts(one) for one in found])
    return render_template(
        "citizen/_similar.html",
        similar=found,
        token=me_too_token,
        street=street_at(session, lon, lat),
        area=area_words(session, lon, lat),
        plus_code=short_plus_code(lon, lat),
    )


@blueprint.post("/lapor/saran-jenis")
@limiter.limit("60/minute;1000/day")
def report_kinds() -> Response:
    """Say which kinds typed words suggest, as a fragment; nothing of them is kept."""
    return kinds_fragment()


@blueprint.get("/lapor/foto/<token>")
def report_photo(token: str) -> Response:
    """Show its sender a photo that is carried along."""
    photo = unseal_photo(installation(), token)
    answer = send_file(installation().media.open(photo_name(photo.sha256, "small")), mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _similar_to(submission: Submission) -> list[Similar]:
    """Return what to show before sending: once, only if the page asks for it, and never for a repeat."""
    asked = "check_similar" in request.form and "confirmed" not in request.form
    if not asked or submission.lon is None or submission.lat is None:
        return []
    session = db.session()
    if request_by_key(session, submission.source, submission.client_key) is not None:
        return []
    return suggest_duplicates(
        session, installation(), submission.lon, submission.lat, submission.service_code
    )


def _facts(one: Similar) -> dict[str, Any]:
    return {
        "distance_m": round(one.distance_m),
        "status": one.request.status,
        "date": one.request.reported_at.date().isoformat(),
        "repaired_before": one.was_repaired,
    }


def _page(form: ReportForm) -> str:
    session, house = db.session(), installation()
    sent_before = None
    if isinstance(form.errors.get("key"), Conflict):
        secret = tracking_secret(house, "fieldops", form.values["key"])
        sent_before = url_for("citizen.tracking", secret=secret)
    return render_template(
        "citizen/report.html",
        form=form,
        values=form.values,
        errors={name: sentence(error) for name, error in form.errors.items()},
        sent_before=sent_before,
        services=active_services(session),
        areas=kelurahan_choices(session),
        streets=main_streets(session),
        most_photo_mb=house.settings.max_photo_mb,
    )
