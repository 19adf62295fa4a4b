"""Complaints to draw, as a city or a whole island has them; seeded."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

STREET_DEG: Final = 0.0009
"""Streets lie so far apart, about 100 m."""
TODAY_DAY: Final = 20_600
SERVICES: Final = tuple(f"service_{number}" for number in range(8))


def city(n: int, seed: int) -> F8:
    """Longitudes and latitudes, shape (n, 2), of complaints in a city 45 × 40 km: 300 quarters, seven in ten
    on a street."""
    random = np.random.default_rng(seed)
    centres = np.column_stack([random.uniform(110.6, 111.0, 300), random.uniform(-7.75, -7.4, 300)])
    return _around(random, n, centres, 10 ** random.uniform(-2.9, -1.7, 300))


def island(n: int, seed: int) -> F8:
    """The same over 400 towns on 1,000 × 200 km."""
    random = np.random.default_rng(seed)
    centres = np.column_stack([random.uniform(105.5, 114.5, 400), random.uniform(-8.2, -6.4, 400)])
    return _around(random, n, centres, 10 ** random.uniform(-2.3, -1.0, 400))


def _around(random: np.random.Generator, n: int, centres: F8, spread_deg: F8) -> F8:
    weights = random.pareto(1.2, len(centres)) + 0.2
    which = random.choice(len(centres), n, p=weights / weights.sum())
    at = centres[which] + random.normal(size=(n, 2)) * spread_deg[which, None]
    on_street = np.flatnonzero(random.random(n) < 0.7)
    axis = random.integers(0, 2, len(on_street))
    at[on_street, axis] = np.round(at[on_street, axis] / STREET_DEG) * STREET_DEG
    at[on_street, axis] += random.normal(size=len(on_street)) * STREET_DEG / 20
    return np.asarray(at)


def numbers(n: int, seed: int) -> tuple[NDArray[np.int64], ...]:
    """Service, status, severity and day of each complaint, as numbers."""
    random = np.random.default_rng(seed)
    age_days = random.exponential(120.0, n).astype(np.int64)
    status = np.where(age_days < random.exponential(60.0, n), random.integers(0, 2, n), 2)
    return (
        random.choice(len(SERVICES), n, p=np.arange(8, 0, -1) / 36),
        status,
        random.choice([1, 2, 3], n, p=[0.3, 0.5, 0.2]),
        TODAY_DAY - age_days,
    )
