"""The cells of a square part of one zoom, as they are now: what was filed, and what has changed since."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.tiles.cells import (
    CELL_BITS,
    CELL_X,
    CELL_Y,
    CHILD,
    DEEPEST,
    LOCAL,
    SIDE,
    START,
    SUM_X,
    SUM_Y,
    Points,
    sum_range,
)
from geo.tiles.cells import N as SUM_N
from geo.tiles.changes import Differences, find_row
from geo.tiles.compiled import inner
from geo.tiles.positions import BITS, key_xy, spread

I8 = NDArray[np.int64]
I4 = NDArray[np.int32]

PLACE, N, AT_X, AT_Y, BEGIN, END, ROW, OWNER, FILED = range(9)
"""Columns of found cells: place in the window, points, middle of their fullest quarter in world units, rows
of the filed points, row of the differences or −1, owner, row in the cells filed or −1."""
FOUND: Final = 9
NO_OWNER: Final = 255
BORDER: Final = 2
"""Columns and rows around a window that are always empty: so neighbours need no look at where it ends."""

PLACES: Final = key_xy(np.arange(SIDE * SIDE)).astype(np.int32)
"""Column and row of each of a tile's cells, in key order."""


class Window(NamedTuple):
    """A square of cells of one zoom.

    Attributes
    ----------
    zoom
        Whose cells they are.
    left, top
        Its first column and row; it may lie off the map in part.
    side
        Columns and rows.
    stride
        Places of a row, at least side + 4; see `place_of`. No power of two: rows that lie one
        apart drive each other out of a processor's cache.
    """

    zoom: int
    left: int
    top: int
    side: int
    stride: int


class Found(NamedTuple):
    """Cells of a window.

    Attributes
    ----------
    rows
        (≥ side², 9) int32.
    grid
        (places,) int32, by place: row + 1 of each cell with points, 0 where there is none.
    spots
        (places,) int64, by place: x << 28 | y of each cell with points, −1 where there is none.
    """

    rows: I4
    grid: I4
    spots: I8


@inner
def place_of(column: int, row: int, stride: int) -> int:
    """Number a window's cell."""
    return (row + BORDER) * stride + (column + BORDER)


@inner
def column_of(place: int, stride: int) -> int:
    """The column of a numbered cell."""
    return np.int64(np.uint32(place) % np.uint32(stride)) - BORDER  # type: ignore[return-value]


