"""The day as it goes: batches with their stops, what crews reported of them, and what is late."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.work_order_states import ENDED_STOPS, STARTED_STOPS, BatchStatus, StopStatus
from fieldops.models import Batch, Cluster, Crew, Service, Shift, Stop, StopEvent, WorkOrder
from fieldops.queries.orders import orders_described
from fieldops.queries.plans import batches_on, stops_of

LATE_AFTER: Final = timedelta(minutes=15)
"""How long after its planned arrival a stop that nobody has begun is called late (ours)."""

SHOWN: Final = (BatchStatus.DISPATCHED.value, BatchStatus.FINISHED.value, BatchStatus.RECALLED.value)


@dataclass(frozen=True)
class StopToday:
    """One stop with what happened there; `late_by` is None where it is not late."""

    stop: Stop
    order: WorkOrder
    service: Service
    cluster: Cluster
    arrived_at: datetime | None
    ended_at: datetime | None
    late_by: timedelta | None


@dataclass(frozen=True)
class BatchToday:
    """One crew's batch of the day."""

    batch: Batch
    crew: Crew
    shift: Shift
    stops: tuple[StopToday, ...]

    @property
    def ended(self) -> int:
        """How many stops have ended."""
        return sum(StopStatus(one.stop.status) in ENDED_STOPS for one in self.stops)

    @property
    def current(self) -> StopToday | None:
        """The stop under way, or the next one."""
        waiting = [one for one in self.stops if StopStatus(one.stop.status) not in ENDED_STOPS]
        started = [one for one in waiting if StopStatus(one.stop.status) in STARTED_STOPS]
        return next(iter(started or waiting), None)

    @property
    def late_by(self) -> timedelta | None:
        """How late the latest stop is."""
        late = [one.late_by for one in self.stops if one.late_by is not None]
        return max(late) if late else None


def batches_today(session: Session, day: date, now: datetime) -> list[BatchToday]:
    """Return a day's batches in the order of the crews' letters; recalled ones only with begun stops."""
    batches = batches_on(session, day, *SHOWN)
    stops = stops_of(session, [batch.id for batch in batches])
    orders = orders_described(session, [stop.work_order_id for held in stops.values() for stop in held])
    moments = _moments(session, [stop.id for held in stops.values() for stop in held])
    found: list[BatchToday] = []
    for batch in batches:
        kept = [stop for stop in stops[batch.id] if stop.status != StopStatus.REMOVED.value]
        if batch.status == BatchStatus.RECALLED.value:
            kept = [stop for stop in kept if stop.status not in ("planned", "returned")]
            if not kept:
                continue
        found.append(
            BatchToday(
                batch,
                session.get_one(Crew, batch.crew_id),
                session.get_one(Shift, batch.shift_id),
                tuple(_stop(stop, orders, moments, now) for stop in kept),
            )
        )
    return found


def _moments(session: Session, stop_ids: Collection[int]) -> dict[tuple[int, str], datetime]:
    rows = session.execute(
        select(StopEvent.stop_id, StopEvent.kind, StopEvent.at)
        .where(StopEvent.stop_id.in_(list(stop_ids)), StopEvent.kind.in_(("arrived", "completed", "blocked")))
        .order_by(StopEvent.id)
    )
    return {(stop_id, kind): at for stop_id, kind, at in rows}


def _stop(
    stop: Stop,
    orders: dict[int, tuple[WorkOrder, Service, Cluster]],
    moments: dict[tuple[int, str], datetime],
    now: datetime,
) -> StopToday:
    order, service, cluster = orders[stop.work_order_id]
    ended_at = moments.get((stop.id, "completed")) or moments.get((stop.id, "blocked"))
    return StopToday(
        stop, order, service, cluster, moments.get((stop.id, "arrived")), ended_at, _late_by(stop, now)
    )


def _late_by(stop: Stop, now: datetime) -> timedelta | None:
    if stop.status in (StopStatus.PLANNED.value, StopStatus.ON_THE_WAY.value):
        late = now - stop.arrives_at
    elif stop.status == StopStatus.ARRIVED.value:
        late = now - stop.ends_at
    else:
        return None
    return late if late > LATE_AFTER else None
