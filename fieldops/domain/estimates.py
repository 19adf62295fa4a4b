"""What work takes: the usual figure, drawn towards what was measured the more often it was measured."""

from collections.abc import Sequence
from statistics import median
from typing import Final

PRIOR_WEIGHT: Final = 5
"""How many finished jobs the usual figure is worth (ours): with as many measured, both count alike."""

LONGEST_S: Final = 8 * 3600
MOST_MATERIAL: Final = 20_000
"""No order takes more, whatever was measured or typed."""

SIZE_FACTOR: Final = {1: 0.8, 2: 1.0, 3: 1.5}
"""How the size, which the severity stands for, scales the usual figure (ours)."""


def usual(figure: int, severity: int) -> int:
    """Return a kind's usual figure for a size."""
    return int(figure * SIZE_FACTOR[severity])


def shrunk_median(measured: Sequence[float], prior: float, weight: float = PRIOR_WEIGHT) -> float:
    """Return the median of what was measured, drawn towards `prior`.

    The median, since one forgotten report must not count; drawn towards the usual figure, since three jobs
    say little. Without a measurement it is `prior`.
    """
    if not measured:
        return prior
    count = len(measured)
    return (count * median(measured) + weight * prior) / (count + weight)
