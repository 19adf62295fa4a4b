"""The city's own drawing of itself: areas, streets, water and rails as GeoJSON."""

from typing import Any, Final

from geoalchemy2.shape import to_shape
from shapely import set_precision
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.models import Area, Line

TOLERANCE_DEG: Final = 0.00002
"""About 2 m: what may be left out of a line without anybody seeing it."""

GRID_DEG: Final = 0.00001
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
MAIN_CLASSES: Final = ("main", "secondary")


def base_map_version(session: Session) -> str:
    """Return a word that changes when the drawing may have changed."""
    areas = session.execute(select(func.count(Area.id), func.max(Area.id))).one()
    lines = session.execute(select(func.count(Line.id), func.max(Line.id))).one()
    return "-".join(str(part or 0) for part in (*areas, *lines))


def base_map(session: Session) -> dict[str, Any]:
    """Return a FeatureCollection in EPSG:4326, coordinates to five decimals (about 1 m).

    Properties: kind (boundary, area, park, river, street, rail), class (main, local) and name.
    """
    features = [
        _feature(to_shape(area.shape), AREA_KINDS[area.kind], area.name)
        for area in session.scalars(select(Area).where(Area.kind.in_(AREA_KINDS)).order_by(Area.id))
    ]
    for line in session.scalars(select(Line).where(Line.kind.in_(LINE_KINDS)).order_by(Line.id)):
        main = line.line_class in MAIN_CLASSES
        features.append(_feature(to_shape(line.shape), LINE_KINDS[line.kind], line.name, main=main))
    return {"type": "FeatureCollection", "features": [feature for feature in features if feature]}


def _feature(shape: BaseGeometry, kind: str, name: str, *, main: bool = False) -> dict[str, Any] | None:
    plain = set_precision(shape.simplify(TOLERANCE_DEG), GRID_DEG)
    if plain.is_empty:
        return None
    properties = {"kind": kind}
    if kind in ("street", "rail", "river"):
        properties["class"] = "main" if main else "local"
    if name and (main or kind != "street"):  # local streets are drawn without names: half the bytes
        properties["name"] = name
    return {"type": "Feature", "properties": properties, "geometry": _rounded(mapping(plain))}


def _rounded(geometry: dict[str, Any]) -> dict[str, Any]:
    def plain(part: Any) -> Any:
        return round(part, 5) if isinstance(part, float) else [plain(one) for one in part]

    return {"type": geometry["type"], "coordinates": plain(geometry["coordinates"])}
