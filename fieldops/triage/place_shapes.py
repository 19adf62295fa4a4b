"""Metres around a city's centre, and the points that streets, areas and landmarks give there."""

from dataclasses import dataclass
from math import cos, hypot, pi, radians, sqrt
from typing import Final

import numpy as np
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

METRES_PER_DEGREE: Final = 111_320.0

STEPS: Final = {"north": (0.0, 1.0), "south": (0.0, -1.0), "east": (1.0, 0.0), "west": (-1.0, 0.0)}
STEP_M: Final = 60.0
REACH_M: Final = {"front": 40.0, "beside": 60.0, "across": 60.0, "behind": 90.0, "near": 120.0}
SIDE_M: Final = 90.0
BARE_M: Final = 100.0
"""How far from a landmark a place may be for each relation (ours)."""


@dataclass(frozen=True)
class Spot:
    """A point in metres from the city's centre and how far around it the place may be."""

    x_m: float
    y_m: float
    radius_m: float


@dataclass(frozen=True)
class Plane:
    """Flat metres around a centre, good to a thousandth over a city."""

    lon: float
    lat: float

    @property
    def _scale(self) -> tuple[float, float]:
        return METRES_PER_DEGREE * cos(radians(self.lat)), METRES_PER_DEGREE

    def flat(self, shape: BaseGeometry) -> BaseGeometry:
        """Return a shape in degrees as one in metres."""
        offset, scale = np.array([self.lon, self.lat]), np.array(self._scale)
        return shapely.transform(shape, lambda degrees: (degrees - offset) * scale)

    def degrees(self, spot: Spot) -> tuple[float, float]:
        """Return (lon, lat) of a spot."""
        wide, high = self._scale
        return self.lon + spot.x_m / wide, self.lat + spot.y_m / high


def at_landmark(shape: BaseGeometry, relation: str) -> Spot:
    """Return where "in front of", "north of" and the like are; without a relation, around it."""
    point = shape.centroid
    east, north = STEPS.get(relation, (0.0, 0.0))
    reach_m = SIDE_M if relation in STEPS else REACH_M.get(relation, BARE_M)
    return Spot(point.x + east * STEP_M, point.y + north * STEP_M, reach_m)


def on_street(street: BaseGeometry, spot: Spot, farthest_m: float) -> Spot | None:
    """Return a spot moved onto a street, None when the street is farther than that."""
    here = Point(spot.x_m, spot.y_m)
    if street.distance(here) > farthest_m:
        return None
    there = nearest_points(street, here)[0]
    return Spot(there.x, there.y, max(spot.radius_m, 40.0))


def along(street: BaseGeometry) -> Spot:
    """Return the middle of a street; the radius reaches both its ends."""
    middle = nearest_points(street, street.centroid)[0]
    return Spot(middle.x, middle.y, max(40.0, _reach(street, middle)))


def inside(street: BaseGeometry, area: BaseGeometry) -> Spot | None:
    """Return the middle of a street's part in an area, None when it does not pass there."""
    part = street.intersection(area)
    return None if part.is_empty else along(part)


def over(area: BaseGeometry) -> Spot:
    """Return the middle of an area; the radius is that of a circle as large, and a fifth more."""
    middle = area.representative_point() if not area.contains(area.centroid) else area.centroid
    return Spot(middle.x, middle.y, max(50.0, 1.2 * sqrt(area.area / pi)))


def crossing(one: BaseGeometry, other: BaseGeometry, gap_m: float) -> Spot | None:
    """Return where two streets meet, or nearly do; the first of several from the west."""
    meeting = one.intersection(other)
    if meeting.is_empty:
        if one.distance(other) > gap_m:
            return None
        first, second = nearest_points(one, other)
        return Spot((first.x + second.x) / 2, (first.y + second.y) / 2, 30.0)
    points = sorted((part.centroid.x, part.centroid.y) for part in getattr(meeting, "geoms", [meeting]))
    spread = max(hypot(x - points[0][0], y - points[0][1]) for x, y in points)
    return Spot(*points[0], 25.0 + spread)


def _reach(shape: BaseGeometry, middle: Point) -> float:
    return float(np.hypot(*(shapely.get_coordinates(shape) - [middle.x, middle.y]).T).max())
