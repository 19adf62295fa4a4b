"""The bubbles of one tile: where they are drawn, what is in them, and what a reader may be told of it."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.tiles.cells import (
    BUBBLE_N,
    BUBBLE_STATE,
    BUBBLE_X,
    BUBBLE_Y,
    CELL_BITS,
    CELL_X,
    CELL_Y,
    DEEPEST,
    FIRST_COUNT,
    SIDE,
    START,
    STATE,
    SUM_ID,
    SUM_STATE,
    SUM_X,
    SUM_Y,
    SUMS,
    N,
    Points,
    add_ranges,
    count_before,
    points_of,
)
from geo.tiles.changes import Differences, differences_of, find_row
from geo.tiles.compiled import inner, outer
from geo.tiles.deciding import FARTHEST, decide, far_of, gap_2_of, middle_of, notes_for, reach_of
from geo.tiles.handles import ENTRY, column_i8
from geo.tiles.lanes import NEAR, near_bits
from geo.tiles.positions import BITS, key_xy, spread
from geo.tiles.scheme import DAY_SHIFT, STATUS_BITS, STATUS_SHIFT, Columns
from geo.tiles.vector_tile import EXTENT, MOST_HEAD, WORD, encode, words_of
from geo.tiles.windows import (
    AT_X,
    AT_Y,
    BEGIN,
    BORDER,
    END,
    NO_OWNER,
    OWNER,
    PLACE,
    ROW,
    Found,
    Window,
    find_cells,
    lower_bound,
    place_of,
    room_for,
)
from geo.tiles.windows import N as FOUND_N

I8 = NDArray[np.int64]
I4 = NDArray[np.int32]
U1 = NDArray[np.uint8]

RIM: Final = 1
"""Bubbles drawn in a tile are those of its own cells and of the cells around it."""
SEEN: Final = RIM + NEAR
"""Cells around a tile that bubbles drawn in it may hold, or be kept apart from."""
AROUND: Final = 2
"""What was decided at the build holds until something changes in the tile or two rings of tiles around it."""
CERTAIN_WITHIN: Final = AROUND * SIDE - SEEN
"""So it must not depend on cells farther off."""


_ORDER: Final = np.array(
    [
        (column, row)
        for y in (-SIDE, 0, SIDE)
        for x in (-SIDE, 0, SIDE)
        for column, row in (key_xy(np.arange(SIDE * SIDE)) + np.array([x + RIM, y + RIM])).tolist()
        if 0 <= column < SIDE + 2 * RIM and 0 <= row < SIDE + 2 * RIM
    ]
)
"""Columns and rows of a tile's cells and their rim: tile by tile, in key order."""
ROUGH: Final = SIDE // 2
"""Cells along a tile's side where none are merged."""


def _zone_in_order(quarter: int) -> list[tuple[int, int]]:
    """Columns and rows of a rough tile's cells and their rim, for a quarter of the parent tile, whose cells
    they are: parent by parent, in key order.
    """

    def place(at: tuple[int, int]) -> tuple[int, int, int]:
        x, y = at[0] - RIM + (quarter & 1) * ROUGH, at[1] - RIM + (quarter >> 1) * ROUGH
        bits = range(CELL_BITS)
        return y // SIDE, x // SIDE, sum((x >> bit & 1 | (y >> bit & 1) << 1) << 2 * bit for bit in bits)

    side = range(ROUGH + 2 * RIM)
    return sorted(((column, row) for row in side for column in side), key=place)


_ROUGH_ORDER: Final = np.array([_zone_in_order(quarter) for quarter in range(4)])
"""The same where none are merged, by the tile's quarter of its parent: parent by parent, in key order."""
MOST_DRAWN: Final = (SIDE + 2 * RIM) ** 2
MOST_ROUGH: Final = (ROUGH + 2 * RIM) ** 2
"""No tile has more bubbles, merged or rough."""

COUNT, BELOW, SERVICE, SEVERITY, STATUS, DAY = range(6)
"""Keys of tags; those of each column of counts follow."""
KEYS: Final = ("count", "below", "service", "severity", "status", "day")

FAR, NEARBY, STAFF = range(3)
"""What may be told: counts alone; of a single complaint also service, status and day; everything."""


