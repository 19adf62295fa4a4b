"""What crews found while they were out, and where."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.places import Channel
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.work_order_states import StopEventKind
from fieldops.models import Batch, Crew, ServiceRequest, StatusChange, Stop, StopEvent, WorkOrder


@dataclass(frozen=True)
class FoundAt:
    """The stop at which something was found, whose stop it was, and the order there."""

    stop: Stop
    crew: Crew
    order: WorkOrder


def found_by(session: Session, request_id: int, user_id: int) -> bool:
    """Return whether a request is what this member of a crew found."""
    rows = select(StatusChange.id).where(
        StatusChange.request_id == request_id,
        StatusChange.source.is_(None),
        StatusChange.target == RequestStatus.SUBMITTED.value,
        StatusChange.user_id == user_id,
    )
    return session.scalar(rows.limit(1)) is not None


def findings_of(session: Session, user_id: int, since: datetime) -> list[ServiceRequest]:
    """Return what a member of a crew found since a moment, newest first."""
    return list(
        session.scalars(
            select(ServiceRequest)
            .join(StatusChange, StatusChange.request_id == ServiceRequest.id)
            .where(
                ServiceRequest.channel == Channel.CREW.value,
                ServiceRequest.received_at >= since,
                StatusChange.source.is_(None),
                StatusChange.target == RequestStatus.SUBMITTED.value,
                StatusChange.user_id == user_id,
            )
            .order_by(ServiceRequest.id.desc())
        )
    )


def found_at(session: Session, request: ServiceRequest) -> FoundAt | None:
    """Return where a crew found what a request says, None where it was at no stop or nobody's finding."""
    if request.channel != Channel.CREW.value:
        return None
    row = session.execute(
        select(Stop, Crew, WorkOrder)
        .join(StopEvent, StopEvent.stop_id == Stop.id)
        .join(Batch, Batch.id == Stop.batch_id)
        .join(Crew, Crew.id == Batch.crew_id)
        .join(WorkOrder, WorkOrder.id == Stop.work_order_id)
        .where(
            StopEvent.kind == StopEventKind.FOUND_NEW.value,
            StopEvent.client_key == request.external_key,  # the finding and its line carry one key
        )
    ).first()
    return FoundAt(*row) if row else None
