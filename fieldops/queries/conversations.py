"""One conversation and what belongs to it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.errors import NotFound
from fieldops.models import (
    ChannelPerson,
    Conversation,
    ConversationChange,
    ConversationClock,
    ConversationFile,
    ConversationMessage,
    Photo,
)


def get_conversation(session: Session, conversation_id: int) -> Conversation:
    """Return a conversation, or raise NotFound."""
    found = session.get(Conversation, conversation_id)
    if found is None:
        raise NotFound("There is no such conversation. It may have been deleted.")
    return found


def conversation_of_message(
    session: Session, account_id: int, external_id: str, person_id: int
) -> Conversation | None:
    """Return the person's conversation that holds a message with a vendor's id."""
    return session.scalar(
        select(Conversation)
        .join(ConversationMessage, ConversationMessage.conversation_id == Conversation.id)
        .where(
            ConversationMessage.account_id == account_id,
            ConversationMessage.external_id == external_id,
            Conversation.person_id == person_id,
        )
    )


def latest_conversations(
    session: Session, person_ids: Collection[int]
) -> dict[tuple[int, bool], Conversation]:
    """Return by person, and whether it is public, the conversation in which they or we wrote last."""
    recent = func.row_number().over(
        partition_by=(Conversation.person_id, Conversation.is_public),
        order_by=(Conversation.last_message_at.desc(), Conversation.id.desc()),
    )
    ranked = (
        select(Conversation.id, recent.label("rank")).where(Conversation.person_id.in_(person_ids)).subquery()
    )
    rows = session.scalars(
        select(Conversation).join(ranked, ranked.c.id == Conversation.id).where(ranked.c.rank == 1)
    )
    return {(row.person_id, row.is_public): row for row in rows}


def conversation_of_request(session: Session, request_id: int, reporter_id: int) -> Conversation | None:
    """Return the conversation that a reporter's request came from."""
    return session.scalar(
        select(Conversation)
        .join(ChannelPerson, ChannelPerson.id == Conversation.person_id)
        .where(Conversation.request_id == request_id, ChannelPerson.reporter_id == reporter_id)
        .order_by(Conversation.id.desc())
        .limit(1)
    )


def message_by_external_id(session: Session, account_id: int, external_id: str) -> ConversationMessage | None:
    """Return the message a vendor calls by an id."""
    return session.scalar(
        select(ConversationMessage).where(
            ConversationMessage.account_id == account_id, ConversationMessage.external_id == external_id
        )
    )


def known_external_ids(session: Session, external_ids: Collection[str]) -> set[tuple[int, str]]:
    """Return which of some vendors' ids are those of messages we have, with the account."""
    rows = session.execute(
        select(ConversationMessage.account_id, ConversationMessage.external_id).where(
            ConversationMessage.external_id.in_(external_ids)
        )
    )
    return {(account_id, external_id) for account_id, external_id in rows if external_id is not None}


def known_keys(session: Session, keys: Collection[str]) -> set[str]:
    """Return which of some keys messages of ours have."""
    rows = session.scalars(select(ConversationMessage.key).where(ConversationMessage.key.in_(keys)))
    return {key for key in rows if key is not None}


def message_by_key(session: Session, key: str) -> ConversationMessage | None:
    """Return the message of ours with a key."""
    return session.scalar(select(ConversationMessage).where(ConversationMessage.key == key))


def messages_of(session: Session, conversation_id: int) -> list[ConversationMessage]:
    """Return a conversation's messages and notes, oldest first."""
    return list(
        session.scalars(
            select(ConversationMessage)
            .where(ConversationMessage.conversation_id == conversation_id)
            .order_by(ConversationMessage.at, ConversationMessage.id)
        )
    )


def files_of(session: Session, message_ids: Collection[int]) -> dict[int, list[ConversationFile]]:
    """Return what is attached to each of some messages."""
    found: dict[int, list[ConversationFile]] = {}
    for row in session.scalars(
        select(ConversationFile)
        .where(ConversationFile.message_id.in_(message_ids))
        .order_by(ConversationFile.id)
    ):
        found.setdefault(row.message_id, []).append(row)
    return found


def messages_by_conversation(
    session: Session, conversation_ids: Collection[int]
) -> dict[int, list[ConversationMessage]]:
    """Return the messages and notes of conversations, oldest first."""
    found: dict[int, list[ConversationMessage]] = {}
    for row in session.scalars(
        select(ConversationMessage)
        .where(ConversationMessage.conversation_id.in_(conversation_ids))
        .order_by(ConversationMessage.at, ConversationMessage.id)
    ):
        found.setdefault(row.conversation_id, []).append(row)
    return found


