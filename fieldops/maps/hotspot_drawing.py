"""A map of hotspots as a drawing for paper: cells over the city's streets and water, with scale and north."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

BANDS: Final = {
    -3: "#2c3e8f", -2: "#6f83c4", -1: "#b9c4e4", 0: "#fbf9f5", 1: "#f3c98b", 2: "#d9822b", 3: "#8c3b07",
}  # fmt: skip
"""The light theme's colours: paper is white."""

INK, LINE, RIVER, LAND = "#1b1f24", "#cfc8bb", "#b7d2ea", "#f4f1ea"
WIDTH: Final = 1000.0
FONT: Final = "Libertinus Serif"
LETTERS: Final = f'text-anchor="middle" font-family="{FONT}" font-size="17" fill="{INK}"'
NICE_KM: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
NORTH_SIZE: Final = 34.0


@dataclass(frozen=True)
class Ground:
    """What lies under the cells, in EPSG:4326: outlines, main streets, water, and names with their places."""

    outlines: Sequence[BaseGeometry]
    streets: Sequence[BaseGeometry]
    water: Sequence[BaseGeometry]
    names: Sequence[tuple[str, BaseGeometry]] = ()


def hotspot_drawing(cells: gpd.GeoDataFrame, bands: NDArray[np.int64], ground: Ground, crs: CRS) -> str:
    """Return an SVG of 1000 units' width, in a projected CRS, north up.

    Parameters
    ----------
    cells
        In EPSG:4326, column is_tested.
    bands
        −3 to 3 for each cell, int, shape (n,).
    """
    shapes = cells.geometry.to_crs(crs)
    west, south, east, north = shapes.total_bounds
    margin = 0.03 * max(east - west, north - south)
    view = _View(west - margin, north + margin, WIDTH / (east - west + 2 * margin))
    height = (north - south + 2 * margin) * view.scale
    size = f'width="{WIDTH:.0f}" height="{height:.0f}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height:.0f}" {size}>',
        *_layer(ground.outlines, crs, view, f'fill="{LAND}" stroke="{LINE}" stroke-width="1.5"'),
        *_layer(ground.water, crs, view, f'fill="none" stroke="{RIVER}" stroke-width="4"'),
        *_cells(shapes.to_numpy(), bands, cells["is_tested"].to_numpy(dtype=bool), view),
        *_layer(
            ground.streets, crs, view, f'fill="none" stroke="{INK}" stroke-opacity=".35" stroke-width="1.2"'
        ),
        *_names(ground.names, crs, view),
        *_scale_bar(view, height),
        *_north_arrow(),
        "</svg>",
    ]
    return "".join(parts)


@dataclass(frozen=True)
class _View:
    left: float
    top: float
    scale: float

    def path(self, shape: BaseGeometry) -> str:
        """Return a shape as an SVG path."""
        rings: list[str] = []
        for part in shapely.get_parts(shape):
            lines = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
            for line in lines:
                places = shapely.get_coordinates(line)
                words = "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(*self.turned(places), strict=True))
                rings.append(f"M{words}{'Z' if part.geom_type == 'Polygon' else ''}")
        return "".join(rings)

    def turned(self, places: NDArray[np.float64]) -> tuple[Any, Any]:
        """Return columns x and y of the drawing."""
        return (places[:, 0] - self.left) * self.scale, (self.top - places[:, 1]) * self.scale


def _layer(shapes: Sequence[BaseGeometry], crs: CRS, view: _View, style: str) -> list[str]:
    if not len(shapes):
        return []
    turned = gpd.GeoSeries(list(shapes), crs="EPSG:4326").to_crs(crs)
    return [f'<path d="{"".join(view.path(shape) for shape in turned)}" {style} stroke-linejoin="round"/>']


def _cells(
    shapes: NDArray[np.object_], bands: NDArray[np.int64], tested: NDArray[np.bool_], view: _View
) -> list[str]:
    out = []
    for band in sorted(BANDS, key=abs):  # the strongest outline lies on top
        some = "".join(view.path(shape) for shape in shapes[tested & (bands == band)])
        if some:
            line = (
                f'stroke="{INK}" stroke-width="1.6"'
                if abs(band) == 3
                else f'stroke="{LINE}" stroke-width=".8"'
            )
            out.append(
                f'<path d="{some}" fill="{BANDS[band]}" fill-opacity="{0.55 if band == 0 else 0.9}" {line}/>'
            )
    untested = "".join(view.path(shape) for shape in shapes[~tested])
    if untested:
        out.append(
            f'<path d="{untested}" fill="none" stroke="{LINE}" stroke-width=".8" stroke-dasharray="3 3"/>'
        )
    return out


def _names(names: Sequence[tuple[str, BaseGeometry]], crs: CRS, view: _View) -> list[str]:
    if not names:
        return []
    places = gpd.GeoSeries([place for _name, place in names], crs="EPSG:4326").to_crs(crs)
    out = []
    for (name, _place), place in zip(names, places, strict=True):
        x, y = view.turned(shapely.get_coordinates(place.representative_point()))
        style = f'x="{x[0]:.0f}" y="{y[0]:.0f}" text-anchor="middle" font-family="{FONT}" font-size="15"'
        out.append(
            f'<text {style} stroke="#fff" stroke-width="4" stroke-linejoin="round">{escape(name)}</text>'
        )
        out.append(f'<text {style} fill="{INK}">{escape(name)}</text>')
    return out


def _scale_bar(view: _View, height: float) -> list[str]:
    length_km = max((one for one in NICE_KM if one * 1000 * view.scale <= WIDTH / 4), default=NICE_KM[0])
    length, y = length_km * 1000 * view.scale, height - 24
    words = f"{length_km:g} km" if length_km >= 1 else f"{length_km * 1000:g} m"
    return [
        f'<path d="M20 {y - 8:.0f}v8h{length:.1f}v-8" fill="none" stroke="{INK}" stroke-width="2"/>',
        f'<text x="{20 + length / 2:.0f}" y="{y - 8:.0f}" {LETTERS}>{words}</text>',
    ]


def _north_arrow() -> list[str]:
    x, top = WIDTH - 36, 18.0
    return [
        f'<path d="M{x} {top}l11 {NORTH_SIZE}-11-8-11 8z" fill="{INK}"/>',
        f'<text x="{x}" y="{top + NORTH_SIZE + 18}" {LETTERS}>N</text>',
    ]
