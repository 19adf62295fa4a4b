"""Calls of crews for help."""

from datetime import datetime

from geoalchemy2 import WKBElement
from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Code, Key, Model, Moment, UtcDateTime, Words, geometry, reference


class HelpCall(Model):
    """A crew asked for help: at a stop, or for its whole day. `client_key` makes a replay harmless.

    `at` is the time on the phone, `received_at` the server's; `answer` are the office's words to the crew.
    """

    __tablename__ = "help_call"
    __table_args__ = (Index("ix_help_call_answered_at", "answered_at"),)

    id: Mapped[Key]
    crew_id: Mapped[int] = reference("crew.id")
    stop_id: Mapped[int | None] = reference("stop.id", nullable=True)
    client_key: Mapped[str] = mapped_column(String(64), unique=True)
    reason: Mapped[Code]
    words: Mapped[Words] = mapped_column(default="")
    place: Mapped[WKBElement | None] = geometry("POINT", nullable=True)
    user_id: Mapped[int] = reference("user_account.id")
    at: Mapped[Moment]
    received_at: Mapped[Moment]
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    answered_by_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    answer: Mapped[Words] = mapped_column(default="")
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
