"""What an official decides about reports before anybody is sent: read, decline, refer, close."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from fieldops.domain.request_states import ClosedReason, DeclinedReason, RequestStatus
from fieldops.domain.roles import By
from fieldops.errors import Conflict, InvalidInput
from fieldops.models import Cluster, ServiceRequest
from fieldops.operations.bring_along import schedule_late
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.refresh_cluster import refresh_cluster
from fieldops.queries.board import UNREAD
from fieldops.queries.clusters import get_cluster
from fieldops.queries.requests import get_request
from fieldops.queries.work_orders import open_orders_of

CLOSABLE: Final = (ClosedReason.FOUND_FIXED, ClosedReason.NOT_FOUND)
MOST_WORDS: Final = 1000


def cluster_as_shown(session: Session, cluster_id: int, version: int) -> Cluster:
    """Return a cluster as the page showed it, and mark it changed, so that a second page is stale.

    Raises
    ------
    Conflict
        Somebody else decided about it since.
    """
    cluster = get_cluster(session, cluster_id)
    if cluster.id != cluster_id or cluster.version != version:
        raise Conflict("Somebody else changed this cluster in the meantime. This is its state now.")
    flag_modified(cluster, "open")
    return cluster


def request_as_shown(session: Session, request_id: int, version: int) -> ServiceRequest:
    """Return a report as the page showed it.

    Raises
    ------
    Conflict
        Somebody else decided about it since.
    """
    request = get_request(session, request_id)
    if request.version != version:
        raise Conflict("Somebody else changed this report in the meantime. This is its state now.")
    return request


def acknowledge_requests(session: Session, requests: Sequence[ServiceRequest], by: By) -> int:
    """Count reports as read by a person and tell their reporters; return how many.

    Raises
    ------
    Conflict
        All of them were read already.
    """
    unread = [request for request in requests if request.status in UNREAD]
    if not unread:
        raise Conflict("Every report here has been read already.")
    for request in unread:
        change_request_status(session, request, RequestStatus.ACKNOWLEDGED, by)
    for cluster_id in sorted({one.cluster_id for one in unread if one.cluster_id is not None}):
        schedule_late(session, cluster_id)
    return len(unread)


def decline_requests(
    session: Session, requests: Sequence[ServiceRequest], reason: str, words: str, by: By
) -> int:
    """Turn reports down with a coded reason and words to their reporters; return how many.

    Raises
    ------
    InvalidInput
        Another reason, or no words.
    Conflict
        Work is under way, or nothing is left to decline.
    """
    if reason not in list(DeclinedReason):
        raise InvalidInput("Choose why it is declined.", field="reason")
    return _end(session, requests, RequestStatus.DECLINED, by, _words(words), {"reason": reason})


def refer_requests(
    session: Session, requests: Sequence[ServiceRequest], authority: str, words: str, by: By
) -> int:
    """Hand reports over to another authority, with words to their reporters; return how many.

    Raises
    ------
    InvalidInput
        No authority or no words.
    Conflict
        Work is under way, or nothing is left to refer.
    """
    authority = authority.strip()
    if not authority or len(authority) > 100:
        raise InvalidInput("Name the authority, in at most 100 characters.", field="authority")
    return _end(session, requests, RequestStatus.REFERRED, by, _words(words), {"authority": authority})


def close_requests(
    session: Session, requests: Sequence[ServiceRequest], reason: str, words: str, by: By
) -> int:
    """Close reports without a repair of ours: found fixed, or nothing found; return how many.

    Raises
    ------
    InvalidInput
        Another reason.
    Conflict
        Work is under way, or nothing is left to close.
    """
    if reason not in CLOSABLE:
        raise InvalidInput("Choose why it is closed.", field="reason")
    return _end(
        session, requests, RequestStatus.CLOSED, by, words.strip()[:MOST_WORDS], {"closed_reason": reason}
    )


def _words(words: str) -> str:
    words = words.strip()
    if not words:
        raise InvalidInput("Write to the reporters why, in a sentence or two.", field="words")
    if len(words) > MOST_WORDS:
        raise InvalidInput("This may have at most %(most)s characters.", field="words", most=MOST_WORDS)
    return words


def _end(
    session: Session,
    requests: Sequence[ServiceRequest],
    target: RequestStatus,
    by: By,
    words: str,
    facts: Mapping[str, Any],
) -> int:
    if not requests:
        raise Conflict("Nothing is open here any more.")
    clusters = {request.cluster_id for request in requests if request.cluster_id is not None}
    for cluster_id in sorted(clusters):
        for order in open_orders_of(session, cluster_id):
            raise Conflict("Work order %(number)s is open here. Cancel it first.", number=order.number)
    for request in requests:
        if request.status == RequestStatus.REOPENED.value:
            change_request_status(session, request, RequestStatus.ACKNOWLEDGED, by, tell=False)
        change_request_status(session, request, target, by, words=words, facts=facts)
    for cluster_id in sorted(clusters):
        refresh_cluster(session, get_cluster(session, cluster_id))
    return len(requests)
