"""Giving messages that waited for a channel another try once there is one."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.channels.email import EmailChannel
from fieldops.installation import Installation
from fieldops.models import Message
from fieldops.outbox import enqueue

MOST_AT_ONCE = 500


def resend_waiting(session: Session, installation: Installation) -> int:
    """Queue the waiting e-mails again if e-mail can be sent by now; return how many."""
    if EmailChannel.of(installation.settings) is None:
        return 0
    waiting = session.scalars(
        select(Message.id)
        .where(Message.state == "waiting", Message.channel == "email")
        .order_by(Message.id)
        .limit(MOST_AT_ONCE)
    ).all()
    for message_id in waiting:
        enqueue(session, "send_message", {"message_id": message_id}, dedupe_key=f"send:{message_id}")
    return len(waiting)
