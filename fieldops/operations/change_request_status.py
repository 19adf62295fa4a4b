"""Moving a request from state to state, with its history and its reporters' news."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.request_states import ENDED, REQUEST_MOVES, RequestStatus
from fieldops.domain.roles import By
from fieldops.errors import Conflict
from fieldops.models import ServiceRequest, StatusChange
from fieldops.operations.ask_to_group import ask_to_group
from fieldops.operations.notify_reporter import notify_reporters
from fieldops.operations.run_waitings import follow_status
from fieldops.queries.requests import was_reopened_from

TOLD: Final = {
    RequestStatus.ACKNOWLEDGED: "acknowledged",
    RequestStatus.SCHEDULED: "scheduled",
    RequestStatus.DONE: "done",
    RequestStatus.CLOSED: "closed",
    RequestStatus.DECLINED: "declined",
    RequestStatus.REFERRED: "referred",
    RequestStatus.DUPLICATE: "merged",
}
"""States of which reporters are told, and by which template."""


def change_request_status(
    session: Session,
    request: ServiceRequest,
    target: RequestStatus,
    by: By,
    *,
    words: str = "",
    facts: Mapping[str, Any] | None = None,
    tell: bool = True,
) -> StatusChange:
    """Make one move of the table, append it to the history and tell the followers.

    Parameters
    ----------
    words
        For the reporter.
    facts
        What the move needs (see the table) and the messages use: JSON values, never personal data.
    tell
        False where something else tells them of it.

    Raises
    ------
    Conflict, NotAllowed, InvalidInput
        From the state table; and Conflict where a declined request was opened again before.
    """
    facts = dict(facts or {})
    source = RequestStatus(request.status)
    given = set(facts) | ({"words"} if words.strip() else set())
    REQUEST_MOVES.check(source, target, by.actor, given)
    if (source, target) == (RequestStatus.DECLINED, RequestStatus.REOPENED) and was_reopened_from(
        session, request.id, source
    ):
        raise Conflict("A declined report can be opened again once only. Please make a new report.")
    now = clock.now()
    request.status = target.value
    if (source in ENDED) != (target in ENDED):  # from done to closed it ended when it was done
        request.ended_at = now if target in ENDED else None
        ask_to_group(session, request)
    if target is RequestStatus.CLOSED:
        request.closed_reason = str(facts["closed_reason"])
    if target is RequestStatus.REOPENED:
        request.times_reopened += 1
        request.closed_reason = None
    change = StatusChange(
        request_id=request.id,
        source=source.value,
        target=target.value,
        actor=by.actor.value,
        user_id=by.user_id,
        at=now,
        words=words.strip(),
        facts=facts,
    )
    session.add(change)
    session.flush()
    follow_status(session, request, source, by, facts)
    if tell and target in TOLD:
        told = {key: value for key, value in facts.items() if key != "evidence"}
        notify_reporters(
            session, request, TOLD[target], told | {"words": words.strip()}, occasion=str(change.id)
        )
    return change
