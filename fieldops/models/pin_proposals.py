"""Places that crews correct, until the office decides."""

from datetime import datetime

from geoalchemy2 import WKBElement
from sqlalchemy import Boolean, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Code, Key, Model, Moment, UtcDateTime, Words, geometry, reference


class PinProposal(Model):
    """A crew says where an order's place really is. `client_key` makes a replay harmless.

    `was` is the place before, `accuracy_m` how well the phone knew its own (None: coordinates were typed);
    `override` says that the crew confirmed a place far from the old one.
    """

    __tablename__ = "pin_proposal"
    __table_args__ = (Index("ix_pin_proposal_status", "status"),)

    id: Mapped[Key]
    stop_id: Mapped[int] = reference("stop.id")
    work_order_id: Mapped[int] = reference("work_order.id")
    client_key: Mapped[str] = mapped_column(String(64), unique=True)
    status: Mapped[Code]
    was: Mapped[WKBElement] = geometry("POINT")
    place: Mapped[WKBElement] = geometry("POINT")
    accuracy_m: Mapped[float | None]
    override: Mapped[bool] = mapped_column(Boolean, default=False)
    words: Mapped[Words] = mapped_column(default="")
    user_id: Mapped[int] = reference("user_account.id")
    at: Mapped[Moment]
    received_at: Mapped[Moment]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decided_by_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
