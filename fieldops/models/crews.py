"""Crews and their shifts."""

from datetime import date, datetime

from sqlalchemy import Boolean, Date, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Code, Codes, Facts, Key, Model, Name, UtcDateTime, reference


class Crew(Model):
    """People with one vehicle. `capacity` maps a material to what the vehicle carries of it."""

    __tablename__ = "crew"

    id: Mapped[Key]
    letter: Mapped[Code] = mapped_column(String(4), unique=True)
    name: Mapped[Name] = mapped_column(String(200), unique=True)
    department_id: Mapped[int] = reference("department.id")
    depot_id: Mapped[int] = reference("depot.id")
    leader_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    skills: Mapped[Codes]
    capacity: Mapped[Facts]
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class Shift(Model):
    """When a crew works on one day. Times in UTC, lengths in seconds.

    From `away_from` to `away_until` (the end of the shift when empty) the crew cannot go on: its vehicle
    broke down. `extra_skills` were lent to it for this day.
    """

    __tablename__ = "shift"
    __table_args__ = (UniqueConstraint("crew_id", "day"),)

    id: Mapped[Key]
    crew_id: Mapped[int] = reference("crew.id")
    day: Mapped[date] = mapped_column(Date, index=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime())
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime())
    break_from: Mapped[datetime | None] = mapped_column(UtcDateTime())
    break_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    break_s: Mapped[int] = mapped_column(default=0)
    overtime_s: Mapped[int] = mapped_column(default=0)
    away_from: Mapped[datetime | None] = mapped_column(UtcDateTime())
    away_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    extra_skills: Mapped[Codes] = mapped_column(default=list)
