"""Random numbers of the search, from a generator that lives in its state (xorshift64*, Vigna, 2016)."""

from __future__ import annotations

import numpy as np

from geo.dispatch.engine.compiling import kernel
from geo.dispatch.engine.layout import State

MULTIPLIER = np.uint64(0x2545F4914F6CDD1D)
FRACTION = 1.0 / (1 << 53)


@kernel
def chance(state: State) -> float:
    """A number from 0 to 1, 1 excluded."""
    totals = state.totals[0]
    x = totals.dice
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    totals.dice = x
    return float(np.float64((x * MULTIPLIER) >> np.uint64(11)) * FRACTION)


@kernel
def below(state: State, number: int) -> int:
    """A whole number from 0 to number − 1."""
    return int(chance(state) * number)
