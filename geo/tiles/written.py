"""Tiles written beforehand: those that take the longest, as they are when nothing has changed."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.tiles.bubbles import Tile, rough_bubbles, tell, unpacked_telling
from geo.tiles.cells import DEEPEST, START, Points
from geo.tiles.compiled import long
from geo.tiles.positions import gather
from geo.tiles.vector_tile import encode, words_of

I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]

FEWEST: Final = 48
"""Complaints in a tile below which it is written when it is asked for: such tiles are most of all, but who
reads a map looks where complaints are.
"""


class Wording(NamedTuple):
    """What is told in tiles that are written beforehand.

    Attributes
    ----------
    tellings
        (zooms,) int64: for each zoom from 0 on, as `packed_telling` gives it; none of later zooms is written.
    words
        As `words_handle` gives them.
    room
        Bytes that a tile takes at most.
    """

    tellings: I8
    words: I8
    room: int


@long
def write_rough(points: Points, wording: Wording) -> tuple[U1, I8]:
    """Write those tiles, not merged, that hold many points: `Points.written` and `Points.written_ends`."""
    levels, tile_keys, tile_cells, cells = points.levels, points.tile_keys, points.tile_cells, points.cells
    words, out = words_of(wording.words), np.empty(wording.room, np.uint8)
    written, end = np.empty(wording.room + 4 * len(points.keys), np.uint8), 0
    sizes = np.zeros(len(tile_keys) + 1, np.int64)
    for zoom in range(1, min(len(wording.tellings), DEEPEST + 1)):
        telling = unpacked_telling(wording.tellings[zoom])
        for at in range(levels[zoom, 1], levels[zoom + 1, 1] - 1):
            if cells[tile_cells[at + 1], START] - cells[tile_cells[at], START] < FEWEST:
                continue
            tile = Tile(zoom, gather(tile_keys[at]), gather(tile_keys[at] >> 1), False, False, False)
            features, tags = tell(tile, rough_bubbles(tile, points), points.columns, telling)
            begin, after = encode(features, tags, words, out)
            if end + wording.room > len(written):
                larger = np.empty(2 * len(written), np.uint8)
                larger[:end] = written[:end]
                written = larger
            written[end : end + after - begin] = out[begin:after]
            end += after - begin
            sizes[at + 1] = after - begin
    return written[:end].copy(), np.cumsum(sizes)
