"""Reading X's account activity: direct messages and mentions, in the old shape and in the new envelope.

New private chats (`chat.received`) arrive encrypted and can be read by nobody here. The envelope's names for
direct messages and mentions are not verified: whatever else it names is left for a person.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from fieldops import clock
from fieldops.channels.inbound import Attachment, AttachmentKind, Inbound, InboundMessage, Sender, Unread
from fieldops.channels.loose_json import Record, key, load, moment, record, records, type_name, words
from fieldops.channels.positions import position

POST = "post:"
"""How the thread of a public post begins."""

IGNORED = frozenset({"for_user_id", "users", "apps", "user_has_blocked"})


def load_event(raw: bytes) -> Record:
    """Return an event's own content; raises ValueError where it is none of X."""
    event = load(raw)
    data = record(event.get("data"))
    if "for_user_id" in event or type_name(data.get("event_type")) != "?":
        return event
    raise ValueError("not an event of X")


def ids(raw: bytes) -> list[str]:
    """Return the ids of an event's parts."""
    event = load_event(raw)
    whole = key(record(event.get("data")).get("event_uuid"))
    if whole:
        return [whole]
    return [
        key(one.get("id")) or key(one.get("id_str"))
        for name, value in sorted(event.items())
        if name not in IGNORED
        for one in records(value)
    ]


def read(raw: bytes, own_id: str) -> list[Inbound]:
    """Return what an event says to our account."""
    return list(_read(load_event(raw), own_id))


def _read(event: Record, own_id: str) -> Iterator[Inbound]:
    data = record(event.get("data"))
    if data:
        yield from _read_envelope(data, own_id)
        return
    if key(event.get("for_user_id")) != own_id:
        yield Unread("x other account")
        return
    people = record(event.get("users"))
    for name, value in event.items():
        if name == "direct_message_events":
            yield from (_direct(one, people, own_id) for one in records(value))
        elif name == "tweet_create_events":
            yield from (_post(one, own_id) for one in records(value))
        elif name not in IGNORED:
            yield Unread(f"x {type_name(name)}")


def _read_envelope(data: Record, own_id: str) -> Iterator[Inbound]:
    kind, payload = type_name(data.get("event_type")), record(data.get("payload"))
    if kind == "dm.received":
        yield from (
            _direct(one, record(payload.get("users")), own_id) for one in _parts(payload, "direct_message")
        )
    elif kind == "post.mention.create":
        yield from (_post(one, own_id) for one in _parts(payload, "tweet"))
    else:
        yield Unread(f"x {kind}", key(data.get("event_uuid")))


def _parts(payload: Record, name: str) -> list[Record]:
    """The documents show a part under its own name, in a list of events, or as the payload itself."""
    own = payload.get(name)
    if isinstance(own, dict):
        return [own]
    listed = records(payload.get(f"{name}_events"))
    return listed or [payload]


def _direct(event: Record, people: Record, own_id: str) -> Inbound:
    created = record(event.get("message_create"))
    message = record(created.get("message_data"))
    writer, reader = key(created.get("sender_id")), key(record(created.get("target")).get("recipient_id"))
    person = reader if writer == own_id else writer
    message_id = key(event.get("id"))
    at = moment(event.get("created_timestamp"), per_second=1000) or clock.now()
    known = record(people.get(person))
    sender = Sender(person, name=words(known.get("name"), 200))
    text, attachments = words(message.get("text")), tuple(_attachments(message))
    if not message_id or not person or not (text or attachments):
        return Unread("x direct message", message_id, sender if person else None, person, at)
    return InboundMessage(
        external_id=message_id,
        sender=sender,
        thread=person,
        sent_at=at,
        text=text,
        attachments=attachments,
        is_echo=writer == own_id,
    )


def _attachments(message: Record) -> Iterator[Attachment]:
    media = record(record(message.get("attachment")).get("media"))
    url = words(media.get("media_url_https"), 2000)
    if url:
        kind = AttachmentKind.PHOTO if media.get("type") == "photo" else AttachmentKind.VIDEO
        yield Attachment(kind, url)


def _post(post: Record, own_id: str) -> Inbound:
    writer = record(post.get("user"))
    person, post_id = key(writer.get("id_str")) or key(post.get("author_id")), key(post.get("id_str"))
    post_id = post_id or key(post.get("id"))
    text = words(record(post.get("extended_tweet")).get("full_text")) or words(post.get("text"))
    at = _written_at(post.get("created_at"))
    sender = Sender(person, name=words(writer.get("name"), 200))
    if not person or not post_id or not text:
        return Unread("x post", post_id, sender if person else None, f"{POST}{post_id}", at)
    where = record(post.get("coordinates")).get("coordinates")
    lon, lat = where if isinstance(where, list) and len(where) == 2 else (None, None)
    return InboundMessage(
        external_id=post_id,
        sender=sender,
        thread=f"{POST}{post_id}",
        sent_at=at,
        text=text,
        place=position(lon, lat),
        reply_to=key(post.get("in_reply_to_status_id_str")) or None,
        is_echo=person == own_id,
        is_public=True,
    )


def _written_at(value: object) -> datetime:
    """Return when a post was written; old ones say `Mon Nov 30 02:15:00 +0000 2026`, new ones ISO 8601."""
    told = words(value, 60)
    try:
        at = _old_date(told) if told.count(" ") == 5 else datetime.fromisoformat(told)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return clock.now()


def _old_date(told: str) -> datetime:
    weekday, month, day, time, zone, year = told.split(" ")
    return parsedate_to_datetime(f"{weekday} {day} {month} {year} {time} {zone}")
