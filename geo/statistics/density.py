"""Density of points as a smooth surface per km². It shows where many are; it is no test of anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError
from geo.statistics.columns import finite_columns
from geo.statistics.compiled import loop
from geo.statistics.refusals import refuse_below

Floats = NDArray[np.float64]
Bounds = tuple[float, float, float, float]

TRUNCATE: Final = 4.0
CELLS_PER_BANDWIDTH: Final = 4.0
MOST_CELLS: Final = 4_096**2
LEAST_POINTS: Final = 30
FEW_POINTS: Final = "There are {found} points; at least {needed} are needed."
M2_PER_KM2: Final = 1e6


@dataclass(frozen=True, slots=True)
class DensitySurface:
    """Density on square cells.

    Attributes
    ----------
    x_m, y_m
        Lower left corner of the first cell, metres.
    cell_m
        Side of a cell.
    per_km2
        Points (or weight) per km², float32, shape (rows, columns), the first row southernmost; NaN outside
        the study area.
    bandwidth_m
        Standard deviation of the kernel.
    counted, outside
        Points that the surface is made of, and points outside the study area, which it is not made of.
    is_edge_corrected
        Whether a study area was given and its edges were corrected for.
    """

    x_m: float
    y_m: float
    cell_m: float
    per_km2: NDArray[np.float32]
    bandwidth_m: float
    counted: int
    outside: int
    is_edge_corrected: bool

    def centres(self) -> tuple[Floats, Floats]:
        """Return x of the columns' and y of the rows' middles, metres."""
        rows, columns = self.per_km2.shape
        x_m = np.asarray(self.x_m + (np.arange(columns) + 0.5) * self.cell_m, dtype=np.float64)
        return x_m, np.asarray(self.y_m + (np.arange(rows) + 0.5) * self.cell_m, dtype=np.float64)


def density(
    x_m: ArrayLike,
    y_m: ArrayLike,
    bandwidth_m: float,
    *,
    cell_m: float | None = None,
    area: shapely.Polygon | shapely.MultiPolygon | None = None,
    bounds: Bounds | None = None,
    weights: ArrayLike | None = None,
) -> DensitySurface:
    """Estimate density by a Gaussian kernel.

    Points are shared between the four nearest cells (linear binning) and smoothed in one pass along each
    axis. The variance that the binning adds, cell² / 6, is taken from the kernel's.

    Parameters
    ----------
    x_m, y_m
        Metres in a projected CRS, shape (n,), finite.
    bandwidth_m
        Standard deviation of the kernel; it reaches four times as far.
    cell_m
        Side of a cell, at most a quarter of the bandwidth; without it just that.
    area
        Study area in the same CRS. Points outside do not count, cells outside are NaN, and what the kernel
        spills over the edge is made good by dividing by the share of it that lies inside (Diggle 1985).
    bounds
        West, south, east, north of the surface, metres, without an area: by default three bandwidths around
        the points.
    weights
        What each point counts for, shape (n,), 0 or more; by default 1.

    Raises
    ------
    TooFewData
        Fewer than 30 points inside.
    GeoError
        A cell above a quarter of the bandwidth, more than 16.8 million cells, an empty area, or bad columns.
    """
    x, y, weight = _columns(x_m, y_m, weights)
    cell = _cell(bandwidth_m, cell_m)
    given = len(x)
    if area is not None:
        inside = _inside(area, x, y)
        x, y, weight = x[inside], y[inside], weight if weight is None else weight[inside]
    refuse_below("points", len(x), LEAST_POINTS, FEW_POINTS)
    frame = area.bounds if area is not None else bounds or _around(x, y, 3.0 * bandwidth_m)
    west, south, east, north = frame
    columns, rows = _cells(east - west, cell), _cells(north - south, cell)
    if rows * columns > MOST_CELLS:
        raise GeoError(
            f"{columns:,} × {rows:,} cells of {cell:g} m are more than {MOST_CELLS:,}; take a wider "
            "bandwidth or a smaller area."
        )
    weight = np.empty(0) if weight is None else weight
    binned = _binned(x, y, weight, west, south, cell, rows, columns)
    # Linear binning spreads each point by cell²/6 on average: the kernel is made narrower by as much.
    sigma = np.sqrt((bandwidth_m / cell) ** 2 - 1.0 / 6.0)
    surface = _smooth(binned, sigma)[1:-1, 1:-1]
    if area is not None:
        surface = _corrected(
            surface, area, (west, south, cell), np.sqrt((bandwidth_m / cell) ** 2 - 1.0 / 12.0)
        )
    surface *= np.float32(M2_PER_KM2 / cell**2)
    return DensitySurface(west, south, cell, surface, bandwidth_m, len(x), given - len(x), area is not None)


def suggest_bandwidth(x_m: ArrayLike, y_m: ArrayLike) -> float:
    """Suggest a bandwidth: that which suits points of one round heap (normal reference rule, two dimensions).

    h = s · n^(−1/6), where s is the lesser of the root mean square of the two axes' standard deviations and
    the median distance from the mean centre over √(2 ln 2), which few far points do not widen (Scott 1992;
    Silverman 1986). A city is no round heap: take it for the widest that makes sense, and try a half and a
    quarter.

    Parameters
    ----------
    x_m, y_m
        Metres in a projected CRS, shape (n,), finite.

    Raises
    ------
    TooFewData
        Fewer than 30 points, or all on one place.
    GeoError
        Bad columns.
    """
    x, y, _ = _columns(x_m, y_m, None)
    refuse_below("points", len(x), LEAST_POINTS, FEW_POINTS)
    away_m = np.hypot(x - x.mean(), y - y.mean())
    by_square = float(np.sqrt((away_m**2).mean() / 2.0))
    by_median = float(np.median(away_m) / np.sqrt(2.0 * np.log(2.0)))
    # Half of the points on one place leave a median of 0: then only the squares speak.
    spread = min(by_square, by_median) if by_median > 0.0 else by_square
    places = 1 if by_square == 0.0 else 2
    refuse_below(
        "places",
        places,
        2,
        "All points lie on one place; at least {needed} places are needed for a bandwidth.",
    )
    return float(spread * len(x) ** (-1.0 / 6.0))


def exact_density(x_m: ArrayLike, y_m: ArrayLike, bandwidth_m: float, at_m: ArrayLike) -> Floats:
    """Sum the kernel over all points at some places, per km², without edges: what `density` is judged by.

    Parameters
    ----------
    x_m, y_m
        Points, metres, shape (n,).
    at_m
        Places, metres, shape (k, 2).
    """
    x, y, _ = _columns(x_m, y_m, None)
    found = np.empty(len(np.atleast_2d(at_m)))
    for k, (px, py) in enumerate(np.atleast_2d(np.asarray(at_m, dtype=np.float64))):
        found[k] = np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2.0 * bandwidth_m**2)).sum()
    return found * (M2_PER_KM2 / (2.0 * np.pi * bandwidth_m**2))


# ---------------------------------------------------------------- within


def _columns(
    x_m: ArrayLike, y_m: ArrayLike, weights: ArrayLike | None
) -> tuple[Floats, Floats, Floats | None]:
    x, y = finite_columns(x=x_m, y=y_m)
    if weights is None:
        return x, y, None
    weight = np.ascontiguousarray(weights, dtype=np.float64)
    if weight.shape != x.shape or not (np.isfinite(weight) & (weight >= 0.0)).all():
        raise GeoError(f"Weights must be {len(x)} numbers of 0 or more.")
    return x, y, weight


def _cell(bandwidth_m: float, cell_m: float | None) -> float:
    if not 0.0 < bandwidth_m < np.inf:
        raise GeoError(f"A bandwidth must be above 0 m, not {bandwidth_m:g}.")
    cell = bandwidth_m / CELLS_PER_BANDWIDTH if cell_m is None else cell_m
    if not 0.0 < cell <= bandwidth_m / CELLS_PER_BANDWIDTH * (1.0 + 1e-9):
        raise GeoError(
            f"Cells of {cell:g} m are too coarse for a bandwidth of {bandwidth_m:g} m: at most a quarter of "
            f"it, {bandwidth_m / CELLS_PER_BANDWIDTH:g} m, above 0."
        )
    return cell


def _inside(area: shapely.Polygon | shapely.MultiPolygon, x: Floats, y: Floats) -> NDArray[np.bool_]:
    if area.is_empty or not area.area > 0.0:
        raise GeoError("The study area is empty.")
    shapely.prepare(area)
    return np.asarray(shapely.intersects_xy(area, x, y), dtype=np.bool_)


def _around(x: Floats, y: Floats, margin_m: float) -> Bounds:
    return (
        float(x.min()) - margin_m,
        float(y.min()) - margin_m,
        float(x.max()) + margin_m,
        float(y.max()) + margin_m,
    )


def _cells(length_m: float, cell_m: float) -> int:
    return max(1, int(np.ceil(length_m / cell_m - 1e-9)))


def _smooth(binned: Floats | NDArray[np.bool_], sigma: float) -> NDArray[np.float32]:
    reach = int(TRUNCATE * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(reach + 1) / sigma) ** 2)
    kernel /= kernel[0] + 2.0 * kernel[1:].sum()
    half = kernel.astype(np.float32)
    across = _convolved(binned.astype(np.float32), half)
    along: NDArray[np.float32] = _convolved(np.ascontiguousarray(across.T), half)
    return np.ascontiguousarray(along.T)


def _corrected(
    surface: NDArray[np.float32], area: shapely.Geometry, origin: tuple[float, float, float], sigma: float
) -> NDArray[np.float32]:
    west, south, cell = origin
    rows, columns = surface.shape
    x, y = np.meshgrid(west + (np.arange(columns) + 0.5) * cell, south + (np.arange(rows) + 0.5) * cell)
    is_inside = shapely.intersects_xy(area, x.ravel(), y.ravel()).reshape(rows, columns)
    share = _smooth(np.pad(is_inside, 1), sigma)[1:-1, 1:-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(is_inside, surface / share, np.float32(np.nan)).astype(np.float32)


@loop
def _binned(
    x: Floats, y: Floats, weight: Floats, west: float, south: float, cell: float, rows: int, columns: int
) -> Floats:
    """One cell more on each side takes what is shared over the edge; what lies farther out is left out."""
    wide = columns + 2
    grid = np.zeros((rows + 2) * wide, np.float64)
    per_cell = 1.0 / cell
    for k in range(len(x)):
        across, up = (x[k] - west) * per_cell + 0.5, (y[k] - south) * per_cell + 0.5
        if not (0.0 <= across < columns + 1 and 0.0 <= up < rows + 1):
            continue
        column, row = int(across), int(up)
        one = weight[k] if len(weight) else 1.0
        right, above = (across - column) * one, up - row
        both = right * above
        # Unsigned places spare a look for negative ones, which would count from the end.
        low = np.uint64(row * wide + column)
        high = low + np.uint64(wide)
        grid[low] += one - right - above * one + both
        grid[low + np.uint64(1)] += right - both
        grid[high] += above * one - both
        grid[high + np.uint64(1)] += both
    return grid.reshape((rows + 2, wide))


@loop
def _convolved(values: NDArray[np.float32], kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Half a symmetric kernel along each row; nothing lies beyond the ends."""
    rows, columns = values.shape
    reach = len(kernel) - 1
    found = np.empty((rows, columns), np.float32)
    padded = np.zeros(columns + 2 * reach, np.float32)
    for row in range(rows):
        padded[reach : reach + columns] = values[row]
        line = found[row]
        for column in range(columns):
            line[column] = kernel[0] * padded[reach + column]
        for k in range(1, reach + 1):
            left, right = padded[reach - k :], padded[reach + k :]
            for column in range(columns):
                line[column] += kernel[k] * (left[column] + right[column])
    return found
