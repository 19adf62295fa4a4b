"""Who works when."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.errors import NotFound
from fieldops.models import Crew, Shift


def get_shift(session: Session, shift_id: int) -> Shift:
    """Return a shift or raise NotFound."""
    found = session.get(Shift, shift_id)
    if found is None:
        raise NotFound("There is no such shift.")
    return found


def get_crew(session: Session, crew_id: int) -> Crew:
    """Return a crew or raise NotFound."""
    found = session.get(Crew, crew_id)
    if found is None:
        raise NotFound("There is no such crew.")
    return found


def all_crews(session: Session) -> list[Crew]:
    """Return every crew by its letter, also those no longer active."""
    return list(session.scalars(select(Crew).order_by(Crew.letter)))


def shifts_between(session: Session, first: date, last: date) -> list[tuple[Shift, Crew]]:
    """Return the shifts of the active crews from one day to another, both included."""
    rows = session.execute(
        select(Shift, Crew)
        .join(Crew, Crew.id == Shift.crew_id)
        .where(Shift.day >= first, Shift.day <= last, Crew.active.is_(True))
        .order_by(Shift.day, Crew.letter)
    )
    return [(shift, crew) for shift, crew in rows]
