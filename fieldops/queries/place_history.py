"""What was reported at a place and what was done about it: requests, work orders and photos."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.models import Photo, ServiceRequest, Stop, WorkOrder
from fieldops.queries.photos import photos_of_requests, photos_of_stops


def requests_numbered(session: Session, request_ids: Collection[int], most: int) -> list[ServiceRequest]:
    """Return these requests, the newest first, at most so many."""
    return list(
        session.scalars(
            select(ServiceRequest)
            .where(ServiceRequest.id.in_(list(request_ids)))
            .order_by(ServiceRequest.reported_at.desc(), ServiceRequest.id.desc())
            .limit(most)
        )
    )


def orders_of_clusters(session: Session, cluster_ids: Collection[int]) -> dict[int, list[WorkOrder]]:
    """Return the work orders of each cluster, oldest first."""
    found: dict[int, list[WorkOrder]] = {}
    for order in session.scalars(
        select(WorkOrder).where(WorkOrder.cluster_id.in_(list(cluster_ids))).order_by(WorkOrder.id)
    ):
        found.setdefault(order.cluster_id, []).append(order)
    return found


def photos_before(session: Session, request_ids: Collection[int]) -> dict[int, list[Photo]]:
    """Return the photos that came with each request."""
    found: dict[int, list[Photo]] = {}
    for photo in photos_of_requests(session, request_ids):
        found.setdefault(photo.request_id or 0, []).append(photo)
    return found


def photos_after(session: Session, order_ids: Collection[int]) -> dict[int, list[Photo]]:
    """Return the photos that crews took at each work order."""
    visits = session.execute(
        select(Stop.id, Stop.work_order_id).where(Stop.work_order_id.in_(list(order_ids)))
    )
    stops = {row.id: row.work_order_id for row in visits}
    found: dict[int, list[Photo]] = {}
    for photo in photos_of_stops(session, list(stops)):
        found.setdefault(stops[photo.stop_id or 0], []).append(photo)
    return found
