"""Emerging hotspots: which places are hot now, since when, and which are getting worse.

Gi* over a cube of cells and steps, a neighbourhood reaching over space and back to the step before; a false
discovery rate over all bins; Mann-Kendall on each cell's z. The seventeen classes are those of ArcGIS (Esri,
*How Emerging Hot Spot Analysis works*, tool reference of ArcGIS Pro). Where several of its definitions fit,
the first in the order of `CLASSES` is taken: a place that was cold, then is hot in the last step alone, is
new.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, pi
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError
from geo.statistics.compiled import loop
from geo.statistics.false_discovery import checked_rate, threshold
from geo.statistics.hot_spots import among_all, two_sided_p, weights_among
from geo.statistics.neighbourhoods import Weights
from geo.statistics.refusals import LEAST_STEPS, refuse_below, refuse_constant, refuse_few_complaints
from geo.statistics.trends import Trends, mann_kendall

CLASSES: Final = (
    "none",
    "new",
    "consecutive",
    "intensifying",
    "persistent",
    "diminishing",
    "sporadic",
    "oscillating",
    "historical",
)
"""By number; a negative number is the same class of coldspot."""
NEW, CONSECUTIVE, INTENSIFYING, PERSISTENT, DIMINISHING, SPORADIC, OSCILLATING, HISTORICAL = range(1, 9)
MOST_OF_THE_TIME: Final = 0.9
TREND_LEVEL: Final = 0.05
SHARED_STEP: Final = 6.0 / pi * asin(0.25)
"""Rank correlation of neighbouring steps' z where nothing else joins them."""


@dataclass(frozen=True, eq=False)
class EmergingHotSpots:
    """What a cube says of each cell and step; not tested cells have NaN, 0 and class 0.

    Parameters
    ----------
    z
        Gi* of each bin, shape (n, t).
    heat
        1 hot, −1 cold, 0 neither, at the rate q over all bins, int8, shape (n, t).
    trend
        Mann-Kendall on each tested cell's z, in the order of the cells, as if steps were independent.
    trend_z
        Its z for every cell, made smaller for the step that neighbouring z share unless `as_arcgis`; decides
        whether a trend counts. Shape (n,).
    kind
        −8 to 8, int8, shape (n,): the number in `CLASSES`, negative for coldspots.
    expected
        What a bin's neighbourhood over both steps would hold if the cube were even, shape (n,).
    tested
        Which cells were tested, shape (n,).
    q
        The false discovery rate.
    """

    z: NDArray[np.float64]
    heat: NDArray[np.int8]
    trend: Trends
    trend_z: NDArray[np.float64]
    kind: NDArray[np.int8]
    expected: NDArray[np.float64]
    tested: NDArray[np.bool_]
    q: float

    def names(self) -> list[str]:
        """Name each cell's class in English: ``"new hotspot"``, ``"historical coldspot"``, ``"none"``."""
        return [class_name(number) for number in self.kind.tolist()]


def class_name(number: int) -> str:
    """Name a class: ``"new hotspot"``, ``"historical coldspot"``, ``"none"``."""
    return CLASSES[abs(number)] + ("", " hotspot", " coldspot")[(number > 0) - (number < 0)]


def emerging_hot_spots(
    counts: ArrayLike,
    weights: Weights,
    q: float = 0.05,
    *,
    tested: ArrayLike | None = None,
    trend_level: float = TREND_LEVEL,
    as_arcgis: bool = False,
) -> EmergingHotSpots:
    """Classify each cell by the steps in which it was hot or cold.

    Parameters
    ----------
    counts
        Complaints by cell and step, 0 or more, shape (n, t), as `make_cube` counts them.
    weights
        Neighbourhoods of 0 and 1 in space with the cell itself, (n, n).
    q
        False discovery rate over all bins.
    tested
        Cells to test, bool, shape (n,); all when left out.
    trend_level
        Two-sided p of a trend that counts as one.
    as_arcgis
        Take each cell's z as independent from step to step, as ArcGIS does. They are not: each holds the step
        before, and of series without any trend one in six then seems to have one at 5 %.

    Raises
    ------
    TooFewData
        Fewer than 10 steps, 30 cells, 60 complaints or 10 cells with any; or the same count everywhere.
    GeoError
        Counts that do not fit the weights or are below 0, or a q that is no share.
    """
    number = np.ascontiguousarray(counts, dtype=np.float64)
    if number.ndim != 2 or number.shape[0] != weights.shape[0]:
        raise GeoError(
            f"The counts have the shape {number.shape}; the weights are for {weights.shape[0]} cells."
        )
    if not (number >= 0.0).all():
        raise GeoError("Counts must be 0 or more.")
    checked_rate(q)
    chosen = np.ones(len(number), dtype=bool) if tested is None else np.asarray(tested, dtype=bool)
    refuse_below("steps", number.shape[1], LEAST_STEPS)
    used = number if chosen.all() else number[chosen]
    refuse_few_complaints(used.sum(axis=1))
    refuse_constant(used)
    among = weights_among(weights, chosen)
    z = space_time_gi_star(used, among)
    hoped = 2.0 * used.mean() * np.diff(among.indptr)
    heat = _heat(z, q)
    trend = mann_kendall(z)
    trend_z = trend.z if as_arcgis else trend.z / np.sqrt(overlap_factor(number.shape[1]))
    rises = np.where(two_sided_p(trend_z) <= trend_level, np.sign(trend_z), 0.0).astype(np.int8)
    kind = classify(heat, rises)
    return EmergingHotSpots(
        z=among_all(z, chosen, np.nan),
        heat=among_all(heat, chosen, 0),
        trend=trend,
        trend_z=among_all(trend_z, chosen, np.nan),
        kind=among_all(kind, chosen, 0),
        expected=among_all(hoped, chosen, np.nan),
        tested=chosen,
        q=q,
    )


