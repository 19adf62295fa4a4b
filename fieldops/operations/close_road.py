"""Closing roads for a while: a flooded street, an order's standing water."""

from datetime import timedelta
from typing import Final

from geoalchemy2.shape import from_shape
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.closures import ClosureChange
from fieldops.domain.roles import By
from fieldops.errors import Conflict, InvalidInput
from fieldops.installation import Installation
from fieldops.models import RoadClosure, RoadClosureChange
from fieldops.models.base import SRID
from fieldops.operations.audit import write_audit
from fieldops.operations.closed_area import RoadToClose, closed_area
from fieldops.queries.closures import as_closures, closures_of_order
from fieldops.routing.roads import ClosedRoads

MOST_WORDS: Final = 300
STREETS_NAMED: Final = 4
LONGEST: Final = timedelta(days=366)
LARGEST_SHARE: Final = 0.5
"""Who closes more than half of all roads has drawn something else than was meant (ours)."""


def close_road(session: Session, installation: Installation, what: RoadToClose, by: By) -> RoadClosure:
    """Close the roads of an area, from now or from a later moment, and begin the closure's history.

    Plans computed from then on, and ways that crews are shown, lead around it. Lists that are out stay as
    they are until a dispatcher lets them be changed.

    Raises
    ------
    InvalidInput
        Nothing was said, a street that is not known, no road where it was drawn, more than half of all roads,
        or hours that cannot be; `field` names it.
    OutOfArea
        It lies outside the city.
    Conflict
        The roads of this order are closed already.
    """
    now = clock.now()
    starts_at = max(now, what.starts_at or now)
    if what.ends_at is not None and not starts_at < what.ends_at <= starts_at + LONGEST:
        raise InvalidInput("The end must come after the beginning, within a year.", field="ends_at")
    if len(what.note) > MOST_WORDS:
        raise InvalidInput("The note may have at most %(most)s characters.", field="note", most=MOST_WORDS)
    if what.order_id is not None and closures_of_order(session, what.order_id, now):
        raise Conflict("The roads of this work order are closed already.")
    area = closed_area(session, installation, what)
    closure = RoadClosure(
        shape=from_shape(area, srid=SRID),
        origin=what.origin.value,
        note=what.note.strip(),
        work_order_id=what.order_id,
        starts_at=starts_at,
        ends_at=what.ends_at,
        user_id=by.user_id,
        created_at=now,
    )
    taken = installation.roads.closed_roads(as_closures([closure]))
    _require_roads(taken)
    closure.streets = _streets(taken, what)
    session.add(closure)
    session.flush()
    metres = round(taken.metres) if taken is not None else None
    session.add(
        RoadClosureChange(
            road_closure_id=closure.id,
            what=ClosureChange.CLOSED.value,
            actor=by.actor.value,
            user_id=by.user_id,
            at=now,
            facts={"metres": metres},
        )
    )
    write_audit(session, by, "road_closed", "road_closure", closure.id, origin=closure.origin, metres=metres)
    session.flush()
    return closure


def _require_roads(taken: ClosedRoads | None) -> None:
    if taken is None:
        return
    if taken.metres == 0:
        raise InvalidInput("No road runs there. Draw over the street itself.", field="shape")
    if taken.share > LARGEST_SHARE:
        raise InvalidInput(
            "That would close %(km)s km, more than half of all roads.",
            field="shape",
            km=round(taken.metres / 1000),
        )


def _streets(taken: ClosedRoads | None, what: RoadToClose) -> str:
    known = taken.streets if taken is not None else ()
    typed = what.street.strip()[:200]
    if typed:
        return next((name for name in known if name.casefold() == typed.casefold()), typed)
    return ", ".join(known[:STREETS_NAMED])
