"""A grid over road segments that finds the nearest one to a point, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.roads.compiled import loop

F8 = npt.NDArray[np.float64]
I4 = npt.NDArray[np.int32]
B1 = npt.NDArray[np.bool_]

SEGMENTS_PER_CELL = 4.0
LEAST_CELL_M, MOST_CELLS = 20.0, 4_000_000
CELLS_PER_FULL_CELL = 4.0
"""Towns do not fill the box around them."""


class Cells(NamedTuple):
    """Square cells over a projected CRS.

    Attributes
    ----------
    x_m, y_m
        Lower left corner of column 0, row 0.
    size_m
        Width of a cell.
    columns, rows
        How many there are.
    """

    x_m: float
    y_m: float
    size_m: float
    columns: int
    rows: int


class SegmentIndex(NamedTuple):
    """Segments by cell.

    Attributes
    ----------
    points_m
        (q, 2) points of the sections, metres.
    section
        (m,) of each segment: segment k of section s runs from point k + s to the next.
    starts
        (columns × rows + 1,) where the list of each cell begins, row by row.
    segments
        All lists, one after the other.
    """

    points_m: F8
    section: I4
    cells: Cells
    starts: I4
    segments: I4


def index_segments(points_m: F8, section: I4) -> SegmentIndex:
    """File segments, m ≥ 1, under all cells that they touch."""
    cells = _cells_over(points_m, len(section))
    starts = np.zeros(cells.columns * cells.rows + 1, dtype=np.int32)
    _file(points_m, section, cells, starts, np.empty(0, dtype=np.int32))
    starts[1:] = np.cumsum(starts[1:])
    segments = np.empty(int(starts[-1]), dtype=np.int32)
    _file(points_m, section, cells, starts[:-1].copy(), segments)
    return SegmentIndex(points_m, section, cells, starts, segments)


def _cells_over(points_m: F8, segments: int) -> Cells:
    low, high = points_m.min(axis=0) - 1.0, points_m.max(axis=0) + 1.0
    width, height = high - low
    most = min(MOST_CELLS, max(1.0, segments / SEGMENTS_PER_CELL * CELLS_PER_FULL_CELL))
    size = max(LEAST_CELL_M, float(np.sqrt(width * height / most)), float(max(width, height)) / most)
    return Cells(float(low[0]), float(low[1]), size, int(np.ceil(width / size)), int(np.ceil(height / size)))


@loop
def _file(points_m: F8, section: I4, cells: Cells, at: I4, segments: I4) -> None:
    """Write each cell's segments from ``at[cell]`` on; without room, count them into ``at[cell + 1]``."""
    size = cells.size_m
    half = 0.5 * size * (1.0 + 1e-9)
    for segment in range(len(section)):
        point = segment + section[segment]
        ax, ay = points_m[point, 0] - cells.x_m, points_m[point, 1] - cells.y_m
        bx, by = points_m[point + 1, 0] - cells.x_m, points_m[point + 1, 1] - cells.y_m
        dx, dy = bx - ax, by - ay
        for row in range(int(min(ay, by) / size), min(int(max(ay, by) / size), cells.rows - 1) + 1):
            for column in range(int(min(ax, bx) / size), min(int(max(ax, bx) / size), cells.columns - 1) + 1):
                # Cell and line are apart when the cell's middle lies farther off than its corners reach.
                cx, cy = (column + 0.5) * size - ax, (row + 0.5) * size - ay
                if abs(dx * cy - dy * cx) > half * (abs(dx) + abs(dy)):
                    continue
                cell = row * cells.columns + column
                if len(segments):
                    segments[at[cell]] = segment
                    at[cell] += 1
                else:
                    at[cell + 1] += 1


@loop
def find_nearest(xy_m: F8, index: SegmentIndex, is_left_out: B1) -> tuple[I4, F8, F8]:
    """Find the nearest segment of each place, how far along it that is (0 to 1), and how far off in metres.

    Parameters
    ----------
    xy_m
        (n, 2) places, metres.
    is_left_out
        (m,) segments that do not count; empty: all do.

    Returns
    -------
    (n,) each; −1 and infinite where no segment is left. Of equally near segments the lowest wins.

    Notes
    -----
    Cells are searched in rings around the place's own, until nothing beyond can be nearer.
    """
    cells = index.cells
    found, fraction = np.empty(len(xy_m), np.int32), np.empty(len(xy_m))
    distance = np.empty(len(xy_m))
    for place in range(len(xy_m)):
        x, y = xy_m[place, 0], xy_m[place, 1]
        column = int(np.floor((x - cells.x_m) / cells.size_m))
        row = int(np.floor((y - cells.y_m) / cells.size_m))
        right, above = cells.columns - 1 - column, cells.rows - 1 - row
        ring = max(0, -column, -row, -right, -above)
        farthest = max(abs(column), abs(row), abs(right), abs(above))
        in_x, in_y = x - cells.x_m - column * cells.size_m, y - cells.y_m - row * cells.size_m
        margin = min(in_x, in_y, cells.size_m - in_x, cells.size_m - in_y)
        best = (np.inf, -1, 0.0)
        while ring <= farthest:
            reach = (
                margin + (ring - 1) * cells.size_m
            )  # whatever is not yet searched is at least this far off
            if ring > 0 and reach > 0.0 and reach * reach > best[0]:
                break
            best = _search_ring(x, y, column, row, ring, index, is_left_out, best)
            ring += 1
        distance[place], found[place], fraction[place] = np.sqrt(best[0]), best[1], best[2]
    return found, fraction, distance


Best = tuple[float, int, float]
"""Squared distance, segment, fraction."""


@loop
def _search_ring(
    x: float, y: float, column: int, row: int, ring: int, index: SegmentIndex, is_left_out: B1, best: Best
) -> Best:
    columns, rows = index.cells.columns, index.cells.rows
    for j in range(max(0, row - ring), min(rows - 1, row + ring) + 1):
        if abs(j - row) == ring:
            for i in range(max(0, column - ring), min(columns - 1, column + ring) + 1):
                best = _search_cell(x, y, j * columns + i, index, is_left_out, best)
        else:
            if column - ring >= 0:
                best = _search_cell(x, y, j * columns + column - ring, index, is_left_out, best)
            if column + ring < columns:
                best = _search_cell(x, y, j * columns + column + ring, index, is_left_out, best)
    return best


@loop
def _search_cell(x: float, y: float, cell: int, index: SegmentIndex, is_left_out: B1, best: Best) -> Best:
    least, nearest, along = best
    for k in range(index.starts[cell], index.starts[cell + 1]):
        segment = index.segments[k]
        if len(is_left_out) and is_left_out[segment]:
            continue
        point = segment + index.section[segment]
        ax, ay = index.points_m[point, 0], index.points_m[point, 1]
        dx, dy = index.points_m[point + 1, 0] - ax, index.points_m[point + 1, 1] - ay
        squared = dx * dx + dy * dy
        t = 0.0
        if squared > 0.0:
            t = min(1.0, max(0.0, ((x - ax) * dx + (y - ay) * dy) / squared))
        off_x, off_y = x - ax - t * dx, y - ay - t * dy
        off = off_x * off_x + off_y * off_y
        if off < least or (off == least and segment < nearest):
            least, nearest, along = off, segment, t
    return least, nearest, along
