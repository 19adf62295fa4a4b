"""Which cells become bubbles, and which of them every other cell joins.

The cells are taken in order of priority: of more points first (by powers of four), then by a hash of their
place. A cell becomes a bubble when no bubble is nearer than the reach, and otherwise joins the nearest: a
maximal independent set, greedily, in an order that is random within each size. So no two bubbles are nearer
than the reach, and every cell is within it of its own. The outcome is a property of the points alone: not of
tiles, nor of the order in which points came (K. Censor-Hillel, E. Haramaty, Z. Karnin, "Optimal dynamic
distributed MIS", PODC 2016).

A part of the map is decided on its own: what depends on cells outside of it is left undecided, and is known
to be. Whether a cell is a bubble depends on cells of higher priority alone, so this is never far.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.tiles.cells import MARK, NO_OWNER, SIDE, Points
from geo.tiles.changes import Differences
from geo.tiles.compiled import inner, long
from geo.tiles.positions import BITS, WORLD, gather
from geo.tiles.windows import (
    BORDER,
    OWNER,
    PLACE,
    Found,
    N,
    Window,
    column_of,
    empty,
    find_cells,
    place_of,
    room_for,
    row_of,
)

I8 = NDArray[np.int64]
I4 = NDArray[np.int32]
U1 = NDArray[np.uint8]

REACH_512: Final = 40
"""Least distance of two bubbles' middles, in 1/512 of a tile's side: pixels, on most maps."""
NEAR: Final = BORDER
"""Cells within reach of each other are at most so many columns and rows apart: 40/512 is 1.25 cells."""
ITSELF: Final = NEAR << 3 | NEAR
"""Cells near a cell are numbered: 8 × (rows down + 2) + columns right + 2; owners, too. Seen from the other
cell, the number is that of the opposite side, 36 − it."""
NEIGHBOURS: Final = (2 * NEAR + 1) ** 2

UNDECIDED, KEPT, JOINED, UNCERTAIN = range(4)

PART_BITS: Final = 4
PART: Final = 1 << PART_BITS
"""Tiles along the side of the parts that a build decides one by one."""
MARGIN: Final = SIDE
FEWEST: Final = 8
"""Cells a tile, on average, below which a part is decided when it is asked for: that is as fast."""


@inner
def reach_of(zoom: int) -> int:
    """Least distance of two bubbles' middles, in world units."""
    return ((1 << (BITS - zoom)) * REACH_512) >> 9


@inner
def _priority(zoom: int, column: int, row: int, n: int) -> int:
    """16 bits, least first: size, hash, and the place modulo 8, which no two cells near each other share."""
    size = 0
    while n > 3:
        n >>= 2
        size += 1
    mixed = (column * 0x9E3779B1 + row * 0x85EBCA77 + zoom * 0xC2B2AE3D) & 0x7FFFFFFFFFFF
    mixed = (mixed ^ (mixed >> 15)) * 0x2C1B3C6D & 0x7FFFFFFFFFFF
    mixed = (mixed ^ (mixed >> 13)) * 0x297A2D39 & 0x7FFFFFFFFFFF
    return (31 - size) << 11 | (mixed >> 20 & 31) << 6 | (row & 7) << 3 | (column & 7)


@inner
def _by_priority(priority: I4, number: int) -> I4:
    """Rows in order of 16-bit priorities."""
    order = np.empty(number, np.int32)
    if number <= 48:
        for row in range(number):
            at = row
            while at > 0 and priority[order[at - 1]] > priority[row]:
                order[at] = order[at - 1]
                at -= 1
            order[at] = row
        return order
    first = np.empty(number, np.int32)
    low, high = np.zeros(257, np.int32), np.zeros(257, np.int32)
    for row in range(number):
        low[(priority[row] & 255) + 1] += 1
        high[(priority[row] >> 8) + 1] += 1
    for digit in range(256):
        low[digit + 1] += low[digit]
        high[digit + 1] += high[digit]
    for row in range(number):
        digit = priority[row] & 255
        first[low[digit]] = row
        low[digit] += 1
    for at in range(number):
        digit = priority[first[at]] >> 8
        order[high[digit]] = first[at]
        high[digit] += 1
    return order


