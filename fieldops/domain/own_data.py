"""The rules of what people may do with what is held about them."""

from datetime import timedelta
from typing import Final

LINK_FOR: Final = timedelta(minutes=30)
"""How long a link opens somebody's data, once."""
CONFIRM_FOR: Final = timedelta(hours=24)
"""How long a new address can be confirmed."""
VISIT_FOR: Final = timedelta(minutes=30)
MOST_LINKS: Final = 3
"""Links that one person is sent within `LINKS_WITHIN`; more would be a nuisance that others can cause."""
LINKS_WITHIN: Final = timedelta(hours=1)
DELETION_WAITS: Final = timedelta(hours=72)
"""A deletion waits for the end of a danger no longer than this (UU 27/2022: 3 × 24 hours)."""
REPORTS_SHOWN: Final = timedelta(days=365)
KEPT_FOR: Final = timedelta(days=365)
"""How long a contact and photos are kept after the last report has ended, as the report form promises."""
LINK_MARK: Final = "[…]"
"""Stands in a kept message for the link that was sent: it is the key to somebody's data, for nobody else."""


def masked(contact: str) -> str:
    """Return a contact of which only its owner sees what it is: b••••@example.org, ••••••90."""
    name, at, domain = contact.partition("@")
    if at and name and "." in domain:
        return f"{name[:1]}••••@{domain}"
    return f"••••••{contact[-2:]}" if len(contact) > 4 else "••••••"


def plain_number(contact: str) -> str:
    """Return a telephone number's figures as within its country: +62 812, 62812 and 0812 are one."""
    figures = "".join(sign for sign in contact if sign.isascii() and sign.isdigit())
    return figures.removeprefix("00").removeprefix("62").lstrip("0")
