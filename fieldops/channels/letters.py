"""Reading letters: what is new in one, who wrote it, and what only machines wrote.

Automatic mail: RFC 3834 (Auto-Submitted), RFC 2919 (List-Id), and `Precedence`, which nobody ever wrote down.
Failure notices: RFC 3464.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import Final

from imap_tools import MailMessage

from fieldops import clock
from fieldops.channels.file_kinds import kind_of
from fieldops.channels.html_words import words_of_html
from fieldops.channels.inbound import (
    Attachment,
    Inbound,
    InboundMessage,
    Receipt,
    ReceiptState,
    Sender,
    Unread,
)
from fieldops.channels.loose_json import words
from fieldops.channels.quoted_words import without_quoted

LOOP_HEADER: Final = "X-FieldOps-Loop"
CUT_HEADER: Final = "X-FieldOps-Too-Large"
"""Put before the header of a letter whose body was not fetched."""

MOST_ATTACHMENTS: Final = 20
BULK: Final = frozenset({"bulk", "list", "junk"})
MACHINES: Final = frozenset({"mailer-daemon", "postmaster"})


def message_id(raw: bytes) -> str:
    """Return a letter's own id without its brackets; raises ValueError where this is no letter."""
    letter = _letter(raw)
    return _bare(_header(letter.obj, "Message-ID"))


def read(raw: bytes, address: str, authority: str = "") -> list[Inbound]:
    """Return what a letter to `address` says.

    Parameters
    ----------
    authority
        The name that our own mail server signs its checks of the sender with
        (`Authentication-Results`, RFC 8601). A letter that it found forged is left for a person.
    """
    letter = _letter(raw)
    obj, at = letter.obj, _sent_at(letter.obj)
    own_id = _bare(_header(obj, "Message-ID"))
    if receipt := _failure_notice(obj, at):
        return [receipt]
    sender = _sender(obj)
    if not sender.user_id or not own_id:
        return [Unread("email without sender or id", own_id, at=at)]
    if _header(obj, CUT_HEADER):
        return [Unread("email too large", own_id, sender, sender.user_id, at)]
    if authority and _is_forged(obj, authority):
        return [Unread("email of unproven sender", own_id, at=at)]
    answered = _header(obj, "In-Reply-To").split() or _header(obj, "References").split()
    return [
        InboundMessage(
            external_id=own_id,
            sender=sender,
            thread=sender.user_id,
            sent_at=at,
            text=_text(letter),
            subject=words(letter.subject, 300),
            attachments=tuple(_attachments(letter)),
            reply_to=_bare(answered[-1]) if answered else None,
            token=_token(obj, address),
            is_echo=sender.user_id == address.lower() or _header(obj, LOOP_HEADER).lower() == address.lower(),
            is_automatic=_is_automatic(obj, sender.user_id),
        )
    ]


def _letter(raw: bytes) -> MailMessage:
    letter: MailMessage = MailMessage.from_bytes(raw)
    if not any(letter.obj.get(name) for name in ("From", "Date", "Message-ID", "Received", "Subject")):
        raise ValueError("not a letter")
    return letter


def _header(letter: Message, name: str) -> str:
    return words(str(letter.get(name, "")), 2000).strip()


def _bare(angled: str) -> str:
    return angled.strip().strip("<>").strip()[:500]


def _sent_at(letter: Message) -> datetime:
    try:
        at = parsedate_to_datetime(_header(letter, "Date"))
    except (ValueError, TypeError, OverflowError):
        return clock.now()
    try:
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return clock.now()


def _sender(letter: Message) -> Sender:
    found = MailMessage.from_bytes(b"From: " + _header(letter, "From").encode() + b"\r\n\r\n").from_values
    address = words(found.email, 254).strip().lower() if found else ""
    local, _, domain = address.partition("@")
    if not found or not local or not domain or "@" in domain or any(one.isspace() for one in address):
        return Sender("")
    return Sender(address, name=words(found.name, 200))


def _token(letter: Message, address: str) -> str | None:
    """Return what stands after the + in the address of ours that a letter was sent to."""
    mailbox, _, domain = address.lower().partition("@")
    headers = [_header(letter, name) for name in ("Delivered-To", "X-Original-To", "To", "Cc")]
    for _name, one in getaddresses(headers):
        local, _, where = one.partition("@")
        if where.lower() == domain and local.lower().startswith(f"{mailbox}+"):
            return local[len(mailbox) + 1 :][:100] or None
    return None


def _is_automatic(letter: Message, sender: str) -> bool:
    submitted = _header(letter, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or _header(letter, "Precedence").lower() in BULK
        or str(letter.get("Return-Path", "?")).strip() in ("<>", "")
        or any(name in letter for name in ("List-Id", "X-Autoreply", "X-Autorespond", LOOP_HEADER))
        or sender.partition("@")[0] in MACHINES
    )


def _is_forged(letter: Message, authority: str) -> bool:
    """Only the topmost verdict of our own server counts: whatever is below may have come with the letter."""
    for verdict in letter.get_all("Authentication-Results", []):
        said = words(str(verdict), 2000).lower()
        if said.partition(";")[0].split()[:1] == [authority.lower()]:
            return "dmarc=fail" in said
    return False


def _failure_notice(letter: Message, at: datetime) -> Receipt | None:
    if letter.get_content_type() != "multipart/report":
        return None
    status, action, original = "", "", ""
    for part in letter.walk():
        if part.get_content_type() == "message/delivery-status":
            for group in part.walk():
                status, action = _header(group, "Status") or status, _header(group, "Action") or action
        elif part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            original = _original_id(part) or original
    if action.lower() != "failed" or not original:
        return None
    return Receipt(original, ReceiptState.FAILED, at, f"status {status[:12]}" if status else "")


def _original_id(part: Message) -> str:
    inner = part.get_payload()
    if isinstance(inner, list):
        first = inner[0] if inner else None
        return _bare(_header(first, "Message-ID")) if isinstance(first, Message) else ""
    headers = MailMessage.from_bytes(str(inner).encode("utf-8", "replace")).obj
    return _bare(_header(headers, "Message-ID"))


def _text(letter: MailMessage) -> str:
    plain = words(letter.text)
    if plain.strip():
        return without_quoted(plain)
    # Where all of it is quoted, the quoted words are what there is.
    return without_quoted(
        words(words_of_html(letter.html, without_quotes=True) or words_of_html(letter.html))
    )


def _attachments(letter: MailMessage) -> Iterator[Attachment]:
    for one in letter.attachments[:MOST_ATTACHMENTS]:
        mime_type = words(one.content_type, 100).lower()
        yield Attachment(kind_of(mime_type), "", mime_type, words(one.filename, 200), one.payload)
