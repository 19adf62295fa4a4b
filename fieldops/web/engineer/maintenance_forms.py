"""The forms that ask for priorities and for an evaluation, and how they are read."""

import re
from datetime import date, timedelta
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from fieldops.domain.maintenance_questions import (
    COST_UNITS,
    FACTORS,
    MOST_LEFT_OUT,
    PERIODS_DAYS,
    SIDES_DAYS,
    EvaluationQuestion,
    PriorityQuestion,
)
from fieldops.errors import InvalidInput
from fieldops.web.form_fields import choice_of, choices_of, day_of, ids_of, number_of, text_of, whole_of

MOST_RP: Final = 10**14
MOST_TOP: Final = 100
LONGEST_WORK_DAYS: Final = 365
RUPIAH: Final = re.compile(r"[0-9]{1,15}")

Form = MultiDict[str, str]

PRIORITY_START: Final[dict[str, str]] = {
    "days": "365",
    "kind": "street",
    "budget": "",
    "cost": "",
    "cost_per": "metre",
    "effect_low": "",
    "effect_high": "",
    "effect_source": "",
    "horizon": "2",
    "top": "10",
    "jurisdiction": "",
}


def read_priorities(
    form: Form,
    yesterday: date,
    services: tuple[str, ...],
    jurisdictions: tuple[str, ...],
    kinds: tuple[str, ...],
) -> PriorityQuestion:
    """Return the question of a form.

    Raises
    ------
    InvalidInput
        A field cannot be read; `field` names it.
    """
    days = int(choice_of(form, "days", [str(one) for one in PERIODS_DAYS]))
    low, high = number_of(form, "effect_low", 0.0, 100.0), number_of(form, "effect_high", 0.0, 100.0)
    if high < low:
        raise InvalidInput("The greatest effect is below the least.", field="effect_high")
    if high == 0.0:
        raise InvalidInput("A treatment without any effect needs no ranking.", field="effect_high")
    return PriorityQuestion(
        first=yesterday - timedelta(days=days - 1),
        last=yesterday,
        budget_rp=rupiah_of(form, "budget"),
        cost_rp=rupiah_of(form, "cost"),
        cost_per=choice_of(form, "cost_per", COST_UNITS),
        effect_low=low / 100.0,
        effect_high=high / 100.0,
        effect_source=text_of(form, "effect_source", most=200, needed=True),
        kind=choice_of(form, "kind", kinds),
        horizon_years=number_of(form, "horizon", 0.25, 30.0),
        top=whole_of(form, "top", 1, MOST_TOP),
        services=tuple(choices_of(form, "service", services)),
        jurisdiction=choice_of(form, "jurisdiction", ("", *jurisdictions)),
    )


def rupiah_of(form: Form, name: str) -> int:
    """Return an amount in rupiah; points, blanks and “Rp” are left out.

    Raises
    ------
    InvalidInput
        No whole amount above 0, or one beyond any city's budget.
    """
    words = re.sub(r"(?i)^rp|[\s.]", "", form.get(name, "").strip())
    amount = int(words) if RUPIAH.fullmatch(words) else 0
    if not 0 < amount <= MOST_RP:
        raise InvalidInput("Give an amount in rupiah, like 250.000.000.", field=name)
    return amount


def read_evaluation(
    form: Form, line_id: int, yesterday: date, services: tuple[str, ...]
) -> EvaluationQuestion:
    """Return the question of a form about a street.

    Raises
    ------
    InvalidInput
        A field cannot be read, or the period after the work is not over; `field` names it.
    """
    begun = day_of(form, "treated_from")
    ended = day_of(form, "treated_until") if form.get("treated_until", "").strip() else begun
    if ended < begun:
        raise InvalidInput("The work ends before it begins.", field="treated_until")
    if (ended - begun).days > LONGEST_WORK_DAYS:
        raise InvalidInput("Work of more than a year cannot be evaluated as one.", field="treated_until")
    left_out = ids_of(form, "left_out")
    if len(left_out) > MOST_LEFT_OUT:
        raise InvalidInput("At most %(most)s streets can be left out.", field="left_out", most=MOST_LEFT_OUT)
    question = EvaluationQuestion(
        line_id=line_id,
        treated_from=begun,
        treated_until=ended,
        days=int(choice_of(form, "days", [str(one) for one in SIDES_DAYS])),
        within=float(choice_of(form, "within", FACTORS)),
        services=tuple(choices_of(form, "service", services)),
        left_out=tuple(left_out),
        order_number=text_of(form, "order_number", most=40),
    )
    if question.after[1] > yesterday:
        raise InvalidInput(
            "The period after the work is not over: it ends on %(day)s. Choose a shorter one, or wait.",
            field="days",
            day=question.after[1].isoformat(),
        )
    return question


def priority_fields(question: PriorityQuestion) -> dict[str, Any]:
    """Return a question as the form's fields show it."""
    return {
        "days": str((question.last - question.first).days + 1),
        "kind": question.kind,
        "budget": str(question.budget_rp),
        "cost": str(question.cost_rp),
        "cost_per": question.cost_per,
        "effect_low": f"{100.0 * question.effect_low:g}",
        "effect_high": f"{100.0 * question.effect_high:g}",
        "effect_source": question.effect_source,
        "horizon": f"{question.horizon_years:g}",
        "top": str(question.top),
        "jurisdiction": question.jurisdiction,
    }


def evaluation_fields(question: EvaluationQuestion) -> dict[str, Any]:
    """Return a question as the form's fields show it."""
    return {
        "treated_from": question.treated_from.isoformat(),
        "treated_until": question.treated_until.isoformat(),
        "days": str(question.days),
        "within": f"{question.within:g}",
        "order_number": question.order_number,
    }
