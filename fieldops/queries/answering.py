"""How well promises of answering are kept: figures of a week, by channel and department, and the worst."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.models import ChannelAccount, Conversation, ConversationClock, Department


@dataclass(frozen=True)
class Answering:
    """Figures of one group of conversations that began in a span of time.

    `median_s` is of the first response, of those answered; None where none is.
    """

    name: str
    received: int
    answered: int
    answered_in_time: int
    over_follow_up: int
    paused: int
    median_s: float | None


@dataclass(frozen=True)
class Worst:
    """A conversation whose promise is broken, or nearest to it."""

    conversation: Conversation
    kind: str
    due_at: datetime


@dataclass(frozen=True)
class _Promise:
    channel: str
    department: str
    kind: str
    started_at: datetime
    due_at: datetime
    paused_at: datetime | None
    paused_s: int
    stopped_at: datetime | None

    def is_over(self, now: datetime) -> bool:
        ended = self.stopped_at or (None if self.paused_at else now)
        return ended is not None and ended > self.due_at

    @property
    def took_s(self) -> float | None:
        if self.stopped_at is None:
            return None
        return (self.stopped_at - self.started_at).total_seconds() - self.paused_s


def answering(
    session: Session,
    since: datetime,
    until: datetime,
    now: datetime,
    department_ids: Collection[int] | None,
) -> tuple[Answering, list[Answering], list[Answering]]:
    """Return the figures of all, of each channel, of each department, for what began in [since, until)."""
    clock = ConversationClock
    query = (
        select(
            ChannelAccount.kind,
            Department.name,
            clock.kind,
            clock.started_at,
            clock.due_at,
            clock.paused_at,
            clock.paused_s,
            clock.stopped_at,
        )
        .select_from(clock)
        .join(Conversation, Conversation.id == clock.conversation_id)
        .join(ChannelAccount, ChannelAccount.id == Conversation.account_id)
        .join(Department, Department.id == Conversation.department_id)
        .where(clock.started_at >= since, clock.started_at < until)
    )
    if department_ids is not None:
        query = query.where(Conversation.department_id.in_(department_ids))
    rows = [_Promise(*row) for row in session.execute(query)]
    return (
        _figures("", rows, now),
        _each(rows, lambda one: one.channel, now),
        _each(rows, lambda one: one.department, now),
    )


def _each(rows: list[_Promise], group: Callable[[_Promise], str], now: datetime) -> list[Answering]:
    groups: dict[str, list[_Promise]] = {}
    for row in rows:
        groups.setdefault(group(row), []).append(row)
    return [_figures(name, held, now) for name, held in sorted(groups.items())]


def _figures(name: str, rows: list[_Promise], now: datetime) -> Answering:
    first = [row for row in rows if row.kind == "first_response"]
    follow = [row for row in rows if row.kind == "follow_up"]
    took = [row.took_s for row in first if row.took_s is not None]
    return Answering(
        name,
        received=len(first),
        answered=len(took),
        answered_in_time=sum(row.stopped_at is not None and row.stopped_at <= row.due_at for row in first),
        over_follow_up=sum(row.is_over(now) for row in follow),
        paused=sum(row.paused_at is not None and row.stopped_at is None for row in follow),
        median_s=median(took) if took else None,
    )


def worst_conversations(
    session: Session, department_ids: Collection[int] | None, most: int = 10
) -> list[Worst]:
    """Return the conversations whose running promise falls due first, or is broken longest."""
    query = (
        select(Conversation, ConversationClock.kind, ConversationClock.due_at)
        .join(ConversationClock, ConversationClock.conversation_id == Conversation.id)
        .where(
            Conversation.state == "open",
            ConversationClock.stopped_at.is_(None),
            ConversationClock.paused_at.is_(None),
        )
        .order_by(ConversationClock.due_at, Conversation.id)
    )
    if department_ids is not None:
        query = query.where(Conversation.department_id.in_(department_ids))
    seen: dict[int, Worst] = {}
    for conversation, kind, due_at in session.execute(query.limit(3 * most)):
        seen.setdefault(conversation.id, Worst(conversation, kind, due_at))
    return list(seen.values())[:most]
