"""Hotspots: where neighbouring cells together hold more than the whole map lets expect (Getis-Ord Gi*).

Ord and Getis (1995), *Local spatial autocorrelation statistics: distributional issues and an application*,
Geographical Analysis 27. The test is analytic: no permutations, so that a false discovery rate can be held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from geo.errors import GeoError
from geo.statistics.compiled import loop
from geo.statistics.false_discovery import adjusted, checked_rate
from geo.statistics.neighbourhoods import Weights
from geo.statistics.refusals import refuse_constant, refuse_few_counts

LEVELS = (0.10, 0.05, 0.01)
"""Bands 1, 2, 3: 90, 95 and 99 %."""
LEAST_EXPECTED = 5.0


@dataclass(frozen=True, eq=False)
class HotSpots:
    """What Gi* says of each cell; arrays of shape (n,), NaN and False where a cell was not tested.

    Parameters
    ----------
    z
        Gi* as a standard normal deviate: above 0 hotter than the map's mean, below 0 colder.
    p
        Two-sided, of the normal distribution.
    p_adjusted
        Smallest false discovery rate at which the cell stands.
    significant
        Stands at the rate q.
    band
        −3 to 3: cold or hot at 99, 95, 90 % **without** correction for the number of cells tested; 0 neither.
    band_corrected
        The same with the false discovery rate held at 1, 5, 10 %.
    neighbours
        Tested cells in the neighbourhood, the cell among them.
    expected
        What the neighbourhood would hold if the map were even.
    is_thin
        The neighbourhood expects fewer than 5: the normal distribution is then a poor guide.
    tested
        Which cells were tested.
    mean, deviation
        Of the values over the tested cells (population).
    q
        The false discovery rate.
    """

    z: NDArray[np.float64]
    p: NDArray[np.float64]
    p_adjusted: NDArray[np.float64]
    significant: NDArray[np.bool_]
    band: NDArray[np.int8]
    band_corrected: NDArray[np.int8]
    neighbours: NDArray[np.int64]
    expected: NDArray[np.float64]
    is_thin: NDArray[np.bool_]
    tested: NDArray[np.bool_]
    mean: float
    deviation: float
    q: float

    @property
    def n_tested(self) -> int:
        """How many cells were tested."""
        return int(self.tested.sum())


def hot_spots(
    values: ArrayLike,
    weights: Weights,
    q: float = 0.05,
    *,
    counts: ArrayLike | None = None,
    expected: ArrayLike | None = None,
    tested: ArrayLike | None = None,
) -> HotSpots:
    """Test each cell's neighbourhood against the whole map.

    Parameters
    ----------
    values
        A count, or a rate where exposure differs, in each cell, finite where tested, shape (n,).
    weights
        Neighbourhoods of 0 and 1 with the cell itself (`geo.statistics.neighbourhoods`), (n, n).
    q
        False discovery rate.
    counts
        The complaints behind rates, for the limits below; the values themselves when left out.
    expected
        Complaints each cell would have if the city's rate held everywhere (`geo.statistics.exposure`); the
        counts spread evenly over the tested cells when left out.
    tested
        Cells to test, bool, shape (n,): the others (too little exposure) are no one's neighbour and count in
        nothing. All when left out.

    Raises
    ------
    TooFewData
        Fewer than 30 cells, 60 complaints or 10 cells with any; or the same value everywhere.
    GeoError
        Columns that do not fit the weights, a value that is not finite, a q that is no share.
    """
    value = np.asarray(values, dtype=np.float64)
    n = len(value)
    chosen = np.ones(n, dtype=bool) if tested is None else np.asarray(tested, dtype=bool)
    checked_rate(q)
    number = value if counts is None else np.asarray(counts, dtype=np.float64)
    _refuse_misfits(weights, {"values": value, "counts": number, "tested": chosen})
    if (number[chosen] < 0.0).any():
        raise GeoError("Counts must be 0 or more; give the complaints behind other values as counts.")
    refuse_few_counts(number[chosen])
    refuse_constant(value[chosen])
    used = weights_among(weights, chosen)
    z = gi_star(value[chosen], used)
    p = two_sided_p(z)
    rate = adjusted(p)
    neighbours = np.diff(used.indptr)
    if expected is None:
        hoped = neighbours * number[chosen].mean()
    else:
        hoped = used @ np.asarray(expected, dtype=np.float64)[chosen]
    return HotSpots(
        z=among_all(z, chosen, np.nan),
        p=among_all(p, chosen, np.nan),
        p_adjusted=among_all(rate, chosen, np.nan),
        significant=among_all(rate <= q, chosen, False),
        band=among_all(_bands(z, p), chosen, 0),
        band_corrected=among_all(_bands(z, rate), chosen, 0),
        neighbours=among_all(neighbours.astype(np.int64), chosen, 0),
        expected=among_all(np.asarray(hoped, dtype=np.float64), chosen, np.nan),
        is_thin=among_all(np.asarray(hoped) < LEAST_EXPECTED, chosen, False),
        tested=chosen,
        mean=float(value[chosen].mean()),
        deviation=float(value[chosen].std()),
        q=q,
    )


def gi_star(values: NDArray[np.float64], weights: Weights) -> NDArray[np.float64]:
    """Return Gi* of each cell, without asking whether there are enough.

    ``z = (Wx − x̄·Wᵢ) / (s·√((n·S₂ᵢ − Wᵢ²)/(n−1)))`` with the row sum of weights Wᵢ, the row sum of their
    squares S₂ᵢ and the population deviation s.

    Parameters
    ----------
    values
        float64, shape (n,), n ≥ 2, not all the same.
    weights
        (n, n). Weights other than 0 and 1 are allowed.

    Returns
    -------
    float64, shape (n,). 0 where the neighbourhood is the whole map: it cannot differ from itself.
    """
    x, data = np.asarray(values, dtype=np.float64), np.asarray(weights.data, dtype=np.float64)
    begins, columns = _pattern(weights)
    return _gi_star(x, data, begins, columns, float(x.mean()), float(x.var()))


def weights_among(weights: Weights, chosen: NDArray[np.bool_]) -> Weights:
    """Leave only the neighbourhoods of some cells, among themselves."""
    if chosen.all():
        return weights
    rows = np.flatnonzero(chosen)
    return weights[rows][:, rows]


def two_sided_p(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the two-sided p-value of normal deviates."""
    return np.asarray(2.0 * ndtr(-np.abs(z)), dtype=np.float64)


