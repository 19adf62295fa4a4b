"""Whole streets: the lines of one name that lie near each other, by name or by a place."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from fieldops.domain.city import City
from fieldops.errors import NotFound
from fieldops.operations.cut_city import CutCity, cut_city
from fieldops.queries.surveys import STREET
from geo.crs import to_degrees, to_metres
from geo.statistics.segments import NOWHERE, lie_on


@dataclass(frozen=True)
class StreetFound:
    """A street by its first line, with its whole length."""

    line_id: int
    name: str
    length_m: float
    jurisdiction: str
    middle: tuple[float, float]
    """A point on its first line, (lon, lat) in degrees: tells streets of one name apart."""


def streets_named(session: Session, city: City, words: str, most: int) -> list[StreetFound]:
    """Return streets whose name holds all the words, whatever their case, by name, the longer first."""
    cut = cut_city(session, city, STREET)
    wanted = words.lower().split()
    heads = [
        row
        for row in np.unique(cut.street).tolist()
        if all(word in str(cut.name[row]).lower() for word in wanted)
    ]
    total = np.bincount(cut.street, cut.length_m, minlength=len(cut.street))
    heads.sort(key=lambda row: (str(cut.name[row]), -total[row], row))
    return [_street(cut, row) for row in heads[:most]]


def street_of_line(session: Session, city: City, line_id: int) -> StreetFound:
    """Return the street that a line belongs to.

    Raises
    ------
    NotFound
        There is no such line.
    """
    cut = cut_city(session, city, STREET)
    rows = np.flatnonzero(cut.line_id == line_id)
    if not len(rows):
        raise NotFound("There is no such street.")
    return _street(cut, int(cut.street[rows[0]]))


def street_at(session: Session, city: City, lon: float, lat: float) -> StreetFound | None:
    """Return the street that a place lies on, None where none is within 40 m."""
    cut = cut_city(session, city, STREET)
    x_m, y_m = to_metres([lon], [lat], cut.crs)
    segment = int(lie_on(cut.segments, x_m, y_m).segment[0])
    if segment == NOWHERE:
        return None
    return _street(cut, int(cut.street[cut.segments.line[segment]]))


def _street(cut: CutCity, head: int) -> StreetFound:
    length = float(cut.length_m[cut.street == head].sum())
    pieces = np.flatnonzero(cut.segments.line == head)
    point = cut.segments.geometry[pieces[len(pieces) // 2]].interpolate(0.5, normalized=True)
    lon, lat = to_degrees([point.x], [point.y], cut.crs)
    middle = (float(lon[0]), float(lat[0]))
    return StreetFound(
        int(cut.line_id[head]), str(cut.name[head]), length, str(cut.jurisdiction[head]), middle
    )
