"""One request as its reporter sees it, reached by the secret of its link alone."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.references import digest
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.response_clocks import ResponseClock
from fieldops.domain.roles import Actor
from fieldops.errors import NotFound
from fieldops.models import Department, Photo, ServiceRequest, StatusChange, Stop, WorkOrder
from fieldops.queries.services import level_in_force

ANSWERING = frozenset(RequestStatus) - {
    RequestStatus.SUBMITTED,
    RequestStatus.ACKNOWLEDGED,
    RequestStatus.REOPENED,
}
"""States that say what is done about a request, not only that it was read."""


def request_by_secret(session: Session, secret: str) -> ServiceRequest:
    """Return the request that a link opens.

    Raises
    ------
    NotFound
        The link is forged, cut short, or never was.
    """
    found = session.scalar(select(ServiceRequest).where(ServiceRequest.link_digest == digest(secret)))
    if found is None:
        raise NotFound("This link is not valid. Check that it was copied whole.")
    return found


def request_by_key(session: Session, source: str, key: str) -> ServiceRequest | None:
    """Return the request that a sender's key made already."""
    return session.scalar(
        select(ServiceRequest).where(ServiceRequest.source == source, ServiceRequest.external_key == key)
    )


def history_of(session: Session, request_id: int) -> list[StatusChange]:
    """Return a request's history, oldest first."""
    return list(
        session.scalars(
            select(StatusChange).where(StatusChange.request_id == request_id).order_by(StatusChange.id)
        )
    )


def department_name(session: Session, department_id: int) -> str:
    """Return a department's name."""
    return session.get_one(Department, department_id).name


def reported_photos(session: Session, request_id: int) -> list[Photo]:
    """Return the photos that came with a request, oldest first."""
    return list(session.scalars(select(Photo).where(Photo.request_id == request_id).order_by(Photo.id)))


def repair_photos(session: Session, request: ServiceRequest) -> list[Photo]:
    """Return the crew's photos after the repair of a request's place, newest first."""
    if request.cluster_id is None:
        return []
    return list(
        session.scalars(
            select(Photo)
            .join(Stop, Stop.id == Photo.stop_id)
            .join(WorkOrder, WorkOrder.id == Stop.work_order_id)
            .where(
                WorkOrder.cluster_id == request.cluster_id,
                Photo.kind == "after",
                Photo.added_at >= request.received_at,
            )
            .order_by(Photo.id.desc())
        )
    )


def first_response_clock(
    session: Session, request: ServiceRequest, history: list[StatusChange]
) -> ResponseClock | None:
    """Return the promise of a first answer: it stops when a person first did something with the request.

    There is none where the reporter took the report back before: nobody answered, nobody owes it any more.
    """
    answer = next((change for change in history if change.source == RequestStatus.SUBMITTED.value), None)
    if answer is not None and answer.actor == Actor.REPORTER.value:
        return None
    return _clock(session, "first_response", request, request.received_at, answer.at if answer else None)


def follow_up_clock(
    session: Session, request: ServiceRequest, history: list[StatusChange]
) -> ResponseClock | None:
    """Return the promise of a follow-up: it stops when the reporter can be told what is done, or the place
    was made safe. Opening a request again starts a new one. There is none where the reporter took the
    report back before.
    """
    reopened = [change.at for change in history if change.target == RequestStatus.REOPENED.value]
    since = reopened[-1] if reopened else request.received_at
    told = [
        (change.at, change.actor) for change in history if change.at >= since and change.target in ANSWERING
    ]
    if request.made_safe_at is not None and request.made_safe_at >= since:
        told.append((request.made_safe_at, Actor.CREW_LEADER.value))
    stopped_at, by = min(told, default=(None, ""))
    return None if by == Actor.REPORTER.value else _clock(session, "follow_up", request, since, stopped_at)


def _clock(
    session: Session, kind: str, request: ServiceRequest, since: datetime, stopped_at: datetime | None
) -> ResponseClock | None:
    level = level_in_force(session, kind, request.service_id, since.date())
    return ResponseClock(since, level.hours, stopped_at) if level else None
