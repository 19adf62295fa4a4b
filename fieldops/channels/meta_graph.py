"""Calling Meta's Graph API, the same for WhatsApp, Messenger and Instagram."""

from typing import Any, Final

import httpx

from fieldops.channels.contract import (
    AccessExpired,
    ChannelError,
    Media,
    MediaGone,
    Permanent,
    RateLimited,
    Retryable,
    Setup,
    SetupField,
    TemplateRefused,
    WindowClosed,
)
from fieldops.channels.loose_json import Record, number, record
from fieldops.channels.vendor_calls import answer, call, download, require_ok, wait_s

API_URL: Final = "https://graph.facebook.com/v23.0"
FIELDS: Final = (SetupField("access_token", secret=True), SetupField("api_url", required=False))

TOO_FAST_S: Final = {
    4: 300.0,  # the app's calls
    17: 300.0,  # the user's calls
    32: 300.0,  # the page's calls
    613: 60.0,
    80006: 60.0,  # Messenger
    80007: 60.0,  # WhatsApp Business account
    130429: 2.0,  # messages a second of a number
    131048: 3600.0,  # restricted after complaints
    131056: 6.0,  # one pair of numbers
}
NOT_NOW: Final = {1, 2, 131000, 131016, 133004, 1200}
EXPIRED: Final = {102, 190, 463, 467}
CLOSED: Final = {131047}
CLOSED_SUBCODE: Final = 2018278
"""Messenger and Instagram say 'outside of the allowed window' as code 10 with this subcode."""

TEMPLATE_REFUSALS: Final = {
    132000: "template_values",  # another number of values than it has blanks
    132001: "template_removed",  # none of this name in this language is approved
    132005: "template_long",
    132007: "template_rejected",  # against a policy
    132012: "template_values",  # values of another form
    132015: "template_paused",
    132016: "template_disabled",
    132018: "template_values",
}
"""Why Meta does not send a template, by its codes."""

NO_SUCH_OBJECT: Final = (100, 33)


def graph_client(setup: Setup) -> httpx.Client:
    """Return a client of the account's API address, with its token."""
    return setup.doorman.client(api_url(setup), _bearer(setup))


def api_url(setup: Setup) -> str:
    """Return the address, with a slash at the end so that paths are added to it."""
    return (setup.options.get("api_url") or API_URL).rstrip("/") + "/"


def ask(client: httpx.Client, method: str, path: str, *, repeatable: bool, **request: Any) -> Record:
    """Call and return the answer's object; raises the contract's errors by Meta's codes."""
    response = call(client, method, path, repeatable=repeatable, **request)
    body = answer(response)
    if not response.is_success or "error" in body:
        raise_error(response, record(body.get("error")))
    return body


def raise_error(response: httpx.Response, error: Record) -> None:
    """Raise what an answer with an error means."""
    code, subcode = number(error.get("code")), number(error.get("error_subcode"))
    if code is not None:
        raise _meaning(int(code), int(subcode or 0), response.headers.get("retry-after"))
    require_ok(response)
    raise Permanent("refused without a code")


def _meaning(code: int, subcode: int, retry_after: str | None) -> ChannelError:
    if code in TOO_FAST_S:
        return RateLimited(f"code {code}", wait_s(retry_after) if retry_after else TOO_FAST_S[code])
    if code in CLOSED or subcode == CLOSED_SUBCODE:
        return WindowClosed(f"code {code}")
    if code in TEMPLATE_REFUSALS:
        return TemplateRefused(f"code {code}", TEMPLATE_REFUSALS[code])
    if code in EXPIRED:
        return AccessExpired(f"code {code}")
    if code in NOT_NOW:
        return Retryable(f"code {code}")
    if (code, subcode) == NO_SUCH_OBJECT:
        return MediaGone(f"code {code}")
    return Permanent(f"code {code}")


def fetch_signed(setup: Setup, url: str, *, with_token: bool) -> Media:
    """Fetch from an address that Meta signed and that expires; then it answers 403, 404 or 410."""
    with setup.doorman.client(url, _bearer(setup) if with_token else None) as client:
        return download(client, url, gone=(403, 404, 410))


def _bearer(setup: Setup) -> dict[str, str]:
    return {"Authorization": f"Bearer {setup.secrets.get('access_token', '')}"}
