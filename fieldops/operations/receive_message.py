"""Taking one message of one person: into the conversation it belongs to, private, with the clocks running."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.channels.contract import Channel
from fieldops.channels.inbound import Attachment, AttachmentKind, InboundMessage
from fieldops.domain.conversations import JOIN_WITHIN, MOST_WORDS, Tray, is_stop
from fieldops.domain.request_states import ENDED, RequestStatus
from fieldops.installation import Installation
from fieldops.models import (
    ChannelAccount,
    ChannelPerson,
    Conversation,
    ConversationFile,
    ConversationMessage,
)
from fieldops.operations.correspondence import MOST_EXTERNAL_ID, Correspondence
from fieldops.operations.keep_inline_photo import keep_inline_photo
from fieldops.operations.know_person import know_person, language_of
from fieldops.operations.run_clocks import note_change, resume_clocks
from fieldops.operations.thread_token import conversation_of_token
from fieldops.outbox import enqueue
from fieldops.queries.conversations import (
    conversation_of_message,
    get_conversation,
    message_by_external_id,
)
from fieldops.queries.requests import get_request

MOST_SUBJECT = 200


def receive_message(
    known: Correspondence,
    account: ChannelAccount,
    channel: Channel,
    message: InboundMessage,
    received_at: datetime,
    *,
    unread: str = "",
    event_id: int | None = None,
) -> Conversation | None:
    """Keep a message and queue what follows; the conversation, or None when it is dropped.

    Our own words coming back, a message that is known, and one of a muted person are dropped. An automatic
    message (an absence notice, bulk mail) is kept in the greetings' tray and never answered by itself.
    Whoever calls sees to it that the conversation is understood.

    Parameters
    ----------
    known
        Of the unit of work; it knows already what was asked for many messages together.
    unread
        A kind of message of which the adapter knows only who sent it.
    event_id
        The stored event it came in, which is emptied when its sender is forgotten.
    """
    session, installation = known.session, known.installation
    external_id = message.external_id[:MOST_EXTERNAL_ID]
    if message.is_echo or known.has(account.id, external_id):
        return None
    person = know_person(known, account, message.sender)
    if person.muted:
        return None
    conversation = _conversation_for(known, account, person, message, received_at)
    if known.has(conversation.account_id, external_id):
        return None  # one letter to two of our addresses, in a thread of one
    row = _as_row(conversation, message, external_id, received_at)
    row.facts |= {key: one for key, one in (("unread", unread), ("event", event_id)) if one}
    session.add(row)
    for attachment in message.attachments:
        _attach(session, installation, row, attachment)
    _touch(known, conversation, channel, message, received_at)
    known.got(conversation, row)
    if any(attachment.data is not None for attachment in message.attachments):
        known.forget_photos(conversation)
    if is_stop(message.text):
        person.stopped_at = received_at
        note_change(session, conversation, "stopped")
    return conversation


def _conversation_for(
    known: Correspondence,
    account: ChannelAccount,
    person: ChannelPerson,
    message: InboundMessage,
    received_at: datetime,
) -> Conversation:
    """Return the conversation a message joins: the one it answers, the person's open one, or a new one."""
    session, installation = known.session, known.installation
    if message.reply_to:
        answered = conversation_of_message(
            session, account.id, message.reply_to[:MOST_EXTERNAL_ID], person.id
        )
        if answered is not None:
            return answered
    if message.token and (number := conversation_of_token(installation, message.token)) is not None:
        # Whoever got the letter may answer from another address: the thread is known by its token.
        return get_conversation(session, number)
    latest = known.latest(person, is_public=message.is_public)
    if latest is not None and _joins(session, latest, received_at):
        return latest
    conversation = Conversation(
        account_id=account.id,
        person_id=person.id,
        department_id=account.department_id,
        assignee_id=account.owner_id,
        thread_sealed=installation.sealer.seal(message.thread),
        subject=message.subject[:MOST_SUBJECT],
        tray=(Tray.GREETINGS if message.is_automatic else Tray.COMPLAINTS).value,
        language=language_of(message.sender),
        is_public=message.is_public,
        started_at=received_at,
        last_message_at=received_at,
        last_inbound_at=received_at,
        understood={},
    )
    session.add(conversation)
    session.flush()
    known.began(conversation)
    note_change(session, conversation, "started")
    return conversation


