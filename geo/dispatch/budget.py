"""How long the search may go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Budget:
    """When to stop: after a time, after a number of iterations, whichever comes first."""

    seconds: float | None
    iterations: int | None
    clock: Callable[[], float]
    started: float = 0.0
    reserve_s: float = 0.0
    """What the end of the run needs."""

    def __post_init__(self) -> None:
        self.started = self.clock()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return self.clock() - self.started

    def used(self, iterations: int) -> float:
        """Fraction of the budget that is gone."""
        used = 0.0
        if self.iterations is not None:
            used = 1.0 if self.iterations <= 0 else iterations / self.iterations
        if self.seconds is not None:
            used = max(used, 1.0 if self.seconds <= 0 else (self.elapsed_s + self.reserve_s) / self.seconds)
        return used
