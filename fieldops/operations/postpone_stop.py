"""A crew puts a stop off until later today: it moves behind the others that are left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.domain.work_order_states import (
    STARTED_STOPS,
    BatchStatus,
    PostponedReason,
    StopEventKind,
    StopStatus,
)
from fieldops.errors import Conflict, InvalidInput, NotAllowed
from fieldops.i18n import clock_words
from fieldops.installation import Installation
from fieldops.models import Batch, Crew, Depot, Shift, Stop, StopEvent, WorkOrder
from fieldops.models.base import lon_lat
from fieldops.operations.append_stop_event import EventSaid, append_stop_event, known_event
from fieldops.operations.record_stop_event import require_open
from fieldops.operations.rewrite_own_list import rewrite_own_list
from fieldops.queries.closures import as_closures, closures_between, is_in_force
from fieldops.queries.crew_day import own_stop
from fieldops.queries.plans import stops_of
from fieldops.queries.work_orders import get_order, pins_of, predecessors
from fieldops.routing.drives import Closures, Place

MOST_WORDS: Final = 1000


@dataclass(frozen=True)
class PostponeSaid:
    """What the form says; `override` knows of what `Postponement.warnings` say."""

    client_key: str
    reason: str
    words: str = ""
    override: bool = False
    at: datetime | None = None


@dataclass(frozen=True)
class Warned:
    """What a postponement would break: an order's hours, an emergency's end, or the shift's (no order)."""

    kind: str
    number: str
    at: datetime
    until: datetime


@dataclass(frozen=True)
class Postponement:
    """The stops that are left in their new order, with times; `along` wait for the one put off."""

    listed: tuple[Stop, ...]
    times: Mapping[int, tuple[datetime, datetime]]
    along: tuple[Stop, ...]
    warnings: tuple[Warned, ...]


def plan_postponement(session: Session, installation: Installation, stop: Stop, batch: Batch) -> Postponement:
    """Return what becomes of the list when a stop moves behind the others; nothing is written.

    What waits for its order (drain before patch) moves along in its order, so that order is kept. Times are
    reckoned from now on, over roads where they are known, without the break.

    Raises
    ------
    Conflict
        The stop was reached, is off the list, or no other stop is left to put it behind.
    """
    _require_movable(stop, batch)
    left = [one for one in stops_of(session, [batch.id])[batch.id] if one.status == StopStatus.PLANNED.value]
    if stop.status == StopStatus.ON_THE_WAY.value:
        left = [stop, *left]
    moving = _with_dependents(session, stop, left)
    rest = [one for one in left if one not in moving]
    if not rest:
        raise Conflict("No other stop is left that this one could be put behind.")
    listed = [*rest, *moving]
    asked = _Asked(session, installation, batch, stop)
    before, times = _times(asked, left), _times(asked, listed)
    warnings = _warnings(session, left, before, times, session.get_one(Shift, batch.shift_id))
    return Postponement(
        tuple(listed), times.of_stops, tuple(one for one in moving if one is not stop), warnings
    )


def postpone_stop(
    session: Session, installation: Installation, stop_id: int, said: PostponeSaid, by: By
) -> StopEvent:
    """Move a stop behind the others; its crew's list has the new order and times at once.

    Stops that are done, begun or reached stay where they are. The office reads the new version of the list.

    Raises
    ------
    NotAllowed
        The stop belongs to another crew.
    Conflict
        The list was recalled, the stop has ended or was reached, or nothing is left behind it.
    InvalidInput
        The reason is missing, or hours or the shift would be broken and nobody confirmed; `field` names it.
    """
    if by.user_id is None:
        raise NotAllowed("This stop belongs to another crew.")
    stop, batch, _shift = own_stop(session, stop_id, by.user_id)
    known = known_event(session, stop, StopEventKind.POSTPONED, said.client_key)
    if known is not None:
        return known
    reason = _reason(said)
    require_open(stop, batch)
    planned = plan_postponement(session, installation, stop, batch)
    if planned.warnings and not said.override:
        raise warning_error(planned.warnings[0])
    facts = {
        "postponed": reason.value,
        "from": stop.position,
        "along": [one.work_order_id for one in planned.along],
        "broken": [f"{one.kind}:{one.number}" for one in planned.warnings],
    }
    event = append_stop_event(
        session,
        stop,
        EventSaid(StopEventKind.POSTPONED, said.client_key, said.at, None, said.words, facts),
        by,
    )
    if event is None:
        raise Conflict("This report was sent twice at once. Reload your list.")
    for one in planned.listed:
        one.status = StopStatus.PLANNED.value
    rewrite_own_list(session, batch, planned.listed, planned.times, "postponed", by)
    return event


def warning_error(warned: Warned) -> InvalidInput:
    """Return the sentence that asks to confirm what would be broken."""
    at, until = clock_words(warned.at), clock_words(warned.until)
    if warned.kind == "shift":
        return InvalidInput(
            "You would be back at about %(at)s, after the shift ends at %(until)s. Confirm it if it must be.",
            field="override",
            at=at,
            until=until,
        )
    return InvalidInput(
        "%(number)s is promised by %(until)s and would come at about %(at)s. Confirm it if it must be.",
        field="override",
        number=warned.number,
        at=at,
        until=until,
    )


