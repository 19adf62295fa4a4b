"""The names that a city's words are searched for: its streets, areas and landmarks."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, cast

from geoalchemy2.shape import to_shape
from shapely import LineString, MultiLineString, STRtree
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.models import Area, Landmark, Line
from fieldops.triage.gazetteer import Place, PlaceKind

NAMED_AREAS: Final = {"kelurahan": PlaceKind.AREA, "kecamatan": PlaceKind.AREA, "park": PlaceKind.LANDMARK}
"""People stand "in front of" a park, as of a landmark."""
ONE_STREET_DEGREES: Final = 0.003
"""Pieces of one name that are nearer than some 300 m are one street; others only share its name."""

Stamp = tuple[int, ...]


def gazetteer_stamp(session: Session) -> Stamp:
    """Return figures that change when places are added or removed; a changed name alone does not show."""
    stamp: list[int] = []
    for table in (Area, Line, Landmark):
        count, last = session.execute(select(func.count(table.id), func.max(table.id))).one()
        stamp += [count, last or 0]
    return tuple(stamp)


def gazetteer_places(session: Session) -> list[Place]:
    """Return every named place of the city with its shape in degrees."""
    areas = session.execute(
        select(Area.kind, Area.name, Area.shape)
        .where(Area.kind.in_(NAMED_AREAS), Area.name != "")
        .order_by(Area.id)
    )
    marks = session.execute(
        select(Landmark.name, Landmark.place).where(Landmark.name != "").order_by(Landmark.id)
    )
    lines = session.execute(
        select(Line.name, Line.shape).where(Line.kind == "street", Line.name != "").order_by(Line.id)
    )
    places = [Place(NAMED_AREAS[kind], name, to_shape(shape)) for kind, name, shape in areas]
    places += [Place(PlaceKind.LANDMARK, name, to_shape(point)) for name, point in marks]
    pieces: dict[str, list[LineString]] = defaultdict(list)
    for name, shape in lines:
        pieces[name].append(cast("LineString", to_shape(shape)))
    places += [
        Place(PlaceKind.STREET, name, street) for name, held in pieces.items() for street in joined(held)
    ]
    return places


def joined(pieces: list[LineString]) -> Iterable[LineString | MultiLineString]:
    """Return the streets that pieces of one name make: pieces near each other are one."""
    if len(pieces) == 1:
        return pieces
    owner = list(range(len(pieces)))

    def first_of(piece: int) -> int:
        while owner[piece] != piece:
            piece = owner[piece]
        return piece

    tree = STRtree(pieces)
    for one, other in tree.query(pieces, predicate="dwithin", distance=ONE_STREET_DEGREES).T.tolist():
        low, high = sorted((first_of(one), first_of(other)))
        owner[high] = low
    groups: dict[int, list[LineString]] = defaultdict(list)
    for number, piece in enumerate(pieces):
        groups[first_of(number)].append(piece)
    return [group[0] if len(group) == 1 else MultiLineString(group) for group in groups.values()]
