"""One's own data: what is held, corrected by its owner, and its way out of here."""

from collections.abc import Callable
from typing import Final, TypeVar

from flask import flash, redirect, render_template, request, send_file, url_for
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.own_data import REPORTS_SHOWN
from fieldops.errors import FieldOpsError, InvalidInput, NotFound
from fieldops.extensions import db, limiter
from fieldops.i18n import _
from fieldops.media.store import photo_name
from fieldops.models import DataVisit
from fieldops.operations.correct_own_data import (
    choose_language,
    choose_news,
    correct_contact,
    correct_name,
    undo_contact,
)
from fieldops.operations.gather_own_data import gather_own_data
from fieldops.transaction import transaction
from fieldops.web.answers import sentence
from fieldops.web.citizen.data_visit import Answer, visiting
from fieldops.web.citizen.room import blueprint
from fieldops.web.page import installation

T = TypeVar("T")
SIZES: Final = ("small", "large")
MOST_CHANGES: Final = "60/hour"


@blueprint.get("/data-saya/lihat")
@visiting
def data_shown(visit: DataVisit) -> Answer:
    """Show what is held."""
    return _page(visit)


@blueprint.get("/data-saya/foto/<int:photo_id>/<size>")
@visiting
def data_photo(visit: DataVisit, photo_id: int, size: str) -> Answer:
    """Show one photo they sent."""
    photos = gather_own_data(db.session(), installation(), visit).photos()
    photo = next((one for one in photos if one.id == photo_id), None)
    if photo is None or size not in SIZES:
        raise NotFound("There is no such photo.")
    return send_file(installation().media.open(photo_name(photo.sha256, size)), mimetype="image/jpeg")


@blueprint.post("/data-saya/nama")
@limiter.limit(MOST_CHANGES)
@visiting
def data_name(visit: DataVisit) -> Answer:
    """Keep another name, or none."""
    name = request.form.get("name", "")
    return _change(
        visit,
        lambda session: correct_name(session, installation(), visit, _whose(), name),
        lambda _done: _("Saved. You can change it again at any time."),
        name=name,
    )


@blueprint.post("/data-saya/kontak")
@limiter.limit("10/hour")
@visiting
def data_contact(visit: DataVisit) -> Answer:
    """Take a new contact: a number at once, an address when its owner has said yes."""
    contact = request.form.get("contact", "")
    waiting = _("We sent a link to the new address. Until it is used, the old contact stays.")
    taken = _("Saved. Below you can take it back for half an hour.")
    return _change(
        visit,
        lambda session: correct_contact(session, installation(), visit, _whose(), contact),
        lambda waits: waiting if waits else taken,
        contact=contact,
    )


@blueprint.post("/data-saya/kontak/kembali")
@visiting
def data_contact_undone(visit: DataVisit) -> Answer:
    """Bring the contact back that was replaced."""
    return _change(
        visit,
        lambda session: undo_contact(session, installation(), visit),
        lambda _done: _("Taken back. Your contact is as it was."),
    )


@blueprint.post("/data-saya/bahasa")
@visiting
def data_language(visit: DataVisit) -> Answer:
    """Write in another language from now on."""
    language = request.form.get("language", "")
    return _change(
        visit,
        lambda session: choose_language(session, installation(), visit, language),
        lambda _done: _("Saved. We write to you in this language from now on."),
    )


@blueprint.post("/data-saya/kabar")
@visiting
def data_news(visit: DataVisit) -> Answer:
    """Send no more news of reports, or send it again."""
    wanted = request.form.get("news") == "on"
    stopped = _("Saved. We write to you no more, except when you ask us something.")
    return _change(
        visit,
        lambda session: choose_news(session, installation(), visit, wanted=wanted),
        lambda _done: _("Saved. We write to you at each step again.") if wanted else stopped,
    )


def _whose() -> int:
    held = request.form.get("whose", "")
    if not held.isascii() or not held.isdigit() or len(held) > 9:
        raise InvalidInput("The page sent something we could not read. Go back and try again.")
    return int(held)


def _change(
    visit: DataVisit, change: Callable[[Session], T], said: Callable[[T], str], **typed: str
) -> Answer:
    """Make one change and come back; on a fault show the page with what was typed."""
    try:
        with transaction() as session:
            done = change(session)
    except NotFound:
        raise
    except FieldOpsError as error:
        return _page(visit, {error.field or "form": sentence(error)}, typed), error.status
    flash(said(done), "success")
    return redirect(url_for("citizen.data_shown"), 303)


def _page(visit: DataVisit, errors: dict[str, str] | None = None, typed: dict[str, str] | None = None) -> str:
    held = gather_own_data(db.session(), installation(), visit)
    since = clock.now() - REPORTS_SHOWN
    shown = [one for one in held.reports if one.request.received_at >= since]
    return render_template(
        "citizen/data_shown.html",
        visit=visit,
        held=held,
        reports=shown,
        older=len(held.reports) - len(shown),
        errors=errors or {},
        typed={name: words[:200] for name, words in (typed or {}).items()},
        whose=request.form.get("whose", ""),
        may_undo=visit.undo_sealed is not None,
    )
