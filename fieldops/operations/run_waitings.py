"""Beginning and ending waitings. Each is a row of its own, so that nothing of them is forgotten."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.request_states import ENDED, RequestStatus
from fieldops.domain.roles import By
from fieldops.domain.waitings import (
    PROMISE_OF,
    STARTING_HOURS,
    Deadline,
    WaitingEnd,
    WaitingKind,
    goes_on,
)
from fieldops.models import RequestWaiting, ServiceRequest
from fieldops.queries.services import level_in_force
from fieldops.queries.waitings import open_waitings_of


def promised_hours(session: Session, kind: str, service_id: int, since: datetime) -> int:
    """Return how many plain hours a waiting of a kind of promise may last that begins at `since`."""
    level = level_in_force(session, kind, service_id, since.date())
    return level.hours if level is not None else STARTING_HOURS[kind]


def start_waiting(
    session: Session,
    request: ServiceRequest,
    kind: WaitingKind,
    by: By,
    *,
    words: str = "",
    facts: dict[str, Any] | None = None,
    since: datetime | None = None,
) -> None:
    """Let a request wait for something, unless it does already."""
    if any(row.kind == kind.value for row in open_waitings_of(session, request.id)):
        return
    began = since or clock.now()
    deadline = Deadline(began, promised_hours(session, PROMISE_OF[kind], request.service_id, began))
    session.add(
        RequestWaiting(
            request_id=request.id,
            kind=kind.value,
            since=began,
            warn_at=deadline.warn_at,
            due_at=deadline.due_at,
            user_id=by.user_id,
            words=words,
            facts=facts or {},
        )
    )
    session.flush()


def end_waiting(
    session: Session,
    request: ServiceRequest,
    kind: WaitingKind,
    outcome: WaitingEnd = WaitingEnd.ANSWERED,
) -> RequestWaiting | None:
    """End a request's waiting for something; return it, None where it did not wait."""
    row = next((one for one in open_waitings_of(session, request.id) if one.kind == kind.value), None)
    if row is not None:
        row.ended_at, row.outcome = clock.now(), outcome.value
        session.flush()
    return row


def follow_status(
    session: Session,
    request: ServiceRequest,
    source: RequestStatus,
    by: By,
    facts: dict[str, Any],
) -> None:
    """End what a request no longer waits for in its new state; passed on to another authority, let it wait
    for that one's answer.
    """
    target = RequestStatus(request.status)
    if source is RequestStatus.REFERRED or target in ENDED:
        for row in open_waitings_of(session, request.id):
            if not goes_on(WaitingKind(row.kind), target):
                row.ended_at, row.outcome = clock.now(), WaitingEnd.ANSWERED.value
        session.flush()
    if target is RequestStatus.REFERRED:
        start_waiting(
            session, request, WaitingKind.AUTHORITY, by, facts={"authority": facts.get("authority", "")}
        )
