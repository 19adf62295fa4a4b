"""Who is whose neighbour: sparse weights of 0 and 1, each cell counted among its own neighbours."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from geo.errors import GeoError
from geo.grid import Grid, cell_keys

Weights: TypeAlias = sparse.csr_array
"""Square, float64, all stored weights 1, row i the neighbourhood of cell i; columns in ascending order."""

END_TOLERANCE_M = 0.01
MOST_NEIGHBOURS = 10_000


def grid_neighbours(grid: Grid, cells: NDArray[np.int64], reach_m: float) -> Weights:
    """Neighbours in a grid: cells whose centres lie within a reach.

    Parameters
    ----------
    grid
        The grid.
    cells
        Column and row of each cell, int64, shape (n, 2), each at most once.
    reach_m
        Greatest distance between two centres, metres; 0 leaves each cell alone. Centres of whole cells count,
        also where a cell is cut at the edge of the study area.

    Returns
    -------
    (n, n). O(n · neighbours): the pattern of a grid repeats, so each offset is looked up for all cells.

    Raises
    ------
    GeoError
        A reach below 0 or over 10,000 cells; a cell that is there twice.
    """
    offsets = _offsets(grid, reach_m)
    keys = cell_keys(cells)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    if (np.diff(ordered) == 0).any():
        raise GeoError("A cell is there twice; each may be given once.")
    n = len(keys)
    found = np.full((n, len(offsets)), n, dtype=np.int32)
    for place, offset in enumerate(offsets):
        wanted = cell_keys(cells + offset)
        at = np.minimum(np.searchsorted(ordered, wanted), max(n - 1, 0))
        found[:, place] = np.where(ordered[at] == wanted, order[at], n) if n else 0
    found.sort(axis=1)
    there = found < n
    begins = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    return _binary(found[there], begins, n)


def polygon_neighbours(polygons: NDArray[np.object_], *, gap_m: float = 0.0) -> Weights:
    """Neighbours among areas: those that touch, at a side or a corner (queen).

    Parameters
    ----------
    polygons
        Areas such as kelurahan, shape (n,), in a projected CRS.
    gap_m
        How far apart borders may lie that should be one: maps that were simplified or drawn by hand do not
        close. 0 asks for a common point.

    Raises
    ------
    GeoError
        A gap below 0.
    """
    if not 0.0 <= gap_m < np.inf:
        raise GeoError(f"The gap must be 0 m or more, not {gap_m}.")
    areas = np.asarray(polygons, dtype=np.object_)
    if gap_m > 0.0:
        first, second = shapely.STRtree(areas).query(areas, predicate="dwithin", distance=gap_m)
    else:
        first, second = shapely.STRtree(areas).query(areas, predicate="intersects")
    return _from_pairs(first, second, len(areas))


def segment_neighbours(from_node: ArrayLike, to_node: ArrayLike, steps: int = 1) -> Weights:
    """Neighbours among road segments: those that share an end, and so on for some steps.

    Parameters
    ----------
    from_node, to_node
        Number of the node at each end of each segment, integers, shape (n,), as `segment_ends` makes them.
    steps
        How many nodes may lie between: 1 for segments that meet.
    """
    if steps < 0:
        raise GeoError(f"The number of steps must be 0 or more, not {steps}.")
    first, second = np.asarray(from_node, dtype=np.int64), np.asarray(to_node, dtype=np.int64)
    n = len(first)
    _, nodes = np.unique(np.concatenate([first, second]), return_inverse=True)
    rows = np.tile(np.arange(n), 2)
    touches = sparse.csr_array((np.ones(2 * n, dtype=np.float64), (rows, nodes)))
    reached = sparse.eye_array(n, format="csr", dtype=np.float64)
    for _ in range(steps):
        reached = sparse.csr_array(touches @ (touches.T @ reached))
        reached.data[:] = 1.0
    rows, columns = reached.nonzero()
    return _from_pairs(rows, columns, n)


def segment_ends(
    lines: NDArray[np.object_], tolerance_m: float = END_TOLERANCE_M
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the nodes at the ends of road segments: ends within a tolerance are one node.

    Parameters
    ----------
    lines
        Shapely LineStrings in a projected CRS, shape (n,), none empty.
    tolerance_m
        Ends are rounded to multiples of it.

    Raises
    ------
    GeoError
        A segment that is not a single line; the message names its row (from 0).
    """
    segments = np.asarray(lines, dtype=np.object_)
    bad = (shapely.get_type_id(segments) != shapely.GeometryType.LINESTRING) | shapely.is_empty(segments)
    if bad.any():
        raise GeoError(f"Row {int(np.argmax(bad))}: a road segment must be one line.")
    ends = [shapely.get_coordinates(shapely.get_point(segments, place)) for place in (0, -1)]
    _, number = np.unique(np.rint(np.vstack(ends) / tolerance_m), axis=0, return_inverse=True)
    both = number.ravel().astype(np.int64)
    return both[: len(segments)], both[len(segments) :]


def _offsets(grid: Grid, reach_m: float) -> NDArray[np.int64]:
    if not 0.0 <= reach_m < np.inf:
        raise GeoError(f"The reach must be 0 m or more, not {reach_m}.")
    if np.pi * reach_m**2 > MOST_NEIGHBOURS * grid.area_m2:
        raise GeoError(
            f"A reach of {reach_m:g} m takes in more than {MOST_NEIGHBOURS:,} cells of {grid.size_m:g} m; "
            "take larger cells or a shorter reach."
        )
    # Axial columns lean: within a reach of r cells they run to r·(1 + 1/√3).
    far = int(1.6 * reach_m / grid.size_m) + 1
    column, row = (axis.ravel() for axis in np.meshgrid(*[np.arange(-far, far + 1)] * 2))
    offsets = np.column_stack([column, row])
    x_m, y_m = grid.centres(offsets)
    own_x, own_y = grid.centres(np.zeros((1, 2), dtype=np.int64))
    # A reach that is meant to end at a ring of neighbours must hold them in spite of rounding.
    return offsets[np.hypot(x_m - own_x, y_m - own_y) <= reach_m * (1.0 + 1e-9)]


def _from_pairs(first: NDArray[np.int64], second: NDArray[np.int64], n: int) -> Weights:
    rows = np.concatenate([first, np.arange(n)])
    columns = np.concatenate([second, np.arange(n)])
    pairs = np.unique(rows.astype(np.int64) * max(n, 1) + columns)
    begins = np.searchsorted(pairs, np.arange(n + 1) * max(n, 1))
    return _binary(pairs % max(n, 1), begins, n)


def _binary(columns: NDArray[np.integer], begins: NDArray[np.integer], n: int) -> Weights:
    parts = (np.ones(len(columns)), columns.astype(np.int32), begins.astype(np.int32))
    return sparse.csr_array(parts, shape=(n, n))
