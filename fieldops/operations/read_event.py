"""Reading one stored event: what it says is carried out once, what nobody understands waits for a person."""

from sqlalchemy.orm import Session

from fieldops.channels.contract import Channel
from fieldops.channels.inbound import Edited, Inbound, InboundMessage, Invited, Receipt, Unread, Withdrawn
from fieldops.installation import Installation
from fieldops.models import ChannelAccount, InboundEvent
from fieldops.operations.note_receipt import note_receipt
from fieldops.operations.open_channel import open_channel
from fieldops.operations.receive_message import last_heard, note_edit, note_withdrawal, receive_message
from fieldops.outbox import enqueue

MOST_REASON = 200


def read_event(session: Session, installation: Installation, event_id: int) -> None:
    """Carry out what an event says; an event that was read before changes nothing."""
    event = session.get(InboundEvent, event_id)
    if event is None or event.state != "todo":
        return
    account = session.get_one(ChannelAccount, event.account_id)
    channel = open_channel(installation, account)
    try:
        said = channel.parse(event.raw)
    except ValueError as error:
        # The adapter's words name types and lengths, never what people wrote.
        event.state, event.reason = "parked", f"unreadable: {error}"[:MOST_REASON]
        return
    unread = [one.what for one in said if isinstance(one, Unread) and one.sender is None]
    for one in said:
        _carry_out(session, installation, account, channel, one, event)
    if any(isinstance(one, Invited) for one in said):
        enqueue(session, "accept_invitations", {"event_id": event.id}, dedupe_key=f"accept:{event.id}")
    last_heard(account)
    event.state, event.reason = "done", ", ".join(unread)[:MOST_REASON]
    if unread and len(unread) == len(said):
        event.state = "parked"


def _carry_out(
    session: Session,
    installation: Installation,
    account: ChannelAccount,
    channel: Channel,
    one: Inbound,
    event: InboundEvent,
) -> None:
    if isinstance(one, InboundMessage):
        receive_message(session, installation, account, channel, one, event.received_at, event_id=event.id)
    elif isinstance(one, Unread):
        if one.sender is not None and one.external_id:
            message = InboundMessage(one.external_id, one.sender, one.thread, one.at or event.received_at)
            receive_message(
                session,
                installation,
                account,
                channel,
                message,
                event.received_at,
                unread=one.what[:MOST_REASON],
                event_id=event.id,
            )
    elif isinstance(one, Receipt):
        note_receipt(session, account, one)
    elif isinstance(one, Edited):
        note_edit(session, account, one.external_id, one.text, one.at)
    elif isinstance(one, Withdrawn):
        note_withdrawal(session, account, one.external_id, one.at)