class Tile(NamedTuple):
    """Which tile, and how it is to be drawn.

    Attributes
    ----------
    zoom, x, y
        Its number.
    is_merged
        Whether bubbles are kept apart.
    has_changes
        Whether any complaint changed since points were filed.
    is_changed
        Whether one did that can matter to this tile; see `last_change_near`.
    """

    zoom: int
    x: int
    y: int
    is_merged: bool
    has_changes: bool
    is_changed: bool


class Telling(NamedTuple):
    """What a tile may tell.

    Attributes
    ----------
    level
        `FAR`, `NEARBY` or `STAFF`.
    least
        Bubbles of fewer complaints say only that they are below it.
    with_counts
        Whether each service and severity is counted, at level `STAFF`.
    """

    level: int
    least: int
    with_counts: bool


class Drawn(NamedTuple):
    """Bubbles of a tile: rows, (n,), of a table as `Points.bubbles` is, and its ids, which may be none."""

    rows: I4
    table: I4
    ids: I8


class Area(NamedTuple):
    """The decided cells in and around a tile.

    Attributes
    ----------
    window
        Their window.
    across
        Columns of cells along the tile's side.
    margin
        Columns around the tile.
    """

    window: Window
    across: int
    margin: int


@inner
def _area(tile: Tile, margin: int) -> Area:
    across = SIDE if tile.is_merged or tile.zoom == 0 else ROUGH
    zoom = tile.zoom if across == SIDE else tile.zoom - 1
    side = across + 2 * margin
    left, top = tile.x * across - margin, tile.y * across - margin
    return Area(Window(zoom, left, top, side, side + 2 * BORDER), across, margin)


@inner
def _find(tile: Tile, points: Points, changed: Differences) -> tuple[Area, Found, int]:
    """Find the cells in and around a tile, with their owners.

    They are decided in a window that is made larger until nothing beyond it can matter.
    """
    margin = SIDE // 2 if tile.is_merged else RIM
    while True:
        area = _area(tile, margin)
        found = room_for(area.window)
        number = find_cells(area.window, tile.has_changes, points, changed, found)
        if not tile.is_merged:
            for cell in range(number):
                found.rows[OWNER, cell] = cell
            return area, found, number
        if decide(area.window, margin - SEEN, FARTHEST, found, number, notes_for(number, found)):
            return area, found, number
        margin *= 2


@outer
def last_change_near(zoom: int, tile_x: int, tile_y: int, changes: I8) -> int:
    """Number of the last change in a tile or in two rings of tiles around it; 0 where nothing changed.

    `changes` is the handle of the differences.
    """
    changed = differences_of(changes)
    last, stamp = (1 << zoom) - 1, np.int64(0)
    for y in range(max(tile_y - AROUND, 0), min(tile_y + AROUND, last) + 1):
        for x in range(max(tile_x - AROUND, 0), min(tile_x + AROUND, last) + 1):
            row = find_row(changed.slots, zoom - CELL_BITS, spread(x) | (spread(y) << 1))
            if row >= 0:
                stamp = max(stamp, changed.stamps[row])
    return stamp  # type: ignore[return-value]


@inner
def _bubbles(tile: Tile, points: Points, changed: Differences) -> tuple[Drawn, bool]:
    """Find the bubbles drawn in a tile, those that reach into it from outside included.

    Returns
    -------
    The bubbles, tile by tile, in key order. And whether nothing farther off was looked at than
    `last_change_near` looks.
    """
    if tile.is_merged and not tile.is_changed:
        ready = np.empty(MOST_DRAWN, np.int32)
        number = _ready(tile, points, ready)
        if number >= 0:
            return Drawn(ready[:number], points.bubbles, points.bubble_ids), True
    if 0 < tile.zoom <= DEEPEST + 1 and not (tile.is_merged or tile.is_changed):
        return rough_bubbles(tile, points), True
    area, found, number = _find(tile, points, changed)
    kept, bubble_of = _kept(tile, area, found, number)
    ranges, added = _ranges(found, number, bubble_of)
    sums = np.zeros((len(kept), SUMS), np.int64)
    counts = np.zeros((len(kept), points.columns.total), np.int32)
    add_ranges(ranges, points, sums, counts)
    for at in range(len(added)):
        for column in range(SUMS):
            sums[added[at, 1], column] += changed.sums[added[at, 0], column]
        for column in range(counts.shape[1]):
            counts[added[at, 1], column] += changed.counts[added[at, 0], column]
    drawn = _drawn(tile, area.window, kept, found, sums)
    table = np.empty((len(kept), FIRST_COUNT + counts.shape[1]), np.int32)
    for row in drawn:
        table[row, BUBBLE_N] = sums[row, N]
        table[row, BUBBLE_X], table[row, BUBBLE_Y] = sums[row, SUM_X], sums[row, SUM_Y]
        table[row, BUBBLE_STATE] = sums[row, SUM_STATE] if sums[row, N] == 1 else 0
        table[row, FIRST_COUNT:] = counts[row]
    return Drawn(drawn, table, sums[:, SUM_ID].copy()), area.margin <= AROUND * SIDE