def photos_by_conversation(session: Session, conversation_ids: Collection[int]) -> dict[int, list[Photo]]:
    """Return the photos that came in conversations, oldest first."""
    found: dict[int, list[Photo]] = {}
    for number, photo in session.execute(
        select(ConversationMessage.conversation_id, Photo)
        .join(ConversationFile, ConversationFile.photo_id == Photo.id)
        .join(ConversationMessage, ConversationMessage.id == ConversationFile.message_id)
        .where(ConversationMessage.conversation_id.in_(conversation_ids))
        .order_by(ConversationFile.id)
    ):
        found.setdefault(number, []).append(photo)
    return found


def photos_of_conversation(session: Session, conversation_id: int) -> list[Photo]:
    """Return the photos that came in a conversation, oldest first."""
    return list(
        session.scalars(
            select(Photo)
            .join(ConversationFile, ConversationFile.photo_id == Photo.id)
            .join(ConversationMessage, ConversationMessage.id == ConversationFile.message_id)
            .where(ConversationMessage.conversation_id == conversation_id)
            .order_by(ConversationFile.id)
        )
    )


def clocks_of(session: Session, conversation_ids: Collection[int]) -> dict[int, dict[str, ConversationClock]]:
    """Return the clocks of conversations, by kind."""
    found: dict[int, dict[str, ConversationClock]] = {}
    for row in session.scalars(
        select(ConversationClock).where(ConversationClock.conversation_id.in_(conversation_ids))
    ):
        found.setdefault(row.conversation_id, {})[row.kind] = row
    return found


def changes_of(session: Session, conversation_id: int) -> list[ConversationChange]:
    """Return what happened to a conversation, oldest first."""
    return list(
        session.scalars(
            select(ConversationChange)
            .where(ConversationChange.conversation_id == conversation_id)
            .order_by(ConversationChange.at, ConversationChange.id)
        )
    )


def running_clocks(session: Session, most: int) -> list[ConversationClock]:
    """Return clocks that run and are not paused, the oldest first."""
    return list(
        session.scalars(
            select(ConversationClock)
            .where(ConversationClock.stopped_at.is_(None), ConversationClock.paused_at.is_(None))
            .order_by(ConversationClock.started_at)
            .limit(most)
        )
    )


def pauses(session: Session) -> dict[int, datetime]:
    """Return since when the clocks of conversations are paused, by conversation, the longest first."""
    since = func.min(ConversationClock.paused_at)
    rows = session.execute(
        select(ConversationClock.conversation_id, since)
        .where(ConversationClock.stopped_at.is_(None), ConversationClock.paused_at.is_not(None))
        .group_by(ConversationClock.conversation_id)
        .order_by(since, ConversationClock.conversation_id)
    )
    return {conversation_id: at for conversation_id, at in rows if at is not None}


def has_change_since(session: Session, conversation_id: int, kind: str, since: datetime) -> bool:
    """Return whether something happened to a conversation since a time."""
    return bool(
        session.scalar(
            select(func.count())
            .select_from(ConversationChange)
            .where(
                ConversationChange.conversation_id == conversation_id,
                ConversationChange.kind == kind,
                ConversationChange.at >= since,
            )
        )
    )


def last_sent_to(session: Session, conversation_id: int) -> datetime | None:
    """Return when a message of ours last left for a conversation's person."""
    return session.scalar(
        select(func.max(ConversationMessage.sent_at)).where(
            ConversationMessage.conversation_id == conversation_id, ConversationMessage.direction == "out"
        )
    )


def reply_target(session: Session, conversation_id: int) -> str | None:
    """Return the vendor's id of the person's last message: what an answer answers."""
    return session.scalar(
        select(ConversationMessage.external_id)
        .where(ConversationMessage.conversation_id == conversation_id, ConversationMessage.direction == "in")
        .order_by(ConversationMessage.at.desc(), ConversationMessage.id.desc())
        .limit(1)
    )


def queued_messages(session: Session, account_id: int) -> list[int]:
    """Return the ids of an account's messages that wait to leave, oldest first."""
    return list(
        session.scalars(
            select(ConversationMessage.id)
            .where(ConversationMessage.account_id == account_id, ConversationMessage.state == "queued")
            .order_by(ConversationMessage.id)
        )
    )


def get_message(session: Session, conversation_id: int, message_id: int) -> ConversationMessage:
    """Return a message of a conversation, or raise NotFound."""
    found = session.get(ConversationMessage, message_id)
    if found is None or found.conversation_id != conversation_id:
        raise NotFound("There is no such message.")
    return found


def conversations_of(session: Session, person_id: int) -> list[Conversation]:
    """Return every conversation of a person, oldest first."""
    return list(
        session.scalars(
            select(Conversation).where(Conversation.person_id == person_id).order_by(Conversation.id)
        )
    )
