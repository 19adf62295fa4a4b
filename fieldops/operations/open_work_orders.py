"""Instructing work at many clusters, such as after an import."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.roles import By
from fieldops.installation import Installation
from fieldops.models import Cluster
from fieldops.operations.open_work_order import open_work_order
from fieldops.queries.work_orders import clusters_at_work

UnitOfWork = Callable[[], AbstractContextManager[Session]]

AT_ONCE = 100
"""Orders a transaction: others get their turn between two, and a stop in the middle loses little."""


def clusters_without_order(session: Session, families: Collection[str] = ()) -> list[int]:
    """Return the open clusters that have no open order, by number; of all families when none is named."""
    query = select(Cluster.id).where(Cluster.open.is_(True)).order_by(Cluster.id)
    if families:
        query = query.where(Cluster.family.in_(families))
    at_work = clusters_at_work(session)
    return [number for number in session.scalars(query) if number not in at_work]


def open_work_orders(
    installation: Installation,
    unit_of_work: UnitOfWork,
    by: By,
    *,
    families: Collection[str] = (),
    done: Callable[[int, int], None] = lambda _opened, _of: None,
) -> int:
    """Open an order for every open cluster that has none; doing it again opens only what is missing.

    Parameters
    ----------
    families
        Families of services; all when empty.
    done
        Told after each transaction how many of how many are open.

    Returns
    -------
    How many orders were opened.
    """
    with unit_of_work() as session:
        waiting = clusters_without_order(session, families)
    for start in range(0, len(waiting), AT_ONCE):
        with unit_of_work() as session:
            at_work = clusters_at_work(session)
            for number in waiting[start : start + AT_ONCE]:
                cluster = session.get_one(Cluster, number)
                if number not in at_work and cluster.open:
                    open_work_order(session, installation, cluster, by)
        done(min(start + AT_ONCE, len(waiting)), len(waiting))
    return len(waiting)
