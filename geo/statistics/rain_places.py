"""Rain where no gauge stands: that of the nearest one, or of all weighted by nearness; which, is stated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError

Floats = NDArray[np.float64]
FARTHEST_M: Final = 10_000.0
"""Tropical showers are a few kilometres wide: farther off a gauge says little of the hour or day."""


@dataclass(frozen=True, slots=True)
class LocalRain:
    """Rain at places.

    Attributes
    ----------
    mm
        Depths, shape (steps, places); NaN where no gauge within reach was measured.
    nearest_gauge
        The nearest gauge of each place, shape (places,), whether it was measured or not.
    distance_m
        How far it is, shape (places,).
    method
        How it was done, in words for the map.
    """

    mm: Floats
    nearest_gauge: NDArray[np.int64]
    distance_m: Floats
    method: str


def rain_at(
    places_m: ArrayLike,
    gauges_m: ArrayLike,
    mm: ArrayLike,
    *,
    method: Literal["nearest", "inverse_distance"] = "nearest",
    power: float = 2.0,
    farthest_m: float = FARTHEST_M,
) -> LocalRain:
    """Estimate rain at places from gauges.

    Parameters
    ----------
    places_m
        Metres in a projected CRS, shape (places, 2).
    gauges_m
        The same of the gauges, shape (gauges, 2).
    mm
        Depths, shape (steps, gauges), NaN where unknown.
    method
        The nearest gauge that was measured in that step, or the mean of all measured ones, each weighted by
        distance to the power of -`power` (Shepard, 1968); a place nearer than 1 m has its gauge's own value.
    farthest_m
        Gauges farther away say nothing.

    Raises
    ------
    GeoError
        No gauge, shapes that do not fit, or a power or reach not above 0.
    """
    place, gauge = np.asarray(places_m, dtype=np.float64), np.asarray(gauges_m, dtype=np.float64)
    depth = np.asarray(mm, dtype=np.float64)
    if not len(gauge):
        raise GeoError("There is no rain gauge; at least one is needed.")
    if depth.ndim != 2 or depth.shape[1] != len(gauge):
        raise GeoError(
            f"Depths must be steps × {len(gauge)} gauges, not {' × '.join(map(str, depth.shape))}."
        )
    if not (power > 0.0 and farthest_m > 0.0):
        raise GeoError(f"Power and reach must be above 0, not {power:g} and {farthest_m:g} m.")
    apart_m = np.hypot(*(place[:, None, :] - gauge[None, :, :]).transpose(2, 0, 1))
    nearest = apart_m.argmin(axis=1)
    if method == "nearest":
        found = _nearest(depth, apart_m, farthest_m)
        said = f"rain of the nearest gauge of {len(gauge)} within {farthest_m / 1_000:g} km that was measured"
    else:
        weight = np.where(apart_m <= farthest_m, np.maximum(apart_m, 1.0) ** -power, 0.0)
        at_gauge = apart_m.min(axis=1) < 1.0
        weight[at_gauge] = np.where(apart_m[at_gauge] < 1.0, 1.0, 1e-12 * weight[at_gauge])
        found = _weighted(depth, weight)
        said = (
            f"rain of {len(gauge)} gauges within {farthest_m / 1_000:g} km, weighted by distance to "
            f"the power of -{power:g}"
        )
    return LocalRain(found, nearest.astype(np.int64), apart_m.min(axis=1), said)


def _nearest(depth: Floats, apart_m: Floats, farthest_m: float) -> Floats:
    found = np.full((len(depth), len(apart_m)), np.nan)
    order = np.argsort(apart_m, axis=1, kind="stable")
    for rank in range(apart_m.shape[1]):
        gauge = order[:, rank]
        near = np.take_along_axis(apart_m, gauge[:, None], axis=1)[:, 0] <= farthest_m
        values = np.where(near, depth[:, gauge], np.nan)
        found = np.where(np.isnan(found), values, found)
    return found


def _weighted(depth: Floats, weight: Floats) -> Floats:
    known = np.isfinite(depth)
    sums = np.nan_to_num(depth) @ weight.T
    weights = known.astype(np.float64) @ weight.T
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(weights > 0.0, sums / weights, np.nan), dtype=np.float64)
