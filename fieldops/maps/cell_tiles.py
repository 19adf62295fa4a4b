"""The cells of a run as vector tiles: what a map colours and a pop-up says, nothing of people."""

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Final

import numpy as np
from geoalchemy2.shape import to_shape

from fieldops.models import HotspotCell
from geo.tiles.polygons import PolygonLayer, Value

LAYER: Final = "cells"
FORMAT: Final = "1"
SHRUNK_FROM: Final = 1_400
"""Smaller tiles fit into one packet as they are."""


def cell_layer(cells: Sequence[HotspotCell]) -> PolygonLayer:
    """Return the layer that a run's tiles are cut from.

    Tags: band and plain, 0 to 6 (3: may be chance), 7 where not tested; count; expected, z and p as words;
    label; area; and what one method has: steps (a sign a step, as band), earlier (a count).
    """
    shapes = np.array([to_shape(cell.shape) for cell in cells], dtype=np.object_)
    return PolygonLayer(LAYER, shapes, [_tags(cell) for cell in cells], [cell.number for cell in cells])


class HeldLayers:
    """The last runs whose tiles were asked for, ready to be cut; one a process, threads share it."""

    def __init__(self, most: int = 6) -> None:
        self.most = most
        self._held: OrderedDict[str, PolygonLayer] = OrderedDict()
        self._lock = Lock()

    def get(self, mark: str, cells: Callable[[], Sequence[HotspotCell]]) -> PolygonLayer:
        """Return the layer of a mark, made of `cells` the first time."""
        with self._lock:
            found = self._held.get(mark)
            if found is not None:
                self._held.move_to_end(mark)
                return found
        made = cell_layer(cells())
        with self._lock:
            self._held[mark] = made
            while len(self._held) > self.most:
                self._held.popitem(last=False)
        return made


def _tags(cell: HotspotCell) -> dict[str, Value]:
    facts: dict[str, Any] = cell.facts
    tags: dict[str, Value | None] = {
        "band": cell.band + 3 if cell.is_tested else 7,
        "plain": cell.plain_band + 3 if cell.is_tested else 7,
        "count": cell.count,
        "expected": _short(cell.expected),
        "z": _short(cell.z),
        "p": None if cell.p is None else f"{cell.p:.2g}",
        "label": cell.label or None,
        "area": cell.area_name or None,
        "steps": facts.get("steps"),
        "earlier": facts.get("earlier"),
        "was": facts.get("was"),
        "is": facts.get("is"),
    }
    return {name: value for name, value in tags.items() if value is not None}


def _short(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def tile_body(layer: PolygonLayer, zoom: int, x: int, y: int) -> tuple[bytes, bool]:
    """Return a tile and whether it is gzipped."""
    body = layer.tile(zoom, x, y)
    if len(body) < SHRUNK_FROM:
        return body, False
    return gzip.compress(body, 6, mtime=0), True


def tile_mark(run_id: int, computed: str) -> str:
    """Return what stays the same as long as a run's tiles do."""
    return hashlib.sha256(f"{FORMAT} {run_id} {computed}".encode()).hexdigest()[:16]
