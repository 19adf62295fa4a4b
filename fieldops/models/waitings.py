"""Waitings of requests for somebody else, each with its deadline."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Code, Facts, Key, Model, Moment, UtcDateTime, Words, reference


class RequestWaiting(Model):
    """One waiting of a request, from `since` until `ended_at`; asking again begins another one.

    `kind` and `outcome` are those of `domain.waitings`. `due_at` is what was promised when it began;
    `warned_at` and `passed_at` are when the clock said so, each once. `words` went to the reporter; `facts`
    hold codes and an authority's name, never personal data.
    """

    __tablename__ = "request_waiting"
    __table_args__ = (Index("ix_request_waiting_ended_at_due_at", "ended_at", "due_at"),)

    id: Mapped[Key]
    request_id: Mapped[int] = reference("service_request.id")
    kind: Mapped[Code]
    since: Mapped[Moment]
    warn_at: Mapped[Moment]
    due_at: Mapped[Moment]
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True, index=False)
    words: Mapped[Words] = mapped_column(default="")
    facts: Mapped[Facts] = mapped_column(default=dict)
    warned_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    passed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    outcome: Mapped[Code | None]
