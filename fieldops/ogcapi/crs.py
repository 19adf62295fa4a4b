"""Coordinate systems by reference (OGC API – Features, part 2): degrees, degrees the other way round, metres.

Coordinates are told in the order of axes that each system's authority lays down: CRS84 longitude first,
EPSG:4326 latitude first, UTM easting first.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry

from fieldops.domain.city import City
from fieldops.errors import InvalidInput

CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
WGS84: Final = "http://www.opengis.net/def/crs/EPSG/0/4326"
DEGREE_DECIMALS: Final = 7  # about 1 cm
METRE_DECIMALS: Final = 2
EDGE_PARTS: Final = 16
"""A side of a box in metres is bent in degrees: so many straight parts stand for it."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """A coordinate system that answers may be in and boxes may be told in.

    Parameters
    ----------
    uri
        Its name in the standard's register.
    epsg
        Its code; 0 stands for CRS84.
    """

    uri: str
    epsg: int

    @property
    def is_degrees(self) -> bool:
        """Whether it is one of the two in degrees."""
        return self.epsg in (0, 4326)

    def told(self, degrees: Numbers) -> Numbers:
        """Return coordinates of this system for (lon, lat) in degrees, both of shape (n, 2), rounded."""
        if self.epsg == 0:
            return np.round(degrees, DEGREE_DECIMALS)
        if self.epsg == 4326:
            return np.round(degrees[:, ::-1], DEGREE_DECIMALS)
        first, second = _transformer(self.epsg).transform(degrees[:, 0], degrees[:, 1])
        return np.round(np.column_stack((first, second)), METRE_DECIMALS)

    def boxes(self, numbers: tuple[float, float, float, float]) -> tuple[BaseGeometry, ...]:
        """Return the shapes in degrees (lon, lat) of a box of this system: two where it crosses the 180°
        meridian, which it does when it begins east of where it ends.

        Raises
        ------
        InvalidInput
            No box of this system.
        """
        if not self.is_degrees:
            return (self._box_of_metres(numbers),)
        first, second, third, fourth = numbers
        west, south, east, north = (
            (first, second, third, fourth) if self.epsg == 0 else (second, first, fourth, third)
        )
        if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
            raise InvalidInput(
                "bbox: %(found)s is no box on the globe. Longitudes go from -180 to 180, latitudes from the "
                "southern one up, -90 to 90; the order is %(order)s.",
                field="bbox",
                found=f"{first:g},{second:g},{third:g},{fourth:g}",
                order="west,south,east,north" if self.epsg == 0 else "south,west,north,east",
            )
        if west <= east:
            return (_flat(box(west, south, east, north)),)
        return _flat(box(west, south, 180.0, north)), _flat(box(-180.0, south, east, north))

    def _box_of_metres(self, numbers: tuple[float, float, float, float]) -> BaseGeometry:
        first, second, third, fourth = numbers
        if first > third or second > fourth:
            raise InvalidInput(
                "bbox: %(found)s ends before it begins. Lower corner first, then the upper one.",
                field="bbox",
                found=f"{first:g},{second:g},{third:g},{fourth:g}",
            )
        whole = box(first, second, third, fourth)
        longest = max(third - first, fourth - second)
        bent = shapely.segmentize(whole, longest / EDGE_PARTS) if longest else whole
        corners = shapely.get_coordinates(bent)
        lon, lat = _transformer(self.epsg).transform(corners[:, 0], corners[:, 1], direction="INVERSE")
        if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
            raise InvalidInput(
                "bbox: %(found)s lies outside of what EPSG:%(epsg)s can describe.",
                field="bbox",
                found=f"{first:g},{second:g},{third:g},{fourth:g}",
                epsg=self.epsg,
            )
        turned = Polygon(np.column_stack((lon, lat)))
        return turned if first < third and second < fourth else turned.convex_hull


def references_of(city: City) -> dict[str, Reference]:
    """Return the systems that a city's features come in, by their names; the first is the default."""
    known = (
        Reference(CRS84, 0),
        Reference(WGS84, 4326),
        Reference(f"http://www.opengis.net/def/crs/EPSG/0/{city.epsg}", city.epsg),
    )
    return {one.uri: one for one in known}


def _flat(whole: Polygon) -> BaseGeometry:
    """A box without width or height as the line or point that it is: a polygon of no area meets nothing."""
    return whole if whole.area else whole.convex_hull


@lru_cache(maxsize=8)
def _transformer(epsg: int) -> Transformer:
    return Transformer.from_crs(CRS.from_user_input("OGC:CRS84"), CRS.from_epsg(epsg))
