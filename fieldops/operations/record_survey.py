"""Taking what was seen on a segment of a street. Appended; the same survey twice is one."""

import itertools
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from geoalchemy2.shape import to_shape
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.city import City
from fieldops.domain.roles import By
from fieldops.domain.survey_words import (
    CRACK_WIDTHS_MM,
    INDEXED_SURFACE,
    LEAST_M,
    MOST_HOLES,
    MOST_M,
    MOST_RUT_CM,
    SIDE_DRAINS,
    SURFACES,
)
from fieldops.errors import Conflict, InvalidInput, NotAllowed
from fieldops.models import Line, SegmentSurvey
from fieldops.models.base import as_point
from fieldops.operations.audit import write_audit
from fieldops.operations.linking_rules import city_crs
from fieldops.queries.surveys import get_line, get_survey, survey_of_key, survey_that_corrects
from geo.crs import to_metres
from geo.statistics.surface_distress import (
    DistressVersion,
    SurveyedSegment,
    distress_versions,
    surface_distress,
)

CLOCK_SKEW: Final = timedelta(minutes=10)
MOST_WORDS: Final = 1000
MOST_KEY: Final = 64
SLACK_M: Final = 1.0
"""How far beyond a line's end a typed metre may lie: the page shows whole metres."""


@dataclass(frozen=True)
class SurveySheet:
    """One survey as it was filled in; None and empty for what was not looked at.

    `client_key` makes a replay harmless; `at` is the phone's time; `corrects_id` names the survey that this
    one replaces.
    """

    line_id: int
    from_m: float
    to_m: float
    version: str
    surface: str
    client_key: str
    crack_area_percent: float | None = None
    crack_width: str = ""
    holes: int | None = None
    rut_depth_cm: float | None = None
    side_drain: str = ""
    words: str = ""
    at: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    corrects_id: int | None = None


def record_survey(session: Session, city: City, sheet: SurveySheet, by: By) -> SegmentSurvey:
    """Keep a survey with its index by the version that it names, or return the one of the same key.

    Raises
    ------
    InvalidInput
        No version or an unknown one, a segment that is not on the street or not about 100 m long, or a value
        that cannot be; `field` names it.
    NotFound
        There is no such street, or no such survey to correct.
    Conflict
        The survey was corrected already.
    NotAllowed
        Nobody is signed in.
    """
    if by.user_id is None:
        raise NotAllowed("Your role may not do this step.")
    if not 8 <= len(sheet.client_key) <= MOST_KEY:
        raise InvalidInput("This page is out of date. Reload it and send again.", field="client_key")
    held = survey_of_key(session, sheet.client_key)
    if held is not None:
        return held
    line = get_line(session, sheet.line_id)
    version = _version(sheet.version)
    _check_place(sheet, line_length_m(line, city))
    _check_values(sheet)
    if sheet.corrects_id is not None:
        _check_corrected(session, sheet)
    kept = SegmentSurvey(**_seen(sheet, line), **_index(sheet, version), user_id=by.user_id)
    session.add(kept)
    session.flush()
    write_audit(
        session,
        by,
        "correct_survey" if sheet.corrects_id else "record_survey",
        "segment_survey",
        kept.id,
        line_id=kept.line_id,
        from_m=kept.from_m,
        version=kept.version,
        corrects=sheet.corrects_id,
    )
    return kept


def line_length_m(line: Line, city: City) -> float:
    """Return how long a street is drawn, in the city's projected CRS."""
    places = to_shape(line.shape).coords
    x_m, y_m = to_metres([place[0] for place in places], [place[1] for place in places], city_crs(city))
    ends = zip(x_m.tolist(), y_m.tolist(), strict=True)
    points = list(ends)
    return sum(math.dist(one, other) for one, other in itertools.pairwise(points))


def guides() -> dict[str, dict[str, Any]]:
    """Return the versions of the guide there are, by name, with what each says of itself."""
    return {version.name: _facts(version) for version in distress_versions()}


def _facts(version: DistressVersion) -> dict[str, Any]:
    return {
        "source": version.source,
        "status": version.status,
        "holes_per_m": version.holes_per_m,
        "wide_crack_mm": version.wide_crack_mm,
    }


def _version(name: str) -> DistressVersion:
    found = next((version for version in distress_versions() if version.name == name), None)
    if found is None:
        raise InvalidInput(
            "Choose the version of the guide: the versions count holes differently, and the unit decides the "
            "class.",
            field="version",
        )
    return found


