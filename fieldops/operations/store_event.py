"""Taking what a vendor sends: stored as it came, read later. A replay changes nothing."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.models import ChannelAccount, InboundEvent
from fieldops.outbox import insert_absent
from fieldops.spool.records import Record

MOST_KEY = 200


def store_events(session: Session, records: Sequence[Record]) -> None:
    """Keep verified events in their order, for the intake to read; those that are known stay as they are."""
    rows = [
        {
            "account_id": record.account_id,
            "event_key": record.event_key[:MOST_KEY],
            "raw": record.raw,
            "received_at": record.received_at,
            "state": "todo",
            "reason": "",
        }
        for record in records
    ]
    insert_absent(session, InboundEvent, rows)


def store_event(
    session: Session, account_id: int, event_key: str, raw: bytes, *, received_at: datetime | None = None
) -> None:
    """Keep one event that was fetched or verified.

    Parameters
    ----------
    event_key
        The adapter's `event_id`.
    raw
        The bytes as they came.
    """
    store_events(session, [Record(account_id, event_key, raw, received_at or clock.now())])


def count_refused(session: Session, account_id: int) -> None:
    """Count an event whose signature was wrong; nothing else of it is kept."""
    session.execute(
        update(ChannelAccount)
        .where(ChannelAccount.id == account_id)
        .values(refused=ChannelAccount.refused + 1)
        .execution_options(synchronize_session=False)
    )