@inner
def rough_bubbles(tile: Tile, points: Points) -> Drawn:
    """The cells of a tile in which nothing changed, zoom 1 to 17, as bubbles that are not merged."""
    cells, counted, filed, columns = points.cells, points.counted, points.points, points.columns.total
    size, rim = 1 << (BITS - tile.zoom), reach_of(tile.zoom) // 2
    left, top, across = tile.x * size - rim, tile.y * size - rim, size + 2 * rim
    table = np.empty((MOST_ROUGH, FIRST_COUNT + columns), np.int32)
    ids = np.zeros(MOST_ROUGH if len(points.ids) else 0, np.int64)
    parts, number = _rough_parts(tile, points), 0
    for part in range(len(parts)):
        for cell in range(parts[part, 0], parts[part, 1]):
            first, after = cells[cell, START], cells[cell + 1, START]
            right, down = cells[cell, CELL_X] - left, cells[cell, CELL_Y] - top
            if not ((0 <= right < across) & (0 <= down < across)):
                continue
            table[number, BUBBLE_N] = after - first
            table[number, BUBBLE_X], table[number, BUBBLE_Y] = cells[cell, CELL_X], cells[cell, CELL_Y]
            if after - first == 1:  # points lie far apart in memory
                table[number, BUBBLE_STATE] = filed[first, STATE]
                if len(ids):
                    ids[number] = points.ids[first]
            for column in range(columns):
                count = count_before(after, column, counted) - count_before(first, column, counted)
                table[number, FIRST_COUNT + column] = count
            number += 1
    return Drawn(np.arange(number).astype(np.int32), table, ids)


@inner
def _rough_parts(tile: Tile, points: Points) -> I8:
    """List the first cell, and the one after the last, of a tile and of those around it, (9, 2); parent by
    parent, in key order. Each is a quarter of a tile of the zoom before, whose cells they are.
    """
    zoom, last = tile.zoom - 1, (1 << (tile.zoom - 1)) - 1
    parts = np.zeros((9, 2), np.int64)
    number = 0
    for y in range(max((tile.y - 1) >> 1, 0), min((tile.y + 1) >> 1, last) + 1):
        for x in range(max((tile.x - 1) >> 1, 0), min((tile.x + 1) >> 1, last) + 1):
            key = spread(x) | (spread(y) << 1)
            at = lower_bound(points.tile_keys, points.levels[zoom, 1], points.levels[zoom + 1, 1] - 1, key)
            if points.tile_keys[at] != key:
                continue
            after, end = points.tile_cells[at], points.tile_cells[at + 1]
            for quarter in range(4):
                beside_x, beside_y = 2 * x + (quarter & 1) - tile.x, 2 * y + (quarter >> 1) - tile.y
                if -1 <= beside_x <= 1 and -1 <= beside_y <= 1:
                    begin = _quarter(points.cells, after, end, BITS - tile.zoom, quarter)
                    after = _quarter(points.cells, begin, end, BITS - tile.zoom, quarter + 1)
                    parts[number, 0], parts[number, 1] = begin, after
                    number += 1
    return parts[:number]


@inner
def _find_written(tile: Tile, points: Points) -> tuple[int, int]:
    """Where a tile's bytes begin and end in those written beforehand; at one place where there are none."""
    if tile.is_merged or tile.is_changed or tile.zoom > DEEPEST or len(points.written_ends) == 0:
        return 0, 0
    key, levels = spread(tile.x) | (spread(tile.y) << 1), points.levels
    at = lower_bound(points.tile_keys, levels[tile.zoom, 1], levels[tile.zoom + 1, 1] - 1, key)
    if points.tile_keys[at] != key:
        return 0, 0
    return points.written_ends[at], points.written_ends[at + 1]


