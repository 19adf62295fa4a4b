"""How much each reason counts for one place, learnt from what people decided: near what it is stated to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from geo.clustering.evidence import FACTORS
from geo.errors import GeoError

LEAST_OF_EACH: Final = 10
TOWARDS_STATED: Final = 2.0
"""Ridge: a reason's factor is taken to scatter around 1 by 1/√2 = 0.7, whatever few decisions seem to say."""
MOST_FACTOR: Final = 3.0
"""No reason counts more than thrice what is stated, and none against itself."""

Floats = NDArray[np.float64]
Weights = Mapping[str, float]
"""What each known reason weighs: `Explanation.weights`."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """What the weights of a pair's reasons come to together: a sum, each times its factor.

    Parameters
    ----------
    base
        What is added for every pair: how usual one place is among the pairs that were learnt from. It plays
        no part in the order of pairs.
    factors
        By reason of `geo.clustering.evidence.FACTORS`; one that is not named counts once, as stated.
    """

    base: float = 0.0
    factors: Weights = field(default_factory=dict)

    def of(self, weights: Weights) -> dict[str, float]:
        """Return what each reason of a pair weighs."""
        return {name: weight * self.factors.get(name, 1.0) for name, weight in weights.items()}

    def total(self, weights: Weights) -> float:
        """Return what a pair's reasons come to together, without the base."""
        return sum(self.of(weights).values())

    def score(self, table: Floats) -> Floats:
        """Return the log-odds of pairs whose reasons are a table, (m, 6) in the order of `FACTORS`."""
        factors = np.array([self.factors.get(name, 1.0) for name in FACTORS])
        return np.asarray(self.base + table @ factors, dtype=np.float64)

    @classmethod
    def fit(cls, table: Floats, is_one_place: ArrayLike) -> "Weighing":
        """Learn the factors.

        Parameters
        ----------
        table
            Reasons of m pairs, (m, 6): `table_of`.
        is_one_place
            What people decided, bool, shape (m,).

        Raises
        ------
        GeoError
            Fewer than 10 pairs of one place or of two, or unequal lengths.

        Notes
        -----
        Logistic regression; factors between 0 and 3, drawn towards 1 by a ridge penalty, so that a reason on
        which nothing was decided keeps its stated weight. Deterministic; O(m) a step.
        """
        wanted = np.asarray(is_one_place, dtype=np.float64)
        if wanted.shape != (len(table),):
            raise GeoError(f"is_one_place must have the shape ({len(table)},), not {wanted.shape}.")
        ones = int(wanted.sum())
        for what, count in (("one place", ones), ("two places", len(wanted) - ones)):
            if count < LEAST_OF_EACH:
                raise GeoError(f"Of {what} are {count} pairs; it takes {LEAST_OF_EACH} to learn from.")

        def loss(values: Floats) -> tuple[float, Floats]:
            odds = values[0] + table @ values[1:]
            off = values[1:] - 1.0
            share = 0.5 * (1.0 + np.tanh(odds / 2.0))
            cost = np.logaddexp(0.0, odds).sum() - wanted @ odds + TOWARDS_STATED * (off @ off) / 2.0
            slope = np.concatenate(
                [[(share - wanted).sum()], table.T @ (share - wanted) + TOWARDS_STATED * off]
            )
            return float(cost), slope

        start = np.concatenate([[0.0], np.ones(len(FACTORS))])
        bounds = [(None, None), *[(0.0, MOST_FACTOR)] * len(FACTORS)]
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
        return cls(float(found[0]), dict(zip(FACTORS, found[1:].tolist(), strict=True)))


def table_of(weights: Sequence[Weights]) -> Floats:
    """Return reasons as a table, (m, 6) in the order of `FACTORS`; what is not known weighs 0."""
    rows = [[one.get(name, 0.0) for name in FACTORS] for one in weights]
    return np.array(rows, dtype=np.float64).reshape(-1, len(FACTORS))


def rightly_ordered(score: Floats, is_one_place: ArrayLike) -> float:
    """Return the chance that a pair of one place is scored above a pair of two, ties as a half.

    Raises
    ------
    GeoError
        No pair of one place, or none of two.

    Notes
    -----
    The area under the ROC curve, by mean ranks (Mann and Whitney 1947). O(m log m).
    """
    ones = np.asarray(is_one_place, dtype=bool)
    many, others = int(ones.sum()), int((~ones).sum())
    if not many or not others:
        raise GeoError(f"There are {many} pairs of one place and {others} of two; it takes one of each.")
    values, place = np.unique(score, return_inverse=True)
    count = np.bincount(place, minlength=len(values))
    rank = (np.cumsum(count) - (count - 1) / 2.0)[place]
    return float((rank[ones].sum() - many * (many + 1) / 2.0) / (many * others))
