"""Reading WhatsApp's webhook: messages, their later fates, and news of what we sent.

Shapes: Meta's documents of the Cloud API webhooks, 2026, with business-scoped user ids: `wa_id` and `from`
may be absent, `user_id` and `from_user_id` are always there since April 2026.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from fieldops import clock
from fieldops.channels.file_kinds import kind_of
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
    TemplatesChanged,
    Unread,
    Withdrawn,
)
from fieldops.channels.loose_json import Record, key, load, moment, record, records, type_name, words
from fieldops.channels.positions import position

OBJECT: Final = "whatsapp_business_account"
MEDIA: Final = {
    "image": AttachmentKind.PHOTO,
    "audio": AttachmentKind.VOICE,
    "video": AttachmentKind.VIDEO,
    "sticker": AttachmentKind.STICKER,
    "document": AttachmentKind.DOCUMENT,
}
TEMPLATE_FIELDS: Final = (
    "message_template_status_update",
    "message_template_components_update",
    "message_template_quality_update",
    "template_category_update",
)
RECEIPTS: Final = {
    "sent": ReceiptState.SENT,
    "delivered": ReceiptState.DELIVERED,
    "read": ReceiptState.READ,
    "played": ReceiptState.READ,
    "failed": ReceiptState.FAILED,
}


def changes(raw: bytes) -> list[Record]:
    """Return the changes of an event; raises ValueError where it is none of WhatsApp."""
    event = load(raw)
    if event.get("object") != OBJECT or not isinstance(event.get("entry"), list):
        raise ValueError("not a WhatsApp event")
    return [change for entry in records(event["entry"]) for change in records(entry.get("changes"))]


def ids(raw: bytes) -> list[str]:
    """Return the ids of an event's messages and states."""
    found: list[str] = []
    for value in (record(change.get("value")) for change in changes(raw)):
        found += [
            key(one.get("id")) for name in ("messages", "message_echoes") for one in records(value.get(name))
        ]
        found += [
            f"{key(one.get('id'))}:{type_name(one.get('status'))}" for one in records(value.get("statuses"))
        ]
    return found


def read(raw: bytes, phone_number_id: str) -> list[Inbound]:
    """Return what an event says to one of our numbers."""
    return [one for change in changes(raw) for one in _read_change(change, phone_number_id)]


def _read_change(change: Record, phone_number_id: str) -> Iterator[Inbound]:
    field, value = change.get("field"), record(change.get("value"))
    if field in TEMPLATE_FIELDS:
        yield TemplatesChanged()
        return
    if field not in ("messages", "smb_message_echoes"):
        yield Unread(f"whatsapp field {type_name(field)}")
        return
    if key(record(value.get("metadata")).get("phone_number_id")) != phone_number_id:
        yield Unread("whatsapp other number")
        return
    for message in records(value.get("messages")):
        yield from _read_message(message, _sender(message, records(value.get("contacts"))))
    for echo in records(value.get("message_echoes")):
        yield from _read_message(echo, _addressee(echo), is_echo=True)
    for status in records(value.get("statuses")):
        yield _read_status(status)
    for error in records(value.get("errors")):
        yield Unread(f"whatsapp error {type_name(key(error.get('code')))}")


def _sender(message: Record, contacts: list[Record]) -> Sender:
    number, scoped = key(message.get("from")), key(message.get("from_user_id"))
    same = [
        one
        for one in contacts
        if (number and key(one.get("wa_id")) == number) or (scoped and key(one.get("user_id")) == scoped)
    ]
    contact = same[0] if same else contacts[0] if len(contacts) == 1 else {}
    number = number or key(contact.get("wa_id"))
    scoped = scoped or key(contact.get("user_id"))
    profile = record(contact.get("profile"))
    return _person(scoped, number, words(profile.get("name"), 200) or words(profile.get("username"), 200))


def _addressee(echo: Record) -> Sender:
    return _person(key(echo.get("to_user_id")), key(echo.get("to")), "")


