"""Having a place looked at again after something that may change who belongs to it."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.models import ServiceRequest
from fieldops.outbox import enqueue


def ask_to_group(session: Session, request: ServiceRequest) -> None:
    """Let a request, and whatever it touches, be grouped anew in a moment; once a place."""
    if request.cluster_id is not None:
        _ask(session, request.id, f"group:cluster:{request.cluster_id}")
    else:
        _ask(session, request.id, f"group:{request.id}")


def ask_to_group_members(session: Session, cluster_id: int) -> None:
    """Let a cluster be grouped anew in a moment: it is bound to its order from now on, or no longer."""
    first = session.scalar(select(func.min(ServiceRequest.id)).where(ServiceRequest.cluster_id == cluster_id))
    if first is not None:
        _ask(session, first, f"group:cluster:{cluster_id}")


def _ask(session: Session, request_id: int, key: str) -> None:
    enqueue(session, "group_request", {"request_id": request_id}, dedupe_key=key)