@inner
def _quarter(cells: I4, begin: int, end: int, middle: int, quarter: int) -> int:
    """The first of a tile's cells, from `begin` to before `end`, that is not before a quarter of it; in which
    half a place is, a bit of it says.
    """
    length = end - begin
    while length > 0:
        half = length >> 1
        right, down = cells[begin + half, CELL_X] >> middle & 1, cells[begin + half, CELL_Y] >> middle & 1
        is_before = down << 1 | right < quarter
        begin = begin + half + 1 if is_before else begin
        length = length - half - 1 if is_before else half
    return begin


@inner
def _ready(tile: Tile, points: Points, ready: I4) -> int:
    """List the bubbles of the build that are drawn in a tile; −1 where some have to be worked out now."""
    if tile.zoom > DEEPEST:
        return -1
    levels, bubbles, last = points.levels, points.bubbles, (1 << tile.zoom) - 1
    size = 1 << (BITS - tile.zoom)
    left, top = tile.x * size, tile.y * size
    rim, unsure = reach_of(tile.zoom) // 2, size // SIDE * SEEN
    number = 0
    for y in range(max(tile.y - 1, 0), min(tile.y + 1, last) + 1):
        for x in range(max(tile.x - 1, 0), min(tile.x + 1, last) + 1):
            key = spread(x) | (spread(y) << 1)
            at = lower_bound(points.tile_keys, levels[tile.zoom, 1], levels[tile.zoom + 1, 1] - 1, key)
            if points.tile_keys[at] != key:
                continue
            if points.tile_bubbles[at, 0] < 0:
                return -1
            for bubble in range(points.tile_bubbles[at, 0], points.tile_bubbles[at, 1]):
                edge = rim if bubbles[bubble, BUBBLE_N] >= 0 else unsure
                right, down = bubbles[bubble, BUBBLE_X] - left, bubbles[bubble, BUBBLE_Y] - top
                if -edge <= right < size + edge and -edge <= down < size + edge:
                    if bubbles[bubble, BUBBLE_N] < 0:
                        return -1
                    ready[number] = bubble
                    number += 1
    return number


@inner
def _kept(tile: Tile, area: Area, found: Found, number: int) -> tuple[I4, I4]:
    """List the cells that are bubbles and may be drawn in the tile, by rows; and number them from 1, by
    cell.
    """
    size = 1 << (BITS - tile.zoom)
    reach = reach_of(tile.zoom)
    rim = reach // 2 + (reach // 4 if tile.is_merged else 0)
    x, y = tile.x * size, tile.y * size
    zone, edge = area.across + 2 * RIM, area.margin - RIM
    bubble_of = np.zeros(number, np.int32)
    kept = np.empty(zone * zone, np.int32)
    n = 0
    for turn in range(zone * zone):
        column, row = _ORDER[turn, 0], _ORDER[turn, 1]
        if area.across == ROUGH:
            quarter = (tile.y & 1) << 1 | (tile.x & 1)
            column, row = _ROUGH_ORDER[quarter, turn, 0], _ROUGH_ORDER[quarter, turn, 1]
        cell = found.grid[place_of(column + edge, row + edge, area.window.stride)] - 1
        if cell < 0 or found.rows[OWNER, cell] != cell:
            continue
        at_x, at_y = found.rows[AT_X, cell] - x, found.rows[AT_Y, cell] - y
        if -rim <= at_x < size + rim and -rim <= at_y < size + rim:
            kept[n] = cell
            n += 1
            bubble_of[cell] = n
    return kept[:n], bubble_of


@inner
def _ranges(found: Found, number: int, bubble_of: I4) -> tuple[I8, I8]:
    """Say which filed points, and which rows of differences, go to which bubble."""
    ranges = np.empty((number, 3), np.int64)
    added = np.empty((number, 2), np.int64)
    n_ranges, n_added = 0, 0
    for cell in range(number):
        owner = found.rows[OWNER, cell]
        if owner == NO_OWNER or found.rows[FOUND_N, cell] == 0:
            continue
        bubble = bubble_of[owner] - 1
        if bubble < 0:
            continue
        ranges[n_ranges, 0], ranges[n_ranges, 1] = found.rows[BEGIN, cell], found.rows[END, cell]
        ranges[n_ranges, 2] = bubble
        n_ranges += 1
        if found.rows[ROW, cell] >= 0:
            added[n_added, 0], added[n_added, 1] = found.rows[ROW, cell], bubble
            n_added += 1
    return ranges[:n_ranges], added[:n_added]


