"""Reading stored events: what they say is carried out once, what nobody understands waits for a person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.channels.contract import Channel
from fieldops.channels.inbound import (
    Edited,
    Inbound,
    InboundMessage,
    Invited,
    Receipt,
    Sender,
    TemplatesChanged,
    Unread,
    Withdrawn,
)
from fieldops.domain.notices import NewsKind
from fieldops.installation import Installation
from fieldops.models import ChannelAccount, Conversation, InboundEvent
from fieldops.operations.add_news import add_news
from fieldops.operations.correspondence import Correspondence
from fieldops.operations.know_person import meet_people
from fieldops.operations.note_receipt import note_receipt
from fieldops.operations.open_channel import open_channel
from fieldops.operations.receive_message import last_heard, note_edit, note_withdrawal, receive_message
from fieldops.operations.refresh_templates import ask_for_templates
from fieldops.operations.suggest_triage import open_reader
from fieldops.operations.understand_conversation import understand_conversations
from fieldops.outbox import enqueue
from fieldops.queries.channels import accounts_by_id

MOST_REASON = 200
WAITING = ("todo", "again")
"""Not read yet: by the intake, or, where that failed, by a task that tries again."""


@dataclass(frozen=True)
class _Opened:
    """An event with its account and what its adapter read in it."""

    event: InboundEvent
    account: ChannelAccount
    channel: Channel
    said: list[Inbound]


def read_events(session: Session, installation: Installation, event_ids: Sequence[int]) -> None:
    """Carry out what events say, in their order, and understand the conversations they belong to.

    One unit of work for all: whatever one of them raises, none is read. An event that was read before changes
    nothing. Whoever calls has the turn (`take_turn`).
    """
    events = session.scalars(
        select(InboundEvent)
        .where(InboundEvent.id.in_(event_ids), InboundEvent.state.in_(WAITING))
        .order_by(InboundEvent.id)
    ).all()
    accounts = accounts_by_id(session)
    opened = [one for event in events if (one := _open(installation, event, accounts)) is not None]
    known, reader = Correspondence(session, installation), open_reader(session, installation)
    for day in {one.event.received_at.date(): one.event.received_at for one in opened}.values():
        known.promised(day)
    known.expect(
        (one.account.id, message.external_id, message.sender)
        for one in opened
        for said in one.said
        if (message := _message_of(said, one.event)) is not None
    )
    for account in {one.account.id: one.account for one in opened}.values():
        meet_people(known, account, _new_senders(opened, account, known))
    touched: dict[int, Conversation] = {}
    for one in opened:
        touched |= {conversation.id: conversation for conversation in _read(one, known)}
    understand_conversations(session, installation, list(touched.values()), known, reader)
    add_news(session, NewsKind.MESSAGE, touched)


def read_event(session: Session, installation: Installation, event_id: int) -> None:
    """Carry out what one event says, and leave what it means to tasks of their own: for an event that the
    intake could not read.
    """
    event = session.get(InboundEvent, event_id)
    if event is None or event.state not in WAITING:
        return
    one = _open(installation, event, accounts_by_id(session))
    if one is None:
        return
    touched = _read(one, Correspondence(session, installation))
    for conversation in touched:
        enqueue(
            session,
            "understand_conversation",
            {"conversation_id": conversation.id},
            dedupe_key=f"understand:{conversation.id}",
        )
    add_news(session, NewsKind.MESSAGE, [conversation.id for conversation in touched])


def try_again(session: Session, event_id: int) -> None:
    """Leave an event that could not be read to a task, which tries again and ends where staff see it."""
    event = session.get(InboundEvent, event_id)
    if event is not None and event.state == "todo":
        event.state = "again"
        enqueue(session, "read_event", {"event_id": event_id}, dedupe_key=f"read:{event_id}")


def park_event(session: Session, event_id: int, reason: str) -> None:
    """Leave an event for a person; `reason` is a code."""
    event = session.get(InboundEvent, event_id)
    if event is not None and event.state in WAITING:
        event.state, event.reason = "parked", reason[:MOST_REASON]


def _open(
    installation: Installation, event: InboundEvent, accounts: dict[int, ChannelAccount]
) -> _Opened | None:
    account = accounts[event.account_id]
    channel = open_channel(installation, account)
    try:
        return _Opened(event, account, channel, list(channel.parse(event.raw)))
    except ValueError as error:
        # The adapter's words name types and lengths, never what people wrote.
        event.state, event.reason = "parked", f"unreadable: {error}"[:MOST_REASON]
        return None


def _read(one: _Opened, known: Correspondence) -> list[Conversation]:
    """Carry out what an event says; returns the conversations that it added to."""
    event, said = one.event, one.said
    touched = [conversation for part in said if (conversation := _carry_out(one, part, known)) is not None]
    if any(isinstance(part, Invited) for part in said):
        enqueue(known.session, "accept_invitations", {"event_id": event.id}, dedupe_key=f"accept:{event.id}")
    last_heard(one.account)
    unread = [part.what for part in said if isinstance(part, Unread) and part.sender is None]
    event.state, event.reason = "done", ", ".join(unread)[:MOST_REASON]
    if unread and len(unread) == len(said):
        event.state = "parked"
    return touched


def _carry_out(one: _Opened, part: Inbound, known: Correspondence) -> Conversation | None:
    message = _message_of(part, one.event)
    if message is not None:
        return receive_message(
            known,
            one.account,
            one.channel,
            message,
            one.event.received_at,
            unread=part.what[:MOST_REASON] if isinstance(part, Unread) else "",
            event_id=one.event.id,
        )
    if isinstance(part, Receipt):
        note_receipt(known.session, one.account, part)
    elif isinstance(part, Edited):
        note_edit(known.session, one.account, part.external_id, part.text, part.at)
    elif isinstance(part, TemplatesChanged):
        ask_for_templates(known.session, one.account.id)
    elif isinstance(part, Withdrawn):
        note_withdrawal(known.session, one.account, part.external_id, part.at)
    return None


def _new_senders(opened: list[_Opened], account: ChannelAccount, known: Correspondence) -> Iterator[Sender]:
    """Yield who wrote the messages of an account that are to be taken."""
    for one in opened:
        for part in one.said if one.account is account else ():
            message = _message_of(part, one.event)
            if message is not None and not (message.is_echo or known.has(account.id, message.external_id)):
                yield message.sender


def _message_of(part: Inbound, event: InboundEvent) -> InboundMessage | None:
    """Return the message that a part of an event is, also one of which only the sender is known."""
    if isinstance(part, InboundMessage):
        return part
    if isinstance(part, Unread) and part.sender is not None and part.external_id:
        return InboundMessage(part.external_id, part.sender, part.thread, part.at or event.received_at)
    return None
