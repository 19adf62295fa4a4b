"""Noting that staff chose another kind than the one suggested."""

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.errors import InvalidInput
from fieldops.models import Conversation, Service, TriageCorrection
from fieldops.queries.services import active_services


def suggested_kind(session: Session, conversation: Conversation) -> tuple[int, float] | None:
    """Return the kind on offer that a conversation's words suggested, with its probability."""
    known = {service.code: service.id for service in active_services(session)}
    said = conversation.understood.get("services") or []
    likely = next((one for one in said if one["code"] in known), None)
    return (known[likely["code"]], float(likely["confidence"])) if likely else None


def correct_triage(
    session: Session,
    thing: str,
    thing_id: int,
    *,
    suggested: tuple[int, float] | None,
    chosen_service_id: int | None,
    by: By,
) -> TriageCorrection:
    """Note a choice; no words are copied.

    Parameters
    ----------
    session
        The caller's unit of work.
    thing, thing_id
        Where the words stand: "service_request" or "conversation".
    suggested
        The service that was suggested and its probability; None when none was.
    chosen_service_id
        What it is; None when it is no complaint.
    by
        Who chose.

    Raises
    ------
    InvalidInput
        There is no such service.
    """
    for service_id in (chosen_service_id, suggested[0] if suggested else None):
        if service_id is not None and session.get(Service, service_id) is None:
            raise InvalidInput("There is no such kind of report.", field="service")
    correction = TriageCorrection(
        thing=thing,
        thing_id=thing_id,
        suggested_service_id=suggested[0] if suggested else None,
        chosen_service_id=chosen_service_id,
        confidence=suggested[1] if suggested else 0.0,
        user_id=by.user_id,
        at=clock.now(),
    )
    session.add(correction)
    session.flush()
    return correction
