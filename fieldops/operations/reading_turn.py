"""One reader of events at a time, whatever the process or the machine: so that a person's messages stay in
order, and two of them never make one person twice.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

READING: Final = 7_306_100_411
"""Our number among PostgreSQL's advisory locks."""


def take_turn(session: Session, *, wait: bool) -> bool:
    """Take the turn until the unit of work ends; return whether it was free.

    On SQLite a unit of work that writes is alone already. A caller that waits does so as for any lock, and
    fails as Busy.
    """
    if session.get_bind().dialect.name != "postgresql":
        return True
    if wait:
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": READING})
        return True
    taken = session.execute(text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": READING})
    return bool(taken.scalar_one())
