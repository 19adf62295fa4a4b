"""A secret and, while it is being changed, the one before."""

import hmac
from collections.abc import Iterable, Mapping


def values_of(secrets: Mapping[str, str], name: str) -> list[str]:
    """Return every value that counts now; empty ones never do."""
    return [value for value in (secrets.get(name, ""), secrets.get(f"{name}_before", "")) if value]


def is_one_of(told: str, known: Iterable[str]) -> bool:
    """Compare without telling by the time it takes how much was right."""
    # Headers arrive as Latin-1 and may hold anything; compare_digest takes only ASCII strings, but any bytes.
    wanted = told.encode("utf-8", "replace")
    return any(hmac.compare_digest(wanted, value.encode("utf-8", "replace")) for value in known)
