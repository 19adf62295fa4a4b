"""A daily rain series with Solo's wet and dry seasons, invented day by day.

A two-state chain (rain follows rain) with gamma amounts. The monthly figures are ours, in the order of size
of Central Java's lowlands (about 2,100 mm a year); they are no observations.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from fieldops.demo.sheet import Points

WET_DAY_CHANCE: Final = (0.62, 0.62, 0.58, 0.43, 0.24, 0.14, 0.09, 0.07, 0.12, 0.28, 0.48, 0.58)
MM_PER_WET_DAY: Final = (17.0, 17.0, 16.0, 14.0, 11.0, 9.0, 8.0, 8.0, 10.0, 14.0, 16.0, 16.0)
CARRY_OVER: Final = 0.25
GAMMA_SHAPE: Final = 0.8


@dataclass(frozen=True)
class RainDay:
    """Rain of one local day in millimetres, and the local hour at which the main shower began."""

    day: date
    mm: float
    from_hour: float


def rain(first: date, days: int, rng: np.random.Generator) -> tuple[RainDay, ...]:
    """Return `days` consecutive days of rain from `first` on."""
    series = []
    is_wet = False
    for number in range(days):
        day = first + timedelta(days=number)
        chance = _of_season(WET_DAY_CHANCE, day)
        is_wet = bool(
            rng.random() < (chance + CARRY_OVER * (1 - chance) if is_wet else chance * (1 - CARRY_OVER))
        )
        amount_mm = rng.gamma(GAMMA_SHAPE, _of_season(MM_PER_WET_DAY, day) / GAMMA_SHAPE)
        # Convective rain: it falls in the afternoon.
        from_hour = float(np.clip(rng.normal(15.2, 1.6), 11.0, 20.0))
        series.append(
            RainDay(day, round(max(0.5, float(amount_mm)), 1) if is_wet else 0.0, round(from_hour, 2))
        )
    return tuple(series)


def millimetres(series: tuple[RainDay, ...]) -> Points:
    """Return the amounts as an array."""
    return np.array([day.mm for day in series])


def _of_season(monthly: tuple[float, ...], day: date) -> float:
    """Interpolate between the middles of the months."""
    middle = np.arange(-1, 13) * 30.4 + 15.2
    return float(np.interp(day.timetuple().tm_yday, middle, (monthly[-1], *monthly, monthly[0])))
