"""Reports are not defects: who reports, by which channel, from where, and from where too few do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2, nbinom, norm

from geo.errors import GeoError
from geo.statistics.columns import finite_columns, refuse_rows
from geo.statistics.false_discovery import adjusted, checked_rate
from geo.statistics.gamma_rates import fit_gamma_rates
from geo.statistics.refusals import LEAST_COMPLAINTS, refuse_below

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_PEOPLE: Final = 5
"""A figure of fewer people is not told."""
LEAST_AREAS: Final = 10
TOP_SHARE: Final = 0.01


# ---------------------------------------------------------------- areas


@dataclass(frozen=True, slots=True)
class AreaRates:
    """Reports of areas against their residents or kilometres of road.

    Attributes
    ----------
    rate, low, high
        Reports per unit of exposure, and the exact 95 % interval of a Poisson number, shape (n,).
    share_exposure, share_reports
        The Lorenz curve from (0, 0) to (1, 1): areas in order of their rate, shape (n + 1,).
    gini
        0 where all areas report alike, towards 1 where one reports all.
    """

    rate: Floats
    low: Floats
    high: Floats
    share_exposure: Floats
    share_reports: Floats
    gini: float


def area_rates(reports: ArrayLike, exposure: ArrayLike) -> AreaRates:
    """Compare reports of areas with their exposure.

    Parameters
    ----------
    reports
        In each area, whole numbers, shape (n,).
    exposure
        Residents, kilometres of road or the like, above 0, shape (n,).

    Raises
    ------
    TooFewData
        Fewer than 10 areas or 60 reports.
    GeoError
        Bad columns; the message names the row.
    """
    count, size = _counts(reports, exposure)
    low = np.where(count > 0, chi2.ppf(0.025, 2.0 * count) / 2.0, 0.0) / size
    high = chi2.ppf(0.975, 2.0 * count + 2.0) / 2.0 / size
    order = np.argsort(count / size, kind="stable")
    across = np.concatenate([[0.0], np.cumsum(size[order])]) / size.sum()
    up = np.concatenate([[0.0], np.cumsum(count[order])]) / count.sum()
    under = float((np.diff(across) * (up[1:] + up[:-1])).sum() / 2.0)
    return AreaRates(count / size, low, high, across, up, 1.0 - 2.0 * under)


@dataclass(frozen=True, slots=True)
class SilentAreas:
    """Areas from which fewer reports come than their exposure leads to expect.

    Attributes
    ----------
    expected
        Of each area, by exposure alone, shape (n,).
    low, high
        Range that holds 95 % of such areas, whole numbers, shape (n,): areas differ more than chance would
        make them, and the range knows it.
    p
        Chance of so few or fewer, shape (n,).
    p_adjusted
        The false discovery rate at which an area counts as silent, shape (n,).
    is_silent
        Whether it does at the rate asked for, shape (n,).
    spread
        Standard deviation of areas' true rates over their mean, as estimated: 0.01 where chance explains all.
    """

    expected: Floats
    low: Ints
    high: Ints
    p: Floats
    p_adjusted: Floats
    is_silent: NDArray[np.bool_]
    spread: float


def silent_areas(reports: ArrayLike, exposure: ArrayLike, *, q: float = 0.1) -> SilentAreas:
    """Find areas with unexpectedly few reports.

    Rates of areas are taken to spread like a gamma distribution, so that numbers are negative binomial; its
    mean and spread are those of the greatest likelihood. Many silent areas widen it and hide one another.

    Parameters
    ----------
    reports, exposure
        As `area_rates`.
    q
        False discovery rate.

    Raises
    ------
    TooFewData
        As `area_rates`.
    GeoError
        Bad columns, or a rate outside 0 to 1.
    """
    checked_rate(q)
    count, size = _counts(reports, exposure)
    fitted = fit_gamma_rates(count, size)
    expected = fitted.mean * size
    law = nbinom(fitted.shape, 1.0 / (1.0 + fitted.spread * expected))
    p = law.cdf(count)
    rates = adjusted(p)
    return SilentAreas(
        expected,
        law.ppf(0.025).astype(np.int64),
        law.ppf(0.975).astype(np.int64),
        np.asarray(p, dtype=np.float64),
        rates,
        rates <= q,
        float(np.sqrt(fitted.spread)),
    )


# ---------------------------------------------------------------- people


@dataclass(frozen=True, slots=True)
class Concentration:
    """How much of all reports a few people make; of fewer than five people nothing is told.

    Attributes
    ----------
    people, reports
        How many.
    once
        People who reported once.
    gini
        Of reports over people.
    top_people, top_share
        The busiest hundredth, rounded up, and their share of the reports; None where these are fewer than
        five, or where what is left is.
    """

    people: int
    reports: int
    once: int | None
    gini: float
    top_people: int | None
    top_share: float | None


def concentration(reporter: ArrayLike) -> Concentration:
    """Say how much of all reports a few people make.

    Parameters
    ----------
    reporter
        For each report a number that stands for its reporter and for nothing else, shape (n,); reports
        without one are left out by the caller. Only totals are returned.

    Raises
    ------
    TooFewData
        Fewer than 60 reports or 5 people.
    """
    who = np.asarray(reporter)
    if who.ndim != 1:
        raise GeoError(f"Reporters must be one column, not of shape {who.shape}.")
    refuse_below("complaints", len(who), LEAST_COMPLAINTS)
    reports = np.sort(np.unique(who, return_counts=True)[1])
    people = len(reports)
    refuse_below(
        "people", people, LEAST_PEOPLE, "The reports come from {found} people; at least {needed} are needed."
    )
    rank = np.arange(1, people + 1)
    gini = float((2.0 * rank - people - 1.0) @ reports / (people * reports.sum()))
    top = int(np.ceil(TOP_SHARE * people))
    is_told = top >= LEAST_PEOPLE and people - top >= LEAST_PEOPLE
    once = int((reports == 1).sum())
    return Concentration(
        people,
        len(who),
        once if once >= LEAST_PEOPLE and people - once >= LEAST_PEOPLE else None,
        gini,
        top if is_told else None,
        float(reports[-top:].sum() / reports.sum()) if is_told else None,
    )


# ---------------------------------------------------------------- channels


@dataclass(frozen=True, slots=True)
class ChannelChange:
    """A channel in two periods.

    Attributes
    ----------
    channel
        Its name.
    before, after
        Reports.
    share_before, share_after
        Of all reports of the period.
    change, low, high
        Difference of the shares, with Newcombe's 95 % interval (1998, method 10).
    """

    channel: str
    before: int
    after: int
    share_before: float
    share_after: float
    change: float
    low: float
    high: float


def channel_changes(before: Mapping[str, int], after: Mapping[str, int]) -> tuple[ChannelChange, ...]:
    """Compare each channel's share of two periods; `geo.statistics.comparison.channel_shift` tests the whole.

    Parameters
    ----------
    before, after
        Reports by channel.

    Returns
    -------
    A row a channel, the largest change first.

    Raises
    ------
    TooFewData
        A period without reports.
    GeoError
        A number below 0; the message names the channel.
    """
    names = sorted({*before, *after})
    for name in names:
        if min(before.get(name, 0), after.get(name, 0)) < 0:
            raise GeoError(f"Channel {name} has a number of reports below 0.")
    totals = sum(before.values()), sum(after.values())
    refuse_below("complaints", min(totals), 1, "A period has {found} reports; at least {needed} is needed.")
    rows = []
    for name in names:
        counts = before.get(name, 0), after.get(name, 0)
        first, second = counts[0] / totals[0], counts[1] / totals[1]
        (low_1, high_1), (low_2, high_2) = (_wilson(k, n) for k, n in zip(counts, totals, strict=True))
        low = second - first - float(np.hypot(second - low_2, high_1 - first))
        high = second - first + float(np.hypot(high_2 - second, first - low_1))
        rows.append(ChannelChange(name, *counts, first, second, second - first, low, high))
    return tuple(sorted(rows, key=lambda row: -abs(row.change)))


# ---------------------------------------------------------------- within


def _counts(reports: ArrayLike, exposure: ArrayLike) -> tuple[Floats, Floats]:
    count, size = finite_columns(reports=reports, exposure=exposure)
    refuse_rows("reports", count, (count < 0.0) | (count != np.rint(count)), "a whole number of 0 or more")
    refuse_rows("exposure", size, size <= 0.0, "a number above 0")
    refuse_below("areas", len(count), LEAST_AREAS, "There are {found} areas; at least {needed} are needed.")
    refuse_below("complaints", float(count.sum()), LEAST_COMPLAINTS)
    return count, size


def _wilson(k: int, n: int) -> tuple[float, float]:
    z = float(norm.ppf(0.975))
    middle = (k + z**2 / 2.0) / (n + z**2)
    half = z / (n + z**2) * float(np.sqrt(k * (n - k) / n + z**2 / 4.0))
    return max(0.0, middle - half), min(1.0, middle + half)
