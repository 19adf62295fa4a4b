"""Two periods over the same cells: where did complaints rise or fall by more than chance.

Each cell's complaints of both periods together are taken as given; without a change, those of the second are
a binomial share of them, by exposure times days (Przyborowski and Wilenski 1940, *Homogeneity of results in
testing samples from Poisson series*, Biometrika 31).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from geo.errors import GeoError
from geo.statistics.false_discovery import adjusted, checked_rate
from geo.statistics.refusals import refuse_below, refuse_few_complaints

Against = Literal["no_change", "city"]
MUCH_MIXED = 0.10
"""From this share of complaints that moved to other channels on, a map of change needs a warning."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """The change of each cell; arrays of shape (n,), NaN and False where neither period has a complaint.

    Parameters
    ----------
    difference
        Rate of the second period less that of the first: complaints per unit of exposure and 30 days.
    ratio, ratio_low, ratio_high
        Rate of the second over that of the first, and its exact 95 % interval (0 to infinity).
    p
        Exact binomial, two-sided: twice the smaller tail.
    p_adjusted
        Smallest false discovery rate at which the change stands.
    change
        1 rose, −1 fell, at the rate q; 0 neither, int8.
    tested
        Cells with exposure, and a complaint in either period.
    city_ratio
        Rate of the whole map in the second period over the first.
    city_p
        Its p-value.
    against
        What is tested: against no change at all, or against the change of the whole map.
    q
        The false discovery rate.
    """

    difference: NDArray[np.float64]
    ratio: NDArray[np.float64]
    ratio_low: NDArray[np.float64]
    ratio_high: NDArray[np.float64]
    p: NDArray[np.float64]
    p_adjusted: NDArray[np.float64]
    change: NDArray[np.int8]
    tested: NDArray[np.bool_]
    city_ratio: float
    city_p: float
    against: Against
    q: float


@dataclass(frozen=True, slots=True)
class ChannelShift:
    """How the mix of channels changed between two periods.

    Parameters
    ----------
    moved
        Share of complaints that would have to change channel to undo the change, 0 to 1.
    p
        Of the chi-squared test that both periods have one mix; NaN where only one channel was used.
    channel
        The channel whose share changed most.
    share_before, share_after
        Its shares.
    needs_warning
        At least 10 % moved, with p below 0.01: a rise may be a campaign's, not the road's.
    """

    moved: float
    p: float
    channel: str
    share_before: float
    share_after: float
    needs_warning: bool


def compare_periods(
    before: ArrayLike,
    after: ArrayLike,
    days_before: float,
    days_after: float,
    *,
    exposure_before: ArrayLike | None = None,
    exposure_after: ArrayLike | None = None,
    against: Against = "no_change",
    q: float = 0.05,
) -> Comparison:
    """Test the change in each cell.

    Parameters
    ----------
    before, after
        Complaints of the two periods in the same cells, whole, 0 or more, shape (n,).
    days_before, days_after
        Length of the periods.
    exposure_before, exposure_after
        Kilometres or residents in each cell, shape (n,); 1 in every cell when left out. The second is taken
        as the first when only that is given.
    against
        ``"city"`` asks which cells changed otherwise than the whole map did.
    q
        False discovery rate.

    Raises
    ------
    TooFewData
        Fewer than 30 cells, 60 complaints or 10 cells with any, in both periods together; or no complaint in
        one of the periods.
    GeoError
        Columns that do not fit, counts that are not whole, days or exposure that are no length.
    """
    first, second = _whole(before), _whole(after)
    share, lived = _shares(first, second, (days_before, days_after), (exposure_before, exposure_after))
    checked_rate(q)
    refuse_few_complaints(first + second)
    has_exposure = (lived > 0.0).all(axis=0)
    totals = int(first[has_exposure].sum()), int(second[has_exposure].sum())
    refuse_below(
        "complaints", min(totals), 1, "One of the periods has {found} complaints; {needed} is needed."
    )
    city = float(lived[1, has_exposure].sum() / lived[:, has_exposure].sum())
    city_ratio = totals[1] / totals[0] * (1.0 - city) / city
    null = share
    if against == "city":
        null = share * city_ratio / (share * city_ratio + 1.0 - share)
    tested = has_exposure & (first + second > 0)
    p = _each(tested, _binomial_p(second[tested], (first + second)[tested], null[tested]))
    rate = adjusted(p)
    rates = [
        np.divide(number, of, out=np.full(len(of), np.nan), where=of > 0.0)
        for number, of in ((first, lived[0]), (second, lived[1]))
    ]
    low, high = _shares_within(second[tested], (first + second)[tested])
    odds = (1.0 - share) / np.where(share > 0.0, share, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(tested, rates[1] / rates[0], np.nan)
        ends = [_each(tested, end / (1.0 - end) * odds[tested]) for end in (low, high)]
        gone_up = second * (1.0 - null) > first * null
    return Comparison(
        difference=np.where(tested, (rates[1] - rates[0]) * 30.0, np.nan),
        ratio=ratio,
        ratio_low=ends[0],
        ratio_high=ends[1],
        p=p,
        p_adjusted=rate,
        change=np.where(rate <= q, np.where(gone_up, 1, -1), 0).astype(np.int8),
        tested=tested,
        city_ratio=city_ratio,
        city_p=float(_binomial_p(np.array([totals[1]]), np.array([sum(totals)]), np.array([city]))[0]),
        against=against,
        q=q,
    )


def channel_shift(before: Mapping[str, int], after: Mapping[str, int]) -> ChannelShift:
    """Say how far the mix of channels changed between two periods.

    Parameters
    ----------
    before, after
        Complaints by channel.

    Raises
    ------
    TooFewData
        No complaint in one of the periods.
    """
    names = sorted({*before, *after})
    table = np.array([[side.get(name, 0) for name in names] for side in (before, after)], dtype=np.float64)
    totals = table.sum(axis=1)
    refuse_below("complaints", float(totals.min()), 1, "A period has {found} complaints; {needed} is needed.")
    shares = table / totals[:, None]
    moved = float(np.abs(shares[1] - shares[0]).sum() / 2.0)
    used = table[:, table.sum(axis=0) > 0]
    p = float(stats.chi2_contingency(used, correction=False).pvalue) if used.shape[1] > 1 else float("nan")
    most = int(np.argmax(np.abs(shares[1] - shares[0])))
    return ChannelShift(
        moved=moved,
        p=p,
        channel=names[most],
        share_before=float(shares[0, most]),
        share_after=float(shares[1, most]),
        needs_warning=moved >= MUCH_MIXED and p < 0.01,
    )


def _whole(counts: ArrayLike) -> NDArray[np.int64]:
    number = np.asarray(counts)
    if number.ndim != 1 or (number < 0).any() or (number != np.floor(number)).any():
        raise GeoError("Counts must be one column of whole numbers, 0 or more.")
    return number.astype(np.int64)


def _shares(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    days: tuple[float, float],
    exposures: tuple[ArrayLike | None, ArrayLike | None],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The second period's share of exposure times days in each cell, and both periods' own, (2, n)."""
    if first.shape != second.shape:
        raise GeoError(f"The periods have {len(first)} and {len(second)} cells; they must be the same cells.")
    if not all(0.0 < length < np.inf for length in days):
        raise GeoError(f"Both periods must last longer than 0 days, not {days[0]} and {days[1]}.")
    one = np.ones(len(first)) if exposures[0] is None else np.asarray(exposures[0], dtype=np.float64)
    other = one if exposures[1] is None else np.asarray(exposures[1], dtype=np.float64)
    if not one.shape == other.shape == first.shape:
        raise GeoError(f"The exposures have the shapes {one.shape} and {other.shape}, not {first.shape}.")
    lived = np.stack([one * days[0], other * days[1]])
    if not (np.isfinite(lived) & (lived >= 0.0)).all():
        raise GeoError("Exposure must be 0 or more, and finite.")
    both = lived.sum(axis=0)
    return np.divide(lived[1], both, out=np.zeros(len(both)), where=both > 0.0), lived


def _binomial_p(
    hits: NDArray[np.int64], of: NDArray[np.int64], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    tails = np.minimum(stats.binom.cdf(hits, of, share), stats.binom.sf(hits - 1, of, share))
    return np.asarray(np.minimum(2.0 * tails, 1.0), dtype=np.float64)


def _shares_within(
    hits: NDArray[np.int64], of: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Clopper and Pearson's 95 % interval of a binomial share."""
    low = np.where(hits > 0, stats.beta.ppf(0.025, np.maximum(hits, 1), of - hits + 1), 0.0)
    high = np.where(hits < of, stats.beta.ppf(0.975, hits + 1, np.maximum(of - hits, 1)), 1.0)
    return low, high


def _each(tested: NDArray[np.bool_], values: NDArray[np.float64]) -> NDArray[np.float64]:
    answer = np.full(len(tested), np.nan)
    answer[tested] = values
    return answer
