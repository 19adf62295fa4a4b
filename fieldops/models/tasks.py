"""Work to be done later, messages to be sent, and keys that make a repeat harmless."""

from datetime import datetime

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Code, Facts, Key, Model, Moment, UtcDateTime, reference


class Task(Model):
    """A leased task. `payload` holds ids only; `state` is todo, leased, done or parked."""

    __tablename__ = "task"
    __table_args__ = (Index("ix_task_state_due", "state", "due_at"),)

    id: Mapped[Key]
    name: Mapped[Code]
    payload: Mapped[Facts] = mapped_column(default=dict)
    state: Mapped[Code] = mapped_column(String(40), default="todo")
    due_at: Mapped[Moment]
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    lease_token: Mapped[str | None] = mapped_column(String(32))
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")
    dedupe_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[Moment]
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class Message(Model):
    """The outbox: one thing to tell one reporter about one request, by the way they came.

    `template` and `facts` are kept rather than finished words, so that the language is chosen when it is
    sent and nothing personal lies here. `dedupe_key` keeps anybody from being told twice.
    """

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("dedupe_key"),)

    id: Mapped[Key]
    request_id: Mapped[int] = reference("service_request.id")
    reporter_id: Mapped[int] = reference("reporter.id")
    channel: Mapped[Code]
    language: Mapped[Code]
    template: Mapped[Code]
    facts: Mapped[Facts] = mapped_column(default=dict)
    state: Mapped[Code] = mapped_column(String(40), index=True)
    dedupe_key: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[Moment]
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    last_error: Mapped[str] = mapped_column(Text, default="")


class IdempotencyKey(Model):
    """The answer that was given to a key: a replay gets it again, another body gets 409."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("scope", "key"),)

    id: Mapped[Key]
    scope: Mapped[Code]
    key: Mapped[str] = mapped_column(String(100))
    body_digest: Mapped[str] = mapped_column(String(64))
    answer: Mapped[Facts]
    at: Mapped[Moment]


class ImportRun(Model):
    """One import of one file, so that it can be taken up where it stopped."""

    __tablename__ = "import_run"
    __table_args__ = (UniqueConstraint("file_digest", "mapping_digest"),)

    id: Mapped[Key]
    file_digest: Mapped[str] = mapped_column(String(64))
    mapping_digest: Mapped[str] = mapped_column(String(64))
    source: Mapped[Code]
    rows_done: Mapped[int] = mapped_column(default=0)
    rows_added: Mapped[int] = mapped_column(default=0)
    rows_known: Mapped[int] = mapped_column(default=0)
    rows_refused: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[Moment]
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class Counter(Model):
    """A running number that is never given twice, such as a month's work orders."""

    __tablename__ = "counter"

    id: Mapped[Key]
    name: Mapped[Code] = mapped_column(String(40), unique=True)
    value: Mapped[int] = mapped_column(default=0)
