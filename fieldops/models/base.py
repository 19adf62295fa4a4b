"""What every table shares: the base class, times in UTC, points on the map."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, cast

from geoalchemy2 import Geometry, WKBElement
from geoalchemy2.shape import from_shape, to_shape
from shapely.geometry import Point
from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, String, Text, TypeDecorator
from sqlalchemy.orm import mapped_column

from fieldops.extensions import Base, db

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

SRID = 4326


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times in UTC on both databases; SQLite keeps them without the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware time in UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Moment = Annotated[datetime, mapped_column(UtcDateTime())]
Code = Annotated[str, mapped_column(String(40))]
Name = Annotated[str, mapped_column(String(200))]
Words = Annotated[str, mapped_column(Text)]
Facts = Annotated[dict[str, Any], mapped_column(JSON)]
Rows = Annotated[list[dict[str, Any]], mapped_column(JSON)]
Codes = Annotated[list[str], mapped_column(JSON)]
Key = Annotated[int, mapped_column(primary_key=True)]


def reference(target: str, *, index: bool = True, **options: Any) -> Any:
    """Return a foreign-key column to `target` ("table.column")."""
    return mapped_column(ForeignKey(target), index=index, **options)


def geometry(kind: str, *, nullable: bool = False) -> Any:
    """Return a geometry column in EPSG:4326 with a spatial index."""
    return mapped_column(Geometry(kind, srid=SRID, spatial_index=True, nullable=nullable), nullable=nullable)


def as_point(lon: float, lat: float) -> WKBElement:
    """Return a point column's value from degrees."""
    return from_shape(Point(lon, lat), srid=SRID)


def lon_lat(value: WKBElement) -> tuple[float, float]:
    """Return (lon, lat) in degrees of a point column's value."""
    point = cast("Point", to_shape(value))
    return float(point.x), float(point.y)
