"""Points in key order, and the cells of every zoom over them.

A cell is 1/16 of a tile's side. The points of a cell follow one another, so a cell is kept as the row where
they begin and the place where it is drawn, which also says which cell it is. Sums of places are differences
of running totals, one row for every 16 points, and a look at the few points before the first and after the
last of these. How many points are of a kind is told by a bit for each point and running totals for every 64:
what is set before a row is counted in one step (G. Jacobson, "Space-efficient static trees and graphs", FOCS
1989). All are whole numbers: their order cannot matter.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.tiles.compiled import inner, long
from geo.tiles.handles import ENTRY, column_i4, column_i8, column_u1, table_i4, table_i8
from geo.tiles.hands import Hands
from geo.tiles.lanes import ones
from geo.tiles.positions import BITS, gather
from geo.tiles.scheme import SEVERITY_SHIFT, STATUS_BITS, STATUS_SHIFT, Columns
from geo.tiles.sorting import sort_keys

I8 = NDArray[np.int64]
I4 = NDArray[np.int32]
U1 = NDArray[np.uint8]

DEEPEST: Final = 16
"""The last zoom whose cells are kept; those of later zooms are found as they are asked for."""
CELL_BITS: Final = 4
SIDE: Final = 1 << CELL_BITS
"""Cells along a tile's side."""
BLOCK: Final = 16
"""Points between two rows of running totals of sums."""
COUNTED_BITS: Final = 6
COUNTED: Final = 1 << COUNTED_BITS
"""Points between two rows of running totals of counts: as many as a number has bits."""
FEW: Final = 3
"""So many points are looked at one by one: that is faster than to count what is set."""

N, SUM_X, SUM_Y, SUM_STATE, SUM_ID = range(5)
"""Columns of sums; with one point, the sum of states is its state, and the sum of ids its id."""
SUMS: Final = 5

X, Y, STATE = range(3)
"""Columns of points."""
START, CELL_X, CELL_Y = range(3)
CELL_COLUMNS: Final = 3
"""Columns of cells: first point, middle of the fullest quarter in world units."""
BUBBLE_N, BUBBLE_X, BUBBLE_Y, BUBBLE_STATE = range(4)
FIRST_COUNT: Final = 4
"""Columns of bubbles: points, middle in world units, state of a single point; counts follow."""


class Points(NamedTuple):
    """Points in key order, their running totals and their cells.

    Attributes
    ----------
    keys
        (n,) int64, ascending.
    points
        (n, 3) int32: x, y, packed state.
    ids
        (n,) int64, or (0,) where points carry none.
    block_sums
        (⌈n/16⌉ + 1, 5) int64: totals over the points before each sixteenth.
    counted
        (⌊n/64⌋ + 1, 2 × columns) int64: for each column, how many points are counted in it before each
        sixty-fourth, and a bit for each of the 64 points from there on that is.
    cells
        (c, 3) int32, zoom by zoom, in key order; each zoom ends with a row whose start is n.
    tile_keys, tile_cells
        (t,) int64 and int32, zoom by zoom: keys of the tiles that hold points and the first cell of each;
        each zoom ends with a tile beyond all others.
    levels
        (18, 2) int64: first row of each zoom in `cells` and in `tile_keys`.
    bubbles
        (b, 4 + columns) int32: bubbles worked out beforehand, tile by tile, in key order.
        −1 points stands for what has to be worked out as it is asked for.
    bubble_ids
        (b,) int64, or (0,) where points carry none.
    tile_bubbles
        (t, 2) int32: first bubble of each tile, and the one after its last; −1 where none were worked out.
    written
        (m,) uint8: tiles written beforehand, not merged, end to end; see `geo.tiles.written`.
    written_ends
        (t + 1,) int64: where the bytes of each tile begin in it and those of the next do; alike where a tile
        was not written. (0,) where none was.
    columns
        What counts count.
    """

    keys: I8
    points: I4
    ids: I8
    block_sums: I8
    counted: I8
    cells: I4
    tile_keys: I8
    tile_cells: I4
    levels: I8
    bubbles: I4
    bubble_ids: I8
    tile_bubbles: I4
    written: U1
    written_ends: I8
    columns: Columns


