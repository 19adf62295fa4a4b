"""Places that a crew may take for the one it stands at: open ones of the same kind of work, close by."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.models import Cluster, Service, Stop, WorkOrder
from fieldops.models.base import lon_lat
from fieldops.queries.board import clusters_near
from fieldops.queries.crew_day import straight_m
from fieldops.queries.work_orders import OPEN_ORDER_CODES

REACH_M: Final = 100.0
"""A pothole's two reports lie within its street; farther apart nobody sees both from one spot."""
MOST: Final = 6


@dataclass(frozen=True)
class SamePlace:
    """An open place near by. `number` is of its open order, `position` of its stop on the crew's own list."""

    cluster: Cluster
    service: Service
    away_m: float
    number: str
    position: int | None


def same_places(session: Session, order: WorkOrder, batch_id: int) -> list[SamePlace]:
    """Return the places that could be the one of an order, the nearest first."""
    own = session.get_one(Cluster, order.cluster_id)
    here = lon_lat(order.place)
    found = [
        (straight_m(here, lon_lat(cluster.anchor)), cluster, service)
        for cluster, service in clusters_near(session, own.family, *here, REACH_M)
        if cluster.id != own.id
    ]
    near = sorted((one for one in found if one[0] <= REACH_M), key=lambda one: (one[0], one[1].id))[:MOST]
    orders = {
        row.cluster_id: row
        for row in session.scalars(
            select(WorkOrder)
            .where(
                WorkOrder.cluster_id.in_([cluster.id for _m, cluster, _s in near]),
                WorkOrder.status.in_(OPEN_ORDER_CODES),
            )
            .order_by(WorkOrder.id)
        )
    }
    stops = {
        row.work_order_id: row.position
        for row in session.scalars(
            select(Stop).where(
                Stop.batch_id == batch_id, Stop.work_order_id.in_([row.id for row in orders.values()])
            )
        )
    }
    return [
        SamePlace(
            cluster,
            service,
            away_m,
            orders[cluster.id].number if cluster.id in orders else "",
            stops.get(orders[cluster.id].id) if cluster.id in orders else None,
        )
        for away_m, cluster, service in near
    ]
