"""Instructing work at a cluster."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from fieldops import clock
from fieldops.domain.references import work_order_number
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.roles import OFFICIALS, By
from fieldops.domain.work_order_states import WORK_ORDER_MOVES, WorkOrderStatus
from fieldops.errors import Conflict
from fieldops.installation import Installation
from fieldops.models import Cluster, Service, WorkOrder, WorkOrderChange
from fieldops.models.base import as_point, lon_lat
from fieldops.operations.ask_to_group import ask_to_group_members
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.estimate_work import estimate_work
from fieldops.operations.link_causes import order_drain_before_patch
from fieldops.operations.locate_request import locate
from fieldops.operations.refresh_cluster import refresh_cluster
from fieldops.outbox import next_number
from fieldops.queries.clusters import members_of, open_members_of
from fieldops.queries.services import deadline
from fieldops.queries.work_orders import last_done_order, open_orders_of


def open_work_order(
    session: Session, installation: Installation, cluster: Cluster, by: By, *, tell: bool = True
) -> WorkOrder:
    """Make a ready order for a cluster; its unread requests count as read by whoever opens it.

    Raises
    ------
    Conflict
        The cluster has an open order already, or nothing open in it; or somebody else opens one now.
    """
    flag_modified(cluster, "open")  # so that of two dispatchers one is refused
    session.flush()
    members = open_members_of(session, cluster.id)
    if not members:
        raise Conflict("Nothing is open in cluster %(number)s.", number=cluster.id)
    if open_orders_of(session, cluster.id):
        raise Conflict("Cluster %(number)s has an open work order already.", number=cluster.id)
    if by.actor in OFFICIALS:
        for request in members:
            if request.status in (RequestStatus.SUBMITTED.value, RequestStatus.REOPENED.value):
                change_request_status(session, request, RequestStatus.ACKNOWLEDGED, by, tell=tell)
    order = new_order(session, installation, cluster, min(member.reported_at for member in members), by)
    before = last_done_order(session, cluster.id)
    order.rework_of_id = before.id if before else None
    change_work_order_status(
        session, order, WorkOrderStatus.READY, by, facts={"place": True, "duration": True, "skills": True}
    )
    order_drain_before_patch(session, installation, order)
    refresh_cluster(session, cluster)
    return order


def new_order(
    session: Session,
    installation: Installation,
    cluster: Cluster,
    since: Any,
    by: By,
    *,
    words: str = "",
    facts: Mapping[str, Any] | None = None,
) -> WorkOrder:
    """Make a draft order from what the cluster's service usually takes.

    Parameters
    ----------
    words, facts
        For the order's history: why it is made.
    """
    facts = dict(facts or {})
    service = session.get_one(Service, cluster.service_id)
    lon, lat = lon_lat(cluster.anchor)
    expected = estimate_work(session, service, cluster.severity)
    now = clock.now()
    today = now.astimezone(ZoneInfo(installation.city.time_zone)).date()
    month = f"work_order:{today:%y%m}"
    order = WorkOrder(
        number=work_order_number(today, next_number(session, month)),
        cluster_id=cluster.id,
        service_id=service.id,
        department_id=service.department_id,
        status=WorkOrderStatus.DRAFT.value,
        place=as_point(lon, lat),
        duration_s=expected.duration_s,
        material=service.material,
        material_amount=expected.material_amount,
        estimate=expected.as_facts(),
        skills=list(service.skills),
        dry_weather=service.dry_weather,
        severity=cluster.severity,
        exposure=locate(session, installation.city, lon, lat).exposure,
        due_at=deadline(session, "repair", service.id, since),
        created_at=now,
    )
    session.add(order)
    session.flush()
    if len(members_of(session, cluster.id)) > 1:
        ask_to_group_members(session, cluster.id)
    WORK_ORDER_MOVES.check(None, WorkOrderStatus.DRAFT, by.actor, set(facts))
    _append(session, order, None, WorkOrderStatus.DRAFT, by, words, facts)
    return order


def change_work_order_status(
    session: Session,
    order: WorkOrder,
    target: WorkOrderStatus,
    by: By,
    *,
    words: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Make one move of the table and append it to the order's history.

    Raises
    ------
    Conflict, NotAllowed, InvalidInput
        From the state table.
    """
    facts = dict(facts or {})
    source = WorkOrderStatus(order.status)
    WORK_ORDER_MOVES.check(source, target, by.actor, set(facts))
    order.status = target.value
    if target in (WorkOrderStatus.DONE, WorkOrderStatus.CANCELLED):
        order.ended_at = clock.now()
        ask_to_group_members(session, order.cluster_id)
    order.blocked_reason = str(facts["reason"])[:40] if target is WorkOrderStatus.BLOCKED else None
    _append(session, order, source, target, by, words, facts)


def append_correction(
    session: Session, order: WorkOrder, by: By, changed: Mapping[str, Any], **facts: Any
) -> None:
    """Append to an order's history that figures were changed, old and new; its state stays."""
    state = WorkOrderStatus(order.status)
    _append(session, order, state, state, by, "", {"changed": dict(changed), **facts})


def _append(
    session: Session,
    order: WorkOrder,
    source: WorkOrderStatus | None,
    target: WorkOrderStatus,
    by: By,
    words: str,
    facts: dict[str, Any],
) -> None:
    session.add(
        WorkOrderChange(
            work_order_id=order.id,
            source=source.value if source else None,
            target=target.value,
            actor=by.actor.value,
            user_id=by.user_id,
            at=clock.now(),
            words=words,
            facts=facts,
        )
    )
    session.flush()
