"""Which projected coordinate system to measure in, and the way there and back.

Distances, areas and radii are never computed in degrees. A city lies in one UTM zone or close enough to it:
within the zone the scale error is below 0.1 %, 3° beyond its edge about 0.5 %.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geo.errors import GeoError

WGS84: Final = 4326
UTM_SOUTH_LIMIT, UTM_NORTH_LIMIT = -80.0, 84.0
AREA_MARGIN_DEG: Final = 6.0
"""How far outside its area of use a CRS is still trusted: one zone."""


def projected_crs(lon: ArrayLike, lat: ArrayLike, *, epsg: int | None = None) -> CRS:
    """Choose the projected CRS to measure these points in.

    Parameters
    ----------
    lon, lat
        Degrees, WGS 84, shape (n,), n ≥ 1. Not read when `epsg` is given.
    epsg
        Code of a projected CRS in metres that wins over the choice (Surakarta: 32749).

    Returns
    -------
    The UTM zone of the points' centroid, the mean direction for longitudes, so that points on both sides
    of the 180° meridian fall into one zone.

    Raises
    ------
    GeoError
        No points, a bad coordinate, a centroid outside UTM's latitudes, or a code that is unknown or not
        projected in metres.
    """
    if epsg is not None:
        return _crs_in_metres(epsg)
    lon_deg, lat_deg = checked_degrees(lon, lat)
    if not len(lon_deg):
        raise GeoError("There are no points to choose a projected coordinate system for.")
    angle = np.radians(lon_deg)
    middle_lon = float(np.degrees(np.arctan2(np.sin(angle).mean(), np.cos(angle).mean())))
    middle_lat = float(lat_deg.mean())
    if not UTM_SOUTH_LIMIT <= middle_lat <= UTM_NORTH_LIMIT:
        raise GeoError(
            f"The points' middle latitude is {middle_lat:.3f}; UTM reaches from "
            f"{UTM_SOUTH_LIMIT:.0f} to {UTM_NORTH_LIMIT:.0f}. Name a projected system by its EPSG code."
        )
    zone = int((middle_lon + 180.0) // 6.0) % 60 + 1
    return _crs_in_metres((32600 if middle_lat >= 0 else 32700) + zone)


def to_metres(lon: ArrayLike, lat: ArrayLike, crs: CRS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project degrees to metres.

    Parameters
    ----------
    lon, lat
        Degrees, WGS 84, shape (n,), may be empty.
    crs
        A projected CRS in metres, as `projected_crs` returns it.

    Returns
    -------
    x_m, y_m, float64, shape (n,).

    Raises
    ------
    GeoError
        A coordinate that is not finite, not on the globe, or more than 6° outside the CRS's area of use;
        the message names its row (from 0).
    """
    lon_deg, lat_deg = checked_degrees(lon, lat)
    _refuse_far_points(lon_deg, lat_deg, crs)
    x_m, y_m = _transformer(WGS84, crs.to_wkt()).transform(lon_deg, lat_deg)
    _refuse_first(
        ~(np.isfinite(x_m) & np.isfinite(y_m)), lon_deg, lat_deg, f"cannot be projected to {crs.name}"
    )
    return np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)


def to_degrees(x_m: ArrayLike, y_m: ArrayLike, crs: CRS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bring metres of a projected CRS back to degrees.

    Parameters
    ----------
    x_m, y_m
        Metres in `crs`, shape (n,), may be empty.
    crs
        The projected CRS.

    Returns
    -------
    lon, lat in degrees, WGS 84, float64, shape (n,).

    Raises
    ------
    GeoError
        A value that is not finite or has no place on the globe; the message names its row (from 0).
    """
    x, y = _pair_of_columns(x_m, y_m)
    _refuse_first(~(np.isfinite(x) & np.isfinite(y)), x, y, "is not a finite position")
    lon, lat = _transformer(crs.to_wkt(), WGS84).transform(x, y)
    _refuse_first(~(np.isfinite(lon) & np.isfinite(lat)), x, y, f"lies outside what {crs.name} can describe")
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def checked_degrees(lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two float64 columns of degrees, or say which row (from 0) isn't a place on the globe."""
    lon_deg, lat_deg = _pair_of_columns(lon, lat)
    _refuse_first(
        ~(np.isfinite(lon_deg) & np.isfinite(lat_deg)), lon_deg, lat_deg, "is not a finite position"
    )
    outside = (np.abs(lon_deg) > 180.0) | (np.abs(lat_deg) > 90.0)
    swapped = outside & (np.abs(lon_deg) <= 90.0) & (np.abs(lat_deg) <= 180.0)
    _refuse_first(swapped, lon_deg, lat_deg, "is not on the globe: are longitude and latitude swapped?")
    _refuse_first(
        outside, lon_deg, lat_deg, "is not on the globe (longitude -180 to 180, latitude -90 to 90)"
    )
    return lon_deg, lat_deg


def _pair_of_columns(first: ArrayLike, second: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        raise GeoError(
            f"Coordinates must be two columns of equal length, not shapes {a.shape} and {b.shape}."
        )
    return a, b


def _refuse_first(
    bad: NDArray[np.bool_], first: NDArray[np.float64], second: NDArray[np.float64], fault: str
) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        raise GeoError(f"Row {row}: ({first[row]}, {second[row]}) {fault}.")


def _refuse_far_points(lon: NDArray[np.float64], lat: NDArray[np.float64], crs: CRS) -> None:
    area = crs.area_of_use
    if area is None:
        return
    middle = (area.west + (area.east - area.west) % 360.0 / 2.0 + 180.0) % 360.0 - 180.0
    reach = (area.east - area.west) % 360.0 / 2.0 + AREA_MARGIN_DEG
    off_lon = np.abs((lon - middle + 180.0) % 360.0 - 180.0) > reach
    off_lat = (lat < area.south - AREA_MARGIN_DEG) | (lat > area.north + AREA_MARGIN_DEG)
    _refuse_first(off_lon | off_lat, lon, lat, f"is too far from the area of {crs.name} ({area.name})")


@lru_cache(maxsize=64)
def _crs_in_metres(epsg: int) -> CRS:
    try:
        crs = CRS.from_epsg(epsg)
    except CRSError as error:
        raise GeoError(f"EPSG:{epsg} is not a known coordinate system.") from error
    if not crs.is_projected or any(axis.unit_name != "metre" for axis in crs.axis_info[:2]):
        raise GeoError(f"EPSG:{epsg} ({crs.name}) is not a projected system in metres.")
    return crs


@lru_cache(maxsize=16)
def _transformer(source: str | int, target: str | int) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)
