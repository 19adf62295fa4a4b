"""Taking what a vendor sends: stored as it came, read later. A replay changes nothing."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.models import ChannelAccount, InboundEvent
from fieldops.outbox import enqueue, insert_if_absent
from fieldops.queries.channels import event_by_key

MOST_KEY = 200


def store_event(
    session: Session, account_id: int, event_key: str, raw: bytes, *, received_at: datetime | None = None
) -> bool:
    """Keep one verified event and queue its reading; return whether it is new.

    Parameters
    ----------
    event_key
        The adapter's `event_id`.
    raw
        The bytes that were verified.
    """
    key = event_key[:MOST_KEY]
    is_new = insert_if_absent(
        session,
        InboundEvent,
        account_id=account_id,
        event_key=key,
        raw=raw,
        received_at=received_at or clock.now(),
        state="todo",
        reason="",
    )
    if is_new:
        number = event_by_key(session, account_id, key)
        enqueue(session, "read_event", {"event_id": number}, dedupe_key=f"read:{number}")
    return is_new


def count_refused(session: Session, account_id: int) -> None:
    """Count an event whose signature was wrong; nothing else of it is kept."""
    session.execute(
        update(ChannelAccount)
        .where(ChannelAccount.id == account_id)
        .values(refused=ChannelAccount.refused + 1)
        .execution_options(synchronize_session=False)
    )
