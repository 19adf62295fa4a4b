"""Noting that staff chose another kind than the one suggested."""

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.errors import InvalidInput
from fieldops.models import Service, TriageCorrection


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
        Where the words stand: "service_request" or the table of a message.
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
