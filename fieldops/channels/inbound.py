"""What an adapter reads out of a vendor's event: the same few shapes for every channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class AttachmentKind(StrEnum):
    """What somebody attached. Only photos are shown; the rest is named to the officer."""

    PHOTO = "photo"
    VOICE = "voice"
    VIDEO = "video"
    STICKER = "sticker"
    DOCUMENT = "document"
    STORY = "story"
    """A story mention, which may never be stored."""


@dataclass(frozen=True)
class Attachment:
    """One attached file.

    `reference` is the vendor's id or address of it, and empty where `data` came along (e-mail).
    """

    kind: AttachmentKind
    reference: str = ""
    mime_type: str = ""
    name: str = ""
    data: bytes | None = None


@dataclass(frozen=True)
class SharedPlace:
    """A position sent as one, in degrees (EPSG:4326); `accuracy_m` is None where the vendor says nothing."""

    lon: float
    lat: float
    accuracy_m: float | None = None
    name: str = ""


@dataclass(frozen=True)
class Sender:
    """Who wrote, as the channel knows them.

    `user_id` is the channel's own id of the person and the key; `aliases` are further ids of the same person
    (WhatsApp's number beside its business-scoped id). `phone` is E.164 and often None.
    """

    user_id: str
    aliases: tuple[str, ...] = ()
    name: str = ""
    phone: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class InboundMessage:
    """One message of one person.

    `thread` is where an answer goes (a chat, a room, a mail address). `album` joins photos sent as one.
    `is_echo` marks our own words coming back, `is_automatic` an auto-reply or bulk mail, `is_public` a
    comment or mention that everybody reads. `token` is the one our own message went out with, where the
    answer brought it back (the part after + of a mail address).
    """

    external_id: str
    sender: Sender
    thread: str
    sent_at: datetime
    text: str = ""
    subject: str = ""
    place: SharedPlace | None = None
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None
    album: str | None = None
    token: str | None = None
    is_echo: bool = False
    is_automatic: bool = False
    is_public: bool = False


@dataclass(frozen=True)
class Edited:
    """The sender changed what they wrote; both versions are kept."""

    external_id: str
    sender: Sender
    text: str
    at: datetime


@dataclass(frozen=True)
class Withdrawn:
    """The sender deleted a message."""

    external_id: str
    at: datetime


@dataclass(frozen=True)
class Invited:
    """Somebody opened a room for us, which must be entered before they can be read (`contract.Accepting`)."""

    external_id: str
    sender: Sender
    thread: str
    at: datetime


class ReceiptState(StrEnum):
    """How far a message of ours came."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True)
class Receipt:
    """News of a message we sent. `reason` is a code, never an address."""

    external_id: str
    state: ReceiptState
    at: datetime
    reason: str = ""


@dataclass(frozen=True)
class Unread:
    """A part of an event that the adapter does not know, for a person. `what` holds type names only.

    Where the vendor says who sent it, `sender` and `thread` name the conversation it belongs to.
    """

    what: str
    external_id: str = ""
    sender: Sender | None = None
    thread: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class TemplatesChanged:
    """The vendor approved, paused or took back a template: the list is to be asked for anew."""


Inbound = InboundMessage | Edited | Withdrawn | Invited | Receipt | TemplatesChanged | Unread


@dataclass(frozen=True)
class RawEvent:
    """One event as it came; `event_id` is the same whenever it comes again."""

    event_id: str
    raw: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
