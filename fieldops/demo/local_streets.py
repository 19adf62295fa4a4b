"""Fill the blocks between main streets with local streets and lanes, laid like bricks and slightly bent."""

import itertools
from dataclasses import dataclass

import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from fieldops.demo.sheet import Points

LEAST_BLOCK_M2 = 12_000.0
LEAST_STREET_M = 45.0
EDGE_M = 9.0


@dataclass(frozen=True)
class LocalStreet:
    """One generated street on the plan; a lane ("gang") is too narrow for a lorry."""

    line: LineString
    is_lane: bool


def fill_blocks(blocks: list[Polygon], barred: BaseGeometry, rng: np.random.Generator) -> list[LocalStreet]:
    """Return local streets for all blocks, on the plan in metres.

    Parameters
    ----------
    blocks
        Faces between the main streets, rivers and the railway.
    barred
        Where no street runs: parks and river beds.
    rng
        The source of all irregularity.
    """
    shapely.prepare(barred)
    streets: list[LocalStreet] = []
    for block in blocks:
        if block.area >= LEAST_BLOCK_M2:
            streets += _fill(block, barred, rng)
    return streets


def _fill(block: Polygon, barred: BaseGeometry, rng: np.random.Generator) -> list[LocalStreet]:
    # Wider meshes towards the edge of the city, where there are still fields.
    away_km = float(np.hypot(*shapely.get_coordinates(block.centroid)[0])) / 1000
    row_m, column_m = 95 + 22 * away_km, 120 + 26 * away_km
    axis, turn = _frame(block)
    local = (shapely.get_coordinates(block.exterior) - axis) @ turn
    (left, low), (right, high) = local.min(axis=0), local.max(axis=0)
    rows = _steps(low + 0.6 * row_m, high, row_m, rng)
    bend = rng.uniform(0, 2 * np.pi, size=4)
    lines: list[tuple[Points, bool]] = [(_path((left - 20, row), (right + 20, row)), False) for row in rows]
    for floor, ceiling in zip([low - 20, *rows], [*rows, high + 20], strict=True):
        lines += [
            (_path((column, floor), (column, ceiling)), True)
            for column in _steps(left + rng.uniform(0.2, 0.9) * column_m, right, column_m, rng)
            if rng.random() > 0.14
        ]
    drawn = shapely.linestrings(
        np.concatenate([_bent(path, bend) @ turn.T + axis for path, _ in lines]),
        indices=np.repeat(np.arange(len(lines)), [len(path) for path, _ in lines]),
    )
    return _clipped(drawn, [is_lane for _, is_lane in lines], block, barred, rng)


def _frame(block: Polygon) -> tuple[Points, Points]:
    """Return the block's middle and the rotation whose first axis runs along its longest side."""
    corners = shapely.get_coordinates(block.minimum_rotated_rectangle)
    sides = np.diff(corners[:3], axis=0)
    longest = sides[np.argmax(np.hypot(sides[:, 0], sides[:, 1]))]
    along = longest / np.hypot(*longest)
    middle: Points = corners[:4].mean(axis=0)
    return middle, np.column_stack([along, [-along[1], along[0]]])


def _steps(first: float, last: float, step_m: float, rng: np.random.Generator) -> list[float]:
    count = max(0, int((last - first) / step_m) + 1)
    places = first + step_m * np.arange(count) + rng.uniform(-0.16, 0.16, size=count) * step_m
    return [float(place) for place in places if place < last - 0.35 * step_m]


def _path(start: tuple[float, float], end: tuple[float, float]) -> Points:
    pieces = max(2, int(np.hypot(end[0] - start[0], end[1] - start[1]) / 35) + 1)
    return np.linspace(start, end, pieces)


def _bent(path: Points, bend: Points) -> Points:
    x_m, y_m = path[:, 0], path[:, 1]
    bent: Points = path + np.column_stack(
        [
            13 * np.sin(y_m / 130 + bend[0]) + 5 * np.sin(x_m / 47 + bend[1]),
            13 * np.sin(x_m / 150 + bend[2]) + 5 * np.sin(y_m / 43 + bend[3]),
        ]
    )
    return bent


def _clipped(
    drawn: LineString | NDArray[np.object_],
    lanes: list[bool],
    block: Polygon,
    barred: BaseGeometry,
    rng: np.random.Generator,
) -> list[LocalStreet]:
    ground: BaseGeometry = block.difference(barred) if barred.intersects(block) else block
    kept = np.atleast_1d(np.asarray(shapely.intersection(drawn, ground)))
    streets = []
    for is_lane, shape in zip(lanes, kept, strict=True):
        parts = [part for part in shapely.get_parts(shape) if isinstance(part, LineString)]
        for part in parts:
            streets += [LocalStreet(piece, is_lane) for piece in _broken(part, is_lane, rng)]
    edge = block.boundary
    # A sliver that only hugs the block's edge would double the main street.
    return [
        street for street in streets if street.line.interpolate(0.5, normalized=True).distance(edge) > EDGE_M
    ]


def _broken(line: LineString, is_lane: bool, rng: np.random.Generator) -> list[LineString]:
    """Return a long street as several named ones, now and then with a gap where kampung houses stand."""
    if line.length < LEAST_STREET_M:
        return []
    if is_lane or line.length < 520:
        return [line]
    cuts = np.cumsum(rng.uniform(240, 520, size=int(line.length / 240) + 1))
    bounds = [0.0, *cuts[cuts < line.length - 120], line.length]
    pieces = [
        shapely.ops.substring(line, start, end - (70.0 if end < line.length and rng.random() < 0.22 else 0.0))
        for start, end in itertools.pairwise(bounds)
    ]
    return [piece for piece in pieces if isinstance(piece, LineString) and piece.length >= LEAST_STREET_M]
