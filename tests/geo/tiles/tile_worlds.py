"""Complaints to draw, a reader of vector tiles, and the merge pass written a second time, slowly."""

import math
from collections import defaultdict
from datetime import date
from typing import Any

import numpy as np

from geo.tiles.positions import key_xy, map_keys
from geo.tiles.pyramid import Audience, Point, Pyramid, Settings
from geo.tiles.scheme import Filter, Scheme, day_number

SCHEME = Scheme(("pothole", "blocked_drain", "standing_water"))
STAFF = Settings(SCHEME, Audience.STAFF)
PUBLIC = Settings(SCHEME, Audience.PUBLIC)
TODAY = date(2026, 5, 20)
EVERYTHING = Filter()
WORLD = 1 << 28


def complaints(n: int, seed: int, spread_deg: float = 0.02) -> list[Point]:
    """Complaints around a few places of a city, some on the same spot."""
    random = np.random.default_rng(seed)
    centres = np.array([110.82, -7.56]) + random.normal(size=(6, 2)) * spread_deg
    at = centres[random.integers(0, 6, n)] + random.normal(size=(n, 2)) * spread_deg / 8
    again = random.random(n) < 0.1
    at[again] = at[random.integers(0, n, n)][again]
    return points(at[:, 0], at[:, 1], seed)


def points(lon: Any, lat: Any, seed: int = 0) -> list[Point]:
    """Complaints at places, of any service, status, severity and day."""
    random = np.random.default_rng(seed)
    keys = map_keys(lon, lat)
    n = len(keys)
    states = SCHEME.states(
        random.integers(0, 4, n),
        random.integers(0, 3, n),
        random.integers(0, 4, n),
        day_number(TODAY) - random.integers(-2, 200, n),
    )
    return [
        Point(key, state, number)
        for number, (key, state) in enumerate(zip(keys.tolist(), states.tolist(), strict=True), 1)
    ]


def pyramid(rows: list[Point], settings: Settings = STAFF, version: int = 0, *, threads: int = 1) -> Pyramid:
    """A pyramid of complaints."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3)
    ids = columns[:, 2] if settings.audience is Audience.STAFF else None
    return Pyramid.build(
        settings, columns[:, 0], columns[:, 1], ids, version=version, today=TODAY, threads=threads
    )


def tiles_with(rows: list[Point], zoom: int) -> list[tuple[int, int]]:
    """Tiles that hold complaints, in order."""
    xy = key_xy(np.array([point.key for point in rows])) >> (28 - zoom)
    return sorted({(x, y) for x, y in xy.tolist()})


def some_tiles(rows: list[Point], seed: int, n: int) -> list[tuple[int, int, int]]:
    """Tiles of all zooms, most with complaints, some beside them."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        zoom = int(random.integers(0, 21))
        x, y = (key_xy([rows[int(random.integers(len(rows)))].key])[0] >> (28 - zoom)).tolist()
        found.append((zoom, x + int(random.integers(-1, 2)), y + int(random.integers(-1, 2))))
    return found


# ---------------------------------------------------------------- reading tiles


def read(body: bytes) -> list[dict[str, Any]]:
    """Features of a tile of one layer, by the specification: x, y, id and tags. Refuses what it does not
    allow."""
    if not body:
        return []
    [(field, layer)] = _fields(body)
    assert field == 3
    parts = defaultdict(list)
    for field, value in _fields(layer):
        parts[field].append(value)
    assert set(parts) <= {15, 1, 2, 3, 4, 5}
    assert parts[15] == [2]
    assert parts[1] == [b"requests"]
    assert parts[5] == [4096]
    keys = [key.decode() for key in parts[3]]
    values = [_value(value) for value in parts[4]]
    assert len(set(keys)) == len(keys)
    assert len(set(values)) == len(values)
    features = [_feature(feature, keys, values) for feature in parts[2]]
    used = {index for feature in features for index in feature.pop("value_indices")}
    assert used == set(range(len(values)))  # nothing is listed that no feature has
    return features


def _feature(message: bytes, keys: list[str], values: list[Any]) -> dict[str, Any]:
    fields = dict(_fields(message))
    assert len(fields) == len(list(_fields(message)))
    assert fields[3] == 1  # a point
    command, x, y = _varints(fields[4])
    assert command == 9  # move to, once
    tags = _varints(fields.get(2, b""))
    pairs = list(zip(tags[::2], tags[1::2], strict=True))
    assert len({key for key, _ in pairs}) == len(pairs)
    told = {keys[key]: values[value] for key, value in pairs}
    indices = [value for _, value in pairs]
    unzigzag = [(number >> 1) ^ -(number & 1) for number in (x, y)]
    return {"x": unzigzag[0], "y": unzigzag[1], "id": fields.get(1, 0), "value_indices": indices, **told}


