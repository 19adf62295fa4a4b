"""The way in to one's own data: asking for a link, and the link itself, which only a button uses."""

from typing import Final

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldops.domain.references import normal_request_code
from fieldops.errors import FieldOpsError, InvalidInput
from fieldops.extensions import db, limiter
from fieldops.i18n import _
from fieldops.operations.correct_own_data import confirm_contact
from fieldops.operations.open_data_link import ask_by_tracking, end_visit, open_data_link, usable_link
from fieldops.operations.send_data_link import ask_for_data_link
from fieldops.queries.tracking import request_by_secret
from fieldops.transaction import transaction
from fieldops.web.answers import sentence
from fieldops.web.citizen.data_visit import Answer, current_visit, forget, remember
from fieldops.web.citizen.room import blueprint
from fieldops.web.form_fields import text_of
from fieldops.web.page import installation

MOST_ASKED: Final = "10/hour;30/day"
MOST_CONTACT: Final = 120
MOST_CODE: Final = 40


@blueprint.get("/data-saya")
def data() -> str:
    """Ask for a code and a contact, and say how to ask in a chat."""
    return _entrance({}, {})


@blueprint.post("/data-saya")
@limiter.limit(MOST_ASKED)
def data_asked() -> Answer:
    """Send a link to whoever gave this contact with this report; say the same whether anybody did."""
    try:
        contact = text_of(request.form, "contact", most=MOST_CONTACT, needed=True)
        typed = text_of(request.form, "code", most=MOST_CODE, needed=True)
        code = normal_request_code(typed)
        if code is None:
            raise InvalidInput(
                "This is no code of a report. Compare it with your message, sign by sign.", field="code"
            )
        with transaction() as session:
            ask_for_data_link(session, installation(), code, contact)
    except FieldOpsError as error:
        typed_again = {name: request.form.get(name, "")[:MOST_CONTACT] for name in ("code", "contact")}
        return _entrance({error.field or "code": sentence(error)}, typed_again), error.status
    return redirect(url_for("citizen.data_sent"), 303)


@blueprint.get("/data-saya/terkirim")
def data_sent() -> str:
    """Say where the link comes, if there is anything for it to open."""
    return render_template("citizen/data_sent.html")


@blueprint.get("/data-saya/buka/<secret>")
def data_link(secret: str) -> Answer:
    """Show what a link is for. Mail scanners open links too, so looking uses nothing up."""
    link = usable_link(db.session(), secret)
    return render_template("citizen/data_link.html", secret=secret, is_new_contact=link.purpose == "confirm")


@blueprint.post("/data-saya/buka/<secret>")
@limiter.limit("30/minute")
def data_link_used(secret: str) -> Answer:
    """Use a link up: open the data, or let a new address count."""
    if usable_link(db.session(), secret).purpose == "confirm":
        with transaction() as session:
            confirm_contact(session, installation(), secret)
        return render_template("citizen/data_confirmed.html")
    with transaction() as session:
        visit = open_data_link(session, secret)
    return remember(redirect(url_for("citizen.data_shown"), 303), visit)


@blueprint.post("/lacak/<secret>/data")
@limiter.limit("20/hour")
def tracking_data(secret: str) -> Answer:
    """Go on from a report's own page: to the link sent to its author, else to this report's data alone."""
    with transaction() as session:
        visit = ask_by_tracking(session, installation(), request_by_secret(session, secret))
    if visit:
        return remember(redirect(url_for("citizen.data_shown"), 303), visit)
    flash(_("We sent a link to the contact of this report. It is good for 30 minutes."), "success")
    return redirect(url_for("citizen.tracking", secret=secret), 303)


@blueprint.post("/data-saya/keluar")
def data_left() -> Response:
    """End the visit."""
    if current_visit() is not None:
        with transaction():
            visit = current_visit()
            if visit is not None:
                end_visit(visit)
        flash(_("Closed. Nobody sees your data on this device any more."), "success")
    return forget(redirect(url_for("citizen.data"), 303))


def _entrance(errors: dict[str, str], typed: dict[str, str]) -> str:
    return render_template("citizen/data.html", errors=errors, typed=typed)
