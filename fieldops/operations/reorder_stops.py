"""A crew puts the stops that it has not begun in an order of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.roles import By
from fieldops.domain.work_order_states import BatchStatus, StopEventKind, StopStatus
from fieldops.errors import Conflict, FieldOpsError, InvalidInput
from fieldops.i18n import clock_words
from fieldops.installation import Installation
from fieldops.models import Batch, Crew, Shift, Stop, StopEvent
from fieldops.operations.append_stop_event import EventSaid, append_stop_event
from fieldops.operations.audit import write_audit
from fieldops.operations.pose_crew_list import CrewList, pose_crew_list
from fieldops.operations.postpone_stop import Warned, warning_error
from fieldops.operations.rewrite_own_list import rewrite_own_list
from fieldops.queries.crew_day import own_stop
from fieldops.queries.own_orders import REASON
from fieldops.queries.plans import get_batch, stop_out_for, stops_of
from fieldops.queries.running_day import running_crews
from fieldops.queries.work_orders import followers, get_order, predecessors
from geo.dispatch.own_order import OwnOrder

MOST_STOPS: Final = 200
"""More than any list has: what a form says is looked at no further."""


@dataclass(frozen=True)
class ReorderSaid:
    """What the form says: ids of stops in their new order, and as they stood when it was written.

    `override` knows of what `Reordering.warnings` say; `undo` says that it goes back to the order before.
    """

    client_key: str
    order: tuple[int, ...]
    was: tuple[int, ...]
    override: bool = False
    undo: bool = False
    at: datetime | None = None


@dataclass(frozen=True)
class Reordering:
    """The stops not yet begun in their new order, with times, and what that costs.

    `first` is the first stop that stands elsewhere than before. `longer_s` is driving and `later_s` the way
    home, against the order before gone on with now; either may be below 0.
    """

    listed: tuple[Stop, ...]
    times: dict[int, tuple[datetime, datetime]]
    rest: tuple[datetime, datetime] | None
    first: Stop
    back_at: datetime
    longer_s: int
    later_s: int
    warnings: tuple[Warned, ...]


def movable_stops(session: Session, batch: Batch) -> list[Stop]:
    """Return the stops of a list that nobody has begun, in order."""
    stops = stops_of(session, [batch.id])[batch.id]
    return [one for one in stops if one.status == StopStatus.PLANNED.value]


def plan_reordering(
    session: Session, installation: Installation, batch: Batch, order: Sequence[int], was: Sequence[int]
) -> Reordering:
    """Return what becomes of a list in another order; nothing is written.

    Times are reckoned from where the crew is now, over roads where they are known, with the rest and what the
    vehicle must fetch. What the order before would break as well is not held against the new one.

    Raises
    ------
    Conflict
        The list was recalled or has ended, it changed since `was`, or the order is the one that it has.
    InvalidInput
        The order breaks a rule: work that waits for other work, promised hours, the rest, the vehicle's load.
    """
    if batch.status != BatchStatus.DISPATCHED.value:
        raise Conflict("This batch was recalled. Reload your list.")
    now, listed = _as_it_is(session, batch, order, was)
    if listed == now:
        raise Conflict("Your list has this order already.")
    _keep_precedence(session, listed)
    shift = session.get_one(Shift, batch.shift_id)
    crew = next(
        (
            one
            for one in running_crews(session, shift.day)
            if one.batch is not None and one.batch.id == batch.id
        ),
        None,
    )
    if crew is None:
        raise Conflict("This batch was recalled. Reload your list.")
    held = pose_crew_list(session, installation, crew)
    compared = _Compared(session, held, now, listed, shift)
    compared.refuse()
    return compared.reordering()


def reorder_stops(session: Session, installation: Installation, said: ReorderSaid, by: By) -> StopEvent:
    """Put the stops not yet begun in a crew's own order; its list has the new times at once.

    The office reads the new version of the list and what it costs; reporters are told nothing. The same key
    again changes nothing.

    Raises
    ------
    NotAllowed
        The list belongs to another crew.
    Conflict
        The list was recalled, or changed since the form was written; or the key came with another report.
    InvalidInput
        No stop is named, a rule is broken, or an emergency's hour or the shift's end would be passed and
        nobody confirmed; `field` names it.
    """
    if not said.order or len(said.order) > MOST_STOPS or by.user_id is None:
        raise InvalidInput("Put the stops in an order first.", field="order")
    batch = own_stop(session, said.order[0], by.user_id)[1]
    known = session.scalar(select(StopEvent).where(StopEvent.client_key == said.client_key))
    if known is not None:
        return _require_own_key(session, known, batch)
    planned = plan_reordering(session, installation, batch, said.order, said.was)
    if planned.warnings and not said.override:
        raise warning_error(planned.warnings[0])
    event = append_stop_event(
        session,
        planned.first,
        EventSaid(
            StopEventKind.REORDERED, said.client_key, said.at, facts=_facts(session, batch, planned, said)
        ),
        by,
    )
    if event is None:
        raise Conflict("This report was sent twice at once. Reload your list.")
    rewrite_own_list(session, batch, planned.listed, planned.times, REASON, by)
    write_audit(session, by, "list_reordered", "batch", batch.id, stops=len(planned.listed), undo=said.undo)
    session.flush()
    return event


def _require_own_key(session: Session, known: StopEvent, batch: Batch) -> StopEvent:
    is_own = session.get_one(Stop, known.stop_id).batch_id == batch.id
    if known.kind != StopEventKind.REORDERED.value or not is_own:
        raise Conflict("This report's key was used for another one. Reload your list.")
    return known


def _facts(session: Session, batch: Batch, planned: Reordering, said: ReorderSaid) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "from": planned.first.position,
        "was": [one.id for one in movable_stops(session, batch)],
        "now": [one.id for one in planned.listed],
        "longer_s": planned.longer_s,
        "later_s": planned.later_s,
        "back": int(planned.back_at.timestamp()),
        "rest": [int(moment.timestamp()) for moment in planned.rest] if planned.rest else None,
        "broken": [
            {
                "kind": one.kind,
                "number": one.number,
                "at": int(one.at.timestamp()),
                "until": int(one.until.timestamp()),
            }
            for one in planned.warnings
        ],
    }
    return facts | ({"undo": True} if said.undo else {})


# ---------------------------------------------------------------- whether the list is still the same


def _as_it_is(
    session: Session, batch: Batch, order: Sequence[int], was: Sequence[int]
) -> tuple[list[Stop], list[Stop]]:
    """Return the stops not yet begun as they stand, and in the new order.

    What the crew itself has begun or ended since the form was written is left out of both; any other change
    of the list is the office's, and is not written over.
    """
    every = {one.id: one for one in stops_of(session, [batch.id])[batch.id]}
    now = [one for one in every.values() if one.status == StopStatus.PLANNED.value]
    left = {one.id for one in now}
    gone = [every[number] for number in (*order, *was) if number in every and number not in left]
    taken_off = any(one.status in (StopStatus.REMOVED.value, StopStatus.RETURNED.value) for one in gone)
    seen = [number for number in was if number in left]
    new = [number for number in order if number in left]
    is_whole = sorted(new) == sorted(left) and set(order) == set(was) <= set(every)
    if taken_off or not is_whole or seen != [one.id for one in now]:
        raise Conflict("Your list has changed since you put it in order. Look at it and choose again.")
    return now, [every[number] for number in new]


def _keep_precedence(session: Session, listed: Sequence[Stop]) -> None:
    """Refuse an order in which something comes before what it waits for: drain before patch."""
    waits = predecessors(session, [one.work_order_id for one in listed])
    place = {one.work_order_id: number for number, one in enumerate(listed)}
    for one in listed:
        for other in waits.get(one.work_order_id, []):
            if place.get(other, -1) > place[one.work_order_id]:
                raise InvalidInput(
                    "%(order)s waits for %(other)s, so it cannot come before it.",
                    field="order",
                    order=get_order(session, one.work_order_id).number,
                    other=get_order(session, other).number,
                )


# ---------------------------------------------------------------- what it costs


class _Compared:
    """The order that the list has, gone on with now, and the new one."""

    def __init__(
        self, session: Session, held: CrewList, now: Sequence[Stop], listed: Sequence[Stop], shift: Shift
    ) -> None:
        self.session, self.held, self.listed, self.shift = session, held, listed, shift
        mine = {one.work_order_id for one in now}
        ahead = [number for number in held.orders if number not in mine]  # being driven to
        self.before = held.timed([*ahead, *(one.work_order_id for one in now)])
        self.after = held.timed([*ahead, *(one.work_order_id for one in listed)])
        self.first = next(new for new, old in zip(listed, now, strict=True) if new is not old)

    def refuse(self) -> None:
        """Refuse what breaks a rule that the order before keeps."""
        for rule in (self._late_hours, self._late_rest, self._overload, self._held_up):
            error = rule()
            if error is not None:
                raise error

    def reordering(self) -> Reordering:
        after, moment = self.after, self.held.moment
        rest = after.rests[0] if after.rests else None
        return Reordering(
            listed=tuple(self.listed),
            times={one.id: self._span(after, one.work_order_id) for one in self.listed},
            rest=(moment(rest[0]), moment(rest[1])) if rest else None,
            first=self.first,
            back_at=moment(after.back_s),
            longer_s=after.drive_s - self.before.drive_s,
            later_s=after.back_s - self.before.back_s,
            warnings=tuple(self._warnings()),
        )

    def _span(self, timed: OwnOrder, order_id: int) -> tuple[datetime, datetime]:
        begins_s, ends_s = timed.spans[order_id]
        return self.held.moment(begins_s), self.held.moment(ends_s)

    def _number(self, order_id: int) -> str:
        return self.held.orders[order_id].number

    def _late_hours(self) -> FieldOpsError | None:
        for one in self.listed:
            order_id = one.work_order_id
            if order_id in self.after.late_jobs - self.before.late_jobs:
                until = self.held.pins[order_id].starts_until
                return InvalidInput(
                    "%(number)s is promised by %(until)s and would come at %(at)s. Choose another order.",
                    field="order",
                    number=self._number(order_id),
                    until=clock_words(until) if until else "",
                    at=clock_words(self._span(self.after, order_id)[0]),
                )
        return None

    def _late_rest(self) -> FieldOpsError | None:
        until = self.shift.break_until
        if until is None or not self.after.late_rests - self.before.late_rests:
            return None
        return InvalidInput(
            "The rest could not begin by %(until)s in this order. Choose another one.",
            field="order",
            until=clock_words(until),
        )

    def _overload(self) -> FieldOpsError | None:
        if not self.after.broken - self.before.broken:
            return None
        return InvalidInput(
            "The vehicle cannot carry what this order needs without more refills. Choose another one.",
            field="order",
        )

    def _held_up(self) -> FieldOpsError | None:
        """Look at what other crews are to begin when something on this list is over."""
        mine = {one.work_order_id for one in self.listed}
        for order_id in mine:
            was_over, is_over = (self._span(timed, order_id)[1] for timed in (self.before, self.after))
            for other in set(followers(self.session, order_id)) - mine:
                out = stop_out_for(self.session, other)
                if out is None or not was_over <= out[0].arrives_at < is_over:
                    continue
                crew_id = get_batch(self.session, out[0].batch_id).crew_id
                return InvalidInput(
                    "%(crew)s waits for %(number)s at %(at)s; it would be over at %(until)s.",
                    field="order",
                    crew=self.session.get_one(Crew, crew_id).name,
                    number=self._number(order_id),
                    at=clock_words(out[0].arrives_at),
                    until=clock_words(is_over),
                )
        return None

    def _warnings(self) -> list[Warned]:
        """Return what the new order passes and the one before would not: deadlines, the shift."""
        found: list[Warned] = []
        for one in self.listed:
            order = self.held.orders[one.work_order_id]
            was_over, is_over = (self._span(timed, order.id)[1] for timed in (self.before, self.after))
            for kind, until in (("urgent", order.urgent_by), ("due", order.due_at)):
                if until is not None and was_over <= until < is_over:
                    found.append(Warned(kind, order.number, is_over, until))
                    break
        over = self.shift.ends_at + timedelta(seconds=self.shift.overtime_s)
        was_back, back = (self.held.moment(timed.back_s) for timed in (self.before, self.after))
        if was_back <= over < back:
            found.append(Warned("shift", "", back, over))
        return found
