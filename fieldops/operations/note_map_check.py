"""Remembering that a process compared its map with the database, and whether they were the same."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock, i18n
from fieldops.models import Counter
from fieldops.queries.map_checks import CHECKED_DAY, DIFFERED, DIFFERED_DAY


def note_map_check(session: Session, *, is_right: bool) -> None:
    """Note a check of today; of maps that differed, how many there were and the last day."""
    today = i18n.local(clock.now()).date().toordinal()
    _counter(session, CHECKED_DAY).value = today
    if not is_right:
        _counter(session, DIFFERED_DAY).value = today
        _counter(session, DIFFERED).value += 1
    session.flush()


def _counter(session: Session, name: str) -> Counter:
    found = session.scalar(select(Counter).where(Counter.name == name))
    if found is None:
        found = Counter(name=name, value=0)
        session.add(found)
    return found
