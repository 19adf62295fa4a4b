"""What to paste where, channel by channel, and what a test of the connection showed."""

from collections.abc import Callable
from typing import Final

from fieldops.channels.contract import Health
from fieldops.domain.message_templates import shown
from fieldops.i18n import _
from fieldops.models import MessageTemplate
from fieldops.queries.templates import wording_of

Guide = list[str]


def guide(kind: str) -> Guide:
    """Return the steps for connecting a kind of channel, in the reader's words."""
    make = GUIDES.get(kind)
    return make() if make else []


def _whatsapp() -> Guide:
    return [
        _("In Meta’s developer pages make an app of the type Business and add WhatsApp."),
        _("Add the department’s number and copy its phone number ID and a permanent access token."),
        _("Copy the app secret from the app’s basic settings, and invent a verify token."),
        _("After connecting, enter our address and the verify token as webhook, with “messages”."),
    ]


def _page() -> Guide:
    return [
        _("In Meta’s developer pages make an app and connect the department’s page or account."),
        _("Copy the page’s ID and its access token, and the app secret; invent a verify token."),
        _("After connecting, enter our address and the verify token as webhook."),
    ]


def _telegram() -> Guide:
    return [
        _("Write to @BotFather in Telegram, make a bot for the department, and copy its token."),
        _("Invent a secret token of letters and digits."),
        _("After connecting, set our address and the secret token as the bot’s webhook."),
    ]


def _mastodon() -> Guide:
    return [
        _("Sign in as the department and make an application that may read and write."),
        _("Copy the server’s address and the access token. We look for mentions once a minute."),
    ]


def _email() -> Guide:
    return [
        _("Make a mailbox for the department. We read it once a minute and answer from it."),
        _("Enter both servers with login and password. Letters stay in the mailbox."),
    ]


def _matrix() -> Guide:
    return [
        _("Register an application service on your homeserver with our address as its URL."),
        _("Copy its as_token and hs_token, the server’s address and the department’s user."),
    ]


def _sms() -> Guide:
    return [
        _("Ask your gateway for a webhook with a signature, and for the address that sends."),
        _("Enter its secret and sending address; after connecting, give it our address."),
    ]


GUIDES: Final[dict[str, Callable[[], Guide]]] = {
    "whatsapp": _whatsapp,
    "messenger": _page,
    "instagram": _page,
    "telegram": _telegram,
    "mastodon": _mastodon,
    "email": _email,
    "matrix": _matrix,
    "sms": _sms,
}


def field_words(name: str) -> str:
    """Return what a field is called on the page; names that services use themselves stay as they are."""
    words = {
        "access_token": _("Access token"),
        "api_url": _("Address of the service (empty: the usual one)"),
        "app_secret": _("App secret"),
        "verify_token": _("Verify token"),
        "phone_number_id": _("Phone number ID"),
        "business_account_id": _("WhatsApp Business account ID (for templates)"),
        "account_id": _("ID of the page or account"),
        "gateway_url": _("Sending address of the gateway"),
        "number": _("The gateway’s number"),
        "country_code": _("Country code (empty: 62)"),
        "webhook_secret": _("Secret of the webhook"),
        "api_token": _("Token for sending"),
        "consumer_secret": _("Consumer secret"),
        "bot_token": _("Bot token"),
        "secret_token": _("Secret token"),
        "server_url": _("Address of the server"),
        "homeserver_url": _("Address of the homeserver"),
        "username": _("Login"),
        "folder": _("Folder (empty: INBOX)"),
        "authority": _("Name of the mail server that checks senders"),
        "imap_url": _("Mailbox (imaps://host)"),
        "smtp_url": _("Sending server (smtps://host)"),
        "address": _("E-mail address"),
        "password": _("Password"),
        "as_token": _("as_token"),
        "hs_token": _("hs_token"),
        "user_id": _("The department’s user"),
    }
    return words.get(name, name.replace("_", " "))


def health_words(health: Health) -> str:
    """Return what a test of the connection showed."""
    detail = health.values.get("detail", "")
    words = {
        "connected": _("The connection works."),
        "kept_inside": _(
            "This installation is a rehearsal (FIELDOPS_LIVE is not set), so nothing was tried."
        ),
        "access_expired": _("The service takes the access token no longer. Enter a new one."),
        "too_fast": _("The service asks us to wait. Try again in a minute."),
        "unreachable": _("The service does not answer: %(detail)s", detail=_trouble_words(str(detail))),
        "refused": _("The service refuses: %(detail)s", detail=detail),
    }
    return words.get(health.code, f"{health.code} {detail}".strip())


def _trouble_words(detail: str) -> str:
    """Return what a failed call says in words; its own name stays beside them for whoever looks it up."""
    name = detail.rpartition(": ")[2]
    if name in ("ConnectError", "ConnectionRefusedError", "gaierror"):
        return _("nothing answers at that address (%(name)s).", name=name)
    if name.endswith(("Timeout", "TimeoutError")):
        return _("no answer came in time (%(name)s).", name=name)
    return detail


def template_rows(rows: list[MessageTemplate]) -> list[tuple[MessageTemplate, str, str, str]]:
    """Return each template with its words, its state in words, and that one's tone."""
    return [(row, shown(wording_of(row).texts, {}), *_state_words(row.state, row.reason)) for row in rows]


def _state_words(state: str, reason: str) -> tuple[str, str]:
    known = {
        "approved": (_("Approved"), "done"),
        "pending": (_("Not decided yet"), "road"),
        "in_appeal": (_("Not decided yet"), "road"),
        "paused": (_("Paused by the service"), "bad"),
        "rejected": (_("Rejected"), "bad"),
        "disabled": (_("Switched off by the service"), "bad"),
        "removed": (_("There no longer"), "quiet"),
    }
    words, tone = known.get(state, (state, "quiet"))
    return (f"{words}: {reason}" if reason else words), tone


def templates_trouble(code: str) -> str:
    """Return what went wrong when the templates were asked for."""
    known = {
        "": "",
        "not_configured": _("Enter the WhatsApp Business account ID below, then fetch the templates."),
        "kept_inside": _(
            "This installation is a rehearsal (FIELDOPS_LIVE is not set), so nothing was tried."
        ),
    }
    if code in known:
        return known[code]
    return _(
        "The templates could not be fetched (%(detail)s). The list below is the one of before.", detail=code
    )
