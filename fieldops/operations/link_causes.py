"""Drain before patch: an order that must wait for another at the same place."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.work_order_states import WorkOrderStatus
from fieldops.installation import Installation
from fieldops.models import Service, WorkOrder, WorkOrderDependency
from fieldops.models.base import lon_lat
from fieldops.outbox import insert_if_absent
from fieldops.queries.spatial import box_around, dialect_of, in_bbox
from fieldops.queries.work_orders import waits_for
from geo.crs import projected_crs, to_metres

CAUSE_REACH_M = 40.0
"""Water and the hole under it are reported this far apart (ours)."""

WET, ROAD = ("water", "drain"), "road"
WAITING = (WorkOrderStatus.DRAFT.value, WorkOrderStatus.READY.value)


def order_drain_before_patch(session: Session, installation: Installation, order: WorkOrder) -> int:
    """Let a new road order wait for water and drain orders beside it, or road orders wait for it; return
    how many rows were added.

    Only the new order is linked: what a dispatcher has untied between two others stays untied. Executed or
    batched orders keep their order, and nothing is added that would make two orders wait for each other.
    """
    lon, lat = lon_lat(order.place)
    near = _orders_near(session, installation, lon, lat)
    added = 0
    for road in [other for other, family in near if family == ROAD]:
        for wet in [other for other, family in near if family in WET]:
            if order.id in (road.id, wet.id) and not waits_for(session, wet.id, road.id):
                added += insert_if_absent(
                    session, WorkOrderDependency, work_order_id=road.id, after_id=wet.id
                )
    return added


def _orders_near(
    session: Session, installation: Installation, lon: float, lat: float
) -> list[tuple[WorkOrder, str]]:
    query = (
        select(WorkOrder, Service.family)
        .join(Service, Service.id == WorkOrder.service_id)
        .where(WorkOrder.status.in_(WAITING))
        .order_by(WorkOrder.id)
    )
    box = box_around(lon, lat, CAUSE_REACH_M)
    rows = session.execute(query.where(in_bbox(WorkOrder.place, box, dialect_of(session)))).all()
    if not rows:
        return []
    crs = projected_crs([lon], [lat], epsg=installation.city.epsg)
    places = [lon_lat(order.place) for order, _family in rows]
    x, y = to_metres([lon, *(place[0] for place in places)], [lat, *(place[1] for place in places)], crs)
    away = ((x[1:] - x[0]) ** 2 + (y[1:] - y[0]) ** 2) ** 0.5
    return [(row[0], row[1]) for row, distance in zip(rows, away, strict=True) if distance <= CAUSE_REACH_M]
