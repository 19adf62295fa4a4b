"""Day plans, batches, stops and what crews report of them."""

from datetime import date, datetime

from geoalchemy2 import WKBElement
from sqlalchemy import Boolean, Date, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import (
    Code,
    Facts,
    Key,
    Model,
    Moment,
    Rows,
    UtcDateTime,
    Words,
    geometry,
    reference,
)


class DayPlan(Model):
    """One computed plan of a day: problem, answer and the referee's verdict, kept as they were.

    `problem` and `answer` are in the file format of `docs/methods/dispatch.md`, so a plan can be judged
    again. `progress` is 0–100 while the worker computes. `kind` tells a plan of a day from a change of a day
    that is running (domain/day_events.py). `asked` holds what the dispatcher wished and, for a change, what
    the crews' lists were when it was computed; `tries` how often its computation was begun.
    """

    __tablename__ = "day_plan"

    id: Mapped[Key]
    day: Mapped[date] = mapped_column(Date, index=True)
    kind: Mapped[Code] = mapped_column(default="day")
    state: Mapped[Code]
    tries: Mapped[int] = mapped_column(default=0)
    asked: Mapped[Facts] = mapped_column(default=dict)
    progress: Mapped[int] = mapped_column(default=0)
    seed: Mapped[int]
    seconds: Mapped[float]
    problem: Mapped[Facts] = mapped_column(default=dict)
    answer: Mapped[Facts] = mapped_column(default=dict)
    violations: Mapped[Facts] = mapped_column(default=dict)
    accepted: Mapped[bool] = mapped_column(Boolean, default=False)
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    created_at: Mapped[Moment]
    computed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class Batch(Model):
    """Ordered work orders of one crew in one shift."""

    __tablename__ = "batch"

    id: Mapped[Key]
    day_plan_id: Mapped[int] = reference("day_plan.id")
    crew_id: Mapped[int] = reference("crew.id")
    shift_id: Mapped[int] = reference("shift.id")
    status: Mapped[Code] = mapped_column(String(40), index=True)
    travel_s: Mapped[int] = mapped_column(default=0)
    distance_m: Mapped[int] = mapped_column(default=0)
    dispatched_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class BatchRevision(Model):
    """One approved version of a batch's list. Appended: the last approved list is never lost.

    `stops` holds the list in order, each with its stop, order and times (Unix seconds); `changes` what became
    different, for the crew's note; `seen_at` is when the crew's leader said that they had read it.
    """

    __tablename__ = "batch_revision"
    __table_args__ = (UniqueConstraint("batch_id", "number"),)

    id: Mapped[Key]
    batch_id: Mapped[int] = reference("batch.id")
    number: Mapped[int]
    day_plan_id: Mapped[int] = reference("day_plan.id")
    reason: Mapped[Code]
    stops: Mapped[Rows]
    changes: Mapped[Rows]
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    at: Mapped[Moment]
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class Stop(Model):
    """One visit in a batch; `position` counts from 1. `expected_until` is a dispatcher's word on when a
    visit under way will end.
    """

    __tablename__ = "stop"
    __table_args__ = (UniqueConstraint("batch_id", "position"),)

    id: Mapped[Key]
    batch_id: Mapped[int] = reference("batch.id")
    work_order_id: Mapped[int] = reference("work_order.id")
    position: Mapped[int]
    status: Mapped[Code]
    arrives_at: Mapped[datetime] = mapped_column(UtcDateTime())
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expected_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class StopEvent(Model):
    """What a crew reported of a stop. Appended only; `client_key` makes a replay harmless.

    `at` is the time on the phone, `received_at` the server's.
    """

    __tablename__ = "stop_event"

    id: Mapped[Key]
    stop_id: Mapped[int] = reference("stop.id")
    client_key: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[Code]
    user_id: Mapped[int] = reference("user_account.id")
    at: Mapped[Moment]
    received_at: Mapped[Moment]
    place: Mapped[WKBElement | None] = geometry("POINT", nullable=True)
    words: Mapped[Words] = mapped_column(default="")
    facts: Mapped[Facts] = mapped_column(default=dict)


class DayEvent(Model):
    """Something that changed a running day, as the dispatcher told it. Appended only.

    `until` and `minutes` say how long, where the kind has a length.
    """

    __tablename__ = "day_event"

    id: Mapped[Key]
    day: Mapped[date] = mapped_column(Date, index=True)
    kind: Mapped[Code]
    work_order_id: Mapped[int | None] = reference("work_order.id", nullable=True)
    crew_id: Mapped[int | None] = reference("crew.id", nullable=True)
    stop_id: Mapped[int | None] = reference("stop.id", nullable=True)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    minutes: Mapped[int | None]
    words: Mapped[Words] = mapped_column(default="")
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    at: Mapped[Moment]