@inner
def points_of(handle: I8) -> Points:
    """The points of a handle that was made of a `Points`, columns and all."""
    at = 14 * ENTRY
    return Points(
        column_i8(handle, 0),
        table_i4(handle, ENTRY),
        column_i8(handle, 2 * ENTRY),
        table_i8(handle, 3 * ENTRY),
        table_i8(handle, 4 * ENTRY),
        table_i4(handle, 5 * ENTRY),
        column_i8(handle, 6 * ENTRY),
        column_i4(handle, 7 * ENTRY),
        table_i8(handle, 8 * ENTRY),
        table_i4(handle, 9 * ENTRY),
        column_i8(handle, 10 * ENTRY),
        table_i4(handle, 11 * ENTRY),
        column_u1(handle, 12 * ENTRY),
        column_i8(handle, 13 * ENTRY),
        Columns(handle[at], handle[at + 1], handle[at + 2]),
    )


def index_points(keys: I8, states: I4, ids: I8, columns: Columns, hands: Hands) -> tuple[Points, I8]:
    """Sort points and file them under the cells of all zooms; keys ≥ 0, shape (n,), may be empty.

    Returns
    -------
    The points filed; and sums of x and y of the points of each cell, (c, 2).
    """
    ordered, order = sort_keys(keys)
    return index_sorted(ordered, _in_order(states, order), ids[order] if len(ids) else ids, columns, hands)


def index_sorted(keys: I8, states: I4, ids: I8, columns: Columns, hands: Hands) -> tuple[Points, I8]:
    """File points that are in key order already; returns the same."""
    points = _points(keys, states)
    totals = hands.begin(_totals, points, ids)
    counted = hands.begin(_counted, points, columns)
    levels = _count_levels(keys)
    cells, tile_keys, tile_cells = _fill_levels(keys, levels)
    sums = _find_middles(points, keys, cells, levels)
    filed = Points(
        keys,
        points,
        ids,
        totals(),
        counted(),
        cells,
        tile_keys,
        tile_cells,
        levels,
        np.empty((0, FIRST_COUNT + columns.total), dtype=np.int32),
        np.empty(0, dtype=np.int64),
        np.full((len(tile_keys), 2), -1, dtype=np.int32),
        np.empty(0, dtype=np.uint8),
        np.empty(0, dtype=np.int64),
        columns,
    )
    return filed, sums


@long
def _in_order(states: I4, order: I4) -> I4:
    ordered = np.empty(len(order), np.int32)
    for row in range(len(order)):
        ordered[row] = states[np.uint32(order[row])]
    return ordered


@long
def _points(keys: I8, states: I4) -> I4:
    points = np.empty((len(keys), 3), np.int32)
    for row in range(len(keys)):
        points[row, X] = gather(keys[row])
        points[row, Y] = gather(keys[row] >> 1)
        points[row, STATE] = states[row]
    return points


@long
def _totals(points: I4, ids: I8) -> I8:
    n = len(points)
    blocks = (n + BLOCK - 1) // BLOCK
    sums = np.zeros((blocks + 1, SUMS), np.int64)
    for block in range(1, blocks + 1):
        for column in range(SUMS):
            sums[block, column] = sums[block - 1, column]
        for row in range((block - 1) * BLOCK, min(n, block * BLOCK)):
            sums[block, N] += 1
            sums[block, SUM_X] += points[row, X]
            sums[block, SUM_Y] += points[row, Y]
            sums[block, SUM_STATE] += points[row, STATE]
            if len(ids):
                sums[block, SUM_ID] += ids[row]
    return sums


