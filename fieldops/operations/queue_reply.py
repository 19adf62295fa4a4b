"""Putting a message of ours into a conversation and on its way, in the caller's own transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import THE_SYSTEM, By
from fieldops.models import Conversation, ConversationMessage
from fieldops.outbox import ToDo, enqueue, enqueue_all, insert_if_absent
from fieldops.queries.conversations import known_keys, message_by_key


@dataclass(frozen=True)
class AutomaticReply:
    """What we say in a conversation by ourselves: the same key twice is one message.

    `facts` are `asks_place` and other codes that the sending needs; `tasks` are added with the message.
    """

    conversation: Conversation
    words: str
    key: str
    facts: dict[str, Any]
    tasks: tuple[ToDo, ...] = ()


def queue_automatic_replies(session: Session, replies: Sequence[AutomaticReply]) -> None:
    """Put automatic messages into their conversations and on their way, in the caller's transaction."""
    if not replies:
        return
    with session.no_autoflush:
        said = known_keys(session, [reply.key for reply in replies])
    now = clock.now()
    rows = [(reply, _row_of(reply, now)) for reply in replies if reply.key not in said]
    session.add_all(row for _reply, row in rows)
    session.flush()
    tasks = [ToDo("send_reply", {"message_id": row.id}, None, f"reply:{row.id}") for _reply, row in rows]
    tasks += [task for reply, _row in rows for task in reply.tasks]
    enqueue_all(session, tasks)


def _row_of(reply: AutomaticReply, now: datetime) -> ConversationMessage:
    reply.conversation.last_message_at = now
    return ConversationMessage(
        conversation_id=reply.conversation.id,
        account_id=reply.conversation.account_id,
        direction="out",
        key=reply.key,
        is_automatic=True,
        words=reply.words,
        facts=reply.facts,
        state="queued",
        last_error="",
        at=now,
    )


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
