"""The link by which somebody shows where it is: signed, for one complaint, seven days, without signing in."""

from datetime import timedelta
from typing import Final

from fieldops import clock
from fieldops.errors import Gone, NotFound
from fieldops.installation import Installation

GOOD_FOR: Final = timedelta(days=7)


def pin_link(installation: Installation, conversation_id: int) -> str:
    """Return a new link for a conversation's place."""
    hour = int(clock.now().timestamp() // 3600)
    return (
        f"{installation.settings.public_url.rstrip('/')}/p/{pin_token(installation, conversation_id, hour)}"
    )


def pin_token(installation: Installation, conversation_id: int, hour: int) -> str:
    """Return the link's token: which conversation, made in which hour, and the signature of both."""
    return f"{conversation_id}.{hour}.{installation.sealer.link_secret('pin', f'{conversation_id}.{hour}')}"


def conversation_of_pin(installation: Installation, token: str) -> int:
    """Return the conversation a link is for.

    Raises
    ------
    NotFound
        The token was not made here, or not copied whole.
    Gone
        It is older than seven days.
    """
    number, _dot, rest = token.partition(".")
    hour, _dot, secret = rest.partition(".")
    if not (number.isascii() and number.isdigit() and hour.isascii() and hour.isdigit() and len(hour) < 12):
        raise NotFound("This link is not valid. Check that it was copied whole.")
    installation.sealer.require_link("pin", f"{number}.{hour}", secret)
    if clock.now().timestamp() - int(hour) * 3600 > GOOD_FOR.total_seconds():
        raise Gone("This link was good for seven days. Please write to us again; you will get a new one.")
    return int(number)
