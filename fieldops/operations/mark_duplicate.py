"""A person says that two reports tell of one problem; and takes it back."""

from sqlalchemy.orm import Session

from fieldops.domain.request_states import OPEN, RequestStatus
from fieldops.domain.roles import By
from fieldops.errors import Conflict, InvalidInput
from fieldops.models import Cluster, ServiceRequest
from fieldops.operations.audit import write_audit
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.refresh_cluster import refresh_cluster
from fieldops.queries.requests import duplicates_of, get_request


def mark_duplicate(session: Session, request: ServiceRequest, kept_id: int, by: By) -> ServiceRequest:
    """End a report as a duplicate of another, whose news its reporters hear from now on; return the other.

    Raises
    ------
    InvalidInput
        Both are the same report.
    Conflict
        The other one has ended, or this one is not open.
    """
    kept = get_request(session, kept_id)
    while kept.duplicate_of_id is not None:
        kept = get_request(session, kept.duplicate_of_id)
    if kept.id == request.id:
        raise InvalidInput("A report cannot be a duplicate of itself.", field="duplicate_of")
    if RequestStatus(kept.status) not in OPEN:
        raise Conflict("Report %(code)s has ended, so nothing can be merged into it.", code=kept.code)
    change_request_status(session, request, RequestStatus.DUPLICATE, by, facts={"duplicate_of": kept.code})
    for own in (request, *duplicates_of(session, request.id)):
        own.duplicate_of_id = kept.id
    request.scheduled_for = None
    kept.severity = max(kept.severity, request.severity)
    _refresh(session, request, kept)
    write_audit(session, by, "duplicate_marked", "service_request", request.id, kept=kept.id)
    return kept


def unmark_duplicate(session: Session, request: ServiceRequest, by: By) -> None:
    """Open a duplicate again as a report of its own.

    Raises
    ------
    Conflict
        It is not a duplicate.
    """
    change_request_status(session, request, RequestStatus.ACKNOWLEDGED, by)
    request.duplicate_of_id = None
    session.flush()
    _refresh(session, request)
    write_audit(session, by, "duplicate_unmarked", "service_request", request.id)


def _refresh(session: Session, *requests: ServiceRequest) -> None:
    session.flush()
    for cluster_id in sorted({request.cluster_id for request in requests if request.cluster_id is not None}):
        refresh_cluster(session, session.get_one(Cluster, cluster_id))