@inner
def decide(window: Window, found: Found, number: int, reaches: U1) -> None:
    """Decide the cells of a window; fills their column OWNER, `NO_OWNER` where cells outside could matter.

    `reaches`, shape (≥ number,), is filled with how many cells away, at most, those are on which a cell's
    being a bubble or not depends (255 where uncertain).
    """
    rows, bits = found.rows, window.bits
    priority = np.empty(number, np.int32)
    for cell in range(number):
        place = rows[cell, PLACE]
        column, row = window.left + column_of(place, bits), window.top + row_of(place, bits)
        priority[cell] = _priority(window.zoom, column, row, rows[cell, N])
        rows[cell, OWNER] = NO_OWNER
        reaches[cell] = 255
    marks = np.zeros(number, np.uint8)
    is_doubtful = np.zeros(number, np.bool_)
    nearest = np.full(number, np.int64(1) << 62, np.int64)
    near = np.empty((NEIGHBOURS + 1, 3), np.int64)
    reach = reach_of(window.zoom)
    order = _by_priority(priority, number)
    for turn in range(number):
        cell = order[turn]
        if marks[cell] == JOINED or rows[cell, N] == 0:
            continue
        place = int(rows[cell, PLACE])
        neighbours = neighbours_of(place, bits, reach, found.spots, near)
        for at in range(neighbours):
            which = near[at, 0]
            near[at, 0] = found.grid[neighbour(place, which, bits)] - 1
            near[at, 2] = which
        if is_doubtful[cell] or not _is_inside(column_of(place, bits), row_of(place, bits), window):
            marks[cell] = UNCERTAIN
            for at in range(neighbours):
                is_doubtful[near[at, 0]] = True
            continue
        marks[cell] = KEPT
        rows[cell, OWNER] = ITSELF
        reaches[cell] = _keep(cell, neighbours, near, priority, marks, nearest, reaches, rows)
    for cell in range(number):
        if is_doubtful[cell] and marks[cell] == JOINED:
            rows[cell, OWNER] = NO_OWNER


@inner
def _is_inside(column: int, row: int, window: Window) -> bool:
    """Whether all cells near a cell are in the window, or there are none beyond because the map ends."""
    last = SIDE << window.zoom
    low_x, low_y = NEAR if window.left > 0 else 0, NEAR if window.top > 0 else 0
    high_x = window.side - (NEAR if window.left + window.side < last else 0)
    high_y = window.side - (NEAR if window.top + window.side < last else 0)
    return low_x <= column < high_x and low_y <= row < high_y


@inner
def neighbours_of(here: int, bits: int, reach: int, spots: I8, near: I8) -> int:
    """List the cells nearer than `reach` to the one at a place: (which it is, squared distance).

    Written without a branch: whether a cell is near cannot be foretold, and a processor that guesses wrongly
    takes longer than to write down all.
    """
    x, y = spots[here] >> BITS, spots[here] & (WORLD - 1)
    reach_2 = reach * reach
    number = 0
    for down in range(-NEAR, NEAR + 1):
        first = here + (down << bits)
        for right in range(-NEAR, NEAR + 1):
            spot = spots[first + right]
            dx, dy = (spot >> BITS) - x, (spot & (WORLD - 1)) - y
            distance = dx * dx + dy * dy
            near[number, 0], near[number, 1] = (down + NEAR) << 3 | (right + NEAR), distance
            number += (spot >= 0) & (distance < reach_2) & (distance > 0)
    return number


