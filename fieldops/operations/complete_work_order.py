"""A repair with its evidence: the order is done, its requests are done, every reporter hears of it."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.roles import THE_SYSTEM, By
from fieldops.domain.work_order_states import RepairKind, WorkOrderStatus
from fieldops.errors import InvalidInput
from fieldops.installation import Installation
from fieldops.models import Cluster, ServiceRequest, Stop, WorkOrder
from fieldops.operations.ask_if_fixed import ASK_AFTER
from fieldops.operations.bring_along import start_requests
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.link_causes import order_drain_before_patch
from fieldops.operations.notify_reporter import notify_reporters
from fieldops.operations.open_work_order import change_work_order_status, new_order
from fieldops.operations.refresh_cluster import refresh_cluster
from fieldops.outbox import enqueue
from fieldops.queries.clusters import members_of
from fieldops.queries.photos import has_photo
from fieldops.queries.plans import events_of
from fieldops.queries.work_orders import open_orders_of

if TYPE_CHECKING:
    from fieldops.operations.record_stop_event import StopReport

PERMANENT_WITHIN: Final = timedelta(days=30)
"""When a temporary repair's permanent one is due (ours)."""


def complete_work_order(
    session: Session, installation: Installation, order: WorkOrder, stop: Stop, report: "StopReport", by: By
) -> None:
    """End an order in progress.

    Raises
    ------
    InvalidInput
        The after-photo or the kind of repair is missing, or the material is negative.
    """
    try:
        kind = RepairKind(report.repair_kind)
    except ValueError:
        raise InvalidInput("Say whether the repair is permanent or temporary.", field="repair_kind") from None
    if not has_photo(session, stop.id, "after"):
        raise InvalidInput("A photo of the finished work is needed.", field="photo")
    if report.material_amount is not None and report.material_amount < 0:
        raise InvalidInput("The material used cannot be negative.", field="material_amount")
    start_requests(session, order, by)  # whoever joined since the crew arrived
    order.repair_kind = kind.value
    order.size = report.size.strip()[:100] or order.size
    if report.material_amount is not None:
        order.material_amount = report.material_amount
    change_work_order_status(
        session,
        order,
        WorkOrderStatus.DONE,
        by,
        words=report.words,
        facts={"after_photo": stop.id, "repair_kind": kind.value} | _took(session, stop, report),
    )
    cluster = session.get_one(Cluster, order.cluster_id)
    if kind is RepairKind.TEMPORARY:
        permanent = new_order(session, installation, cluster, clock.now(), THE_SYSTEM)
        permanent.rework_of_id, permanent.due_at = order.id, clock.now() + PERMANENT_WITHIN
        order_drain_before_patch(session, installation, permanent)
    elif open_orders_of(session, cluster.id):
        return  # another department's order at this place is not done yet
    facts = {"repair_kind": kind.value, "date": clock.now().isoformat()}
    for request in members_of(session, cluster.id):
        if request.status == RequestStatus.IN_PROGRESS.value:
            change_request_status(
                session, request, RequestStatus.DONE, by, facts=facts | {"evidence": stop.id}
            )
            _ask_later(session, request)
        elif request.status == RequestStatus.DONE.value and kind is not RepairKind.TEMPORARY:
            # Its repair was temporary until now: told of the permanent one, and silence counts from here.
            notify_reporters(session, request, "done", facts, occasion=f"order:{order.id}")
            request.ended_at = clock.now()
            _ask_later(session, request)
    refresh_cluster(session, cluster)


def _took(session: Session, stop: Stop, report: "StopReport") -> dict[str, int]:
    """Return the minutes at the place and the material used, as far as they were reported: later estimates
    learn from them.
    """
    took: dict[str, int] = {}
    arrived = next((event.at for event in events_of(session, stop.id) if event.kind == "arrived"), None)
    if arrived is not None:
        took["minutes"] = round(((report.at or clock.now()) - arrived).total_seconds() / 60)
    if report.material_amount is not None:
        took["material"] = report.material_amount
    return took


def _ask_later(session: Session, request: ServiceRequest) -> None:
    enqueue(session, "ask_if_fixed", {"request_id": request.id}, due_at=clock.now() + ASK_AFTER)
