"""The form that asks for an analysis: what there is to choose from, and how it is read."""

from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from fieldops.domain.analysis_questions import read_analysis
from fieldops.domain.hotspot_questions import Analysis, Question
from fieldops.web.engineer.hotspot_forms import Fields, choices, fields_of, offer
from fieldops.web.words import HOTSPOT_METHOD

USUAL: Fields = {"method": Analysis.RAIN.value, "unit": "incidents", "days": "90"}


def analysis_asked(session: Session, form: MultiDict[str, str]) -> Question:
    """Return the question of a form.

    Raises
    ------
    InvalidInput
        A field cannot be read; `field` names it.
    """
    return read_analysis(form, form.getlist("service"), offer(session))


def analysis_fields(session: Session, question: Question | None) -> Fields:
    """Return a question as the form's fields show it; a usual one where there is none."""
    if question is None:
        return USUAL
    return fields_of(question, question.last == offer(session).yesterday)


def analysis_choices(session: Session) -> dict[str, list[tuple[Any, str]]]:
    """Return what each field offers, as (value, words)."""
    return choices(session) | {"method": [(one.value, HOTSPOT_METHOD[one.value]()) for one in Analysis]}
