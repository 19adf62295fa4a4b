"""The bubbles of a whole map, worked out beforehand: part by part, as many at once as there are hands."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.tiles.cells import (
    BUBBLE_N,
    BUBBLE_STATE,
    BUBBLE_X,
    BUBBLE_Y,
    FIRST_COUNT,
    SIDE,
    STATE,
    Points,
    count_before,
    count_range,
)
from geo.tiles.compiled import inner, long
from geo.tiles.deciding import decide, far_of, gap_2_of, middle_of, notes_for
from geo.tiles.hands import Hands
from geo.tiles.lanes import NEAR, near_bits
from geo.tiles.positions import gather, spread
from geo.tiles.windows import (
    AT_X,
    AT_Y,
    BEGIN,
    BORDER,
    END,
    FILED,
    NO_OWNER,
    OWNER,
    PLACE,
    Found,
    N,
    Window,
    empty,
    file_cells,
    lower_bound,
    room_for,
)

I8 = NDArray[np.int64]
I4 = NDArray[np.int32]

PART_BITS: Final = 4
PART: Final = 1 << PART_BITS
"""Tiles along the side of the parts that are decided one by one."""
MARGIN: Final = SIDE
"""Cells around a part that are looked at, too."""
WINDOW: Final = PART * SIDE + 2 * MARGIN
FEWEST: Final = 8
"""Cells a tile, on average, below which a part is decided when it is asked for: that is as fast."""

SHARES: Final = 4
"""Shares for each thread that the parts are cut into."""

ZOOM, FIRST, AFTER = range(3)
"""Columns of parts: zoom, first tile and the one after the last."""


class Bubbles(NamedTuple):
    """Bubbles of a part.

    Attributes
    ----------
    made, ids
        (n, 4 + columns) int32 and (n,) int64, or (0,): as `Points.bubbles` and `Points.bubble_ids` have them.
    sums
        (n, 2) int64: of x and y.
    cells
        (n,) int32: found cell of each.
    """

    made: I4
    ids: I8
    sums: I8
    cells: I4


@long
def parts_of(levels: I8, tile_keys: I8, tile_cells: I4) -> I8:
    """List the parts of a map that are worth deciding, (p, 3): zoom, first tile, the one after its last."""
    parts = np.empty((len(tile_keys), 3), np.int64)
    number = 0
    for zoom in range(len(levels) - 1):
        tile, end = levels[zoom, 1], levels[zoom + 1, 1] - 1
        while tile < end:
            part, first = tile_keys[tile] >> (2 * PART_BITS), tile
            while tile < end and tile_keys[tile] >> (2 * PART_BITS) == part:
                tile += 1
            if tile_cells[tile] - tile_cells[first] >= FEWEST * (tile - first):
                parts[number, ZOOM], parts[number, FIRST], parts[number, AFTER] = zoom, first, tile
                number += 1
    return parts[:number]


def decide_all(points: Points, cell_sums: I8, most: int, hands: Hands) -> Points:
    """Work out the bubbles of a map that depend on nothing more than `most` cells away.

    Parts are taken by whoever is free, so that a thread that has to wait for a processor holds nobody up; in
    which order bubbles lie then depends on that, but not which are those of which tile.

    Parameters
    ----------
    points
        Points as they were filed.
    cell_sums
        As `index_points` gives them.
    most
        How far; bubbles that depend on more are left to be worked out when they are asked for.
    hands
        Who does it.

    Returns
    -------
    The points with their bubbles.
    """
    parts = parts_of(points.levels, points.tile_keys, points.tile_cells)
    ends = np.cumsum(points.tile_cells[parts[:, AFTER]] - points.tile_cells[parts[:, FIRST]])
    shares = SHARES * hands.threads if hands.threads > 1 else 1
    cuts = np.searchsorted(ends, np.linspace(0, ends[-1] if len(ends) else 0, shares + 1)[1:-1])
    waiting = deque(np.split(parts, np.unique(cuts)))

    def work() -> tuple[I4, I8, list[I8]]:
        room = np.empty((len(points.cells), FIRST_COUNT + points.columns.total), dtype=np.int32)
        ids = np.empty(len(points.cells) if len(points.ids) else 0, dtype=np.int64)
        taken: list[I8] = []
        filed = 0
        while waiting:
            try:
                share = waiting.popleft()
            except IndexError:  # another was faster
                break
            filed = decide_parts(points, cell_sums, share, most, filed, room, ids)
            taken.append(share)
        return room[:filed], ids[:filed], taken

    others = [hands.begin(work) for _ in range(hands.threads - 1)]
    bubbles, ids, _ = work()
    for other in others:
        more, more_ids, taken = other()
        for first, after in np.concatenate([parts[:0], *taken])[:, FIRST:].tolist():
            points.tile_bubbles[first:after] += len(bubbles)
        bubbles, ids = np.concatenate([bubbles, more]), np.concatenate([ids, more_ids])
    return points._replace(bubbles=bubbles, bubble_ids=ids)


@long
def decide_parts(
    points: Points, cell_sums: I8, parts: I8, most: int, filed: int, bubbles: I4, ids: I8
) -> int:
    """Work out the bubbles of some parts that depend on nothing more than `most` cells away.

    Parameters
    ----------
    points
        Points as they were filed. Which bubbles are those of which tile is written down in `tile_bubbles`.
    cell_sums
        As `index_points` gives them.
    parts
        Rows of `parts_of`.
    most
        How far; bubbles that depend on more are left to be worked out when they are asked for.
    filed
        How many bubbles there are already.
    bubbles, ids
        Room for a bubble a cell, to be filled from row `filed` on.

    Returns
    -------
    How many bubbles there are now.
    """
    found = room_for(Window(0, 0, 0, WINDOW, WINDOW + 2 * BORDER))
    notes, bubble_of = notes_for(WINDOW * WINDOW, found), np.zeros(WINDOW * WINDOW, np.int32)
    sums, cells = np.empty((WINDOW * WINDOW, 2), np.int64), np.empty(WINDOW * WINDOW + 1, np.int32)
    tiles = np.empty(((PART + 2) ** 2, 3), np.int64)
    for row in range(len(parts)):
        zoom, first, after = parts[row, ZOOM], parts[row, FIRST], parts[row, AFTER]
        part = points.tile_keys[first] >> (2 * PART_BITS)
        left, top = gather(part) * PART * SIDE - MARGIN, gather(part >> 1) * PART * SIDE - MARGIN
        window = Window(zoom, left, top, WINDOW, WINDOW + 2 * BORDER)
        number, n_tiles = _find(window, first, after, points, found, tiles)
        is_sure = decide(window, MARGIN - NEAR, most, found, number, notes)
        if not is_sure:
            _forget_far(window, found, number, notes.known, most)
        end = _number(tiles[:n_tiles], filed, points, found, bubble_of, cells)
        of_part = Bubbles(bubbles[filed:end], ids[filed:end], sums[: end - filed], cells[: end - filed])
        of_part.made[:] = 0
        of_part.sums[:] = 0
        _fill(number, points, cell_sums, found, bubble_of, of_part)
        _place(window, points, found, notes.bits, of_part)
        if not is_sure:
            _mark_unsure(number, found, window.stride, bubble_of, of_part.made)
        bubble_of[:number] = 0
        empty(found, number)
        filed = end
    return filed


@inner
def _find(window: Window, first: int, after: int, points: Points, found: Found, tiles: I8) -> tuple[int, int]:
    """Find the cells of a part and around it.

    Lists the tiles from `first` to before `after` that it meets: tile, first found cell, the one after its
    last. Returns how many cells and tiles there are.
    """
    tile_keys, tile_cells, last = points.tile_keys, points.tile_cells, (1 << window.zoom) - 1
    begin, end = points.levels[window.zoom, 1], points.levels[window.zoom + 1, 1] - 1
    left, top = window.left // SIDE, window.top // SIDE
    number, n_tiles = 0, 0
    for y in range(max(top, 0), min(top + PART + 1, last) + 1):
        for x in range(max(left, 0), min(left + PART + 1, last) + 1):
            key = spread(x) | (spread(y) << 1)
            at = lower_bound(tile_keys, begin, end, key)
            if tile_keys[at] != key:
                continue
            tiles[n_tiles, 0], tiles[n_tiles, 1] = at, number
            number = file_cells(window, tile_cells[at], tile_cells[at + 1], points.cells, found, number)
            tiles[n_tiles, 2] = number
            n_tiles += first <= at < after
    return number, n_tiles


@inner
def _number(tiles: I8, filed: int, points: Points, found: Found, bubble_of: I4, cells: I4) -> int:
    """Number the cells of tiles that are, or may be, bubbles.

    Numbers in `bubble_of` count from 1 for the first of the part; returns how many bubbles there are now in
    all.
    """
    owners, number = found.rows[OWNER], 0
    for row in range(len(tiles)):
        points.tile_bubbles[tiles[row, 0], 0] = filed + number
        for cell in range(tiles[row, 1], tiles[row, 2]):
            is_one = owners[cell] in (cell, NO_OWNER)
            cells[number] = cell
            number += is_one
            bubble_of[cell] = number if is_one else 0
        points.tile_bubbles[tiles[row, 0], 1] = filed + number
    return filed + number


@inner
def _fill(number: int, points: Points, cell_sums: I8, found: Found, bubble_of: I4, to: Bubbles) -> None:
    """Count what is in a part's bubbles."""
    rows, counted, columns = found.rows, points.counted, points.columns
    made, sums = to.made, to.sums
    # The points of the next cell mostly follow those of this one: what is before them is counted once.
    before, at = np.zeros(columns.total, np.int64), np.int64(0)
    for cell in range(number):
        owner = rows[OWNER, cell]
        if owner == NO_OWNER:
            continue
        bubble = bubble_of[owner] - 1
        if bubble < 0:
            continue
        filed = rows[FILED, cell]
        made[bubble, BUBBLE_N] += rows[N, cell]
        sums[bubble, 0] += cell_sums[filed, 0]
        sums[bubble, 1] += cell_sums[filed, 1]
        begin, end = rows[BEGIN, cell], rows[END, cell]
        if columns.first_status > 0:
            count_range(begin, end, points.points, counted, columns, made[bubble, FIRST_COUNT:])
            continue
        if begin != at:
            for column in range(columns.total):
                before[column] = count_before(begin, column, counted)
        at = end
        for column in range(columns.total):
            until = count_before(end, column, counted)
            made[bubble, FIRST_COUNT + column] += until - before[column]
            before[column] = until


