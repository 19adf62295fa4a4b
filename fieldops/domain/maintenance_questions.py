"""What an engineer asks about maintenance: where a budget helps most, and whether a treatment helped."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final


class MaintenanceKind(StrEnum):
    """What is computed."""

    PRIORITIES = "priorities"
    EVALUATION = "evaluation"


COST_UNITS: Final = ("metre", "segment")
PERIODS_DAYS: Final = (90, 180, 365, 730)
SIDES_DAYS: Final = (14, 30, 60, 90, 180, 365)
"""How long the period before a treatment, and the one after it, may be."""

FACTORS: Final = ("1.5", "2", "3", "5")
"""By how much a comparable street may differ."""

MOST_LEFT_OUT: Final = 200
DAYS_A_YEAR: Final = 365.25


@dataclass(frozen=True)
class PriorityQuestion:
    """Where a budget avoids the most reports. Both days belong to the period; no services stand for all.

    `kind` is the kind of line (``street`` or ``drain``); `cost_rp` is for a metre or for a segment, as
    `cost_per` says. A treatment avoids between `effect_low` and `effect_high` of the reports, 0 to 1, for
    `horizon_years`; `effect_source` says where that is known from.
    """

    first: date
    last: date
    budget_rp: int
    cost_rp: int
    effect_low: float
    effect_high: float
    effect_source: str
    cost_per: str = "metre"
    kind: str = "street"
    horizon_years: float = 2.0
    top: int = 10
    services: tuple[str, ...] = ()
    jurisdiction: str = ""

    def years_since(self, first_known: date | None) -> float:
        """Return how long the period is, as far as reports are known: before the first one nobody counted."""
        first = self.first if first_known is None else min(max(self.first, first_known), self.last)
        return ((self.last - first).days + 1) / DAYS_A_YEAR

    def facts(self) -> dict[str, Any]:
        """Return the question as JSON holds it."""
        return _facts(self)


@dataclass(frozen=True)
class EvaluationQuestion:
    """Whether reports fell on a street that was treated, against streets like it.

    `line_id` is any line of the street; `treated_from` and `treated_until` are the days of the work, which
    count neither before nor after. `days` is the length of each period. Streets with a line in `left_out` are
    not compared with. `order_number` is the work order that the days came from, if any.
    """

    line_id: int
    treated_from: date
    treated_until: date
    days: int = 90
    within: float = 2.0
    services: tuple[str, ...] = ()
    left_out: tuple[int, ...] = ()
    order_number: str = ""

    @property
    def before(self) -> tuple[date, date]:
        """The first and last day of the period before."""
        return self.treated_from - timedelta(days=self.days), self.treated_from - timedelta(days=1)

    @property
    def after(self) -> tuple[date, date]:
        """The first and last day of the period after."""
        return self.treated_until + timedelta(days=1), self.treated_until + timedelta(days=self.days)

    @property
    def earlier(self) -> tuple[date, date]:
        """The first and last day of the period before the one before: for matching and for the placebo."""
        return self.treated_from - timedelta(days=2 * self.days), self.before[0] - timedelta(days=1)

    def facts(self) -> dict[str, Any]:
        """Return the question as JSON holds it."""
        return _facts(self)


MaintenanceQuestion = PriorityQuestion | EvaluationQuestion


def question_digest(kind: MaintenanceKind, question: MaintenanceQuestion) -> str:
    """Return what tells this question from any other."""
    return hashlib.sha256(
        json.dumps({"kind": kind.value, **question.facts()}, sort_keys=True).encode()
    ).hexdigest()


def kind_of(question: MaintenanceQuestion) -> MaintenanceKind:
    """Return what a question asks to compute."""
    is_evaluation = isinstance(question, EvaluationQuestion)
    return MaintenanceKind.EVALUATION if is_evaluation else MaintenanceKind.PRIORITIES


def as_priority_question(facts: dict[str, Any]) -> PriorityQuestion:
    """Return the question that `PriorityQuestion.facts` wrote."""
    held = _days(facts, ("first", "last"))
    return PriorityQuestion(**{**held, "services": tuple(held["services"])})


def as_evaluation_question(facts: dict[str, Any]) -> EvaluationQuestion:
    """Return the question that `EvaluationQuestion.facts` wrote."""
    held = _days(facts, ("treated_from", "treated_until"))
    lists = {name: tuple(held[name]) for name in ("services", "left_out")}
    return EvaluationQuestion(**{**held, **lists})


def _facts(question: MaintenanceQuestion) -> dict[str, Any]:
    return {
        name: held.isoformat() if isinstance(held, date) else list(held) if isinstance(held, tuple) else held
        for name, held in asdict(question).items()
    }


def _days(facts: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {**facts, **{name: date.fromisoformat(facts[name]) for name in names}}
