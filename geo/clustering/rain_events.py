"""Which reports one rain brought: until 72 hours after its last rain."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Final

from geo.errors import GeoError

WET_MM: Final = 1.0
"""A day with so much is a rain day (WMO-No. 1203, 2017: 1.0 mm)."""
TAIL_DAYS: Final = 3
"""72 hours: water may stand so long after the last rain (docs/methods/clustering.md)."""
NO_EVENT: Final = -1


@dataclass(frozen=True, slots=True)
class RainEvent:
    """One rain: its first and its last rain day of the city's calendar, one after the other with fewer than
    three dry days between any two. `number` is the same whatever else is known: its first day's ordinal.
    """

    first: date
    last: date

    @property
    def number(self) -> int:
        """What reports of it carry."""
        return self.first.toordinal()


class RainEvents:
    """The rains of a city, and which of them a report belongs to.

    Parameters
    ----------
    depth_mm
        Depth by day of the city's calendar, mm, 0 or more; a day that was not measured is missing.
    zone
        The city's zone: a day goes from midnight to midnight there.

    Raises
    ------
    GeoError
        A depth that is negative or no number; the message names the day.

    Notes
    -----
    What is not known decides nothing. Days without a reading between two rain days, where no three dry days
    in a row are known between them, may have joined or parted two rains: then neither is one. The last rain
    before the readings end, and the first after they begin, are one as far as is known. O(days).
    """

    def __init__(self, depth_mm: Mapping[date, float], zone: tzinfo) -> None:
        for day, mm in depth_mm.items():
            if not 0.0 <= mm < float("inf"):
                raise GeoError(f"Rain of {day} must be 0 mm or more, not {mm}.")
        self._zone = zone
        self._known = frozenset(day.toordinal() for day in depth_mm)
        wet = sorted(day.toordinal() for day, mm in depth_mm.items() if mm >= WET_MM)
        self.events = _events(wet, self._known)
        self._firsts = [event.number for event in self.events]

    def of(self, at: datetime) -> RainEvent | None:
        """Return the rain that a report belongs to: the last one, if it ended within 72 hours before the day
        of the report. None where it was dry, or where that is not known.

        Parameters
        ----------
        at
            Aware time of the report.
        """
        day = at.astimezone(self._zone).date().toordinal()
        place = bisect_right(self._firsts, day) - 1
        if place < 0:
            return None
        event = self.events[place]
        last = event.last.toordinal()
        if day > last + TAIL_DAYS:
            return None
        since = range(min(last, day), day + 1)  # a day that nobody measured may have begun another rain
        return event if all(other in self._known for other in since) else None

    def number_of(self, at_s: float) -> int:
        """Return the number of the rain of a report at a time in seconds since 1970-01-01 UTC; −1: none."""
        event = self.of(datetime.fromtimestamp(at_s, UTC))
        return NO_EVENT if event is None else event.number

    def numbered(self, number: int) -> RainEvent | None:
        """Return the rain of a number, None when there is none."""
        place = bisect_right(self._firsts, number) - 1
        return self.events[place] if place >= 0 and self._firsts[place] == number else None


def dry_spell_ends(depth_mm: Mapping[date, float]) -> list[date]:
    """Return the days, in order, that end three known days in a row without rain. No rain goes across one:
    readings between two of them tell the rains of the days after the first, up to the second, exactly as
    all readings do.

    Parameters
    ----------
    depth_mm
        Depth by day of the city's calendar, mm; a day that was not measured is missing.
    """
    dry = {day.toordinal() for day, mm in depth_mm.items() if mm < WET_MM}
    return [date.fromordinal(day) for day in sorted(dry) if dry.issuperset(range(day - TAIL_DAYS + 1, day))]


def _events(wet: list[int], known: frozenset[int]) -> tuple[RainEvent, ...]:
    """Put rain days together to rains, and leave out those that unknown days lie within."""
    found: list[RainEvent] = []
    first, sure = None, True
    for place, day in enumerate(wet):
        if first is None:
            first, sure = day, True
        following = wet[place + 1] if place + 1 < len(wet) else None
        between = range(day + 1, following) if following is not None else range(0)
        if following is not None and not _dry_spell(between, known):
            sure = sure and all(other in known for other in between)
            continue
        if sure:
            found.append(RainEvent(date.fromordinal(first), date.fromordinal(day)))
        first = None
    return tuple(found)


def _dry_spell(days: range, known: frozenset[int]) -> bool:
    """Whether three known dry days stand in a row among days that had no rain."""
    row = 0
    for day in days:
        row = row + 1 if day in known else 0
        if row >= TAIL_DAYS:
            return True
    return False
