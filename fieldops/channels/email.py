"""E-mail by SMTP, in the installation's own name."""

from email.message import EmailMessage

from fieldops.channels.doorman import Doorman
from fieldops.channels.smtp_server import RefusedForGood, SmtpServer
from fieldops.config import Settings

__all__ = ["EmailChannel", "RefusedForGood"]


class EmailChannel:
    """Sends plain-text letters through one SMTP server.

    Parameters
    ----------
    url
        As `SmtpServer` takes it.
    sender
        The address letters come from.
    doorman
        Whom it lets out to.
    """

    def __init__(self, url: str, sender: str, doorman: Doorman) -> None:
        self._server = SmtpServer(url, doorman)
        self._sender = sender

    @classmethod
    def of(cls, settings: Settings) -> "EmailChannel | None":
        """Return the installation's channel, None where none is set up."""
        if not settings.smtp_url:
            return None
        return cls(settings.smtp_url, settings.mail_sender, Doorman(settings.live))

    def send(self, address: str, subject: str, body: str, *, key: str) -> None:
        """Send one letter; `key` becomes its Message-ID, so that a repeat after a crash is the same letter
        to the receiving side. Raises what `SmtpServer.send` does.
        """
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = self._sender, address, subject
        letter["Message-ID"] = f"<{key}@{self._sender.rpartition('@')[2] or 'fieldops.invalid'}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(body)
        self._server.send(letter)
