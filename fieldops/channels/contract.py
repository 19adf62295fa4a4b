"""What every adapter does, and how it fails. One suite of tests runs over all of them (`tests/channels`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Protocol, runtime_checkable

from fieldops.channels.doorman import Doorman
from fieldops.channels.inbound import Attachment, Inbound, RawEvent
from fieldops.domain.message_templates import FilledTemplate, TemplateWording


class ChannelError(Exception):
    """Base of what can go wrong with a vendor. A message holds codes, never addresses or words of people."""


class BadSignature(ChannelError):
    """What came is not proven to be the vendor's: nothing of it is stored.

    `missing` tells no signature at all (401) from a wrong one (403).
    """

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


class Retryable(ChannelError):
    """Not now: the vendor is down, or the network is; trying again later is right."""


class RateLimited(Retryable):
    """Too fast; `after_s` is how long the vendor asks us to wait."""

    def __init__(self, message: str, after_s: float) -> None:
        super().__init__(message)
        self.after_s = after_s


class Permanent(ChannelError):
    """Never: trying the same again cannot help."""


class WindowClosed(Permanent):
    """The vendor takes free words no longer; a template or another way is needed."""


class TemplateRefused(Permanent):
    """The vendor does not send this template; `reason` is a code the page has words for."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class Uncertain(Permanent):
    """It was handed over and no answer came back: it may have arrived.

    Where the vendor knows no key of ours, a repeat could reach a person twice, so a person decides.
    """


class AccessExpired(Permanent):
    """The account's token is no longer taken: the account is paused until somebody renews it."""


class NotConfigured(Permanent):
    """A value of the account that is optional is needed for this."""


class MediaGone(Permanent):
    """The file can be fetched no longer."""


@dataclass(frozen=True)
class SetupField:
    """One thing an admin pastes to connect an account; the page has the words for its name."""

    name: str
    secret: bool = False
    required: bool = True


@dataclass(frozen=True)
class Traits:
    """What is true of a channel as such. `label` is its own name, which nobody translates.

    `reply_window` is how long after a person's last message free words are taken (None: always);
    `per_second` and `per_person_s` are the vendor's limits for one account; `most_characters` is the longest
    text, `asks_place` whether a location can be asked for natively, `polled` whether we fetch instead of
    being called, `has_templates` whether its vendor approves templates for when the window is closed
    (`Templated`), `repeats_safely` whether the same `Outbound.key` twice is one message to the vendor, and
    `tested_live` whether the adapter ever ran against the real service.
    """

    name: str
    label: str
    fields: tuple[SetupField, ...]
    reply_window: timedelta | None = None
    per_second: float = 10.0
    per_person_s: float = 0.0
    most_characters: int = 4000
    asks_place: bool = False
    polled: bool = False
    has_templates: bool = False
    repeats_safely: bool = False
    tested_live: bool = False
    opt_in: bool = False


@dataclass(frozen=True)
class Setup:
    """One account's own values: plain `options` and opened `secrets` by the names of `Traits.fields`.

    A secret under rotation is also there as `NAME_before` and both are taken.
    """

    options: Mapping[str, str]
    secrets: Mapping[str, str]
    doorman: Doorman


@dataclass(frozen=True)
class Outbound:
    """One message of ours.

    `key` is the same for a repeat after a crash; where the vendor knows such keys it sends once. `thread` is
    what the inbound message named, `user_id` its sender. `token` is what an answer brings back where the
    channel can carry it (`InboundMessage.token`). `is_public` answers a comment where everybody reads it,
    instead of its writer alone. `place_label` is what a button says that shares a location.
    `template` is an approved template with its values, for a window that is closed.
    """

    key: str
    thread: str
    user_id: str
    text: str
    subject: str = ""
    reply_to: str | None = None
    token: str = ""
    asks_place: bool = False
    place_label: str = "📍"
    is_automatic: bool = False
    is_public: bool = False
    template: FilledTemplate | None = None
    language: str = "id"


@dataclass(frozen=True)
class Media:
    """A fetched file."""

    data: bytes
    mime_type: str


@dataclass(frozen=True)
class Polled:
    """What was fetched and where to go on; the cursor is stored only when every event is."""

    events: tuple[RawEvent, ...]
    cursor: str


@dataclass(frozen=True)
class Health:
    """What a test of the connection showed: a code the page has words for, and `values`, never a secret."""

    ok: bool
    code: str
    values: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Announcing(Protocol):
    """A channel whose vendor learns our webhook's address by a call instead of on a page of its own."""

    def announce(self, webhook: str) -> Health:
        """Tell the vendor the address, with the secret that it must send along."""


@runtime_checkable
class Accepting(Protocol):
    """A channel where a person opens a room and invites us (`inbound.Invited`)."""

    def accept(self, thread: str) -> None:
        """Enter the room; entering twice does no harm."""


@runtime_checkable
class Templated(Protocol):
    """A channel whose vendor approves templates (`Traits.has_templates`)."""

    def templates(self) -> list[TemplateWording]:
        """Return every template of the account, whatever its state.

        Raises
        ------
        NotConfigured
            The account lacks the value that the list is asked by.
        Retryable, Permanent
            The vendor does not answer, or refuses.
        """


class Channel(Protocol):
    """An adapter, made for one account. `verify`, `event_id` and `parse` are pure and open no connection."""

    traits: ClassVar[Traits]

    def __init__(self, setup: Setup) -> None:
        """Keep one account's values."""

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """Return the answer to a vendor's GET that asks whether the address is ours; None: it is not."""

    def verify(self, headers: Mapping[str, str], raw: bytes) -> None:
        """Raise BadSignature unless the bytes are the vendor's. Header names are lower case."""

    def event_id(self, headers: Mapping[str, str], raw: bytes) -> str:
        """Return what tells this event from others, at most 200 characters, the same for a replay."""

    def parse(self, raw: bytes) -> list[Inbound]:
        """Return what an event says, oldest first; what is not known becomes Unread, never an exception.

        Raises
        ------
        ValueError
            The bytes are no event of this channel at all: it is parked for a person.
        """

    def poll(self, cursor: str) -> Polled:
        """Fetch what came since `cursor` (empty: from now); only where `traits.polled`."""

    def send(self, message: Outbound) -> str:
        """Send and return the vendor's id of the message; raises Retryable or Permanent."""

    def fetch_media(self, attachment: Attachment) -> Media:
        """Fetch an attachment; raises MediaGone, Retryable or Permanent."""

    def check(self) -> Health:
        """Try the account's connection and rights without writing to anybody."""