@inner
def _drawn(tile: Tile, window: Window, kept: I4, found: Found, sums: I8) -> I4:
    """Place the bubbles, and list the rows of those that reach into the tile."""
    size = 1 << (BITS - tile.zoom)
    rim = reach_of(tile.zoom) // 2
    x, y = tile.x * size, tile.y * size
    xs, ys, stride, far_2 = found.xs, found.ys, window.stride, far_of(window.zoom) ** 2
    drawn = np.empty(len(kept), np.int32)
    number = 0
    for bubble in range(len(kept)):
        cell, n = kept[bubble], sums[bubble, N]
        at_x, at_y = int(found.rows[AT_X, cell]), int(found.rows[AT_Y, cell])
        if tile.is_merged and n > 1:
            place = int(found.rows[PLACE, cell])
            others = near_bits(xs, ys, place, stride, xs[place], ys[place], far_2)
            gap_2 = gap_2_of(place, others, stride, xs, ys)
            mean_x, mean_y = sums[bubble, SUM_X] // n, sums[bubble, SUM_Y] // n
            at_x, at_y = middle_of(at_x, at_y, mean_x, mean_y, gap_2, window.zoom)
        sums[bubble, SUM_X], sums[bubble, SUM_Y] = at_x, at_y
        if -rim <= at_x - x < size + rim and -rim <= at_y - y < size + rim:
            drawn[number] = bubble
            number += 1
    return drawn[:number]


BEGIN_BITS: Final = MOST_HEAD.bit_length()
"""Bits of an answer that say where its bytes begin."""
IS_MERGED, HAS_CHANGES, IS_CHANGED = 1, 2, 4
"""How a tile is to be drawn, added up: see `Tile`."""


@inner
def _asked(zoom: int, x: int, y: int, how: int) -> Tile:
    return Tile(zoom, x, y, how & IS_MERGED != 0, how & HAS_CHANGES != 0, how & IS_CHANGED != 0)


@outer
def tile_features(zoom: int, x: int, y: int, how: int, telling: int, handles: I8) -> tuple[I8, I8, I8]:
    """Find what is drawn in a tile and what is told of it; arguments are those of `tile_bytes`.

    Returns
    -------
    Middles in world units, (n, 2) int64, and features and tags as `vector_tile.encode` takes them.
    """
    tile, of = _asked(zoom, x, y, how), points_of(column_i8(handles, 0))
    drawn, _ = _bubbles(tile, of, differences_of(column_i8(handles, ENTRY)))
    features, tags = tell(tile, drawn, of.columns, unpacked_telling(telling))
    middles = np.empty((len(drawn.rows), 2), np.int64)
    for row in range(len(drawn.rows)):
        bubble = drawn.rows[row]
        middles[row, 0], middles[row, 1] = drawn.table[bubble, BUBBLE_X], drawn.table[bubble, BUBBLE_Y]
    return middles, features, tags


@outer
def tile_bytes(zoom: int, x: int, y: int, how: int, telling: int, handles: I8, out: U1) -> int:
    """Write a tile: its features, encoded.

    Parameters
    ----------
    zoom, x, y
        Its number.
    how
        `IS_MERGED`, `HAS_CHANGES` and `IS_CHANGED`, added up.
    telling
        As `packed_telling` gives it.
    handles
        Handle of the handles of `Points`, `Differences` and `Words`.
    out
        Room, as `vector_tile.room_for` says.

    Returns
    -------
    Where the bytes end and where they begin (`BEGIN_BITS`), and a bit that says whether the tile stays so
    until something changes near it.
    """
    tile, of = _asked(zoom, x, y, how), points_of(column_i8(handles, 0))
    begin, end = _find_written(tile, of)
    if begin < end:
        out[: end - begin] = of.written[begin:end]
        return (end - begin) << BEGIN_BITS + 1
    drawn, is_lasting = _bubbles(tile, of, differences_of(column_i8(handles, ENTRY)))
    features, tags = tell(tile, drawn, of.columns, unpacked_telling(telling))
    words = words_of(column_i8(handles, 2 * ENTRY))
    begin, end = encode(features, tags, words, out)
    return end << BEGIN_BITS + 1 | begin << 1 | is_lasting


