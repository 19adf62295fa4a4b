"""Tasks and messages, for the worker's watchers."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.models import Message, Task


def oldest_overdue_lease_s(session: Session) -> float:
    """Return how long ago the oldest broken lease ran out, in seconds; 0 when none did."""
    now = clock.now()
    oldest = session.scalar(
        select(func.min(Task.lease_until)).where(Task.state == "leased", Task.lease_until < now)
    )
    return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0


def parked_tasks(session: Session) -> list[Task]:
    """Return the tasks that nobody will try again without a person's word, newest first."""
    return list(
        session.scalars(select(Task).where(Task.state == "parked").order_by(Task.id.desc()).limit(200))
    )


def undelivered_messages(session: Session) -> list[Message]:
    """Return messages that could not be sent, newest first."""
    return list(
        session.scalars(
            select(Message).where(Message.state == "failed").order_by(Message.id.desc()).limit(200)
        )
    )
