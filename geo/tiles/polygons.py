"""Polygons as Mapbox vector tiles, version 2.1: cells of a hotspot map, each with whole numbers and words.

Source: Mapbox Vector Tile Specification 2.1 (https://github.com/mapbox/vector-tile-spec). The same polygons
give the same bytes: features keep their order, keys and values are listed in the order of their first use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo.errors import GeoError

EXTENT: Final = 4096
BUFFER: Final = 64
"""How far a polygon is drawn beyond its tile, so that its outline is not drawn along the tile's edge."""

MERCATOR_LIMIT_DEG: Final = 85.0511
FURTHEST_ZOOM: Final = 24

Value = int | str
Tags = Mapping[str, Value]

_MOVE_TO, _LINE_TO, _CLOSE = 1, 2, 7
_POLYGON: Final = 3


class PolygonLayer:
    """Polygons that tiles are cut from.

    Parameters
    ----------
    name
        The layer's name.
    polygons
        Polygons or MultiPolygons in degrees, EPSG:4326, shape (n,); may be empty.
    tags
        What each says: whole numbers of 0 or more, and words; those that are None are left out by the caller.
    ids
        A number of 1 or more for each, its id; none when left out.

    Raises
    ------
    GeoError
        Columns of different lengths.
    """

    def __init__(
        self,
        name: str,
        polygons: NDArray[np.object_],
        tags: Sequence[Tags],
        ids: Sequence[int] | None = None,
    ) -> None:
        if len(polygons) != len(tags) or (ids is not None and len(ids) != len(tags)):
            raise GeoError(f"There are {len(polygons)} polygons, but tags for {len(tags)}.")
        self.name = name
        self.shapes = shapely.transform(np.asarray(polygons, dtype=np.object_), _to_world)
        self.tags = list(tags)
        self.ids = list(ids) if ids is not None else [0] * len(self.tags)
        self._tree = shapely.STRtree(self.shapes)

    def tile(self, zoom: int, x: int, y: int) -> bytes:
        """Return one tile; no bytes where nothing lies, or where there is no such tile."""
        if not 0 <= zoom <= FURTHEST_ZOOM or not (0 <= x < 1 << zoom and 0 <= y < 1 << zoom):
            return b""
        side = 1.0 / (1 << zoom)
        margin = side * BUFFER / EXTENT
        box = (x * side - margin, y * side - margin, (x + 1) * side + margin, (y + 1) * side + margin)
        near = np.sort(self._tree.query(shapely.box(*box)))
        features: list[tuple[int, bytes, Tags]] = []
        for number in near.tolist():
            piece = shapely.clip_by_rect(self.shapes[number], *box)
            commands = _commands(piece, x * side, y * side, EXTENT / side)
            if commands:
                features.append((self.ids[number], commands, self.tags[number]))
        return _layer(self.name, features) if features else b""


def _to_world(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Degrees to the square of web mercator, 0 to 1 from its north-west corner."""
    lat = np.radians(np.clip(places[:, 1], -MERCATOR_LIMIT_DEG, MERCATOR_LIMIT_DEG))
    return np.column_stack([places[:, 0] / 360.0 + 0.5, 0.5 - np.arctanh(np.sin(lat)) / (2.0 * np.pi)])


def _commands(piece: BaseGeometry, left: float, top: float, scale: float) -> bytes:
    """Return a geometry's commands, outer rings one way around and holes the other; empty when too small."""
    parts = piece.geoms if isinstance(piece, MultiPolygon) else [piece]
    out: list[int] = []
    at = (0, 0)
    for part in parts:
        if not isinstance(part, Polygon) or part.is_empty:
            continue
        for number, ring in enumerate((part.exterior, *part.interiors)):
            points = _ring(shapely.get_coordinates(ring), left, top, scale, is_hole=number > 0)
            if len(points) < 3:
                if number == 0:
                    break
                continue
            at = _draw(points, at, out)
    return b"".join(_varint(number) for number in out)


def _ring(
    places: NDArray[np.float64], left: float, top: float, scale: float, *, is_hole: bool
) -> list[tuple[int, int]]:
    """Return a ring in whole units of the tile without repeated corners; empty when it has no area."""
    whole = np.rint((places[:-1] - (left, top)) * scale).astype(np.int64)
    if len(whole) > 1:
        whole = whole[(whole != np.roll(whole, 1, axis=0)).any(axis=1)]
    if len(whole) < 3:
        return []
    x, y = whole.T
    # The specification's surveyor's formula, y down: an outer ring is positive, a hole negative.
    area = int((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())
    if area == 0:
        return []
    if (area < 0) != is_hole:
        whole = whole[::-1]
    return [(int(a), int(b)) for a, b in whole]


def _draw(points: list[tuple[int, int]], at: tuple[int, int], out: list[int]) -> tuple[int, int]:
    for number, (x, y) in enumerate(points):
        if number == 0:
            out.append(_MOVE_TO | 1 << 3)
        elif number == 1:
            out.append(_LINE_TO | (len(points) - 1) << 3)
        out += [_zigzag(x - at[0]), _zigzag(y - at[1])]
        at = (x, y)
    out.append(_CLOSE | 1 << 3)
    return at


def _layer(name: str, features: list[tuple[int, bytes, Tags]]) -> bytes:
    keys: dict[str, int] = {}
    values: dict[Value, int] = {}
    body = b"".join(_field(2, _feature(*feature, keys, values)) for feature in features)
    words = b"".join(_field(3, key.encode()) for key in keys)
    said = b"".join(_field(4, _value(value)) for value in values)
    head = _number(15, 2) + _field(1, name.encode())
    return _field(3, head + body + words + said + _number(5, EXTENT))


def _feature(
    number: int, commands: bytes, tags: Tags, keys: dict[str, int], values: dict[Value, int]
) -> bytes:
    pairs = b"".join(
        _varint(keys.setdefault(key, len(keys))) + _varint(values.setdefault(value, len(values)))
        for key, value in tags.items()
    )
    return (
        (_number(1, number) if number else b"")
        + _field(2, pairs)
        + _number(3, _POLYGON)
        + _field(4, commands)
    )


def _value(value: Value) -> bytes:
    return _field(1, value.encode()) if isinstance(value, str) else _number(5, value)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1
