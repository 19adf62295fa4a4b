"""Delivering one message of the outbox, at least once and told apart by its key."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.channels.doorman import KeptInside
from fieldops.channels.email import EmailChannel, RefusedForGood
from fieldops.installation import Installation
from fieldops.models import Message, Reporter, ServiceRequest
from fieldops.operations.write_message import WrittenMessage, write_message

UNSENT = ("queued", "waiting")

UnitOfWork = Callable[[], AbstractContextManager[Session]]


def send_message(
    session: Session, installation: Installation, message_id: int, unit_of_work: UnitOfWork
) -> None:
    """Send a queued message by its channel and record that it left.

    No write transaction is open while it is on its way. Without a way to send (no channel is set up, or
    the reporter left a telephone number only) it stays in the outbox, where staff see it. What the receiving
    side refuses for good is failed; any other trouble raises, and the task is tried again.
    """
    written = _prepare(session, installation, message_id)
    session.rollback()
    if written is None:
        return
    state, error = _deliver(installation, written)
    with unit_of_work() as writing:
        message = writing.get(Message, message_id)
        if message is not None and message.state in UNSENT:
            message.state, message.last_error = state, error
            message.sent_at = clock.now() if state == "sent" else None


def _deliver(installation: Installation, written: WrittenMessage) -> tuple[str, str]:
    """Return the message's new state, and what went wrong for good, without the address."""
    channel = EmailChannel.of(installation.settings)
    if written.channel != "email" or channel is None:
        return "waiting", ""
    try:
        channel.send(written.address, written.subject, written.body, key=written.key)
    except RefusedForGood as refusal:
        return "failed", str(refusal)
    except KeptInside as kept:
        return "waiting", str(kept)
    return "sent", ""


def _prepare(session: Session, installation: Installation, message_id: int) -> WrittenMessage | None:
    message = session.get(Message, message_id)
    if message is None or message.state not in UNSENT:
        return None
    reporter = session.get_one(Reporter, message.reporter_id)
    if reporter.anonymised_at is not None or reporter.contact_sealed is None:
        return None
    request = session.get_one(ServiceRequest, message.request_id)
    return write_message(
        session, installation, message, request, installation.sealer.open(reporter.contact_sealed)
    )
