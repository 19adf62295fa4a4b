"""The private people behind requests. Reached only by operations and by queries/reporters.

There is deliberately no relationship from a request to its reporter.
"""

from datetime import datetime

from sqlalchemy import LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Code, Key, Model, Moment, UtcDateTime, reference


class Reporter(Model):
    """A person to be told. Contact and name are encrypted with a key outside the database.

    `contact_digest` is a keyed hash, so that a second report by the same address finds the same row.
    `stopped_at`: they want no more news; who wrote by a channel says so there (`ChannelPerson`).
    """

    __tablename__ = "reporter"

    id: Mapped[Key]
    channel: Mapped[Code]
    contact_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    contact_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    name_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    language: Mapped[Code] = mapped_column(String(40), default="id")
    created_at: Mapped[Moment]
    anonymised_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class Follower(Model):
    """Who hears of a request: its author, or a neighbour who said "me too"."""

    __tablename__ = "follower"
    __table_args__ = (UniqueConstraint("request_id", "reporter_id"),)

    id: Mapped[Key]
    request_id: Mapped[int] = reference("service_request.id")
    reporter_id: Mapped[int] = reference("reporter.id")
    part: Mapped[Code]
    since: Mapped[Moment]


class ContactView(Model):
    """A logged look at a reporter's contact."""

    __tablename__ = "contact_view"

    id: Mapped[Key]
    reporter_id: Mapped[int] = reference("reporter.id")
    user_id: Mapped[int] = reference("user_account.id")
    at: Mapped[Moment]
    reason: Mapped[Code]
