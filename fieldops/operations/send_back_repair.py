"""A second person says that a repair is not good enough: it is ordered anew; the reports stay as they are."""

from typing import Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.errors import InvalidInput
from fieldops.installation import Installation
from fieldops.models import WorkOrder
from fieldops.operations.approve_repair import finished_work, require_department
from fieldops.operations.audit import write_audit
from fieldops.operations.link_causes import order_drain_before_patch
from fieldops.operations.open_work_order import new_order
from fieldops.operations.refresh_cluster import refresh_cluster
from fieldops.queries.approvals import locked_reports
from fieldops.queries.clusters import get_cluster

MOST_WORDS: Final = 500


def send_back_repair(
    session: Session, installation: Installation, cluster_id: int, words: str, by: By
) -> WorkOrder:
    """Open a draft that does a place's work again, with words for dispatcher and crew; return it.

    Only reporters open reports again. These stay done, cannot be approved, and silence does not close them,
    until the new order has ended.

    Raises
    ------
    InvalidInput
        No words, or too many.
    Conflict
        Nothing waits here any more, somebody approved it, or work is ordered here already.
    NotAllowed
        It is another department's.
    """
    words = words.strip()
    if not words:
        raise InvalidInput("Write what is not good enough, so that the crew comes prepared.", field="words")
    if len(words) > MOST_WORDS:
        raise InvalidInput("This may have at most %(most)s characters.", field="words", most=MOST_WORDS)
    cluster = get_cluster(session, cluster_id)
    locked_reports(session, cluster.id)  # nobody closes them meanwhile
    done, before = finished_work(session, cluster)
    require_department(session, {request.department_id for request in done}, by)
    order = new_order(
        session, installation, cluster, clock.now(), by, words=words, facts={"rework_of": before.number}
    )
    order.rework_of_id, order.note = before.id, words
    order_drain_before_patch(session, installation, order)
    refresh_cluster(session, cluster)
    write_audit(session, by, "repair_sent_back", "cluster", cluster.id, order=order.id)
    session.flush()
    return order
