"""Taking, finishing and giving back tasks. At least once: every handler is idempotent."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.models import Task

LEASE_S: Final = 120
MOST_ATTEMPTS: Final = 8
FIRST_DELAY_S: Final = 5
LONGEST_DELAY_S: Final = 3600


@dataclass(frozen=True)
class Lease:
    """A task taken by one worker until its lease runs out."""

    task_id: int
    token: str
    name: str
    payload: dict[str, Any]
    attempts: int


def _is_due() -> Any:
    now = clock.now()
    return or_(
        and_(Task.state == "todo", Task.due_at <= now),
        and_(Task.state == "leased", Task.lease_until < now),
    )


def park_hopeless(session: Session) -> int:
    """Park tasks that have had their last attempt and never came back, because they end every worker that
    takes them; return how many.
    """
    done = session.execute(
        update(Task)
        .where(Task.state == "leased", Task.lease_until < clock.now(), Task.attempts >= MOST_ATTEMPTS)
        .values(state="parked", lease_until=None, lease_token=None, last_error="its worker died each time")
        .returning(Task.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


def free_leases(session: Session) -> int:
    """Let every leased task be taken at once; return how many. Only for a worker that knows it is the only
    one: whoever held them is dead.
    """
    done = session.execute(
        update(Task)
        .where(Task.state == "leased")
        .values(lease_until=clock.now() - timedelta(seconds=1))
        .returning(Task.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


def something_is_due(session: Session) -> bool:
    """Return whether a task waits; a read that takes no lock."""
    return session.scalar(select(Task.id).where(_is_due()).limit(1)) is not None


def take(session: Session, lease_s: int = LEASE_S) -> Lease | None:
    """Take the oldest due task, or one whose worker died.

    One statement on both databases: on PostgreSQL rows locked by other workers are skipped, on SQLite the
    write lock taken at BEGIN serialises the takers.
    """
    now = clock.now()
    park_hopeless(session)
    oldest = select(Task.id).where(_is_due()).order_by(Task.due_at, Task.id).limit(1)
    token = secrets.token_hex(16)
    row = session.execute(
        update(Task)
        .where(Task.id == oldest.with_for_update(skip_locked=True).scalar_subquery())
        .values(
            state="leased",
            lease_until=now + timedelta(seconds=lease_s),
            lease_token=token,
            attempts=Task.attempts + 1,
            dedupe_key=None,  # news that arrives while this runs must queue again
        )
        .returning(Task.id, Task.name, Task.payload, Task.attempts)
        .execution_options(synchronize_session=False)
    ).first()
    return Lease(row.id, token, row.name, row.payload, row.attempts) if row else None


def _close(session: Session, lease: Lease, **values: Any) -> bool:
    done = session.execute(
        update(Task)
        .where(Task.id == lease.task_id, Task.lease_token == lease.token)
        .values(lease_until=None, lease_token=None, **values)
        .returning(Task.id)
        .execution_options(synchronize_session=False)
    )
    return done.first() is not None


def finish(session: Session, lease: Lease) -> bool:
    """Mark a task done; False when the lease had run out and another worker has it."""
    return _close(session, lease, state="done", finished_at=clock.now(), last_error="")


def give_back(session: Session, lease: Lease, error: str) -> None:
    """Put a failed task back with a growing delay, or park it for staff after the last attempt."""
    if lease.attempts >= MOST_ATTEMPTS:
        _close(session, lease, state="parked", last_error=error[:2000])
        return
    delay_s = min(LONGEST_DELAY_S, FIRST_DELAY_S * 3 ** (lease.attempts - 1))
    _close(
        session, lease, state="todo", due_at=clock.now() + timedelta(seconds=delay_s), last_error=error[:2000]
    )


def renew(session: Session, lease: Lease, lease_s: int = LEASE_S) -> bool:
    """Keep a long task for longer; False when it was lost."""
    done = session.execute(
        update(Task)
        .where(Task.id == lease.task_id, Task.lease_token == lease.token)
        .values(lease_until=clock.now() + timedelta(seconds=lease_s))
        .returning(Task.id)
        .execution_options(synchronize_session=False)
    )
    return done.first() is not None
