"""How far it is, where the straight line misleads: across a river or a railway is another place."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Way = Callable[[Floats, Floats, float], Floats]
"""From and to, metres, shape (m, 2) each, and the longest way that matters. Returns metres, shape (m,):
infinite where the way is longer, NaN where there is none to measure and the straight line has to do."""

WAY_FACTOR: Final = 2.0
"""A way may be this many times the pair's radius: round a corner it is up to 1.4 times the straight line, and
positions are off in all directions."""


def is_short_way(way: Way, from_m: Floats, to_m: Floats, radius_m: Floats) -> NDArray[np.bool_]:
    """Say of each pair of positions whether the way between them is short enough for one place.

    Parameters
    ----------
    way
        How ways are measured.
    from_m, to_m
        Metres, shape (m, 2) each; may be empty.
    radius_m
        Radius of each pair, metres, shape (m,).

    Returns
    -------
    bool, shape (m,): True where the way is at most `WAY_FACTOR` times the radius, or cannot be measured.
    """
    if not len(radius_m):
        return np.empty(0, dtype=np.bool_)
    length = way(from_m, to_m, WAY_FACTOR * float(radius_m.max()))
    return np.isnan(length) | (length <= WAY_FACTOR * radius_m)
