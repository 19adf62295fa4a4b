"""Clusters and their members."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.request_states import OPEN
from fieldops.errors import NotFound
from fieldops.models import Cluster, GroupingDecision, ServiceRequest

OPEN_CODES = sorted(status.value for status in OPEN)


def get_cluster(session: Session, cluster_id: int) -> Cluster:
    """Return a cluster; one that was joined into another leads to that one.

    Raises
    ------
    NotFound
        There is none of this number.
    """
    cluster = session.get(Cluster, cluster_id)
    while cluster is not None and cluster.joined_into_id is not None:
        cluster = session.get(Cluster, cluster.joined_into_id)
    if cluster is None:
        raise NotFound("There is no cluster number %(number)s.", number=cluster_id)
    return cluster


def members_of(session: Session, cluster_id: int) -> list[ServiceRequest]:
    """Return all requests of a cluster, oldest first, whatever their state."""
    return list(
        session.scalars(
            select(ServiceRequest)
            .where(ServiceRequest.cluster_id == cluster_id)
            .order_by(ServiceRequest.reported_at, ServiceRequest.id)
        )
    )


def open_members_of(session: Session, cluster_id: int) -> list[ServiceRequest]:
    """Return the requests of a cluster that are still open."""
    return [request for request in members_of(session, cluster_id) if request.status in OPEN_CODES]


def joined_into(session: Session, cluster_id: int) -> list[int]:
    """Return the numbers of the clusters that were joined into this one, directly or through others."""
    found, front = set[int](), {cluster_id}
    while front:
        front = set(session.scalars(select(Cluster.id).where(Cluster.joined_into_id.in_(front)))) - found
        found |= front
    return sorted(found)


def members_of_each(session: Session, cluster_ids: Collection[int]) -> dict[int, list[ServiceRequest]]:
    """Return all requests of each of these clusters, oldest first."""
    found: dict[int, list[ServiceRequest]] = {}
    for request in session.scalars(
        select(ServiceRequest)
        .where(ServiceRequest.cluster_id.in_(cluster_ids))
        .order_by(ServiceRequest.reported_at, ServiceRequest.id)
    ):
        found.setdefault(request.cluster_id or 0, []).append(request)
    return found


def rows_about(session: Session, request_ids: Collection[int]) -> list[GroupingDecision]:
    """Return what staff decided on pairs among these requests, the last word on each pair."""
    rows = session.scalars(
        select(GroupingDecision)
        .where(GroupingDecision.first_id.in_(request_ids), GroupingDecision.second_id.in_(request_ids))
        .order_by(GroupingDecision.id)
    )
    return list({(row.first_id, row.second_id): row for row in rows}.values())


def decisions_about(session: Session, request_ids: Collection[int]) -> dict[tuple[int, int], bool]:
    """Return what staff decided on pairs among these requests: True together, False apart; the last word
    on a pair counts.
    """
    return {(row.first_id, row.second_id): row.together for row in rows_about(session, request_ids)}


def all_decisions(session: Session) -> dict[tuple[int, int], bool]:
    """Return the last word on every pair that staff ever decided."""
    rows = session.scalars(select(GroupingDecision).order_by(GroupingDecision.id))
    return {(row.first_id, row.second_id): row.together for row in rows}
