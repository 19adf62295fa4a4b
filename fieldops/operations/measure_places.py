"""How far places are from each other, in the city's projected CRS."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlalchemy.orm import Session

from fieldops.domain.city import City
from fieldops.queries.landmarks import all_landmarks
from geo.crs import projected_crs, to_metres

LonLat = tuple[float, float]

BESIDE_M: Final = 150.0
"""A landmark this near makes damage worse (the reach that exposure uses)."""

CANDIDATES_M: Final = 500.0
"""How far staff look for a cluster to merge with (product reference §6)."""


def _metres(city: City, places: Sequence[LonLat]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    lon, lat = [place[0] for place in places], [place[1] for place in places]
    x, y = to_metres(lon, lat, projected_crs(lon, lat, epsg=city.epsg))
    return np.column_stack([x, y])


def distances_m(city: City, origin: LonLat, places: Sequence[LonLat]) -> list[float]:
    """Return how far each place (lon, lat) is from the origin, in metres."""
    if not places:
        return []
    at = _metres(city, [origin, *places])
    return [float(away) for away in np.hypot(*(at[1:] - at[0]).T)]


@dataclass(frozen=True)
class Beside:
    """A landmark and how far it is."""

    name: str
    kind: str
    away_m: float


def landmarks_beside(session: Session, city: City, places: Sequence[LonLat]) -> list[Beside | None]:
    """Return the nearest landmark within reach of each place (lon, lat), None where there is none."""
    marks = all_landmarks(session)
    if not marks or not places:
        return [None] * len(places)
    at = _metres(city, [*places, *((lon, lat) for _mark, lon, lat in marks)])
    found: list[Beside | None] = []
    for place in at[: len(places)]:
        away = np.hypot(*(at[len(places) :] - place).T)
        nearest = int(away.argmin())
        mark = marks[nearest][0]
        found.append(
            Beside(mark.name, mark.kind, float(away[nearest])) if away[nearest] <= BESIDE_M else None
        )
    return found
