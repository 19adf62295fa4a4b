"""Kulldorff's circular scan: is any circle busier than chance and exposure explain, wherever it lies?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError
from geo.statistics.columns import finite_columns, refuse_rows
from geo.statistics.refusals import refuse_few_counts
from geo.statistics.scan_circles import (
    LANES,
    TIE,
    Circles,
    best_circle,
    circles_of,
    scan_worlds,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_COMPLAINTS: Final = 1 << 24
"""Whole numbers up to this are exact in single precision."""


class ScanStopped(GeoError):
    """Whoever asked for the scan no longer wants it."""


@dataclass(frozen=True, slots=True)
class ScanRules:
    """Which circles are looked at, and how often chance is.

    Parameters
    ----------
    most_radius_m
        Radius of the largest circle; infinite for no limit.
    most_share
        Share of the whole exposure that a circle may hold, at most one half: what is larger is rather a lack
        outside it.
    least_complaints
        A circle of fewer is no cluster.
    replicates
        Worlds of chance; the smallest p is 1 / (replicates + 1).
    most_p
        Clusters up to this p are reported.
    most_clusters
        And no more than so many.
    seed
        Of the dice.
    """

    most_radius_m: float = 1_000.0
    most_share: float = 0.5
    least_complaints: int = 2
    replicates: int = 999
    most_p: float = 0.05
    most_clusters: int = 20
    seed: int = 1

    def __post_init__(self) -> None:
        if not self.most_radius_m > 0.0 or not 0.0 < self.most_share <= 0.5:
            raise GeoError(
                f"The largest circle has a radius above 0 m and up to half of the exposure, not "
                f"{self.most_radius_m:g} m and {self.most_share:g}."
            )
        if self.replicates < 99 or not 0.0 < self.most_p <= 1.0 or self.most_clusters < 1:
            raise GeoError(
                f"A scan needs 99 replicates or more, a p above 0 and room for a cluster, not "
                f"{self.replicates}, {self.most_p:g} and {self.most_clusters}."
            )


@dataclass(frozen=True, slots=True)
class ScanCluster:
    """A circle that holds more than its share.

    Attributes
    ----------
    x_m, y_m, radius_m
        Where it lies; the radius reaches the middle of its farthest cell, 0 for one cell.
    cells
        Rows of its cells, the centre first.
    observed, expected
        Complaints in it, and what its exposure would have.
    relative_risk
        Rate inside over rate outside.
    log_likelihood_ratio
        How much likelier the complaints are with the cluster than without.
    p
        Share of the worlds of chance (and this one) whose greatest ratio anywhere is as great. For clusters
        after the first it is too high rather than too low.
    """

    x_m: float
    y_m: float
    radius_m: float
    cells: Ints
    observed: int
    expected: float
    relative_risk: float
    log_likelihood_ratio: float
    p: float


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What the scan found.

    Attributes
    ----------
    clusters
        By ratio, falling; no two share a cell.
    greatest
        The greatest ratio of each world of chance, shape (replicates,).
    cells, complaints, circles
        Looked at.
    rules
        As given.
    """

    clusters: tuple[ScanCluster, ...]
    greatest: Floats
    cells: int
    complaints: int
    circles: int
    rules: ScanRules


def scan(
    x_m: ArrayLike,
    y_m: ArrayLike,
    complaints: ArrayLike,
    exposure: ArrayLike,
    *,
    rules: ScanRules | None = None,
    progress: Callable[[int, int], None] | None = None,
    is_stopped: Callable[[], bool] | None = None,
) -> ScanResult:
    """Scan cells with circles around each of them (Kulldorff 1997, Poisson model).

    Parameters
    ----------
    x_m, y_m
        Middles of the cells, metres in a projected CRS, shape (n,).
    complaints
        In each cell, whole numbers, shape (n,).
    exposure
        What complaints would be proportional to if there were no cluster, above 0, shape (n,).
    rules
        Which circles, how many worlds of chance.
    progress
        Told how many replicates of how many are done, after each sixteen.
    is_stopped
        Asked as often; True ends the scan.

    Returns
    -------
    The clusters. The first is the circle of the greatest ratio; each next one is the greatest among all
    circles that hold no cell of those before, exactly. The worlds of chance spread the same number of
    complaints by exposure.

    Raises
    ------
    TooFewData
        Fewer than 30 cells, 60 complaints or 10 cells with any, or all the same.
    GeoError
        Bad columns, or circles of more than 60 million cells together.
    ScanStopped
        When `is_stopped` said so.
    """
    wanted = rules or ScanRules()
    x, y, count, weight = _columns(x_m, y_m, complaints, exposure)
    refuse_few_counts(count)
    total = int(count.sum())
    if total > MOST_COMPLAINTS:
        raise GeoError(f"There are {total:,} complaints; a scan takes {MOST_COMPLAINTS:,} at most.")
    expected = weight * (total / weight.sum())
    circles = circles_of(x, y, weight, wanted.most_radius_m, wanted.most_share)
    greatest = _chance(circles, expected, total, wanted, (progress, is_stopped))
    found = _clusters(circles, count, expected, wanted, np.sort(greatest))
    ends = int((circles.members >= 0).sum())
    return ScanResult(
        tuple(_described(x, y, one, total) for one in found), greatest, len(x), total, ends, wanted
    )


