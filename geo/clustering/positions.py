"""Positions that are none: stand-ins that a geocoder, a camera or a form put where the place was unknown."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError

LEAST_ADDRESSES: Final = 10
COORDINATE_DECIMALS: Final = 6
"""A stand-in repeats to the last digit; 6 decimals are 0.1 m."""


def default_positions(
    lon: ArrayLike,
    lat: ArrayLike,
    address: Sequence[str | None],
    *,
    least_addresses: int = LEAST_ADDRESSES,
    known: Sequence[tuple[float, float]] = (),
) -> NDArray[np.bool_]:
    """Say which positions are stand-ins rather than places.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,); may be empty and may hold NaN.
    address
        The address that came with each, or None.
    least_addresses
        How many different addresses on one coordinate give it away. Case, spaces and marks do not make
        addresses different; an empty one does not count.
    known
        (lon, lat) of stand-ins that are known beforehand, such as a kelurahan's centroid.

    Returns
    -------
    bool, shape (n,): True where many addresses share the coordinate, where it is a known one, (0, 0) or not
    finite. Link none of these by distance and draw none as hot.

    Raises
    ------
    GeoError
        Columns of unequal length, or `least_addresses` below 2.
    """
    lon_deg, lat_deg = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if lon_deg.shape != lat_deg.shape or lon_deg.shape != (len(address),):
        raise GeoError(f"lon, lat and address ({len(address)} rows) must be columns of equal length.")
    if least_addresses < 2:
        raise GeoError(f"least_addresses must be at least 2, not {least_addresses}.")
    points = np.round(np.column_stack([lon_deg, lat_deg]), COORDINATE_DECIMALS)
    points[~np.isfinite(points).all(axis=1)] = 0.0
    unique, at = np.unique(points, axis=0, return_inverse=True)
    spellings: list[set[str]] = [set() for _ in range(len(unique))]
    for place, text in zip(at.ravel().tolist(), address, strict=True):
        spelling = re.sub(r"\W+", " ", text or "").strip().casefold()
        if spelling:
            spellings[place].add(spelling)
    stand_in = np.array([len(found) >= least_addresses for found in spellings], dtype=bool)
    for point in [(0.0, 0.0), *known]:
        stand_in |= (np.abs(unique - np.round(point, COORDINATE_DECIMALS)) < 10.0**-COORDINATE_DECIMALS).all(
            axis=1
        )
    return stand_in[at.ravel()]
