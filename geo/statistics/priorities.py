"""Where maintenance avoids the most complaints per rupiah, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError
from geo.statistics.columns import finite_columns, refuse_rows
from geo.statistics.gamma_rates import fit_gamma_rates
from geo.statistics.refusals import refuse_below

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST_CANDIDATES: Final = 10
LEAST_COMPLAINTS: Final = 30
RUPIAH_SHOWN: Final = 1_000_000.0
MOST_DRAWN: Final = 16_000_000
"""Numbers drawn at once; 128 MB."""
LEAST_DRAWS: Final = 200


@dataclass(frozen=True, slots=True)
class Candidates:
    """Segments and drains that could be treated.

    Attributes
    ----------
    kind
        Of each, such as ``segment`` or ``drain``: a kind has its own usual rate and its own effect, shape
        (n,).
    complaints
        In the years looked at, first reports only, shape (n,).
    exposure
        What complaints are proportional to within a kind, such as length in m, above 0, shape (n,).
    cost
        Of treating it, rupiah, above 0, shape (n,).
    years
        Looked at, above 0.
    """

    kind: NDArray[np.str_]
    complaints: Floats
    exposure: Floats
    cost: Floats
    years: float

    @classmethod
    def of(
        cls,
        kind: ArrayLike,
        complaints: ArrayLike,
        exposure: ArrayLike,
        units: ArrayLike,
        cost_per_unit: ArrayLike,
        *,
        years: float,
    ) -> Candidates:
        """Check columns and reckon costs.

        Parameters
        ----------
        units, cost_per_unit
            How much is to be done (m², m) and rupiah for one, above 0, shape (n,).

        Raises
        ------
        GeoError
            Bad columns, named by their row, or years not above 0.
        """
        if not years > 0.0:
            raise GeoError(f"The period must be longer than 0 years, not {years:g}.")
        count, size, many, price = finite_columns(
            complaints=complaints, exposure=exposure, units=units, cost_per_unit=cost_per_unit
        )
        refuse_rows(
            "complaints", count, (count < 0.0) | (count != np.rint(count)), "a whole number of 0 or more"
        )
        for name, column in (("exposure", size), ("units", many), ("cost_per_unit", price)):
            refuse_rows(name, column, column <= 0.0, "a number above 0")
        kinds = np.asarray(kind, dtype=np.str_)
        if kinds.shape != count.shape:
            raise GeoError(f"There must be a kind for each of {len(count)} rows, not {kinds.shape}.")
        return cls(kinds, count, size, many * price, years)


@dataclass(frozen=True, slots=True)
class PriorityRules:
    """How priorities are made.

    Parameters
    ----------
    horizon_years
        How long a treatment works.
    top
        How many first places to give the chance of.
    draws
        Worlds drawn; fewer, but 200 at least, for so many candidates that more than 16 million numbers would
        have to be drawn.
    share
        Of intervals.
    seed
        Of the dice.
    """

    horizon_years: float = 2.0
    top: int = 10
    draws: int = 4_000
    share: float = 0.9
    seed: int = 1

    def __post_init__(self) -> None:
        if (
            not self.horizon_years > 0.0
            or self.top < 1
            or self.draws < LEAST_DRAWS
            or not 0.0 < self.share < 1.0
        ):
            raise GeoError(
                "A horizon above 0 years, a first place, 200 draws and a share between 0 and 1 are needed, "
                f"not {self.horizon_years:g}, {self.top}, {self.draws} and {self.share:g}."
            )


@dataclass(frozen=True, slots=True)
class Priorities:
    """Candidates by complaints avoided per rupiah.

    Attributes
    ----------
    order
        Rows, the best first, shape (n,).
    avoided, low, high
        Complaints avoided over the horizon, mean and interval, shape (n,).
    per_million
        Avoided per million rupiah, mean, shape (n,).
    rank, rank_low, rank_high
        Place by the mean, and the interval of the place, from 1, shape (n,).
    chance_of_top
        That it is among the first `rules.top`, shape (n,).
    weight_of_own
        Share of its own complaints in its expected rate, the rest being what is usual for its kind, shape
        (n,).
    draws
        Worlds that were drawn.
    rules
        As given.
    """

    order: Ints
    avoided: Floats
    low: Floats
    high: Floats
    per_million: Floats
    rank: Ints
    rank_low: Ints
    rank_high: Ints
    chance_of_top: Floats
    weight_of_own: Floats
    draws: int
    rules: PriorityRules


def rank_priorities(
    candidates: Candidates,
    effects: Mapping[str, tuple[float, float]],
    *,
    rules: PriorityRules | None = None,
) -> Priorities:
    """Rank candidates by expected complaints avoided per rupiah.

    A candidate's yearly rate is drawn from gamma(a + complaints, b + exposure · years), where a and b are the
    usual rate of its kind (empirical Bayes): one bad year on a short street is drawn towards what is usual.
    The effect is drawn evenly from its interval, once for all of a kind: it is not known how much patching
    helps, but it helps all alike.

    Parameters
    ----------
    candidates
        Segments and drains.
    effects
        By kind, the least and the greatest share of complaints that a treatment avoids, 0 to 1: an engineer's
        judgement or, better, the interval of a before-and-after comparison.

    Raises
    ------
    TooFewData
        Fewer than 10 candidates or 30 complaints of a kind.
    GeoError
        A kind without effect, or an effect that is no interval within 0 to 1.
    """
    wanted = rules or PriorityRules()
    avoided, own = avoided_worlds(candidates, effects, wanted)
    tail = 100.0 * (1.0 - wanted.share) / 2.0
    place = _places(avoided, candidates.cost)
    mean = avoided.mean(axis=0)
    order = np.argsort(-mean / candidates.cost, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    low, high = np.percentile(avoided, [tail, 100.0 - tail], axis=0)
    best, worst = np.percentile(place, [tail, 100.0 - tail], axis=0)
    return Priorities(
        order,
        mean,
        low,
        high,
        mean / candidates.cost * RUPIAH_SHOWN,
        rank,
        np.floor(best).astype(np.int64),
        np.ceil(worst).astype(np.int64),
        (place <= wanted.top).mean(axis=0),
        own,
        len(avoided),
        wanted,
    )


def avoided_worlds(
    candidates: Candidates, effects: Mapping[str, tuple[float, float]], rules: PriorityRules
) -> tuple[Floats, Floats]:
    """Draw complaints avoided, (draws, n), and say how much each candidate's own complaints weigh, (n,).

    Raises
    ------
    TooFewData, GeoError
        As `rank_priorities`.
    """
    dice = np.random.default_rng(rules.seed)
    n = len(candidates.cost)
    draws = min(rules.draws, max(LEAST_DRAWS, MOST_DRAWN // n))
    avoided, own = np.empty((draws, n)), np.empty(n)
    for kind in np.unique(candidates.kind).tolist():
        rows = np.flatnonzero(candidates.kind == kind)
        least, most = _effect(kind, effects)
        count, time = candidates.complaints[rows], candidates.exposure[rows] * candidates.years
        _refuse_few(kind, len(rows), float(count.sum()))
        usual = fit_gamma_rates(count, time)
        rate = dice.gamma(usual.shape + count, 1.0 / (usual.per + time), size=(draws, len(rows)))
        effect = dice.uniform(least, most, size=(draws, 1))
        avoided[:, rows] = rate * candidates.exposure[rows] * rules.horizon_years * effect
        own[rows] = time / (usual.per + time)
    return avoided, own


def _places(avoided: Floats, cost: Floats) -> NDArray[np.int32]:
    """Place of each candidate in each world, from 1."""
    place = np.empty(avoided.shape, dtype=np.int32)
    in_order = np.arange(1, len(cost) + 1, dtype=np.int32)
    for world, row in zip(avoided, place, strict=True):
        row[np.argsort(-world / cost, kind="stable")] = in_order
    return place


def _effect(kind: str, effects: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
    if kind not in effects:
        raise GeoError(
            f"There is no effect for {kind}: the least and the greatest share of complaints avoided are "
            "needed."
        )
    least, most = effects[kind]
    if not 0.0 <= least <= most <= 1.0:
        raise GeoError(f"The effect for {kind} must be an interval within 0 to 1, not {least:g} to {most:g}.")
    return least, most


def _refuse_few(kind: str, many: int, complaints: float) -> None:
    refuse_below(
        "candidates", many, LEAST_CANDIDATES, f"There are {{found}} {kind}s; at least {{needed}} are needed."
    )
    refuse_below(
        "complaints",
        complaints,
        LEAST_COMPLAINTS,
        f"There are {{found}} complaints of {kind}s; at least {{needed}} are needed.",
    )
