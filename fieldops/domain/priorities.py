"""What a work order is worth today, in seconds of driving, and the reason in words.

worth = severity × exposure × reports × clock (product reference §4). The scale is that of
`docs/methods/dispatch.md`: 900–2,400 low, 3,000–5,500 normal, 8,000–12,000 high.
The figures are our starting values; they await calibration against a city's own choices.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

BASE_S: Final = 1800
LEAST_S: Final = 600
MOST_S: Final = 12_000


class Severity(IntEnum):
    """How bad, as the reporter or the officer sees it."""

    LIGHT = 1
    MEDIUM = 2
    HEAVY = 3


SEVERITY_FACTOR: Final = {Severity.LIGHT: 0.7, Severity.MEDIUM: 1.4, Severity.HEAVY: 2.8}


@dataclass(frozen=True)
class Factor:
    """One thing that raises or lowers a worth: `code` with its `figure`, and how many `times` it counts."""

    code: str
    figure: float
    times: float


@dataclass(frozen=True)
class Priority:
    """A work order's worth and what made it.

    `rank` is 1 (first) to 4; `factors` multiply `BASE_S` to `uncapped_s`, which is held between `LEAST_S`
    and `MOST_S`.
    """

    prize_s: int
    rank: int
    factors: tuple[Factor, ...]
    uncapped_s: float

    @property
    def reasons(self) -> tuple[tuple[str, float], ...]:
        """Codes with a figure, put into words by the page."""
        return tuple((factor.code, factor.figure) for factor in self.factors)


def clock_factor(due_at: datetime | None, now: datetime) -> float:
    """Return how the deadline weighs: 1 a week ahead, 2 on the day, 3 and more when overdue."""
    if due_at is None:
        return 1.0
    days_left = (due_at - now).total_seconds() / 86_400
    if days_left <= 0:
        return min(4.0, 3.0 - days_left * 0.1)
    return 1.0 + max(0.0, 1.0 - days_left / 7)


def priority(
    severity: Severity, reports: int, exposure: float, due_at: datetime | None, now: datetime
) -> Priority:
    """Return the worth of one work order.

    Parameters
    ----------
    severity
        The worst among the cluster's requests.
    reports
        How many people reported it, at least 1; grows with the fourth root, so that a campaign cannot
        outweigh danger.
    exposure
        1 for an ordinary street, up to 2 on a main street beside a school or a hospital.
    due_at
        The repair deadline, or None when no service level promises one.
    now
        The moment of judging.
    """
    worth = worth_s(severity, reports, exposure, due_at, now)
    prize_s = held_s(worth)
    factors = [Factor("severity", float(severity), SEVERITY_FACTOR[severity])]
    if exposure != 1.0:
        factors.append(Factor("exposure", exposure, exposure))
    if reports > 1:
        factors.append(Factor("reports", float(reports), _people_factor(reports)))
    if due_at is not None:
        days_left = round((due_at - now).total_seconds() / 86_400, 1)
        factors.append(Factor("days_left", days_left, clock_factor(due_at, now)))
    return Priority(prize_s, rank_of(prize_s), tuple(factors), worth)


def worth_s(
    severity: Severity, reports: int, exposure: float, due_at: datetime | None, now: datetime
) -> float:
    """Return the product of all factors, in seconds of driving; arguments as for `priority`."""
    people, clock = _people_factor(reports), clock_factor(due_at, now)
    return BASE_S * SEVERITY_FACTOR[severity] * exposure * people * clock


def held_s(worth: float) -> int:
    """Return a worth within its bounds, which is the prize."""
    return int(min(MOST_S, max(LEAST_S, worth)))


def _people_factor(reports: int) -> float:
    return min(2.0, math.sqrt(math.sqrt(max(1, reports))))


def rank_of(prize_s: int) -> int:
    """Return 1 (first) to 4 (last) for a worth."""
    bounds = (8000, 4500, 2400)
    return next((rank for rank, bound in enumerate(bounds, start=1) if prize_s >= bound), 4)
