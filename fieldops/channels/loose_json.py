"""Reading JSON that strangers wrote: whatever is not of the expected kind counts as absent."""

import json
import math
import re
from datetime import UTC, datetime
from typing import Any, Final

MOST_CHARACTERS: Final = 20_000
"""Longer words are cut; the event as it came keeps them all."""

EARLIEST_S: Final = 946_684_800.0
"""The year 2000: no message is older."""

LATEST_S: Final = 7_258_118_400.0
"""The year 2200."""

Record = dict[str, Any]

_TYPE_NAME: Final = re.compile(r"[A-Za-z0-9_.:-]{1,60}")


def load(raw: bytes) -> Record:
    """Return the object that UTF-8 bytes hold.

    Raises
    ------
    ValueError
        They hold none.
    """
    try:
        value = json.loads(raw.decode("utf-8"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("an object was expected")  # noqa: TRY004  the bytes are wrong, not the caller's type
    return value


def record(value: object) -> Record:
    """Return an object, empty where it is none."""
    return value if isinstance(value, dict) else {}


def records(value: object) -> list[Record]:
    """Return the objects of a list, without whatever else it holds."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def words(value: object, most: int = MOST_CHARACTERS) -> str:
    """Return a string or whole number as words that every database takes: no NUL, no half of a pair."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**40 else ""
    if not isinstance(value, str):
        return ""
    return value[:most].replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def key(value: object) -> str:
    """Return an id: words of at most 500 characters, without space around them."""
    return words(value, 500).strip()


def type_name(value: object) -> str:
    """Return a vendor's word for a kind of thing, `?` where it could be anything else."""
    return value if isinstance(value, str) and _TYPE_NAME.fullmatch(value) else "?"


def number(value: object) -> float | None:
    """Return a finite number, also one written as a string."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return None
    return read if math.isfinite(read) else None


def moment(value: object, per_second: float = 1.0) -> datetime | None:
    """Return the time that a count since 1970 means; `per_second` is 1000 for milliseconds."""
    count = number(value)
    if count is None or not EARLIEST_S <= count / per_second <= LATEST_S:
        return None
    return datetime.fromtimestamp(count / per_second, UTC)
