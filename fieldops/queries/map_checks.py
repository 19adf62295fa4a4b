"""What came of comparing maps with the database each night."""

from datetime import date
from typing import Final

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from fieldops.models import Counter

CHECKED_DAY: Final = "map_checked_day"
DIFFERED: Final = "map_differed"
DIFFERED_DAY: Final = "map_differed_day"


def map_differed_on(session: Session) -> date | None:
    """Return the last day on which a map was found to differ from the database; None when none ever did."""
    value = session.scalar(select(Counter.value).where(Counter.name == DIFFERED_DAY))
    return date.fromordinal(value) if value else None


def map_line(session: Session) -> str:
    """Return in a line, for whoever runs the site, when maps were last checked and how often one differed."""
    if not inspect(session.get_bind()).has_table(Counter.__tablename__):
        return "map: the database is empty"
    named = select(Counter.name, Counter.value).where(Counter.name.in_((CHECKED_DAY, DIFFERED, DIFFERED_DAY)))
    held = {row.name: row.value for row in session.execute(named)}
    if CHECKED_DAY not in held:
        return "map: not checked against the database yet (each night, by every process that holds one)"
    line = f"map: last checked against the database on {date.fromordinal(held[CHECKED_DAY])}"
    if DIFFERED not in held:
        return f"{line}, never differed"
    return f"{line}, differed {held[DIFFERED]} times, last on {date.fromordinal(held[DIFFERED_DAY])}"
