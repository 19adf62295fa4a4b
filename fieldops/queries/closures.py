"""Road closures: which are in force, which were, and which plans they concern."""

from collections.abc import Collection, Iterable
from datetime import datetime

from geoalchemy2.shape import to_shape
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldops.errors import NotFound
from fieldops.models import RoadClosure, RoadClosureChange
from fieldops.routing.drives import Closures


def get_closure(session: Session, closure_id: int) -> RoadClosure:
    """Return a closure or raise NotFound."""
    found = session.get(RoadClosure, closure_id)
    if found is None:
        raise NotFound("There is no such closure.")
    return found


def closures_between(session: Session, since: datetime, until: datetime) -> list[RoadClosure]:
    """Return the closures that nobody has ended and that hold at some time between two moments."""
    return list(
        session.scalars(
            select(RoadClosure)
            .where(
                RoadClosure.reopened_at.is_(None),
                RoadClosure.starts_at < until,
                or_(RoadClosure.ends_at.is_(None), RoadClosure.ends_at > since),
            )
            .order_by(RoadClosure.id)
        )
    )


def standing_closures(session: Session, now: datetime) -> list[RoadClosure]:
    """Return the closures in force and those to come, newest first."""
    return list(
        session.scalars(
            select(RoadClosure)
            .where(
                RoadClosure.reopened_at.is_(None),
                or_(RoadClosure.ends_at.is_(None), RoadClosure.ends_at > now),
            )
            .order_by(RoadClosure.id.desc())
        )
    )


def ended_closures(session: Session, now: datetime, most: int = 20) -> list[RoadClosure]:
    """Return the closures that hold no longer, the newest first."""
    return list(
        session.scalars(
            select(RoadClosure)
            .where(or_(RoadClosure.reopened_at.is_not(None), RoadClosure.ends_at <= now))
            .order_by(RoadClosure.id.desc())
            .limit(most)
        )
    )


def closures_of_order(session: Session, order_id: int, now: datetime) -> list[RoadClosure]:
    """Return the standing closures that were made from a work order."""
    return [row for row in standing_closures(session, now) if row.work_order_id == order_id]


def closures_by_id(session: Session, ids: Collection[int]) -> list[RoadClosure]:
    """Return closures by their numbers, in their order; those that are gone are left out."""
    return list(
        session.scalars(select(RoadClosure).where(RoadClosure.id.in_(list(ids))).order_by(RoadClosure.id))
    )


def changes_of(session: Session, ids: Collection[int]) -> dict[int, list[RoadClosureChange]]:
    """Return each closure's history, oldest first."""
    found: dict[int, list[RoadClosureChange]] = {closure_id: [] for closure_id in ids}
    for change in session.scalars(
        select(RoadClosureChange)
        .where(RoadClosureChange.road_closure_id.in_(list(ids)))
        .order_by(RoadClosureChange.id)
    ):
        found[change.road_closure_id].append(change)
    return found


def as_closures(rows: Iterable[RoadClosure]) -> Closures:
    """Return closures in the form that roads are asked with."""
    held = list(rows)
    return Closures(tuple(row.id for row in held), tuple(to_shape(row.shape) for row in held))


def is_in_force(row: RoadClosure, now: datetime) -> bool:
    """Return whether a closure holds at a moment."""
    return row.reopened_at is None and row.starts_at <= now and (row.ends_at is None or row.ends_at > now)
