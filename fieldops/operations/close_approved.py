"""Closing what was approved, minutes later, unless something came in between."""

from typing import Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.approvals import ApprovalState, Standing, stop_reason
from fieldops.domain.request_states import ClosedReason, RequestStatus
from fieldops.domain.roles import Actor, By
from fieldops.models import RepairApproval, ServiceRequest
from fieldops.operations.change_request_status import change_request_status
from fieldops.queries.approvals import locked_approval, locked_reports
from fieldops.queries.work_orders import open_orders_of

REPAIRED: Final = ClosedReason.REPAIRED.value


def close_approved(session: Session, approval_id: int) -> int:
    """Close every report of an approval and tell their reporters; return how many. All are closed or none:
    where something came in between, the approval keeps why, for whoever gave it.
    """
    approval = locked_approval(session, approval_id)
    if approval.state != ApprovalState.WAITING.value:
        return 0
    approved = set(approval.facts["requests"])
    reports = locked_reports(session, approval.cluster_id, approved)
    reason = stop_reason(
        [_standing(request, approval, approved) for request in reports],
        has_open_order=bool(open_orders_of(session, approval.cluster_id)),
    )
    approval.ended_at = clock.now()
    if reason is not None:
        approval.state, approval.reason = ApprovalState.STOPPED.value, reason.value
        session.flush()
        return 0
    approval.state = ApprovalState.CLOSED.value
    left = [request for request in reports if request.status == RequestStatus.DONE.value]
    for request in left:
        change_request_status(
            session,
            request,
            RequestStatus.CLOSED,
            By(Actor(approval.actor), approval.user_id),
            facts={"closed_reason": REPAIRED},
        )
    session.flush()
    return len(left)


def _standing(request: ServiceRequest, approval: RepairApproval, approved: set[int]) -> Standing:
    return Standing(
        RequestStatus(request.status),
        is_approved=request.id in approved,
        is_there=request.cluster_id == approval.cluster_id,
    )
