"""A person says that clusters are one place, or that a request belongs elsewhere. Both are remembered."""

from itertools import product

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.errors import Conflict, InvalidInput
from fieldops.installation import Installation
from fieldops.models import Cluster, GroupingDecision, ServiceRequest
from fieldops.operations.audit import write_audit
from fieldops.operations.bring_along import schedule_late, withdraw_promise
from fieldops.operations.group_requests import group_around
from fieldops.operations.refresh_cluster import lock_grouping, refresh_cluster
from fieldops.operations.write_groups import Freed
from fieldops.queries.clusters import decisions_about, get_cluster, members_of
from fieldops.queries.orders import orders_of
from fieldops.queries.work_orders import open_orders_of, orders_that_answered


def merge_clusters(
    session: Session, installation: Installation, kept_id: int, ended_id: int, by: By
) -> Cluster:
    """Join one cluster into another; the ended number leads to the kept one from then on.

    Raises
    ------
    InvalidInput
        Both are the same.
    Conflict
        Both have open work orders, or they are of different kinds.
    """
    lock_grouping(session)
    kept, ended = get_cluster(session, kept_id), get_cluster(session, ended_id)
    if kept.id == ended.id:
        raise InvalidInput("A cluster cannot be merged with itself.", field="cluster")
    if kept.family != ended.family:
        raise Conflict("Clusters of different kinds stay apart; link their work orders instead.")
    if open_orders_of(session, ended.id):
        if open_orders_of(session, kept.id):
            raise Conflict("Both clusters have an open work order. Cancel one of them first.")
        kept, ended = ended, kept
    staying, moved = members_of(session, kept.id), members_of(session, ended.id)
    if staying and moved:
        _remember_together(session, staying, moved, by)
    for request in moved:
        request.cluster_id = kept.id
    for order in orders_of(session, ended.id):
        order.cluster_id = kept.id  # what was repaired there was repaired here
    ended.joined_into_id, ended.open, ended.closed_at = kept.id, False, clock.now()
    session.flush()
    ended_number = ended.id
    group_around(session, installation, [request.id for request in (*staying, *moved)])
    kept = get_cluster(session, kept.id)
    refresh_cluster(session, kept)
    schedule_late(session, kept.id)
    write_audit(session, by, "clusters_merged", "cluster", kept.id, ended=ended_number)
    return kept


def split_cluster(
    session: Session, installation: Installation, cluster_id: int, request_ids: list[int], by: By
) -> Cluster:
    """Take requests out of a cluster into a new one of their own, with the orders that answered only them.
    Whom they alone held to the others leaves as well, by the rule.

    Raises
    ------
    InvalidInput
        None or all of the cluster's requests were chosen, or one that is not in it.
    """
    lock_grouping(session)
    cluster = get_cluster(session, cluster_id)
    members = members_of(session, cluster.id)
    leaving = [member for member in members if member.id in set(request_ids)]
    staying = [member for member in members if member.id not in set(request_ids)]
    if not leaving or not staying or len(leaving) != len(set(request_ids)):
        raise InvalidInput("Choose some, not all, of this cluster's reports.", field="requests")
    placed = next((member for member in leaving if member.place is not None), None)
    if placed is None:
        raise InvalidInput("A report without a place cannot begin a cluster.", field="requests")
    _remember(session, list(product(staying, leaving)), together=False, by=by)
    _remember(session, [(placed, other) for other in leaving if other is not placed], together=True, by=by)
    keeper = next((member for member in staying if member.place is not None), None)
    freed = Freed([member.id for member in leaving], {cluster.id: keeper.id} if keeper else {})
    group_around(session, installation, [member.id for member in members], freed=freed)
    fresh = session.get_one(Cluster, placed.cluster_id)
    for member in leaving:
        if member.cluster_id != fresh.id:  # it has no place to be grouped by
            withdraw_promise(session, member)
            member.cluster_id = fresh.id
    session.flush()
    _take_along(session, cluster, fresh, {member.id for member in leaving})
    for changed in (cluster, fresh):
        refresh_cluster(session, changed)
    write_audit(session, by, "cluster_split", "cluster", cluster.id, fresh=fresh.id)
    return fresh


def _take_along(session: Session, cluster: Cluster, fresh: Cluster, leaving: set[int]) -> None:
    """Give the new cluster the finished orders whose every report is there now."""
    everybody = [member.id for member in members_of(session, cluster.id)]
    answered = orders_that_answered(session, [*everybody, *leaving])
    for order in orders_of(session, cluster.id):
        if order.ended_at is not None and answered.get(order.id, set()) and answered[order.id] <= leaving:
            order.cluster_id = fresh.id
    session.flush()


def _remember_together(
    session: Session, left: list[ServiceRequest], right: list[ServiceRequest], by: By
) -> None:
    """Bind everybody to one request, since a link holds where a distance would not; pairs that were kept
    apart before are taken back as well.
    """
    first, *others = [*left, *right]
    decided = decisions_about(session, [request.id for request in (*left, *right)])
    pairs = [(first, other) for other in others]
    pairs += [
        (a, b)
        for a in left
        for b in right
        if a is not first and decided.get((min(a.id, b.id), max(a.id, b.id))) is False
    ]
    _remember(session, pairs, together=True, by=by)


def _remember(
    session: Session, pairs: list[tuple[ServiceRequest, ServiceRequest]], *, together: bool, by: By
) -> None:
    now = clock.now()
    session.add_all(
        GroupingDecision(
            first_id=min(a.id, b.id),
            second_id=max(a.id, b.id),
            together=together,
            user_id=by.user_id,
            at=now,
        )
        for a, b in pairs
    )
    session.flush()
