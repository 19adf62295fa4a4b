"""Grouping all requests at once: after an import, or when rules or roads change."""

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.installation import Installation
from fieldops.models import Cluster, ServiceRequest
from fieldops.operations.linking_rules import is_grouped, link_rules, rains_of, ways_of
from fieldops.operations.refresh_cluster import lock_grouping
from fieldops.operations.write_groups import Situation, write_groups
from fieldops.queries.clusters import OPEN_CODES, all_decisions
from fieldops.queries.groupable import groupable
from fieldops.queries.requests import count_unplaced
from fieldops.queries.services import services_by_id
from fieldops.queries.work_orders import clusters_at_work
from geo.clustering.positions import default_positions


def regroup_requests(
    session: Session, installation: Installation, *, ended_too: bool = False
) -> dict[str, int]:
    """Group requests afresh. Cluster numbers stay with their places; staff's decisions hold.

    Requests without a confirmed place, and those of families whose linking is off, join nothing; those on a
    coordinate that stands for many addresses are joined by staff alone.

    Parameters
    ----------
    ended_too
        Group what ended before it was ever grouped as well, so that a place remembers its history.

    Returns
    -------
    Counts for a person to read.
    """
    lock_grouping(session)
    session.flush()
    rules = link_rules(services_by_id(session))
    everything = groupable(session, ended_too=ended_too)
    stand_in = default_positions(
        [one.lon for one in everything],
        [one.lat for one in everything],
        [one.address for one in everything],
    )
    on_stand_in = {one.id for one, is_one in zip(everything, np.asarray(stand_in), strict=True) if is_one}
    requests = [one for one in everything if is_grouped(rules, one.linked_as)]
    situation = Situation(
        rules=rules,
        at_work=frozenset(clusters_at_work(session)),
        way=ways_of(installation),
        rains=rains_of(session, installation.city, rules),
        stand_ins=on_stand_in,
    )
    clusters = write_groups(session, installation.city, requests, all_decisions(session), situation)
    _close_ended_clusters(session)
    return {
        "requests": len(requests),
        "on a stand-in position": sum(one.id in on_stand_in for one in requests),
        "on an estimated position": count_unplaced(session),
        "of families that are not grouped": len(everything) - len(requests),
        "clusters": clusters,
    }


def _close_ended_clusters(session: Session) -> None:
    held = select(ServiceRequest.cluster_id).where(
        ServiceRequest.status.in_(OPEN_CODES), ServiceRequest.cluster_id.is_not(None)
    )
    session.execute(
        update(Cluster)
        .where(Cluster.open.is_(True), Cluster.id.not_in(held), Cluster.id.not_in(clusters_at_work(session)))
        .values(open=False, closed_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
