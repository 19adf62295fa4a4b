"""A day that is running: each crew on duty with what it did, what it is at and what it still has to do."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.work_order_states import BatchStatus, StopEventKind, StopStatus
from fieldops.models import Batch, Crew, DayEvent, Depot, Shift, Stop, StopEvent
from fieldops.models.base import lon_lat

OUT = (BatchStatus.DISPATCHED.value, BatchStatus.FINISHED.value, BatchStatus.RECALLED.value)
DONE = (StopStatus.COMPLETED.value, StopStatus.BLOCKED.value)
BEGUN = (StopStatus.ON_THE_WAY.value, StopStatus.ARRIVED.value)


@dataclass(frozen=True)
class RunningCrew:
    """One crew of the day.

    `batch` is the one that is out, None for a crew without work or whose work has ended. `stops` are all
    that are on its list or were done, in the order of the list; `moments` are when a stop was left for,
    reached and ended, by (stop, kind). `seen_at` is (when, lon, lat) where it was last known to be.
    """

    shift: Shift
    crew: Crew
    depot: Depot
    batch: Batch | None
    stops: tuple[Stop, ...] = ()
    moments: dict[tuple[int, str], datetime] = field(default_factory=dict)
    seen_at: tuple[datetime, float, float] | None = None

    def moment(self, stop: Stop, kind: StopEventKind) -> datetime | None:
        """When something was first reported of a stop."""
        return self.moments.get((stop.id, kind.value))


def running_crews(session: Session, day: date) -> list[RunningCrew]:
    """Return the active crews that have a shift on a day, by letter."""
    rows = session.execute(
        select(Shift, Crew, Depot)
        .join(Crew, Crew.id == Shift.crew_id)
        .join(Depot, Depot.id == Crew.depot_id)
        .where(Shift.day == day, Crew.active.is_(True))
        .order_by(Crew.letter)
    ).all()
    batches = session.scalars(
        select(Batch)
        .where(Batch.shift_id.in_([shift.id for shift, _crew, _depot in rows]), Batch.status.in_(OUT))
        .order_by(Batch.id)
    ).all()
    stops = session.scalars(
        select(Stop)
        .where(Stop.batch_id.in_([batch.id for batch in batches]))
        .order_by(Stop.batch_id, Stop.position)
    ).all()
    events = _events(session, [stop.id for stop in stops])
    return [_crew(shift, crew, depot, batches, stops, events) for shift, crew, depot in rows]


def _crew(
    shift: Shift,
    crew: Crew,
    depot: Depot,
    batches: Collection[Batch],
    stops: Collection[Stop],
    events: Collection[StopEvent],
) -> RunningCrew:
    mine = {batch.id: batch for batch in batches if batch.shift_id == shift.id}
    held = [
        stop
        for stop in stops
        if stop.batch_id in mine
        and (
            stop.status in (*DONE, *BEGUN)
            or (
                stop.status == StopStatus.PLANNED.value
                and mine[stop.batch_id].status == BatchStatus.DISPATCHED.value
            )
        )
    ]
    numbers = {stop.id for stop in held}
    moments: dict[tuple[int, str], datetime] = {}
    seen: tuple[datetime, float, float] | None = None
    for event in events:
        if event.stop_id in numbers:
            moments.setdefault((event.stop_id, event.kind), event.at)
            if event.place is not None and (seen is None or event.at >= seen[0]):
                seen = (event.at, *lon_lat(event.place))
    out = next((b for b in mine.values() if b.status == BatchStatus.DISPATCHED.value), None)
    return RunningCrew(shift, crew, depot, out, tuple(held), moments, seen)


def _events(session: Session, stop_ids: Collection[int]) -> list[StopEvent]:
    return list(
        session.scalars(
            select(StopEvent)
            .where(StopEvent.stop_id.in_(list(stop_ids)))
            .order_by(StopEvent.at, StopEvent.id)
        )
    )


def events_on(session: Session, day: date) -> list[DayEvent]:
    """Return what happened on a day, newest first."""
    return list(session.scalars(select(DayEvent).where(DayEvent.day == day).order_by(DayEvent.id.desc())))


def conflicting_reports(session: Session, since: datetime) -> list[tuple[StopEvent, Stop, Crew]]:
    """Return what crews reported, since a moment, of stops that another crew was at or had done by then."""
    rows = session.execute(
        select(StopEvent, Stop, Crew)
        .join(Stop, Stop.id == StopEvent.stop_id)
        .join(Batch, Batch.id == Stop.batch_id)
        .join(Crew, Crew.id == Batch.crew_id)
        .where(
            StopEvent.received_at >= since,
            StopEvent.kind.in_((StopEventKind.COMPLETED.value, StopEventKind.BLOCKED.value)),
            Stop.status == StopStatus.REMOVED.value,
        )
        .order_by(StopEvent.id.desc())
    )
    return [(event, stop, crew) for event, stop, crew in rows if event.facts.get("conflict")]
