"""Tying an order to a crew, to certain hours of a day, or to both; and untying it."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import delete
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.city import City
from fieldops.domain.roles import By
from fieldops.errors import Conflict, InvalidInput
from fieldops.models import Crew, OrderPin, WorkOrder
from fieldops.operations.audit import write_audit
from fieldops.operations.change_order import order_as_shown, require_changeable
from fieldops.operations.open_work_order import append_correction
from fieldops.queries.shifts import get_crew


@dataclass(frozen=True)
class Pin:
    """Where and when: a crew, hours of a day in local time, or both. The work starts within the hours."""

    crew_id: int | None = None
    day: date | None = None
    starts: time | None = None
    until: time | None = None


def pin_order(session: Session, city: City, order_id: int, version: int, pin: Pin, by: By) -> OrderPin:
    """Tie an order; what tied it before no longer holds.

    Raises
    ------
    Conflict
        It was changed meanwhile, or a crew has it.
    InvalidInput
        Neither a crew nor hours; hours without a day, in the past or in the wrong order; a crew that no
        longer works. `field` names it. A crew that lacks a skill is taken: the skill may be lent.
    """
    order = order_as_shown(session, order_id, version)
    require_changeable(order)
    crew = get_crew(session, pin.crew_id) if pin.crew_id is not None else None
    if crew is not None:
        _require_working(crew)
    hours = _hours(city, pin)
    if crew is None and hours is None:
        raise InvalidInput("Choose a crew, hours, or both.", field="crew")
    _remove(session, order)
    made = OrderPin(
        work_order_id=order.id,
        crew_id=pin.crew_id,
        starts_from=hours[0] if hours else None,
        starts_until=hours[1] if hours else None,
        user_id=by.user_id,
        at=clock.now(),
    )
    session.add(made)
    facts = {
        "crew": crew.letter if crew else None,
        "hours": [at.isoformat() for at in hours] if hours else None,
    }
    append_correction(session, order, by, {"pinned": facts})
    write_audit(session, by, "order_pinned", "work_order", order.id)
    session.flush()
    return made


def unpin_order(session: Session, order_id: int, version: int, by: By) -> WorkOrder:
    """Untie an order.

    Raises
    ------
    Conflict
        It was changed meanwhile, or nothing ties it.
    """
    order = order_as_shown(session, order_id, version)
    if not _remove(session, order):
        raise Conflict("This order is not pinned.")
    append_correction(session, order, by, {"pinned": None})
    write_audit(session, by, "order_unpinned", "work_order", order.id)
    session.flush()
    return order


def _remove(session: Session, order: WorkOrder) -> bool:
    gone = session.execute(
        delete(OrderPin).where(OrderPin.work_order_id == order.id).returning(OrderPin.id)
    ).all()
    return bool(gone)


def _require_working(crew: Crew) -> None:
    if not crew.active:
        raise InvalidInput("%(crew)s no longer works.", field="crew", crew=crew.name)


def _hours(city: City, pin: Pin) -> tuple[datetime, datetime] | None:
    if pin.starts is None and pin.until is None:
        return None
    if pin.day is None:
        raise InvalidInput("Choose a day from the calendar, like 2026-11-25.", field="pin_day")
    zone = ZoneInfo(city.time_zone)
    starts = datetime.combine(pin.day, pin.starts or time(0, 0), zone)
    until = datetime.combine(pin.day, pin.until or time(23, 59), zone)
    if starts > until:
        raise InvalidInput("The earliest hour comes after the latest one.", field="pin_starts")
    if until < clock.now():
        raise InvalidInput("These hours have passed.", field="pin_until")
    return starts, until
