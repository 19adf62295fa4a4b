"""A second person, not the crew, says that a repair is good; for some minutes they can take it back."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.approvals import UNDO_FOR, ApprovalState, mark_of
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.roles import By, Right
from fieldops.errors import Conflict, NotAllowed, NotFound
from fieldops.models import Cluster, RepairApproval, ServiceRequest, WorkOrder
from fieldops.operations.audit import write_audit
from fieldops.outbox import enqueue
from fieldops.queries.approvals import (
    departments_approved,
    locked_approval,
    waiting_approval,
    workers_at,
)
from fieldops.queries.clusters import OPEN_CODES, get_cluster, members_of
from fieldops.queries.users import departments_of
from fieldops.queries.work_orders import (
    awaits_permanent_repair,
    last_done_order,
    open_orders_of,
    orders_that_answered,
)


def approve_repair(session: Session, cluster_id: int, mark: str, by: By) -> RepairApproval:
    """Approve a place's repair. Its reports are closed, and their reporters told, some minutes later.

    Parameters
    ----------
    mark
        What the page showed (`domain.approvals.mark_of`).

    Raises
    ------
    Conflict
        Nothing waits here any more, somebody approved it before, work is ordered here, a report of it is
        open, or it is not what the page showed.
    NotAllowed
        It is another department's, or the one who approves did the work.
    """
    cluster = get_cluster(session, cluster_id)
    done, order = finished_work(session, cluster)
    require_department(session, {request.department_id for request in done}, by)
    if mark != mark_of(order.id, [request.id for request in done]):
        raise Conflict("This place has changed since you looked at it. This is its state now.")
    answered = orders_that_answered(session, [request.id for request in done])
    if by.user_id is None or by.user_id in workers_at(session, {order.id, *answered}):
        raise NotAllowed(
            "You did this work yourself, or lead the crew that did it. Somebody else approves it."
        )
    now = clock.now()
    approval = RepairApproval(
        cluster_id=cluster.id,
        work_order_id=order.id,
        user_id=by.user_id,
        actor=by.actor.value,
        at=now,
        closes_at=now + UNDO_FOR,
        state=ApprovalState.WAITING.value,
        facts={"requests": [request.id for request in done]},
    )
    session.add(approval)
    session.flush()  # of two who approve at once, the unique index lets one through
    enqueue(session, "close_approved", {"approval_id": approval.id}, due_at=approval.closes_at)
    write_audit(session, by, "repair_approved", "cluster", cluster.id, order=order.id, reports=len(done))
    return approval


def finished_work(session: Session, cluster: Cluster) -> tuple[list[ServiceRequest], WorkOrder]:
    """Return a place's reports that are done and the order that was finished last, where nobody has approved
    it yet and nothing is left to do.

    Raises
    ------
    Conflict
        See `approve_repair`.
    """
    if (waiting := waiting_approval(session, cluster.id)) is not None:
        raise Conflict("%(name)s approved this place already.", name=waiting[1])
    if awaits_permanent_repair(session, cluster.id):
        raise Conflict("The repair is temporary. The reports are closed when the permanent one is done.")
    for order in open_orders_of(session, cluster.id):
        raise Conflict("Work order %(number)s is not finished here.", number=order.number)
    members = members_of(session, cluster.id)
    if any(request.status in OPEN_CODES for request in members):
        raise Conflict("A report of this place is open. Look at it first.")
    done = [request for request in members if request.status == RequestStatus.DONE.value]
    last = last_done_order(session, cluster.id)
    if not done or last is None:
        raise Conflict("Nothing waits to be approved here any more.")
    return done, last


def require_department(session: Session, department_ids: Collection[int], by: By) -> None:
    """Refuse who does not answer for all of these departments.

    Raises
    ------
    NotAllowed
        Some of them is not theirs.
    """
    mine = departments_of(session, by.user_id, Right.CONFIRM) if by.user_id is not None else frozenset()
    if mine is not None and not set(department_ids) <= mine:
        raise NotAllowed("Reports of another department are at this place. Somebody there approves it.")


def withdraw_approval(session: Session, approval_id: int, by: By) -> None:
    """Take an approval back before it takes effect: no reporter learns of it. Twice is once.

    Raises
    ------
    Conflict
        The place is closed already, or was not closed at all.
    NotAllowed
        It is another department's.
    """
    approval = locked_approval(session, approval_id)
    require_department(session, departments_approved(session, [approval])[approval.id], by)
    if approval.state == ApprovalState.WITHDRAWN.value:
        return
    if approval.state == ApprovalState.CLOSED.value:
        raise Conflict("This place is closed already. Only its reporters can open it again.")
    if approval.state == ApprovalState.STOPPED.value:
        raise Conflict("Nothing was closed here, so there is nothing to take back.")
    approval.state, approval.ended_at = ApprovalState.WITHDRAWN.value, clock.now()
    write_audit(session, by, "approval_withdrawn", "cluster", approval.cluster_id)
    session.flush()


def read_stopped(session: Session, approval_id: int, by: By) -> None:
    """Write down that somebody read why their approval closed nothing.

    Raises
    ------
    NotFound
        It is not theirs.
    """
    approval = locked_approval(session, approval_id)
    if approval.user_id != by.user_id:
        raise NotFound("There is no such approval.")
    approval.seen_at = approval.seen_at or clock.now()
    session.flush()
