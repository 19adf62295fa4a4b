"""Links to one's own data, visits by them, and deletions that wait."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from fieldops.domain.references import digest
from fieldops.models import Conversation, DataDeletion, DataLink, DataVisit, ServiceRequest, WorkOrder
from fieldops.queries.clusters import OPEN_CODES


def link_by_secret(session: Session, secret: str) -> DataLink | None:
    """Return the link of a secret; None where it never was, or is long over."""
    return session.scalar(select(DataLink).where(DataLink.digest == digest(secret)))


def visit_by_secret(session: Session, secret: str) -> DataVisit | None:
    """Return the visit of a browser's secret; None where it never was, or is long over."""
    return session.scalar(select(DataVisit).where(DataVisit.digest == digest(secret)))


def links_sent(session: Session, reporter_id: int, since: datetime) -> int:
    """Return how many links a person was sent since a time."""
    return (
        session.scalar(
            select(func.count())
            .select_from(DataLink)
            .where(DataLink.reporter_id == reporter_id, DataLink.created_at >= since)
        )
        or 0
    )


def deletions_of(
    session: Session, reporter_ids: Collection[int], request_ids: Collection[int] = ()
) -> list[DataDeletion]:
    """Return the deletions that wait for some people, or for some reports alone."""
    return list(
        session.scalars(
            select(DataDeletion)
            .where(
                or_(
                    DataDeletion.reporter_id.in_(list(reporter_ids)),
                    DataDeletion.request_id.in_(list(request_ids)),
                )
            )
            .order_by(DataDeletion.id)
        )
    )


def waiting_deletions(session: Session) -> list[DataDeletion]:
    """Return every deletion that waits, the oldest first."""
    return list(session.scalars(select(DataDeletion).order_by(DataDeletion.id)))


def open_dangers(session: Session, request_ids: Collection[int]) -> list[ServiceRequest]:
    """Return those of some reports where a danger is still open: not made safe, and told of in words of
    danger or on a crew's list as an emergency. Who reported it may have to be asked.
    """
    told = select(Conversation.request_id).where(
        Conversation.is_urgent.is_(True), Conversation.request_id.is_not(None)
    )
    driven_to = select(WorkOrder.cluster_id).where(
        WorkOrder.urgent_by.is_not(None), WorkOrder.ended_at.is_(None)
    )
    return list(
        session.scalars(
            select(ServiceRequest)
            .where(
                ServiceRequest.id.in_(list(request_ids)),
                ServiceRequest.status.in_(OPEN_CODES),
                ServiceRequest.made_safe_at.is_(None),
                or_(ServiceRequest.id.in_(told), ServiceRequest.cluster_id.in_(driven_to)),
            )
            .order_by(ServiceRequest.id)
        )
    )
