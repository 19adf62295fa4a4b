"""One more line of what a crew reported of a stop. The same key twice is one line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.domain.work_order_states import StopEventKind
from fieldops.errors import Conflict
from fieldops.models import Stop, StopEvent
from fieldops.models.base import as_point
from fieldops.outbox import insert_if_absent

CLOCK_SKEW: Final = timedelta(minutes=10)
"""How far a phone's clock may be ahead of ours before ours is taken."""


@dataclass(frozen=True)
class EventSaid:
    """What is written down: `at` is the phone's time, `place` (lon, lat) where the crew was, if known."""

    kind: StopEventKind
    client_key: str
    at: datetime | None = None
    place: tuple[float, float] | None = None
    words: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def append_stop_event(session: Session, stop: Stop, said: EventSaid, by: By) -> StopEvent | None:
    """Append the line and return it; None when the same key was written a moment before."""
    now = clock.now()
    is_new = insert_if_absent(
        session,
        StopEvent,
        stop_id=stop.id,
        client_key=said.client_key,
        kind=said.kind.value,
        user_id=by.user_id,
        at=phone_time(said.at),
        received_at=now,
        place=as_point(*said.place) if said.place else None,
        words=said.words.strip(),
        facts=dict(said.facts),
    )
    if not is_new:
        return None
    return session.scalars(select(StopEvent).where(StopEvent.client_key == said.client_key)).one()


def known_event(session: Session, stop: Stop, kind: StopEventKind, client_key: str) -> StopEvent | None:
    """Return what a key reported of a stop before.

    Raises
    ------
    Conflict
        It reported something else.
    """
    found = session.scalar(select(StopEvent).where(StopEvent.client_key == client_key))
    if found is not None and (found.stop_id, found.kind) != (stop.id, kind.value):
        raise Conflict("This report's key was used for another one. Reload your list.")
    return found


def phone_time(at: datetime | None) -> datetime:
    """Return when something was reported: the phone's time, ours where it has none or runs ahead."""
    now = clock.now()
    return min(at or now, now + CLOCK_SKEW)