@inner
def row_of(place: int, stride: int) -> int:
    """The row of a numbered cell."""
    return np.int64(np.uint32(place) // np.uint32(stride)) - BORDER  # type: ignore[return-value]


@inner
def room_for(window: Window) -> Found:
    """Room for the cells of a window."""
    rows = np.empty((window.side * window.side, FOUND), np.int32)
    places = (window.side + 2 * BORDER) * window.stride
    return Found(rows, np.zeros(places, np.int32), np.full(places, -1, np.int64))


@inner
def empty(found: Found, number: int) -> None:
    """Take the cells out again."""
    for row in range(number):
        place = found.rows[row, PLACE]
        found.grid[place] = 0
        found.spots[place] = -1


@inner
def find_cells(window: Window, has_changes: bool, points: Points, changed: Differences, found: Found) -> int:
    """Find the cells of a window.

    Returns
    -------
    How many rows are filled, in the order of tiles; those with 0 points are to be left out.
    """
    zoom, left, top, side = window.zoom, window.left, window.top, window.side
    levels, tile_keys, tile_cells = points.levels, points.tile_keys, points.tile_cells
    last = (1 << zoom) - 1
    number = 0
    for tile_y in range(max(top >> CELL_BITS, 0), min((top + side - 1) >> CELL_BITS, last) + 1):
        for tile_x in range(max(left >> CELL_BITS, 0), min((left + side - 1) >> CELL_BITS, last) + 1):
            tile = spread(tile_x) | (spread(tile_y) << 1)
            x, y = (tile_x << CELL_BITS) - left, (tile_y << CELL_BITS) - top
            if zoom <= DEEPEST:
                at = lower_bound(tile_keys, levels[zoom, 1], levels[zoom + 1, 1] - 1, tile)
                if tile_keys[at] == tile:
                    number = _filed(
                        x, y, window, tile_cells[at], tile_cells[at + 1], points.cells, found, number
                    )
            else:
                number = _deep(tile, x, y, window, points, changed, found, number)
            if has_changes and find_row(changed.slots, zoom - CELL_BITS, tile) >= 0:
                number = _changed(tile, x, y, window, points, changed, found, number)
    return number


@inner
def lower_bound(keys: I8, begin: int, end: int, key: int) -> int:
    """The first row from `begin` to `end` whose key is not below `key`."""
    while begin < end:
        half = (begin + end) >> 1
        if keys[half] < key:
            begin = half + 1
        else:
            end = half
    return begin


@inner
def _filed(x: int, y: int, window: Window, begin: int, end: int, cells: I4, found: Found, number: int) -> int:
    """Cells `begin` to `end`, of the tile whose first cell is in column x and row y of the window."""
    side, stride, rows, grid, spots = window.side, window.stride, found.rows, found.grid, found.spots
    for cell in range(begin, end):
        local = cells[cell, LOCAL]
        column, row = x + PLACES[local, 0], y + PLACES[local, 1]
        if 0 <= column < side and 0 <= row < side:
            place = place_of(column, row, stride)
            rows[number, PLACE] = place
            rows[number, BEGIN] = cells[cell, START]
            rows[number, END] = cells[cell + 1, START]
            rows[number, N] = rows[number, END] - rows[number, BEGIN]
            rows[number, AT_X] = cells[cell, CELL_X]
            rows[number, AT_Y] = cells[cell, CELL_Y]
            spots[place] = np.int64(cells[cell, CELL_X]) << BITS | cells[cell, CELL_Y]
            rows[number, ROW] = -1
            rows[number, OWNER] = NO_OWNER
            rows[number, FILED] = cell
            number += 1
            grid[place] = number
    return number


@inner
def _deep(
    tile: int, x: int, y: int, window: Window, points: Points, changed: Differences, found: Found, number: int
) -> int:
    """Cells of zooms whose cells are not kept, from the points themselves."""
    keys, rows = points.keys, found.rows
    shift = 2 * (BITS - window.zoom)
    end = lower_bound(keys, 0, len(keys), (tile + 1) << shift)
    begin = lower_bound(keys, 0, end, tile << shift)
    shift -= 2 * CELL_BITS
    while begin < end:
        cell = keys[begin] >> shift
        after = _end_of_cell(keys, begin, end, shift)
        column, row = x + PLACES[cell & 255, 0], y + PLACES[cell & 255, 1]
        if 0 <= column < window.side and 0 <= row < window.side:
            at_x, at_y = _fullest(window.zoom, cell, -1, begin, after, False, points, changed)
            place = place_of(column, row, window.stride)
            rows[number, PLACE] = place
            rows[number, BEGIN], rows[number, END] = begin, after
            rows[number, N] = after - begin
            rows[number, AT_X], rows[number, AT_Y] = at_x, at_y
            rows[number, ROW] = -1
            rows[number, OWNER], rows[number, FILED] = NO_OWNER, -1
            number += 1
            found.grid[place] = number
            found.spots[place] = at_x << BITS | at_y
        begin = after
    return number


@inner
def _end_of_cell(keys: I8, begin: int, end: int, shift: int) -> int:
    """By steps that double: cells are small at these zooms, but may hold a million points all the same."""
    cell = keys[begin] >> shift
    step, after = 1, begin + 1
    while after < end and keys[after] >> shift == cell:
        step *= 2
        after = min(after + step, end)
    return lower_bound(keys, begin + 1, after, (cell + 1) << shift)


@inner
def _changed(
    tile: int, x: int, y: int, window: Window, points: Points, changed: Differences, found: Found, number: int
) -> int:
    """Lay the differences of a tile over what was filed; its sixteen parts are asked first."""
    for part in range(16):
        if find_row(changed.slots, window.zoom - 2, (tile << 4) | part) < 0:
            continue
        for local in range(part << 4, (part + 1) << 4):
            column, row = x + PLACES[local, 0], y + PLACES[local, 1]
            if 0 <= column < window.side and 0 <= row < window.side:
                place, cell = place_of(column, row, window.stride), (tile << 8) | local
                number = _lay(place, window.zoom, cell, points, changed, found, number)
    return number


@inner
def _lay(
    place: int, zoom: int, cell: int, points: Points, changed: Differences, found: Found, number: int
) -> int:
    """Lay the differences of one cell, if there are any, over what was filed of it, if anything was."""
    change = find_row(changed.slots, zoom, cell)
    if change < 0:
        return number
    rows = found.rows
    at = found.grid[place] - 1
    if at < 0:
        at = number
        rows[at, PLACE] = place
        rows[at, N], rows[at, BEGIN], rows[at, END] = 0, 0, 0
        rows[at, OWNER], rows[at, FILED] = NO_OWNER, -1
        number += 1
        found.grid[place] = number
    rows[at, ROW] = change
    rows[at, N] += changed.sums[change, SUM_N]
    if rows[at, N] <= 0:
        rows[at, N] = 0
        found.grid[place] = 0
        found.spots[place] = -1
        return number
    at_x, at_y = _fullest(zoom, cell, rows[at, FILED], rows[at, BEGIN], rows[at, END], True, points, changed)
    rows[at, AT_X], rows[at, AT_Y] = at_x, at_y
    found.spots[place] = at_x << BITS | at_y
    return number


@inner
def _fullest(
    zoom: int,
    cell: int,
    filed: int,
    begin: int,
    end: int,
    has_changes: bool,
    points: Points,
    changed: Differences,
) -> tuple[int, int]:
    """Where the fullest quarter of a cell has its middle; of equally full ones it is the first in key
    order.
    """
    shift = 2 * (BITS - CELL_BITS - zoom - 1)
    child = points.cells[filed, CHILD] if filed >= 0 and zoom < DEEPEST else -1
    most, most_x, most_y = np.int64(0), np.int64(0), np.int64(0)
    for quarter in range(cell << 2, (cell + 1) << 2):
        if child < 0:
            after = lower_bound(points.keys, begin, end, (quarter + 1) << shift)
        elif begin < end and points.cells[child, LOCAL] & 3 == quarter & 3:
            after = int(points.cells[child + 1, START])
            child += 1
        else:
            after = begin
        n, change = np.int64(after - begin), -1
        if has_changes:
            change = find_row(changed.slots, zoom + 1, quarter)
            if change >= 0:
                n += changed.sums[change, SUM_N]
        if n > most:
            sum_x, sum_y = sum_range(begin, after, points.points, points.block_sums)
            if change >= 0:
                sum_x += changed.sums[change, SUM_X]
                sum_y += changed.sums[change, SUM_Y]
            most, most_x, most_y = n, sum_x // n, sum_y // n
        begin = after
    return most_x, most_y  # type: ignore[return-value]
