"""The inbox: conversations as rows, with what each waits for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, true
from sqlalchemy.orm import Session

from fieldops.models import (
    ChannelAccount,
    ChannelPerson,
    Conversation,
    ConversationChange,
    ConversationClock,
    ConversationMessage,
)

PAGE: Final = 40


@dataclass(frozen=True)
class InboxFilter:
    """What the inbox shows. `department_ids` None: all of them."""

    which: str = "open"
    user_id: int | None = None
    department_ids: frozenset[int] | None = None
    words: str = ""
    kind: str = ""


@dataclass(frozen=True)
class InboxRow:
    """One conversation in the list, with the last words a person said in it."""

    conversation: Conversation
    account: ChannelAccount
    person: ChannelPerson
    last_words: str
    last_direction: str


WHICH: Final = ("open", "mine", "unassigned", "waiting", "no_answer", "overdue", "greetings", "ended")


def find_conversations(
    session: Session, wanted: InboxFilter, now: datetime, page: int = 1
) -> tuple[list[InboxRow], int]:
    """Return a page of conversations, those that wait longest first, and how many there are in all."""
    query = _filtered(wanted, now)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    newest_first = wanted.which in ("greetings", "ended")
    order: Any = Conversation.last_message_at.desc() if newest_first else _due()
    rows = session.execute(
        query.with_only_columns(Conversation, ChannelAccount, ChannelPerson)
        .order_by(Conversation.is_urgent.desc(), order, Conversation.id)
        .limit(PAGE)
        .offset((max(1, page) - 1) * PAGE)
    ).all()
    last = _last_words(session, [row[0].id for row in rows])
    return [InboxRow(*row, *last.get(row[0].id, ("", "in"))) for row in rows], total


def count_conversations(session: Session, wanted: InboxFilter, now: datetime) -> dict[str, int]:
    """Return how many conversations each of the lists holds, words and kind left out."""
    counts = {}
    for which in WHICH[:-1]:
        asked = InboxFilter(which, wanted.user_id, wanted.department_ids)
        counts[which] = (
            session.scalar(select(func.count()).select_from(_filtered(asked, now).subquery())) or 0
        )
    return counts


@dataclass(frozen=True)
class Unread:
    """What came in since somebody last looked: the newest message's number, how many conversations have new
    words, and whether one of them names danger.
    """

    newest: int
    conversations: int
    is_urgent: bool


def unread_since(session: Session, wanted: InboxFilter, since: int) -> Unread:
    """Return what people wrote after message number `since` in conversations that are open to somebody; who
    is muted, or only greets, does not count.
    """
    is_theirs: ColumnElement[bool] = true()
    if wanted.department_ids is not None:
        is_theirs = or_(
            Conversation.department_id.in_(wanted.department_ids), Conversation.assignee_id == wanted.user_id
        )
    row = session.execute(
        select(
            func.max(ConversationMessage.id),
            func.count(ConversationMessage.conversation_id.distinct()),
            func.max(case((Conversation.is_urgent, 1), else_=0)),
        )
        .join(Conversation, Conversation.id == ConversationMessage.conversation_id)
        .join(ChannelPerson, ChannelPerson.id == Conversation.person_id)
        .where(
            ConversationMessage.id > since,
            ConversationMessage.direction == "in",
            Conversation.state == "open",
            Conversation.tray == "complaints",
            ChannelPerson.muted.is_(False),
            is_theirs,
        )
    ).one()
    return Unread(row[0] or since, row[1], bool(row[2]))


def newest_message(session: Session) -> int:
    """Return the number of the newest message of all."""
    return session.scalar(select(func.max(ConversationMessage.id))) or 0


def _filtered(wanted: InboxFilter, now: datetime) -> Select[Any]:
    query = (
        select(Conversation.id)
        .join(ChannelAccount, ChannelAccount.id == Conversation.account_id)
        .join(ChannelPerson, ChannelPerson.id == Conversation.person_id)
        .where(_which(wanted, now))
    )
    if wanted.department_ids is not None:
        query = query.where(Conversation.department_id.in_(wanted.department_ids))
    if wanted.kind:
        query = query.where(ChannelAccount.kind == wanted.kind)
    if wanted.words:
        like = f"%{_escaped(wanted.words.casefold())}%"
        said = exists().where(
            ConversationMessage.conversation_id == Conversation.id,
            func.lower(ConversationMessage.words).like(like, escape="\\"),
        )
        query = query.where(or_(func.lower(Conversation.subject).like(like, escape="\\"), said))
    return query


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _which(wanted: InboxFilter, now: datetime) -> ColumnElement[bool]:
    if wanted.which == "greetings":
        return and_(Conversation.state == "open", Conversation.tray == "greetings")
    if wanted.which == "ended":
        return Conversation.state == "ended"
    return and_(Conversation.state == "open", Conversation.tray == "complaints", _waits_so(wanted, now))


def _waits_so(wanted: InboxFilter, now: datetime) -> ColumnElement[bool]:
    if wanted.which == "mine":
        return Conversation.assignee_id == wanted.user_id
    if wanted.which == "unassigned":
        return Conversation.assignee_id.is_(None)
    if wanted.which == "waiting":
        return _has_clock(ConversationClock.paused_at.is_not(None))
    if wanted.which == "no_answer":
        return _is_unanswered()
    return _is_overdue(now) if wanted.which == "overdue" else true()


def _has_clock(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        ConversationClock.conversation_id == Conversation.id,
        ConversationClock.stopped_at.is_(None),
        condition,
    )


def _is_unanswered() -> ColumnElement[bool]:
    """Who was asked did not answer in time, and nobody has written or followed up since."""
    asked_in_vain = exists().where(
        ConversationChange.conversation_id == Conversation.id,
        ConversationChange.kind == "no_answer",
        ConversationChange.at > Conversation.last_message_at,
    )
    return and_(asked_in_vain, _has_clock(ConversationClock.paused_at.is_(None)))


def unanswered(session: Session, conversation_ids: Collection[int]) -> set[int]:
    """Return which of some conversations are of people who were asked and did not answer in time."""
    return set(
        session.scalars(
            select(Conversation.id).where(
                Conversation.id.in_(list(conversation_ids)), Conversation.state == "open", _is_unanswered()
            )
        )
    )


def _is_overdue(now: datetime) -> ColumnElement[bool]:
    return _has_clock(and_(ConversationClock.paused_at.is_(None), ConversationClock.due_at < now))


def _due() -> Any:
    """What falls due first comes first; where nothing runs, what was last heard."""
    due = (
        select(func.min(ConversationClock.due_at))
        .where(ConversationClock.conversation_id == Conversation.id, ConversationClock.stopped_at.is_(None))
        .scalar_subquery()
    )
    return func.coalesce(due, Conversation.last_message_at)


def _last_words(session: Session, conversation_ids: list[int]) -> dict[int, tuple[str, str]]:
    newest = (
        select(func.max(ConversationMessage.id))
        .where(
            ConversationMessage.conversation_id.in_(conversation_ids),
            ConversationMessage.direction != "note",
            ConversationMessage.is_automatic.is_(False),
        )
        .group_by(ConversationMessage.conversation_id)
    )
    rows = session.execute(
        select(
            ConversationMessage.conversation_id, ConversationMessage.words, ConversationMessage.direction
        ).where(ConversationMessage.id.in_(newest))
    )
    return {row[0]: (row[1][:120], row[2]) for row in rows}
