"""A shift has ended: what its crew did not get to goes back to be planned again."""

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import THE_SYSTEM, By
from fieldops.domain.work_order_states import BATCH_MOVES, ENDED_STOPS, BatchStatus, StopStatus
from fieldops.errors import Conflict
from fieldops.models import Batch
from fieldops.operations.audit import write_audit
from fieldops.operations.dispatch_batch import return_stop
from fieldops.queries.plans import batches_out_since, stops_of

GRACE: Final = timedelta(hours=12)
"""How long after a shift's end its phone may still hand in what was done without a network (ours)."""


def end_shift(session: Session, batch: Batch, by: By) -> int:
    """End a batch that is out and return its open stops to the plannable; return how many.

    Raises
    ------
    Conflict
        The batch is not out.
    """
    was_out = batch.status == BatchStatus.DISPATCHED.value
    if not was_out and batch.status != BatchStatus.RECALLED.value:
        raise Conflict("This batch is not out.")
    open_stops = [
        stop for stop in stops_of(session, [batch.id])[batch.id] if StopStatus(stop.status) not in ENDED_STOPS
    ]
    for stop in open_stops:
        return_stop(session, stop)
    if was_out:
        BATCH_MOVES.check(BatchStatus.DISPATCHED, BatchStatus.FINISHED, by.actor)
        batch.status, batch.finished_at = BatchStatus.FINISHED.value, clock.now()
    write_audit(session, by, "shift_ended", "batch", batch.id, returned=len(open_stops))
    session.flush()
    return len(open_stops)


def end_overdue_shifts(session: Session) -> int:
    """End the shifts that were over twelve hours ago, begun stops of recalled batches too; return how many
    stops went back.
    """
    return sum(
        end_shift(session, batch, THE_SYSTEM) for batch in batches_out_since(session, clock.now() - GRACE)
    )
