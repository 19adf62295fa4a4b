"""Local time in the demonstration: Western Indonesian Time (WIB, UTC+7, no summer time)."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

import numpy as np

WIB: Final = timezone(timedelta(hours=7), "WIB")

_BY_HOUR: Final = np.array(
    [0.3, 0.2, 0.1, 0.1, 0.3, 1.5, 4, 7, 8, 7.5, 7, 6, 5.5, 5, 5, 5, 6, 7, 6.5, 6.5, 5, 3.5, 2, 0.8]
)
REPORTING_HOURS: Final = np.cumsum(_BY_HOUR / _BY_HOUR.sum())
"""When people write: before work, at noon, after work."""


def at_hour(day: date, hour: float) -> datetime:
    """Return a local day and hour, which may run past midnight, as aware UTC to the second."""
    midnight = datetime.combine(day, time(), WIB)
    return (midnight + timedelta(seconds=round(hour * 3600))).astimezone(UTC)


def reporting_hour(rng: np.random.Generator) -> float:
    """Return an hour of the day at which people write."""
    return float(np.searchsorted(REPORTING_HOURS, rng.random()) + rng.random())


def next_working_time(moment: datetime, rng: np.random.Generator) -> datetime:
    """Return a time within a shift, Monday to Saturday, on the day of `moment` or after, never before it."""
    local = moment.astimezone(WIB)
    day = local.date()
    opens, closes = 7.6, 15.2
    now_hour = local.hour + local.minute / 60
    if day.weekday() == 6 or now_hour >= closes - 0.3:
        day += timedelta(days=2 if day.weekday() == 5 else 1)
        now_hour = 0.0
    return at_hour(day, float(rng.uniform(max(opens, now_hour + 0.1), closes)))


def next_office_time(moment: datetime, rng: np.random.Generator) -> datetime:
    """Return `moment`, or the next morning's when nobody reads at that hour (21.00 to 07.00)."""
    local = moment.astimezone(WIB)
    if 7 <= local.hour < 21:
        return moment
    day = local.date() + timedelta(days=1 if local.hour >= 21 else 0)
    return at_hour(day, float(rng.uniform(7.0, 8.8)))


def evening_before(moment: datetime) -> datetime:
    """Return 16.10 local on the day before, when tomorrow's batches are dispatched."""
    return at_hour(moment.astimezone(WIB).date() - timedelta(days=1), 16.17)
