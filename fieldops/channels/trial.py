"""Trying an account's connection: what fails becomes a code that the page has words for."""

from collections.abc import Callable, Mapping
from typing import Final

from fieldops.channels.contract import (
    AccessExpired,
    ChannelError,
    Health,
    RateLimited,
    Retryable,
)
from fieldops.channels.doorman import KeptInside

CONNECTED: Final = "connected"
CODES: Final = {
    AccessExpired: "access_expired",
    RateLimited: "too_fast",
    Retryable: "unreachable",
    ChannelError: "refused",
}
"""From the narrowest to the widest. Besides these there are `connected` and `kept_inside`."""


def tried(attempt: Callable[[], Mapping[str, str]]) -> Health:
    """Return what an attempt showed; what it returns is shown beside `connected`."""
    try:
        return Health(True, CONNECTED, dict(attempt()))
    except KeptInside:
        return Health(False, "kept_inside")
    except ChannelError as failure:
        code = next(code for kind, code in CODES.items() if isinstance(failure, kind))
        return Health(False, code, {"detail": str(failure)})
