"""What the form for closing a road says."""

import json
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from werkzeug.datastructures import MultiDict

from fieldops.errors import InvalidInput
from fieldops.operations.close_road import MOST_WORDS
from fieldops.operations.closed_area import MOST_RADIUS_M, RoadToClose
from fieldops.web.form_fields import number_of, text_of
from fieldops.web.page import installation

Form = MultiDict[str, str]

DRAWABLE: Final = ("LineString", "MultiLineString", "Polygon", "MultiPolygon")
MOST_CHARACTERS: Final = 200_000
USUAL_RADIUS_M: Final = 150


def read_closure(form: Form) -> RoadToClose:
    """Return what a form asks to close. What is drawn counts before a street, a street before a circle.

    Raises
    ------
    InvalidInput
        A field cannot be read; `field` names it.
    """
    drawn = _drawn(form.get("shape", "").strip())
    return RoadToClose(
        drawn=drawn,
        street="" if drawn is not None else text_of(form, "street"),
        place=None if drawn is not None else _place(form),
        radius_m=number_of(form, "radius_m", 0, MOST_RADIUS_M) if form.get("radius_m") else USUAL_RADIUS_M,
        note=text_of(form, "note", most=MOST_WORDS),
        starts_at=_moment(form, "starts_at"),
        ends_at=_moment(form, "ends_at"),
    )


def _drawn(words: str) -> BaseGeometry | None:
    if not words:
        return None
    try:
        held: Any = json.loads(words) if len(words) <= MOST_CHARACTERS else None
        found = shape(held) if isinstance(held, dict) and held.get("type") in DRAWABLE else None
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, RecursionError, ShapelyError):
        found = None
    if found is not None and not found.is_empty:
        return found
    raise InvalidInput("What was drawn could not be read. Draw it again.", field="shape")


def _place(form: Form) -> tuple[float, float] | None:
    if not form.get("lat", "").strip() and not form.get("lon", "").strip():
        return None
    lat = number_of(form, "lat", -90, 90)
    return number_of(form, "lon", -180, 180), lat


def _moment(form: Form, name: str) -> datetime | None:
    words = form.get(name, "").strip()
    if not words:
        return None
    try:
        at = datetime.fromisoformat(words)
    except ValueError:
        raise InvalidInput("Choose a day and a time, like 2026-11-25 07:30.", field=name) from None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(installation().city.time_zone))
