"""Reading mentions from Mastodon's API: each event is one notification as the server gave it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from fieldops import clock
from fieldops.channels.html_words import words_of_html
from fieldops.channels.inbound import Attachment, AttachmentKind, Inbound, InboundMessage, Sender, Unread
from fieldops.channels.loose_json import Record, key, load, record, records, type_name, words

KINDS: Final = {
    "image": AttachmentKind.PHOTO,
    "video": AttachmentKind.VIDEO,
    "gifv": AttachmentKind.VIDEO,
    "audio": AttachmentKind.VOICE,
}
OPEN_TO_ALL: Final = frozenset({"public", "unlisted"})
"""Whatever else a mention is, it is private: some servers say `private` for what was sent as `direct`."""

_ADDRESSED: Final = re.compile(r"(?:\s*@[\w.-]{1,100}(?:@[\w.-]{1,253})?)+\s*", re.ASCII)


def status_id(raw: bytes) -> str:
    """Return the id of the post a notification is about; raises ValueError where this is none."""
    notification = load(raw)
    found = key(record(notification.get("status")).get("id")) or key(notification.get("id"))
    if not found or not isinstance(notification.get("type"), str):
        raise ValueError("not a notification")
    return found


def read(raw: bytes) -> list[Inbound]:
    """Return what a notification says."""
    own_id = status_id(raw)
    notification = load(raw)
    kind, status = type_name(notification.get("type")), record(notification.get("status"))
    account = record(status.get("account")) or record(notification.get("account"))
    sender, thread = _sender(account, status), key(account.get("acct"))
    at = _moment(status.get("created_at")) or _moment(notification.get("created_at")) or clock.now()
    text, attachments = _text(status), tuple(_attachments(status))
    if kind != "mention" or not sender.user_id or not thread or not (text or attachments):
        return [Unread(f"mastodon {kind}", own_id, sender if sender.user_id else None, thread, at)]
    return [
        InboundMessage(
            external_id=own_id,
            sender=sender,
            thread=thread,
            sent_at=at,
            text=text,
            attachments=attachments,
            reply_to=key(status.get("in_reply_to_id")) or None,
            is_automatic=account.get("bot") is True,
            is_public=type_name(status.get("visibility")) in OPEN_TO_ALL,
        )
    ]


def _sender(account: Record, status: Record) -> Sender:
    own_id, acct = key(account.get("id")), key(account.get("acct"))
    name = words(account.get("display_name"), 200) or words(account.get("username"), 200)
    return Sender(own_id, (acct,) if acct else (), name, None, words(status.get("language"), 20) or None)


def _moment(value: object) -> datetime | None:
    try:
        read_at = datetime.fromisoformat(words(value, 40))
        return (read_at if read_at.tzinfo else read_at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _text(status: Record) -> str:
    """Return the words without the addresses in front, under the warning they were hidden behind."""
    said = words_of_html(words(status.get("content"), 200_000))
    addressed = _ADDRESSED.match(said)
    said = said[addressed.end() :] if addressed else said
    warning = words(status.get("spoiler_text"), 500).strip()
    return f"{warning}\n{said}".strip() if warning else said


def _attachments(status: Record) -> Iterator[Attachment]:
    for one in records(status.get("media_attachments"))[:20]:
        url = words(one.get("url"), 2000)
        if url:
            yield Attachment(KINDS.get(type_name(one.get("type")), AttachmentKind.DOCUMENT), url)
