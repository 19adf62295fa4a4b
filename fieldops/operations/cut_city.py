"""The city's streets or drains cut into segments: once for a drawing, then kept in the process."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from sqlalchemy.orm import Session

from fieldops.domain.city import City
from fieldops.operations.linking_rules import city_crs
from fieldops.queries.segments import LineRow, line_rows
from geo.crs import to_metres
from geo.statistics.segments import Segments, cut_segments, join_streets

KEPT: Final = 4
LEAST_LINE_M: Final = 1.0
"""A shorter line is a slip of the drawing."""


@dataclass(frozen=True)
class CutCity:
    """Lines of one kind, cut.

    `line_id`, `name`, `jurisdiction`, `street` (the lowest row of the street that a line belongs to) and
    `length_m` have a row a line; `segments` point at these rows. Shapes in the projected `crs`.
    """

    crs: CRS
    line_id: NDArray[np.int64]
    name: NDArray[np.object_]
    jurisdiction: NDArray[np.object_]
    street: NDArray[np.int64]
    length_m: NDArray[np.float64]
    segments: Segments


def cut_city(session: Session, city: City, kind: str) -> CutCity:
    """Return the city's lines of a kind, cut into segments of 100 m; none where none is drawn."""
    rows = line_rows(session, kind)
    digest = hashlib.sha256(f"{kind} {city.epsg}".encode())
    for row in rows:
        digest.update(f"{row.id} {row.name} {row.jurisdiction} ".encode())
        digest.update(_bytes(row))
    return _cut(_Drawing(digest.hexdigest(), tuple(rows), city_crs(city)))


def _bytes(row: LineRow) -> bytes:
    data = row.shape.data
    return data.encode() if isinstance(data, str) else bytes(data)


class _Drawing:
    """Rows under their digest, so that the same drawing is cut once."""

    def __init__(self, digest: str, rows: tuple[LineRow, ...], crs: CRS) -> None:
        self.digest, self.rows, self.crs = digest, rows, crs

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Drawing) and self.digest == other.digest


@lru_cache(maxsize=KEPT)
def _cut(drawing: _Drawing) -> CutCity:
    rows = list(drawing.rows)
    held = np.empty(len(rows), dtype=np.object_)
    held[:] = list(shapely.from_wkb([_bytes(row) for row in rows])) if rows else []

    def to_plane(places: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(to_metres(places[:, 0], places[:, 1], drawing.crs))

    shapes = shapely.transform(held, to_plane) if rows else held
    long_enough = shapely.length(shapes) >= LEAST_LINE_M if rows else np.empty(0, dtype=bool)
    kept = [row for row, ok in zip(rows, long_enough, strict=True) if ok]
    shapes = shapes[long_enough]
    names = np.array([row.name for row in kept], dtype=np.object_)
    return CutCity(
        drawing.crs,
        np.array([row.id for row in kept], dtype=np.int64),
        names,
        np.array([row.jurisdiction for row in kept], dtype=np.object_),
        join_streets(names.astype(np.str_), shapes),
        shapely.length(shapes).astype(np.float64),
        cut_segments(shapes),
    )
