"""Reading coordinates: numbers or geometries of any coordinate system, as degrees."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from fieldops.errors import InvalidInput
from fieldops.imports.chunks import Chunk, text_of
from fieldops.imports.mapping import Mapping

SAME_PLACE: Final = 1e-7
"""Coordinates this near to a stand-in are it, relative to their size."""

WGS84: Final = CRS.from_epsg(4326)


@dataclass(frozen=True)
class Place:
    """A row's place: as the file has it, and in degrees; an error when it is no place."""

    x: float | None = None
    y: float | None = None
    lon: float | None = None
    lat: float | None = None
    is_stand_in: bool = False
    code: str = ""
    key: str = ""
    error: InvalidInput | None = None


NOWHERE: Final = Place()


def read_number(text: str, decimal: str) -> float | None:
    """Return the number that a text is, None when it is none."""
    if decimal == ",":
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return None


class PlaceReader:
    """Reads places by a mapping.

    Raises
    ------
    InvalidInput
        The coordinate system is unknown.
    """

    def __init__(self, mapping: Mapping, crs_of_file: str | None) -> None:
        self.columns = mapping.columns
        self.decimal = mapping.file.decimal
        self.stand_ins = mapping.place.stand_ins
        name = mapping.place.crs or crs_of_file or "EPSG:4326"
        try:
            crs = CRS.from_user_input(name)
        except CRSError:
            raise InvalidInput(
                "There is no coordinate system “%(name)s”; write for example EPSG:4326.", name=name[:60]
            ) from None
        self.to_degrees = None if crs == WGS84 else Transformer.from_crs(crs, WGS84, always_xy=True)

    def read(self, chunk: Chunk) -> list[Place]:
        """Return the place of each of a chunk's rows."""
        if self.columns.x:
            places = [
                self._from_text(x, y)
                for x, y in zip(
                    chunk.frame[self.columns.x].array, chunk.frame[self.columns.y].array, strict=True
                )
            ]
        elif chunk.x is not None and chunk.y is not None:
            places = [
                NOWHERE if math.isnan(x) else Place(x, y)
                for x, y in zip(chunk.x.tolist(), chunk.y.tolist(), strict=True)
            ]
        else:
            return [NOWHERE] * len(chunk.lines)
        return self._in_degrees(places)

    def _from_text(self, x: object, y: object) -> Place:
        numbers: list[float | None] = []
        for key, value in (("x", x), ("y", y)):
            text = text_of(value) if not isinstance(value, float) else ""
            number = value if isinstance(value, float) else read_number(text, self.decimal) if text else None
            if isinstance(number, float) and math.isnan(number):
                number = None
            if text and number is None:
                return self._wrong(key, "bad_coordinate", InvalidInput("This coordinate is not a number."))
            numbers.append(number)
        if numbers[0] is None and numbers[1] is None:
            return NOWHERE
        if numbers[0] is None or numbers[1] is None:
            key = "x" if numbers[0] is None else "y"
            return self._wrong(key, "half_a_place", InvalidInput("One of the two coordinates is missing."))
        return Place(numbers[0], numbers[1])

    def _wrong(self, key: str, code: str, error: InvalidInput) -> Place:
        return Place(code=code, key=key, error=error)

    def _in_degrees(self, places: Sequence[Place]) -> list[Place]:
        rows = [row for row, place in enumerate(places) if place.x is not None and place.y is not None]
        x = np.array([places[row].x for row in rows], dtype=np.float64)
        y = np.array([places[row].y for row in rows], dtype=np.float64)
        lon, lat = (x, y) if self.to_degrees is None else self.to_degrees.transform(x, y, errcheck=False)
        stands_in = self._stands_in(x, y)
        found = list(places)
        for place, row in enumerate(rows):
            found[row] = Place(
                float(x[place]), float(y[place]), float(lon[place]), float(lat[place]), bool(stands_in[place])
            )
        return found

    def _stands_in(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        found = np.zeros(len(x), dtype=bool)
        for stand_x, stand_y in self.stand_ins:
            reach = SAME_PLACE * max(1.0, abs(stand_x), abs(stand_y))
            found |= (np.abs(x - stand_x) <= reach) & (np.abs(y - stand_y) <= reach)
        return found
