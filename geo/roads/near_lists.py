"""For each small square of a town the few segments that can be the nearest to anything in it, compiled.

Looking a place up then takes one list, in which most are one to six segments long. Squares far from any road
have none; what lies there is searched for in rings (`geo.roads.grid_index`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.roads.compiled import loop
from geo.roads.grid_index import Cells, SegmentIndex

F8 = npt.NDArray[np.float64]
I4 = npt.NDArray[np.int32]

SQUARE_M = 15.0
SQUARES_PER_SEGMENT, SQUARES_ANYWAY = 3.0, 200_000.0
"""So many at most, the larger of both: in large networks, and in the country, squares are larger."""
NEAR_M = 200.0
"""Squares without a road within this have no list."""
BATCH = 128
"""Places looked up together, so that reading one list doesn't wait for finding the next."""
BLOCK = 2
"""Squares are numbered by blocks of 2 × 2, row by row, and within a block row by row."""
UNDECIDED = -2


class NearLists(NamedTuple):
    """Lists of segments by square.

    Attributes
    ----------
    squares
        Where they lie; columns and rows are multiples of `BLOCK`.
    starts
        (columns × rows + 1,) where each square's list begins, block by block.
    points
        First points of the segments, ascending within a list.
    """

    squares: Cells
    starts: I4
    points: I4


def near_lists(index: SegmentIndex) -> NearLists:
    """List the segments that can be nearest, by square."""
    cells = index.cells
    width, height = cells.columns * cells.size_m, cells.rows * cells.size_m
    most = max(SQUARES_ANYWAY, SQUARES_PER_SEGMENT * len(index.section))
    size = max(SQUARE_M, float(np.sqrt(width * height / most)), max(width, height) / most)
    columns, rows = (int(np.ceil(span / size / BLOCK)) * BLOCK for span in (width, height))
    squares = Cells(cells.x_m, cells.y_m, size, columns, rows)
    starts, points = _list_all(index, squares)
    return NearLists(squares, starts, points)


@loop
def look_up(xy_m: F8, points_m: F8, lists: NearLists) -> tuple[I4, F8, F8, float]:
    """Find the first point of each place's nearest segment, how far along that, and how far off in metres.

    Places in squares without a list, or outside all squares, are `UNDECIDED`. The last value means nothing.
    """
    found, fraction = np.empty(len(xy_m), np.int32), np.empty(len(xy_m))
    distance = np.empty(len(xy_m))
    begin, end = np.empty(BATCH, np.int32), np.empty(BATCH, np.int32)
    touched = 0.0
    for first in range(0, len(xy_m), BATCH):
        count = min(BATCH, len(xy_m) - first)
        for k in range(count):
            begin[k], end[k] = _list_of(xy_m[first + k, 0], xy_m[first + k, 1], lists)
        for k in range(count):
            if begin[k] < end[k]:
                touched += points_m[lists.points[begin[k]], 0]  # fetched by the time it is needed
        for k in range(count):
            place = first + k
            off, found[place], fraction[place] = _nearest_of(
                xy_m[place, 0], xy_m[place, 1], points_m, lists.points, begin[k], end[k]
            )
            distance[place] = np.sqrt(off)
    return found, fraction, distance, touched


