"""Something happened on a running day: write it down and ask for new lists, which a dispatcher decides on."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.day_events import UNDECIDED, DayEventKind, PlanKind, PlanState
from fieldops.domain.roles import By
from fieldops.domain.work_order_states import BatchStatus, StopStatus, WorkOrderStatus
from fieldops.errors import Conflict, InvalidInput
from fieldops.installation import Installation
from fieldops.models import DayEvent, DayPlan, Shift
from fieldops.operations.audit import write_audit
from fieldops.operations.pose_problem import PlanOptions
from fieldops.outbox import enqueue
from fieldops.queries.plans import batches_on, get_stop, stop_out_for
from fieldops.queries.shifts import get_crew
from fieldops.queries.work_orders import get_order

USUAL_S: Final = 2.0
"""How long the better proposal is sought."""

MOST_S: Final = 60.0
URGENT_MINUTES: Final = 60
MOST_MINUTES: Final = 8 * 60
REASSIGN_S: Final = 600
"""What another crew for a stop costs on a running day: people know their lists already (ours)."""

LEAST_GAIN: Final = 0.002
"""When something happened the lists change anyway, so that a small gain is worth taking (ours)."""

MOST_WORDS: Final = 300
Kind = DayEventKind


@dataclass(frozen=True)
class Happening:
    """What a dispatcher tells of the day.

    `until` is when a crew can go on again, None for the rest of the day; `minutes` how long a stop still
    takes from now, or within how long an emergency should be over. `fill` also takes other ready orders.
    """

    kind: DayEventKind
    order_id: int | None = None
    crew_id: int | None = None
    stop_id: int | None = None
    until: datetime | None = None
    minutes: int | None = None
    words: str = ""
    fill: bool = False
    seconds: float = USUAL_S


def replan_day(session: Session, installation: Installation, what: Happening, by: By) -> DayPlan:
    """Write down what happened today and queue the computation of new lists.

    The facts hold whatever is decided about the lists: a crew that broke down is away also when the proposal
    is rejected. An older proposal of the day that nobody decided on is discarded.

    Raises
    ------
    Conflict
        No crew is out today, or the order or stop is not in a state for this.
    InvalidInput
        A length or an hour that cannot be; `field` names it.
    """
    day = clock.now().astimezone(ZoneInfo(installation.city.time_zone)).date()
    if not batches_on(session, day, BatchStatus.DISPATCHED.value, BatchStatus.FINISHED.value):
        raise Conflict("No crew is out today, so there are no lists to change. Plan the day instead.")
    if not 0.1 <= what.seconds <= MOST_S:
        raise InvalidInput("The search takes at most %(most)s seconds.", field="seconds", most=int(MOST_S))
    if len(what.words) > MOST_WORDS:
        raise InvalidInput("The note may have at most %(most)s characters.", field="words", most=MOST_WORDS)
    _FACTS[what.kind](session, day, what)
    event = DayEvent(
        day=day,
        kind=what.kind.value,
        work_order_id=what.order_id,
        crew_id=what.crew_id,
        stop_id=what.stop_id,
        until=what.until,
        minutes=what.minutes,
        words=what.words.strip(),
        user_id=by.user_id,
        at=clock.now(),
    )
    session.add(event)
    session.flush()
    write_audit(session, by, "day_changed", "day_event", event.id, kind=what.kind.value)
    return ask_for_change(session, day, event, by, seconds=what.seconds, fill=what.fill)


def ask_for_change(
    session: Session, day: date, event: DayEvent, by: By, *, seconds: float = USUAL_S, fill: bool = False
) -> DayPlan:
    """Queue the computation of new lists for an event, in place of what was proposed before."""
    discard_undecided(session, day)
    least = PlanOptions().min_gain if event.kind == Kind.AGAIN.value else LEAST_GAIN
    options = PlanOptions(reassign_s=REASSIGN_S, min_gain=least, fill=fill)
    day_plan = DayPlan(
        day=day,
        kind=PlanKind.CHANGE.value,
        state=PlanState.QUEUED.value,
        asked={"event": event.id, "options": asdict(options)},
        seed=1,
        seconds=seconds,
        user_id=by.user_id,
        created_at=clock.now(),
    )
    session.add(day_plan)
    session.flush()
    # Before everything that waits: people stand in the street.
    enqueue(session, "compute_change", {"day_plan_id": day_plan.id}, due_at=clock.now() - timedelta(hours=1))
    return day_plan


def ask_again(session: Session, day_plan: DayPlan, by: By) -> DayPlan:
    """Queue the computation of a change anew, since the day went on while it was looked at."""
    event = session.get_one(DayEvent, day_plan.asked["event"])
    fill = bool(day_plan.asked["options"].get("fill"))
    return ask_for_change(session, day_plan.day, event, by, seconds=day_plan.seconds, fill=fill)


def discard_undecided(session: Session, day: date) -> None:
    """Give up the changes of a day that nobody decided on."""
    waiting = select(DayPlan).where(
        DayPlan.day == day, DayPlan.kind == PlanKind.CHANGE.value, DayPlan.state.in_(UNDECIDED)
    )
    for older in session.scalars(waiting):
        older.state = PlanState.DISCARDED.value


# ---------------------------------------------------------------- what each kind makes true


def _emergency(session: Session, day: date, what: Happening) -> None:
    order = get_order(session, _needed(what.order_id, "order"))
    if (held := stop_out_for(session, order.id)) is not None and held[1] != day:
        # Today's lists are all that a change may touch: it would promise a crew and send none.
        raise Conflict(
            "Work order %(number)s is on a list that went out for %(day)s. "
            "Call that list back first; then a crew can be sent today.",
            number=order.number,
            day=held[1],
        )
    if order.status not in (WorkOrderStatus.READY.value, WorkOrderStatus.BATCHED.value):
        raise Conflict(
            "Work order %(number)s is not ready, so no crew can be sent to it.", number=order.number
        )
    minutes = _minutes(what, URGENT_MINUTES)
    order.must_do, order.urgent_by = True, clock.now() + timedelta(minutes=minutes)


def _crew_away(session: Session, day: date, what: Happening) -> None:
    shift = _shift(session, day, _needed(what.crew_id, "crew"))
    if what.until is not None and not clock.now() < what.until < shift.ends_at:
        raise InvalidInput(
            "Give an hour from now to the end of the shift, or none for the rest of the day.", field="until"
        )
    shift.away_from, shift.away_until = clock.now(), what.until


def _crew_back(session: Session, day: date, what: Happening) -> None:
    shift = _shift(session, day, _needed(what.crew_id, "crew"))
    if shift.away_from is None:
        raise Conflict("This crew is not away.")
    shift.away_from = shift.away_until = None


def _overrun(session: Session, _day: date, what: Happening) -> None:
    stop = get_stop(session, _needed(what.stop_id, "stop"))
    if stop.status not in (StopStatus.ARRIVED.value, StopStatus.ON_THE_WAY.value):
        raise Conflict("Nobody is at this stop now, so it cannot take longer.")
    stop.expected_until = clock.now() + timedelta(minutes=_minutes(what, None))


def _nothing(_session: Session, _day: date, _what: Happening) -> None:
    return


_FACTS: Final = {
    Kind.EMERGENCY: _emergency,
    Kind.CREW_AWAY: _crew_away,
    Kind.CREW_BACK: _crew_back,
    Kind.OVERRUN: _overrun,
    Kind.CLOSURE: _nothing,  # closures in force are read when the day is posed
    Kind.AGAIN: _nothing,
}


def _needed(number: int | None, field: str) -> int:
    if number is None:
        raise InvalidInput("Choose one of the answers.", field=field)
    return number


def _minutes(what: Happening, otherwise: int | None) -> int:
    minutes = what.minutes if what.minutes is not None else otherwise
    if minutes is None or not 1 <= minutes <= MOST_MINUTES:
        raise InvalidInput(
            "Give a whole number from %(low)s to %(high)s.", field="minutes", low=1, high=MOST_MINUTES
        )
    return minutes


def _shift(session: Session, day: date, crew_id: int) -> Shift:
    crew = get_crew(session, crew_id)
    shift = session.scalar(select(Shift).where(Shift.day == day, Shift.crew_id == crew.id))
    if shift is None:
        raise Conflict("%(crew)s has no shift today.", crew=crew.name)
    return shift
