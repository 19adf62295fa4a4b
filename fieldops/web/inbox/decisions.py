"""What an official decides about a conversation: whose it is, what it is, and what is made of it."""

from collections.abc import Callable

from flask import flash, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from fieldops.domain.conversations import Tray
from fieldops.domain.places import LocationSource
from fieldops.domain.roles import By, Right
from fieldops.errors import FieldOpsError, NotFound
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.models import Conversation
from fieldops.operations.forget_person import forget_person
from fieldops.operations.hand_conversation import assign_conversation, hand_over_conversation
from fieldops.operations.join_people import join_people, part_people
from fieldops.operations.open_request_from_conversation import (
    Reading,
    join_request,
    open_request_from_conversation,
)
from fieldops.operations.reveal_contact import reveal_person
from fieldops.operations.sort_conversation import (
    end_conversation,
    move_to_tray,
    mute_person,
    split_conversation,
)
from fieldops.queries.channels import joins_into
from fieldops.queries.conversations import get_conversation, messages_of
from fieldops.queries.requests import request_by_code
from fieldops.queries.staff import names_of
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.form_fields import choice_of, ids_of, number_of, text_of, whole_of
from fieldops.web.inbox.pages import conversation_page
from fieldops.web.inbox.replies import back
from fieldops.web.inbox.room import Answer, blueprint, mine_or_not_found
from fieldops.web.inbox.thread import as_text
from fieldops.web.page import installation
from fieldops.web.protection import requires

SOURCES = (LocationSource.CHANNEL, LocationSource.EXIF, LocationSource.DRAG, LocationSource.TEXT)


def _decide(conversation_id: int, write: Callable[[Session, Conversation, By], object], words: str) -> Answer:
    """Carry out one decision and return to the conversation, or show what was wrong with it."""
    mine_or_not_found(conversation_id)
    by = acting(Right.CONVERSE)
    try:
        with transaction() as session:
            write(session, get_conversation(session, conversation_id), by)
    except FieldOpsError as error:
        return conversation_page(mine_or_not_found(conversation_id), error), error.status
    flash(words, "success")
    return back(conversation_id)


@blueprint.post("/<int:conversation_id>/pemilik")
@requires(Right.CONVERSE)
def assign(conversation_id: int) -> Answer:
    """Give the conversation to somebody, or to nobody."""
    number = whole_of(request.form, "assignee", 1, 2**31 - 1, otherwise=0) or None
    return _decide(
        conversation_id,
        lambda session, one, by: assign_conversation(session, one, number, by),
        _("Assigned."),
    )


@blueprint.post("/<int:conversation_id>/dinas")
@requires(Right.CONVERSE)
def hand_over(conversation_id: int) -> Answer:
    """Hand the conversation to another department; the clocks run on."""
    form = request.form
    return _decide(
        conversation_id,
        lambda session, one, by: hand_over_conversation(
            session,
            one,
            whole_of(form, "department", 0, 2**31 - 1, otherwise=0),
            text_of(form, "why"),
            by,
        ),
        _("Handed over. The clocks keep their start."),
    )


@blueprint.post("/<int:conversation_id>/baki")
@requires(Right.CONVERSE)
def tray(conversation_id: int) -> Answer:
    """Move the conversation to the complaints or to the greetings."""
    to = Tray(choice_of(request.form, "tray", [one.value for one in Tray]))
    return _decide(conversation_id, lambda session, one, by: move_to_tray(session, one, to, by), _("Moved."))


@blueprint.post("/<int:conversation_id>/akhir")
@requires(Right.CONVERSE)
def end(conversation_id: int) -> Answer:
    """End a conversation that needs nothing more."""
    return _decide(conversation_id, end_conversation, _("Ended. It opens again when the person writes."))


@blueprint.post("/<int:conversation_id>/bisu")
@requires(Right.CONVERSE)
def mute(conversation_id: int) -> Answer:
    """Hear no more of the person, or hear them again."""
    muted = request.form.get("muted") == "1"
    return _decide(
        conversation_id,
        lambda session, one, by: mute_person(session, one, by, muted=muted),
        _("Nothing more of this person comes in.") if muted else _("Messages of this person come in again."),
    )