@inner
def neighbour(here: int, which: int, bits: int) -> int:
    """The place of a numbered neighbour."""
    return here + (((which >> 3) - NEAR) << bits) + (which & 7) - NEAR


@inner
def _apart(which: int) -> int:
    """How many columns or rows a numbered neighbour is away."""
    return max(abs((which >> 3) - NEAR), abs((which & 7) - NEAR))


@inner
def _keep(
    cell: int, neighbours: int, near: I8, priority: I4, marks: U1, nearest: I8, reaches: U1, rows: I4
) -> int:
    """Let the neighbours of a bubble join it. Returns how far off those cells are on which it depends.

    `near` holds rows, squared distances, and which neighbours they are.
    """
    farthest = np.int64(NEAR)
    for at in range(neighbours):
        other = near[at, 0]
        if priority[other] < priority[cell]:
            farthest = max(farthest, reaches[other] + _apart(near[at, 2]))
    for at in range(neighbours):
        other, which = near[at, 0], near[at, 2]
        if marks[other] == UNDECIDED:
            marks[other] = JOINED
        if near[at, 1] < nearest[other]:
            nearest[other] = near[at, 1]
            rows[other, OWNER] = 2 * ITSELF - which
        if priority[other] > priority[cell]:  # it is no bubble, whatever else may be around it
            reaches[other] = min(np.int64(reaches[other]), farthest + _apart(which))
    return min(farthest, np.int64(255))  # type: ignore[return-value]


@long
def decide_all(points: Points, changed: Differences, farthest: int) -> None:
    """Write owners into `points.cells` where they depend on nothing more than `farthest` cells away.

    Points are taken as they were filed; `changed` is never looked at.
    """
    levels, tile_keys, tile_cells = points.levels, points.tile_keys, points.tile_cells
    side = PART * SIDE + 2 * MARGIN
    found = room_for(Window(0, 0, 0, side, PART_BITS + 5))
    reaches = np.empty(side * side, np.uint8)
    for zoom in range(len(levels) - 1):
        tile, end = levels[zoom, 1], levels[zoom + 1, 1] - 1
        while tile < end:
            part, first = tile_keys[tile] >> (2 * PART_BITS), tile
            while tile < end and tile_keys[tile] >> (2 * PART_BITS) == part:
                tile += 1
            if tile_cells[tile] - tile_cells[first] < FEWEST * (tile - first):
                continue
            left = gather(part) * PART * SIDE - MARGIN
            top = gather(part >> 1) * PART * SIDE - MARGIN
            window = Window(zoom, left, top, side, PART_BITS + 5)
            number = find_cells(window, False, points, changed, found)
            decide(window, found, number, reaches)
            _forget_far(window, found, number, reaches, farthest - NEAR)
            for at in range(first, tile):
                _write(tile_keys[at], window, tile_cells[at], tile_cells[at + 1], points.cells, found)
            empty(found, number)


@inner
def _forget_far(window: Window, found: Found, number: int, reaches: U1, farthest: int) -> None:
    """Leave undecided what depends on cells too far off: whom a cell joins depends on all cells near it."""
    across = 1 << window.bits
    for cell in range(number):
        if reaches[cell] > farthest:
            for down in range(-NEAR, NEAR + 1):
                for right in range(-NEAR, NEAR + 1):
                    other = found.grid[found.rows[cell, PLACE] + down * across + right] - 1
                    if other >= 0:
                        found.rows[other, OWNER] = NO_OWNER


@inner
def _write(tile: int, window: Window, begin: int, end: int, cells: I4, found: Found) -> None:
    """Write down the owners of one tile's cells."""
    x, y = gather(tile) * SIDE - window.left, gather(tile >> 1) * SIDE - window.top
    for cell in range(begin, end):
        local = cells[cell, MARK] & 255
        place = place_of(x + gather(local), y + gather(local >> 1), window.bits)
        cells[cell, MARK] = local | found.rows[found.grid[place] - 1, OWNER] << 8
