"""Lists that crews put in an order of their own."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.work_order_states import StopEventKind
from fieldops.models import BatchRevision, Stop, StopEvent
from fieldops.queries.changes import newest_versions, revisions_of

REASON = "reordered"
"""Why a version of a list came about: its crew put it in another order."""


def own_orders(session: Session, batch_ids: Collection[int]) -> dict[int, StopEvent]:
    """Return, by batch, how its crew put it in order, where the newest version of the list came of that."""
    newest = newest_versions(session, batch_ids)
    own = [batch_id for batch_id, version in newest.items() if version.reason == REASON]
    rows = session.execute(
        select(Stop.batch_id, StopEvent)
        .join(Stop, Stop.id == StopEvent.stop_id)
        .where(Stop.batch_id.in_(own), StopEvent.kind == StopEventKind.REORDERED.value)
        .order_by(StopEvent.id)
    )
    return {row[0]: row[1] for row in rows}  # the newest one is the last


def version_before_own(session: Session, batch_id: int) -> BatchRevision | None:
    """Return the version that a crew's own order took the place of; None where the newest is not its own."""
    versions = revisions_of(session, batch_id)
    return versions[1] if len(versions) > 1 and versions[0].reason == REASON else None
