"""Delivering one message of the outbox, at least once and told apart by its key."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.channels.doorman import KeptInside
from fieldops.channels.email import EmailChannel, RefusedForGood
from fieldops.installation import Installation
from fieldops.models import DataLink, Message, Reporter, ServiceRequest
from fieldops.operations.queue_reply import queue_reply
from fieldops.operations.send_data_link import data_link_address
from fieldops.operations.write_message import WrittenMessage, write_message
from fieldops.queries.conversations import conversation_of_request

UNSENT = ("queued", "waiting")
LINK_OVER = "link_over"
"""Why a letter about somebody's own data did not leave: by then its link opens nothing."""

UnitOfWork = Callable[[], AbstractContextManager[Session]]


def send_message(
    session: Session, installation: Installation, message_id: int, unit_of_work: UnitOfWork
) -> None:
    """Send a queued message by its channel and record that it left.

    No write transaction is open while it is on its way. Without a way to send (no channel is set up, or
    the reporter left a telephone number only) it stays in the outbox, where staff see it. What the receiving
    side refuses for good is failed; any other trouble raises, and the task is tried again.
    """
    if _in_conversation(session, message_id):
        session.rollback()
        with unit_of_work() as writing:
            _say_in_conversation(writing, installation, message_id)
        return
    written = _prepare(session, installation, message_id)
    session.rollback()
    if written is None:
        return
    state, error = ("failed", LINK_OVER) if not written.body else _deliver(installation, written)
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


def _in_conversation(session: Session, message_id: int) -> bool:
    """Return whether a message's reader came by a conversation: then it is said there."""
    message = session.get(Message, message_id)
    return (
        message is not None
        and "data_link" not in message.facts
        and (conversation_of_request(session, message.request_id, message.reporter_id) is not None)
    )


def _say_in_conversation(session: Session, installation: Installation, message_id: int) -> None:
    """Put the news into the thread it belongs to; from there it leaves like every other message of it."""
    message = session.get_one(Message, message_id)
    if message.state not in UNSENT:
        return
    conversation = conversation_of_request(session, message.request_id, message.reporter_id)
    request = session.get_one(ServiceRequest, message.request_id)
    if conversation is None:
        return
    written = write_message(session, installation, message, request, "")
    queue_reply(
        session,
        conversation,
        written.body.strip(),
        key=f"news.{message.id}",
        is_automatic=True,
        facts={"news": message.template},
    )
    message.state, message.sent_at = "sent", clock.now()


def _prepare(session: Session, installation: Installation, message_id: int) -> WrittenMessage | None:
    message = session.get(Message, message_id)
    if message is None or message.state not in UNSENT:
        return None
    reporter = session.get_one(Reporter, message.reporter_id)
    if reporter.anonymised_at is not None or reporter.contact_sealed is None:
        return None
    request = session.get_one(ServiceRequest, message.request_id)
    address = installation.sealer.open(reporter.contact_sealed)
    if "data_link" in message.facts:
        return _with_own_link(session, installation, message, request, address)
    return write_message(session, installation, message, request, address)


def _with_own_link(
    session: Session, installation: Installation, message: Message, request: ServiceRequest, address: str
) -> WrittenMessage:
    """Return a letter with a link to its reader's data, to the new address that it proves if there is one;
    without words where the link opens nothing by now.
    """
    number = message.facts["data_link"]
    own_link = data_link_address(session, installation, number)
    if not own_link:
        return WrittenMessage(message.channel, address, "", "", f"fieldops.{message.id}")
    sealed = session.get_one(DataLink, number).contact_sealed
    address = address if sealed is None else installation.sealer.open(sealed)
    return write_message(session, installation, message, request, address, own_link)
