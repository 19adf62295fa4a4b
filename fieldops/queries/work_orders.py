"""Work orders, their order among each other, and what they are worth today."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from fieldops.domain.priorities import Priority, Severity, priority
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.work_order_states import OPEN_ORDERS, RepairKind, WorkOrderStatus
from fieldops.errors import NotFound
from fieldops.models import (
    OrderPin,
    ServiceRequest,
    StatusChange,
    Stop,
    WorkOrder,
    WorkOrderDependency,
)
from fieldops.queries.clusters import OPEN_CODES
from fieldops.queries.reporters import me_too_counts

OPEN_ORDER_CODES = sorted(status.value for status in OPEN_ORDERS)


def get_order(session: Session, order_id: int) -> WorkOrder:
    """Return a work order or raise NotFound."""
    order = session.get(WorkOrder, order_id)
    if order is None:
        raise NotFound("There is no such work order.")
    return order


def orders_in(session: Session, *statuses: str) -> list[WorkOrder]:
    """Return the work orders in any of these states, by number."""
    return list(
        session.scalars(select(WorkOrder).where(WorkOrder.status.in_(statuses)).order_by(WorkOrder.id))
    )


def open_orders_of(session: Session, cluster_id: int) -> list[WorkOrder]:
    """Return a cluster's orders that have not ended."""
    return list(
        session.scalars(
            select(WorkOrder)
            .where(WorkOrder.cluster_id == cluster_id, WorkOrder.status.in_(OPEN_ORDER_CODES))
            .order_by(WorkOrder.id)
        )
    )


def clusters_at_work(session: Session) -> set[int]:
    """Return the clusters that have an order which has not ended."""
    return set(session.scalars(select(WorkOrder.cluster_id).where(WorkOrder.status.in_(OPEN_ORDER_CODES))))


def orders_that_answered(session: Session, request_ids: Collection[int]) -> dict[int, set[int]]:
    """Return the finished orders that answered any of these requests, and which of them."""
    done = session.execute(
        select(StatusChange.request_id, StatusChange.facts).where(
            StatusChange.request_id.in_(list(request_ids)),
            StatusChange.target == RequestStatus.DONE.value,
        )
    )
    by_stop: dict[int, set[int]] = {}
    for request_id, facts in done:
        if isinstance(facts.get("evidence"), int):
            by_stop.setdefault(facts["evidence"], set()).add(request_id)
    answered: dict[int, set[int]] = {}
    for stop_id, order_id in session.execute(
        select(Stop.id, Stop.work_order_id).where(Stop.id.in_(list(by_stop)))
    ):
        answered.setdefault(order_id, set()).update(by_stop[stop_id])
    return answered


def predecessors(session: Session, order_ids: Collection[int]) -> dict[int, list[int]]:
    """Return which orders each of these must wait for."""
    rows = session.execute(
        select(WorkOrderDependency.work_order_id, WorkOrderDependency.after_id)
        .where(WorkOrderDependency.work_order_id.in_(order_ids))
        .order_by(WorkOrderDependency.id)
    )
    waits: dict[int, list[int]] = {}
    for order_id, after_id in rows:
        waits.setdefault(order_id, []).append(after_id)
    return waits


def pins_of(session: Session, order_ids: Collection[int]) -> dict[int, OrderPin]:
    """Return the pins of these orders, by order id."""
    pins = session.scalars(select(OrderPin).where(OrderPin.work_order_id.in_(list(order_ids))))
    return {pin.work_order_id: pin for pin in pins}


def followers(session: Session, order_id: int) -> list[int]:
    """Return the open orders that wait for this one."""
    return list(
        session.scalars(
            select(WorkOrderDependency.work_order_id)
            .join(WorkOrder, WorkOrder.id == WorkOrderDependency.work_order_id)
            .where(WorkOrderDependency.after_id == order_id, WorkOrder.status.in_(OPEN_ORDER_CODES))
            .order_by(WorkOrderDependency.id)
        )
    )


def waits_for(session: Session, order_id: int, other_id: int) -> bool:
    """Return whether an order waits for another one, directly or through others, or is that one."""
    front, seen = {order_id}, {order_id}
    while front:
        if other_id in front:
            return True
        front = {number for held in predecessors(session, front).values() for number in held} - seen
        seen |= front
    return False


def last_done_order(session: Session, cluster_id: int) -> WorkOrder | None:
    """Return the order that last repaired a cluster, None when none did."""
    return session.scalar(
        select(WorkOrder)
        .where(WorkOrder.cluster_id == cluster_id, WorkOrder.status == WorkOrderStatus.DONE.value)
        .order_by(WorkOrder.ended_at.desc(), WorkOrder.id.desc())
        .limit(1)
    )


def awaits_permanent_repair(session: Session, cluster_id: int) -> bool:
    """Return whether a cluster was repaired for the time being and its permanent repair is still ordered."""
    return _is_ordered_after(session, cluster_id, after_temporary=True)


def is_done_again(session: Session, cluster_id: int) -> bool:
    """Return whether a finished repair of a cluster is ordered anew, because it was not good enough."""
    return _is_ordered_after(session, cluster_id, after_temporary=False)


def _is_ordered_after(session: Session, cluster_id: int, *, after_temporary: bool) -> bool:
    before = aliased(WorkOrder)
    is_temporary = before.repair_kind == RepairKind.TEMPORARY.value
    found = session.scalar(
        select(WorkOrder.id)
        .join(before, before.id == WorkOrder.rework_of_id)
        .where(
            WorkOrder.cluster_id == cluster_id,
            WorkOrder.status.in_(OPEN_ORDER_CODES),
            is_temporary if after_temporary else ~is_temporary,
        )
        .limit(1)
    )
    return found is not None


def report_counts(session: Session, cluster_ids: Collection[int]) -> dict[int, int]:
    """Return how many open requests each cluster has."""
    rows = session.execute(
        select(ServiceRequest.cluster_id, func.count())
        .where(ServiceRequest.cluster_id.in_(cluster_ids), ServiceRequest.status.in_(OPEN_CODES))
        .group_by(ServiceRequest.cluster_id)
    )
    return {cluster_id: count for cluster_id, count in rows if cluster_id is not None}


def priorities_of(session: Session, orders: Collection[WorkOrder], now: datetime) -> dict[int, Priority]:
    """Return each order's worth today, by order id; who said "me too" counts like who reported."""
    clusters = {order.cluster_id for order in orders}
    counts, me_too = report_counts(session, clusters), me_too_counts(session, clusters)
    return {
        order.id: priority(
            Severity(order.severity),
            max(1, counts.get(order.cluster_id, 0) + me_too.get(order.cluster_id, 0)),
            order.exposure,
            order.due_at,
            now,
        )
        for order in orders
    }
