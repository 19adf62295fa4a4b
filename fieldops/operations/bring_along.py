"""Reports that joined a place late go along with its order, so that none is left behind when it ends."""

from datetime import date

from sqlalchemy.orm import Session

from fieldops.domain.request_states import RequestStatus
from fieldops.domain.roles import THE_SYSTEM, By
from fieldops.domain.work_order_states import WorkOrderStatus
from fieldops.models import ServiceRequest, Stop, WorkOrder
from fieldops.operations.change_request_status import change_request_status
from fieldops.queries.clusters import open_members_of
from fieldops.queries.plans import stop_out_for
from fieldops.queries.work_orders import open_orders_of

UNREAD = (RequestStatus.SUBMITTED.value, RequestStatus.REOPENED.value)
PLANNED = (RequestStatus.SCHEDULED.value, RequestStatus.IN_PROGRESS.value)


def schedule_requests(session: Session, order: WorkOrder, stop: Stop, day: date, by: By) -> None:
    """Promise the day to all open requests of an order's cluster. Whoever sends the crew out has read what
    the order is for, so unread requests count as read by them; one message tells of both.
    """
    for request in open_members_of(session, order.cluster_id):
        if request.status in UNREAD:
            _count_as_read(session, request, order, by)
        _schedule(session, request, stop, day)


def schedule_late(session: Session, cluster_id: int) -> None:
    """Promise the day of a batch that is out already to requests read, or moved here, since."""
    for order in open_orders_of(session, cluster_id):
        found = stop_out_for(session, order.id) if order.status == WorkOrderStatus.BATCHED.value else None
        if found is not None:
            stop, day = found
            for request in open_members_of(session, cluster_id):
                _schedule(session, request, stop, day)


def _schedule(session: Session, request: ServiceRequest, stop: Stop, day: date) -> None:
    if request.status == RequestStatus.ACKNOWLEDGED.value:
        request.scheduled_for = stop.arrives_at
        change_request_status(
            session, request, RequestStatus.SCHEDULED, THE_SYSTEM, facts={"date": day.isoformat()}
        )


def start_requests(session: Session, order: WorkOrder, by: By) -> None:
    """Let all open requests of an order's cluster be in progress: the crew stands at the place, and sees
    what nobody has read yet.
    """
    for request in open_members_of(session, order.cluster_id):
        if request.status in UNREAD:
            _count_as_read(session, request, order, by)
        if request.status != RequestStatus.IN_PROGRESS.value:
            change_request_status(session, request, RequestStatus.IN_PROGRESS, by)


def _count_as_read(session: Session, request: ServiceRequest, order: WorkOrder, by: By) -> None:
    change_request_status(
        session, request, RequestStatus.ACKNOWLEDGED, by, facts={"order": order.number}, tell=False
    )


def withdraw_promise(session: Session, request: ServiceRequest) -> None:
    """Take the promised day back from one request."""
    if request.status in PLANNED:
        request.scheduled_for = None
        change_request_status(session, request, RequestStatus.ACKNOWLEDGED, THE_SYSTEM, tell=False)


def withdraw_schedule(session: Session, order: WorkOrder) -> None:
    """Take the promised day back from the requests of an order's cluster."""
    for request in open_members_of(session, order.cluster_id):
        withdraw_promise(session, request)
