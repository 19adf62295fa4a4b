"""What is truly wrong in the demonstration's streets: defects that follow rain and traffic.

Each service has a daily intensity made from the rain series and a weight for every street. The kernels are
ours: holes appear one to six days after rain, water stands the same day and only after a real shower, drains
block during and after rain, roads sink when two weeks were wet; the rest does not mind the weather.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import shapely

from fieldops.demo.drawings import LOW_LYING
from fieldops.demo.rain import RainDay, millimetres
from fieldops.demo.sheet import Points
from fieldops.demo.sketch import Sketch

WARM_UP_DAYS: Final = 15
"""Days of rain before the first day, so that lags have something to look back on."""


@dataclass(frozen=True)
class Habit:
    """How one service behaves.

    `share` of all requests; `reports` per defect on average; `lag_weights` of the rain of 0, 1, 2 … days ago;
    `steady` part that needs no rain; `pull` by street class; `severity` chances of 1, 2, 3.
    """

    share: float
    reports: float
    lag_weights: tuple[float, ...]
    steady: float
    pull: dict[str, float]
    severity: tuple[float, float, float]


ROAD_PULL: Final = {"arterial": 14.0, "collector": 8.0, "local": 1.6, "lane": 0.35}
WATER_PULL: Final = {"arterial": 6.0, "collector": 5.0, "local": 2.0, "lane": 0.7}
DRAIN_PULL: Final = {"arterial": 3.0, "collector": 3.0, "local": 2.0, "lane": 1.0}
WALK_PULL: Final = {"arterial": 20.0, "collector": 10.0, "local": 0.6, "lane": 0.1}

HABITS: Final[dict[str, Habit]] = {
    "pothole": Habit(0.39, 1.55, (0.3, 1.0, 1.2, 0.9, 0.6, 0.4, 0.25), 8.0, ROAD_PULL, (0.3, 0.5, 0.2)),
    "sunken_road": Habit(0.06, 1.5, (1 / 14,) * 14, 3.0, ROAD_PULL, (0.1, 0.5, 0.4)),
    "standing_water": Habit(0.16, 1.9, (1.0,), 0.1, WATER_PULL, (0.35, 0.45, 0.2)),
    "blocked_drain": Habit(0.18, 1.35, (1.0, 0.6, 0.3), 9.0, DRAIN_PULL, (0.4, 0.45, 0.15)),
    "missing_cover": Habit(0.07, 1.35, (), 1.0, DRAIN_PULL, (0.05, 0.45, 0.5)),
    "damaged_sidewalk": Habit(0.08, 1.1, (), 1.0, WALK_PULL, (0.6, 0.35, 0.05)),
    "other": Habit(0.06, 1.1, (0.3,), 3.0, DRAIN_PULL, (0.5, 0.4, 0.1)),
}
SHOWER_MM: Final = 10.0
MOST_MM: Final = 45.0
ENOUGH_SHOWERS: Final = 12
OFFSET_M: Final = {"damaged_sidewalk": 5.5, "blocked_drain": 4.5, "missing_cover": 4.5}
WEAK_SPOTS: Final = 9
LOW_SPOTS: Final = 36


@dataclass(frozen=True)
class Defect:
    """One true defect. `x_m`, `y_m` on the plan; `day` counts from 0; `reports` people tell of it."""

    number: int
    service_code: str
    x_m: float
    y_m: float
    street: int
    severity: int
    day: int
    reports: int


def defects(
    sketch: Sketch, series: tuple[RainDay, ...], requests: int, rng: np.random.Generator
) -> tuple[Defect, ...]:
    """Return the defects of all days after the warm-up, in order of day.

    Parameters
    ----------
    sketch
        The city.
    series
        Rain, beginning `WARM_UP_DAYS` before the first day.
    requests
        How many reports they shall lead to, about.
    rng
        The source of all chance.
    """
    grounds = _Ground.of(sketch, rng)
    found: list[tuple[int, str, Points, int, int, int]] = []
    shares = season_shares(series)
    for service_code, habit in HABITS.items():
        per_day = (
            daily_intensity(habit, series, service_code) * requests * shares[service_code] / habit.reports
        )
        # Gamma-mixed counts: days differ more than chance alone allows.
        counts = rng.poisson(per_day * rng.gamma(14.0, 1 / 14.0, size=len(per_day)))
        for day, count in enumerate(counts):
            for _ in range(int(count)):
                place, street = grounds.place(service_code, rng)
                severity = int(rng.choice(3, p=habit.severity)) + 1
                found.append(
                    (day, service_code, place, street, severity, grounds.reports(habit, street, rng))
                )
    found.sort(key=lambda row: row[0])
    return tuple(
        Defect(number, code, float(place[0]), float(place[1]), street, severity, day, reports)
        for number, (day, code, place, street, severity, reports) in enumerate(found, start=1)
    )


def daily_intensity(habit: Habit, series: tuple[RainDay, ...], service_code: str) -> Points:
    """Return each day's share of a service's defects, without the warm-up; the shares sum to 1."""
    # Beyond a point more rain makes no more holes.
    mm = np.minimum(millimetres(series), MOST_MM)
    if service_code == "standing_water":
        mm = np.maximum(0.0, mm - SHOWER_MM)
    wet = np.convolve(mm, habit.lag_weights)[: len(mm)] if habit.lag_weights else np.zeros_like(mm)
    weekday = np.array([0.7 if day.day.weekday() == 6 else 1.0 for day in series])
    rate = ((wet + habit.steady) * weekday)[WARM_UP_DAYS:]
    shares: Points = rate / rate.sum()
    return shares


def season_shares(series: tuple[RainDay, ...]) -> dict[str, float]:
    """Return each service's share of all requests; with few showers little water stands."""
    showers = int((millimetres(series[WARM_UP_DAYS:]) > SHOWER_MM).sum())
    shares = {code: habit.share for code, habit in HABITS.items()}
    shares["standing_water"] *= min(1.0, showers / ENOUGH_SHOWERS)
    total = sum(shares.values())
    return {code: share / total for code, share in shares.items()}


