"""Local Moran: cells like their neighbours, high among high or low among low, and the odd ones out.

Anselin (1995), *Local indicators of spatial association – LISA*, Geographical Analysis 27. Significance is by
conditional permutation: the cell keeps its value, the others are dealt out among its neighbours. **No false
discovery rate is held over them**: with m permutations no p-value can be below 2/(m+1), and Benjamini and
Hochberg's procedure accepts a floor of 0.002 at 5 % only when one cell in 25 sits on it. On large maps it
would accept none, or all of a crowd of unequal ones. So the quadrants are marked one by one, and the map says
so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError
from geo.statistics.compiled import loop
from geo.statistics.neighbourhoods import Weights
from geo.statistics.refusals import refuse_constant, refuse_few_counts

QUADRANTS: Final = ("none", "HH", "LH", "LL", "HL")
"""By number: none where not significant; then the cell's own value first, its neighbours' mean second."""


@dataclass(frozen=True, eq=False)
class LocalMoran:
    """What local Moran says of each cell; arrays of shape (n,).

    Parameters
    ----------
    moran
        Iᵢ, with weights that sum to 1 in each row; 0 for a cell without neighbours.
    p
        Two-sided pseudo p-value, twice the smaller tail; 1 for a cell without neighbours.
    quadrant
        1 HH, 2 LH, 3 LL, 4 HL, whether significant or not, int8.
    significant
        p at most `level`, **each cell on its own**.
    level
        As given.
    permutations, seed
        As given.
    """

    moran: NDArray[np.float64]
    p: NDArray[np.float64]
    quadrant: NDArray[np.int8]
    significant: NDArray[np.bool_]
    level: float
    permutations: int
    seed: int

    def names(self) -> list[str]:
        """Name each cell's quadrant where it is significant, ``"none"`` elsewhere."""
        return [QUADRANTS[number] for number in np.where(self.significant, self.quadrant, 0).tolist()]


def local_moran(
    values: ArrayLike,
    weights: Weights,
    *,
    permutations: int = 999,
    seed: int = 1,
    level: float = 0.05,
    counts: ArrayLike | None = None,
) -> LocalMoran:
    """Compare each cell with its neighbours.

    Parameters
    ----------
    values
        A count or rate in each cell, finite, shape (n,).
    weights
        Neighbourhoods of 0 and 1, (n, n). The cell itself is left out, as local Moran asks.
    permutations
        How often the others are dealt out, at least 99.
    seed
        Of the dealing: the same seed gives the same p-values.
    level
        p-value to mark at.
    counts
        The complaints behind rates, for the limits below; the values themselves when left out.

    Raises
    ------
    TooFewData
        Fewer than 30 cells, 60 complaints or 10 cells with any; or the same value everywhere.
    GeoError
        Values that do not fit the weights or are not finite, or fewer than 99 permutations.
    """
    value = np.asarray(values, dtype=np.float64)
    if value.shape != (weights.shape[0],):
        raise GeoError(f"values has the shape {value.shape}; the weights are for {weights.shape[0]} cells.")
    if not np.isfinite(value).all():
        raise GeoError(f"Cell {int(np.argmin(np.isfinite(value)))}: the value is not finite.")
    if permutations < 99:
        raise GeoError(f"At least 99 permutations are needed, not {permutations}.")
    refuse_few_counts(value if counts is None else counts)
    refuse_constant(value)
    begins = weights.indptr.astype(np.int32, copy=False)
    columns = weights.indices.astype(np.int32, copy=False)
    apart = value - value.mean()
    lag, upper, lower = _permuted(apart, begins, columns, permutations, np.uint64(seed))
    smaller = np.minimum(upper, lower)
    p = np.minimum(2.0 * (smaller + 1.0) / (permutations + 1.0), 1.0)
    quadrant = np.where(apart > 0.0, np.where(lag > 0.0, 1, 4), np.where(lag > 0.0, 2, 3)).astype(np.int8)
    return LocalMoran(
        moran=np.asarray((len(value) - 1) * apart * lag / (apart @ apart), dtype=np.float64),
        p=p,
        quadrant=quadrant,
        significant=p <= level,
        level=level,
        permutations=permutations,
        seed=seed,
    )


@loop
def _permuted(
    z: NDArray[np.float64],
    begins: NDArray[np.int32],
    columns: NDArray[np.int32],
    permutations: int,
    seed: np.uint64,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Mean of each cell's neighbours, and how many dealings give it or more, and it or less."""
    n = len(z)
    lag = np.zeros(n)
    upper, lower = np.full(n, permutations), np.full(n, permutations)
    drawn = np.empty(n, dtype=np.int64)
    for row in range(n):
        held, size = 0.0, 0
        for place in range(begins[row], begins[row + 1]):
            if columns[place] != row:
                held += z[columns[place]]
                size += 1
        if size == 0:
            continue
        lag[row] = held / size
        # A stream of its own for each cell: the answer does not depend on what was dealt before.
        state = _mixed(seed ^ _mixed(np.uint64(row)))
        more = less = 0
        for _ in range(permutations):
            state, dealt = _dealt(z, row, size, state, drawn)
            # Sums of the same values in another order may differ in the last digits.
            more += dealt >= held - 1e-9
            less += dealt <= held + 1e-9
        upper[row], lower[row] = more, less
    return lag, upper, lower


@loop
def _dealt(
    z: NDArray[np.float64], row: int, size: int, state: np.uint64, drawn: NDArray[np.int64]
) -> tuple[np.uint64, float]:
    """Sum of as many different others, drawn by chance (Floyd's sampling)."""
    others = len(z) - 1
    held = 0.0
    for place in range(size):
        most = others - size + place
        state = _mixed(state)
        one = np.int64((state >> np.uint64(32)) * np.uint64(most + 1) >> np.uint64(32))
        for earlier in range(place):
            if drawn[earlier] == one:
                one = np.int64(most)
                break
        drawn[place] = one
        held += z[one + (one >= row)]
    return state, held


@loop
def _mixed(state: np.uint64) -> np.uint64:
    """One step of SplitMix64 (Steele, Lea and Flood 2014), the state being its output."""
    mixed = state + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
