"""The cells of a study: grid cells, areas or road segments, and what is counted into them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import geopandas
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from geo.errors import GeoError
from geo.grid import Grid, cell_keys

Kind = Literal["square", "hexagon", "area", "segment"]
MOST_CELLS = 2_000_000
OUTSIDE = -1


@dataclass(frozen=True, eq=False)
class StudyCells:
    """The cells that a study tests, each once; everything in one projected CRS, metres.

    Parameters
    ----------
    kind
        What a cell is.
    keys
        Lasting number of each cell, int64, shape (n,), ascending: `cell_keys` for grids, so that two periods
        share them; the row (from 0) for areas and segments.
    geometry
        Shapely polygons, clipped to the study area, or lines, shape (n,).
    share
        How much of the whole cell lies in the study area, above 0 to 1, shape (n,); 1 for areas and segments.
    grid
        The grid, for squares and hexagons.
    cells
        Column and row of each cell of a grid, int64, shape (n, 2).
    area
        The study area of a grid.
    """

    kind: Kind
    keys: NDArray[np.int64]
    geometry: NDArray[np.object_]
    share: NDArray[np.float64]
    grid: Grid | None = None
    cells: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))
    area: BaseGeometry | None = None

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def area_km2(self) -> NDArray[np.float64]:
        """Area of each cell within the study area; 0 for segments."""
        return np.asarray(shapely.area(self.geometry) / 1e6, dtype=np.float64)

    def frame(self, crs: CRS, **columns: ArrayLike) -> geopandas.GeoDataFrame:
        """Return the cells as a GeoDataFrame with their keys, shares and what else is given.

        Parameters
        ----------
        crs
            The projected CRS the cells are in.
        **columns
            Values of each cell, shape (n,).
        """
        named = {"cell": self.keys, "covered_share": self.share, **columns}
        return geopandas.GeoDataFrame(named, geometry=self.geometry, crs=crs)


@dataclass(frozen=True, eq=False)
class Located:
    """In which cell each point lies.

    Parameters
    ----------
    cell
        Row of the point's cell (from 0), −1 where it lies in none, int64, shape (m,).
    n_cells
        Number of cells.
    """

    cell: NDArray[np.int64]
    n_cells: int

    @property
    def counts(self) -> NDArray[np.int64]:
        """Points in each cell, shape (n_cells,)."""
        return np.bincount(self.cell[self.cell >= 0], minlength=self.n_cells).astype(np.int64)

    @property
    def outside(self) -> int:
        """Points that lie in no cell: say how many, beside every count."""
        return int((self.cell == OUTSIDE).sum())


def grid_cells(grid: Grid, area: BaseGeometry) -> StudyCells:
    """Make the cells of a grid that share some ground with a study area, cut at its edge.

    Parameters
    ----------
    grid
        Squares or hexagons.
    area
        Polygon or MultiPolygon in a projected CRS, metres.

    Raises
    ------
    GeoError
        No area, an invalid one, or one that would take more than 2,000,000 cells.
    """
    if area.is_empty or area.area <= 0.0:
        raise GeoError("The study area is empty; it must be a polygon.")
    if not area.is_valid:
        raise GeoError(f"The study area is not valid: {shapely.is_valid_reason(area)}.")
    cells = grid.cells_within(*area.bounds, most=MOST_CELLS)
    whole = grid.polygons(cells)
    shapely.prepare(area)
    meets = shapely.intersects(area, whole)
    cells, whole = cells[meets], whole[meets]
    inside = shapely.contains_properly(area, whole)
    cut = whole.copy()
    cut[~inside] = _polygons_of(shapely.intersection(whole[~inside], area))
    share = np.where(inside, 1.0, np.minimum(shapely.area(cut) / shapely.area(whole), 1.0))
    kept = share > 1e-12
    order = np.argsort(cell_keys(cells[kept]), kind="stable")
    cells = cells[kept][order]
    return StudyCells(
        grid.shape, cell_keys(cells), cut[kept][order], share[kept][order], grid=grid, cells=cells, area=area
    )


def area_cells(polygons: ArrayLike) -> StudyCells:
    """Make cells of areas such as kelurahan.

    Parameters
    ----------
    polygons
        Shapely polygons in a projected CRS, shape (n,), valid and not empty.
        Their order is that of the cells.

    Raises
    ------
    GeoError
        A polygon that is empty or invalid; the message names its row (from 0).
    """
    areas = np.asarray(polygons, dtype=np.object_)
    bad = shapely.is_empty(areas) | ~shapely.is_valid(areas) | (shapely.get_dimensions(areas) != 2)
    if bad.any():
        raise GeoError(f"Row {int(np.argmax(bad))}: the area is no valid polygon.")
    return StudyCells("area", np.arange(len(areas)), areas, np.ones(len(areas)))


def segment_cells(lines: ArrayLike) -> StudyCells:
    """Make cells of road segments.

    Parameters
    ----------
    lines
        Shapely lines in a projected CRS, shape (n,), not empty. Their order is that of the cells.

    Raises
    ------
    GeoError
        A line that is empty or none; the message names its row (from 0).
    """
    segments = np.asarray(lines, dtype=np.object_)
    bad = shapely.is_empty(segments) | (shapely.get_dimensions(segments) != 1)
    if bad.any():
        raise GeoError(f"Row {int(np.argmax(bad))}: the road segment is no line.")
    return StudyCells("segment", np.arange(len(segments)), segments, np.ones(len(segments)))


def locate(cells: StudyCells, x_m: ArrayLike, y_m: ArrayLike, *, reach_m: float = 0.0) -> Located:
    """Find the cell of each point.

    Parameters
    ----------
    cells
        The cells.
    x_m, y_m
        Metres in the cells' CRS, finite, shape (m,); may be empty.
    reach_m
        For segments: how far the nearest one may be. Not used for grids and areas.

    Returns
    -------
    A point beyond the study area, in no area or out of reach is outside. On the border of areas, and at one
    distance from several segments, the lowest row wins.

    Raises
    ------
    GeoError
        A position that is not finite; the message names its row (from 0).
    """
    x, y = np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)
    bad = ~(np.isfinite(x) & np.isfinite(y))
    if bad.any():
        raise GeoError(f"Row {int(np.argmax(bad))}: the position is not finite.")
    if cells.grid is not None and cells.area is not None:
        return Located(_in_grid(cells, cells.grid, cells.area, x, y), len(cells))
    points, tree = shapely.points(x, y), shapely.STRtree(cells.geometry)
    if cells.kind == "area":
        row, found = tree.query(points, predicate="intersects")
    else:
        row, found = tree.query_nearest(points, max_distance=max(reach_m, 1e-9), all_matches=True)
    lowest = np.full(len(x), len(cells), dtype=np.int64)
    np.minimum.at(lowest, row, found)
    lowest[lowest == len(cells)] = OUTSIDE
    return Located(lowest, len(cells))


def _in_grid(
    cells: StudyCells, grid: Grid, area: BaseGeometry, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.int64]:
    if not len(cells):
        return np.full(len(x), OUTSIDE, dtype=np.int64)
    wanted = cell_keys(grid.cells(x, y))
    at = np.minimum(np.searchsorted(cells.keys, wanted), len(cells) - 1)
    found = np.where(cells.keys[at] == wanted, at, OUTSIDE)
    # Only in cells that are cut can a point be in the cell and yet beyond the edge.
    doubtful = np.flatnonzero((found >= 0) & (cells.share[found] < 1.0))
    shapely.prepare(area)
    beyond = ~shapely.intersects_xy(area, x[doubtful], y[doubtful])
    found[doubtful[beyond]] = OUTSIDE
    return found


def _polygons_of(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Drop what has no area: a border that a cell only touches is a line or a point."""
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    answer = shapes.copy()
    for place in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapes[place])
        answer[place] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return answer
