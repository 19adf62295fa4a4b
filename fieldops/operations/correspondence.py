"""What is known of some messages before they are taken: fetched together, and kept up while they are taken.

Two hundred messages ask the same few questions: is it known, who wrote it, what was their last conversation,
which promises run in it. One query answers each for all.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from sqlalchemy.orm import Session

from fieldops.channels.inbound import Sender
from fieldops.installation import Installation
from fieldops.models import (
    ChannelPerson,
    Conversation,
    ConversationClock,
    ConversationMessage,
    Photo,
    Reporter,
)
from fieldops.queries.channels import people_by_digests
from fieldops.queries.conversations import (
    clocks_of,
    known_external_ids,
    latest_conversations,
    messages_by_conversation,
    photos_by_conversation,
)
from fieldops.queries.promises import promises
from fieldops.queries.reporters import reporters_by_id
from fieldops.sealing import Sealer

MOST_EXTERNAL_ID = 300

Clocks = dict[str, ConversationClock]


def ids_of(sender: Sender) -> list[str]:
    """Return a sender's ids, each once, the channel's own first."""
    return list(dict.fromkeys(one for one in (sender.user_id, *sender.aliases) if one))


def id_words(account_id: int, one: str) -> str:
    """Return what the digest of an id on an account is made of: the same id on two accounts are two."""
    return f"{account_id}\0{one}"


def forgotten_id(sealer: Sealer, external_id: str) -> str:
    """Return what is kept of a vendor's id once its sender is forgotten: whether it comes a second time can
    be told by it, who it was from cannot.
    """
    return f"forgotten.{sealer.stamp(external_id)}"


class Correspondence:
    """The answers for one unit of work; whoever changes something says so here.

    Parameters
    ----------
    session
        Of the unit of work, which nobody else writes in meanwhile.
    installation
        Its sealer turns ids into digests.
    """

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.installation = installation
        self._known_ids: set[tuple[int, str]] = set()
        self._asked_ids: set[str] = set()
        self._people: dict[tuple[int, str], ChannelPerson | None] = {}
        self._latest: dict[tuple[int, bool], Conversation] = {}
        self._latest_of: set[int] = set()
        self._clocks: dict[int, Clocks] = {}
        self._messages: dict[int, list[ConversationMessage]] = {}
        self._photos: dict[int, list[Photo]] = {}
        self._promised: dict[date, dict[tuple[str, int | None], int]] = {}
        self._held: list[Reporter | ChannelPerson] = []

    # ------------------------------------------------------------ is it known, who wrote it

    def expect(self, messages: Iterable[tuple[int, str, Sender]]) -> None:
        """Ask for all that some messages will need: (account, external id, sender) each."""
        expected = list(messages)
        ids = {external_id[:MOST_EXTERNAL_ID] for _account, external_id, _sender in expected}
        self._ask_ids(ids)
        keys = {
            (account, digest) for account, _id, sender in expected for digest in self.digests(account, sender)
        }
        self._ask_people(keys)
        people = {person.id: person for key in keys if (person := self._people[key]) is not None}
        self._held += reporters_by_id(self.session, [person.reporter_id for person in people.values()])
        latest = self._ask_latest(people)
        self.open({conversation.id for conversation in latest.values()})

    def digests(self, account_id: int, sender: Sender) -> list[str]:
        """Return digests of a sender's ids, the channel's own id first, each by every contact key."""
        sealer = self.installation.sealer
        return [
            digest for one in ids_of(sender) for digest in sealer.contact_digests(id_words(account_id, one))
        ]

    def keys(self, account_id: int, sender: Sender) -> dict[str, str]:
        """Return a sender's ids by what they are kept under: digests by the newest contact key."""
        sealer = self.installation.sealer
        return {sealer.contact_digest(id_words(account_id, one)): one for one in ids_of(sender)}

    def has(self, account_id: int, external_id: str) -> bool:
        """Return whether a message of this vendor's id is here already."""
        if external_id not in self._asked_ids:
            self._ask_ids({external_id})
        return (account_id, external_id) in self._known_ids

    def person(self, account_id: int, digests: Collection[str]) -> ChannelPerson | None:
        """Return who any of these digests belongs to; the first known where they are two."""
        self._ask_people({(account_id, digest) for digest in digests})
        found = [person for one in digests if (person := self._people[account_id, one]) is not None]
        return min(found, key=lambda person: person.id, default=None)

    def is_key_of(self, person: ChannelPerson, digest: str) -> bool:
        """Return whether a digest leads to somebody already."""
        return self._people.get((person.account_id, digest)) is not None

    def met(self, person: ChannelPerson, digest: str) -> None:
        """Note that a digest leads to a person from now on."""
        self._people[person.account_id, digest] = person

    def got_to_know(self, person: ChannelPerson, reporter: Reporter) -> None:
        """Note somebody who never wrote before: they have no conversation yet."""
        self._held += [person, reporter]
        self._latest_of.add(person.id)

    # ------------------------------------------------------------ what was said so far

    def latest(self, person: ChannelPerson, *, is_public: bool) -> Conversation | None:
        """Return the conversation in which a person or we wrote last."""
        if person.id not in self._latest_of:
            self._ask_latest([person.id])
        return self._latest.get((person.id, is_public))

    def began(self, conversation: Conversation) -> None:
        """Note a conversation that was begun now: it has no clocks, messages or photos yet."""
        self._latest_of.add(conversation.person_id)
        self._clocks[conversation.id], self._messages[conversation.id] = {}, []
        self._photos[conversation.id] = []

    def got(self, conversation: Conversation, row: ConversationMessage) -> None:
        """Note a message that was taken: its conversation is its person's latest one."""
        if row.external_id is not None:
            self._known_ids.add((row.account_id, row.external_id))
        self._latest[conversation.person_id, conversation.is_public] = conversation
        if conversation.id in self._messages:
            self._messages[conversation.id].append(row)

    def open(self, conversation_ids: Collection[int]) -> None:
        """Fetch what belongs to conversations, unless it is here."""
        missing = [number for number in conversation_ids if number not in self._clocks]
        if missing:
            clocks = clocks_of(self.session, missing)
            self._clocks |= {number: clocks.get(number, {}) for number in missing}
        missing = [number for number in conversation_ids if number not in self._messages]
        if missing:
            messages = messages_by_conversation(self.session, missing)
            self._messages |= {number: messages.get(number, []) for number in missing}
            photos = photos_by_conversation(self.session, missing)
            self._photos |= {number: photos.get(number, []) for number in missing}

    def clocks(self, conversation: Conversation) -> Clocks:
        """Return a conversation's promises by kind, as they are now."""
        self.open([conversation.id])
        return self._clocks[conversation.id]

    def messages(self, conversation: Conversation) -> list[ConversationMessage]:
        """Return a conversation's messages and notes, oldest first."""
        self.open([conversation.id])
        return sorted(self._messages[conversation.id], key=lambda row: row.at)  # stable: by id within

    def photos(self, conversation: Conversation) -> list[Photo]:
        """Return the photos of a conversation, oldest first."""
        self.open([conversation.id])
        return self._photos[conversation.id]

    def promised(self, at: datetime) -> dict[tuple[str, int | None], int]:
        """Return the hours promised on a day, by kind and service."""
        day = at.date()
        if day not in self._promised:
            self._promised[day] = promises(self.session, day)
        return self._promised[day]

    def forget_photos(self, conversation: Conversation) -> None:
        """Note that a photo was added: they are asked for again."""
        self.session.flush()
        photos = photos_by_conversation(self.session, [conversation.id])
        self._photos[conversation.id] = photos.get(conversation.id, [])

    # ------------------------------------------------------------ asking

    def _ask_ids(self, ids: set[str]) -> None:
        if ids:
            forgotten = {forgotten_id(self.installation.sealer, one): one for one in ids}
            found = known_external_ids(self.session, ids | set(forgotten))
            self._known_ids |= {(account, forgotten.get(one, one)) for account, one in found}
            self._asked_ids |= ids

    def _ask_people(self, keys: Collection[tuple[int, str]]) -> None:
        asked = [key for key in keys if key not in self._people]
        if asked:
            found = people_by_digests(self.session, {digest for _account, digest in asked})
            self._people |= {key: found.get(key) for key in asked}

    def _ask_latest(self, person_ids: Collection[int]) -> dict[tuple[int, bool], Conversation]:
        found = latest_conversations(self.session, person_ids) if person_ids else {}
        self._latest |= found
        self._latest_of |= set(person_ids)
        return found