@blueprint.post("/<int:conversation_id>/orang-sama")
@requires(Right.CONVERSE)
def join_person(conversation_id: int) -> Answer:
    """Say that this person and the one of another conversation are one."""
    try:
        other = mine_or_not_found(whole_of(request.form, "other", 1, 2**31 - 1))
    except FieldOpsError as error:
        return conversation_page(mine_or_not_found(conversation_id), error), error.status
    return _decide(
        conversation_id,
        lambda session, one, by: join_people(session, one.person_id, other.person_id, by),
        _("Joined. What either writes comes in as one person; it can be taken back."),
    )


@blueprint.post("/<int:conversation_id>/orang-sama/<int:join_id>/batal")
@requires(Right.CONVERSE)
def part_person(conversation_id: int, join_id: int) -> Answer:
    """Take a join back."""
    joins = {join.id for join in joins_into(db.session(), mine_or_not_found(conversation_id).person_id)}
    if join_id not in joins:
        raise NotFound("There is no such conversation. It may have been deleted.")
    return _decide(
        conversation_id,
        lambda session, _one, by: part_people(session, join_id, by),
        _("Taken back. They are two people again."),
    )


@blueprint.post("/<int:conversation_id>/pisah")
@requires(Right.CONVERSE)
def split(conversation_id: int) -> Answer:
    """Move messages about another matter into a conversation of their own."""
    return _decide(
        conversation_id,
        lambda session, one, by: split_conversation(session, one, ids_of(request.form, "messages"), by),
        _("Split off. Both run on their own now."),
    )


@blueprint.post("/<int:conversation_id>/aduan")
@requires(Right.CONVERSE)
def make_request(conversation_id: int) -> Answer:
    """Make the report of the conversation."""
    return _decide(
        conversation_id,
        lambda session, one, by: open_request_from_conversation(session, installation(), one, _reading(), by),
        _("Report made. The person hears of it in this thread."),
    )


def _reading() -> Reading:
    form = request.form
    is_placed = bool(form.get("lat", "").strip() or form.get("lon", "").strip())
    source = form.get("location_source", "")
    return Reading(
        service_code=text_of(form, "service", most=40, needed=True),
        severity=whole_of(form, "severity", 1, 3),
        words=text_of(form, "words", most=4000),
        lon=number_of(form, "lon", -180, 180) if is_placed else None,
        lat=number_of(form, "lat", -90, 90) if is_placed else None,
        source=LocationSource(source) if source in SOURCES else LocationSource.STAFF,
        address=text_of(form, "address"),
        landmark=text_of(form, "landmark"),
    )


@blueprint.post("/<int:conversation_id>/sama")
@requires(Right.CONVERSE)
def same(conversation_id: int) -> Answer:
    """Tie the conversation to a report that is there already."""
    return _decide(
        conversation_id,
        lambda session, one, by: join_request(
            session, one, request_by_code(session, request.form.get("code", "")), by
        ),
        _("Joined. The person hears of the repair there."),
    )


@blueprint.post("/<int:conversation_id>/kontak")
@requires(Right.SEE_CONTACT)
def contact(conversation_id: int) -> Answer:
    """Show who wrote, and write down who looked and why."""
    mine_or_not_found(conversation_id)
    by = acting(Right.SEE_CONTACT)
    try:
        with transaction() as session:
            shown = get_conversation(session, conversation_id)
            known = reveal_person(session, installation(), shown, request.form.get("why", ""), by)
    except FieldOpsError as error:
        return conversation_page(mine_or_not_found(conversation_id), error), error.status
    return conversation_page(mine_or_not_found(conversation_id), contact=known), 200


@blueprint.post("/<int:conversation_id>/lupakan")
@requires(Right.CONVERSE)
def forget(conversation_id: int) -> Answer:
    """Forget the person: every copy of what they wrote and who they are."""
    person_id = mine_or_not_found(conversation_id).person_id
    by = acting(Right.CONVERSE)
    with transaction() as session:
        unneeded = forget_person(session, installation(), person_id, by)
    for name in unneeded:
        installation().media.delete(name)
    flash(_("Forgotten. What the city did stays, without the person."), "success")
    return back(conversation_id)


@blueprint.get("/<int:conversation_id>/percakapan.txt")
@requires(Right.CONVERSE)
def export(conversation_id: int) -> Response:
    """Download the thread as plain text, without names, numbers or photos."""
    shown = mine_or_not_found(conversation_id)
    rows = messages_of(db.session(), conversation_id)
    names = names_of(db.session(), {row.user_id for row in rows})
    answer = Response(as_text(shown, rows, names), content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = f"attachment; filename=percakapan-{conversation_id}.txt"
    return answer
