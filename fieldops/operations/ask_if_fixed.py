"""Asking the reporters, three days after a repair, whether it is fixed."""

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.request_states import RequestStatus
from fieldops.installation import Installation
from fieldops.models import ServiceRequest
from fieldops.operations.close_silent_requests import silent_until
from fieldops.operations.notify_reporter import notify_reporters
from fieldops.queries.work_orders import awaits_permanent_repair, is_done_again

ASK_AFTER: Final = timedelta(days=3)
"""When reporters are asked (product reference §4)."""


def ask_if_fixed(session: Session, installation: Installation, request_id: int) -> None:
    """Send the question, unless the request has moved on, was repaired again, or is being so, since it was
    queued. It says when silence ends the report, except where a permanent repair is still to come.
    """
    del installation  # every task's operation is called alike
    request = session.get(ServiceRequest, request_id)
    if request is None or request.status != RequestStatus.DONE.value or request.ended_at is None:
        return
    if request.cluster_id is not None and is_done_again(session, request.cluster_id):
        return  # asked after that repair
    if clock.now() - request.ended_at >= ASK_AFTER:
        until = silent_until(session, request)
        is_last = request.cluster_id is None or not awaits_permanent_repair(session, request.cluster_id)
        facts = {"date": until.isoformat()} if until is not None and is_last else {}
        notify_reporters(session, request, "ask_if_fixed", facts, occasion=request.ended_at.isoformat())
