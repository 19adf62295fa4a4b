"""Work orders, their appended history, their order among each other, and inspections."""

from datetime import datetime

from geoalchemy2 import WKBElement
from sqlalchemy import Boolean, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import (
    Code,
    Codes,
    Facts,
    Key,
    Model,
    Moment,
    UtcDateTime,
    Words,
    geometry,
    reference,
)


class WorkOrder(Model):
    """An instruction for work at one cluster. Durations in seconds, material in the service's unit.

    `estimate` says where duration and material come from (operations/estimate_work.py). `urgent_by` is when
    an emergency should be finished; later costs.
    """

    __tablename__ = "work_order"

    id: Mapped[Key]
    number: Mapped[Code] = mapped_column(String(40), unique=True)
    cluster_id: Mapped[int] = reference("cluster.id")
    service_id: Mapped[int] = reference("service.id")
    department_id: Mapped[int] = reference("department.id")
    status: Mapped[Code] = mapped_column(String(40), index=True)
    place: Mapped[WKBElement] = geometry("POINT")
    duration_s: Mapped[int]
    material: Mapped[Code]
    material_amount: Mapped[int]
    skills: Mapped[Codes]
    dry_weather: Mapped[bool] = mapped_column(Boolean, default=False)
    must_do: Mapped[bool] = mapped_column(Boolean, default=False)
    severity: Mapped[int] = mapped_column(default=2)
    exposure: Mapped[float] = mapped_column(default=1.0)
    size: Mapped[str] = mapped_column(String(100), default="")
    note: Mapped[Words] = mapped_column(default="")
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    urgent_by: Mapped[datetime | None] = mapped_column(UtcDateTime())
    estimate: Mapped[Facts] = mapped_column(default=dict)
    repair_kind: Mapped[Code | None] = mapped_column(String(40))
    blocked_reason: Mapped[Code | None] = mapped_column(String(40))
    rework_of_id: Mapped[int | None] = reference("work_order.id", nullable=True)
    created_at: Mapped[Moment]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class WorkOrderChange(Model):
    """One appended line of a work order's history."""

    __tablename__ = "work_order_change"

    id: Mapped[Key]
    work_order_id: Mapped[int] = reference("work_order.id")
    source: Mapped[Code | None] = mapped_column(String(40))
    target: Mapped[Code]
    actor: Mapped[Code]
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    at: Mapped[Moment]
    words: Mapped[Words] = mapped_column(default="")
    facts: Mapped[Facts] = mapped_column(default=dict)


class WorkOrderDependency(Model):
    """One order starts only when another is finished: drain before patch."""

    __tablename__ = "work_order_dependency"
    __table_args__ = (UniqueConstraint("work_order_id", "after_id"),)

    id: Mapped[Key]
    work_order_id: Mapped[int] = reference("work_order.id")
    after_id: Mapped[int] = reference("work_order.id")


class OrderPin(Model):
    """A dispatcher's word that an order stays with one crew, is done within certain hours, or both."""

    __tablename__ = "order_pin"
    __table_args__ = (UniqueConstraint("work_order_id"),)

    id: Mapped[Key]
    work_order_id: Mapped[int] = reference("work_order.id", index=False)
    crew_id: Mapped[int | None] = reference("crew.id", nullable=True)
    starts_from: Mapped[datetime | None] = mapped_column(UtcDateTime())
    starts_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    at: Mapped[Moment]


class Inspection(Model):
    """A visit that recorded the condition of a place."""

    __tablename__ = "inspection"

    id: Mapped[Key]
    cluster_id: Mapped[int] = reference("cluster.id")
    user_id: Mapped[int] = reference("user_account.id")
    at: Mapped[Moment]
    severity: Mapped[int]
    size: Mapped[str] = mapped_column(String(100), default="")
    words: Mapped[Words] = mapped_column(default="")
    place: Mapped[WKBElement | None] = geometry("POINT", nullable=True)
