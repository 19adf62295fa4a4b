"""One set of points on the map, as it is now: filed once, changed since, and read tile by tile."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.tiles.bubbles import CERTAIN_WITHIN, KEYS, Telling, Tile, last_change_near, tile_bytes, tile_features
from geo.tiles.cells import STATE, Points, index_points, index_sorted
from geo.tiles.changes import Changes
from geo.tiles.merging import decide_all
from geo.tiles.scheme import OTHER, SEVERITIES, Scheme
from geo.tiles.vector_tile import WORD, word_list

I8 = NDArray[np.int64]
I4 = NDArray[np.int32]

NO_IDS: Final = np.empty(0, dtype=np.int64)
MOST_KEPT: Final = 2000
"""Tiles near a change that a layer keeps; about 4 MB."""


class Vocabulary:
    """Names of tags and the words among their values, for one scheme."""

    def __init__(self, scheme: Scheme) -> None:
        services = (*scheme.services, OTHER)
        severities = (f"severity:{severity}" for severity in range(SEVERITIES))
        self._names = [*KEYS, *(f"service:{code}" for code in services), *scheme.statuses, *severities]
        self._words = [*services, *scheme.statuses]
        self.coded = word_list(self._names, self._words)

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
    scheme, vocabulary
        What is counted, and its names.

    Attributes
    ----------
    seen
        How many changes of the pyramid's list are in it.
    """

    def __init__(self, points: Points, scheme: Scheme, vocabulary: Vocabulary) -> None:
        self.points = points
        self.seen = 0
        self._changes = Changes(scheme)
        self._vocabulary = vocabulary
        self._kept: dict[tuple[int, int, int, bool, Telling], tuple[bytes, int]] = {}

    def record(self, key: int, state: int, number: int, sign: int) -> None:
        """Add (sign 1) or take away (sign −1) a point."""
        self._changes.record(key, state, number, sign)

    def replace(self, key: int, old: tuple[int, int], new: tuple[int, int]) -> None:
        """Give a point another state and id, where it is."""
        self._changes.replace(key, old, new)

    def tile(self, zoom: int, x: int, y: int, is_merged: bool, telling: Telling) -> bytes:
        """Write a tile; no bytes where nothing is drawn.

        Tiles near a change are kept until the next one near them: they take the longest, and are the ones
        that everybody looks at.
        """
        changes = self._changes
        last = last_change_near(zoom, x, y, changes.table) if changes.used else 0
        asked = (zoom, x, y, is_merged, telling)
        if last:
            body, made_after = self._kept.get(asked, (b"", -1))
            if made_after >= last:
                return body
        tile = Tile(zoom, x, y, is_merged, changes.used > 0, last > 0)
        made, is_lasting = tile_bytes(tile, self.points, changes.table, telling, self._vocabulary.coded)
        body = bytes(made.tobytes())
        if last and is_lasting:
            if len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[asked] = (body, changes.number)
        return body

    def features(self, zoom: int, x: int, y: int, telling: Telling) -> tuple[I8, I8, I8]:
        """Find what a tile draws, as `geo.tiles.bubbles.tile_features` gives it."""
        changes = self._changes
        last = last_change_near(zoom, x, y, changes.table) if changes.used else 0
        tile = Tile(zoom, x, y, True, changes.used > 0, last > 0)
        middles, features, tags = tile_features(tile, self.points, changes.table, telling)
        return middles, features, tags

    @property
    def nbytes(self) -> int:
        """Bytes that it holds."""
        arrays = [array.nbytes for array in self.points if isinstance(array, np.ndarray)]
        return self._changes.nbytes + sum(arrays) + sum(len(body) for body, _ in self._kept.values())


def file_points(keys: I8, states: I4, ids: I8, scheme: Scheme, *, is_decided: bool) -> Points:
    """Sort and file points; `is_decided` merges them beforehand, so that tiles need not."""
    points = index_points(keys, states, ids, scheme)
    if is_decided:
        sums, counts = decide_all(points, Changes(scheme).table, CERTAIN_WITHIN)
        points = points._replace(bubble_sums=sums, bubble_counts=counts)
    return points


def part_of(points: Points, keep: NDArray[np.bool_], scheme: Scheme) -> Points:
    """File those points of a pyramid that are to be kept."""
    ids = points.ids[keep] if len(points.ids) else NO_IDS
    return index_sorted(points.keys[keep], np.ascontiguousarray(points.points[keep, STATE]), ids, scheme)