@inner
def _place(window: Window, points: Points, found: Found, bits: I8, to: Bubbles) -> None:
    """Say where a part's bubbles are drawn, and of single points what they are."""
    rows, xs, ys, filed = found.rows, found.xs, found.ys, points.points
    made, sums, cells, stride = to.made, to.sums, to.cells, window.stride
    far_2 = far_of(window.zoom) ** 2
    for bubble in range(len(made)):
        place = int(rows[PLACE, cells[bubble]])
        bits[bubble] = near_bits(xs, ys, place, stride, xs[place], ys[place], far_2)
    for bubble in range(len(made)):
        cell, n = cells[bubble], np.int64(made[bubble, BUBBLE_N])
        x, y = int(rows[AT_X, cell]), int(rows[AT_Y, cell])
        if n > 1:
            gap_2 = gap_2_of(int(rows[PLACE, cell]), bits[bubble], stride, xs, ys)
            x, y = middle_of(x, y, sums[bubble, 0] // n, sums[bubble, 1] // n, gap_2, window.zoom)
        made[bubble, BUBBLE_X], made[bubble, BUBBLE_Y] = x, y
        made[bubble, BUBBLE_STATE] = filed[rows[BEGIN, cell], STATE] if n == 1 else 0
        if rows[OWNER, cell] == NO_OWNER:
            made[bubble, BUBBLE_N] = -1
    if len(to.ids):
        for bubble in range(len(made)):
            to.ids[bubble] = points.ids[rows[BEGIN, cells[bubble]]]


@inner
def _forget_far(window: Window, found: Found, number: int, known: I4, most: int) -> None:
    """Leave undecided what depends on cells too far off: whom a cell joins depends on all cells near it."""
    for cell in range(number):
        if known[cell] >> 2 > most:
            for down in range(-NEAR, NEAR + 1):
                for right in range(-NEAR, NEAR + 1):
                    other = found.grid[found.rows[PLACE, cell] + down * window.stride + right] - 1
                    if other >= 0:
                        found.rows[OWNER, other] = NO_OWNER


@inner
def _mark_unsure(number: int, found: Found, stride: int, bubble_of: I4, made: I4) -> None:
    """Leave those bubbles to be worked out later to which an undecided cell may belong, or that it may
    hinder.
    """
    for cell in range(number):
        if found.rows[OWNER, cell] != NO_OWNER:
            continue
        for down in range(-NEAR, NEAR + 1):
            for right in range(-NEAR, NEAR + 1):
                other = found.grid[found.rows[PLACE, cell] + down * stride + right] - 1
                bubble = bubble_of[other] - 1 if other >= 0 else -1
                if bubble >= 0:
                    made[bubble, BUBBLE_N] = -1
