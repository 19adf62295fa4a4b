"""What lies where. One function hides how each database uses its spatial index."""

from math import cos, radians
from typing import Any, TypeVar

from geoalchemy2.shape import to_shape
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, Select, bindparam, column, func, select, table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from fieldops.models import Area, Landmark, Line


class _Unindexed(FunctionElement[Any]):
    inherit_cache = True


@compiles(_Unindexed)
def _as_it_is(element: _Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(_Unindexed, "sqlite")
def _with_a_plus(element: _Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return f"+({compiler.process(element.clauses, **options)})"


METRES_PER_DEGREE = 111_320
Box = tuple[float, float, float, float]
Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])


def box_around(lon: float, lat: float, radius_m: float) -> Box:
    """Return (west, south, east, north) in degrees that surely hold a circle in metres.

    Below 70° of latitude a degree of longitude is at least 0.34 of one of latitude; the box grows with it.
    """
    high = radius_m / METRES_PER_DEGREE * 1.01
    wide = high / max(0.1, cos(radians(lat)))
    return lon - wide, lat - high, lon + wide, lat + high


def unindexed(column: Any) -> ColumnElement[Any]:
    """Return a column, or an expression, that SQLite does not look up in an index: without statistics it
    takes any other index for better than the spatial one. PostgreSQL knows better, and is told nothing.
    """
    made = _Unindexed(column)
    made.type = column.type
    return made


def in_bbox(attribute: InstrumentedAttribute[Any], box: Box, dialect: str) -> ColumnElement[bool]:
    """Return the condition that a geometry's box meets `box`, using the spatial index.

    On SpatiaLite the index is a table of its own that a plain ST_Intersects never reads; its boxes are
    rounded outward, so follow it with an exact test where that matters.
    """
    west, south, east, north = box
    if dialect == "postgresql":
        overlaps: ColumnElement[bool] = attribute.bool_op("&&")(
            func.ST_MakeEnvelope(west, south, east, north, 4326)
        )
        return overlaps
    owner = attribute.class_.__table__
    index = table(
        f"idx_{owner.name}_{attribute.key}",
        column("pkid"),
        column("xmin"),
        column("xmax"),
        column("ymin"),
        column("ymax"),
    )
    found = select(index.c.pkid).where(
        index.c.xmin <= bindparam(None, east, unique=True),
        index.c.xmax >= bindparam(None, west, unique=True),
        index.c.ymin <= bindparam(None, north, unique=True),
        index.c.ymax >= bindparam(None, south, unique=True),
    )
    meets: ColumnElement[bool] = owner.c.id.in_(found)
    return meets


def dialect_of(session: Session) -> str:
    """Return "sqlite" or "postgresql"."""
    return session.get_bind().dialect.name


def within(session: Session, query: Query, attribute: InstrumentedAttribute[Any], box: Box) -> Query:
    """Return the query limited to geometries whose box meets `box`."""
    return query.where(in_bbox(attribute, box, dialect_of(session)))


def kelurahan_at(session: Session, lon: float, lat: float) -> Area | None:
    """Return the kelurahan that holds a point, None outside all."""
    point = Point(lon, lat)
    near = session.scalars(
        within(
            session, select(Area).where(Area.kind == "kelurahan"), Area.shape, (lon, lat, lon, lat)
        ).order_by(Area.id)
    )
    return next((area for area in near if to_shape(area.shape).covers(point)), None)


def streets_near(
    session: Session, lon: float, lat: float, radius_m: float
) -> list[tuple[Line, BaseGeometry]]:
    """Return the streets whose box lies within reach of a point, with their shapes in degrees."""
    found = session.scalars(
        within(
            session, select(Line).where(Line.kind == "street"), Line.shape, box_around(lon, lat, radius_m)
        ).order_by(Line.id)
    )
    return [(line, to_shape(line.shape)) for line in found]


def landmarks_near(
    session: Session, lon: float, lat: float, radius_m: float
) -> list[tuple[Landmark, BaseGeometry]]:
    """Return the landmarks in the box around a point, with their places in degrees."""
    found = session.scalars(
        within(session, select(Landmark), Landmark.place, box_around(lon, lat, radius_m)).order_by(
            Landmark.id
        )
    )
    return [(landmark, to_shape(landmark.place)) for landmark in found]


def streets_named(session: Session, name: str) -> list[BaseGeometry]:
    """Return the lines of the streets of this name, in degrees; capitals do not matter."""
    rows = session.scalars(
        select(Line)
        .where(Line.kind == "street", func.lower(Line.name) == name.strip().lower())
        .order_by(Line.id)
    )
    return [to_shape(line.shape) for line in rows]


def street_names(session: Session) -> list[str]:
    """Return the names of all streets, in order."""
    return list(
        session.scalars(
            select(Line.name).where(Line.kind == "street", Line.name != "").distinct().order_by(Line.name)
        )
    )
