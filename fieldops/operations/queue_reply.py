"""Putting a message of ours into a conversation and on its way, in the caller's own transaction."""

from typing import Any

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import THE_SYSTEM, By
from fieldops.models import Conversation, ConversationMessage
from fieldops.outbox import enqueue, insert_if_absent
from fieldops.queries.conversations import message_by_key


def queue_reply(
    session: Session,
    conversation: Conversation,
    words: str,
    *,
    key: str,
    by: By = THE_SYSTEM,
    is_automatic: bool = False,
    facts: dict[str, Any] | None = None,
) -> ConversationMessage:
    """Return the message with a key; the same key twice is one message, whose words are the first ones.

    Parameters
    ----------
    facts
        `asks_place`, `template` and other codes that the sending needs.
    """
    now = clock.now()
    new = insert_if_absent(
        session,
        ConversationMessage,
        conversation_id=conversation.id,
        account_id=conversation.account_id,
        direction="out",
        key=key,
        user_id=by.user_id,
        is_automatic=is_automatic,
        words=words,
        facts=facts or {},
        state="queued",
        last_error="",
        at=now,
    )
    row = message_by_key(session, key)
    if row is None:
        raise RuntimeError("a message that was just written is not there")
    if new:
        conversation.last_message_at = now
        enqueue(session, "send_reply", {"message_id": row.id}, dedupe_key=f"reply:{row.id}")
    return row
