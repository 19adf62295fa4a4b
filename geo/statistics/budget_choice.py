"""What a budget buys: the choice that avoids the most complaints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from geo.errors import GeoError
from geo.statistics.priorities import Candidates, PriorityRules, avoided_worlds

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Choice:
    """What a budget buys.

    Attributes
    ----------
    rows
        Chosen, ascending.
    spent
        Rupiah.
    avoided, low, high
        Complaints avoided by all of them together, mean and interval.
    is_best
        Proven to be the best for the means; else a good one that was found in the time there was.
    most_missed
        Complaints that a better choice could avoid more than this one, at most; 0 for the best.
    """

    rows: Ints
    spent: float
    avoided: float
    low: float
    high: float
    is_best: bool
    most_missed: float


def choose_within(
    candidates: Candidates,
    effects: Mapping[str, tuple[float, float]],
    budget: float,
    *,
    rules: PriorityRules | None = None,
) -> Choice:
    """Choose what avoids the most complaints within a budget (a knapsack, solved exactly).

    Parameters
    ----------
    candidates, effects
        As `rank_priorities`.
    budget
        Rupiah.

    Raises
    ------
    TooFewData
        As `rank_priorities`.
    GeoError
        As `rank_priorities`, or a budget below the cheapest candidate.
    """
    wanted = rules or PriorityRules()
    cheapest = float(candidates.cost.min())
    if not cheapest <= budget < np.inf:
        raise GeoError(
            f"A budget of Rp{budget:,.0f} buys nothing; the cheapest treatment costs Rp{cheapest:,.0f}."
        )
    avoided, _ = avoided_worlds(candidates, effects, wanted)
    mean = avoided.mean(axis=0)
    found = milp(
        -mean,
        constraints=LinearConstraint(candidates.cost[None, :] / budget, -np.inf, 1.0),
        integrality=np.ones(len(mean)),
        bounds=Bounds(0.0, 1.0),
        options={"time_limit": MOST_SECONDS, "mip_rel_gap": 0.0},
    )
    # HiGHS lets a constraint be passed by a hair; a budget may not be.
    solved = np.empty(0, dtype=np.int64) if found.x is None else np.flatnonzero(found.x > 0.5)
    choices = (_within_budget(solved, mean, candidates.cost, budget), _greedy(mean, candidates.cost, budget))
    rows = max(choices, key=lambda chosen: float(mean[chosen].sum()))
    tail = 100.0 * (1.0 - wanted.share) / 2.0
    whole = avoided[:, rows].sum(axis=1)
    low, high = np.percentile(whole, [tail, 100.0 - tail])
    bound = _most(mean, candidates.cost, budget)
    missed = 0.0 if found.status == 0 else max(0.0, float(bound - mean[rows].sum()))
    return Choice(
        rows,
        float(candidates.cost[rows].sum()),
        float(whole.mean()),
        float(low),
        float(high),
        found.status == 0,
        missed,
    )


def _within_budget(rows: Ints, mean: Floats, cost: Floats, budget: float) -> Ints:
    chosen = rows[np.argsort(-mean[rows] / cost[rows], kind="stable")]
    while cost[chosen].sum() > budget * (1.0 + 1e-12):  # the same costs, added in another order
        chosen = chosen[:-1]
    return np.sort(chosen).astype(np.int64)


def _greedy(mean: Floats, cost: Floats, budget: float) -> Ints:
    """The best per rupiah first, and each next one that can still be paid."""
    chosen, left = [], budget
    for row in np.argsort(-mean / cost, kind="stable").tolist():
        if cost[row] <= left:
            chosen.append(row)
            left -= cost[row]
    return np.array(sorted(chosen), dtype=np.int64)


def _most(mean: Floats, cost: Floats, budget: float) -> float:
    """What no choice exceeds: filled by worth per rupiah, with a part of what no longer fits (Dantzig)."""
    order = np.argsort(-mean / cost, kind="stable")
    spent = np.cumsum(cost[order])
    whole = int(np.searchsorted(spent, budget, side="right"))
    if whole == len(order):
        return float(mean.sum())
    next_one = order[whole]
    left = budget - (spent[whole - 1] if whole else 0.0)
    return float(mean[order[:whole]].sum() + mean[next_one] * left / cost[next_one])
