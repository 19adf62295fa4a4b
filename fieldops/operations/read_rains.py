"""The rains around the days that are asked for, read from as few readings as tell them for certain."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from fieldops.queries.rain import days_of_rain, rain_by_day
from geo.clustering.rain_events import RainEvent, RainEvents, dry_spell_ends

_DAY: Final = timedelta(days=1)
REACH_DAYS: Final = 90
"""Readings that are looked at first on either side of a day; more where no dry spell lies within (ours)."""


class RainsByDay(Protocol):
    """Whatever says which rain a report belongs to."""

    def of(self, at: datetime) -> RainEvent | None:
        """Return the rain of a report of an aware time, None where it was dry or that is not known."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Days, first and last included, whose rains are known as from all readings."""

    first: date
    last: date
    rains: RainEvents


class Rains:
    """Which rain a report belongs to, as `RainEvents` of all readings says, whatever else was asked.

    A city keeps decades of readings, and a report is of one rain: readings are read around its day, from one
    dry spell that no rain crosses to another, and kept for the reports that are asked for next.
    """

    def __init__(self, session: Session, zone: ZoneInfo, reach_days: int = REACH_DAYS) -> None:
        self._session = session
        self._zone = zone
        self._reach = timedelta(days=reach_days)
        self._stretches: list[_Stretch] = []

    @cached_property
    def _measured(self) -> tuple[date, date] | None:
        return days_of_rain(self._session)

    def of(self, at: datetime) -> RainEvent | None:
        """Return the rain that a report of an aware time belongs to, None where it was dry or that is not
        known.
        """
        if self._measured is None:
            return None
        day = at.astimezone(self._zone).date()
        held = next((one for one in self._stretches if one.first <= day <= one.last), None)
        if held is None:
            held = self._read(day, *self._measured)
            self._stretches.append(held)
        return held.rains.of(at)

    def _read(self, day: date, first: date, last: date) -> _Stretch:
        """Read the readings around a day, farther and farther until they begin and end with a dry spell, or
        with the readings themselves.
        """
        reach = self._reach
        while True:
            since, until = _shifted(day, -reach), _shifted(day, reach)
            depth_mm = rain_by_day(self._session, since, until)
            ends = dry_spell_ends(depth_mm)
            begins = date.min if since <= first else next((end + _DAY for end in ends if end < day), None)
            finishes = (
                date.max if until >= last else next((end for end in reversed(ends) if end >= day), None)
            )
            if begins is not None and finishes is not None:
                return _Stretch(begins, finishes, RainEvents(depth_mm, self._zone))
            reach *= 2


def _shifted(day: date, by: timedelta) -> date:
    """Return a day so much earlier or later, or the first or last one of the calendar."""
    try:
        return day + by
    except OverflowError:
        return date.max if by > timedelta() else date.min
