"""Reading features of a layer: a page after a number, one by its number, how many there are."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, LargeBinary, and_, func, or_, select
from sqlalchemy.orm import Session

from fieldops.queries.features.layer import Layer, Rows, Scene
from fieldops.queries.spatial import dialect_of, in_bbox, unindexed

A_SECOND: Final = timedelta(seconds=1)
"""Moments are told in whole seconds, so an instant means its whole second."""


@dataclass(frozen=True)
class Wanted:
    """Which features are asked for.

    Parameters
    ----------
    boxes
        Shapes in degrees (lon, lat); a feature is wanted that meets any of them. None: everywhere.
    since, until
        Aware, both ends belong to it; None: open.
    equal
        What properties must be, by name.
    """

    boxes: tuple[BaseGeometry, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    equal: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """Features as the database gave them: numbers, WKB in EPSG:4326, and a row of values each."""

    numbers: list[int]
    shapes: list[bytes]
    values: list[tuple[Any, ...]]

    def first(self, most: int) -> "Found":
        """Return at most so many of them."""
        return Found(self.numbers[:most], self.shapes[:most], self.values[:most])


def page_of(session: Session, layer: Layer, scene: Scene, wanted: Wanted, *, after: int, most: int) -> Found:
    """Return at most so many wanted features whose number lies after one, in the order of numbers."""
    rows = _narrowed(session, _columns(layer), layer, scene, wanted).where(layer.number > after)
    return _found(session, rows.order_by(layer.number).limit(most))


def one_of(session: Session, layer: Layer, scene: Scene, number: int) -> Found:
    """Return the feature of a number, or none, which also stands for one that may not be told of."""
    rows = _narrowed(session, _columns(layer), layer, scene, Wanted()).where(layer.number == number)
    return _found(session, rows)


def count_of(session: Session, layer: Layer, scene: Scene, wanted: Wanted) -> int:
    """Return how many features are wanted."""
    rows = _narrowed(session, select(func.count(layer.number)), layer, scene, wanted)
    return int(session.execute(rows).scalar_one())


def _columns(layer: Layer) -> Rows:
    shape = func.ST_AsBinary(layer.geometry, type_=LargeBinary)
    return select(layer.number, shape, *(column.value for column in layer.columns))


def _found(session: Session, rows: Rows) -> Found:
    got = session.connection().execute(rows).all()  # plain rows: the session's own kind takes twice as long
    return Found(
        [row[0] for row in got], [bytes(row[1]) for row in got], [tuple(row[2:]) for row in got]
    )  # fmt: skip


def _narrowed(session: Session, rows: Rows, layer: Layer, scene: Scene, wanted: Wanted) -> Rows:
    rows = layer.rows(rows.select_from(layer.number.class_), scene)
    for name, value in wanted.equal.items():
        column = layer.column(name)
        if column is None:
            raise LookupError(f"{layer.id} has no property {name} to narrow by")
        asked = unindexed(column.value) if wanted.boxes is not None else column.value
        rows = rows.where(asked == value)
    if wanted.boxes is not None:
        dialect = dialect_of(session)
        rows = rows.where(or_(*(_meets(layer, box, dialect) for box in wanted.boxes)))
    return rows.where(*_when(layer, scene, wanted))


def _meets(layer: Layer, box: BaseGeometry, dialect: str) -> ColumnElement[bool]:
    """The condition that a geometry meets a shape: by the index first, then exactly."""
    west, south, east, north = box.bounds
    by_index = in_bbox(layer.geometry, (west, south, east, north), dialect)
    if layer.shape == "Point" and box.equals(box.envelope):
        lon, lat = func.ST_X(layer.geometry), func.ST_Y(layer.geometry)
        return and_(by_index, lon.between(west, east), lat.between(south, north))
    exact = func.ST_Intersects(layer.geometry, func.ST_GeomFromText(box.wkt, 4326)).is_(True)
    return and_(by_index, exact)


def _when(layer: Layer, scene: Scene, wanted: Wanted) -> list[Any]:
    if layer.moment is None:  # what has no time is wanted at any
        return []
    since, until = wanted.since, wanted.until
    moment = unindexed(layer.moment) if wanted.boxes is not None else layer.moment
    if layer.is_by_day:  # by hours, a reader would find out the hour that they are not told
        since = scene.city.midnight(scene.day(since)) if since else None
        until = scene.city.midnight(scene.day(until) + timedelta(days=1)) if until else None
    elif until:
        until = until.replace(microsecond=0) + A_SECOND
    conditions: list[Any] = []
    if since:
        conditions.append(moment >= since)
    if until:
        conditions.append(moment < until)
    return conditions
