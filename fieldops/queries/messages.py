"""How messages to reporters fare: counts and the codes of their reports, never a contact."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.models import Message, ServiceRequest


def message_counts(session: Session) -> dict[str, int]:
    """Return how many messages are in each state."""
    rows = session.execute(select(Message.state, func.count()).group_by(Message.state))
    return {row[0]: row[1] for row in rows}


def messages_in(session: Session, *states: str, most: int = 100) -> list[tuple[Message, ServiceRequest]]:
    """Return the newest messages in any of these states, each with the report it is about."""
    rows = session.execute(
        select(Message, ServiceRequest)
        .join(ServiceRequest, ServiceRequest.id == Message.request_id)
        .where(Message.state.in_(states))
        .order_by(Message.id.desc())
        .limit(most)
    )
    return [(message, request) for message, request in rows]
