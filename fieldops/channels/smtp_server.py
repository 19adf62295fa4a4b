"""One SMTP server that takes our letters."""

import smtplib
import ssl
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

from fieldops.channels.doorman import Doorman, is_loopback
from fieldops.errors import SetupError

TIMEOUT_S: Final = 20.0
PERMANENT: Final = 500


class RefusedForGood(Exception):
    """The receiving side will never take the letter; the message holds its code, not the address."""


class SmtpServer:
    """Hands letters over.

    Parameters
    ----------
    url
        smtp://user:password@host:port, or smtps:// for TLS from the first byte; STARTTLS is used wherever
        the server offers it.
    doorman
        Whom it lets out to.
    sign_in
        A name and password for where the address holds none and the server asks for one.
    """

    def __init__(self, url: str, doorman: Doorman, sign_in: tuple[str, str] | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise SetupError("FIELDOPS_SMTP_URL must look like smtp://user:password@host:587.")
        self._parts = parts
        self._doorman = doorman
        self._sign_in = sign_in

    def send(self, letter: EmailMessage) -> None:
        """Hand one letter over.

        Raises
        ------
        RefusedForGood
            The address or the letter was refused with a permanent code (5xx, RFC 5321 §4.2.1).
        smtplib.SMTPException, OSError
            It was not taken; trying again is right.
        KeptInside
            The installation is a rehearsal and the server is not on this machine.
        """
        with self.connect() as server:
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

    def connect(self) -> smtplib.SMTP:
        """Return a connection that is signed in, to be closed by the caller."""
        parts = self._parts
        host = parts.hostname or ""
        self._doorman.require(host)
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, parts.port or 465, timeout=TIMEOUT_S, context=tls_for(host)
            )
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT_S)
        try:
            if parts.scheme == "smtp":
                server.ehlo()
                if server.has_extn("starttls"):
                    server.starttls(context=tls_for(host))
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            elif self._sign_in:
                server.ehlo_or_helo_if_needed()
                if server.has_extn("auth"):
                    server.login(*self._sign_in)
        except BaseException:
            server.close()
            raise
        return server


def tls_for(host: str) -> ssl.SSLContext:
    """Return what proves the other side to be who it says; on this machine nobody stands between."""
    context = ssl.create_default_context()
    if is_loopback(host):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
