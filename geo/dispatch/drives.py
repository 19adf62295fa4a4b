"""Drives between places as the search reads them: padded, so that "nowhere" is a place too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.dispatch.problem import NO_WAY, Matrix, TravelTimes

INF = 1 << 60
"""Later than anything: an impossible time, a drive that does not exist."""

BLOCKED = (1 << 31) - 1
"""Entry of a padded matrix between two places that no road connects."""


@dataclass(frozen=True, slots=True, eq=False)
class Drives:
    """Matrices of one profile with one more place, nowhere, from and to which every drive takes 0.

    Attributes
    ----------
    durations_s, costs
        (P + 1, P + 1) int32, ``BLOCKED`` where no road leads. One array when costs are durations.
    """

    durations_s: Matrix
    costs: Matrix

    @classmethod
    def of(cls, times: TravelTimes) -> Drives:
        """Pad the matrices of a profile."""
        blocked = times.durations_s == NO_WAY
        durations_s = _padded(times.durations_s, blocked)
        costs = durations_s if times.costs is None else _padded(times.costs, blocked)
        return cls(durations_s, costs)

    @property
    def nowhere(self) -> int:
        """The row of the place that is no place."""
        return len(self.durations_s) - 1

    def seconds(self, a: int, b: int) -> int:
        """Seconds from place to place; INF when no road leads there."""
        seconds = int(self.durations_s[a, b])
        return INF if seconds == BLOCKED else seconds

    def cost(self, a: int, b: int) -> int:
        """What the drive costs; INF when no road leads there."""
        cost = int(self.costs[a, b])
        return INF if cost == BLOCKED else cost


def _padded(matrix: Matrix, blocked: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Matrix:
    size = len(matrix)
    out = np.zeros((size + 1, size + 1), dtype=np.int32)
    out[:size, :size] = matrix
    out[:size, :size][blocked] = BLOCKED
    return out
