"""Fetching what somebody attached, at once: vendors keep it for minutes or days only."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

from fieldops.channels.contract import Channel, MediaGone, Permanent
from fieldops.channels.inbound import Attachment, AttachmentKind
from fieldops.installation import Installation
from fieldops.models import ChannelAccount, Conversation, ConversationFile, ConversationMessage
from fieldops.operations.attach_photo import store_photo
from fieldops.operations.keep_inline_photo import add_photo, prepared_photo
from fieldops.operations.open_channel import open_channel
from fieldops.outbox import enqueue

UnitOfWork = Callable[[], AbstractContextManager[Session]]


def fetch_attachment(
    session: Session, installation: Installation, file_id: int, unit_of_work: UnitOfWork
) -> None:
    """Fetch one photo and keep it; nothing is written while the vendor is asked.

    What is gone, or no photo, says so on the page. Trouble on the way raises, and the task is tried again.
    """
    wanted = _wanted(session, installation, file_id)
    session.rollback()
    if wanted is None:
        return
    channel, attachment = wanted
    try:
        media = channel.fetch_media(attachment)
    except MediaGone:
        _set_state(unit_of_work, file_id, "gone")
        return
    except Permanent:
        _set_state(unit_of_work, file_id, "refused")
        return
    prepared = prepared_photo(installation, media.data)
    if prepared is None:
        _set_state(unit_of_work, file_id, "refused")
        return
    store_photo(installation, prepared)
    with unit_of_work() as writing:
        file = writing.get_one(ConversationFile, file_id)
        if file.state == "todo":
            add_photo(writing, file, prepared)
            file.reference_sealed = None
            row = writing.get_one(ConversationMessage, file.message_id)
            number = row.conversation_id
            enqueue(
                writing,
                "understand_conversation",
                {"conversation_id": number},
                dedupe_key=f"understand:{number}",
            )


def _wanted(session: Session, installation: Installation, file_id: int) -> tuple[Channel, Attachment] | None:
    file = session.get(ConversationFile, file_id)
    if file is None or file.state != "todo" or file.reference_sealed is None:
        return None
    message = session.get_one(ConversationMessage, file.message_id)
    account = session.get_one(
        ChannelAccount, session.get_one(Conversation, message.conversation_id).account_id
    )
    attachment = Attachment(
        AttachmentKind(file.kind), installation.sealer.open(file.reference_sealed), file.mime_type
    )
    return open_channel(installation, account), attachment


def _set_state(unit_of_work: UnitOfWork, file_id: int, state: str) -> None:
    with unit_of_work() as writing:
        file = writing.get_one(ConversationFile, file_id)
        if file.state == "todo":
            file.state, file.reference_sealed = state, None
