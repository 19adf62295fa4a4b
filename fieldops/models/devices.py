"""Devices on which a member of staff is told while no page is open, and what is to be told."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Code, Key, Model, Moment, Name, Rows, UtcDateTime, reference


class PushSubscription(Model):
    """A browser that its user allowed to show notices (consent: the row; withdrawn: no row).

    `address_sealed` holds the push service's address and the device's keys, readable with the contact key
    alone; `endpoint_digest` finds the address again. `device_digest` is of a cookie's secret, so that
    signing out silences the device. `news` are pieces of news ({kind, id, at, told}), ids only. `told_at` is
    when a notice last left, `quiet_until` until when the service wants to hear nothing; `failures` counts in
    a row.
    """

    __tablename__ = "push_subscription"

    id: Mapped[Key]
    user_id: Mapped[int] = reference("user_account.id")
    endpoint_digest: Mapped[str] = mapped_column(String(64), unique=True)
    device_digest: Mapped[str] = mapped_column(String(64), index=True)
    address_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    label: Mapped[Name] = mapped_column(String(80))
    language: Mapped[Code]
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    news: Mapped[Rows] = mapped_column(default=list)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    quiet_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    last_success_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    failures: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(String(200), default="")


class StaffNews(Model):
    """Something that staff are to be told of, written with the change itself and gone once devices have it.

    `kind` as in domain/notices.py; `thing_id` is the conversation's or the batch's number; `by_user_id` who
    did it, and so need not be told.
    """

    __tablename__ = "staff_news"

    id: Mapped[Key]
    kind: Mapped[Code]
    thing_id: Mapped[int]
    by_user_id: Mapped[int | None] = reference("user_account.id", nullable=True, index=False)
    at: Mapped[Moment]
