"""What the referee says."""

from __future__ import annotations

from dataclasses import dataclass

from geo.dispatch.result import ScoreParts


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule.

    Attributes
    ----------
    code
        The rule: structure, frozen, skills, pinned, precedence, load, reload, break, window, shift, road,
        limits, times, sums or score.
    vehicle
        Vehicle id, None when it concerns the whole plan.
    step
        Index among the steps of that route, None when it concerns the whole route.
    message
        An English sentence that names job and numbers.
    """

    code: str
    vehicle: int | None
    step: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The violations found and the price of the plan as the referee computes it."""

    violations: tuple[Violation, ...]
    score: ScoreParts

    @property
    def accepted(self) -> bool:
        """Whether no rule is broken."""
        return not self.violations