def _bands(z: NDArray[np.float64], p: NDArray[np.float64]) -> NDArray[np.int8]:
    """Count for each cell how many of the three levels its p-value meets, negative where it is cold."""
    met = (p <= LEVELS[0]).view(np.int8) + (p <= LEVELS[1]).view(np.int8) + (p <= LEVELS[2]).view(np.int8)
    np.negative(met, out=met, where=z < 0.0)
    return np.asarray(met, dtype=np.int8)


def among_all(values: NDArray[Any], chosen: NDArray[np.bool_], fill: float) -> NDArray[Any]:
    """Put values of the chosen cells back among all cells, the others filled."""
    if chosen.all():
        return values
    answer = np.full((len(chosen), *values.shape[1:]), fill, dtype=values.dtype)
    answer[chosen] = values
    return answer


@loop
def _gi_star(
    x: NDArray[np.float64],
    data: NDArray[np.float64],
    begins: NDArray[np.int32],
    columns: NDArray[np.int32],
    mean: float,
    variance: float,
) -> NDArray[np.float64]:
    n = len(x)
    z = np.zeros(n)
    for row in range(n):
        held = total = squares = 0.0
        for place in range(begins[row], begins[row + 1]):
            weight = data[place]
            held += weight * x[columns[place]]
            total += weight
            squares += weight * weight
        spread = variance * (n * squares - total * total) / (n - 1)
        if spread > 0.0:
            z[row] = (held - mean * total) / np.sqrt(spread)
    return z


def _pattern(weights: Weights) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    # One kind of index for one compiled loop: scipy hands out either.
    return weights.indptr.astype(np.int32, copy=False), weights.indices.astype(np.int32, copy=False)


def _refuse_misfits(weights: Weights, columns: dict[str, NDArray[Any]]) -> None:
    n = weights.shape[0]
    for name, column in columns.items():
        if column.shape != (n,):
            raise GeoError(f"{name} has the shape {column.shape}; the weights are for {n} cells.")
    value, chosen = columns["values"], columns["tested"]
    bad = chosen & ~np.isfinite(value)
    if bad.any():
        raise GeoError(f"Cell {int(np.argmax(bad))}: the value is not finite.")
