"""Reading Telegram's updates (Bot API 9)."""

from collections.abc import Iterator
from typing import Final

from fieldops import clock
from fieldops.channels.file_kinds import kind_of
from fieldops.channels.inbound import (
    Attachment,
    AttachmentKind,
    Edited,
    Inbound,
    InboundMessage,
    Sender,
    SharedPlace,
    Unread,
)
from fieldops.channels.loose_json import Record, key, load, moment, number, record, records, type_name, words
from fieldops.channels.positions import position

FILES: Final = {
    "voice": AttachmentKind.VOICE,
    "audio": AttachmentKind.VOICE,
    "video": AttachmentKind.VIDEO,
    "video_note": AttachmentKind.VIDEO,
    "animation": AttachmentKind.VIDEO,
    "sticker": AttachmentKind.STICKER,
}
UNNAMED: Final = {"update_id", "message_id", "date", "chat", "from"}


def update_id(raw: bytes) -> str:
    """Return the update's own number; raises ValueError where there is none."""
    update = load(raw)
    found = update.get("update_id")
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < 10**18:
        raise ValueError("not a Telegram update")
    return str(found)


def read(raw: bytes, bot_id: str) -> list[Inbound]:
    """Return what an update says to our bot."""
    update_id(raw)
    return list(_read(load(raw), bot_id))


def _read(update: Record, bot_id: str) -> Iterator[Inbound]:
    if isinstance(update.get("message"), dict):
        yield _message(update["message"], bot_id)
    elif isinstance(update.get("edited_message"), dict):
        # A shared live location "edits" its message every few seconds: the first place was the answer.
        if not update["edited_message"].get("location"):
            yield _edited(update["edited_message"])
    else:
        yield Unread(f"telegram {_kinds(update)}")


def _kinds(things: Record) -> str:
    return " ".join(sorted(type_name(name) for name in things if name not in UNNAMED)[:3]) or "?"


def _sender(message: Record) -> Sender:
    person = record(message.get("from"))
    own_id = key(person.get("id"))
    name = " ".join(filter(None, (words(person.get(part), 100) for part in ("first_name", "last_name"))))
    return Sender(
        own_id, (), name or words(person.get("username"), 100), _phone(message, own_id), _language(person)
    )


def _language(person: Record) -> str | None:
    return words(person.get("language_code"), 20) or None


def _phone(message: Record, own_id: str) -> str | None:
    """Return the number where somebody shared their own contact, and not another person's."""
    contact = record(message.get("contact"))
    digits = key(contact.get("phone_number")).removeprefix("+")
    is_own = bool(own_id) and key(contact.get("user_id")) == own_id
    return f"+{digits}" if is_own and digits.isascii() and digits.isdecimal() and len(digits) <= 15 else None


def message_id(message: Record) -> str:
    """Return a message's name: its number counts within its chat only."""
    chat, own = key(record(message.get("chat")).get("id")), key(message.get("message_id"))
    return f"{chat}:{own}" if chat and own else ""


def _message(message: Record, bot_id: str) -> Inbound:
    own_id, sender = message_id(message), _sender(message)
    chat = record(message.get("chat"))
    thread, at = key(chat.get("id")), moment(message.get("date")) or clock.now()
    text = words(message.get("text")) or words(message.get("caption"))
    place, attachments = _place(message), tuple(_attachments(message))
    if not own_id or not sender.user_id or chat.get("type") != "private":
        return Unread(f"telegram {type_name(chat.get('type'))} message", at=at)
    if not (text or place or attachments):
        return Unread(f"telegram {_kinds(message)}", own_id, sender, thread, at)
    answered = record(message.get("reply_to_message"))
    return InboundMessage(
        external_id=own_id,
        sender=sender,
        thread=thread,
        sent_at=at,
        text=text,
        place=place,
        attachments=attachments,
        reply_to=message_id({"chat": chat, "message_id": answered.get("message_id")}) or None,
        album=key(message.get("media_group_id")) or None,
        is_echo=bool(bot_id) and sender.user_id == bot_id,
    )


def _edited(message: Record) -> Inbound:
    own_id, sender = message_id(message), _sender(message)
    at = moment(message.get("edit_date")) or clock.now()
    text = words(message.get("text")) or words(message.get("caption"))
    if not own_id or not sender.user_id or record(message.get("chat")).get("type") != "private":
        return Unread("telegram edited message", at=at)
    return Edited(own_id, sender, text, at)


def _place(message: Record) -> SharedPlace | None:
    venue = record(message.get("venue"))
    where = record(message.get("location")) or record(venue.get("location"))
    name = ", ".join(filter(None, (words(venue.get(part), 200) for part in ("title", "address"))))
    return position(where.get("longitude"), where.get("latitude"), where.get("horizontal_accuracy"), name)


def _attachments(message: Record) -> Iterator[Attachment]:
    sizes = [one for one in records(message.get("photo")) if key(one.get("file_id"))]
    if sizes:
        yield Attachment(AttachmentKind.PHOTO, key(max(sizes, key=_pixels)["file_id"]), "image/jpeg")
    # An animation comes with a document of the same file.
    document = record(message.get("document"))
    if key(document.get("file_id")) and not message.get("animation"):
        yield _file(document, kind_of(words(document.get("mime_type"), 100)))
    for name, kind in FILES.items():
        file = record(message.get(name))
        if key(file.get("file_id")):
            yield _file(file, kind)


def _file(file: Record, kind: AttachmentKind) -> Attachment:
    return Attachment(
        kind, key(file["file_id"]), words(file.get("mime_type"), 100), words(file.get("file_name"), 200)
    )


def _pixels(size: Record) -> float:
    return (number(size.get("width")) or 0) * (number(size.get("height")) or 0)
