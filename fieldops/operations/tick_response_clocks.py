"""Looking at the promises that run: who must be warned, and which pauses have lasted long enough."""

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.conversations import LONGEST_PAUSE, PausedClock, due_warning
from fieldops.domain.notices import NewsKind
from fieldops.models import ConversationClock
from fieldops.operations.add_news import add_news
from fieldops.operations.run_clocks import note_change, resume_clocks
from fieldops.queries.conversations import get_conversation, paused_since, running_clocks

MOST_AT_ONCE = 5000
LATE = 100
"""Percent of the promised time at which the head hears of it."""


def tick_response_clocks(session: Session) -> int:
    """Write down each warning that is due and let long pauses end; return how many warnings were added.

    At 50 and 80 percent the one who has the conversation is warned, at 100 the head: pages read the history,
    and devices are told.
    Nothing closes by itself.
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
    for row in paused_since(session, now - LONGEST_PAUSE):
        conversation = get_conversation(session, row.conversation_id)
        conversation.is_unread = True
        resume_clocks(session, conversation, now)
        note_change(session, conversation, "no_answer", clock=row.kind)
    add_news(session, NewsKind.WARNED, [number for number, share in warnings if share < LATE])
    add_news(session, NewsKind.LATE, [number for number, share in warnings if share >= LATE])
    return len(warnings)


def as_paused(row: ConversationClock) -> PausedClock:
    """Return a stored promise as the rules see it."""
    return PausedClock(row.hours, row.started_at, row.paused_s, row.paused_at, row.stopped_at)
