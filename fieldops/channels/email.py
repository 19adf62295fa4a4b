"""E-mail by SMTP."""

import smtplib
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

from fieldops.channels.doorman import Doorman
from fieldops.config import Settings
from fieldops.errors import SetupError

TIMEOUT_S: Final = 20.0
PERMANENT: Final = 500


class RefusedForGood(Exception):
    """The receiving side will never take the letter; the message holds its code, not the address."""


class EmailChannel:
    """Sends plain-text letters through one SMTP server.

    Parameters
    ----------
    url
        smtp://user:password@host:port, or smtps:// for TLS from the first byte; STARTTLS is used wherever
        the server offers it.
    sender
        The address letters come from.
    doorman
        Whom it lets out to.
    """

    def __init__(self, url: str, sender: str, doorman: Doorman) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise SetupError("FIELDOPS_SMTP_URL must look like smtp://user:password@host:587.")
        self._parts = parts
        self._sender = sender
        self._doorman = doorman

    @classmethod
    def of(cls, settings: Settings) -> "EmailChannel | None":
        """Return the installation's channel, None where none is set up."""
        if not settings.smtp_url:
            return None
        return cls(settings.smtp_url, settings.mail_sender, Doorman(settings.live))

    def send(self, address: str, subject: str, body: str, *, key: str) -> None:
        """Send one letter; `key` becomes its Message-ID, so that a repeat after a crash is the same letter
        to the receiving side.

        Raises
        ------
        RefusedForGood
            The address or the letter was refused with a permanent code (5xx, RFC 5321 §4.2.1).
        smtplib.SMTPException, OSError
            It was not taken; trying again is right.
        KeptInside
            The installation is a rehearsal and the server is not on this machine.
        """
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = self._sender, address, subject
        letter["Message-ID"] = f"<{key}@{self._sender.rpartition('@')[2] or 'fieldops.invalid'}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(body)
        with self._connect() as server:
            try:
                server.send_message(letter)
            except smtplib.SMTPRecipientsRefused as refusal:
                codes = [code for code, _words in refusal.recipients.values()]
                if min(codes) >= PERMANENT:
                    raise RefusedForGood(f"refused with code {min(codes)}") from None
                raise
            except smtplib.SMTPResponseException as refusal:
                if refusal.smtp_code >= PERMANENT:
                    raise RefusedForGood(f"refused with code {refusal.smtp_code}") from None
                raise

    def _connect(self) -> smtplib.SMTP:
        parts = self._parts
        host = parts.hostname or ""
        self._doorman.require(host)
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_S)
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT_S)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server