def _joins(session: Session, latest: Conversation, received_at: datetime) -> bool:
    """Return whether a new message belongs to a person's latest conversation: sent within some minutes, or
    nothing has been made of it yet, or the report it became is still open.
    """
    if received_at - latest.last_inbound_at <= JOIN_WITHIN:
        return True
    if latest.request_id is None:
        return latest.state == "open"
    return RequestStatus(get_request(session, latest.request_id).status) not in ENDED


def _as_row(
    conversation: Conversation, message: InboundMessage, external_id: str, received_at: datetime
) -> ConversationMessage:
    facts: dict[str, Any] = {}
    if message.place is not None:
        facts["place"] = {
            "lon": message.place.lon,
            "lat": message.place.lat,
            "accuracy_m": message.place.accuracy_m,
            "name": message.place.name[:MOST_SUBJECT],
        }
    if message.album:
        facts["album"] = message.album
    if message.is_automatic:
        facts["automatic"] = True
    if abs((received_at - message.sent_at).total_seconds()) > 60:
        facts["said_at"] = message.sent_at.isoformat()
    words = message.text.replace("\0", "").encode("utf-8", "ignore").decode()
    return ConversationMessage(
        conversation_id=conversation.id,
        account_id=conversation.account_id,
        direction="in",
        external_id=external_id,
        is_automatic=False,
        words=words[:MOST_WORDS],
        facts=facts,
        state="received",
        last_error="",
        at=received_at,
    )


def _attach(
    session: Session, installation: Installation, row: ConversationMessage, attachment: Attachment
) -> None:
    session.flush()  # its number is needed
    kind = attachment.kind
    is_photo = kind is AttachmentKind.PHOTO
    file = ConversationFile(
        message_id=row.id,
        kind=kind.value,
        mime_type=attachment.mime_type[:MOST_SUBJECT],
        reference_sealed=installation.sealer.seal(attachment.reference)
        if is_photo and attachment.reference
        else None,
        state="todo" if is_photo else "left",
    )
    session.add(file)
    session.flush()
    if not is_photo:
        return
    if attachment.data is not None:
        keep_inline_photo(session, installation, file, attachment.data)
    else:
        enqueue(session, "fetch_attachment", {"file_id": file.id}, dedupe_key=f"fetch:{file.id}")


def _touch(
    known: Correspondence,
    conversation: Conversation,
    channel: Channel,
    message: InboundMessage,
    received_at: datetime,
) -> None:
    session = known.session
    conversation.last_message_at = conversation.last_inbound_at = received_at
    conversation.is_unread = True
    if conversation.state == "ended":
        conversation.state = "open"
        note_change(session, conversation, "opened_again")
    window = channel.traits.reply_window
    conversation.reply_until = min(message.sent_at, received_at) + window if window else None
    resume_clocks(session, conversation, received_at, running=known.clocks(conversation))
    if message.subject and not conversation.subject:
        conversation.subject = message.subject[:MOST_SUBJECT]


def note_edit(session: Session, account: ChannelAccount, external_id: str, words: str, at: datetime) -> None:
    """Keep a message's new words beside the old ones."""
    row = message_by_external_id(session, account.id, external_id[:MOST_EXTERNAL_ID])
    if row is None:
        return
    earlier = [*row.facts.get("earlier", []), {"words": row.words, "until": at.isoformat()}]
    row.facts = row.facts | {"earlier": earlier[-10:]}
    row.words = words.replace("\0", "")[:MOST_WORDS]
    conversation = get_conversation(session, row.conversation_id)
    conversation.is_unread = True
    note_change(session, conversation, "edited", message=row.id)


def note_withdrawal(session: Session, account: ChannelAccount, external_id: str, at: datetime) -> None:
    """Take back a message's words where its sender deleted it; that something was said stays."""
    row = message_by_external_id(session, account.id, external_id[:MOST_EXTERNAL_ID])
    if row is None or row.facts.get("withdrawn"):
        return
    row.words = ""
    row.facts = {"withdrawn": at.isoformat()}
    note_change(session, get_conversation(session, row.conversation_id), "withdrawn", message=row.id)


def last_heard(account: ChannelAccount) -> None:
    """Note that an account works: something came in by it."""
    account.last_event_at = clock.now()
