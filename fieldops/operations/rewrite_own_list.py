"""A crew gave its own list another order: new times and positions, and a version that it need not read."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from fieldops.domain.list_changes import Visit, changes_between
from fieldops.domain.roles import By
from fieldops.models import Batch, BatchRevision, Stop
from fieldops.operations.set_lists import append_version, deal_positions, keep_first_version
from fieldops.queries.clusters import open_members_of
from fieldops.queries.work_orders import get_order

Times = Mapping[int, tuple[datetime, datetime]]
"""When the work at each stop begins and ends, by stop id."""


def rewrite_own_list(
    session: Session, batch: Batch, listed: Sequence[Stop], times: Times, reason: str, by: By
) -> BatchRevision:
    """Let the stops that are left be visited in this order, at these times; return the list's new version.

    `reason` is a code for the office. Reporters are told nothing: the day that was promised stays.
    """
    keep_first_version(session, batch)
    before = [Visit(one.work_order_id, one.arrives_at, one.ends_at) for one in listed]
    for one in listed:
        one.arrives_at, one.ends_at = times[one.id]
    deal_positions(session, batch, listed)
    for one in listed:
        for request in open_members_of(session, get_order(session, one.work_order_id).cluster_id):
            if request.scheduled_for is not None:
                request.scheduled_for = one.arrives_at
    after = [Visit(one.work_order_id, one.arrives_at, one.ends_at) for one in listed]
    changes = changes_between({batch.crew_id: before}, {batch.crew_id: after})
    version = append_version(session, batch, listed, reason, by, [change.as_facts() for change in changes])
    version.seen_at = version.at  # the crew did it itself
    session.flush()
    return version
