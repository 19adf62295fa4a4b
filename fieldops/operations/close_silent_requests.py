"""Ten days of silence after a repair close a request."""

from datetime import timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.request_states import ClosedReason, RequestStatus
from fieldops.domain.roles import THE_SYSTEM
from fieldops.domain.work_order_states import OPEN_ORDERS
from fieldops.installation import Installation
from fieldops.models import ServiceRequest, WorkOrder
from fieldops.operations.change_request_status import change_request_status

SILENCE: Final = timedelta(days=10)
MOST_AT_ONCE: Final = 500


def close_silent_requests(session: Session, installation: Installation) -> int:
    """Close requests done ten days ago, except where a permanent repair is still to come; return how many."""
    del installation
    waiting = select(WorkOrder.cluster_id).where(
        WorkOrder.status.in_([status.value for status in OPEN_ORDERS])
    )
    silent = session.scalars(
        select(ServiceRequest)
        .where(
            ServiceRequest.status == RequestStatus.DONE.value,
            ServiceRequest.ended_at < clock.now() - SILENCE,
            or_(ServiceRequest.cluster_id.is_(None), ServiceRequest.cluster_id.not_in(waiting)),
        )
        .order_by(ServiceRequest.id)
        .limit(MOST_AT_ONCE)
    ).all()
    for request in silent:
        change_request_status(
            session,
            request,
            RequestStatus.CLOSED,
            THE_SYSTEM,
            facts={"closed_reason": ClosedReason.REPAIRED.value},
        )
    return len(silent)
