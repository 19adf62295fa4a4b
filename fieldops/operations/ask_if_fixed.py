"""Asking the reporters, three days after a repair, whether it is fixed."""

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.request_states import RequestStatus
from fieldops.installation import Installation
from fieldops.models import ServiceRequest
from fieldops.operations.notify_reporter import notify_reporters

ASK_AFTER: Final = timedelta(days=3)
"""When reporters are asked (product reference §4)."""


def ask_if_fixed(session: Session, installation: Installation, request_id: int) -> None:
    """Send the question, unless the request has moved on, or was repaired again, since it was queued."""
    del installation  # every task's operation is called alike
    request = session.get(ServiceRequest, request_id)
    if request is None or request.status != RequestStatus.DONE.value or request.ended_at is None:
        return
    if clock.now() - request.ended_at >= ASK_AFTER:
        notify_reporters(session, request, "ask_if_fixed", {}, occasion=request.ended_at.isoformat())
