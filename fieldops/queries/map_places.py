"""The places of work behind a symbol on a staff map: of one report, or of all that lie together."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.domain.work_order_states import WorkOrderStatus
from fieldops.models import Area, Cluster, Service, ServiceRequest, WorkOrder
from fieldops.queries.clusters import OPEN_CODES
from fieldops.queries.spatial import Box, within

PLANNED = (WorkOrderStatus.BATCHED.value, WorkOrderStatus.IN_PROGRESS.value)


@dataclass(frozen=True)
class MapPlace:
    """A place of work as a card tells of it; `reports` counts those that are open."""

    cluster_id: int
    service: Service
    address: str
    area: str
    severity: int
    reports: int
    oldest_at: datetime
    is_planned: bool


def place_of_report(session: Session, request_id: int) -> list[MapPlace]:
    """Return the place that a report belongs to; none where it has no open one."""
    return _places(session, _cluster_ids().where(ServiceRequest.id == request_id))


def places_within(session: Session, box: Box) -> list[MapPlace]:
    """Return the places with open reports in a box, the worst first."""
    return _places(session, within(session, _cluster_ids(), ServiceRequest.place, box))


def _cluster_ids() -> Any:
    return select(ServiceRequest.cluster_id).where(
        ServiceRequest.status.in_(OPEN_CODES), ServiceRequest.cluster_id.is_not(None)
    )


def _places(session: Session, cluster_ids: Any) -> list[MapPlace]:
    reports = func.count(ServiceRequest.id)
    rows = session.execute(
        select(Cluster, Service, Area.name, reports, func.min(ServiceRequest.reported_at))
        .join(Service, Service.id == Cluster.service_id)
        .outerjoin(Area, Area.id == Cluster.area_id)
        .join(ServiceRequest, ServiceRequest.cluster_id == Cluster.id)
        .where(Cluster.id.in_(cluster_ids), ServiceRequest.status.in_(OPEN_CODES))
        .group_by(Cluster.id, Service.id, Area.id)
        .order_by(Cluster.severity.desc(), reports.desc(), Cluster.id)
    ).all()
    planned = set(
        session.scalars(
            select(WorkOrder.cluster_id).where(
                WorkOrder.status.in_(PLANNED),
                WorkOrder.cluster_id.in_([cluster.id for cluster, *_rest in rows]),
            )
        )
    )
    return [
        MapPlace(
            cluster.id, service, cluster.address, area or "", cluster.severity, many, oldest,
            cluster.id in planned,
        )
        for cluster, service, area, many, oldest in rows
    ]  # fmt: skip
