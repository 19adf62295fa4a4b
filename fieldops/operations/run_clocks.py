"""Starting, pausing and stopping the two promises of a conversation. Each act is a line of its history."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.conversations import ClockKind, FollowUp
from fieldops.domain.roles import THE_SYSTEM, By
from fieldops.models import Conversation, ConversationChange, ConversationClock
from fieldops.queries.conversations import clocks_of
from fieldops.queries.promises import promises

Clocks = dict[str, ConversationClock]
Promised = dict[tuple[str, int | None], int]

PROMISED_HOURS = {ClockKind.FIRST_RESPONSE: 24, ClockKind.FOLLOW_UP: 48}
"""Where the table of promises says nothing."""


def note_change(
    session: Session, conversation: Conversation, kind: str, by: By = THE_SYSTEM, **facts: Any
) -> None:
    """Append a line to a conversation's history; facts are codes, ids and times."""
    session.add(
        ConversationChange(
            conversation_id=conversation.id, kind=kind, user_id=by.user_id, at=clock.now(), facts=facts
        )
    )


def start_clocks(
    session: Session,
    conversation: Conversation,
    at: datetime,
    running: Clocks | None = None,
    promised: Promised | None = None,
) -> None:
    """Let both promises run from `at`; a promise that runs already keeps its start, whoever took over.

    `running` are the conversation's clocks, if the caller has them; it holds the new ones afterwards.
    `promised` are the hours promised that day, likewise.
    """
    if running is None:
        running = clocks_of(session, [conversation.id]).get(conversation.id, {})
    missing = [kind for kind in ClockKind if kind.value not in running]
    if not missing:
        return
    if promised is None:
        promised = promises(session, at.date())
    for kind in missing:
        hours = promised.get((kind.value, None), PROMISED_HOURS[kind])
        row = ConversationClock(
            conversation_id=conversation.id,
            kind=kind.value,
            hours=hours,
            started_at=at,
            due_at=at + timedelta(hours=hours),
            paused_s=0,
            warned=0,
        )
        session.add(row)
        running[kind.value] = row


def stop_clock(
    session: Session, conversation: Conversation, kind: ClockKind, at: datetime, by: By, *, why: str
) -> bool:
    """Stop a promise that runs; return whether it ran. `why` is a code."""
    row = clocks_of(session, [conversation.id]).get(conversation.id, {}).get(kind.value)
    if row is None or row.stopped_at is not None:
        return False
    _end_pause(row, at)
    row.stopped_at = at
    note_change(session, conversation, "clock_stopped", by, clock=kind.value, why=why)
    return True


def follow_up(session: Session, conversation: Conversation, by: By, what: FollowUp) -> bool:
    """Stop the second promise, because something was done about the matter and told."""
    return stop_clock(session, conversation, ClockKind.FOLLOW_UP, clock.now(), by, why=what.value)


def run_again(session: Session, conversation: Conversation, kind: ClockKind, stopped_at: datetime) -> None:
    """Let a promise run on that was stopped at `stopped_at` by an answer that never arrived."""
    row = clocks_of(session, [conversation.id]).get(conversation.id, {}).get(kind.value)
    if row is not None and row.stopped_at == stopped_at:
        row.stopped_at = None
        note_change(session, conversation, "clock_runs_again", clock=kind.value)


def pause_clocks(session: Session, conversation: Conversation, by: By) -> None:
    """Pause what still runs, while we wait for the person's answer."""
    now = clock.now()
    for row in clocks_of(session, [conversation.id]).get(conversation.id, {}).values():
        if row.stopped_at is None and row.paused_at is None:
            row.paused_at = now
            note_change(session, conversation, "clock_paused", by, clock=row.kind)


def resume_clocks(
    session: Session,
    conversation: Conversation,
    at: datetime,
    by: By = THE_SYSTEM,
    running: Clocks | None = None,
) -> None:
    """Let paused promises run on; `running` are the conversation's clocks, if the caller has them."""
    if running is None:
        running = clocks_of(session, [conversation.id]).get(conversation.id, {})
    for row in running.values():
        if row.stopped_at is None and row.paused_at is not None:
            _end_pause(row, at)
            note_change(session, conversation, "clock_resumed", by, clock=row.kind)


def _end_pause(row: ConversationClock, at: datetime) -> None:
    if row.paused_at is not None:
        pause_s = max(0, round((at - row.paused_at).total_seconds()))
        row.paused_s += pause_s
        row.due_at += timedelta(seconds=pause_s)
        row.paused_at = None
