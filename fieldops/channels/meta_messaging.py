"""Reading the events of Messenger and Instagram, which are alike: conversations, comments and mentions.

Shapes: Meta's documents of the Messenger Platform and of Instagram messaging, 2026.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fieldops import clock
from fieldops.channels.inbound import (
    Attachment,
    AttachmentKind,
    Edited,
    Inbound,
    InboundMessage,
    Receipt,
    ReceiptState,
    Sender,
    SharedPlace,
    Unread,
    Withdrawn,
)
from fieldops.channels.loose_json import Record, key, load, moment, record, records, type_name, words
from fieldops.channels.positions import position

COMMENT: Final = "comment:"
"""How the thread of a comment begins; a private answer to it opens a conversation."""

FILES: Final = {
    "image": AttachmentKind.PHOTO,
    "video": AttachmentKind.VIDEO,
    "audio": AttachmentKind.VOICE,
    "file": AttachmentKind.DOCUMENT,
}
STORIES: Final = frozenset({"story_mention", "ig_story"})
PARTS: Final = ("message", "message_edit", "postback", "reaction", "delivery", "read")


@dataclass(frozen=True)
class Page:
    """Which of Meta's two: `object` is what its events say, `own_id` whose events are ours."""

    object: str
    own_id: str


def entries(raw: bytes, page: Page) -> list[Record]:
    """Return the entries of an event; raises ValueError where it is none of this product."""
    event = load(raw)
    if event.get("object") != page.object or not isinstance(event.get("entry"), list):
        raise ValueError(f"not an event of {page.object}")
    return records(event["entry"])


def ids(raw: bytes, page: Page) -> list[str]:
    """Return the ids of new messages and comments; an event of anything else has none."""
    found: list[str] = []
    for entry in entries(raw, page):
        found += [key(record(item.get("message")).get("mid")) for item in records(entry.get("messaging"))]
        for value in (record(change.get("value")) for change in records(entry.get("changes"))):
            is_new = value.get("verb", "add") == "add"
            found.append((key(value.get("comment_id")) or key(value.get("id"))) if is_new else "")
    # One part without an id of its own, and only the bytes tell the event from others.
    return found if all(found) else []


def read(raw: bytes, page: Page) -> list[Inbound]:
    """Return what an event says to our page."""
    return [one for entry in entries(raw, page) for one in _read_entry(entry, page)]


def _read_entry(entry: Record, page: Page) -> Iterator[Inbound]:
    if key(entry.get("id")) != page.own_id:
        yield Unread(f"{page.object} other account")
        return
    for item in records(entry.get("messaging")):
        yield from _read_item(item, page)
    for change in records(entry.get("changes")):
        yield _read_change(change, page)
    if entry.get("standby"):
        yield Unread(f"{page.object} standby")


# ---------------------------------------------------------------------- conversations
def _read_item(item: Record, page: Page) -> Iterator[Inbound]:
    kind = next((name for name in PARTS if isinstance(item.get(name), dict)), "")
    part = record(item.get(kind))
    is_echo = kind == "message" and part.get("is_echo") is True
    person = key(record(item.get("recipient" if is_echo else "sender")).get("id"))
    at = moment(item.get("timestamp"), per_second=1000) or clock.now()
    named = kind or type_name(next(iter(sorted(set(item) - {"sender", "recipient", "timestamp"})), "?"))
    unread = Unread(
        f"{page.object} {named}", key(part.get("mid")), Sender(person) if person else None, person, at
    )
    if not person:
        yield unread
    elif kind in ("delivery", "read"):
        # Without ids these only say "up to this time", which no message can be told by.
        state = ReceiptState.DELIVERED if kind == "delivery" else ReceiptState.READ
        told = part.get("mids") if isinstance(part.get("mids"), list) else [part.get("mid")]
        yield from (Receipt(key(mid), state, at) for mid in told or [] if key(mid))
    elif not key(part.get("mid")):
        yield unread
    elif kind == "message_edit":
        yield Edited(key(part["mid"]), Sender(person), words(part.get("text")), at)
    elif part.get("is_deleted") is True:
        yield Withdrawn(key(part["mid"]), at)
    elif kind != "reaction" or part.get("action") != "unreact":
        yield _said(kind, item, person, page) or unread


def _said(kind: str, item: Record, person: str, page: Page) -> InboundMessage | None:
    part = record(item.get(kind))
    mid, answered = key(part.get("mid")), record(part.get("reply_to"))
    text = words(part.get("text")) or words(part.get("title"))
    if kind == "reaction":
        # The id is that of the message reacted to, so the reaction needs one of its own.
        text, answered = words(part.get("emoji"), 40), {"mid": mid}
        mid = f"{mid}:reaction:{key(item.get('timestamp'))}"
    attachments = tuple(_attachments(part))
    if answered.get("story"):
        attachments += (Attachment(AttachmentKind.STORY),)
    place = _place(part)
    if part.get("is_unsupported") is True or not (text or attachments or place):
        return None
    return InboundMessage(
        external_id=mid,
        sender=Sender(person),
        thread=person,
        sent_at=moment(item.get("timestamp"), per_second=1000) or clock.now(),
        text=text,
        place=place,
        attachments=attachments,
        reply_to=key(answered.get("mid")) or None,
        is_echo=part.get("is_echo") is True or person == page.own_id,
    )


def _attachments(message: Record) -> Iterator[Attachment]:
    for one in records(message.get("attachments"))[:20]:
        kind, payload = type_name(one.get("type")), record(one.get("payload"))
        url = words(payload.get("url"), 4000)
        if kind in STORIES:
            # Meta's rule: a story is never kept. Not even its address.
            yield Attachment(AttachmentKind.STORY)
        elif kind in FILES and url:
            yield Attachment(AttachmentKind.STICKER if payload.get("sticker_id") else FILES[kind], url)


def _place(message: Record) -> SharedPlace | None:
    for one in records(message.get("attachments")):
        where = record(record(one.get("payload")).get("coordinates"))
        if one.get("type") == "location" and where:
            return position(where.get("long"), where.get("lat"))
    return None


# ---------------------------------------------------------------------- in public
def _read_change(change: Record, page: Page) -> Inbound:
    field, value = type_name(change.get("field")), record(change.get("value"))
    by = record(value.get("from"))
    person = key(by.get("id")) or key(value.get("sender_id"))
    comment = key(value.get("comment_id")) or key(value.get("id")) or key(value.get("post_id"))
    at = moment(value.get("created_time")) or clock.now()
    name = (
        words(by.get("name"), 200) or words(by.get("username"), 200) or words(value.get("sender_name"), 200)
    )
    sender = Sender(person, name=name)
    text = words(value.get("message")) or words(value.get("text"))
    unread = Unread(f"{page.object} {field}", comment, sender if person else None, f"{COMMENT}{comment}", at)
    if not person or not comment or not _is_comment(field, value):
        return unread
    if value.get("verb") == "remove":
        return Withdrawn(comment, at)
    if not text:
        return unread
    if value.get("verb") in ("edit", "edited"):
        return Edited(comment, sender, text, at)
    return InboundMessage(
        external_id=comment,
        sender=sender,
        thread=f"{COMMENT}{comment}",
        sent_at=at,
        text=text,
        reply_to=key(value.get("parent_id")) or None,
        is_echo=person == page.own_id,
        is_public=True,
    )


def _is_comment(field: str, value: Record) -> bool:
    if field == "feed":
        return value.get("item") == "comment"
    return field in ("comments", "live_comments", "mention", "mentions")
