"""Asking the reporters, three days after a repair, whether it is fixed."""

from sqlalchemy.orm import Session

from fieldops.domain.request_states import RequestStatus
from fieldops.installation import Installation
from fieldops.models import ServiceRequest
from fieldops.operations.notify_reporter import notify_reporters


def ask_if_fixed(session: Session, installation: Installation, request_id: int) -> None:
    """Send the question, unless the request has moved on since."""
    del installation  # every task's operation is called alike
    request = session.get(ServiceRequest, request_id)
    if request is not None and request.status == RequestStatus.DONE.value:
        notify_reporters(session, request, "ask_if_fixed", {}, occasion=str(request.times_reopened))
