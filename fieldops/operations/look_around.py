"""What is known around a place that everybody may see, nearest first."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.city import City
from fieldops.queries.public import PublicRequest, public_requests, street_at
from fieldops.queries.spatial import box_around
from geo.crs import projected_crs, to_metres

RADII_M: Final = (500.0, 1_000.0, 3_000.0, 10_000.0)
ENOUGH: Final = 5
MOST_REPAIRED_SHARE: Final = 0.4
"""How much of a list may be repaired places: the open ones are what a neighbour looks for (ours)."""


Away = tuple[float, PublicRequest]


@dataclass(frozen=True)
class Near:
    """A public request, how far away it is, and its street."""

    request: PublicRequest
    distance_m: float
    street: str


@dataclass(frozen=True)
class Around:
    """The public requests within `radius_m` of a point, nearest first; `total` counts all of them."""

    radius_m: float
    total: int
    nearest: list[Near]


def look_around(
    session: Session, city: City, lon: float, lat: float, *, most: int, family: str = "", enough: int = ENOUGH
) -> Around:
    """Return the nearest public requests, in the smallest of a few radii that holds enough open ones.

    Parameters
    ----------
    lon, lat
        Degrees, inside the served city.
    most
        Longest list wanted.
    family
        Only this family of services; all when empty.
    enough
        How many open ones make a radius wide enough.
    """
    found: list[Away] = []
    radius_m = RADII_M[0]
    for radius_m in RADII_M:
        found = _within(session, city, lon, lat, radius_m)
        found = [pair for pair in found if not family or pair[1].family == family]
        if sum(not one.repaired for _away, one in found) >= enough:
            break
    nearest = [Near(one, away, street_at(session, one.lon, one.lat)) for away, one in _listed(found, most)]
    return Around(radius_m, len(found), nearest)


def distances_m(city: City, lon: float, lat: float, places: list[tuple[float, float]]) -> NDArray[np.float64]:
    """Return the distance of each (lon, lat) in degrees from a point, in metres, shape (n,)."""
    crs = projected_crs([lon], [lat], epsg=city.epsg)
    x, y = to_metres([lon, *(place[0] for place in places)], [lat, *(place[1] for place in places)], crs)
    away: NDArray[np.float64] = np.hypot(x[1:] - x[0], y[1:] - y[0])
    return away


def _within(session: Session, city: City, lon: float, lat: float, radius_m: float) -> list[Away]:
    shown = public_requests(session, clock.now(), box_around(lon, lat, radius_m))
    away = distances_m(city, lon, lat, [(one.lon, one.lat) for one in shown]).tolist()
    pairs = [(metres, one) for metres, one in zip(away, shown, strict=True) if metres <= radius_m]
    return sorted(pairs, key=lambda pair: (pair[0], pair[1].id))


def _listed(found: list[Away], most: int) -> list[Away]:
    """Return the nearest, with room for open ones first; still in order of distance."""
    open_ones = [pair for pair in found if not pair[1].repaired]
    repaired = [pair for pair in found if pair[1].repaired]
    room = max(most - len(open_ones), int(most * MOST_REPAIRED_SHARE))
    repaired = repaired[:room]
    return sorted([*open_ones[: most - len(repaired)], *repaired], key=lambda pair: (pair[0], pair[1].id))
