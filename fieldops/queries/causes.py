"""Open places near each other, and what staff decided about which of them brings forth which."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.models import CauseDecision, Cluster, ServiceRequest
from fieldops.queries.clusters import get_cluster, joined_into
from fieldops.queries.spatial import Box, within


@dataclass(frozen=True)
class OpenPlace:
    """An open cluster, and when it was first reported."""

    cluster: Cluster
    since: datetime


def open_places(session: Session, box: Box, families: Collection[str]) -> list[OpenPlace]:
    """Return the open clusters of these families in a box, by number."""
    since = (
        select(ServiceRequest.cluster_id, func.min(ServiceRequest.reported_at).label("since"))
        .where(ServiceRequest.cluster_id.is_not(None))
        .group_by(ServiceRequest.cluster_id)
        .subquery()
    )
    query: Any = (
        select(Cluster, since.c.since)
        .join(since, since.c.cluster_id == Cluster.id)
        .where(Cluster.open.is_(True), Cluster.family.in_(families))
        .order_by(Cluster.id)
    )
    rows = session.execute(within(session, query, Cluster.anchor, box))
    return [OpenPlace(cluster, first) for cluster, first in rows]


def other_places(session: Session, box: Box, family: str) -> list[Cluster]:
    """Return the open clusters in a box that are of another family, by number."""
    query: Any = select(Cluster).where(Cluster.open.is_(True), Cluster.family != family).order_by(Cluster.id)
    return list(session.scalars(within(session, query, Cluster.anchor, box)))


def cause_decisions(session: Session, cluster_id: int) -> dict[tuple[int, int], CauseDecision]:
    """Return the last word on each pair of cause and effect in which a cluster, or one that was joined into
    it, is. Numbers that were joined stand for the ones that go on.
    """
    numbers = [cluster_id, *joined_into(session, cluster_id)]
    rows = session.scalars(
        select(CauseDecision)
        .where(CauseDecision.cause_id.in_(numbers) | CauseDecision.effect_id.in_(numbers))
        .order_by(CauseDecision.id)
    )
    return {
        (get_cluster(session, row.cause_id).id, get_cluster(session, row.effect_id).id): row for row in rows
    }
