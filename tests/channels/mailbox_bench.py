"""The mailbox against Dovecot and OpenSMTPD."""

import smtplib
from base64 import encodebytes
from itertools import count
from time import monotonic
from typing import Any, Final, Self

from imap_tools import MailBoxUnencrypted, MailMessage

from fieldops.channels.contract import Channel, Setup
from fieldops.channels.doorman import Doorman
from fieldops.channels.inbound import Attachment, RawEvent
from fieldops.channels.mailbox import MailboxChannel
from tests.channels.bench import Bench, only_message
from tests.channels.mail_servers import ADDRESS, DOMAIN, PASSWORD, PERSON, MailServers

NUMBERS: Final = count(1)
PATIENCE_S: Final = 20.0


class MailboxBench(Bench):
    adapter = MailboxChannel
    lacks = {  # noqa: RUF012
        "verify": "letters are fetched, nobody posts them",
        "unknown": "whatever is a letter is read as one",
        "slow down": "SMTP says 'not now', never when",
        "expire": "this server sends for anybody; the mailbox has a test of its own",
        "close window": "there is no window",
        "fall silent": "has a test of its own",
        "lose": "files come with the letter",
    }

    def __init__(self, servers: MailServers) -> None:
        self.servers = servers
        self.cursor = ""

    def __enter__(self) -> Self:
        self.cursor = self.channel.poll("").cursor
        return self

    def setup(self) -> Setup:
        options = {
            "address": ADDRESS,
            "imap_url": self.servers.imap_url,
            "smtp_url": self.servers.smtp_url,
            "username": ADDRESS,
        }
        return Setup(options, {"password": PASSWORD}, Doorman())

    # ------------------------------------------------------------------ what the person does
    def write(self, letter: bytes, to: str = ADDRESS, sender: str = PERSON) -> None:
        with smtplib.SMTP("127.0.0.1", self.servers.smtp_port, timeout=10) as server:
            server.sendmail(sender, [to], letter)

    def next_event(self) -> RawEvent:
        (event,) = self.next_events()
        return event

    def next_events(self) -> tuple[RawEvent, ...]:
        """Return letters as they come; the server itself tells when one is there (IDLE)."""
        until = monotonic() + PATIENCE_S
        with MailBoxUnencrypted("127.0.0.1", self.servers.imap_port).login(ADDRESS, PASSWORD) as box:
            while monotonic() < until:
                polled = self.channel.poll(self.cursor)
                if polled.events:
                    self.cursor = polled.cursor
                    return polled.events
                box.idle.wait(timeout=0.5)
        raise AssertionError("the letter never came")

    def arrive(self, text: str) -> RawEvent:
        self.write(letter_of(encodebytes(text.encode("utf-8", "surrogatepass"))))
        return self.next_event()

    def expected(self, text: str) -> dict[str, Any]:
        return {"text": text, "thread": PERSON, "subject": "Aduan jalan", "is_public": False}

    def unknown(self) -> bytes:
        raise NotImplementedError

    # ------------------------------------------------------------------ what reaches the person
    def address(self) -> dict[str, str]:
        return {"thread": PERSON, "user_id": PERSON, "key": f"k-{next(NUMBERS)}"}

    def last_letter(self) -> MailMessage:
        """Return what lies last in the person's own mailbox."""
        until = monotonic() + PATIENCE_S
        with MailBoxUnencrypted("127.0.0.1", self.servers.imap_port).login(PERSON, PASSWORD) as box:
            while monotonic() < until:
                letters = list(box.fetch(mark_seen=False))
                if letters:
                    box.delete([letters[-1].uid])
                    return letters[-1]
                box.idle.wait(timeout=0.5)
        raise AssertionError("the letter never came")

    def arrived_out(self) -> str:
        return self.last_letter().text

    def abroad(self) -> Channel:
        return self.with_options(imap_url="imaps://mail.example.com", smtp_url="smtp://mail.example.com:25")

    def attachment(self, data: bytes) -> Attachment:
        part = b"Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n"
        part += b'Content-Disposition: attachment; filename="lubang.jpg"\r\n\r\n' + encodebytes(data)
        mixed = b"--b\r\nContent-Type: text/plain\r\n\r\nIni fotonya\r\n--b\r\n" + part + b"\r\n--b--\r\n"
        self.write(letter_of(mixed, kind=b"multipart/mixed; boundary=b", encoding=b"8bit"))
        return only_message(self.channel, self.next_event().raw).attachments[0]


def letter_of(
    body: bytes,
    kind: bytes = b"text/plain; charset=utf-8",
    encoding: bytes = b"base64",
    **headers: str,
) -> bytes:
    """Return a letter of the person; header names are written with _ for -."""
    told = {
        "From": f"Bu Sri <{PERSON}>",
        "To": ADDRESS,
        "Subject": "Aduan jalan",
        "Message-ID": f"<surat-{next(NUMBERS)}@{DOMAIN}>",
        "Date": "Mon, 30 Nov 2026 09:15:00 +0700",
        "MIME-Version": "1.0",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value).encode()
    return (
        head + b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + body
    )
