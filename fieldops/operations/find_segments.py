"""Finding the segment that somebody stands on, and the segments of one street."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from geoalchemy2.shape import to_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from fieldops.domain.city import City
from fieldops.models import Line
from fieldops.operations.linking_rules import city_crs
from fieldops.operations.record_survey import line_length_m
from fieldops.queries.spatial import box_around
from fieldops.queries.surveys import LineShown, lines_near
from geo.crs import to_metres
from geo.statistics.segments import Segments, cut_segments, segment_bounds

NEAR_M: Final = 75.0
MOST_NEAR: Final = 6


@dataclass(frozen=True)
class SegmentNear:
    """A segment near a place, and how far off it is."""

    line_id: int
    street: str
    from_m: float
    to_m: float
    away_m: float


def segments_near(session: Session, city: City, lon: float, lat: float) -> list[SegmentNear]:
    """Return the segments within 75 m of a place, the nearest of each street first, at most six."""
    lines = lines_near(session, box_around(lon, lat, NEAR_M))
    if not lines:
        return []
    cut = cut_lines(lines, city)
    x_m, y_m = to_metres([lon], [lat], city_crs(city))
    away = shapely.distance(cut.geometry, shapely.Point(x_m[0], y_m[0]))
    found = [
        SegmentNear(
            lines[cut.line[row]].id,
            lines[cut.line[row]].name,
            float(cut.from_m[row]),
            float(cut.to_m[row]),
            float(away[row]),
        )
        for row in np.argsort(away, kind="stable").tolist()
        if away[row] <= NEAR_M
    ]
    return found[:MOST_NEAR]


def cut_lines(lines: list[LineShown], city: City) -> Segments:
    """Cut lines in degrees into segments in the city's projected CRS."""
    return cut_segments(np.array([in_metres(line.shape, city) for line in lines], dtype=np.object_))


def in_metres(shape: BaseGeometry, city: City) -> BaseGeometry:
    """Project a shape in degrees."""
    crs = city_crs(city)
    moved: BaseGeometry = shapely.transform(
        shape, lambda places: np.column_stack(to_metres(places[:, 0], places[:, 1], crs))
    )
    return moved


def segments_of(line: Line, city: City) -> list[tuple[float, float]]:
    """Return where the segments of a street begin and end, in metres along it."""
    return segment_bounds(line_length_m(line, city))


ENDS: Final = ("north", "north_east", "east", "south_east", "south", "south_west", "west", "north_west")


def first_end(line: Line, city: City) -> str:
    """Return at which end of a street its metres begin: the direction from its last point to its first, or
    ``ring`` where both are one.
    """
    places = in_metres(to_shape(line.shape), city).coords
    east, north = places[0][0] - places[-1][0], places[0][1] - places[-1][1]
    if math.hypot(east, north) < 1.0:
        return "ring"
    return ENDS[round(math.degrees(math.atan2(east, north)) / 45.0) % 8]
