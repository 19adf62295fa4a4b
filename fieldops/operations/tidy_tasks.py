"""Forgetting finished tasks and old keys; parked tasks stay until a person decides."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.models import IdempotencyKey, Task

KEPT: Final = timedelta(days=14)


def tidy_tasks(session: Session) -> None:
    """Delete tasks finished, and keys given, more than two weeks ago."""
    before = clock.now() - KEPT
    session.execute(
        delete(Task)
        .where(Task.state == "done", Task.finished_at < before)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.at < before).execution_options(synchronize_session=False)
    )
