"""A crew said that two places are one, and the office agrees: the places are merged, one order stays."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.roles import By
from fieldops.domain.work_order_states import BlockedReason, WorkOrderStatus
from fieldops.errors import Conflict, NotFound
from fieldops.installation import Installation
from fieldops.models import Cluster, WorkOrder, WorkOrderChange
from fieldops.operations.change_order import order_as_shown
from fieldops.operations.merge_clusters import merge_clusters
from fieldops.operations.open_work_order import change_work_order_status
from fieldops.queries.clusters import get_cluster
from fieldops.queries.work_orders import open_orders_of


@dataclass(frozen=True)
class ReportedSame:
    """What a crew said of a blocked order: `other` is the place that it takes for the same, `away_m` from it.
    `order` is the open order there, if there is one.
    """

    other: Cluster
    away_m: int
    words: str
    order: WorkOrder | None


def reported_same(session: Session, order: WorkOrder) -> ReportedSame | None:
    """Return what the crew said, as long as the order waits for somebody to decide; else None.

    The other place may have been merged or closed meanwhile; a merged one leads to where it went.
    """
    if (
        order.status != WorkOrderStatus.BLOCKED.value
        or order.blocked_reason != BlockedReason.SAME_PLACE.value
    ):
        return None
    change = session.scalars(
        select(WorkOrderChange)
        .where(
            WorkOrderChange.work_order_id == order.id,
            WorkOrderChange.target == WorkOrderStatus.BLOCKED.value,
        )
        .order_by(WorkOrderChange.id.desc())
    ).first()
    if change is None or "same_as" not in change.facts:
        return None
    try:
        other = get_cluster(session, change.facts["same_as"])
    except NotFound:
        return None
    if other.id == get_cluster(session, order.cluster_id).id:
        return None  # somebody merged them on another way
    orders = open_orders_of(session, other.id)
    return ReportedSame(other, int(change.facts["away_m"]), change.words, orders[0] if orders else None)


def merge_reported(
    session: Session, installation: Installation, order_id: int, version: int, by: By
) -> tuple[Cluster, WorkOrder]:
    """Merge an order's place into the one that its crew named; return that place and the order that is left.

    Where the other place has an open order, this one ends; else it goes on as ready, for both.

    Raises
    ------
    Conflict
        Somebody changed the order meanwhile, no crew said so, or nothing is open at the other place.
    """
    order = order_as_shown(session, order_id, version)
    said = reported_same(session, order)
    if said is None:
        raise Conflict("There is nothing to merge here any more. This is the order's state now.")
    if not said.other.open:
        raise Conflict("The other place is finished. Make this order ready again, or cancel it.")
    facts = {"reason": BlockedReason.SAME_PLACE.value, "same_as": said.other.id}
    target = WorkOrderStatus.READY if said.order is None else WorkOrderStatus.CANCELLED
    change_work_order_status(session, order, target, by, words=said.words, facts=facts)
    session.flush()
    kept = merge_clusters(session, installation, said.other.id, order.cluster_id, by)
    return kept, said.order or order
