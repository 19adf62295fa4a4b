"""The demonstration city as frames in EPSG:4326, ready for tables, maps and statistics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from fieldops.demo.areas import as_multi
from fieldops.demo.sheet import in_degrees
from fieldops.demo.sketch import Area, Sketch

CITY: str = "Surakarta"

TRAFFIC_PER_DAY = {"arterial": 24_000, "collector": 9_000, "local": 1_100, "lane": 150}
"""Vehicles a day by street class: invented, in a plausible order of size."""


@dataclass(frozen=True)
class Places:
    """The demonstration's geography.

    Attributes
    ----------
    areas
        Columns kind ("city", "kecamatan", "kelurahan", "park"), name, parent and geometry (MultiPolygon).
    lines
        Columns kind ("street", "river", "railway"), name, line_class, jurisdiction ("national",
        "province", "city"), kelurahan ("" for a main street), traffic_per_day and geometry (LineString).
    landmarks
        Columns kind ("school", "market", "hospital"), name, kelurahan and geometry (Point).
    """

    areas: gpd.GeoDataFrame
    lines: gpd.GeoDataFrame
    landmarks: gpd.GeoDataFrame

    def area(self, kind: str) -> gpd.GeoDataFrame:
        """Return the areas of one kind."""
        return self.areas[self.areas["kind"] == kind].reset_index(drop=True)

    def line(self, kind: str) -> gpd.GeoDataFrame:
        """Return the lines of one kind."""
        return self.lines[self.lines["kind"] == kind].reset_index(drop=True)


def places(sketch: Sketch) -> Places:
    """Return the frames of a sketch."""
    return Places(_areas(sketch), _lines(sketch), _landmarks(sketch))


def _areas(sketch: Sketch) -> gpd.GeoDataFrame:
    kecamatan: dict[str, list[Area]] = {}
    for area in sketch.areas:
        kecamatan.setdefault(area.kecamatan, []).append(area)
    grounds = [area.ground for area in sketch.areas]
    rows: list[tuple[str, str, str, BaseGeometry]] = [("city", CITY, "", shapely.coverage_union_all(grounds))]
    rows += [
        ("kecamatan", name, CITY, shapely.coverage_union_all([area.ground for area in members]))
        for name, members in kecamatan.items()
    ]
    rows += [("kelurahan", area.name, area.kecamatan, area.ground) for area in sketch.areas]
    middles = shapely.get_coordinates([park.centroid for park in sketch.parks.values()])
    rows += [
        ("park", name, kelurahan, park)
        for (name, park), kelurahan in zip(sketch.parks.items(), sketch.kelurahan_of(middles), strict=True)
    ]
    return _frame(
        {
            "kind": [row[0] for row in rows],
            "name": [row[1] for row in rows],
            "parent": [row[2] for row in rows],
            "geometry": [in_degrees(as_multi(row[3])) for row in rows],
        }
    )


def _lines(sketch: Sketch) -> gpd.GeoDataFrame:
    rows = [
        ("street", street.name, street.street_class, street.keeper, street.kelurahan, street.line)
        for street in sketch.streets
    ]
    rows += [("river", name, "river", "province", "", line) for name, line in sketch.rivers.items()]
    rows += [("railway", name, "railway", "national", "", line) for name, line in sketch.railways.items()]
    return _frame(
        {
            "kind": [row[0] for row in rows],
            "name": [row[1] for row in rows],
            "line_class": [row[2] for row in rows],
            "jurisdiction": [row[3] for row in rows],
            "kelurahan": [row[4] for row in rows],
            "traffic_per_day": [TRAFFIC_PER_DAY.get(row[2], 0) for row in rows],
            "geometry": [in_degrees(row[5]) for row in rows],
        }
    )


def _landmarks(sketch: Sketch) -> gpd.GeoDataFrame:
    points = shapely.get_coordinates([landmark.place for landmark in sketch.landmarks])
    return _frame(
        {
            "kind": [landmark.kind for landmark in sketch.landmarks],
            "name": [landmark.name for landmark in sketch.landmarks],
            "kelurahan": sketch.kelurahan_of(points),
            "geometry": [in_degrees(landmark.place) for landmark in sketch.landmarks],
        }
    )


def _frame(columns: Mapping[str, Sequence[object]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry="geometry", crs="EPSG:4326")
