"""Silence after a repair closes a request: ten days, where the table of promises says nothing else."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.request_states import ClosedReason, RequestStatus
from fieldops.domain.roles import THE_SYSTEM
from fieldops.domain.waitings import FIXED_ANSWER, STARTING_HOURS
from fieldops.domain.work_order_states import OPEN_ORDERS
from fieldops.installation import Installation
from fieldops.models import ServiceLevel, ServiceRequest, WorkOrder
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.run_waitings import promised_hours

MOST_AT_ONCE: Final = 500


def silent_until(session: Session, request: ServiceRequest) -> datetime | None:
    """Return until when a repaired request waits for its reporter's word; None where it does not."""
    if request.status != RequestStatus.DONE.value or request.ended_at is None:
        return None
    hours = promised_hours(session, FIXED_ANSWER, request.service_id, request.ended_at)
    return request.ended_at + timedelta(hours=hours)


def close_silent_requests(session: Session, installation: Installation) -> int:
    """Close requests that were repaired long enough ago, except where a permanent repair is still to come;
    return how many.
    """
    del installation
    now, last, closed = clock.now(), 0, 0
    while closed < MOST_AT_ONCE and (found := _repaired_before(session, _earliest(session, now), last)):
        for request in found:
            until = silent_until(session, request)
            if until is not None and until < now:
                change_request_status(
                    session,
                    request,
                    RequestStatus.CLOSED,
                    THE_SYSTEM,
                    facts={"closed_reason": ClosedReason.REPAIRED.value},
                )
                closed += 1
        last = found[-1].id
    return closed


def _earliest(session: Session, now: datetime) -> datetime:
    """Return what must have been repaired before, by the shortest of all promises; each has its own."""
    shortest = session.scalar(select(func.min(ServiceLevel.hours)).where(ServiceLevel.kind == FIXED_ANSWER))
    return now - timedelta(hours=min(shortest or STARTING_HOURS[FIXED_ANSWER], STARTING_HOURS[FIXED_ANSWER]))


def _repaired_before(session: Session, before: datetime, after_id: int) -> list[ServiceRequest]:
    waiting = select(WorkOrder.cluster_id).where(
        WorkOrder.status.in_([status.value for status in OPEN_ORDERS])
    )
    return list(
        session.scalars(
            select(ServiceRequest)
            .where(
                ServiceRequest.id > after_id,
                ServiceRequest.status == RequestStatus.DONE.value,
                ServiceRequest.ended_at < before,
                or_(ServiceRequest.cluster_id.is_(None), ServiceRequest.cluster_id.not_in(waiting)),
            )
            .order_by(ServiceRequest.id)
            .limit(MOST_AT_ONCE)
        )
    )