def first_day(last: date, days: int) -> date:
    """Return the day on which the rain series must begin so that `days` end with `last`."""
    return date.fromordinal(last.toordinal() - days - WARM_UP_DAYS + 1)


class _Ground:
    """Where defects happen: streets weighted by length, class and weak spots; low spots that flood again."""

    def __init__(
        self, sketch: Sketch, chances: dict[str, Points], low_spots: Points, low_streets: list[int]
    ) -> None:
        self.sketch, self.chances, self.low_spots, self.low_streets = sketch, chances, low_spots, low_streets

    @classmethod
    def of(cls, sketch: Sketch, rng: np.random.Generator) -> "_Ground":
        lines = [street.line for street in sketch.streets]
        middles = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))
        lengths_m = shapely.length(lines)
        weak = middles[rng.choice(len(middles), size=WEAK_SPOTS, replace=False)]
        away2 = ((middles[:, None, :] - weak[None, :, :]) ** 2).sum(axis=2)
        tired = 1 + (2.6 * np.exp(-away2 / (2 * 420.0**2))).sum(axis=1)
        low = np.array([2.5 if street.kelurahan in LOW_LYING else 1.0 for street in sketch.streets])
        chances = {}
        for service_code, habit in HABITS.items():
            pull = np.array([habit.pull[street.street_class] for street in sketch.streets])
            weight = lengths_m * pull * (low if habit.pull is WATER_PULL else tired)
            chances[service_code] = np.cumsum(weight / weight.sum())
        ground = cls(sketch, chances, np.empty((0, 2)), [])
        spots = [ground.place("standing_water", rng) for _ in range(LOW_SPOTS)]
        return cls(sketch, chances, np.array([spot for spot, _ in spots]), [street for _, street in spots])

    def place(self, service_code: str, rng: np.random.Generator) -> tuple[Points, int]:
        """Return a position and the index of its street."""
        if service_code == "standing_water" and len(self.low_spots) and rng.random() < 0.75:
            spot = int(rng.integers(len(self.low_spots)))
            return self.low_spots[spot] + rng.normal(0, 4, size=2), self.low_streets[spot]
        chance = self.chances[service_code]
        street = min(int(np.searchsorted(chance, rng.random())), len(chance) - 1)
        line = self.sketch.streets[street].line
        along = rng.uniform(0.03, 0.97) * line.length
        here, ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, [along, along + 1.0]))
        across = (ahead - here)[::-1] * [-1, 1]
        aside_m = OFFSET_M.get(service_code, 0.0) * rng.choice([-1, 1]) + rng.normal(0, 1.4)
        return here + across * aside_m, street

    def reports(self, habit: Habit, street: int, rng: np.random.Generator) -> int:
        """Return how many people tell of a defect: more where more people pass."""
        busy = {"arterial": 1.5, "collector": 1.15, "local": 0.75, "lane": 0.5}
        extra = (habit.reports - 1) * busy[self.sketch.streets[street].street_class]
        return 1 + min(11, int(rng.geometric(1 / (1 + extra))) - 1)
