"""Moving a conversation between trays, ending and opening it, muting a person, and splitting messages off."""

from collections.abc import Collection

from sqlalchemy import update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.conversations import ClockKind, Tray
from fieldops.domain.roles import By
from fieldops.errors import Conflict, InvalidInput
from fieldops.models import ChannelPerson, Conversation, ConversationMessage
from fieldops.operations.correct_triage import correct_triage, suggested_kind
from fieldops.operations.run_clocks import note_change, start_clocks, stop_clock
from fieldops.queries.conversations import clocks_of, messages_of
from fieldops.queries.triage import IN_CONVERSATION


def move_to_tray(session: Session, conversation: Conversation, tray: Tray, by: By) -> None:
    """Move a conversation; one that turns out to be a complaint has been waiting since its first message."""
    if conversation.tray == tray.value:
        return
    conversation.tray = tray.value
    conversation.understood = conversation.understood | {"by_hand": True}  # nothing sorts it by itself again
    note_change(session, conversation, "moved", by, to=tray.value)
    if tray is Tray.COMPLAINTS:
        start_clocks(session, conversation, conversation.started_at)
        return
    for kind in ClockKind:
        stop_clock(session, conversation, kind, clock.now(), by, why="greeting")
    # The suggestions learn from it at night, as long as it lies there.
    correct_triage(
        session,
        IN_CONVERSATION,
        conversation.id,
        suggested=suggested_kind(session, conversation),
        chosen_service_id=None,
        by=by,
    )


def end_conversation(session: Session, conversation: Conversation, by: By) -> None:
    """End a conversation that needs nothing more.

    Raises
    ------
    Conflict
        A person waits for an answer: a complaint ends when somebody has answered it.
    """
    if conversation.state == "ended":
        return
    first = clocks_of(session, [conversation.id]).get(conversation.id, {}).get(ClockKind.FIRST_RESPONSE.value)
    if conversation.tray == Tray.COMPLAINTS.value and first is not None and first.stopped_at is None:
        raise Conflict("Nobody has answered yet. Answer first, or move it to the greetings.")
    conversation.state, conversation.is_unread = "ended", False
    note_change(session, conversation, "ended", by)
    if conversation.request_id is None:
        stop_clock(session, conversation, ClockKind.FOLLOW_UP, clock.now(), by, why="ended")


def mute_person(session: Session, conversation: Conversation, by: By, *, muted: bool) -> None:
    """Hear no more of a person on this account, or hear them again."""
    person = session.get_one(ChannelPerson, conversation.person_id)
    if person.muted == muted:
        return
    person.muted = muted
    note_change(session, conversation, "muted" if muted else "unmuted", by)


def split_conversation(
    session: Session, conversation: Conversation, message_ids: Collection[int], by: By
) -> Conversation:
    """Move some messages into a conversation of their own, since they are about another matter.

    Its clocks run from the first of them: nobody waits longer because two things came in one thread.

    Raises
    ------
    InvalidInput
        No message of the person is chosen, or none would stay.
    """
    inbound = [row for row in messages_of(session, conversation.id) if row.direction == "in"]
    leaving = [row for row in inbound if row.id in set(message_ids)]
    if not leaving:
        raise InvalidInput("Choose the messages that are about something else.", field="messages")
    if len(leaving) == len(inbound):
        raise InvalidInput("At least one message must stay.", field="messages")
    began = min(row.at for row in leaving)
    other = Conversation(
        account_id=conversation.account_id,
        person_id=conversation.person_id,
        department_id=conversation.department_id,
        assignee_id=conversation.assignee_id,
        thread_sealed=conversation.thread_sealed,
        subject="",
        tray=Tray.COMPLAINTS.value,
        language=conversation.language,
        is_public=conversation.is_public,
        started_at=began,
        last_message_at=max(row.at for row in leaving),
        last_inbound_at=max(row.at for row in leaving),
        reply_until=conversation.reply_until,
        understood={},
        # We have thanked this person once for all of it.
        questions_asked=conversation.questions_asked,
    )
    session.add(other)
    session.flush()
    session.execute(
        update(ConversationMessage)
        .where(ConversationMessage.id.in_([row.id for row in leaving]))
        .values(conversation_id=other.id)
    )
    start_clocks(session, other, began)
    note_change(session, conversation, "split", by, into=other.id)
    note_change(session, other, "split_from", by, other=conversation.id)
    return other
