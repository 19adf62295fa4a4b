"""Shifts: other hours on one day, or none."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.city import City
from fieldops.domain.roles import By
from fieldops.errors import Conflict, InvalidInput
from fieldops.models import Batch, Shift
from fieldops.operations.audit import write_audit
from fieldops.queries.shifts import get_shift


def change_shift(session: Session, city: City, shift_id: int, starts: time, ends: time, by: By) -> Shift:
    """Set a shift's hours, in local time. A rest that no longer lies within them is dropped.

    Raises
    ------
    InvalidInput
        It would end before it starts, or last less than an hour.
    Conflict
        A batch of this shift is out or done.
    """
    shift = get_shift(session, shift_id)
    _require_unused(session, shift)
    zone = ZoneInfo(city.time_zone)
    starts_at, ends_at = (datetime.combine(shift.day, at, zone) for at in (starts, ends))
    if (ends_at - starts_at).total_seconds() < 3600:
        raise InvalidInput("A shift lasts at least one hour and ends on the same day.", field="ends")
    shift.starts_at, shift.ends_at = starts_at, ends_at
    if (
        shift.break_from
        and shift.break_until
        and not starts_at < shift.break_from < shift.break_until < ends_at
    ):
        shift.break_from = shift.break_until = None
        shift.break_s = 0
    write_audit(session, by, "shift_changed", "shift", shift.id)
    session.flush()
    return shift


def remove_shift(session: Session, shift_id: int, by: By) -> None:
    """Take a shift away: the crew does not work that day.

    Raises
    ------
    Conflict
        A batch was planned on it.
    """
    shift = get_shift(session, shift_id)
    if session.scalar(select(Batch.id).where(Batch.shift_id == shift.id).limit(1)):
        raise Conflict("A batch was planned in this shift, so it stays on record. Shorten it instead.")
    write_audit(session, by, "shift_removed", "shift", shift.id, day=shift.day.isoformat())
    session.delete(shift)
    session.flush()


def _require_unused(session: Session, shift: Shift) -> None:
    out = select(Batch.id).where(Batch.shift_id == shift.id, Batch.status.in_(("dispatched", "finished")))
    if session.scalar(out.limit(1)):
        raise Conflict("The crew's batch of this shift is out. Call it back first.")
