"""What reports wait for, until when, and what is late."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from fieldops.domain.places import LocationState
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.waitings import WaitingKind
from fieldops.models import Area, RequestWaiting, Service, ServiceRequest, StatusChange
from fieldops.queries.clusters import OPEN_CODES

IMPORTED: Final = "import"
"""The channel of another system's reports: what they waited for there is not ours to count."""


@dataclass(frozen=True)
class WaitingRow:
    """A waiting in a list, with its report."""

    waiting: RequestWaiting
    request: ServiceRequest
    service: Service
    area: str


@dataclass(frozen=True)
class WaitingCount:
    """How many reports wait, how many of them past their date, and how many near it."""

    waiting: int = 0
    late: int = 0
    soon: int = 0


def open_waitings_of(session: Session, request_id: int) -> list[RequestWaiting]:
    """Return what a request waits for now."""
    return list(
        session.scalars(
            select(RequestWaiting)
            .where(RequestWaiting.request_id == request_id, RequestWaiting.ended_at.is_(None))
            .order_by(RequestWaiting.id)
        )
    )


def waitings_of(session: Session, request_ids: Collection[int]) -> list[RequestWaiting]:
    """Return everything that these requests wait or waited for, oldest first."""
    return list(
        session.scalars(
            select(RequestWaiting)
            .where(RequestWaiting.request_id.in_(list(request_ids)))
            .order_by(RequestWaiting.since, RequestWaiting.id)
        )
    )


def due_waitings(session: Session, now: datetime, most: int) -> list[RequestWaiting]:
    """Return the waitings that somebody must be warned of, or whose time is over, and that were not seen to
    be so before; the most pressing first.
    """
    return list(
        session.scalars(
            select(RequestWaiting)
            .where(
                RequestWaiting.ended_at.is_(None),
                RequestWaiting.passed_at.is_(None),
                or_(
                    RequestWaiting.due_at <= now,
                    and_(RequestWaiting.warned_at.is_(None), RequestWaiting.warn_at <= now),
                ),
            )
            .order_by(RequestWaiting.due_at, RequestWaiting.id)
            .limit(most)
        )
    )


def unlisted(session: Session, kind: WaitingKind, most: int) -> list[ServiceRequest]:
    """Return requests that wait without a row: from before there were any, or loaded as they are."""
    row = RequestWaiting
    known = exists().where(
        row.request_id == ServiceRequest.id, row.kind == kind.value, row.ended_at.is_(None)
    )
    return list(
        session.scalars(
            select(ServiceRequest)
            .where(_WAITS[kind], ServiceRequest.channel != IMPORTED, ~known)
            .order_by(ServiceRequest.id)
            .limit(most)
        )
    )


_WAITS: Final[dict[WaitingKind, ColumnElement[bool]]] = {
    WaitingKind.AUTHORITY: ServiceRequest.status == RequestStatus.REFERRED.value,
    WaitingKind.PLACE: and_(
        ServiceRequest.status.in_(OPEN_CODES),
        ServiceRequest.location_state != LocationState.CONFIRMED.value,
    ),
}
"""How a request shows that it waits. What was made safe once may have been opened again since, so that is
known by its row alone."""


def last_referral(session: Session, request_id: int) -> StatusChange | None:
    """Return the line of a request's history by which it was passed on last."""
    return session.scalar(
        select(StatusChange)
        .where(StatusChange.request_id == request_id, StatusChange.target == RequestStatus.REFERRED.value)
        .order_by(StatusChange.id.desc())
        .limit(1)
    )


def list_waitings(
    session: Session, kind: WaitingKind, department_ids: Collection[int] | None = None, most: int = 100
) -> list[WaitingRow]:
    """Return the reports that wait for something, what is late longest first."""
    rows = session.execute(
        select(RequestWaiting, ServiceRequest, Service, Area.name)
        .join(ServiceRequest, ServiceRequest.id == RequestWaiting.request_id)
        .join(Service, Service.id == ServiceRequest.service_id)
        .outerjoin(Area, Area.id == ServiceRequest.area_id)
        .where(RequestWaiting.kind == kind.value, *_open_in(department_ids))
        .order_by(RequestWaiting.due_at, RequestWaiting.id)
        .limit(most)
    )
    return [WaitingRow(waiting, request, service, area or "") for waiting, request, service, area in rows]


def count_waitings(
    session: Session, now: datetime, department_ids: Collection[int] | None = None
) -> dict[WaitingKind, WaitingCount]:
    """Return how many reports wait for each kind of thing."""
    is_late = RequestWaiting.due_at <= now
    rows = session.execute(
        select(
            RequestWaiting.kind,
            func.count(),
            func.sum(case((is_late, 1), else_=0)),
            func.sum(case((and_(~is_late, RequestWaiting.warn_at <= now), 1), else_=0)),
        )
        .join(ServiceRequest, ServiceRequest.id == RequestWaiting.request_id)
        .where(*_open_in(department_ids))
        .group_by(RequestWaiting.kind)
    )
    found = {WaitingKind(kind): WaitingCount(*counts) for kind, *counts in rows}
    return {kind: found.get(kind, WaitingCount()) for kind in WaitingKind}


def counted_together(counts: Collection[WaitingCount]) -> WaitingCount:
    """Return the sum of counts."""
    return WaitingCount(
        sum(one.waiting for one in counts), sum(one.late for one in counts), sum(one.soon for one in counts)
    )


def _open_in(department_ids: Collection[int] | None) -> list[Any]:
    condition: list[Any] = [RequestWaiting.ended_at.is_(None)]
    if department_ids is not None:
        condition.append(ServiceRequest.department_id.in_(list(department_ids)))
    return condition
