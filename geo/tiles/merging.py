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

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.tiles.cells import (
    BLOCK,
    BUBBLE_N,
    BUBBLE_STATE,
    BUBBLE_X,
    BUBBLE_Y,
    FIRST_COUNT,
    LOCAL,
    SIDE,
    STATE,
    SUM_X,
    SUM_Y,
    Points,
    X,
    Y,
)
from geo.tiles.changes import Differences
from geo.tiles.compiled import inner, long
from geo.tiles.positions import BITS, WORLD, gather
from geo.tiles.scheme import SEVERITY_SHIFT, STATUS_BITS, STATUS_SHIFT
from geo.tiles.windows import (
    AT_X,
    AT_Y,
    BEGIN,
    BORDER,
    END,
    NO_OWNER,
    OWNER,
    PLACE,
    PLACES,
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
_APART: Final = np.array([max(abs((which >> 3) - NEAR), abs((which & 7) - NEAR)) for which in range(64)])
"""How many columns or rows a numbered neighbour is away."""

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
def far_of(zoom: int) -> int:
    """From this distance on, in world units, two bubbles do not hinder each other from moving."""
    reach = reach_of(zoom)
    return reach + reach // 2


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
def decide(window: Window, found: Found, number: int, reaches: U1, gaps: I8) -> None:
    """Decide the cells of a window; fills their column OWNER, `NO_OWNER` where cells outside could matter.

    `reaches`, shape (≥ number,), is filled with how many cells away, at most, those are on which a cell's
    being a bubble or not depends (255 where uncertain); `gaps`, (≥ number,), with the squared distance of a
    bubble to the nearest other, at most that of `far_of`.
    """
    rows, grid, stride = found.rows, found.grid, window.stride
    reach, far = reach_of(window.zoom), far_of(window.zoom)
    reach_2 = reach * reach
    priority = np.empty(number, np.int32)
    # What is known of a cell, in one number: priority, reach and owner. Its gap is the squared distance of
    # its bubble while it is none itself.
    known = np.empty(number, np.int64)
    for cell in range(number):
        place = rows[cell, PLACE]
        column, row = window.left + column_of(place, stride), window.top + row_of(place, stride)
        priority[cell] = _priority(window.zoom, column, row, rows[cell, N])
        known[cell] = np.int64(priority[cell]) << 16 | 255 << 8 | NO_OWNER
        gaps[cell] = reach_2
    is_doubtful = np.zeros(number, np.bool_)
    near = np.empty((NEIGHBOURS + 1, 3), np.int64)
    order = _by_priority(priority, number)
    for turn in range(number):
        cell = order[turn]
        if known[cell] & 255 != NO_OWNER or rows[cell, N] == 0:
            continue
        place = int(rows[cell, PLACE])
        neighbours = neighbours_of(place, stride, far, found.spots, near)
        for at in range(neighbours):
            which = near[at, 0]
            near[at, 0] = grid[neighbour(place, which, stride)] - 1
            near[at, 2] = which
        if is_doubtful[cell] or not _is_inside(column_of(place, stride), row_of(place, stride), window):
            for at in range(neighbours):
                is_doubtful[near[at, 0]] |= near[at, 1] < reach_2
            continue
        _keep(cell, neighbours, near, reach_2, far * far, known, gaps)
    for cell in range(number):
        reaches[cell] = known[cell] >> 8 & 255
        rows[cell, OWNER] = known[cell] & 255
        if is_doubtful[cell] and rows[cell, OWNER] != ITSELF:
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
def neighbours_of(here: int, stride: int, reach: int, spots: I8, near: I8) -> int:
    """List the cells nearer than `reach` to the one at a place: (which it is, squared distance).

    Written without a branch: whether a cell is near cannot be foretold, and a processor that guesses wrongly
    takes longer than to write down all.
    """
    x, y = spots[here] >> BITS, spots[here] & (WORLD - 1)
    reach_2 = reach * reach
    # Numbers without a sign need no look at whether a place counts from the end.
    number = np.uint64(0)
    first = np.uint64(here - NEAR * stride - NEAR)
    for down in range(2 * NEAR + 1):
        for right in range(2 * NEAR + 1):
            spot = spots[first + np.uint64(right)]
            dx, dy = (spot >> BITS) - x, (spot & (WORLD - 1)) - y
            distance = dx * dx + dy * dy
            near[number, 0], near[number, 1] = down << 3 | right, distance
            number += np.uint64((spot >= 0) & (distance < reach_2) & (distance > 0))
        first += np.uint64(stride)
    return np.int64(number)  # type: ignore[return-value]


@inner
def neighbour(here: int, which: int, stride: int) -> int:
    """The place of a numbered neighbour."""
    return here + ((which >> 3) - NEAR) * stride + (which & 7) - NEAR


@inner
def _keep(cell: int, neighbours: int, near: I8, reach_2: int, far_2: int, known: I8, gaps: I8) -> None:
    """Make a cell a bubble, and let those within reach join it.

    `near` holds the rows of cells that are not far, their squared distances, and which neighbours they are.
    Written with as few branches as can be, as `neighbours_of` is.
    """
    first = known[cell] >> 16
    farthest, gap = np.int64(NEAR), np.int64(far_2)
    for at in range(neighbours):
        other = known[near[at, 0]]
        is_earlier = (near[at, 1] < reach_2) & (other >> 16 < first)
        farthest = max(farthest, ((other >> 8 & 255) + _APART[near[at, 2]]) * is_earlier)
    farthest = min(farthest, np.int64(255))
    for at in range(neighbours):
        row, distance, which = near[at, 0], near[at, 1], near[at, 2]
        other, before = known[row], gaps[row]
        owner, reach = other & 255, other >> 8 & 255
        is_kept = owner == ITSELF
        gap = min(gap, distance if is_kept else gap)
        gaps[row] = min(before, distance)
        owner = 2 * ITSELF - which if (distance < before) & (not is_kept) else owner
        # A later cell within reach is no bubble, whatever else may be around it.
        is_later = (distance < reach_2) & (other >> 16 > first)
        reach = min(reach, farthest + _APART[which] if is_later else reach)
        known[row] = other >> 16 << 16 | reach << 8 | owner
    gaps[cell] = gap
    known[cell] = first << 16 | farthest << 8 | ITSELF


@inner
def middle_of(
    cell: int, n: int, sum_x: int, sum_y: int, gap_2: int, window: Window, found: Found
) -> tuple[int, int]:
    """Where the bubble of a cell is drawn: the middle of its fullest quarter, moved towards the mean of all
    it holds.

    It moves by at most 1/4 of the reach, and by half of what it has to spare to the nearest other: so bubbles
    stay as far apart as the reach.
    """
    x, y = int(found.rows[cell, AT_X]), int(found.rows[cell, AT_Y])
    if n == 1:
        return x, y
    move_x, move_y = sum_x // n - x, sum_y // n - y
    length_2 = move_x * move_x + move_y * move_y
    if length_2 > 0:
        spare = (math.sqrt(np.float64(gap_2)) - reach_of(window.zoom)) / 2.0
        length = math.sqrt(np.float64(length_2))
        if length > spare:  # towards zero, so that rounding never brings two bubbles nearer
            move_x, move_y = int(move_x * spare / length), int(move_y * spare / length)
    return x + move_x, y + move_y


@long
def decide_all(points: Points, changed: Differences, farthest: int) -> tuple[I4, I8]:
    """Work out the bubbles that depend on nothing more than `farthest` cells away.

    Writes down which bubbles are those of which tile in `points.tile_bubbles`. Points are taken as they were
    filed; `changed` is never looked at.

    Returns
    -------
    The bubbles and their ids, as `Points` has them.
    """
    levels, tile_keys, tile_cells = points.levels, points.tile_keys, points.tile_cells
    side = PART * SIDE + 2 * MARGIN
    found = room_for(Window(0, 0, 0, side, side + 2 * BORDER))
    bubble_at = np.zeros(len(found.grid), np.int32)
    reaches, gaps = np.empty(side * side, np.uint8), np.empty(side * side, np.int64)
    sums = np.empty((side * side, 2), np.int64)
    bubbles = np.empty((len(points.cells), FIRST_COUNT + points.columns.total), np.int32)
    ids = np.empty(len(points.cells) if len(points.ids) else 0, np.int64)
    filed = 0
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
            window = Window(zoom, left, top, side, side + 2 * BORDER)
            number = find_cells(window, False, points, changed, found)
            decide(window, found, number, reaches, gaps)
            _forget_far(window, found, number, reaches, farthest - NEAR)
            after = _number(first, tile, filed, window, points, found, bubble_at)
            made, made_ids = bubbles[filed:after], ids[filed:after]
            made[:] = 0
            sums[: after - filed] = 0
            _fill(window, number, points, found, bubble_at, sums, made, made_ids)
            _place(window, number, found, bubble_at, gaps, sums, made)
            _mark_unsure(number, found, window.stride, bubble_at, made)
            for row in range(number):
                bubble_at[found.rows[row, PLACE]] = 0
            empty(found, number)
            filed = after
    return bubbles[:filed], ids[:filed]


@inner
def _number(
    first: int, end: int, filed: int, window: Window, points: Points, found: Found, bubble_at: I4
) -> int:
    """Number the cells of tiles `first` to `end` that are, or may be, bubbles.

    Numbers in `bubble_at` count from 1 for the first of the part; returns how many bubbles there are now in
    all.
    """
    number = 0
    for tile in range(first, end):
        x = gather(points.tile_keys[tile]) * SIDE - window.left
        y = gather(points.tile_keys[tile] >> 1) * SIDE - window.top
        points.tile_bubbles[tile, 0] = filed + number
        for cell in range(points.tile_cells[tile], points.tile_cells[tile + 1]):
            local = points.cells[cell, LOCAL]
            place = place_of(x + PLACES[local, 0], y + PLACES[local, 1], window.stride)
            owner = found.rows[found.grid[place] - 1, OWNER]
            if owner in (ITSELF, NO_OWNER):
                number += 1
                bubble_at[place] = number
        points.tile_bubbles[tile, 1] = filed + number
    return filed + number


@inner
def _fill(  # noqa: C901  one loop, see below
    window: Window,
    number: int,
    points: Points,
    found: Found,
    bubble_at: I4,
    sums: I8,
    made: I4,
    made_ids: I8,
) -> None:
    """Count what is in a part's bubbles; `sums` become those of their x and y.

    What `sum_range` and `count_range` do, written out: numba hands on arrays at more cost than the few points
    of a cell take to add.
    """
    rows, stride, filed, columns = found.rows, window.stride, points.points, points.columns
    block_sums, block_counts = points.block_sums, points.block_counts
    first_status, first_severity = columns.first_status + FIRST_COUNT, columns.first_severity + FIRST_COUNT
    statuses = first_severity - first_status
    for cell in range(number):
        if rows[cell, OWNER] == NO_OWNER:
            continue
        bubble = bubble_at[neighbour(rows[cell, PLACE], rows[cell, OWNER], stride)] - 1
        if bubble < 0:
            continue
        begin, end = int(rows[cell, BEGIN]), int(rows[cell, END])
        made[bubble, BUBBLE_N] += end - begin
        made[bubble, BUBBLE_STATE] = filed[begin, STATE]  # told of single points alone
        if len(made_ids):
            made_ids[bubble] = points.ids[begin]
        first, last = (begin + BLOCK - 1) // BLOCK, end // BLOCK
        x, y, until, rest = np.int64(0), np.int64(0), end, end
        if first < last:
            x += block_sums[last, SUM_X] - block_sums[first, SUM_X]
            y += block_sums[last, SUM_Y] - block_sums[first, SUM_Y]
            for column in range(columns.total):
                made[bubble, FIRST_COUNT + column] += block_counts[last, column] - block_counts[first, column]
            until, rest = first * BLOCK, last * BLOCK
        packed = np.int64(0)  # eight statuses of fewer than 256 points, a byte each
        while True:
            for row in range(begin, until):
                state = filed[row, STATE]
                x += filed[row, X]
                y += filed[row, Y]
                packed += np.int64(1) << (((state >> STATUS_SHIFT) & STATUS_BITS) << 3)
                if columns.first_status > 0:
                    made[bubble, FIRST_COUNT + (state & 31)] += 1
                    made[bubble, first_severity + ((state >> SEVERITY_SHIFT) & 3)] += 1
            if until == end:
                break
            begin, until = rest, end
        for column in range(first_status, first_status + statuses):
            made[bubble, column] += packed & 255
            packed >>= 8
        sums[bubble, 0] += x
        sums[bubble, 1] += y


@inner
def _place(window: Window, number: int, found: Found, bubble_at: I4, gaps: I8, sums: I8, made: I4) -> None:
    """Say where a part's bubbles are drawn."""
    for cell in range(number):
        if found.rows[cell, OWNER] == ITSELF:
            bubble = bubble_at[found.rows[cell, PLACE]] - 1
            if bubble >= 0:
                n = int(made[bubble, BUBBLE_N])
                x, y = middle_of(cell, n, sums[bubble, 0], sums[bubble, 1], gaps[cell], window, found)
                made[bubble, BUBBLE_X], made[bubble, BUBBLE_Y] = x, y


@inner
def _mark_unsure(number: int, found: Found, stride: int, bubble_at: I4, made: I4) -> None:
    """Leave those bubbles to be worked out later to which an undecided cell may belong, or that it may
    hinder.
    """
    for cell in range(number):
        if found.rows[cell, OWNER] != NO_OWNER:
            continue
        place = found.rows[cell, PLACE]
        for down in range(-NEAR, NEAR + 1):
            for right in range(-NEAR, NEAR + 1):
                bubble = bubble_at[place + down * stride + right] - 1
                if bubble >= 0:
                    made[bubble, BUBBLE_N] = -1
        bubble = bubble_at[place] - 1
        if bubble >= 0:
            made[bubble, BUBBLE_X], made[bubble, BUBBLE_Y] = found.rows[cell, AT_X], found.rows[cell, AT_Y]


@inner
def _forget_far(window: Window, found: Found, number: int, reaches: U1, farthest: int) -> None:
    """Leave undecided what depends on cells too far off: whom a cell joins depends on all cells near it."""
    across = window.stride
    for cell in range(number):
        if reaches[cell] > farthest:
            for down in range(-NEAR, NEAR + 1):
                for right in range(-NEAR, NEAR + 1):
                    other = found.grid[found.rows[cell, PLACE] + down * across + right] - 1
                    if other >= 0:
                        found.rows[other, OWNER] = NO_OWNER
