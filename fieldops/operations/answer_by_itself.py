"""What we say by ourselves: thanks with what was understood, one question at a time, two at most.

Never a promise, never an end; it stops no clock.
"""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.channels.contract import Channel
from fieldops.domain.conversations import MAIL_ANSWER_EVERY, MOST_QUESTIONS, Tray
from fieldops.installation import Installation
from fieldops.models import ChannelAccount, ChannelPerson, Conversation, Service
from fieldops.operations.pin_link import pin_link
from fieldops.operations.queue_reply import queue_reply
from fieldops.operations.write_message import write_chat
from fieldops.outbox import enqueue
from fieldops.queries.conversations import messages_of
from fieldops.queries.services import active_services

REMIND_AFTER: Final = timedelta(hours=24)
LETTERS: Final = frozenset({"email"})
"""Channels of letters, where an automatic answer may meet another machine's."""


def answer_by_itself(
    session: Session,
    installation: Installation,
    conversation: Conversation,
    account: ChannelAccount,
    channel: Channel,
) -> None:
    """Say what is due: a greeting back, thanks for a complaint, or thanks for its place."""
    person = session.get_one(ChannelPerson, conversation.person_id)
    if not _may_answer(session, conversation, account, person):
        return
    name = _what_to_say(conversation)
    if name is None:
        return
    asks_place = name == "received" and _lacks_place(conversation)
    if asks_place:
        conversation.questions_asked += 1
        enqueue(
            session,
            "remind_of_place",
            {"conversation_id": conversation.id},
            due_at=clock.now() + REMIND_AFTER,
            dedupe_key=f"remind:{conversation.id}",
        )
    person.answered_by_itself_at = clock.now()
    conversation.understood = conversation.understood | {"said": [*_said(conversation), name]}
    say(session, installation, conversation, channel, name, asks_place=asks_place)


def remind_of_place(
    session: Session,
    installation: Installation,
    conversation: Conversation,
    account: ChannelAccount,
    channel: Channel,
) -> None:
    """Ask once more where it is, when nobody has answered yet and no place came."""
    person = session.get_one(ChannelPerson, conversation.person_id)
    if (
        conversation.state != "open"
        or conversation.request_id is not None
        or conversation.questions_asked >= MOST_QUESTIONS
        or not _lacks_place(conversation)
        or person.stopped_at is not None
        or account.kind in LETTERS
    ):
        return
    conversation.questions_asked += 1
    say(session, installation, conversation, channel, "remind_place", asks_place=True)


def say(
    session: Session,
    installation: Installation,
    conversation: Conversation,
    channel: Channel,
    name: str,
    *,
    asks_place: bool = False,
    **facts: Any,
) -> None:
    """Queue one automatic message by the name of its template, in the conversation's language."""
    needs_link = asks_place and not channel.traits.asks_place
    facts |= {"asks_place": asks_place, "link": pin_link(installation, conversation.id) if needs_link else ""}
    understood = conversation.understood
    words = write_chat(
        name,
        conversation.language,
        service=_first_service(session, understood),
        place=(understood.get("place") or {}).get("words", ""),
        organisation=installation.city.organisation,
        **facts,
    )
    queue_reply(
        session,
        conversation,
        words,
        key=f"auto.{conversation.id}.{name}.{len(_said(conversation))}",
        is_automatic=True,
        facts={"asks_place": True} if asks_place and channel.traits.asks_place else {},
    )


def _first_service(session: Session, understood: dict[str, Any]) -> Service | None:
    codes = [one["code"] for one in understood.get("services") or []]
    return next((one for one in active_services(session) if codes and one.code == codes[0]), None)


def _said(conversation: Conversation) -> list[str]:
    return list(conversation.understood.get("said", []))


def _lacks_place(conversation: Conversation) -> bool:
    place = conversation.understood.get("place")
    return place is None or bool(place.get("is_estimate"))


def _what_to_say(conversation: Conversation) -> str | None:
    said = _said(conversation)
    if conversation.is_public:
        return None if "public" in said else "public"
    if conversation.tray == Tray.GREETINGS.value:
        return None if said else "greeting"
    if "received" not in said:
        return "received"
    if conversation.questions_asked and "placed" not in said and not _lacks_place(conversation):
        return "placed"
    return None


def _may_answer(
    session: Session, conversation: Conversation, account: ChannelAccount, person: ChannelPerson
) -> bool:
    if person.stopped_at is not None or person.muted or conversation.request_id is not None:
        return False
    messages = messages_of(session, conversation.id)
    inbound = [row for row in messages if row.direction == "in"]
    if not inbound or inbound[-1].facts.get("automatic"):
        return False  # never answer a machine: it may answer back
    if any(row.direction == "out" and not row.is_automatic for row in messages):
        return False  # a person has taken over
    last = person.answered_by_itself_at
    return not (account.kind in LETTERS and last is not None and clock.now() - last < MAIL_ANSWER_EVERY)
