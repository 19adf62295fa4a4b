"""Reading what a Matrix homeserver hands to an application service (Client-Server and Application Service
API 1.16).
"""

import re
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
    Invited,
    Sender,
    SharedPlace,
    Unread,
    Withdrawn,
)
from fieldops.channels.loose_json import Record, key, load, moment, record, records, type_name, words
from fieldops.channels.positions import position

FILES: Final = {
    "m.image": AttachmentKind.PHOTO,
    "m.audio": AttachmentKind.VOICE,
    "m.video": AttachmentKind.VIDEO,
    "m.file": AttachmentKind.DOCUMENT,
}
WORDS: Final = frozenset({"m.text", "m.notice", "m.emote"})
PLACES: Final = ("m.location", "org.matrix.msc3488.location")

# RFC 5870: latitude, longitude, maybe altitude; `u` is the uncertainty in metres.
_GEO: Final = re.compile(r"geo:(-?[0-9.]{1,20}),(-?[0-9.]{1,20})(?:,-?[0-9.]{1,20})?(;.{0,200})?")
_UNCERTAINTY: Final = re.compile(r";u=([0-9.]{1,20})")


def events(raw: bytes) -> list[Record]:
    """Return the events of a transaction; raises ValueError where it is none."""
    transaction = load(raw)
    if not isinstance(transaction.get("events"), list):
        raise ValueError("not a Matrix transaction")  # noqa: TRY004  the bytes are wrong, not the caller's type
    return records(transaction["events"])


def ids(raw: bytes) -> list[str]:
    """Return the ids of a transaction's events."""
    return [key(event.get("event_id")) for event in events(raw)]


def read(raw: bytes, ghost: str) -> list[Inbound]:
    """Return what a transaction says to our user."""
    return [one for event in events(raw) for one in _read(event, ghost)]


def _read(event: Record, ghost: str) -> Iterator[Inbound]:
    own_id, room, kind = key(event.get("event_id")), key(event.get("room_id")), type_name(event.get("type"))
    sender, content = _sender(event), record(event.get("content"))
    at = moment(event.get("origin_server_ts"), per_second=1000) or clock.now()
    unread = Unread(f"matrix {kind}", own_id, sender, room, at)
    if not own_id or not room or not sender.user_id:
        yield unread
    elif "state_key" in event:
        # Names, rights and comings of a room say nothing to us, but for being asked in.
        if kind == "m.room.member" and event["state_key"] == ghost and content.get("membership") == "invite":
            yield Invited(own_id, sender, room, at)
    elif kind == "m.room.redaction":
        withdrawn = key(event.get("redacts")) or key(content.get("redacts"))
        yield Withdrawn(withdrawn, at) if withdrawn else unread
    else:
        yield _said(kind, event, ghost) or unread


def _sender(event: Record) -> Sender:
    user_id = key(event.get("sender"))
    if not user_id.startswith("@") or ":" not in user_id:
        return Sender("")
    return Sender(user_id, name=user_id[1:].partition(":")[0][:200])


def _said(kind: str, event: Record, ghost: str) -> Inbound | None:
    content = record(event.get("content"))
    relation = record(content.get("m.relates_to"))
    at = moment(event.get("origin_server_ts"), per_second=1000) or clock.now()
    sender, related = _sender(event), key(relation.get("event_id"))
    if kind == "m.room.message" and relation.get("rel_type") == "m.replace":
        text = words(record(content.get("m.new_content")).get("body"))
        return Edited(related, sender, text, at) if related else None
    text, place, attachments = _content(kind, content, relation)
    if not (text or place or attachments):
        return None
    return InboundMessage(
        external_id=key(event["event_id"]),
        sender=sender,
        thread=key(event["room_id"]),
        sent_at=at,
        text=text,
        place=place,
        attachments=attachments,
        reply_to=key(record(relation.get("m.in_reply_to")).get("event_id")) or related or None,
        is_echo=sender.user_id == ghost,
        is_automatic=content.get("msgtype") == "m.notice",
    )


def _content(
    kind: str, content: Record, relation: Record
) -> tuple[str, SharedPlace | None, tuple[Attachment, ...]]:
    msgtype = type_name(content.get("msgtype"))
    if kind == "m.reaction":
        return words(relation.get("key"), 40), None, ()
    if kind == "m.sticker":
        return "", None, _file(AttachmentKind.STICKER, content)
    if kind != "m.room.message":
        return "", None, ()
    if msgtype in WORDS:
        return _without_fallback(words(content.get("body")), relation), None, ()
    if msgtype == "m.location":
        return "", _place(content), ()
    if msgtype in FILES:
        # Without a file name beside it, the body is the file's name and not somebody's words.
        name, body = words(content.get("filename"), 200), words(content.get("body"))
        caption = body if name and name != body else ""
        return caption, None, _file(FILES[msgtype], content)
    return "", None, ()


def _file(kind: AttachmentKind, content: Record) -> tuple[Attachment, ...]:
    reference = key(content.get("url"))
    if not reference.startswith("mxc://"):
        return ()  # an encrypted file: nobody can read it here
    mime_type = words(record(content.get("info")).get("mimetype"), 100).lower()
    kept_as = kind_of(mime_type) if kind is AttachmentKind.DOCUMENT else kind
    name = words(content.get("filename"), 200) or words(content.get("body"), 200)
    return (Attachment(kept_as, reference, mime_type, name),)


def _place(content: Record) -> SharedPlace | None:
    uris = [content.get("geo_uri"), *(record(content.get(name)).get("uri") for name in PLACES)]
    for uri in uris:
        found = _GEO.fullmatch(uri) if isinstance(uri, str) else None
        if found:
            around = _UNCERTAINTY.search(found.group(3) or "")
            return position(found.group(2), found.group(1), around.group(1) if around else None)
    return None


def _without_fallback(body: str, relation: Record) -> str:
    """Leave out the quoted lines that older clients put before an answer."""
    if not record(relation.get("m.in_reply_to")) or not body.startswith("> "):
        return body
    lines = body.split("\n")
    while lines and lines[0].startswith("> "):
        lines.pop(0)
    return "\n".join(lines).strip() or body
