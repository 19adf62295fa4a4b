"""The form that asks for a map of hotspots: what there is to choose from, and how it is read."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from fieldops import clock, i18n
from fieldops.domain.hotspot_questions import (
    LENGTHS_DAYS,
    SIZES_M,
    STATUSES,
    STEPS_DAYS,
    Method,
    Offer,
    Question,
    read_question,
)
from fieldops.i18n import ngettext
from fieldops.queries.hotspot_frames import channels_used, jurisdictions
from fieldops.queries.places import kelurahan_names
from fieldops.queries.services import active_services
from fieldops.queries.staff import active_departments
from fieldops.web.engineer.hotspot_words import EXPOSURE, JURISDICTION, SHAPE, STATUS, UNIT, WEATHER
from fieldops.web.words import CHANNEL, HOTSPOT_METHOD, SEVERITY

Fields = dict[str, str]


def offer(session: Session) -> Offer:
    """Return what the city has to choose from."""
    return Offer(
        services=tuple(one.code for one in active_services(session)),
        channels=channels_used(session),
        departments=tuple(one.code for one in active_departments(session)),
        kelurahan=tuple(kelurahan_names(session)),
        jurisdictions=jurisdictions(session),
        yesterday=i18n.local(clock.now()).date() - timedelta(days=1),
    )


def asked(session: Session, form: MultiDict[str, str]) -> Question:
    """Return the question of a form.

    Raises
    ------
    InvalidInput
        A field cannot be read; `field` names it.
    """
    return read_question(form, form.getlist("service"), offer(session))


def fields_of(question: Question, yesterday_is_last: bool) -> Fields:
    """Return a question as the form's fields show it."""
    is_usual = yesterday_is_last and question.days in LENGTHS_DAYS
    return {
        "method": question.method.value,
        "unit": question.unit.value,
        "exposure": question.exposure.value,
        "shape": question.shape.value,
        "size": str(question.size_m),
        "step": str(question.step_days),
        "days": str(question.days) if is_usual else "own",
        "from": question.first.isoformat(),
        "until": question.last.isoformat(),
        "earlier_until": question.earlier_last.isoformat() if question.earlier_last else "",
        "channel": question.channel,
        "department": question.department,
        "kelurahan": question.kelurahan,
        "status": question.status,
        "severity": str(question.least_severity),
        "jurisdiction": question.jurisdiction,
        "weather": question.weather.value,
    }


def choices(session: Session) -> dict[str, list[tuple[Any, str]]]:
    """Return what each field offers, as (value, words)."""
    found, language = offer(session), i18n.language()
    return {
        "service": [(one.code, one.name(language)) for one in active_services(session)],
        "method": [(one.value, HOTSPOT_METHOD[one.value]()) for one in Method],
        "unit": _said(UNIT),
        "exposure": _said(EXPOSURE),
        "shape": _said(SHAPE),
        "size": [(str(size), f"{i18n.number(size)} m") for size in SIZES_M],
        "step": [(str(days), ngettext("%(num)d day", "%(num)d days", days)) for days in STEPS_DAYS],
        "days": [
            *(
                (str(days), ngettext("The last %(num)d day", "The last %(num)d days", days))
                for days in LENGTHS_DAYS
            ),
            ("own", i18n._("Own dates")),
        ],
        "channel": [(code, CHANNEL[code]() if code in CHANNEL else code) for code in found.channels],
        "department": [(one.code, one.name) for one in active_departments(session)],
        "kelurahan": [(name, name) for name in found.kelurahan],
        "status": [(code, STATUS[code]()) for code in STATUSES],
        "weather": _said(WEATHER),
        "severity": [("1", i18n._("All")), ("2", i18n._("Medium and heavy")), ("3", SEVERITY[3]())],
        "jurisdiction": [
            (code, JURISDICTION[code]() if code in JURISDICTION else code) for code in found.jurisdictions
        ],
    }


def _said(words: Any) -> list[tuple[Any, str]]:
    return [(code, said()) for code, said in words.items()]
