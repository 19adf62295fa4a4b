"""Where a complaint lies on the web-mercator square, as one whole number; and where the public may see it.

The world is 2²⁸ units wide and high (15 cm at the equator), x eastwards from the date line, y southwards from
85.05° north. A *key* interleaves the bits of both (G. M. Morton, 1966), so that every square of every zoom is
one range of keys. Keys are made by one scalar function, once, when a complaint is written, and are stored:
another compiler's logarithm may differ in the last bit and so move a point to another cell.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError
from geo.tiles.compiled import inner, long, outer

I8 = NDArray[np.int64]

BITS: Final = 28
WORLD: Final = 1 << BITS
NO_KEY: Final = -1
"""The key of what has no place on this map."""
MOST_LATITUDE: Final = 85.0511287798066

OK, NOT_FINITE, OUT_OF_RANGE, POLE, NULL_ISLAND, SWAPPED, OUTSIDE = range(7)
FAULTS: Final = ("ok", "not finite", "out of range", "pole", "null island", "swapped", "outside")
"""What each number of `position_faults` means."""

GRID_UNITS: Final = 512
"""Side of a square of the public grid: 76 m at the equator, 53 m at 45°."""


@inner
def spread(value: int) -> int:
    """Put a 0 between any two bits of a number below 2²⁸."""
    value = (value | (value << 16)) & 0x0000FFFF0000FFFF
    value = (value | (value << 8)) & 0x00FF00FF00FF00FF
    value = (value | (value << 4)) & 0x0F0F0F0F0F0F0F0F
    value = (value | (value << 2)) & 0x3333333333333333
    return (value | (value << 1)) & 0x5555555555555555


@inner
def gather(value: int) -> int:
    """Undo `spread`; the bits between are ignored."""
    value &= 0x5555555555555555
    value = (value | (value >> 1)) & 0x3333333333333333
    value = (value | (value >> 2)) & 0x0F0F0F0F0F0F0F0F
    value = (value | (value >> 4)) & 0x00FF00FF00FF00FF
    value = (value | (value >> 8)) & 0x0000FFFF0000FFFF
    return (value | (value >> 16)) & 0x00000000FFFFFFFF


@outer
def _key(lon: float, lat: float) -> int:
    # Comparisons are written so that NaN fails them.
    if not (-180.0 <= lon <= 180.0 and -MOST_LATITUDE <= lat <= MOST_LATITUDE):
        return NO_KEY
    if lon == 0.0 and lat == 0.0:
        return NO_KEY
    sine = math.sin(lat * math.pi / 180.0)
    x = math.floor((lon / 360.0 + 0.5) * WORLD)
    y = math.floor((0.5 - 0.25 * math.log((1.0 + sine) / (1.0 - sine)) / math.pi) * WORLD)
    column = int(x) & (WORLD - 1)  # 180° east is 180° west
    row = min(max(int(y), 0), WORLD - 1)
    return spread(column) | (spread(row) << 1)


@long
def _keys(lon: NDArray[np.float64], lat: NDArray[np.float64], out: I8) -> None:
    for row in range(len(lon)):
        out[row] = _key(lon[row], lat[row])


def map_key(lon: float, lat: float) -> int:
    """Return the key of one position (degrees, EPSG:4326): 0 ≤ key < 2⁵⁶, to be stored with the complaint.

    `NO_KEY` (−1) for what has no place on the map: not finite, beyond ±180° or ±85.05°, or exactly (0, 0),
    where lost positions land. The date line belongs to the west: 180° and −180° have one key.
    """
    return int(_key(float(lon), float(lat)))


def map_keys(lon: ArrayLike, lat: ArrayLike) -> I8:
    """Return the keys of positions in degrees, shape (n,), may be empty; each as `map_key` gives it.

    Raises
    ------
    GeoError
        Columns of unequal length.
    """
    lon_deg, lat_deg = _columns(lon, lat)
    keys = np.empty(len(lon_deg), dtype=np.int64)
    _keys(lon_deg, lat_deg, keys)
    return keys


def key_xy(keys: ArrayLike) -> I8:
    """Return x and y in world units, int64, shape (n, 2), of keys ≥ 0."""
    at = np.asarray(keys, dtype=np.int64)
    xy = np.empty((len(at), 2), dtype=np.int64)
    _split(at, xy)
    return xy


@long
def _split(keys: I8, xy: NDArray[np.int64]) -> None:
    for row in range(len(keys)):
        xy[row, 0] = gather(keys[row])
        xy[row, 1] = gather(keys[row] >> 1)


def lon_lat(x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
    """Return degrees, shape (n, 2), of the middles of world units; for lists and labels, never for keys."""
    east = (np.asarray(x, dtype=np.float64) + 0.5) / WORLD
    south = (np.asarray(y, dtype=np.float64) + 0.5) / WORLD
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * south))))
    return np.column_stack([east * 360.0 - 180.0, lat])


def position_faults(
    lon: ArrayLike, lat: ArrayLike, bounds: tuple[float, float, float, float] | None = None
) -> NDArray[np.int8]:
    """Say what is wrong with positions.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,); may be empty.
    bounds
        West, south, east and north of the area served, if it is known.

    Returns
    -------
    int8, shape (n,): an index into `FAULTS`. "swapped": outside the bounds, but inside with latitude and
    longitude exchanged (told apart from "out of range" only with bounds). Nothing is put right: a person
    decides. Only "ok", "swapped" within range, and "outside" have a key.

    Raises
    ------
    GeoError
        Columns of unequal length.
    """
    lon_deg, lat_deg = _columns(lon, lat)
    faults = np.zeros(len(lon_deg), dtype=np.int8)
    if bounds is not None:
        is_in, is_in_swapped = _within(lon_deg, lat_deg, bounds), _within(lat_deg, lon_deg, bounds)
        faults[~is_in] = OUTSIDE
        faults[~is_in & is_in_swapped] = SWAPPED
    is_swapped = faults == SWAPPED
    faults[(lon_deg == 0.0) & (lat_deg == 0.0)] = NULL_ISLAND
    faults[(np.abs(lat_deg) > MOST_LATITUDE) & (np.abs(lat_deg) <= 90.0) & ~is_swapped] = POLE
    faults[((np.abs(lat_deg) > 90.0) | (np.abs(lon_deg) > 180.0)) & ~is_swapped] = OUT_OF_RANGE
    faults[~(np.isfinite(lon_deg) & np.isfinite(lat_deg))] = NOT_FINITE
    return faults


def public_keys(
    lon: ArrayLike, lat: ArrayLike, street_lon: ArrayLike | None = None, street_lat: ArrayLike | None = None
) -> I8:
    """Return the keys that the public may see.

    Parameters
    ----------
    lon, lat
        Exact positions, degrees, shape (n,); may be empty.
    street_lon, street_lat
        Where each was put on its street, in steps of 50 m or so; NaN where there is none.

    Returns
    -------
    int64, shape (n,): the key of the street position; without one, that of the middle of the fixed square
    (about 75 m) that holds the exact position. `NO_KEY` where the exact position has none, whatever the
    street says. A public pyramid is built of these alone: a bubble's middle then tells nothing of where its
    complaints lie.

    Raises
    ------
    GeoError
        Columns of unequal length.
    """
    lon_deg, lat_deg = _columns(lon, lat)
    keys = map_keys(lon_deg, lat_deg)
    low = 2 * (GRID_UNITS.bit_length() - 1)
    middle = 3 << (low - 2)  # half a square east and south
    snapped = np.where(keys == NO_KEY, NO_KEY, (keys >> low << low) | middle)
    if street_lon is not None and street_lat is not None:
        on_street = map_keys(street_lon, street_lat)
        if len(on_street) != len(keys):
            raise GeoError(f"{len(on_street)} street positions for {len(keys)} positions.")
        snapped = np.where((on_street == NO_KEY) | (keys == NO_KEY), snapped, on_street)
    return np.asarray(snapped, dtype=np.int64)


def _columns(lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lon_deg = np.ascontiguousarray(lon, dtype=np.float64)
    lat_deg = np.ascontiguousarray(lat, dtype=np.float64)
    if lon_deg.ndim != 1 or lon_deg.shape != lat_deg.shape:
        raise GeoError(f"lon {lon_deg.shape} and lat {lat_deg.shape} must be columns of equal length.")
    return lon_deg, lat_deg


def _within(
    lon: NDArray[np.float64], lat: NDArray[np.float64], bounds: tuple[float, float, float, float]
) -> NDArray[np.bool_]:
    west, south, east, north = bounds
    return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
