"""The cells of a square part of one zoom, as they are now: what was filed, and what has changed since."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.tiles.cells import (
    CELL_BITS,
    CELL_X,
    CELL_Y,
    DEEPEST,
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
from geo.tiles.lanes import LANES, NEAR, last_bit
from geo.tiles.positions import BITS, gather, key_xy, spread

I8 = NDArray[np.int64]
I4 = NDArray[np.int32]

PLACE, N, AT_X, AT_Y, BEGIN, END, ROW, OWNER, FILED = range(9)
"""Columns of found cells: place in the window, points, middle of their fullest quarter in world units, rows
of the filed points, row of the differences or −1, row of the bubble that it joins, row in the cells filed or
−1."""
FOUND: Final = 9
NO_OWNER: Final = -1
BORDER: Final = NEAR
"""Columns and rows around a window that are always empty: so neighbours need no look at where it ends."""
NOWHERE: Final = -(1 << 30)
"""Where nothing is: farther from everything on the map than anything on it."""

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
        (9, side²) int32: a row for each column of cells, so that what is read together lies together.
    grid
        (places,) int32, by place: row + 1 of each cell with points, 0 where there is none.
    xs, ys
        (places + `LANES`,) int32, by place: middles of cells with points, in world units; x is `NOWHERE`
        where there is none.
    ranks
        (places + `LANES`,) int32, by place: in which order cells with points become bubbles; see `rank_of`.
    """

    rows: I4
    grid: I4
    xs: I4
    ys: I4
    ranks: I4


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
    rows = np.empty((FOUND, window.side * window.side), np.int32)
    places = (window.side + 2 * BORDER) * window.stride
    return Found(
        rows,
        np.zeros(places, np.int32),
        np.full(places + LANES, NOWHERE, np.int32),
        np.zeros(places + LANES, np.int32),
        np.zeros(places + LANES, np.int32),
    )


@inner
def empty(found: Found, number: int) -> None:
    """Take the cells out again."""
    for row in range(number):
        place = found.rows[PLACE, row]
        found.grid[place] = 0
        found.xs[place] = NOWHERE


@inner
def rank_of(zoom: int, column: int, row: int, n: int) -> int:
    """16 bits, least first: size by powers of four, hash, and the place modulo 8, which no two cells near
    each other share.
    """
    size = last_bit(n) >> 1
    mixed = (column * 0x9E3779B1 + row * 0x85EBCA77 + zoom * 0xC2B2AE3D) & 0x7FFFFFFFFFFF
    mixed = (mixed ^ (mixed >> 15)) * 0x2C1B3C6D & 0x7FFFFFFFFFFF
    mixed = (mixed ^ (mixed >> 13)) * 0x297A2D39 & 0x7FFFFFFFFFFF
    return (31 - size) << 11 | (mixed >> 20 & 31) << 6 | (row & 7) << 3 | (column & 7)


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
                    first, after = tile_cells[at], tile_cells[at + 1]
                    number = file_cells(window, first, after, points.cells, found, number)
            else:
                number = _deep(tile, x, y, window, points, changed, found, number)
            if has_changes and find_row(changed.slots, zoom - CELL_BITS, tile) >= 0:
                number = _changed(tile, x, y, window, points, changed, found, number)
    return number


@inner
def lower_bound(keys: I8, begin: int, end: int, key: int) -> int:
    """The first row from `begin` to `end` whose key is not below `key`."""
    length = end - begin
    while length > 0:
        half = length >> 1
        # Chosen, not branched: which half cannot be foretold.
        is_before = keys[begin + half] < key
        begin = begin + half + 1 if is_before else begin
        length = length - half - 1 if is_before else half
    return begin


@inner
def file_cells(window: Window, begin: int, end: int, cells: I4, found: Found, number: int) -> int:
    """Take in those of the cells `begin` to `end` that are in the window."""
    zoom, left, top, side, stride = window
    shift = BITS - CELL_BITS - zoom
    rows, grid, xs, ys, ranks = found
    for cell in range(begin, end):
        column, row = (cells[cell, CELL_X] >> shift) - left, (cells[cell, CELL_Y] >> shift) - top
        if 0 <= column < side and 0 <= row < side:
            place = place_of(column, row, stride)
            rows[PLACE, number] = place
            rows[BEGIN, number] = cells[cell, START]
            rows[END, number] = cells[cell + 1, START]
            rows[N, number] = rows[END, number] - rows[BEGIN, number]
            rows[AT_X, number] = cells[cell, CELL_X]
            rows[AT_Y, number] = cells[cell, CELL_Y]
            xs[place], ys[place] = cells[cell, CELL_X], cells[cell, CELL_Y]
            ranks[place] = rank_of(zoom, left + column, top + row, rows[N, number])
            rows[ROW, number] = -1
            rows[FILED, number] = cell
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
            at_x, at_y = _fullest(window.zoom, cell, begin, after, False, points, changed)
            place = place_of(column, row, window.stride)
            rows[PLACE, number] = place
            rows[BEGIN, number], rows[END, number] = begin, after
            rows[N, number] = after - begin
            rows[AT_X, number], rows[AT_Y, number] = at_x, at_y
            rows[ROW, number] = -1
            rows[FILED, number] = -1
            number += 1
            found.grid[place] = number
            found.xs[place], found.ys[place] = at_x, at_y
            found.ranks[place] = rank_of(window.zoom, window.left + column, window.top + row, after - begin)
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
        rows[PLACE, at] = place
        rows[N, at], rows[BEGIN, at], rows[END, at] = 0, 0, 0
        rows[FILED, at] = -1
        number += 1
        found.grid[place] = number
    rows[ROW, at] = change
    rows[N, at] += changed.sums[change, SUM_N]
    if rows[N, at] <= 0:
        rows[N, at] = 0
        found.grid[place] = 0
        found.xs[place] = NOWHERE
        return number
    at_x, at_y = _fullest(zoom, cell, rows[BEGIN, at], rows[END, at], True, points, changed)
    rows[AT_X, at], rows[AT_Y, at] = at_x, at_y
    found.xs[place], found.ys[place] = at_x, at_y
    found.ranks[place] = rank_of(zoom, gather(cell), gather(cell >> 1), rows[N, at])
    return number


@inner
def _fullest(
    zoom: int, cell: int, begin: int, end: int, has_changes: bool, points: Points, changed: Differences
) -> tuple[int, int]:
    """Where the fullest quarter of a cell has its middle; of equally full ones it is the first in key
    order.
    """
    shift = 2 * (BITS - CELL_BITS - zoom - 1)
    most, most_x, most_y = np.int64(0), np.int64(0), np.int64(0)
    for quarter in range(cell << 2, (cell + 1) << 2):
        after = lower_bound(points.keys, begin, end, (quarter + 1) << shift)
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
