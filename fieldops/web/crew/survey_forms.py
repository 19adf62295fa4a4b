"""Reading the form of a survey of 100 m. What is left empty was not looked at."""

import re
from typing import Final

from werkzeug.datastructures import MultiDict

from fieldops.errors import InvalidInput
from fieldops.operations.record_survey import SurveySheet
from fieldops.web.crew.forms import client_key, moment, position
from fieldops.web.form_fields import number_of, text_of

MOST_M: Final = 100_000.0
WHOLE: Final = re.compile(r"[0-9]{1,6}")

Form = MultiDict[str, str]


def read_survey(form: Form, line_id: int, corrects_id: int | None = None) -> SurveySheet:
    """Return the survey that a form holds.

    Raises
    ------
    InvalidInput
        A field cannot be read; `field` names it.
    """
    lon, lat = position(form)
    return SurveySheet(
        line_id=line_id,
        from_m=number_of(form, "from_m", 0.0, MOST_M),
        to_m=number_of(form, "to_m", 0.0, MOST_M),
        version=text_of(form, "version", most=40),
        surface=text_of(form, "surface", most=40),
        client_key=client_key(form),
        crack_area_percent=_optional(form, "crack_area_percent", 100.0),
        crack_width=text_of(form, "crack_width", most=40),
        holes=_count(form, "holes"),
        rut_depth_cm=_optional(form, "rut_depth_cm", 50.0),
        side_drain=text_of(form, "side_drain", most=40),
        words=text_of(form, "words", most=1000),
        at=moment(form.get("at", "")),
        lon=lon,
        lat=lat,
        corrects_id=corrects_id,
    )


def _optional(form: Form, name: str, most: float) -> float | None:
    return number_of(form, name, 0.0, most) if form.get(name, "").strip() else None


def _count(form: Form, name: str) -> int | None:
    words = form.get(name, "").strip()
    if not words:
        return None
    if not WHOLE.fullmatch(words):
        raise InvalidInput("Write the number of holes as a whole number, such as 3.", field=name)
    return int(words)
