"""Me too: a neighbour of a public report wants to hear of it. Private, one per person."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldops import clock, i18n
from fieldops.errors import FieldOpsError, NotFound
from fieldops.extensions import db, limiter
from fieldops.i18n import _
from fieldops.models import ServiceRequest
from fieldops.operations.follow_request import follow_request
from fieldops.queries.public import PublicRequest, public_request, street_at
from fieldops.transaction import transaction
from fieldops.web.answers import sentence
from fieldops.web.citizen.room import blueprint
from fieldops.web.page import installation

PURPOSE = "me-too:"


def me_too_token(one: PublicRequest) -> str:
    """Return a word that stands for a public request and tells nothing of it."""
    return installation().sealer.seal_passing(f"{PURPOSE}{one.id}")


def _meant(token: str) -> PublicRequest:
    words = installation().sealer.open_passing(token) or ""
    number = words.removeprefix(PURPOSE)
    found = None
    if words.startswith(PURPOSE) and number.isdecimal():
        found = public_request(db.session(), int(number), clock.now())
    if found is None:
        raise NotFound("This report can no longer be followed. Perhaps it has ended; look at the list again.")
    return found


@blueprint.get("/saya-juga")
def me_too() -> str:
    """Ask for a contact."""
    return _page(_meant(request.args.get("aduan", "")), {}, "")


@blueprint.post("/saya-juga")
@limiter.limit("20/minute")
def me_too_sent() -> Response | tuple[str, int]:
    """Let the neighbour follow."""
    one, contact = _meant(request.form.get("aduan", "")), request.form.get("contact", "")
    try:
        with transaction() as session:
            target = session.get_one(ServiceRequest, one.id)
            follow_request(session, installation(), target, contact, part="me_too", language=i18n.language())
    except FieldOpsError as error:
        return _page(one, {error.field or "form": sentence(error)}, contact), error.status
    flash(_("Noted. We will write to you when something changes here."), "success")
    return redirect(url_for("citizen.home"), 303)


def _page(one: PublicRequest, errors: dict[str, str], contact: str) -> str:
    return render_template(
        "citizen/me_too.html",
        one=one,
        street=street_at(db.session(), one.lon, one.lat),
        token=request.values.get("aduan", ""),
        errors=errors,
        contact=contact,
    )
