"""The drawing sheet that the demonstration city was digitised on.

A sheet position "8283 5712" is 110.8283° E, 7.5712° S: ten-thousandths of a degree, about 11 m, so that the
hand-drawn figures stay short. Shapes are made on the *plan*, a flat map in metres (x east, y north) around
the city's centre, whose error within the city is below 1 in 5,000, and leave the package as EPSG:4326.
"""

from typing import Final, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

CENTRE_LON: Final = 110.82
CENTRE_LAT: Final = -7.566
M_PER_DEGREE_LON: Final = 110_350.0  # WGS 84 at 7.566° S
M_PER_DEGREE_LAT: Final = 110_585.0

Points = NDArray[np.float64]
Shape = TypeVar("Shape", bound=BaseGeometry)

_SCALE = np.array([M_PER_DEGREE_LON, M_PER_DEGREE_LAT])
_CENTRE = np.array([CENTRE_LON, CENTRE_LAT])


def positions(drawn: str) -> Points:
    """Return plan metres, shape (n, 2), of sheet positions written as "8283 5712, 8255 5703"."""
    sheet = np.array([[float(part) for part in pair.split()] for pair in drawn.split(",")])
    degrees = np.column_stack([110 + sheet[:, 0] / 10_000, -7 - sheet[:, 1] / 10_000])
    return to_plan(degrees)


def smooth(points: Points, pieces: int = 4, *, closed: bool = False) -> Points:
    """Return a Catmull-Rom curve through the given points.

    The curve passes through every point given, so streets that share a position still meet there.

    Parameters
    ----------
    points
        Shape (n, 2), plan metres, n at least 2 (3 when closed).
    pieces
        Straight pieces between two given points.
    closed
        Whether the curve returns to its first point; the result then ends with it.
    """
    ends = (points[-1:], np.vstack([points[:1], points[1:2]])) if closed else (points[:1], points[-1:])
    padded = np.vstack([ends[0], points, ends[1]])
    before, first, second, after = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    curve = [
        0.5
        * (
            2 * first
            + (second - before) * t
            + (2 * before - 5 * first + 4 * second - after) * t**2
            + (3 * first - before - 3 * second + after) * t**3
        )
        for t in np.arange(pieces) / pieces
    ]
    return np.vstack([np.stack(curve, axis=1).reshape(-1, 2), second[-1:]])


def to_degrees(points: Points) -> Points:
    """Return (lon, lat) in degrees, EPSG:4326, of plan metres, shape (n, 2), to 0.1 m."""
    degrees: Points = np.round(points / _SCALE + _CENTRE, 6)
    return degrees


def to_plan(points: Points) -> Points:
    """Return plan metres of (lon, lat) in degrees, shape (n, 2)."""
    plan: Points = (points - _CENTRE) * _SCALE
    return plan


def in_degrees(shape: Shape) -> Shape:
    """Return a shape of the plan in EPSG:4326."""
    return shapely.transform(shape, to_degrees)


def on_plan(shape: Shape) -> Shape:
    """Return a shape in EPSG:4326 on the plan, in metres."""
    return shapely.transform(shape, to_plan)
