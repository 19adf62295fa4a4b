"""Looking at what reports wait for: who must be warned, and whose time is over. Nothing closes by itself."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import InstrumentedAttribute, Session

from fieldops import clock
from fieldops.domain.roles import THE_SYSTEM
from fieldops.domain.waitings import WaitingKind
from fieldops.models import RequestWaiting, ServiceRequest
from fieldops.operations.notify_reporter import notify_reporters
from fieldops.operations.run_waitings import start_waiting
from fieldops.queries.waitings import due_waitings, last_referral, unlisted

MOST_AT_ONCE: Final = 500
FOUND: Final = "found"
"""A waiting that was not written down when it began."""
STALE: Final = timedelta(days=1)
"""Of such a one whose time was over longer ago nobody is told: it is no news."""


def tick_waitings(session: Session) -> int:
    """Write down each warning that is due and each deadline that has passed; return how many passed.

    Both are written once, whoever ticks. Staff see them on the board, in the list of what waits and on the
    head's summary; reporters hear when another authority has not answered in time, except where that was long
    ago when waitings were first counted.
    """
    _list_who_waits(session)
    now, passed = clock.now(), 0
    for row in due_waitings(session, now, MOST_AT_ONCE):
        is_over = row.due_at <= now
        column = RequestWaiting.passed_at if is_over else RequestWaiting.warned_at
        if not _write_once(session, row.id, column):
            continue  # another worker did, or it ended a moment ago
        if is_over:
            passed += 1
            _tell(session, row)
    session.expire_all()
    return passed


def _list_who_waits(session: Session) -> None:
    """Let those wait that do so without a row: from before there were any, or loaded as they are."""
    for request in unlisted(session, WaitingKind.AUTHORITY, MOST_AT_ONCE):
        line = last_referral(session, request.id)
        start_waiting(
            session,
            request,
            WaitingKind.AUTHORITY,
            THE_SYSTEM,
            since=line.at if line is not None else request.received_at,
            facts={"authority": line.facts.get("authority", "") if line is not None else "", FOUND: True},
        )
    for request in unlisted(session, WaitingKind.PLACE, MOST_AT_ONCE):
        start_waiting(session, request, WaitingKind.PLACE, THE_SYSTEM, since=request.received_at)


def _write_once(session: Session, waiting_id: int, column: InstrumentedAttribute[datetime | None]) -> bool:
    done = session.execute(
        update(RequestWaiting)
        .where(RequestWaiting.id == waiting_id, RequestWaiting.ended_at.is_(None), column.is_(None))
        .values({column: clock.now()})
        .execution_options(synchronize_session=False)
    )
    return isinstance(done, CursorResult) and done.rowcount == 1


def _tell(session: Session, row: RequestWaiting) -> None:
    was_told_late = FOUND in row.facts and clock.now() - row.due_at > STALE
    if row.kind == WaitingKind.AUTHORITY.value and not was_told_late:
        request = session.get_one(ServiceRequest, row.request_id)
        facts = {"authority": row.facts.get("authority", ""), "date": row.due_at.isoformat()}
        notify_reporters(session, request, "no_answer", facts, occasion=f"waiting:{row.id}")
