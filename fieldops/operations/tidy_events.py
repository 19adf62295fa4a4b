"""Forgetting what vendors sent: raw events are kept for 30 days after they were read."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.models import InboundEvent

KEPT: Final = timedelta(days=30)


def tidy_events(session: Session, *, dry_run: bool = False) -> int:
    """Delete raw events of more than 30 days ago; return how many. What waits for a person stays."""
    old = (InboundEvent.received_at < clock.now() - KEPT) & (InboundEvent.state == "done")
    if dry_run:
        return session.scalar(select(func.count()).select_from(InboundEvent).where(old)) or 0
    gone = session.execute(delete(InboundEvent).where(old).execution_options(synchronize_session=False))
    return gone.rowcount  # type: ignore[attr-defined,no-any-return]