@dataclass(frozen=True, slots=True)
class _Found:
    cells: Ints
    observed: int
    expected: float
    ratio: float
    p: float


def _columns(
    x_m: ArrayLike, y_m: ArrayLike, complaints: ArrayLike, exposure: ArrayLike
) -> tuple[Floats, ...]:
    columns = finite_columns(x=x_m, y=y_m, complaints=complaints, exposure=exposure)
    _, _, count, weight = columns
    refuse_rows("complaints", count, (count < 0.0) | (count != np.rint(count)), "a whole number of 0 or more")
    refuse_rows("exposure", weight, weight <= 0.0, "a number above 0")
    return columns


def _chance(
    circles: Circles,
    expected: Floats,
    total: int,
    rules: ScanRules,
    tell: tuple[Callable[[int, int], None] | None, Callable[[], bool] | None],
) -> Floats:
    dice = np.random.default_rng(rules.seed)
    share = expected / expected.sum()
    greatest = np.empty(rules.replicates)
    progress, is_stopped = tell
    for first in range(0, rules.replicates, LANES):
        if is_stopped is not None and is_stopped():
            raise ScanStopped(f"The scan was stopped after {first} of {rules.replicates} replicates.")
        many = min(LANES, rules.replicates - first)
        worlds = np.zeros((len(expected), LANES), dtype=np.float32)
        worlds[:, :many] = dice.multinomial(total, share, size=many).T
        most = np.zeros(LANES)
        scan_worlds(
            circles.starts, circles.members, worlds, expected, (float(total), rules.least_complaints), most
        )
        greatest[first : first + many] = most[:many]
        if progress is not None:
            progress(first + many, rules.replicates)
    return greatest


def _clusters(
    circles: Circles, count: Floats, expected: Floats, rules: ScanRules, ascending: Floats
) -> list[_Found]:
    is_taken = np.zeros(len(count), dtype=np.bool_)
    found: list[_Found] = []
    total = float(count.sum())
    while len(found) < rules.most_clusters:
        ratio, centre, size = best_circle(
            circles.starts,
            circles.members,
            count,
            expected,
            is_taken,
            total,
            rules.least_complaints,
        )
        as_great = len(ascending) - int(np.searchsorted(ascending, ratio - TIE * (1.0 + ratio)))
        p = (1 + as_great) / (1 + len(ascending))
        if size == 0 or p > rules.most_p:
            break
        codes = circles.members[circles.starts[centre] : circles.starts[centre] + size].astype(np.int64)
        cells = np.where(codes >= 0, codes, ~codes)
        is_taken[cells] = True
        found.append(_Found(cells, int(count[cells].sum()), float(expected[cells].sum()), ratio, p))
    return found


def _described(x: Floats, y: Floats, one: _Found, total: int) -> ScanCluster:
    centre = one.cells[0]
    radius = float(np.hypot(x[one.cells] - x[centre], y[one.cells] - y[centre]).max())
    outside = (total - one.observed) / (total - one.expected)
    risk = one.observed / one.expected / outside if outside > 0.0 else float("inf")
    return ScanCluster(
        float(x[centre]),
        float(y[centre]),
        radius,
        one.cells,
        one.observed,
        one.expected,
        risk,
        one.ratio,
        one.p,
    )
