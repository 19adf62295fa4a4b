"""Trends: does a series rise or fall, whatever the shape of the rise (Mann-Kendall), and how fast (Sen).

Mann (1945), *Nonparametric tests against trend*, Econometrica 13; Kendall (1975), *Rank correlation methods*,
with the variance corrected for ties, since counts tie all the time; Sen (1968), *Estimates of the regression
coefficient based on Kendall's tau*, J. Am. Statist. Assoc. 63.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from geo.errors import GeoError
from geo.statistics.compiled import loop


@dataclass(frozen=True, eq=False)
class Trends:
    """A trend of each series; arrays of shape (n,).

    Parameters
    ----------
    s
        Pairs that rise less pairs that fall.
    variance
        Of s without a trend, corrected for ties.
    z
        Standard normal deviate with continuity correction; 0 for a constant series.
    p
        Two-sided.
    tau
        s as a share of all pairs, −1 to 1.
    """

    s: NDArray[np.int64]
    variance: NDArray[np.float64]
    z: NDArray[np.float64]
    p: NDArray[np.float64]
    tau: NDArray[np.float64]


def mann_kendall(series: ArrayLike) -> Trends:
    """Test each series for a trend.

    Parameters
    ----------
    series
        Values at equal steps, finite, shape (n, t), t ≥ 2; n may be 0. The test takes the steps as
        independent: what lasts from step to step makes it find trends too easily.

    Raises
    ------
    GeoError
        Not two axes, fewer than 2 steps, or a value that is not finite (the message names its row, from 0).
    """
    values = _checked(series)
    steps = values.shape[1]
    s, tied = _pairs(values)
    variance = (steps * (steps - 1) * (2 * steps + 5) - tied) / 18.0
    scale = np.sqrt(variance)
    z = np.divide(s - np.sign(s), scale, out=np.zeros(len(s)), where=scale > 0.0)
    return Trends(
        s=s,
        variance=variance,
        z=z,
        p=np.asarray(2.0 * ndtr(-np.abs(z)), dtype=np.float64),
        tau=s / (steps * (steps - 1) / 2.0),
    )


def sen_slopes(series: ArrayLike) -> NDArray[np.float64]:
    """Return the median slope over all pairs of steps of each series, per step.

    Parameters
    ----------
    series
        As for `mann_kendall`.

    Returns
    -------
    float64, shape (n,). O(n·t²): computed apart from the test, which most maps need alone.
    """
    return np.asarray(_median_slopes(_checked(series)), dtype=np.float64)


def _checked(series: ArrayLike) -> NDArray[np.float64]:
    values = np.ascontiguousarray(series, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] < 2:
        raise GeoError(f"Series must be rows of at least 2 steps, not of the shape {values.shape}.")
    bad = ~np.isfinite(values).all(axis=1)
    if bad.any():
        raise GeoError(f"Row {int(np.argmax(bad))}: a value of the series is not finite.")
    return values


@loop
def _pairs(values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rising less falling pairs, and Σ g(g−1)(2g+5) over groups of g equal values.

    Each member of a group adds (g−1)(2g+5), so equal ones are counted without sorting.
    """
    n, steps = values.shape
    s, tied = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for row in range(n):
        x = values[row]
        total = np.int64(0)
        correction = 0
        for i in range(steps):
            here = x[i]
            equal = 0
            for j in range(steps):
                equal += x[j] == here
            for j in range(i + 1, steps):
                total += np.int64(x[j] > here) - np.int64(x[j] < here)
            correction += (equal - 1) * (2 * equal + 5)
        s[row] = total
        tied[row] = correction
    return s, tied


@loop
def _median_slopes(values: NDArray[np.float64]) -> NDArray[np.float64]:
    n, steps = values.shape
    slopes = np.empty(steps * (steps - 1) // 2)
    answer = np.empty(n)
    for row in range(n):
        x = values[row]
        place = 0
        for apart in range(1, steps):
            for i in range(steps - apart):
                slopes[place] = (x[i + apart] - x[i]) / apart
                place += 1
        answer[row] = np.median(slopes)
    return answer
