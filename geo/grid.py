"""Cells of a fixed grid: squares or hexagons over a projected CRS, from one origin for all time.

The origin is that of the CRS, so two periods, two maps and two cities in one zone share their cells.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError

HALF = 1 << 31
CORNERS = {
    "square": (np.array([-1, -1, 1, 1]), np.array([1, -1, -1, 1])),
    "hexagon": (np.array([0, -1, -1, 0, 1, 1]), np.array([2, 1, -1, -2, -1, 1])),
}
"""From the middle to each corner, in steps of the lattice that corners lie on, anticlockwise."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid of equal cells.

    Parameters
    ----------
    size_m
        Width of a cell: a square's side, a hexagon's distance between two opposite sides.
    shape
        Squares, or hexagons with a corner up.

    Raises
    ------
    GeoError
        A size that is not above 0.
    """

    size_m: float
    shape: Literal["square", "hexagon"] = "square"

    def __post_init__(self) -> None:
        if not 0.0 < self.size_m < np.inf:
            raise GeoError(f"A cell's size must be above 0 m, not {self.size_m}.")
        if self.shape not in ("square", "hexagon"):
            raise GeoError(f"A cell is a square or a hexagon, not {self.shape!r}.")

    @property
    def area_m2(self) -> float:
        """Area of one cell."""
        return self.size_m**2 * (1.0 if self.shape == "square" else np.sqrt(3.0) / 2.0)

    def cells(self, x_m: ArrayLike, y_m: ArrayLike) -> NDArray[np.int64]:
        """Find the cell of each point.

        Parameters
        ----------
        x_m, y_m
            Metres, shape (n,), finite; may be empty.

        Returns
        -------
        Column and row of the cell (axial coordinates for hexagons), int64, shape (n, 2). A point on an edge
        between squares belongs to the upper or right one.

        Raises
        ------
        GeoError
            A coordinate that is not finite; the message names its row (from 0).
        """
        x, y = np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)
        bad = ~(np.isfinite(x) & np.isfinite(y))
        if bad.any():
            raise GeoError(f"Row {int(np.argmax(bad))}: the position is not finite.")
        if self.shape == "square":
            return np.column_stack([np.floor(x / self.size_m), np.floor(y / self.size_m)]).astype(np.int64)
        row = y / (self.size_m * np.sqrt(3.0) / 2.0)
        return _nearest_hexagon(x / self.size_m - row / 2.0, row)

    def cells_within(
        self, west_m: float, south_m: float, east_m: float, north_m: float, *, most: int = 2_000_000
    ) -> NDArray[np.int64]:
        """List the cells that may meet a box: all that do, and some just beyond its edge.

        Parameters
        ----------
        west_m, south_m, east_m, north_m
            The box, metres.
        most
            More cells than this are refused.

        Returns
        -------
        Column and row, int64, shape (n, 2), row by row from the south.

        Raises
        ------
        GeoError
            A box that is not finite or turned round, or one that takes more than `most` cells.
        """
        if not (west_m <= east_m and south_m <= north_m and np.isfinite([west_m, north_m]).all()):
            raise GeoError("A box must run from west to east and from south to north, in finite metres.")
        step_m = self.size_m * (1.0 if self.shape == "square" else np.sqrt(3.0) / 2.0)
        rows = np.arange(np.floor(south_m / step_m) - 1, np.ceil(north_m / step_m) + 2)
        width = int(np.ceil((east_m - west_m) / self.size_m)) + 3
        if len(rows) * width > most:
            raise GeoError(
                f"The area takes about {len(rows) * width:,} cells of {self.size_m:g} m, more than {most:,}; "
                "take larger cells."
            )
        lean = np.zeros(len(rows)) if self.shape == "square" else rows / 2.0
        first = np.floor(west_m / self.size_m - lean) - 1
        columns = first[:, None] + np.arange(width)
        return np.column_stack([columns.ravel(), np.repeat(rows, width)]).astype(np.int64)

    def centres(self, cells: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the middle of each cell in metres, shape (n,) each."""
        column, row = np.asarray(cells, dtype=np.float64).T
        if self.shape == "square":
            return (column + 0.5) * self.size_m, (row + 0.5) * self.size_m
        return (column + row / 2.0) * self.size_m, row * self.size_m * np.sqrt(3.0) / 2.0

    def polygons(self, cells: NDArray[np.int64]) -> NDArray[np.object_]:
        """Return each cell as a shapely polygon in metres, shape (n,).

        Corners and sides that cells share have the same coordinates to the last digit.
        """
        column, row = np.asarray(cells, dtype=np.int64).T
        if self.shape == "square":
            x, y, step_x_m, step_y_m = 2 * column + 1, 2 * row + 1, self.size_m / 2.0, self.size_m / 2.0
        else:
            x, y, step_x_m, step_y_m = (
                2 * column + row,
                3 * row,
                self.size_m / 2.0,
                self.size_m / np.sqrt(12.0),
            )
        # Corners lie on a lattice of half cells: as whole numbers they are the same from every cell.
        to_x, to_y = CORNERS[self.shape]
        rings = np.stack([(x[:, None] + to_x) * step_x_m, (y[:, None] + to_y) * step_y_m], axis=-1)
        return np.asarray(shapely.polygons(rings), dtype=np.object_)


def cell_keys(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pack each cell's column and row into one number, in the order of columns, then rows.

    Raises
    ------
    GeoError
        A column or row beyond ±2³¹.
    """
    column, row = np.asarray(cells, dtype=np.int64).T
    if len(column) and (np.abs(cells) >= HALF).any():
        raise GeoError("A cell lies farther from the origin than 2³¹ cells.")
    return np.asarray((column << 32) + (row + HALF), dtype=np.int64)


def _nearest_hexagon(q: NDArray[np.float64], r: NDArray[np.float64]) -> NDArray[np.int64]:
    # Cube rounding: of q, r and s = -q - r the one that was rounded farthest is recomputed from the others.
    s = -q - r
    whole_q, whole_r, whole_s = np.rint(q), np.rint(r), np.rint(s)
    off_q, off_r, off_s = np.abs(whole_q - q), np.abs(whole_r - r), np.abs(whole_s - s)
    fix_q = (off_q > off_r) & (off_q > off_s)
    fix_r = ~fix_q & (off_r > off_s)
    column = np.where(fix_q, -whole_r - whole_s, whole_q)
    row = np.where(fix_r, -whole_q - whole_s, whole_r)
    return np.column_stack([column, row]).astype(np.int64)