def _check_place(sheet: SurveySheet, length_m: float) -> None:
    if not 0.0 <= sheet.from_m < sheet.to_m <= length_m + SLACK_M:
        raise InvalidInput(
            "The segment must lie on the street, which is %(length)s m long here.",
            field="to_m",
            length=round(length_m),
        )
    long_m = sheet.to_m - sheet.from_m
    if not LEAST_M - SLACK_M <= long_m <= MOST_M + SLACK_M:
        raise InvalidInput(
            "A surveyed segment is about 100 m long (%(least)s to %(most)s m), not %(found)s m.",
            field="to_m",
            least=round(LEAST_M),
            most=round(MOST_M),
            found=round(long_m),
        )


def _check_values(sheet: SurveySheet) -> None:
    _check_among("surface", sheet.surface, SURFACES)
    _check_among("crack_width", sheet.crack_width, ("", *CRACK_WIDTHS_MM))
    _check_among("side_drain", sheet.side_drain, SIDE_DRAINS)
    _check_between("crack_area_percent", sheet.crack_area_percent, 100)
    _check_between("holes", sheet.holes, MOST_HOLES)
    _check_between("rut_depth_cm", sheet.rut_depth_cm, MOST_RUT_CM)
    if sheet.crack_area_percent and sheet.crack_width == "none":
        raise InvalidInput("There are cracks; choose how wide they are.", field="crack_width")
    if len(sheet.words) > MOST_WORDS:
        raise InvalidInput("This may have at most %(most)s characters.", field="words", most=MOST_WORDS)


def _check_among(field: str, code: str, allowed: tuple[str, ...]) -> None:
    if code not in allowed:
        raise InvalidInput("Choose one of the answers.", field=field)


def _check_between(field: str, value: float | None, most: float) -> None:
    if value is not None and not 0 <= value <= most:
        raise InvalidInput("Give a number from %(low)s to %(high)s.", field=field, low=0, high=f"{most:g}")


def _check_corrected(session: Session, sheet: SurveySheet) -> None:
    wrong = get_survey(session, sheet.corrects_id or 0)
    if wrong.line_id != sheet.line_id:
        raise InvalidInput("A correction belongs to the same street as what it corrects.", field="line_id")
    if survey_that_corrects(session, wrong.id) is not None:
        raise Conflict("This survey was corrected already. Correct the newest one.")


def _seen(sheet: SurveySheet, line: Line) -> dict[str, Any]:
    now = clock.now()
    at = sheet.at if sheet.at is not None and sheet.at <= now + CLOCK_SKEW else now
    has_place = sheet.lon is not None and sheet.lat is not None
    return {
        "line_id": line.id,
        "street": line.name,
        "from_m": sheet.from_m,
        "to_m": sheet.to_m,
        "surface": sheet.surface,
        "crack_area_percent": sheet.crack_area_percent,
        "crack_width": sheet.crack_width,
        "holes": sheet.holes,
        "rut_depth_cm": sheet.rut_depth_cm,
        "side_drain": sheet.side_drain,
        "words": sheet.words.strip(),
        "place": as_point(sheet.lon or 0.0, sheet.lat or 0.0) if has_place else None,
        "client_key": sheet.client_key,
        "corrects_id": sheet.corrects_id,
        "surveyed_at": at,
        "received_at": now,
    }


def _index(sheet: SurveySheet, version: DistressVersion) -> dict[str, Any]:
    """Return the index and its class, or why there is none."""
    facts: dict[str, Any] = {"version": version.name, "guide": _facts(version)}
    why = _why_none(sheet)
    if why:
        return facts | {"distress": None, "condition": "", "why_none": why}
    long_m = min(MOST_M, max(LEAST_M, sheet.to_m - sheet.from_m))  # whole metres on the page
    found = surface_distress(
        SurveyedSegment(
            length_m=long_m,
            crack_area_percent=sheet.crack_area_percent,
            crack_width_mm=CRACK_WIDTHS_MM.get(sheet.crack_width),
            holes=sheet.holes,
            rut_depth_cm=sheet.rut_depth_cm,
        ),
        version.name,
    )
    return facts | {"distress": found.index, "condition": found.condition, "why_none": ""}


def _why_none(sheet: SurveySheet) -> str:
    if sheet.surface != INDEXED_SURFACE:
        return "surface"
    seen = (sheet.crack_area_percent, sheet.holes, sheet.rut_depth_cm)
    if None in seen or (sheet.crack_area_percent and not sheet.crack_width):
        return "incomplete"
    return ""
