"""What became of reports that were passed on: asked again, come back to us, or repaired by the other one."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.orm import Session

from fieldops.domain.request_states import ClosedReason, RequestStatus
from fieldops.domain.roles import By
from fieldops.domain.waitings import WaitingEnd, WaitingKind
from fieldops.errors import Conflict, InvalidInput
from fieldops.models import Cluster, RequestWaiting, ServiceRequest
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.notify_reporter import notify_reporters
from fieldops.operations.refresh_cluster import refresh_cluster
from fieldops.operations.run_waitings import end_waiting, start_waiting
from fieldops.queries.waitings import last_referral, open_waitings_of

MOST_WORDS: Final = 1000
ANSWERS: Final = ("again", "ours", "repaired")


def answer_referral(
    session: Session, requests: Sequence[ServiceRequest], answer: str, words: str, by: By
) -> int:
    """Write down what became of reports that were passed on, and tell their reporters; return how many.

    Parameters
    ----------
    answer
        "again": the authority was asked again, and has as long as before. "ours": it came back, and is open
        again. "repaired": it was repaired there, so it ends as found fixed.
    words
        For the reporters; they may be empty.

    Raises
    ------
    InvalidInput
        Another answer, or too many words.
    Conflict
        None of them is with another authority.
    NotAllowed
        Ending a report is for whoever may close it.
    """
    if answer not in ANSWERS:
        raise InvalidInput("Choose one of the answers.", field="answer")
    words = words.strip()
    if len(words) > MOST_WORDS:
        raise InvalidInput("This may have at most %(most)s characters.", field="words", most=MOST_WORDS)
    referred = [request for request in requests if request.status == RequestStatus.REFERRED.value]
    if not referred:
        raise Conflict("Nothing here is with another authority any more.")
    follow = {"again": _ask_again, "ours": _take_back, "repaired": _end_as_repaired}[answer]
    for request in referred:
        follow(session, request, words, by)
    for cluster_id in sorted({one.cluster_id for one in referred if one.cluster_id is not None}):
        refresh_cluster(session, session.get_one(Cluster, cluster_id))
    return len(referred)


def _authority(session: Session, request: ServiceRequest) -> str:
    line = last_referral(session, request.id)
    return str(line.facts.get("authority", "")) if line is not None else ""


def _ask_again(session: Session, request: ServiceRequest, words: str, by: By) -> None:
    authority = _authority(session, request)
    end_waiting(session, request, WaitingKind.AUTHORITY, WaitingEnd.ASKED_AGAIN)
    again = {"authority": authority, "again": True}
    start_waiting(session, request, WaitingKind.AUTHORITY, by, words=words, facts=again)
    row = _waits_for_authority(session, request)
    facts = {"authority": authority, "date": row.due_at.isoformat(), "words": words}
    notify_reporters(session, request, "asked_again", facts, occasion=f"waiting:{row.id}")


def _waits_for_authority(session: Session, request: ServiceRequest) -> RequestWaiting:
    rows = open_waitings_of(session, request.id)
    return next(row for row in rows if row.kind == WaitingKind.AUTHORITY.value)


def _take_back(session: Session, request: ServiceRequest, words: str, by: By) -> None:
    facts = {"came_back": True, "authority": _authority(session, request)}
    change = change_request_status(
        session, request, RequestStatus.ACKNOWLEDGED, by, words=words, facts=facts, tell=False
    )
    notify_reporters(session, request, "came_back", facts | {"words": words}, occasion=str(change.id))


def _end_as_repaired(session: Session, request: ServiceRequest, words: str, by: By) -> None:
    facts = {"came_back": True, "authority": _authority(session, request)}
    change_request_status(session, request, RequestStatus.ACKNOWLEDGED, by, facts=facts, tell=False)
    change_request_status(
        session, request, RequestStatus.CLOSED, by, words=words,
        facts={"closed_reason": ClosedReason.FOUND_FIXED.value},
    )  # fmt: skip
