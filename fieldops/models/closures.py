"""Roads that cannot be driven for a while, and the appended history of that."""

from datetime import datetime

from geoalchemy2 import WKBElement
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import (
    Code,
    Facts,
    Key,
    Model,
    Moment,
    UtcDateTime,
    Words,
    geometry,
    reference,
)


class RoadClosure(Model):
    """An area whose roads cannot be driven from `starts_at` until `ends_at`, or until somebody reopens them.

    `shape` never changes, so that a plan computed with it can be computed again. `origin` says how it came
    about (domain/closures.py); `streets` names what it closes, as far as that is known.
    """

    __tablename__ = "road_closure"

    id: Mapped[Key]
    shape: Mapped[WKBElement] = geometry("MULTIPOLYGON")
    origin: Mapped[Code]
    streets: Mapped[Words] = mapped_column(default="")
    note: Mapped[Words] = mapped_column(default="")
    work_order_id: Mapped[int | None] = reference("work_order.id", nullable=True)
    starts_at: Mapped[Moment]
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    reopened_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    created_at: Mapped[Moment]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class RoadClosureChange(Model):
    """One appended line of a closure's history: closed, reopened."""

    __tablename__ = "road_closure_change"

    id: Mapped[Key]
    road_closure_id: Mapped[int] = reference("road_closure.id")
    what: Mapped[Code]
    actor: Mapped[Code]
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    at: Mapped[Moment]
    facts: Mapped[Facts] = mapped_column(default=dict)
