"""A person's word that a parked task shall be tried again."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.errors import Conflict
from fieldops.models import Task
from fieldops.operations.audit import write_audit


def retry_task(session: Session, task_id: int, by: By) -> None:
    """Let a parked task run again at once.

    Raises
    ------
    Conflict
        It is not parked (any more).
    """
    found = session.execute(
        update(Task)
        .where(Task.id == task_id, Task.state == "parked")
        .values(state="todo", due_at=clock.now(), attempts=0)
        .returning(Task.id)
        .execution_options(synchronize_session=False)
    ).first()
    if found is None:
        raise Conflict("This task is no longer parked.")
    write_audit(session, by, "task_retried", "task", task_id)
