"""Day plans, batches and stops."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from fieldops.domain.work_order_states import STARTED_STOPS, BatchStatus, StopStatus
from fieldops.errors import NotFound
from fieldops.models import Batch, Crew, DayPlan, Shift, Stop, StopEvent


def get_plan(session: Session, day_plan_id: int) -> DayPlan:
    """Return a day plan or raise NotFound."""
    found = session.get(DayPlan, day_plan_id)
    if found is None:
        raise NotFound("There is no such plan.")
    return found


def proposed_plans(session: Session, day: date) -> list[DayPlan]:
    """Return the plans of a day that wait for a decision, without changes of a day that is running."""
    return list(
        session.scalars(
            select(DayPlan)
            .where(DayPlan.day == day, DayPlan.kind == "day", DayPlan.state == "proposed")
            .order_by(DayPlan.id)
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


def batches_out_since(session: Session, moment: datetime) -> list[Batch]:
    """Return the batches that are out, and the recalled ones with a begun stop, whose shift had ended by a
    moment.
    """
    begun = select(Stop.batch_id).where(Stop.status.in_([status.value for status in STARTED_STOPS]))
    return list(
        session.scalars(
            select(Batch)
            .join(Shift, Shift.id == Batch.shift_id)
            .where(
                Shift.ends_at < moment,
                or_(
                    Batch.status == BatchStatus.DISPATCHED.value,
                    (Batch.status == BatchStatus.RECALLED.value) & Batch.id.in_(begun),
                ),
            )
            .order_by(Batch.id)
        )
    )


def crews_out_on(session: Session, shift_ids: Collection[int]) -> list[Crew]:
    """Return the crews that have work out, or ended, in any of these shifts, by letter."""
    return list(
        session.scalars(
            select(Crew)
            .join(Batch, Batch.crew_id == Crew.id)
            .where(
                Batch.shift_id.in_(list(shift_ids)),
                Batch.status.in_((BatchStatus.DISPATCHED.value, BatchStatus.FINISHED.value)),
            )
            .order_by(Crew.letter)
        )
    )


def stop_out_for(session: Session, order_id: int) -> tuple[Stop, date] | None:
    """Return an order's stop in a batch that is out, still to be visited, and the day; None without one."""
    row = session.execute(
        select(Stop, Shift.day)
        .join(Batch, Batch.id == Stop.batch_id)
        .join(Shift, Shift.id == Batch.shift_id)
        .where(
            Stop.work_order_id == order_id,
            Stop.status.in_((StopStatus.PLANNED.value, StopStatus.ON_THE_WAY.value)),
            Batch.status.in_((BatchStatus.DISPATCHED.value, BatchStatus.RECALLED.value)),
        )
        .order_by(Stop.id.desc())
    ).first()
    return (row[0], row[1]) if row else None


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
        .where(Stop.batch_id.in_(list(batch_ids)), Stop.status != StopStatus.REMOVED.value)
        .group_by(Stop.batch_id, Stop.status)
    )
    found: dict[int, dict[str, int]] = {}
    for batch_id, status, count in rows:
        found.setdefault(batch_id, {})[status] = count
    return found
