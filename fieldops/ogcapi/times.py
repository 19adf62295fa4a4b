"""The standard's `datetime`: an instant, or an interval that may be open at one end."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from fieldops.errors import InvalidInput

MOMENT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d(?:\.\d{1,9})?)([Zz]|[+\- ]\d\d:\d\d)", re.ASCII
)
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
OPEN: Final = ("", "..")
MOST_LETTERS: Final = 80
FIRST_YEAR, LAST_YEAR = 1000, 9000  # a zone's hours and a day more stay within what computers count

Interval = tuple[datetime | None, datetime | None]


def interval_of(words: str, zone: ZoneInfo) -> Interval:
    """Return the ends of what `datetime` asks for, aware, both included, None where it is open.

    Parameters
    ----------
    words
        `2026-11-30T08:00:00Z`, `2026-11-30`, `2026-11-01/2026-11-30`, `2026-11-01T00:00:00+07:00/..`
    zone
        Where a day without hours begins and ends.

    Raises
    ------
    InvalidInput
        It is none of these, both ends are open, or it ends before it begins.
    """
    parts = words[:MOST_LETTERS].split("/")
    if len(words) > MOST_LETTERS or len(parts) > 2 or all(part in OPEN for part in parts):
        raise _no_time(words)
    if len(parts) == 1:
        return _ends(words, words, zone)
    since = None if parts[0] in OPEN else _ends(words, parts[0], zone)[0]
    until = None if parts[1] in OPEN else _ends(words, parts[1], zone)[1]
    if since and until and until < since:
        raise InvalidInput(
            "datetime: %(found)s ends before it begins.", field="datetime", found=words[:MOST_LETTERS]
        )
    return since, until


def _ends(words: str, part: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first and the last moment of an instant or a day."""
    if part[:4].isdigit() and not FIRST_YEAR <= int(part[:4]) <= LAST_YEAR:
        raise InvalidInput(
            "datetime: years go from %(first)s to %(last)s, not %(found)s.",
            field="datetime", first=FIRST_YEAR, last=LAST_YEAR, found=part[:4],
        )  # fmt: skip
    try:
        if DAY.fullmatch(part):
            day = date.fromisoformat(part)
            last = datetime.combine(day + timedelta(days=1), time(), zone) - timedelta(seconds=1)
            return datetime.combine(day, time(), zone).astimezone(UTC), last.astimezone(UTC)
        if found := MOMENT.fullmatch(part):
            offset = (
                found[3].upper().replace(" ", "+").replace("Z", "+00:00")
            )  # a plus is a space in addresses
            moment = datetime.fromisoformat(f"{found[1]}T{found[2]}{offset}").astimezone(UTC)
            return moment, moment
    except ValueError:
        pass
    raise _no_time(words)


def _no_time(words: str) -> InvalidInput:
    return InvalidInput(
        "datetime: “%(found)s” is no time. Write 2026-11-30T08:00:00Z, 2026-11-30, or two of these with a "
        "slash between them, where one may be “..”.",
        field="datetime",
        found=words[:MOST_LETTERS],
    )
