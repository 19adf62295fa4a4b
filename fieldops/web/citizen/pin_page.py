"""Where is it? A page behind a link from a conversation: a map, "my location", a landmark, and send."""

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldops.errors import FieldOpsError
from fieldops.extensions import db, limiter
from fieldops.models import Conversation
from fieldops.operations.pin_link import conversation_of_pin
from fieldops.operations.place_conversation import Pinned, place_conversation
from fieldops.queries.conversations import get_conversation
from fieldops.transaction import transaction
from fieldops.web.answers import sentence
from fieldops.web.citizen.room import blueprint
from fieldops.web.form_fields import number_of, text_of
from fieldops.web.page import installation


@blueprint.get("/p/<token>")
def pin(token: str) -> tuple[str, int]:
    """Show the map, or the place that was sent. Opening the page changes nothing."""
    return _page(token)


@blueprint.post("/p/<token>")
@limiter.limit("20/hour")
def pin_send(token: str) -> Response | tuple[str, int]:
    """Take the place, once."""
    number = conversation_of_pin(installation(), token)
    try:
        with transaction() as session:
            place_conversation(session, installation(), get_conversation(session, number), _pinned())
    except FieldOpsError as error:
        return _page(token, error)
    return redirect(url_for("citizen.pin_sent", token=token), 303)


@blueprint.get("/p/<token>/terkirim")
def pin_sent(token: str) -> tuple[str, int]:
    """Say thanks, and that the answer comes in the chat."""
    return render_template("citizen/pin_sent.html", pinned=_pinned_before(_conversation(token))), 200


def _conversation(token: str) -> Conversation:
    return get_conversation(db.session(), conversation_of_pin(installation(), token))


def _pinned_before(conversation: Conversation) -> dict[str, Any] | None:
    held: dict[str, Any] | None = conversation.understood.get("pinned")
    return held


def _pinned() -> Pinned:
    form = request.form
    accuracy = form.get("location_accuracy_m", "").strip()
    return Pinned(
        number_of(form, "lon", -180, 180),
        number_of(form, "lat", -90, 90),
        number_of(form, "location_accuracy_m", 0, 100_000) if accuracy else None,
        text_of(form, "landmark"),
    )


def _page(token: str, error: FieldOpsError | None = None) -> tuple[str, int]:
    conversation = _conversation(token)
    pinned = _pinned_before(conversation)
    if pinned:
        # Sent already: whoever sends again is told so (409), whoever only looks sees it.
        status = 409 if request.method == "POST" else 200
        return render_template("citizen/pin_sent.html", pinned=pinned, again=status == 409), status
    return (
        render_template(
            "citizen/pin.html",
            token=token,
            typed=request.form,
            errors={error.field or "errors": sentence(error)} if error else {},
        ),
        error.status if error else 200,
    )
