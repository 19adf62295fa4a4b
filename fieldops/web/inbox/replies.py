"""Answering a person, noting something for colleagues, and showing that somebody is at it."""

from typing import Any

from flask import flash, jsonify, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from fieldops.channels.registry import CHANNELS
from fieldops.domain.conversations import FollowUp
from fieldops.domain.roles import Right
from fieldops.errors import Conflict, FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.operations.reply_to_conversation import (
    Reply,
    begin_answering,
    reply_to_conversation,
    write_note,
)
from fieldops.operations.send_reply import send_again
from fieldops.queries.channels import get_account
from fieldops.queries.conversations import get_conversation, get_message
from fieldops.queries.staff import names_of
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.answers import sentence
from fieldops.web.form_fields import choice_of, day_of, text_of, whole_of
from fieldops.web.inbox.pages import conversation_page
from fieldops.web.inbox.room import Answer, blueprint, mine_or_not_found
from fieldops.web.inbox.templates import BLANK
from fieldops.web.protection import requires

FOLLOW_UPS = ("", *(what.value for what in FollowUp))


@blueprint.post("/<int:conversation_id>/jawaban")
@requires(Right.CONVERSE)
def reply(conversation_id: int) -> Answer:
    """Send an answer by the way the person came."""
    shown = mine_or_not_found(conversation_id)
    traits = CHANNELS[get_account(db.session(), shown.account_id).kind].traits
    try:
        said = _said()
        with transaction() as session:
            writing = get_conversation(session, conversation_id)
            reply_to_conversation(session, writing, traits, said, acting(Right.CONVERSE))
    except FieldOpsError as error:
        return conversation_page(mine_or_not_found(conversation_id), error), error.status
    flash(_("The answer is on its way."), "success")
    return back(conversation_id)


def _said() -> Reply:
    form = request.form
    follow_up = choice_of(form, "follow_up", FOLLOW_UPS) if form.get("follow_up") else ""
    has_day = bool(form.get("planned_for", "").strip())
    return Reply(
        words=text_of(form, "words", most=20_000),
        key=text_of(form, "key", most=80, needed=True),
        waits=bool(form.get("waits")),
        follow_up=FollowUp(follow_up) if follow_up else None,
        planned_for=day_of(form, "planned_for") if has_day else None,
        template_id=whole_of(form, "template", 0, 2**31 - 1, otherwise=0) or None,
        values={
            name.removeprefix(BLANK): value[:1000] for name, value in form.items() if name.startswith(BLANK)
        },
    )


@blueprint.post("/<int:conversation_id>/catatan")
@requires(Right.CONVERSE)
def note(conversation_id: int) -> Answer:
    """Add a note among officials."""
    mine_or_not_found(conversation_id)
    try:
        with transaction() as session:
            writing = get_conversation(session, conversation_id)
            write_note(session, writing, request.form.get("note", ""), acting(Right.CONVERSE))
    except FieldOpsError as error:
        return conversation_page(mine_or_not_found(conversation_id), error), error.status
    return back(conversation_id)


@blueprint.post("/<int:conversation_id>/menulis")
@requires(Right.CONVERSE)
def answering(conversation_id: int) -> Response:
    """Say that the signed-in official is writing an answer; 409 with who is, when somebody else does."""
    mine_or_not_found(conversation_id)
    try:
        with transaction() as session:
            begin_answering(get_conversation(session, conversation_id), acting(Right.CONVERSE))
    except Conflict as error:
        who = mine_or_not_found(conversation_id).answering_id
        name = names_of(db.session(), {who}).get(who or 0, "")
        answer = jsonify(error=sentence(error), who=_("%(name)s is answering", name=name))
        answer.status_code = error.status
        return answer
    return jsonify(who=current_user.name)


@blueprint.post("/<int:conversation_id>/pesan/<int:message_id>/kirim-lagi")
@requires(Right.CONVERSE)
def resend(conversation_id: int, message_id: int) -> Answer:
    """Send a message again that did not leave, or of which nobody knows."""
    mine_or_not_found(conversation_id)
    try:
        with transaction() as session:
            send_again(session, get_message(session, conversation_id, message_id))
    except FieldOpsError as error:
        return conversation_page(mine_or_not_found(conversation_id), error), error.status
    flash(_("The message is on its way again."), "success")
    return back(conversation_id)


def back(conversation_id: int) -> Response:
    """Return to the conversation, with the list as it was."""
    kept: dict[str, Any] = {key: value for key, value in request.args.items() if value}
    return redirect(url_for("inbox.conversation", conversation_id=conversation_id, **kept), 303)
