"""Writing down, with the change itself, that staff are to be told of it while their pages are closed."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.notices import JOIN_NEWS, NewsKind
from fieldops.models import StaffNews
from fieldops.outbox import enqueue


def add_news(
    session: Session, kind: NewsKind, thing_ids: Iterable[int], by_user_id: int | None = None
) -> None:
    """Add news of conversations (of batches: LIST; of calls for help: HELP) to the caller's transaction.

    Who is told is decided a moment later, by one task for all: a burst of messages is one notice a device.
    That task's row is everybody's, so this comes last in a unit of work, when it holds all the rows that it
    changes: two that took them in different orders would wait for each other.
    """
    now = clock.now()
    rows = [
        StaffNews(kind=kind.value, thing_id=number, by_user_id=by_user_id, at=now)
        for number in dict.fromkeys(thing_ids)
    ]
    if rows:
        session.add_all(rows)
        session.flush()
        enqueue(session, "tell_staff", {}, due_at=now + JOIN_NEWS, dedupe_key="tell_staff")
