"""A person says that clusters are one place, or that a request belongs elsewhere. Both are remembered."""

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.errors import Conflict, InvalidInput
from fieldops.models import Cluster, GroupingDecision, Service, ServiceRequest
from fieldops.operations.audit import write_audit
from fieldops.operations.bring_along import schedule_late, withdraw_promise
from fieldops.operations.group_requests import join_cluster, new_cluster, refresh_cluster
from fieldops.queries.clusters import decisions_about, get_cluster, members_of
from fieldops.queries.orders import orders_of
from fieldops.queries.work_orders import open_orders_of


def merge_clusters(session: Session, kept_id: int, ended_id: int, by: By) -> Cluster:
    """Join one cluster into another; the ended number leads to the kept one from then on.

    Raises
    ------
    InvalidInput
        Both are the same.
    Conflict
        Both have open work orders, or they are of different kinds.
    """
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
    refresh_cluster(session, kept)
    schedule_late(session, kept.id)
    write_audit(session, by, "clusters_merged", "cluster", kept.id, ended=ended.id)
    return kept


def split_cluster(session: Session, cluster_id: int, request_ids: list[int], by: By) -> Cluster:
    """Take requests out of a cluster into a new one of their own.

    Raises
    ------
    InvalidInput
        None or all of the cluster's requests were chosen, or one that is not in it.
    """
    cluster = get_cluster(session, cluster_id)
    members = members_of(session, cluster.id)
    leaving = [member for member in members if member.id in set(request_ids)]
    staying = [member for member in members if member.id not in set(request_ids)]
    if not leaving or not staying or len(leaving) != len(set(request_ids)):
        raise InvalidInput("Choose some, not all, of this cluster's reports.", field="requests")
    service = session.get_one(Service, leaving[0].service_id)
    placed = next((member for member in leaving if member.place is not None), None)
    if placed is None:
        raise InvalidInput("A report without a place cannot begin a cluster.", field="requests")
    for one in leaving:
        withdraw_promise(session, one)  # the crew goes to the others' place
    _remember(session, [(a, b) for a in staying for b in leaving], together=False, by=by)
    fresh = new_cluster(session, placed, service.family, split_from=cluster.id)
    for member in leaving:
        join_cluster(session, member, fresh)
    refresh_cluster(session, cluster)
    write_audit(session, by, "cluster_split", "cluster", cluster.id, fresh=fresh.id)
    return fresh


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
    session.add_all(
        GroupingDecision(
            first_id=min(a.id, b.id),
            second_id=max(a.id, b.id),
            together=together,
            user_id=by.user_id,
            at=clock.now(),
        )
        for a, b in pairs
    )
    session.flush()
