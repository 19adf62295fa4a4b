"""Giving one crew more for one day: hours beyond its shift, or a skill that was lent to it."""

from typing import Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.errors import Conflict, InvalidInput
from fieldops.models import Shift
from fieldops.operations.audit import write_audit
from fieldops.queries.services import known_skills
from fieldops.queries.shifts import get_crew, get_shift

MOST_OVERTIME_S: Final = 4 * 3600


def allow_overtime(session: Session, shift_id: int, minutes: int, by: By) -> Shift:
    """Let a crew work this much longer than its shift, if a plan needs it; for one day.

    Raises
    ------
    Conflict
        The shift has ended.
    InvalidInput
        Less than nothing or more than four hours.
    """
    shift = _running(session, shift_id)
    if not 0 <= minutes * 60 <= MOST_OVERTIME_S:
        raise InvalidInput(
            "Overtime is between 0 and %(most)s minutes.", field="overtime", most=MOST_OVERTIME_S // 60
        )
    write_audit(session, by, "overtime_allowed", "shift", shift.id, minutes=minutes)
    shift.overtime_s = minutes * 60
    session.flush()
    return shift


def lend_skill(session: Session, shift_id: int, skill: str, by: By) -> Shift:
    """Let a crew do one more kind of work for one day, with a person or a machine that joins it.

    Raises
    ------
    Conflict
        The shift has ended, or the crew has the skill already.
    InvalidInput
        Nobody knows this skill.
    """
    shift = _running(session, shift_id)
    if skill not in known_skills(session):
        raise InvalidInput("There is no such skill.", field="skill")
    crew = get_crew(session, shift.crew_id)
    if skill in (*crew.skills, *shift.extra_skills):
        raise Conflict("%(crew)s can do this already.", crew=crew.name)
    shift.extra_skills = [*shift.extra_skills, skill]
    write_audit(session, by, "skill_lent", "shift", shift.id, skill=skill)
    session.flush()
    return shift


def _running(session: Session, shift_id: int) -> Shift:
    shift = get_shift(session, shift_id)
    if shift.ends_at < clock.now():
        raise Conflict("This shift has ended.")
    return shift