def packed_telling(telling: Telling) -> int:
    """Return what a tile may tell as one number: numba takes longer to look at a tuple than to count."""
    return telling.level | telling.with_counts << 2 | telling.least << 3


@inner
def unpacked_telling(telling: int) -> Telling:
    """What a tile may tell, of what `packed_telling` gives."""
    return Telling(telling & 3, telling >> 3, telling & 4 != 0)


@inner
def tell(tile: Tile, drawn: Drawn, columns: Columns, telling: Telling) -> tuple[I8, I8]:
    """Say of each bubble what may be said of it."""
    table, first_status, first_severity = drawn.table, columns.first_status, columns.first_severity
    statuses = first_severity - first_status
    features = np.empty((len(drawn.rows), 4), np.int64)
    tags = np.empty((len(drawn.rows) * (len(KEYS) + columns.total) + 1, 2), np.int64)
    shift = BITS - tile.zoom
    tag = 0
    for row in range(len(drawn.rows)):
        bubble = drawn.rows[row]
        features[row, 0] = ((table[bubble, BUBBLE_X] - (tile.x << shift)) * EXTENT) >> shift
        features[row, 1] = ((table[bubble, BUBBLE_Y] - (tile.y << shift)) * EXTENT) >> shift
        features[row, 2] = 0
        n = table[bubble, BUBBLE_N]
        if n < telling.least:
            tags[tag, 0], tags[tag, 1] = BELOW, telling.least
            tag += 1
        else:
            tags[tag, 0], tags[tag, 1] = COUNT, n
            tag += 1
            tag = _tell_counts(bubble, table, first_status, first_severity, tags, tag)
            if telling.level != FAR and n == 1:
                state = np.int64(table[bubble, BUBBLE_STATE])
                status = (state >> STATUS_SHIFT) & STATUS_BITS
                tags[tag, 0], tags[tag, 1] = SERVICE, WORD + statuses + (state & 31)
                tags[tag + 1, 0], tags[tag + 1, 1] = STATUS, WORD + status
                tags[tag + 2, 0], tags[tag + 2, 1] = DAY, state >> DAY_SHIFT
                tag += 3
            if telling.level == STAFF:
                if n == 1:
                    features[row, 2] = drawn.ids[bubble] if len(drawn.ids) else 0
                else:
                    most = _most(bubble, first_status, table)
                    tags[tag, 0], tags[tag, 1] = SERVICE, WORD + statuses + most
                    tag += 1
                tag = _tell_worst(bubble, table, first_severity, tags, tag)
                if telling.with_counts:
                    tag = _tell_counts(bubble, table, 0, first_status, tags, tag)
                    tag = _tell_counts(bubble, table, first_severity, columns.total, tags, tag)
        features[row, 3] = tag
    return features, tags[:tag]


@inner
def _tell_counts(bubble: int, table: I4, begin: int, end: int, tags: I8, tag: int) -> int:
    """Add a tag for each column with a count."""
    for column in range(begin, end):
        # Written down in any case: whether there are any cannot be foretold.
        count = table[bubble, FIRST_COUNT + column]
        tags[tag, 0], tags[tag, 1] = len(KEYS) + column, count
        tag += count > 0
    return tag


@inner
def _tell_worst(bubble: int, table: I4, first_severity: int, tags: I8, tag: int) -> int:
    """Add a tag for the highest severity that occurs."""
    worst = table.shape[1] - 1
    while worst > FIRST_COUNT + first_severity and table[bubble, worst] == 0:
        worst -= 1
    tags[tag, 0], tags[tag, 1] = SEVERITY, worst - FIRST_COUNT - first_severity
    return tag + 1


@inner
def _most(bubble: int, columns: int, table: I4) -> int:
    """The first of the columns with the highest count."""
    most = 0
    for column in range(1, columns):
        if table[bubble, FIRST_COUNT + column] > table[bubble, FIRST_COUNT + most]:
            most = column
    return most
