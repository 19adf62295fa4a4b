"""What must leave the building, or be done later, is a row written in the caller's own transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.models import Counter, Task
from fieldops.models.base import Model


def insert_if_absent(session: Session, table: type[Model], **values: Any) -> bool:
    """Insert a row unless a unique constraint has it already; return whether it was new."""
    fresh = _insert_of(session)(table).values(**values).on_conflict_do_nothing()
    done = session.execute(fresh.returning(table.id))  # type: ignore[attr-defined]
    return done.first() is not None


def insert_absent(session: Session, table: type[Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows in their order, leaving out those that a unique constraint has already.

    Every row names the same columns. It is one statement for all, and nothing is added to the session.
    """
    if rows:
        fresh = _insert_of(session)(table.__table__).on_conflict_do_nothing()
        session.connection().execute(fresh, list(rows))


def _insert_of(session: Session) -> Any:
    """Return the insert of the session's database, which knows ON CONFLICT."""
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


@dataclass(frozen=True)
class ToDo:
    """A task to be added: see `enqueue`."""

    name: str
    payload: dict[str, Any]
    due_at: datetime | None = None
    dedupe_key: str | None = None


def enqueue(
    session: Session,
    name: str,
    payload: dict[str, Any],
    *,
    due_at: datetime | None = None,
    dedupe_key: str | None = None,
) -> None:
    """Add a task to the caller's transaction.

    Parameters
    ----------
    session
        The caller's session; the task exists exactly when the caller's change does.
    name
        A name in `fieldops.tasks.registry`.
    payload
        Ids only, never words of people.
    due_at
        Not before this time; at once when left out.
    dedupe_key
        While a task with this key waits, another one is not added; the earlier of both times holds.
    """
    enqueue_all(session, [ToDo(name, payload, due_at, dedupe_key)])


def enqueue_all(session: Session, tasks: Sequence[ToDo]) -> None:
    """Add tasks to the caller's transaction, by one statement for those with a key and one for the others."""
    now = clock.now()
    rows = [
        {"name": task.name, "payload": task.payload, "state": "todo", "due_at": task.due_at or now,
         "created_at": now, "attempts": 0, "last_error": "", "dedupe_key": task.dedupe_key}
        for task in tasks
    ]  # fmt: skip
    plain = [row for row in rows if row["dedupe_key"] is None]
    keyed = [row for row in rows if row["dedupe_key"] is not None]
    if plain:
        session.connection().execute(_insert_of(session)(Task.__table__), plain)
    if keyed:
        make = _insert_of(session)(Task.__table__)
        # An update rather than nothing: it locks the waiting row until the caller's change can be seen, so
        # that no worker takes it, finds the old state, and finishes before.
        due = case((make.excluded.due_at < Task.due_at, make.excluded.due_at), else_=Task.due_at)
        once = make.on_conflict_do_update(index_elements=[Task.dedupe_key], set_={"due_at": due})
        session.connection().execute(once, keyed)


def next_number(session: Session, name: str) -> int:
    """Return the next value of a counter, from 1; the row stays locked until the transaction ends."""
    insert_if_absent(session, Counter, name=name, value=0)
    return session.execute(
        update(Counter)
        .where(Counter.name == name)
        .values(value=Counter.value + 1)
        .returning(Counter.value)
        .execution_options(synchronize_session=False)
    ).scalar_one()