def overlap_factor(steps: int) -> float:
    """Return how many times larger Mann-Kendall's variance is for sums of two steps each.

    Two sums that share a step are correlated by ½, their ranks by 6/π·asin(¼); the factor is Hamed and Rao's
    (1998, *A modified Mann-Kendall trend test for autocorrelated data*, J. Hydrology 204).
    """
    return 1.0 + 2.0 * (steps - 3) / steps * SHARED_STEP


def space_time_gi_star(counts: NDArray[np.float64], weights: Weights) -> NDArray[np.float64]:
    """Return Gi* of each bin against the whole cube, without asking whether there are enough.

    Parameters
    ----------
    counts
        float64, shape (n, t), not all the same.
    weights
        Of 0 and 1, with the cell itself. A bin's neighbourhood is its cell's at its own step and, but for the
        first step, at the step before.
    """
    values = np.ascontiguousarray(counts, dtype=np.float64)
    begins = weights.indptr.astype(np.int32, copy=False)
    columns = weights.indices.astype(np.int32, copy=False)
    return np.asarray(_gi_star(values, begins, columns, float(values.mean()), float(values.var())))


def classify(heat: NDArray[np.int8], rises: NDArray[np.int8]) -> NDArray[np.int8]:
    """Name the class of each cell.

    Parameters
    ----------
    heat
        1 hot, −1 cold, 0 neither, int8, shape (n, t).
    rises
        1 where z rises significantly over time, −1 where it falls, 0 neither, int8, shape (n,).

    Returns
    -------
    int8, shape (n,), as `EmergingHotSpots.kind`. Hot in the last step, or cold in it, decides before what
    was.
    """
    return np.asarray(_classify(heat, rises), dtype=np.int8)


@loop
def _gi_star(
    x: NDArray[np.float64],
    begins: NDArray[np.int32],
    columns: NDArray[np.int32],
    mean: float,
    variance: float,
) -> NDArray[np.float64]:
    n, steps = x.shape
    bins = n * steps
    z = np.zeros((n, steps))
    for row in range(n):
        around = z[row]
        for place in range(begins[row], begins[row + 1]):
            other = x[columns[place]]
            for step in range(steps):
                around[step] += other[step]
        size = float(begins[row + 1] - begins[row])
        for step in range(steps - 1, -1, -1):
            held = around[step]
            total = size
            if step > 0:
                held += around[step - 1]
                total += size
            spread = variance * (bins * total - total * total) / (bins - 1)
            around[step] = (held - mean * total) / np.sqrt(spread) if spread > 0.0 else 0.0
    return z


def _heat(z: NDArray[np.float64], q: float) -> NDArray[np.int8]:
    p = two_sided_p(z)
    stands = p <= threshold(p, q)
    return np.asarray(np.where(z < 0.0, np.int8(-1), np.int8(1)) * stands, dtype=np.int8)


@loop
def _classify(heat: NDArray[np.int8], rises: NDArray[np.int8]) -> NDArray[np.int8]:
    n, steps = heat.shape
    kind = np.zeros(n, dtype=np.int8)
    for row in range(n):
        hot = cold = 0
        for step in range(steps):
            hot += heat[row, step] > 0
            cold += heat[row, step] < 0
        now = heat[row, steps - 1]
        if now > 0:
            kind[row] = _present(heat[row], now, hot, cold, rises[row])
        elif now < 0:
            kind[row] = -_present(heat[row], now, cold, hot, -rises[row])
        elif hot >= MOST_OF_THE_TIME * steps:
            kind[row] = HISTORICAL
        elif cold >= MOST_OF_THE_TIME * steps:
            kind[row] = -HISTORICAL
    return kind


@loop
def _present(heat: NDArray[np.int8], now: int, same: int, opposite: int, grows: int) -> int:
    """Class of a cell hot (or cold) in the last step, by how often it was the same or the opposite."""
    steps = len(heat)
    if same >= MOST_OF_THE_TIME * steps:
        return INTENSIFYING if grows > 0 else DIMINISHING if grows < 0 else PERSISTENT
    if same == 1:
        return NEW
    run = 0
    while run < steps and heat[steps - 1 - run] == now:
        run += 1
    if run == same:
        return CONSECUTIVE
    return SPORADIC if opposite == 0 else OSCILLATING
