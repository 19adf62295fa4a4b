"""Day plans, batches and stops."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.errors import NotFound
from fieldops.models import Batch, Crew, DayPlan, Shift, Stop, StopEvent


def get_plan(session: Session, day_plan_id: int) -> DayPlan:
    """Return a day plan or raise NotFound."""
    found = session.get(DayPlan, day_plan_id)
    if found is None:
        raise NotFound("There is no such plan.")
    return found


def proposed_plans(session: Session, day: date) -> list[DayPlan]:
    """Return the plans of a day that wait for a decision."""
    return list(
        session.scalars(
            select(DayPlan).where(DayPlan.day == day, DayPlan.state == "proposed").order_by(DayPlan.id)
        )
    )


def latest_plan(session: Session, day: date) -> DayPlan | None:
    """Return the newest plan of a day that was not given up."""
    return session.scalar(
        select(DayPlan)
        .where(DayPlan.day == day, DayPlan.state != "discarded")
        .order_by(DayPlan.id.desc())
        .limit(1)
    )


def get_batch(session: Session, batch_id: int) -> Batch:
    """Return a batch or raise NotFound."""
    found = session.get(Batch, batch_id)
    if found is None:
        raise NotFound("There is no such batch.")
    return found


def batches_of(session: Session, day_plan_id: int) -> list[Batch]:
    """Return a plan's batches in the order of the crews' letters."""
    return list(
        session.scalars(
            select(Batch)
            .join(Crew, Crew.id == Batch.crew_id)
            .where(Batch.day_plan_id == day_plan_id)
            .order_by(Crew.letter)
        )
    )


def batches_on(session: Session, day: date, *statuses: str) -> list[Batch]:
    """Return a day's batches in any of these states, in the order of the crews' letters."""
    return list(
        session.scalars(
            select(Batch)
            .join(Shift, Shift.id == Batch.shift_id)
            .join(Crew, Crew.id == Batch.crew_id)
            .where(Shift.day == day, Batch.status.in_(statuses))
            .order_by(Crew.letter, Batch.id)
        )
    )


def get_stop(session: Session, stop_id: int) -> Stop:
    """Return a stop or raise NotFound."""
    found = session.get(Stop, stop_id)
    if found is None:
        raise NotFound("There is no such stop.")
    return found


def stops_of(session: Session, batch_ids: Collection[int]) -> dict[int, list[Stop]]:
    """Return each batch's stops in order."""
    found: dict[int, list[Stop]] = {batch_id: [] for batch_id in batch_ids}
    for stop in session.scalars(
        select(Stop).where(Stop.batch_id.in_(list(batch_ids))).order_by(Stop.batch_id, Stop.position)
    ):
        found[stop.batch_id].append(stop)
    return found


def events_of(session: Session, stop_id: int) -> list[StopEvent]:
    """Return what was reported of a stop, oldest first."""
    return list(session.scalars(select(StopEvent).where(StopEvent.stop_id == stop_id).order_by(StopEvent.id)))


def crews_led_by(session: Session, user_id: int) -> list[Crew]:
    """Return the crews whose leader a user is."""
    return list(
        session.scalars(
            select(Crew).where(Crew.leader_id == user_id, Crew.active.is_(True)).order_by(Crew.letter)
        )
    )


def progress_of(session: Session, batch_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """Return how many stops each batch has in each state."""
    rows = session.execute(
        select(Stop.batch_id, Stop.status, func.count())
        .where(Stop.batch_id.in_(list(batch_ids)))
        .group_by(Stop.batch_id, Stop.status)
    )
    found: dict[int, dict[str, int]] = {}
    for batch_id, status, count in rows:
        found.setdefault(batch_id, {})[status] = count
    return found
