"""Forgetting what vendors sent: raw events are kept for 30 days after they were read."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.models import InboundEvent
from fieldops.spool.segments import damaged_files

KEPT: Final = timedelta(days=30)


def tidy_damaged(folder: Path) -> int:
    """Delete copies of damaged files of more than 30 days ago, which hold people's words; return how many."""
    oldest = (clock.now() - KEPT).timestamp()
    gone = [path for path in damaged_files(folder) if path.stat().st_mtime < oldest]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def tidy_events(session: Session, *, dry_run: bool = False) -> int:
    """Delete raw events of more than 30 days ago; return how many. What waits for a person stays."""
    old = (InboundEvent.received_at < clock.now() - KEPT) & (InboundEvent.state == "done")
    if dry_run:
        return session.scalar(select(func.count()).select_from(InboundEvent).where(old)) or 0
    gone = session.execute(delete(InboundEvent).where(old).execution_options(synchronize_session=False))
    return gone.rowcount  # type: ignore[attr-defined,no-any-return]