@loop
def _list_of(x: float, y: float, lists: NearLists) -> tuple[int, int]:
    squares = lists.squares
    column, row = (x - squares.x_m) / squares.size_m, (y - squares.y_m) / squares.size_m
    is_inside = (column >= 0.0) & (column < squares.columns) & (row >= 0.0) & (row < squares.rows)
    i, j = (int(column), int(row)) if is_inside else (0, 0)  # no branch: it costs a third
    block = (j // BLOCK) * (squares.columns // BLOCK) + i // BLOCK
    square = block * (BLOCK * BLOCK) + (j % BLOCK) * BLOCK + i % BLOCK
    return lists.starts[square], lists.starts[square + 1] if is_inside else lists.starts[square]


@loop
def _nearest_of(
    x: float, y: float, points_m: F8, points: I4, begin: int, end: int
) -> tuple[float, int, float]:
    least, nearest, along = np.inf, UNDECIDED, 0.0
    for k in range(begin, end):
        point = points[k]
        from_x, from_y = points_m[point, 0], points_m[point, 1]
        run_x, run_y = points_m[point + 1, 0] - from_x, points_m[point + 1, 1] - from_y
        to_x, to_y = x - from_x, y - from_y
        squared = run_x * run_x + run_y * run_y
        t = 0.0
        if squared > 0.0:
            t = min(1.0, max(0.0, (to_x * run_x + to_y * run_y) / squared))
        off_x, off_y = to_x - t * run_x, to_y - t * run_y
        off = off_x * off_x + off_y * off_y
        if off < least:
            least, nearest, along = off, point, t
    return least, nearest, along


# ---------------------------------------------------------------- making the lists


@loop
def _list_all(index: SegmentIndex, squares: Cells) -> tuple[I4, I4]:
    """List block by block: what can't be nearest to anything in a block can't be in any of its squares."""
    starts = np.zeros(squares.columns * squares.rows + 1, np.int32)
    points = np.empty(4 * len(starts), np.int32)
    around = np.empty(len(index.section), np.int32)
    seen = np.full(len(index.section), -1, np.int32)
    square, end = 0, 0
    for block in range(squares.columns * squares.rows // (BLOCK * BLOCK)):
        row, column = divmod(block, squares.columns // BLOCK)
        x = squares.x_m + column * BLOCK * squares.size_m
        y = squares.y_m + row * BLOCK * squares.size_m
        count, bound = _collect(index, x, y, BLOCK * squares.size_m, block, seen, around)
        count = _keep_near(index.points_m, around[:count], x, y, BLOCK * squares.size_m, bound, around)
        around[:count].sort()
        for inner in range(BLOCK * BLOCK):
            if end + count > len(points):
                larger = np.empty(2 * len(points) + count, np.int32)
                larger[:end] = points[:end]
                points = larger
            inner_x, inner_y = (
                x + (inner % BLOCK) * squares.size_m,
                y + (inner // BLOCK) * squares.size_m,
            )
            bound = _bound(index.points_m, around[:count], inner_x, inner_y, squares.size_m)
            if bound <= NEAR_M * NEAR_M:
                end += _keep_near(
                    index.points_m, around[:count], inner_x, inner_y, squares.size_m, bound, points[end:]
                )
            square += 1
            starts[square] = end
    return starts, points[:end].copy()


@loop
def _bound(points_m: F8, points: I4, x: float, y: float, size: float) -> float:
    """Squared distance within which some segment lies of every point of a square."""
    nearest, least = -1, np.inf
    for point in points:
        middle = _off(points_m, point, x + 0.5 * size, y + 0.5 * size)
        if middle < least:
            nearest, least = point, middle
    bound = np.inf if nearest < 0 else _most(points_m, nearest, x, y, size)
    for point in points:
        if _off(points_m, point, x + 0.5 * size, y + 0.5 * size) < 0.6 * bound:  # else it hardly helps
            bound = min(bound, _most(points_m, point, x, y, size))
    return bound


@loop
def _keep_near(points_m: F8, points: I4, x: float, y: float, size: float, bound: float, kept: I4) -> int:
    """Write the segments that can be nearest to anything in a square; return how many."""
    count = 0
    reach = np.sqrt(bound) + np.sqrt(0.5) * size + 1e-3
    for point in points:
        middle = _off(points_m, point, x + 0.5 * size, y + 0.5 * size)
        if middle > reach * reach:
            continue
        if middle <= bound or _least(points_m, point, x, y, size) <= bound * (1.0 + 1e-9) + 1e-6:
            kept[count] = point
            count += 1
    return count


@loop
def _collect(
    index: SegmentIndex, x: float, y: float, size: float, square: int, seen: I4, around: I4
) -> tuple[int, float]:
    """Gather segments around a square, ring by ring, until none beyond can be nearest to anything in it.

    Returns how many first points were written, and the bound of `_bound`.
    """
    cells = index.cells
    column = min(cells.columns - 1, int((x + 0.5 * size - cells.x_m) / cells.size_m))
    row = min(cells.rows - 1, int((y + 0.5 * size - cells.y_m) / cells.size_m))
    half_diagonal = np.sqrt(0.5) * size
    bound, count, ring = np.inf, 0, 0
    while True:
        for j in range(max(0, row - ring), min(cells.rows - 1, row + ring) + 1):
            stride = 1 if abs(j - row) == ring else max(1, 2 * ring)
            for i in range(column - ring, column + ring + 1, stride):
                if i < 0 or i >= cells.columns:
                    continue
                cell = j * cells.columns + i
                for k in range(index.starts[cell], index.starts[cell + 1]):
                    segment = index.segments[k]
                    if seen[segment] == square:
                        continue
                    seen[segment] = square
                    point = segment + index.section[segment]
                    middle = np.sqrt(_off(index.points_m, point, x + 0.5 * size, y + 0.5 * size))
                    if middle - half_diagonal > np.sqrt(bound):
                        continue
                    bound = min(bound, _most(index.points_m, point, x, y, size))
                    around[count] = point
                    count += 1
        # What was not seen is so many cells from the middle, and half a diagonal less from any point.
        if ring * cells.size_m - half_diagonal > min(NEAR_M, np.sqrt(bound)):
            return count, bound
        ring += 1


@loop
def _off(points_m: F8, point: int, x: float, y: float) -> float:
    """Squared distance between a segment and a place."""
    dx, dy = points_m[point + 1, 0] - points_m[point, 0], points_m[point + 1, 1] - points_m[point, 1]
    from_x, from_y = x - points_m[point, 0], y - points_m[point, 1]
    squared = dx * dx + dy * dy
    t = 0.0
    if squared > 0.0:
        t = min(1.0, max(0.0, (from_x * dx + from_y * dy) / squared))
    return float((from_x - t * dx) ** 2 + (from_y - t * dy) ** 2)


@loop
def _most(points_m: F8, point: int, x: float, y: float, size: float) -> float:
    """Squared distance from a segment to the farthest point of a square: one of its corners."""
    return max(
        _off(points_m, point, x, y),
        _off(points_m, point, x + size, y),
        _off(points_m, point, x, y + size),
        _off(points_m, point, x + size, y + size),
    )


@loop
def _least(points_m: F8, point: int, x: float, y: float, size: float) -> float:
    """Squared distance between a segment and a square: of a corner or an end, or 0 where they meet."""
    least = min(
        _off(points_m, point, x, y),
        _off(points_m, point, x + size, y),
        _off(points_m, point, x, y + size),
        _off(points_m, point, x + size, y + size),
    )
    for end in range(point, point + 2):
        out_x = max(x - points_m[end, 0], 0.0, points_m[end, 0] - x - size)
        out_y = max(y - points_m[end, 1], 0.0, points_m[end, 1] - y - size)
        least = min(least, out_x * out_x + out_y * out_y)
    return 0.0 if _meets(points_m, point, x, y, size) else least


@loop
def _meets(points_m: F8, point: int, x: float, y: float, size: float) -> bool:
    """Whether a segment runs through a square: what of it lies between the sides, both ways, isn't empty."""
    low, high = 0.0, 1.0
    for axis in range(2):
        side = x if axis == 0 else y
        start, run = points_m[point, axis], points_m[point + 1, axis] - points_m[point, axis]
        if run == 0.0:
            if start < side or start > side + size:
                return False
            continue
        into, out = (side - start) / run, (side + size - start) / run
        low, high = max(low, min(into, out)), min(high, max(into, out))
    return low <= high
