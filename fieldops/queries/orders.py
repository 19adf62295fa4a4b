"""Work orders for staff: those of a cluster, their history, and what they may wait for."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.models import Cluster, Service, WorkOrder, WorkOrderChange


def orders_of(session: Session, cluster_id: int) -> list[WorkOrder]:
    """Return all orders of a cluster, newest first."""
    return list(
        session.scalars(
            select(WorkOrder).where(WorkOrder.cluster_id == cluster_id).order_by(WorkOrder.id.desc())
        )
    )


def changes_of(session: Session, order_id: int) -> list[WorkOrderChange]:
    """Return an order's appended history, oldest first."""
    return list(
        session.scalars(
            select(WorkOrderChange)
            .where(WorkOrderChange.work_order_id == order_id)
            .order_by(WorkOrderChange.at, WorkOrderChange.id)
        )
    )


def orders_described(session: Session, order_ids: list[int]) -> dict[int, tuple[WorkOrder, Service, Cluster]]:
    """Return orders with their service and cluster, by id."""
    rows = session.execute(
        select(WorkOrder, Service, Cluster)
        .join(Service, Service.id == WorkOrder.service_id)
        .join(Cluster, Cluster.id == WorkOrder.cluster_id)
        .where(WorkOrder.id.in_(order_ids))
    )
    return {order.id: (order, service, cluster) for order, service, cluster in rows}


def order_by_number(session: Session, number: str) -> WorkOrder | None:
    """Return the order of this number, None when there is none."""
    return session.scalar(select(WorkOrder).where(WorkOrder.number == number.strip().upper()))


def blocked_orders(session: Session) -> list[tuple[WorkOrder, Service, Cluster]]:
    """Return the orders that a crew could not do, by number."""
    rows = session.execute(
        select(WorkOrder, Service, Cluster)
        .join(Service, Service.id == WorkOrder.service_id)
        .join(Cluster, Cluster.id == WorkOrder.cluster_id)
        .where(WorkOrder.status == "blocked")
        .order_by(WorkOrder.id)
    )
    return [(order, service, cluster) for order, service, cluster in rows]
