"""The city's own drawing of itself: areas, streets, water and rails as GeoJSON."""

from dataclasses import dataclass
from typing import Any, Final

from geoalchemy2.shape import to_shape
from shapely.geometry import LineString, MultiLineString, mapping
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from fieldops.models import Area, Line
from fieldops.queries.spatial import Box, within


@dataclass(frozen=True)
class Detail:
    """How finely lines are drawn: what may be left out of one without anybody seeing it, and decimals."""

    tolerance_deg: float
    decimals: int


FINE: Final = Detail(0.00002, 5)
"""About 2 m, and 1 m."""
FAR: Final = Detail(0.00006, 4)
"""About 7 m, and steps of 11 m, which move a point by 0.3 pixels at zoom 13."""

AREA_KINDS: Final = {
    "city": "boundary",
    "kelurahan": "area",
    "park": "park",
    "lake": "river",
    "river": "river",
}
LINE_KINDS: Final = {
    "street": "street",
    "river": "river",
    "canal": "river",
    "railway": "rail",
    "rail": "rail",
}
MAIN_CLASSES: Final = ("arterial", "collector")
CELL_DEG: Final = 0.01
"""Local streets are gathered into cells of about 1 km: fewer bytes, and a map paints only what it shows."""


def base_map_version(session: Session) -> str:
    """Return a word that changes when the drawing may have changed."""
    areas = session.execute(select(func.count(Area.id), func.max(Area.id))).one()
    lines = session.execute(select(func.count(Line.id), func.max(Line.id))).one()
    return "-".join(str(part or 0) for part in (*areas, *lines))


def base_map(session: Session, near: Box | None = None, *, far: bool = False) -> dict[str, Any]:
    """Return a FeatureCollection in EPSG:4326, coordinates to five decimals (about 1 m).

    Properties: kind (boundary, area, park, river, street, rail), class (main, local) and name.

    Parameters
    ----------
    near
        Local streets in this box only, and kelurahan by their names alone: a light map of one
        neighbourhood, with the whole city's main streets around it.
    far
        The whole city as it looks below zoom 13: no local streets, kelurahan by their names alone,
        coordinates to four decimals. `near` is not asked then.
    """
    detail = FAR if far else FINE
    features = []
    for area in session.scalars(select(Area).where(Area.kind.in_(AREA_KINDS)).order_by(Area.id)):
        shape = to_shape(area.shape)
        if (far or near is not None) and area.kind == "kelurahan":
            shape = shape.representative_point()
        features.append(_feature(shape, {"kind": AREA_KINDS[area.kind], "name": area.name}, detail))
    main = or_(Line.kind != "street", Line.line_class.in_(MAIN_CLASSES))
    lines = select(Line).where(Line.kind.in_(LINE_KINDS), main).order_by(Line.id)
    for line in session.scalars(lines):
        said = {"kind": LINE_KINDS[line.kind], "class": "main", "name": line.name}
        features.append(_feature(to_shape(line.shape), said, detail))
    local = [] if far else _local_streets(session, near)
    return {"type": "FeatureCollection", "features": [*features, *local]}


def _local_streets(session: Session, near: Box | None) -> list[dict[str, Any]]:
    """Return the streets that are drawn without their names, a feature a cell."""
    query = select(Line.shape).where(Line.kind == "street", Line.line_class.not_in(MAIN_CLASSES))
    if near is not None:
        query = within(session, query, Line.shape, near)
    cells: dict[tuple[int, int], list[LineString]] = {}
    for value in session.scalars(query.order_by(Line.id)):
        line = to_shape(value)
        if isinstance(line, LineString):
            lon, lat = line.coords[0]
            cells.setdefault((int(lon // CELL_DEG), int(lat // CELL_DEG)), []).append(
                LineString(_plain(line, FINE).coords)
            )
    streets = {"kind": "street", "class": "local"}
    return [_feature(MultiLineString(lines), streets, FINE) for _cell, lines in sorted(cells.items())]


def _feature(shape: BaseGeometry, properties: dict[str, str], detail: Detail) -> dict[str, Any]:
    plain = mapping(shape if isinstance(shape, MultiLineString) else _plain(shape, detail))
    geometry = {"type": plain["type"], "coordinates": _rounded(plain["coordinates"], detail.decimals)}
    said = {name: word for name, word in properties.items() if word}
    return {"type": "Feature", "properties": said, "geometry": geometry}


def _plain(shape: BaseGeometry, detail: Detail) -> BaseGeometry:
    # One by one: a collection is simplified with care for where its members touch, which spares few points.
    return shape.simplify(detail.tolerance_deg, preserve_topology=not isinstance(shape, LineString))


def _rounded(part: Any, decimals: int) -> Any:
    return round(part, decimals) if isinstance(part, float) else [_rounded(one, decimals) for one in part]
