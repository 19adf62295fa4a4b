"""The city's own geography: areas, streets, depots and places that raise exposure."""

from geoalchemy2 import WKBElement
from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Code, Key, Model, Name, geometry, reference


class Area(Model):
    """A kecamatan or kelurahan, the served city's outline, or the shape of a park."""

    __tablename__ = "area"
    __table_args__ = (UniqueConstraint("kind", "name"),)

    id: Mapped[Key]
    kind: Mapped[Code]
    name: Mapped[Name]
    parent_id: Mapped[int | None] = reference("area.id", nullable=True)
    shape: Mapped[WKBElement] = geometry("MULTIPOLYGON")


class Line(Model):
    """A street, river or railway; streets say who keeps them up."""

    __tablename__ = "line"

    id: Mapped[Key]
    kind: Mapped[Code]
    name: Mapped[Name] = mapped_column(String(200), index=True)
    line_class: Mapped[Code]
    jurisdiction: Mapped[Code] = mapped_column(String(40), default="city")
    shape: Mapped[WKBElement] = geometry("LINESTRING")


class Landmark(Model):
    """A school, hospital or market: people find places by it, and damage near it is worse."""

    __tablename__ = "landmark"

    id: Mapped[Key]
    kind: Mapped[Code]
    name: Mapped[Name]
    place: Mapped[WKBElement] = geometry("POINT")


class Depot(Model):
    """Where crews start, end and reload."""

    __tablename__ = "depot"

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(String(200), unique=True)
    place: Mapped[WKBElement] = geometry("POINT")
