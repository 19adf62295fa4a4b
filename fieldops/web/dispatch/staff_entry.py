"""A report taken by telephone or at the counter, entered by staff on somebody's behalf."""

import math
from typing import Final
from uuid import uuid4

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldops.domain.places import Channel, LocationSource
from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError, InvalidInput
from fieldops.extensions import db
from fieldops.i18n import LANGUAGES, _
from fieldops.operations.submit_request import Submission, submit_request
from fieldops.queries.services import active_services
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.answers import sentence
from fieldops.web.dispatch.room import base_map_url, blueprint
from fieldops.web.form_fields import Form, choice_of, text_of
from fieldops.web.kind_words import kinds_fragment
from fieldops.web.page import installation
from fieldops.web.protection import requires

CHANNELS: Final = (Channel.PHONE.value, Channel.STAFF.value)


@blueprint.get("/aduan/baru")
@requires(Right.TRIAGE)
def request_entry() -> str:
    """Show the form."""
    return entry_page()


def entry_page(error: FieldOpsError | None = None) -> str:
    """Return the form; what was typed is kept."""
    return render_template(
        "dispatch/staff_entry.html",
        form=request.form,
        key=request.form.get("key") or uuid4().hex,
        services=active_services(db.session()),
        channels=CHANNELS,
        errors={error.field or "errors": sentence(error)} if error else {},
        base_url=base_map_url(),
    )


@blueprint.post("/aduan/baru")
@requires(Right.TRIAGE)
def request_enter() -> Response | tuple[str, int]:
    """Take the report."""
    by = acting(Right.TRIAGE)
    try:
        submission = _submission(request.form)
        with transaction() as session:
            taken = submit_request(session, installation(), submission, by)
    except FieldOpsError as error:
        return entry_page(error), error.status
    flash(_("Report taken. Its code is %(code)s.", code=taken.request.code), "success")
    return redirect(url_for("dispatch.request_shown", request_id=taken.request.id), 303)


@blueprint.post("/aduan/saran-jenis")
@requires(Right.TRIAGE)
def request_kinds() -> Response:
    """Say which kinds the words suggest, as a fragment; nothing of them is kept."""
    return kinds_fragment()


def _submission(form: Form) -> Submission:
    severity = choice_of(form, "severity", ("1", "2", "3"))
    return Submission(
        service_code=text_of(form, "service", most=40, needed=True),
        words=text_of(form, "words", most=4000),
        client_key=text_of(form, "key", most=100),
        lon=_degrees(form, "lon"),
        lat=_degrees(form, "lat"),
        location_source=LocationSource.STAFF,
        address=text_of(form, "address"),
        landmark=text_of(form, "landmark"),
        severity=int(severity),
        channel=Channel(choice_of(form, "channel", CHANNELS)),
        language=choice_of(form, "language", LANGUAGES) if form.get("language") else LANGUAGES[0],
        anonymous=form.get("anonymous") == "1",
        confidential=form.get("confidential") == "1",
        contact=text_of(form, "contact"),
    )


def _degrees(form: Form, name: str) -> float | None:
    words = form.get(name, "").strip().replace(",", ".")
    if not words:
        return None
    try:
        value = float(words)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidInput("Give the coordinate in degrees, like 110.8243.", field=name)
    return value
