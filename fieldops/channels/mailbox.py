"""E-mail: one mailbox read by IMAP, answered by SMTP."""

import imaplib
import smtplib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from email.message import EmailMessage
from typing import ClassVar, Final
from urllib.parse import SplitResult, urlsplit

from imap_tools import (
    AND,
    BaseMailBox,
    ImapToolsError,
    MailBox,
    MailboxLoginError,
    MailBoxStartTls,
    MailBoxUnencrypted,
)

from fieldops import clock
from fieldops.channels import letters
from fieldops.channels.contract import (
    AccessExpired,
    BadSignature,
    Health,
    Media,
    MediaGone,
    Outbound,
    Permanent,
    Polled,
    Retryable,
    Setup,
    SetupField,
    Traits,
)
from fieldops.channels.doorman import is_loopback
from fieldops.channels.event_ids import event_id
from fieldops.channels.inbound import Attachment, Inbound, RawEvent
from fieldops.channels.smtp_server import RefusedForGood, SmtpServer, tls_for
from fieldops.channels.trial import tried
from fieldops.channels.vendor_calls import MOST_BYTES
from fieldops.errors import SetupError

TIMEOUT_S: Final = 20.0
AT_ONCE: Final = 50
"""Letters fetched in one poll."""

LOOK_BACK: Final = timedelta(days=7)
"""How far to read again where a server numbered its letters anew; what came before is told by its id."""


class MailboxChannel:
    """One mailbox."""

    traits: ClassVar[Traits] = Traits(
        name="email",
        label="E-mail",
        fields=(
            SetupField("address"),
            SetupField("imap_url"),
            SetupField("smtp_url"),
            SetupField("username"),
            SetupField("password", secret=True),
            SetupField("folder", required=False),
            SetupField("authority", required=False),
        ),
        per_second=1.0,
        most_characters=20_000,
        polled=True,
        repeats_safely=True,
        tested_live=True,
    )

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._address = setup.options.get("address", "").strip()

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """Return nothing: letters are fetched."""
        del query
        return None

    def verify(self, headers: Mapping[str, str], raw: bytes) -> None:
        """Refuse: letters are fetched, nobody posts them."""
        del headers, raw
        raise BadSignature("letters are fetched", missing=True)

    def event_id(self, headers: Mapping[str, str], raw: bytes) -> str:
        """Return the letter's Message-ID, which is the same wherever a copy of it is found."""
        del headers
        try:
            return event_id((letters.message_id(raw),), raw)
        except ValueError:
            return event_id((), raw)

    def parse(self, raw: bytes) -> list[Inbound]:
        """Return a letter, or the news that one of ours failed."""
        return letters.read(raw, self._address, self._setup.options.get("authority", ""))

    def poll(self, cursor: str) -> Polled:
        """Fetch letters above the last number read; the mailbox stays as it is, read marks too."""
        with self._open() as box:
            status = box.folder.status(self._folder, ["UIDVALIDITY", "UIDNEXT"])
            validity, following = status["UIDVALIDITY"], status["UIDNEXT"]
            if not cursor:
                return Polled((), f"{validity}:{following - 1}")
            known, _, last = cursor.partition(":")
            if known == str(validity):
                # `n:*` names the last letter even where its number is lower.
                uids = [uid for uid in _numbers(box, f"UID {int(last) + 1}:*") if uid > int(last)]
            else:
                last = str(following - 1)
                uids = _numbers(box, str(AND(date_gte=(clock.now() - LOOK_BACK).date())))
            uids = sorted(uids)[:AT_ONCE]
            events = tuple(self._event(box, uid) for uid in uids)
        return Polled(events, f"{validity}:{uids[-1] if uids else last}")

    def send(self, message: Outbound) -> str:
        """Send a letter in the thread it answers; returns its Message-ID.

        A repeat is the same letter by its id, which is why trying again is right.
        """
        letter = self._letter(message)
        try:
            self._server().send(letter)
        except RefusedForGood as refusal:
            raise Permanent(str(refusal)) from None
        except smtplib.SMTPAuthenticationError as refusal:
            raise AccessExpired(f"code {refusal.smtp_code}") from None
        except smtplib.SMTPResponseException as refusal:
            raise Retryable(f"code {refusal.smtp_code}") from None
        except (smtplib.SMTPException, OSError) as failure:
            raise Retryable(f"not taken: {type(failure).__name__}") from None
        return f"{message.key}@{self._domain}"

    def fetch_media(self, attachment: Attachment) -> Media:
        """Return what came with the letter."""
        if attachment.data is None:
            raise MediaGone("it came with its letter")
        return Media(attachment.data, attachment.mime_type)

    def check(self) -> Health:
        """Open the mailbox, and sign in to the server that sends."""
        return tried(self._look)

    # ------------------------------------------------------------------ IMAP
    @property
    def _domain(self) -> str:
        return self._address.rpartition("@")[2]

    @property
    def _sign_in(self) -> tuple[str, str]:
        return self._setup.options.get("username", ""), self._setup.secrets.get("password", "")

    @property
    def _folder(self) -> str:
        return self._setup.options.get("folder") or "INBOX"

    @contextmanager
    def _open(self) -> Iterator[BaseMailBox]:
        parts = urlsplit(self._setup.options.get("imap_url", ""))
        host = parts.hostname or ""
        self._setup.doorman.require(host)
        try:
            box = _connect(parts, host)
            with _closing(box):
                box.login(*self._sign_in, self._folder)
                yield box
        except MailboxLoginError:
            raise AccessExpired("the sign-in was refused") from None
        except imaplib.IMAP4.error as failure:
            raise Retryable(f"IMAP: {type(failure).__name__}") from None
        except ImapToolsError as failure:
            raise Permanent(f"IMAP: {type(failure).__name__}") from None
        except OSError as failure:
            raise Retryable(f"no answer: {type(failure).__name__}") from None

    def _event(self, box: BaseMailBox, uid: int) -> RawEvent:
        size, header = _fetch(box, uid, "(RFC822.SIZE BODY.PEEK[HEADER])")
        if size > MOST_BYTES:
            raw = f"{letters.CUT_HEADER}: {size}\r\n".encode() + header
        else:
            _size, raw = _fetch(box, uid, "(BODY.PEEK[])")
        return RawEvent(self.event_id({}, raw), raw)

    # ------------------------------------------------------------------ SMTP
    def _server(self) -> SmtpServer:
        try:
            return SmtpServer(self._setup.options.get("smtp_url", ""), self._setup.doorman, self._sign_in)
        except SetupError:
            raise Permanent("the address must begin with smtps:// or smtp://") from None

    def _letter(self, message: Outbound) -> EmailMessage:
        mailbox = self._address.rpartition("@")[0]
        letter = EmailMessage()
        try:
            letter["From"], letter["To"] = self._address, message.thread or message.user_id
            letter["Subject"] = " ".join(message.subject.split()) or "Aduan"
            letter["Message-ID"] = f"<{message.key}@{self._domain}>"
            if message.reply_to:
                letter["In-Reply-To"] = letter["References"] = f"<{message.reply_to}>"
            if message.token:
                letter["Reply-To"] = f"{mailbox}+{message.token}@{self._domain}"
        except (ValueError, IndexError):
            raise Permanent("not an address that letters can go to") from None
        letter["Date"] = clock.now()
        letter[letters.LOOP_HEADER] = self._address
        if message.is_automatic:
            letter["Auto-Submitted"] = "auto-replied"
        letter.set_content(message.text)
        return letter

    def _look(self) -> dict[str, str]:
        with self._open() as box:
            count = box.folder.status(self._folder, ["MESSAGES"])["MESSAGES"]
        try:
            with self._server().connect() as server:
                server.noop()
        except smtplib.SMTPAuthenticationError as refusal:
            raise AccessExpired(f"code {refusal.smtp_code}") from None
        except (smtplib.SMTPException, OSError) as failure:
            raise Retryable(f"SMTP: {type(failure).__name__}") from None
        return {"letters": str(count)}