def _value(message: bytes) -> Any:
    [(field, value)] = _fields(message)
    assert field in (1, 5)
    return value.decode() if field == 1 else value


def _fields(message: bytes) -> list[tuple[int, Any]]:
    at, found = 0, []
    while at < len(message):
        head, at = _varint(message, at)
        value, at = _varint(message, at)
        if head & 7 == 2:
            assert at + value <= len(message)
            value, at = message[at : at + value], at + value
        else:
            assert head & 7 == 0
        found.append((head >> 3, value))
    return found


def _varints(message: bytes) -> list[int]:
    at, found = 0, []
    while at < len(message):
        value, at = _varint(message, at)
        found.append(value)
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            assert byte or not shift  # in its shortest form
            return value, at
        shift += 7


def inside(features: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those features that count towards a total."""
    return [it for it in features if 0 <= it["x"] < 4096 and 0 <= it["y"] < 4096]


# ---------------------------------------------------------------- merging, the slow way


def merged(rows: list[Point], zoom: int) -> dict[tuple[int, int], int]:
    """Middles in world units of all bubbles of a zoom, with how many complaints each holds."""
    cells = _cells(rows, zoom)
    reach = (WORLD >> zoom) * 40 // 512
    quarters = _cells(rows, zoom + 1)
    middle = {cell: _fullest(cell, quarters) for cell in cells}
    kept: list[tuple[int, int]] = []
    for cell in sorted(cells, key=lambda it: _priority(zoom, *it, cells[it][0])):
        if all(math.dist(middle[cell], middle[other]) >= reach for other in _near(cell, kept)):
            kept.append(cell)
    rank = {cell: number for number, cell in enumerate(kept)}
    held: dict[tuple[int, int], list[int]] = {cell: [0, 0, 0] for cell in kept}
    for cell, sums in cells.items():
        near = _near(cell, kept)
        owner = min(near, key=lambda it: (_squared(middle[cell], middle[it]), rank[it]))
        held[owner] = [a + b for a, b in zip(held[owner], sums, strict=True)]
    return {_moved(cell, held[cell], middle, kept, reach): held[cell][0] for cell in kept}


def _cells(rows: list[Point], zoom: int) -> dict[tuple[int, int], tuple[int, int, int]]:
    cells: dict[tuple[int, int], tuple[int, int, int]] = {}
    for x, y in key_xy(np.array([point.key for point in rows])).tolist():
        cell = (x >> (24 - zoom), y >> (24 - zoom))
        n, sum_x, sum_y = cells.get(cell, (0, 0, 0))
        cells[cell] = (n + 1, sum_x + x, sum_y + y)
    return cells


def _fullest(cell: tuple[int, int], quarters: dict[tuple[int, int], tuple[int, int, int]]) -> tuple[int, int]:
    places = [(2 * cell[0] + i, 2 * cell[1] + j) for j in (0, 1) for i in (0, 1)]  # in key order
    n, sum_x, sum_y = max((quarters[place] for place in places if place in quarters), key=lambda it: it[0])
    return sum_x // n, sum_y // n


def _near(cell: tuple[int, int], others: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [it for it in others if abs(it[0] - cell[0]) <= 2 and abs(it[1] - cell[1]) <= 2]


def _squared(a: tuple[int, int], b: tuple[int, int]) -> int:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


def _priority(zoom: int, column: int, row: int, n: int) -> tuple[int, int, int, int]:
    size = (n.bit_length() - 1) // 2
    mask = 0x7FFFFFFFFFFF
    mixed = (column * 0x9E3779B1 + row * 0x85EBCA77 + zoom * 0xC2B2AE3D) & mask
    mixed = ((mixed ^ (mixed >> 15)) * 0x2C1B3C6D) & mask
    mixed = ((mixed ^ (mixed >> 13)) * 0x297A2D39) & mask
    return (-size, mixed >> 20 & 31, row & 7, column & 7)


def _moved(
    cell: tuple[int, int],
    held: list[int],
    middle: dict[tuple[int, int], tuple[int, int]],
    kept: list[tuple[int, int]],
    reach: int,
) -> tuple[int, int]:
    x, y = middle[cell]
    move_x, move_y = held[1] // held[0] - x, held[2] // held[0] - y
    nearest = min(
        [(reach + reach // 2) ** 2] + [_squared((x, y), middle[it]) for it in _near(cell, kept) if it != cell]
    )
    spare, length = (math.sqrt(nearest) - reach) / 2.0, math.hypot(move_x, move_y)
    if length > spare:
        move_x, move_y = int(move_x * spare / length), int(move_y * spare / length)
    return x + move_x, y + move_y
