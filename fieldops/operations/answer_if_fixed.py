"""The reporter's word after a repair: fixed, not fixed, or cannot tell; and taking a report back."""

from typing import Final

from sqlalchemy.orm import Session

from fieldops.domain.request_states import ClosedReason, RequestStatus
from fieldops.domain.roles import THE_REPORTER
from fieldops.errors import Conflict, InvalidInput
from fieldops.installation import Installation
from fieldops.models import Cluster, ServiceRequest
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.refresh_cluster import refresh_cluster
from fieldops.queries.work_orders import awaits_permanent_repair

ANSWERABLE: Final = {
    "yes": (RequestStatus.DONE.value,),
    "no": (RequestStatus.DONE.value, RequestStatus.CLOSED.value, RequestStatus.DECLINED.value),
}
"""In which states an answer means something."""


def answer_if_fixed(
    session: Session, installation: Installation, request: ServiceRequest, answer: str, words: str
) -> None:
    """Take the answer "yes", "no" or "unknown". "No" needs words and opens the request again. "Yes" closes
    it, except after a temporary repair: it stays done until the permanent one is.

    Raises
    ------
    InvalidInput
        Another answer, or "no" without words.
    Conflict
        There is nothing to confirm in the request's present state, or the repair is temporary.
    """
    del installation
    if answer == "unknown":
        return
    if answer in ANSWERABLE and request.status not in ANSWERABLE[answer]:
        raise Conflict("There is nothing to confirm at this point. Look at the report as it is now.")
    if answer == "yes":
        if request.cluster_id is not None and awaits_permanent_repair(session, request.cluster_id):
            raise Conflict(
                "Thank you. The repair so far is temporary; the report is finished with the permanent one."
            )
        change_request_status(
            session, request, RequestStatus.CLOSED, THE_REPORTER,
            facts={"closed_reason": ClosedReason.REPAIRED.value}, tell=False,
        )  # fmt: skip
    elif answer == "no":
        if not words.strip():
            raise InvalidInput("Tell us what is still wrong, so that the crew comes prepared.", field="words")
        change_request_status(session, request, RequestStatus.REOPENED, THE_REPORTER, words=words, tell=False)
        request.severity = min(3, request.severity + 1)
        if request.cluster_id is not None:
            refresh_cluster(session, session.get_one(Cluster, request.cluster_id))
    else:
        raise InvalidInput("Choose one of the three answers.", field="answer")


def withdraw_request(session: Session, request: ServiceRequest) -> None:
    """Take a report back while nobody has been sent.

    Raises
    ------
    Conflict
        Work is planned or under way, or the request has ended.
    """
    if request.status not in (RequestStatus.SUBMITTED.value, RequestStatus.ACKNOWLEDGED.value):
        raise Conflict("Work on this report is planned or done, so it can no longer be taken back.")
    change_request_status(
        session, request, RequestStatus.CLOSED, THE_REPORTER,
        facts={"closed_reason": ClosedReason.WITHDRAWN.value}, tell=False,
    )  # fmt: skip
    if request.cluster_id is not None:
        refresh_cluster(session, session.get_one(Cluster, request.cluster_id))