@contextmanager
def _closing(box: BaseMailBox) -> Iterator[None]:
    """Leave politely where that is still possible, and close the socket in any case."""
    try:
        yield
    finally:
        with suppress(ImapToolsError, imaplib.IMAP4.error, OSError):
            box.logout()
        with suppress(OSError):
            box.client.shutdown()


def _connect(parts: SplitResult, host: str) -> BaseMailBox:
    """Return a connection that is private, or does not leave this machine."""
    if parts.scheme == "imaps":
        return MailBox(host, parts.port or 993, timeout=TIMEOUT_S, ssl_context=tls_for(host))
    if parts.scheme != "imap":
        raise Permanent("the address must begin with imaps:// or imap://")
    if is_loopback(host):
        return MailBoxUnencrypted(host, parts.port or 143, timeout=TIMEOUT_S)
    return MailBoxStartTls(host, parts.port or 143, timeout=TIMEOUT_S, ssl_context=tls_for(host))


def _numbers(box: BaseMailBox, criteria: str) -> list[int]:
    return [int(uid) for uid in box.uids(criteria)]


def _fetch(box: BaseMailBox, uid: int, what: str) -> tuple[int, bytes]:
    """Return a letter's size and the bytes asked for."""
    code, parts = box.client.uid("FETCH", str(uid), what)
    for part in parts:
        if isinstance(part, tuple):
            told = bytes(part[0]).upper().partition(b"RFC822.SIZE ")[2].split()
            return int(told[0]) if told else len(part[1]), bytes(part[1])
    raise Retryable(f"the letter was not given: {code}")
