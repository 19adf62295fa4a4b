"""The one way to the people behind requests; for operations, the inbox and the admin pages only."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.models import Follower, Reporter, ServiceRequest
from fieldops.queries.clusters import OPEN_CODES


def followers_of(session: Session, request_id: int) -> list[Reporter]:
    """Return everybody who hears of a request and has not been anonymised."""
    return list(
        session.scalars(
            select(Reporter)
            .join(Follower, Follower.reporter_id == Reporter.id)
            .where(Follower.request_id == request_id, Reporter.anonymised_at.is_(None))
            .order_by(Follower.id)
        )
    )


def part_of(session: Session, request_id: int, reporter_id: int) -> str | None:
    """Return whether a person is a request's "author" or said "me_too"; None when they do not follow it."""
    return session.scalar(
        select(Follower.part).where(Follower.request_id == request_id, Follower.reporter_id == reporter_id)
    )


def follower_counts(session: Session, request_ids: list[int]) -> dict[int, int]:
    """Return how many people follow each request; a figure, never who."""
    rows = session.execute(
        select(Follower.request_id, func.count())
        .where(Follower.request_id.in_(request_ids))
        .group_by(Follower.request_id)
    )
    return {row[0]: row[1] for row in rows}


def me_too_counts(session: Session, cluster_ids: Collection[int]) -> dict[int, int]:
    """Return how many people said "me too" to a cluster's open requests; a figure, never who."""
    rows = session.execute(
        select(ServiceRequest.cluster_id, func.count())
        .join(Follower, Follower.request_id == ServiceRequest.id)
        .where(
            ServiceRequest.cluster_id.in_(cluster_ids),
            ServiceRequest.status.in_(OPEN_CODES),
            Follower.part == "me_too",
        )
        .group_by(ServiceRequest.cluster_id)
    )
    return {cluster_id: count for cluster_id, count in rows if cluster_id is not None}
