"""Looking at the promises that run: who must be warned, and which pauses have lasted long enough."""

from datetime import datetime

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.conversations import PausedClock, due_warning
from fieldops.domain.notices import NewsKind
from fieldops.domain.waitings import REPORTER_ANSWER, STARTING_HOURS, Deadline
from fieldops.models import ConversationClock
from fieldops.operations.add_news import add_news
from fieldops.operations.run_clocks import note_change, resume_clocks
from fieldops.queries.conversations import get_conversation, has_change_since, pauses, running_clocks
from fieldops.queries.promises import promises

MOST_AT_ONCE = 5000
LATE = 100
"""Percent of the promised time at which the head hears of it."""


def tick_response_clocks(session: Session) -> int:
    """Write down each warning that is due and let long pauses end; return how many warnings were added.

    At 50 and 80 percent the one who has the conversation is warned, at 100 the head: pages read the history,
    and devices are told. Who was asked and does not answer is warned of before; afterwards the clocks run on
    and the conversation is listed as without an answer. Nothing closes by itself.
    """
    now = clock.now()
    warnings: list[tuple[int, int]] = []
    for row in running_clocks(session, MOST_AT_ONCE):
        share = due_warning(as_paused(row).used(now), row.warned)
        if share is not None:
            row.warned = share
            conversation = get_conversation(session, row.conversation_id)
            conversation.is_unread = True
            note_change(session, conversation, "warned", clock=row.kind, share=share)
            warnings.append((conversation.id, share))
    near = _end_long_pauses(session, now)
    add_news(session, NewsKind.WARNED, near + [number for number, share in warnings if share < LATE])
    add_news(session, NewsKind.LATE, [number for number, share in warnings if share >= LATE])
    return len(warnings)


def pause_deadline(session: Session, since: datetime) -> Deadline:
    """Return how long the clocks wait for a person who was asked at `since`."""
    hours = promises(session, since.date()).get((REPORTER_ANSWER, None), STARTING_HOURS[REPORTER_ANSWER])
    return Deadline(since, hours)


def _end_long_pauses(session: Session, now: datetime) -> list[int]:
    """Let the clocks run on of whoever was waited for long enough, and warn of those for whom that is near;
    return the conversations of which somebody must be told.
    """
    told: list[int] = []
    for conversation_id, since in pauses(session).items():
        deadline = pause_deadline(session, since)
        if deadline.warn_at > now:
            continue
        conversation = get_conversation(session, conversation_id)
        if deadline.due_at <= now:
            resume_clocks(session, conversation, now)
            note_change(session, conversation, "no_answer", hours=deadline.hours)
        elif not has_change_since(session, conversation_id, "pause_warned", since):
            note_change(session, conversation, "pause_warned", until=deadline.due_at.isoformat())
        else:
            continue
        conversation.is_unread = True
        told.append(conversation_id)
    return told


def as_paused(row: ConversationClock) -> PausedClock:
    """Return a stored promise as the rules see it."""
    return PausedClock(row.hours, row.started_at, row.paused_s, row.paused_at, row.stopped_at)