@long
def _counted(points: I4, columns: Columns) -> I8:
    n, first_status, first_severity = len(points), columns.first_status, columns.first_severity
    counted = np.zeros((n // COUNTED + 1, 2 * columns.total), np.int64)
    for block in range(len(counted)):
        for column in range(0, 2 * columns.total, 2):
            if block:
                counted[block, column] = counted[block - 1, column] + ones(counted[block - 1, column + 1])
        for row in range(block * COUNTED, min(n, (block + 1) * COUNTED)):
            state, bit = points[row, STATE], np.int64(1) << (row & (COUNTED - 1))
            counted[block, 2 * (first_status + ((state >> STATUS_SHIFT) & STATUS_BITS)) + 1] |= bit
            if first_status > 0:
                counted[block, 2 * (state & 31) + 1] |= bit
                counted[block, 2 * (first_severity + ((state >> SEVERITY_SHIFT) & 3)) + 1] |= bit
    return counted


@inner
def add_ranges(ranges: I8, points: Points, sums: I8, counts: I4) -> None:
    """Add points, by ranges of rows, to rows of sums, shape (m, 5), and counts, (m, columns).

    `ranges`, shape (k, 3), names the first row, the row after the last, and the row to add them to.
    """
    rows, ids, block_sums = points.points, points.ids, points.block_sums
    for at in range(len(ranges)):
        begin, end, to = ranges[at, 0], ranges[at, 1], ranges[at, 2]
        first, last = (begin + BLOCK - 1) // BLOCK, end // BLOCK
        sums[to, N] += end - begin
        until, rest = end, end
        if first < last:
            for column in range(1, SUMS):
                sums[to, column] += block_sums[last, column] - block_sums[first, column]
            until, rest = first * BLOCK, last * BLOCK
        count_range(begin, end, points.points, points.counted, points.columns, counts[to])
        for part in range(2):
            if part == 1:
                begin, until = rest, end
            for row in range(begin, until):
                sums[to, SUM_X] += rows[row, X]
                sums[to, SUM_Y] += rows[row, Y]
                sums[to, SUM_STATE] += rows[row, STATE]
                if len(ids):
                    sums[to, SUM_ID] += ids[row]


@inner
def count_range(begin: int, end: int, filed: I4, counted: I8, columns: Columns, counts: I4) -> None:
    """Add what the points of rows `begin` to `end` are to counts, shape (columns,)."""
    if end - begin > FEW:
        for column in range(columns.total):
            counts[column] += count_before(end, column, counted) - count_before(begin, column, counted)
        return
    for row in range(begin, end):
        state = filed[row, STATE]
        counts[columns.first_status + ((state >> STATUS_SHIFT) & STATUS_BITS)] += 1
        if columns.first_status > 0:
            counts[state & 31] += 1
            counts[columns.first_severity + ((state >> SEVERITY_SHIFT) & 3)] += 1


@inner
def count_before(row: int, column: int, counted: I8) -> int:
    """How many points before a row are counted in a column."""
    block, before = row >> COUNTED_BITS, (np.int64(1) << (row & (COUNTED - 1))) - 1
    return counted[block, 2 * column] + ones(counted[block, 2 * column + 1] & before)  # type: ignore[no-any-return]


@inner
def sum_range(begin: int, end: int, filed: I4, block_sums: I8) -> tuple[int, int]:
    """Sum x and y of the points of rows `begin` to `end`."""
    first = (begin + BLOCK - 1) // BLOCK
    last = end // BLOCK
    x, y = np.int64(0), np.int64(0)
    if first < last:
        x = block_sums[last, SUM_X] - block_sums[first, SUM_X]
        y = block_sums[last, SUM_Y] - block_sums[first, SUM_Y]
        for row in range(last * BLOCK, end):
            x += filed[row, X]
            y += filed[row, Y]
        end = first * BLOCK
    for row in range(begin, end):
        x += filed[row, X]
        y += filed[row, Y]
    return x, y  # type: ignore[return-value]


@inner
def _first_zoom(differing: int) -> int:
    """The first zoom, from −4 on, at which two keys lie in different cells; 17 if at none that is kept."""
    zoom = DEEPEST + 1
    while zoom > -CELL_BITS and differing >> (2 * (BITS - CELL_BITS - zoom + 1)) != 0:
        zoom -= 1
    return zoom


@long
def _count_levels(keys: I8) -> I8:
    """Rows that each zoom needs, summed up; the cells of zoom z − 4 are the tiles of zoom z."""
    new = np.zeros(DEEPEST + CELL_BITS + 2, np.int64)
    if len(keys):
        new[0] = 1
    for row in range(1, len(keys)):
        differing = keys[row] ^ keys[row - 1]
        if differing >> (2 * (BITS - CELL_BITS - DEEPEST)) != 0:
            new[_first_zoom(differing) + CELL_BITS] += 1
    levels = np.zeros((DEEPEST + 2, 2), np.int64)
    for at in range(1, len(new)):
        new[at] += new[at - 1]
    for zoom in range(DEEPEST + 1):
        levels[zoom + 1, 0] = levels[zoom, 0] + new[zoom + CELL_BITS] + 1
        levels[zoom + 1, 1] = levels[zoom, 1] + new[zoom] + 1
    return levels


@long
def _fill_levels(keys: I8, levels: I8) -> tuple[I4, I8, I4]:
    cells = np.zeros((levels[-1, 0], CELL_COLUMNS), np.int32)
    tile_keys = np.empty(levels[-1, 1], np.int64)
    tile_cells = np.empty(levels[-1, 1], np.int32)
    at = levels.copy()
    for row in range(len(keys)):
        first = -CELL_BITS
        if row:
            differing = keys[row] ^ keys[row - 1]
            if differing >> (2 * (BITS - CELL_BITS - DEEPEST)) == 0:
                continue
            first = _first_zoom(differing)
        for zoom in range(max(first + CELL_BITS, 0), DEEPEST + 1):
            tile_keys[at[zoom, 1]] = keys[row] >> (2 * (BITS - zoom))
            tile_cells[at[zoom, 1]] = at[zoom, 0]
            at[zoom, 1] += 1
        for zoom in range(max(first, 0), DEEPEST + 1):
            cells[at[zoom, 0], START] = row
            at[zoom, 0] += 1
    for zoom in range(DEEPEST + 1):
        cells[at[zoom, 0], START] = len(keys)
        tile_keys[at[zoom, 1]] = np.int64(1) << 60
        tile_cells[at[zoom, 1]] = at[zoom, 0]
    return cells, tile_keys, tile_cells


@long
def _find_middles(points: I4, keys: I8, cells: I4, levels: I8) -> I8:
    """Where the fullest quarter of each cell has its middle: from the finest zoom on, each from the one
    below.

    Of equally full quarters it is the first in key order. Returns the sums of x and y of all cells.
    """
    begin, end = levels[DEEPEST, 0], levels[DEEPEST + 1, 0] - 1
    sums = np.empty((len(cells), 2), np.int64)
    shift = 2 * (BITS - CELL_BITS - DEEPEST - 1)
    row = 0
    for cell in range(begin, end):
        after, most, of_cell_x, of_cell_y = cells[cell + 1, START], 0, np.int64(0), np.int64(0)
        most_x, most_y = np.int64(0), np.int64(0)
        while row < after:
            quarter, first = keys[row] >> shift, row
            x, y = np.int64(0), np.int64(0)
            while row < after and keys[row] >> shift == quarter:
                x += points[row, X]
                y += points[row, Y]
                row += 1
            of_cell_x += x
            of_cell_y += y
            if row - first > most:
                most, most_x, most_y = row - first, x, y
        sums[cell, 0], sums[cell, 1] = of_cell_x, of_cell_y
        cells[cell, CELL_X] = most_x if most == 1 else most_x // most
        cells[cell, CELL_Y] = most_y if most == 1 else most_y // most
    for zoom in range(DEEPEST - 1, -1, -1):
        begin, end = levels[zoom, 0], levels[zoom + 1, 0] - 1
        finer = levels[zoom + 1, 0]
        for cell in range(begin, end):
            after, most = cells[cell + 1, START], 0
            total_x, total_y = np.int64(0), np.int64(0)
            most_x, most_y = np.int64(0), np.int64(0)
            while cells[finer, START] < after:
                x, y = sums[finer, 0], sums[finer, 1]
                n = cells[finer + 1, START] - cells[finer, START]
                total_x += x
                total_y += y
                finer += 1
                if n > most:
                    most, most_x, most_y = n, x, y
            sums[cell, 0], sums[cell, 1] = total_x, total_y
            cells[cell, CELL_X] = most_x if most == 1 else most_x // most
            cells[cell, CELL_Y] = most_y if most == 1 else most_y // most
    return sums
