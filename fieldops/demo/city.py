"""The whole demonstration city from one seed and one moment."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from fieldops.demo.crews import DemoCrew, DemoDepot, DemoShift, crews, depots, shifts
from fieldops.demo.defects import WARM_UP_DAYS, defects, first_day
from fieldops.demo.fates import fates
from fieldops.demo.hours import WIB
from fieldops.demo.places import Places, places
from fieldops.demo.rain import RainDay, rain
from fieldops.demo.requests import DemoDefect, DemoRequest, Writer, truths
from fieldops.demo.sketch import draw
from fieldops.domain.city import load_city

DAYS: Final = 90
REQUESTS: Final = 3_000
PROFILE: Final = "surakarta"

_TOLD_SHARE: Final = 0.9  # the rest would come after the repair or after the end


@dataclass(frozen=True)
class DemoCity:
    """All of the demonstration; `rain` covers the ninety days, `end` is its present."""

    seed: int
    end: datetime
    places: Places
    depots: tuple[DemoDepot, ...]
    crews: tuple[DemoCrew, ...]
    shifts: tuple[DemoShift, ...]
    rain: tuple[RainDay, ...]
    defects: tuple[DemoDefect, ...]
    requests: tuple[DemoRequest, ...]

    def fingerprint(self) -> str:
        """Return a digest over every value and shape: equal for equal seeds and ends."""
        digest = hashlib.sha256()
        for frame in (self.places.areas, self.places.lines, self.places.landmarks):
            digest.update(b"".join(frame.geometry.to_wkb()))
            digest.update(frame.drop(columns="geometry").to_csv(index=False).encode())
        for values in (self.depots, self.crews, self.shifts, self.rain, self.defects, self.requests):
            digest.update(repr(values).encode())
        return digest.hexdigest()


def city(seed: int, end: datetime) -> DemoCity:
    """Return the demonstration city as it stands at `end`.

    Parameters
    ----------
    seed
        The same seed and end give the same city, to the last byte.
    end
        The demonstration's present, aware; requests reach back `DAYS` local days from it.

    Raises
    ------
    ValueError
        `end` has no time zone.
    """
    if end.tzinfo is None:
        raise ValueError("the demonstration's end needs an aware time")
    end = end.astimezone(UTC).replace(microsecond=0)
    today = end.astimezone(WIB).date()
    ground, weather, damage, courses, people, evidence = np.random.default_rng(seed).spawn(6)
    sketch = draw(ground)
    series = rain(first_day(today, DAYS), DAYS + WARM_UP_DAYS, weather)
    found = defects(sketch, series, round(REQUESTS / _TOLD_SHARE), damage)
    told = fates(found, sketch.streets, series[WARM_UP_DAYS:], end, courses)
    profile = load_city(PROFILE)
    return DemoCity(
        seed=seed,
        end=end,
        places=places(sketch),
        depots=depots(profile),
        crews=crews(profile),
        shifts=shifts(profile, today, DAYS),
        rain=series[WARM_UP_DAYS:],
        defects=truths(sketch, told, end, evidence),
        requests=Writer(sketch, told, end, people).write(),
    )
