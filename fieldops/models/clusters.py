"""Clusters: requests judged to be one place of work, and what people decided about them."""

from datetime import datetime

from geoalchemy2 import WKBElement
from sqlalchemy import Boolean, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Code, Facts, Key, Model, Moment, UtcDateTime, geometry, reference


class Cluster(Model):
    """One place of work. Its id is its number: it never changes meaning and is never used again.

    `anchor` is where its oldest report is: a later one joins within reach of it.
    """

    __tablename__ = "cluster"

    id: Mapped[Key]
    family: Mapped[Code]
    service_id: Mapped[int] = reference("service.id")
    anchor: Mapped[WKBElement] = geometry("POINT")
    area_id: Mapped[int | None] = reference("area.id", nullable=True)
    address: Mapped[str] = mapped_column(String(200), default="")
    severity: Mapped[int] = mapped_column(default=2)
    open: Mapped[bool] = mapped_column(Boolean, default=True, index=True)
    created_at: Mapped[Moment]
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    joined_into_id: Mapped[int | None] = reference("cluster.id", nullable=True)
    split_from_id: Mapped[int | None] = reference("cluster.id", nullable=True)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class GroupingDecision(Model):
    """Staff said that two requests are, or are not, one place. Survives every regrouping.

    A later row on the same pair replaces an earlier one.
    """

    __tablename__ = "grouping_decision"
    __table_args__ = (CheckConstraint("first_id < second_id", name="ordered_pair"),)

    id: Mapped[Key]
    first_id: Mapped[int] = reference("service_request.id")
    second_id: Mapped[int] = reference("service_request.id")
    together: Mapped[bool] = mapped_column(Boolean)
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    at: Mapped[Moment]


class CauseDecision(Model):
    """Staff said that one place does, or does not, bring forth another. A later row on the same pair replaces
    an earlier one; places that were joined since are meant by either number.
    """

    __tablename__ = "cause_decision"

    id: Mapped[Key]
    cause_id: Mapped[int] = reference("cluster.id")
    effect_id: Mapped[int] = reference("cluster.id")
    linked: Mapped[bool] = mapped_column(Boolean)
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    at: Mapped[Moment]


class PairWeighing(Model):
    """What was learnt, on one night, of how much each reason counts for one place. Without an active one the
    stated weights count as they are. One without factors only counts what was decided: too little to learn.

    `learnt_from` tells what it was learnt from: the same decisions are not learnt twice. `card` says on what
    it rests and how it was proved; it holds counts and factors, and nothing of any report.
    """

    __tablename__ = "pair_weighing"

    id: Mapped[Key]
    learnt_at: Mapped[Moment]
    learnt_from: Mapped[str] = mapped_column(String(64), index=True)
    factors: Mapped[Facts]
    card: Mapped[Facts]
    active: Mapped[bool] = mapped_column(Boolean, default=False, index=True)
