"""*Indeks aduan*: how much is complained of a segment, from 0 to 100. It is no measure of the surface.

Its name is never SDI, IRI or PCI: those are surveyed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import gamma

from geo.errors import GeoError
from geo.statistics.columns import finite_columns, refuse_rows
from geo.statistics.refusals import refuse_below

Floats = NDArray[np.float64]

NAME: Final = "indeks aduan"
HALF_LIFE_DAYS: Final = 180.0
SEVERITY_WEIGHTS: Final = (1.0, 2.0, 4.0)
"""Of slight, middling and grave; ours, to be changed with care and said with the figure."""
LEAST_SEGMENTS: Final = 5
LEAST_COMPLAINTS: Final = 30
PRIOR_COMPLAINTS: Final = 2.0
"""What is known of the city's mean weighs so many complaints against a segment's own."""


@dataclass(frozen=True, slots=True)
class ComplaintIndex:
    """The index of segments.

    Attributes
    ----------
    index
        100 · r / (r + m), shape (n,): r the segment's weighted complaints per 100 m, drawn towards the city's
        mean m where there is little to go by. 50 is the mean, 75 three times the mean.
    low, high
        The same of the 95 % interval of r.
    complaints
        Of each segment, unweighted, shape (n,).
    mean_per_100_m
        m: the index compares segments of one city and one day, never two cities.
    """

    index: Floats
    low: Floats
    high: Floats
    complaints: NDArray[np.int64]
    mean_per_100_m: float


def complaint_index(
    segment: ArrayLike,
    age_days: ArrayLike,
    severity: ArrayLike,
    length_m: ArrayLike,
    *,
    half_life_days: float = HALF_LIFE_DAYS,
    severity_weights: tuple[float, ...] = SEVERITY_WEIGHTS,
) -> ComplaintIndex:
    """Rate segments by what is complained of them.

    Parameters
    ----------
    segment
        Of each complaint: its segment's row, shape (c,). Of reports of one defect, the first alone.
    age_days
        How old it is, 0 or more, shape (c,); it counts for half after each half-life.
    severity
        Place in `severity_weights`, shape (c,).
    length_m
        Of each segment, above 0, shape (n,).

    Raises
    ------
    TooFewData
        Fewer than 5 segments or 30 complaints.
    GeoError
        Bad columns, a segment or severity that does not exist, or a half-life not above 0.
    """
    if not half_life_days > 0.0:
        raise GeoError(f"A half-life must be above 0 days, not {half_life_days:g}.")
    (length,) = finite_columns(length=length_m)
    refuse_rows("length", length, length <= 0.0, "a number above 0")
    place, age, grade = finite_columns(segment=segment, age=age_days, severity=severity)
    refuse_rows(
        "segment", place, ~_is_place(place, len(length)), f"a whole number from 0 to {len(length) - 1}"
    )
    refuse_rows("age", age, age < 0.0, "a number of 0 or more")
    refuse_rows(
        "severity",
        grade,
        ~_is_place(grade, len(severity_weights)),
        f"a whole number from 0 to {len(severity_weights) - 1}",
    )
    refuse_below(
        "segments", len(length), LEAST_SEGMENTS, "There are {found} segments; at least {needed} are needed."
    )
    refuse_below("complaints", len(place), LEAST_COMPLAINTS)
    weight = np.asarray(severity_weights)[grade.astype(np.int64)] * 0.5 ** (age / half_life_days)
    at = place.astype(np.int64)
    total = np.bincount(at, weight, minlength=len(length))
    # A sum of weights is worth as many complaints as have the same scatter: its mean stays, its variance too.
    one = float((weight**2).sum() / weight.sum())
    mean = float(weight.sum() / (length.sum() / 100.0))
    shape = PRIOR_COMPLAINTS + total / one
    scale = one / (PRIOR_COMPLAINTS * one / mean + length / 100.0)
    rates = [shape * scale, *(gamma.ppf(tail, shape, scale=scale) for tail in (0.025, 0.975))]
    index, low, high = (np.asarray(100.0 * rate / (rate + mean), dtype=np.float64) for rate in rates)
    return ComplaintIndex(index, low, high, np.bincount(at, minlength=len(length)).astype(np.int64), mean)


def _is_place(values: Floats, n: int) -> NDArray[np.bool_]:
    return np.asarray((values >= 0.0) & (values < n) & (values == np.rint(values)), dtype=np.bool_)
