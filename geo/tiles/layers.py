"""One set of points on the map, as it is now: filed once, changed since, and read tile by tile."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.tiles.bubbles import (
    BEGIN_BITS,
    CERTAIN_WITHIN,
    HAS_CHANGES,
    IS_CHANGED,
    IS_MERGED,
    KEYS,
    MOST_DRAWN,
    last_change_near,
    tile_bytes,
    tile_features,
)
from geo.tiles.cells import STATE, Points, index_points, index_sorted
from geo.tiles.changes import Changes
from geo.tiles.handles import handle_of
from geo.tiles.hands import Hands
from geo.tiles.lanes import NEAR
from geo.tiles.merging import decide_all
from geo.tiles.scheme import OTHER, SEVERITIES, Columns, Scheme
from geo.tiles.vector_tile import WORD, room_for, word_list, words_handle
from geo.tiles.written import Wording, write_rough

I8 = NDArray[np.int64]
I4 = NDArray[np.int32]

NO_IDS: Final = np.empty(0, dtype=np.int64)
MOST_KEPT: Final = 2000
"""Tiles near a change that a layer keeps; about 4 MB."""


_BEGINS: Final = (1 << BEGIN_BITS) - 1


class Vocabulary:
    """Names of tags and the words among their values, for one scheme.

    Parameters
    ----------
    scheme
        The scheme.
    is_all
        Whether services and severities are counted, or statuses alone.
    """

    def __init__(self, scheme: Scheme, *, is_all: bool) -> None:
        services = (*scheme.services, OTHER)
        counted = [f"service:{code}" for code in services] if is_all else []
        severities = [f"severity:{severity}" for severity in range(SEVERITIES)] if is_all else []
        self.columns = scheme.columns(is_all=is_all)
        self._names = [*KEYS, *counted, *scheme.statuses, *severities]
        self._words = [*scheme.statuses, *services]
        self._coded = word_list(self._names, self._words)
        self.handle = words_handle(self._coded)

    @property
    def room(self) -> int:
        """Bytes that a tile takes at most."""
        return room_for(MOST_DRAWN, len(self._names), self._coded)

    def told(self, tags: I8) -> dict[str, int | str]:
        """Spell out one feature's tags, shape (t, 2)."""
        return {
            self._names[key]: value if value < WORD else self._words[value - WORD]
            for key, value in tags.tolist()
        }


class Layer:
    """Points with their running changes.

    Parameters
    ----------
    points
        As `file_points` or `part_of` made them.
    vocabulary
        What is counted, and its names.

    Attributes
    ----------
    seen
        How many changes of the pyramid's list are in it.
    """

    def __init__(self, points: Points, vocabulary: Vocabulary) -> None:
        self.points = points
        self.seen = 0
        self._point_handle = handle_of(
            [part for part in points if isinstance(part, np.ndarray)], *points.columns
        )
        self._changes = Changes(vocabulary.columns)
        self._changes_handle = self._handles = NO_IDS
        self._vocabulary = vocabulary
        self._out = np.empty(vocabulary.room, dtype=np.uint8)
        self._written = self._out.data
        self._kept: dict[tuple[int, int, int, int, int], tuple[bytes, int]] = {}

    def record(self, key: int, state: int, number: int, sign: int) -> None:
        """Add (sign 1) or take away (sign −1) a point."""
        self._changes.record(key, state, number, sign)

    def replace(self, key: int, old: tuple[int, int], new: tuple[int, int]) -> None:
        """Give a point another state and id, where it is."""
        self._changes.replace(key, old, new)

    def tile(self, zoom: int, x: int, y: int, is_merged: bool, telling: int) -> bytes:
        """Write a tile; no bytes where nothing is drawn.

        Tiles near a change are kept until the next one near them: they take the longest, and are the ones
        that everybody looks at.
        """
        changes = self._changes
        last, how = 0, IS_MERGED if is_merged else 0
        if changes.used:
            last = last_change_near(zoom, x, y, changes.handle)
            how += HAS_CHANGES + IS_CHANGED * (last > 0)
        if last:
            asked = (zoom, x, y, how, telling)
            body, made_after = self._kept.get(asked, (b"", -1))
            if made_after >= last:
                return body
        handles = self._handles
        if changes.handle is not self._changes_handle:
            handles = self._current_handles()
        made = tile_bytes(zoom, x, y, how, telling, handles, self._out)
        body = bytes(self._written[made >> 1 & _BEGINS : made >> BEGIN_BITS + 1])
        if last and made & 1:
            if len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[asked] = (body, changes.number)
        return body

    def features(self, zoom: int, x: int, y: int, telling: int) -> tuple[I8, I8, I8]:
        """Find what a tile draws, as `geo.tiles.bubbles.tile_features` gives it."""
        changes = self._changes
        how = IS_MERGED
        if changes.used:
            how += HAS_CHANGES + IS_CHANGED * (last_change_near(zoom, x, y, changes.handle) > 0)
        middles, features, tags = tile_features(zoom, x, y, how, telling, self._current_handles())
        return middles, features, tags

    def _current_handles(self) -> I8:
        """Where all is; the differences move when they grow."""
        if self._changes.handle is not self._changes_handle:
            self._changes_handle = self._changes.handle
            held = (self._point_handle, self._changes_handle, self._vocabulary.handle)
            self._handles = handle_of(held)
        return self._handles

    @property
    def nbytes(self) -> int:
        """Bytes that it holds."""
        arrays = [array.nbytes for array in self.points if isinstance(array, np.ndarray)]
        return self._changes.nbytes + sum(arrays) + sum(len(body) for body, _ in self._kept.values())


def file_points(
    keys: I8,
    states: I4,
    ids: I8,
    columns: Columns,
    *,
    is_decided: bool,
    wording: Wording | None = None,
    threads: int = 1,
) -> Points:
    """Sort and file points.

    `is_decided` merges them beforehand, so that tiles need not. Then large tiles that are not merged are
    written, too, where it is said how.
    """
    with Hands(threads) as hands:
        points, sums = index_points(keys, states, ids, columns, hands)
        if not is_decided:
            return points
        writing = hands.begin(write_rough, points, wording) if wording is not None else None
        points = decide_all(points, sums, CERTAIN_WITHIN - NEAR, hands)
        if writing is not None:
            written, ends = writing()
            points = points._replace(written=written, written_ends=ends)
        return points


def part_of(points: Points, keep: NDArray[np.bool_]) -> Points:
    """File those points of a pyramid that are to be kept."""
    ids = points.ids[keep] if len(points.ids) else NO_IDS
    states = np.ascontiguousarray(points.points[keep, STATE])
    return index_sorted(points.keys[keep], states, ids, points.columns, Hands(1))[0]