def _person(scoped: str, number: str, name: str) -> Sender:
    ids_of = tuple(one for one in (scoped, number) if one)
    phone = f"+{number}" if number.isascii() and number.isdecimal() and len(number) <= 15 else None
    return Sender(ids_of[0] if ids_of else "", ids_of[1:], name, phone)


def _read_message(message: Record, sender: Sender, *, is_echo: bool = False) -> Iterator[Inbound]:
    kind, own_id = type_name(message.get("type")), key(message.get("id"))
    at = moment(message.get("timestamp")) or clock.now()
    unread = Unread(f"whatsapp {kind}", own_id, sender, sender.user_id, at)
    if not own_id or not sender.user_id or message.get("group_id"):
        yield unread
    elif kind == "edit":
        yield _edited(record(message.get("edit")), sender, at) or unread
    elif kind == "revoke":
        original = key(record(message.get("revoke")).get("original_message_id"))
        yield Withdrawn(original, at) if original else unread
    else:
        yield _said(kind, message, sender, at, is_echo) or unread


def _edited(edit: Record, sender: Sender, at: datetime) -> Edited | None:
    content = record(edit.get("message"))
    original, kind = key(edit.get("original_message_id")), type_name(content.get("type"))
    said = record(content.get(kind))
    if not original or kind not in ("text", *MEDIA):
        return None
    return Edited(original, sender, words(said.get("body")) or words(said.get("caption")), at)


def _said(kind: str, message: Record, sender: Sender, at: datetime, is_echo: bool) -> InboundMessage | None:
    content = record(message.get(kind))
    text, place = "", None
    attachments: tuple[Attachment, ...] = ()
    if kind in MEDIA:
        attachments = _attachments(kind, content)
        text = words(content.get("caption"))
    elif kind == "location":
        place = _place(content)
    else:
        text = _words_of(kind, content)
    if not (text or place or attachments):
        return None
    return InboundMessage(
        external_id=key(message.get("id")),
        sender=sender,
        thread=sender.user_id,
        sent_at=at,
        text=text,
        place=place,
        attachments=attachments,
        reply_to=key(record(message.get("context")).get("id")) or _reacted_to(kind, content),
        is_echo=is_echo,
    )


def _attachments(kind: str, content: Record) -> tuple[Attachment, ...]:
    reference = key(content.get("id"))
    if not reference:
        return ()
    mime_type = words(content.get("mime_type"), 100).partition(";")[0].strip()
    # A photo may come "as a document", to keep its size and position.
    kept_as = kind_of(mime_type) if kind == "document" else MEDIA[kind]
    return (Attachment(kept_as, reference, mime_type, words(content.get("filename"), 200)),)


def _place(content: Record) -> SharedPlace | None:
    name = ", ".join(filter(None, (words(content.get("name"), 200), words(content.get("address"), 300))))
    return position(content.get("longitude"), content.get("latitude"), name=name)


def _words_of(kind: str, content: Record) -> str:
    """Return the words of a text, of a pressed button or list row, or the emoji of a reaction."""
    if kind == "text":
        return words(content.get("body"))
    if kind == "button":
        return words(content.get("text"))
    if kind == "interactive":
        chosen = type_name(content.get("type"))
        return words(record(content.get(chosen)).get("title"))
    return words(content.get("emoji"), 40) if kind == "reaction" else ""


def _reacted_to(kind: str, content: Record) -> str | None:
    return (key(content.get("message_id")) or None) if kind == "reaction" else None


def _read_status(status: Record) -> Inbound:
    own_id, state = key(status.get("id")), RECEIPTS.get(type_name(status.get("status")))
    at = moment(status.get("timestamp")) or clock.now()
    if state is None or not own_id:
        return Unread(f"whatsapp status {type_name(status.get('status'))}", own_id, at=at)
    reasons = [
        f"code {key(one.get('code'))}" for one in records(status.get("errors")) if key(one.get("code"))
    ]
    return Receipt(own_id, state, at, reasons[0][:60] if reasons else "")
