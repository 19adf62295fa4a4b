"""What many positions mean at once: the vectorised twin of `locate_request`, for imports and the demo."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from fieldops.domain.city import City
from fieldops.operations.locate_request import NO_STREET_GRID_DEG, STATION_M, STREET_REACH_M
from fieldops.queries.frames import areas, streets
from fieldops.routing.roads import Roads


@dataclass(frozen=True)
class LocatedColumns:
    """Columns of equal length: area id (0: none), street ("" : none) and the public point in degrees."""

    area_id: NDArray[np.int64]
    street: list[str]
    public_lon: NDArray[np.float64]
    public_lat: NDArray[np.float64]


def locate_many(
    session: Session,
    city: City,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    roads: Roads | None = None,
) -> LocatedColumns:
    """Describe points from the areas and streets in the database, with public points on the road graph where
    there is one, as `locate` does.

    Parameters
    ----------
    lon, lat
        Degrees, EPSG:4326, shape (n,), finite; may be empty.
    """
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat, crs="EPSG:4326"))
    names, public_lon, public_lat = _streets(session, city, points, lon, lat)
    places = list(zip(lon.tolist(), lat.tolist(), strict=True))
    for row, station in enumerate(roads.stations(places, STATION_M, STREET_REACH_M) if roads else ()):
        if station is not None:
            names[row] = names[row] or station.street
            public_lon[row], public_lat[row] = round(station.lon, 6), round(station.lat, 6)
    return LocatedColumns(_area_ids(session, points), names, public_lon, public_lat)


def _area_ids(session: Session, points: gpd.GeoDataFrame) -> NDArray[np.int64]:
    found = np.zeros(len(points), dtype=np.int64)
    kelurahan = areas(session, "kelurahan")
    if len(points) and len(kelurahan):
        hits = points.sjoin(kelurahan[["id", "geometry"]], predicate="intersects")
        hits = hits[~hits.index.duplicated()]
        found[hits.index.to_numpy()] = hits["id"].to_numpy()
    return found


def _streets(
    session: Session, city: City, points: gpd.GeoDataFrame, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    public_lon = np.round(np.round(lon / NO_STREET_GRID_DEG) * NO_STREET_GRID_DEG, 6)
    public_lat = np.round(np.round(lat / NO_STREET_GRID_DEG) * NO_STREET_GRID_DEG, 6)
    names = [""] * len(points)
    lines = streets(session)
    if not len(points) or not len(lines):
        return names, public_lon, public_lat
    projected, lines = points.to_crs(city.epsg), lines.to_crs(city.epsg)
    hits = projected.sjoin_nearest(lines, max_distance=STREET_REACH_M)
    hits = hits[~hits.index.duplicated()]
    rows = hits.index.to_numpy()
    nearest = lines.loc[hits["index_right"]].reset_index(drop=True)
    feet = projected.geometry.iloc[rows].reset_index(drop=True)
    along = np.round(nearest.geometry.project(feet) / STATION_M) * STATION_M
    along = np.minimum(along, nearest.geometry.length)
    stations = nearest.geometry.interpolate(along).to_crs(4326)
    public_lon[rows], public_lat[rows] = np.round(stations.x, 6), np.round(stations.y, 6)
    for row, name in zip(rows.tolist(), nearest["name"].tolist(), strict=True):
        names[row] = name
    return names, public_lon, public_lat