def _reason(said: PostponeSaid) -> PostponedReason:
    try:
        reason = PostponedReason(said.reason)
    except ValueError:
        raise InvalidInput("Say why it is put off.", field="reason") from None
    if reason is PostponedReason.OTHER and not said.words.strip():
        raise InvalidInput("Write in a few words why.", field="words")
    if len(said.words) > MOST_WORDS:
        raise InvalidInput("The note may have at most %(most)s characters.", field="words", most=MOST_WORDS)
    return reason


def _require_movable(stop: Stop, batch: Batch) -> None:
    if stop.status == StopStatus.ARRIVED.value:
        raise Conflict("You have arrived here. Finish the stop, or report that it cannot be done.")
    if stop.status not in (StopStatus.PLANNED.value, StopStatus.ON_THE_WAY.value):
        raise Conflict("This stop is no longer on your list.")
    if batch.status != BatchStatus.DISPATCHED.value:
        raise Conflict("This batch was recalled. Reload your list.")


def _with_dependents(session: Session, stop: Stop, left: Sequence[Stop]) -> list[Stop]:
    """Return a stop and those after it in the list that wait for it, directly or through others."""
    waits = predecessors(session, [one.work_order_id for one in left])
    held = {stop.work_order_id}
    found = [stop]
    for one in left:
        if one is not stop and held & set(waits.get(one.work_order_id, ())):
            held.add(one.work_order_id)
            found.append(one)
    return found


@dataclass(frozen=True)
class _Asked:
    session: Session
    installation: Installation
    batch: Batch
    stop: Stop


@dataclass(frozen=True)
class _Times:
    """When each stop begins and ends, and when the crew is back at its depot."""

    of_stops: dict[int, tuple[datetime, datetime]]
    home_at: datetime


def _times(asked: _Asked, listed: Sequence[Stop]) -> _Times:
    session, installation, batch = asked.session, asked.installation, asked.batch
    now = clock.now()
    shift = session.get_one(Shift, batch.shift_id)
    closed = as_closures(
        [
            row
            for row in closures_between(session, now, max(now, shift.ends_at))
            if is_in_force(row, max(now, shift.starts_at))
        ]
    )
    depot = lon_lat(session.get_one(Depot, session.get_one(Crew, batch.crew_id).depot_id).place)
    place, at = _start(session, batch, asked.stop, depot, max(now, shift.starts_at))
    pins = pins_of(session, [one.work_order_id for one in listed])
    times: dict[int, tuple[datetime, datetime]] = {}
    for one in listed:
        there = lon_lat(get_order(session, one.work_order_id).place)
        at += _drive(installation, place, there, closed)
        pin = pins.get(one.work_order_id)
        if pin is not None and pin.starts_from is not None:
            at = max(at, pin.starts_from)
        ends_at = at + (one.ends_at - one.arrives_at)
        times[one.id] = (at, ends_at)
        place, at = there, ends_at
    return _Times(times, at + _drive(installation, place, depot, closed))


def _drive(installation: Installation, start: Place, end: Place, closed: Closures) -> timedelta:
    return timedelta(seconds=max(0, installation.roads.drive_s(start, end, closed)))


def _start(session: Session, batch: Batch, stop: Stop, depot: Place, at: datetime) -> tuple[Place, datetime]:
    """Return where the crew goes on from, and when: what it has begun first, else the last stop it left."""
    others = [one for one in stops_of(session, [batch.id])[batch.id] if one.id != stop.id]
    begun = [one for one in others if one.status in STARTED_STOPS]
    done = [one for one in others if one.status in (StopStatus.COMPLETED.value, StopStatus.BLOCKED.value)]
    last = begun[-1] if begun else done[-1] if done else None
    if last is None:
        return depot, at
    place = lon_lat(get_order(session, last.work_order_id).place)
    return place, max(at, last.ends_at) if begun else at


def _warnings(
    session: Session, left: Sequence[Stop], before: _Times, after: _Times, shift: Shift
) -> tuple[Warned, ...]:
    """Return what the new order breaks and the old one, gone on with now, would not."""
    pins = pins_of(session, [one.work_order_id for one in left])
    found: list[Warned] = []
    for one in left:
        order: WorkOrder = get_order(session, one.work_order_id)
        (was_at, was_until), (starts_at, ends_at) = before.of_stops[one.id], after.of_stops[one.id]
        pin = pins.get(order.id)
        until = pin.starts_until if pin is not None else None
        if until is not None and starts_at > until >= was_at:
            found.append(Warned("hours", order.number, starts_at, until))
        if order.urgent_by is not None and ends_at > order.urgent_by >= was_until:
            found.append(Warned("urgent", order.number, ends_at, order.urgent_by))
    over = shift.ends_at + timedelta(seconds=shift.overtime_s)
    if after.home_at > over >= before.home_at:
        found.append(Warned("shift", "", after.home_at, over))
    return tuple(found)
