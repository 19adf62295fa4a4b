"""Opening closed roads again."""

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.closures import ClosureChange
from fieldops.domain.roles import By
from fieldops.errors import Conflict
from fieldops.models import RoadClosure, RoadClosureChange
from fieldops.operations.audit import write_audit
from fieldops.queries.closures import get_closure


def reopen_road(session: Session, closure_id: int, version: int, by: By) -> RoadClosure:
    """End a closure now, and append that to its history; what it closed stays on record.

    Raises
    ------
    NotFound
        There is no such closure.
    Conflict
        It has ended already, or was changed since the page showed it.
    """
    closure = get_closure(session, closure_id)
    now = clock.now()
    if closure.reopened_at is not None or (closure.ends_at is not None and closure.ends_at <= now):
        raise Conflict("This closure has ended already.")
    if closure.version != version:
        raise Conflict("Somebody else changed this in the meantime. Look at the new state and try again.")
    closure.reopened_at = now
    session.add(
        RoadClosureChange(
            road_closure_id=closure.id,
            what=ClosureChange.REOPENED.value,
            actor=by.actor.value,
            user_id=by.user_id,
            at=now,
        )
    )
    write_audit(session, by, "road_reopened", "road_closure", closure.id)
    session.flush()
    return closure
