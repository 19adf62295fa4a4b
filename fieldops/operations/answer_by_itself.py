"""What we say by ourselves: thanks with what was understood, one question at a time, two at most.

Never a promise, never an end; it stops no clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from fieldops import clock
from fieldops.channels.contract import Channel
from fieldops.domain.conversations import MAIL_ANSWER_EVERY, MOST_QUESTIONS, Tray
from fieldops.installation import Installation
from fieldops.models import ChannelAccount, ChannelPerson, Conversation, ConversationMessage, Service
from fieldops.operations.pin_link import pin_link
from fieldops.operations.queue_reply import AutomaticReply
from fieldops.operations.write_message import write_chat
from fieldops.outbox import ToDo

REMIND_AFTER: Final = timedelta(hours=24)
LETTERS: Final = frozenset({"email"})
"""Channels of letters, where an automatic answer may meet another machine's."""


@dataclass(frozen=True)
class Voice:
    """Who speaks, by what, and what there is to name: the same for many conversations."""

    installation: Installation
    account: ChannelAccount
    channel: Channel
    services: Mapping[str, Service]
    """Those on offer, by code."""


def answer_by_itself(
    voice: Voice,
    conversation: Conversation,
    person: ChannelPerson,
    messages: Sequence[ConversationMessage],
) -> AutomaticReply | None:
    """Return what is due: a greeting back, thanks for a complaint, or thanks for its place; None for silence.

    `messages` are the conversation's, oldest first. Whoever calls queues what is returned.
    """
    if not _may_answer(conversation, voice.account, person, messages):
        return None
    name = _what_to_say(conversation)
    if name is None:
        return None
    asks_place = name == "received" and _lacks_place(conversation)
    tasks: tuple[ToDo, ...] = ()
    if asks_place:
        conversation.questions_asked += 1
        due_at, key = clock.now() + REMIND_AFTER, f"remind:{conversation.id}"
        tasks = (ToDo("remind_of_place", {"conversation_id": conversation.id}, due_at, key),)
    person.answered_by_itself_at = clock.now()
    conversation.understood = conversation.understood | {"said": [*_said(conversation), name]}
    return _say(voice, conversation, name, asks_place=asks_place, tasks=tasks)


def remind_of_place(voice: Voice, conversation: Conversation, person: ChannelPerson) -> AutomaticReply | None:
    """Ask once more where it is, when nobody has answered yet and no place came."""
    if (
        conversation.state != "open"
        or conversation.request_id is not None
        or conversation.questions_asked >= MOST_QUESTIONS
        or not _lacks_place(conversation)
        or person.stopped_at is not None
        or voice.account.kind in LETTERS
    ):
        return None
    conversation.questions_asked += 1
    return _say(voice, conversation, "remind_place", asks_place=True)


def _say(
    voice: Voice, conversation: Conversation, name: str, *, asks_place: bool, tasks: tuple[ToDo, ...] = ()
) -> AutomaticReply:
    """Return an automatic message by the name of its template, in the conversation's language."""
    asks_natively = asks_place and voice.channel.traits.asks_place
    understood = conversation.understood
    words = write_chat(
        name,
        conversation.language,
        service=_first_service(understood, voice.services),
        place=(understood.get("place") or {}).get("words", ""),
        organisation=voice.installation.city.organisation,
        asks_place=asks_place,
        link=pin_link(voice.installation, conversation.id) if asks_place and not asks_natively else "",
    )
    key = f"auto.{conversation.id}.{name}.{len(_said(conversation))}"
    return AutomaticReply(conversation, words, key, {"asks_place": True} if asks_natively else {}, tasks)


def _first_service(understood: dict[str, Any], services: Mapping[str, Service]) -> Service | None:
    codes = [one["code"] for one in understood.get("services") or []]
    return services.get(codes[0]) if codes else None


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
    conversation: Conversation,
    account: ChannelAccount,
    person: ChannelPerson,
    messages: Sequence[ConversationMessage],
) -> bool:
    if person.stopped_at is not None or person.muted or conversation.request_id is not None:
        return False
    inbound = [row for row in messages if row.direction == "in"]
    if not inbound or inbound[-1].facts.get("automatic"):
        return False  # never answer a machine: it may answer back
    if any(row.direction == "out" and not row.is_automatic for row in messages):
        return False  # a person has taken over
    last = person.answered_by_itself_at
    return not (account.kind in LETTERS and last is not None and clock.now() - last < MAIL_ANSWER_EVERY)
