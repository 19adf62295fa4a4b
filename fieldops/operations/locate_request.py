"""What a position means: which kelurahan, which street, and the point that may be shown in public."""

from dataclasses import dataclass, replace

from pyproj import CRS
from shapely.geometry import LineString, Point
from sqlalchemy.orm import Session

from fieldops.domain.city import City
from fieldops.queries.spatial import kelurahan_at, landmarks_near, streets_near
from fieldops.routing.roads import Roads
from geo.crs import projected_crs, to_degrees, to_metres
from geo.errors import GeoError

STREET_REACH_M = 120.0
STATION_M = 50.0
LANDMARK_REACH_M = 150.0
NO_STREET_GRID_DEG = 0.001
"""About 110 m: what a point is rounded to where no street is known."""

CLASS_EXPOSURE = {"arterial": 1.5, "collector": 1.25}
"""How much more a defect matters on a busy street (ours)."""

LANDMARK_EXPOSURE = {"school": 1.2, "hospital": 1.3, "market": 1.15}


@dataclass(frozen=True)
class Located:
    """What is known around a point. `public` is (lon, lat), snapped to a street; `line_class` and `landmark`
    (kind, name, metres away) are what makes its `exposure`, where they do.
    """

    area_id: int | None
    street: str
    jurisdiction: str
    public: tuple[float, float]
    exposure: float
    line_class: str = ""
    landmark: tuple[str, str, float] | None = None


def locate(session: Session, city: City, lon: float, lat: float, roads: Roads | None = None) -> Located:
    """Describe a point from the areas, streets and landmarks in the database. With roads, its public point
    lies on the road graph, where one of its roads is within reach.
    """
    located = _located(session, city, lon, lat)
    (station,) = roads.stations([(lon, lat)], STATION_M, STREET_REACH_M) if roads is not None else (None,)
    if station is None:
        return located
    public = (round(station.lon, 6), round(station.lat, 6))
    return replace(located, public=public, street=located.street or station.street)


def _located(session: Session, city: City, lon: float, lat: float) -> Located:
    area = kelurahan_at(session, lon, lat)
    streets = streets_near(session, lon, lat, STREET_REACH_M)
    crs = projected_crs([lon], [lat], epsg=city.epsg)
    try:
        (x,), (y,) = to_metres([lon], [lat], crs)
    except GeoError:  # far outside the city's zone; the served bounds refuse it before, imports may not
        return Located(area.id if area else None, "", "city", _rounded(lon, lat), 1.0)
    point = Point(x, y)
    nearest: tuple[float, int, LineString] | None = None
    for index, (_line, shape) in enumerate(streets):
        xs, ys = to_metres(*shape.xy, crs)
        projected = LineString(list(zip(xs, ys, strict=True)))
        away = projected.distance(point)
        if away <= STREET_REACH_M and (nearest is None or away < nearest[0]):
            nearest = (away, index, projected)
    mark = _landmark(session, lon, lat, point, crs)
    exposure = LANDMARK_EXPOSURE[mark[0]] if mark else 1.0
    if nearest is None:
        return Located(area.id if area else None, "", "city", _rounded(lon, lat), exposure, "", mark)
    line = streets[nearest[1]][0]
    station = _station(nearest[2], point)
    (public_lon,), (public_lat,) = to_degrees([station.x], [station.y], crs)
    return Located(
        area.id if area else None,
        line.name,
        line.jurisdiction,
        (round(float(public_lon), 6), round(float(public_lat), 6)),
        round(min(2.0, exposure * CLASS_EXPOSURE.get(line.line_class, 1.0)), 2),
        line.line_class if line.line_class in CLASS_EXPOSURE else "",
        mark,
    )


def _station(line: LineString, point: Point) -> Point:
    # Stations every 50 m, not the exact foot: two reports of one house must not average to its door.
    along = round(line.project(point) / STATION_M) * STATION_M
    return line.interpolate(min(along, line.length))


def _landmark(
    session: Session, lon: float, lat: float, point: Point, crs: CRS
) -> tuple[str, str, float] | None:
    """Return (kind, name, metres away) of the landmark within reach that raises the exposure most."""
    found: list[tuple[float, float, str, str]] = []
    for mark, place in landmarks_near(session, lon, lat, LANDMARK_REACH_M):
        (x,), (y,) = to_metres(*place.coords.xy, crs)
        away_m = Point(x, y).distance(point)
        if away_m <= LANDMARK_REACH_M and mark.kind in LANDMARK_EXPOSURE:
            found.append((-LANDMARK_EXPOSURE[mark.kind], away_m, mark.kind, mark.name))
    if not found:
        return None
    _weight, away_m, kind, name = min(found)
    return kind, name, away_m


def _rounded(lon: float, lat: float) -> tuple[float, float]:
    return (
        round(round(lon / NO_STREET_GRID_DEG) * NO_STREET_GRID_DEG, 6),
        round(round(lat / NO_STREET_GRID_DEG) * NO_STREET_GRID_DEG, 6),
    )
