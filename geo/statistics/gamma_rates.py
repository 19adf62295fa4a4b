"""How true rates of places spread, when each is seen through a Poisson number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln

Floats = NDArray[np.float64]

LEAST_SPREAD, MOST_SPREAD = 1e-4, 50.0
"""Of the squared coefficient of variation; below the first, chance explains all."""
START: Final = 0.5


@dataclass(frozen=True, slots=True)
class GammaRates:
    """A gamma distribution of rates.

    Attributes
    ----------
    mean
        Of the rates.
    spread
        Squared coefficient of variation of the rates: variance over mean².
    """

    mean: float
    spread: float

    @property
    def shape(self) -> float:
        """Shape of the distribution: how many events the knowledge of it is worth."""
        return 1.0 / self.spread

    @property
    def per(self) -> float:
        """Rate of the distribution: how much exposure it is worth."""
        return self.shape / self.mean


def fit_gamma_rates(counts: Floats, exposure: Floats) -> GammaRates:
    """Fit by the greatest likelihood of the counts, which are negative binomial then.

    Parameters
    ----------
    counts, exposure
        float64, shape (n,), n ≥ 2, exposure above 0, not all counts 0.
    """
    start = np.log([counts.sum() / exposure.sum(), START])

    def unlikely(given: Floats) -> float:
        mean, shape = np.exp(given[0]) * exposure, np.exp(-given[1])
        terms = (
            gammaln(counts + shape)
            - gammaln(shape)
            - shape * np.log1p(mean / shape)
            + counts * (np.log(mean) - np.log(shape + mean))
        )
        return -float(terms.sum())

    bounds = [(start[0] - 5.0, start[0] + 5.0), (np.log(LEAST_SPREAD), np.log(MOST_SPREAD))]
    found = minimize(unlikely, start, method="L-BFGS-B", bounds=bounds)
    mean, spread = np.exp(found.x).tolist()
    return GammaRates(mean, spread)
