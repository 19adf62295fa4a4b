"""The survey of 100 m: find the segment, fill in what is seen, read the class at once."""

from typing import Any, Final
from uuid import uuid4

from flask import jsonify, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from fieldops.domain.roles import Right, may
from fieldops.domain.survey_words import CRACK_WIDTHS_MM, SURFACES
from fieldops.errors import FieldOpsError, NotFound
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.models import Line, SegmentSurvey
from fieldops.operations.find_segments import first_end, segments_near, segments_of
from fieldops.operations.record_survey import SurveySheet, record_survey
from fieldops.queries.plans import crews_led_by
from fieldops.queries.spatial import kelurahan_at
from fieldops.queries.surveys import (
    LineShown,
    get_line,
    get_survey,
    last_version,
    lines_named,
    own_surveys,
    survey_that_corrects,
    valid_surveys,
)
from fieldops.transaction import transaction
from fieldops.web import survey_words as said
from fieldops.web.acting import acting, my_roles
from fieldops.web.answers import sentence, wants_json
from fieldops.web.crew.forms import position
from fieldops.web.crew.pages import frame
from fieldops.web.crew.room import blueprint
from fieldops.web.crew.survey_forms import read_survey
from fieldops.web.page import installation
from fieldops.web.protection import requires

Answer = Response | str | tuple[str | Response, int]

MOST_STREETS: Final = 30
MOST_OWN: Final = 5
LONGEST_NAME: Final = 100


@blueprint.get("/survei")
@requires(Right.SURVEY)
def survey() -> Answer:
    """Find a segment: by the phone's position, or by the street's name."""
    session, errors = db.session(), {}
    words = request.args.get("q", "").strip()[:LONGEST_NAME]
    near, is_located = [], False
    try:
        lon, lat = position(request.args)
        if lon is not None and lat is not None:
            near, is_located = segments_near(session, installation().city, lon, lat), True
    except FieldOpsError as error:
        errors = {"q": sentence(error)}
    page = render_template(
        "crew/survey.html",
        errors=errors,
        words=words,
        near=near,
        is_located=is_located,
        streets=[(line, _kelurahan(line)) for line in lines_named(session, words, MOST_STREETS)]
        if words
        else [],
        most=MOST_STREETS,
        own=own_surveys(session, current_user.id, MOST_OWN),
        **_around(),
    )
    return (page, 422) if errors else page


@blueprint.get("/survei/<int:line_id>")
@requires(Right.SURVEY)
def survey_form(line_id: int) -> str:
    """Show a street's segments, or the form of the one that `dari` begins at."""
    session = db.session()
    line = get_line(session, line_id)
    bounds = segments_of(line, installation().city)
    start = request.args.get("dari", type=float)
    chosen = next((pair for pair in bounds if start is not None and pair[0] == start), None)
    if chosen is None:
        newest = {kept.from_m: kept for kept in valid_surveys(session, [line_id])}
        return render_template(
            "crew/survey_street.html",
            line=line,
            bounds=bounds,
            newest=newest,
            first_end=_first_end(line),
            **_around(),
        )
    held = {"from_m": f"{chosen[0]:.0f}", "to_m": f"{chosen[1]:.0f}", "surface": SURFACES[0]}
    return _form(line_id, held | {"version": last_version(session)}, {})


@blueprint.post("/survei/<int:line_id>")
@requires(Right.SURVEY)
def survey_create(line_id: int) -> Answer:
    """Take a survey."""
    return _take(line_id, None)


@blueprint.get("/survei/hasil/<int:survey_id>")
@requires(Right.SURVEY)
def survey_shown(survey_id: int) -> str:
    """Show what was kept, with its class, and lead on to the next segment."""
    session = db.session()
    kept = get_survey(session, survey_id)
    bounds = segments_of(get_line(session, kept.line_id), installation().city)
    later = survey_that_corrects(session, survey_id)
    return render_template(
        "crew/survey_result.html",
        kept=kept,
        facts=said.survey_facts(kept),
        later=later,
        ahead=next((pair for pair in bounds if abs(pair[0] - kept.to_m) < 1.0), None),
        **_around(),
    )


@blueprint.get("/survei/hasil/<int:survey_id>/betulkan")
@requires(Right.SURVEY)
def survey_correction(survey_id: int) -> str:
    """Show the form filled with a survey that is to be corrected."""
    kept = get_survey(db.session(), survey_id)
    return _form(kept.line_id, _held(kept), {}, corrects=kept)


@blueprint.post("/survei/hasil/<int:survey_id>/betulkan")
@requires(Right.SURVEY)
def survey_correct(survey_id: int) -> Answer:
    """Take a correction: the first survey stays, and the new one counts."""
    kept = get_survey(db.session(), survey_id)
    return _take(kept.line_id, kept)


def _take(line_id: int, corrects: SegmentSurvey | None) -> Answer:
    corrects_id = corrects.id if corrects else None
    try:
        number = _record(read_survey(request.form, line_id, corrects_id))
    except NotFound:
        raise
    except FieldOpsError as error:
        words = sentence(error)
        if wants_json():
            return jsonify(error=words, field=error.field), error.status
        held = request.form.to_dict()
        again = get_survey(db.session(), corrects_id) if corrects_id else None
        return _form(line_id, held, {error.field or "form": words}, corrects=again), error.status
    leads_to = url_for("crew.survey_shown", survey_id=number)
    return jsonify(next=leads_to) if wants_json() else redirect(leads_to, 303)


def _record(sheet: SurveySheet) -> int:
    by, city = acting(Right.SURVEY), installation().city
    with transaction() as session:
        return record_survey(session, city, sheet, by).id


def _form(
    line_id: int, held: dict[str, Any], errors: dict[str, str], corrects: SegmentSurvey | None = None
) -> str:
    line = get_line(db.session(), line_id)
    action = (
        url_for("crew.survey_correct", survey_id=corrects.id)
        if corrects
        else url_for("crew.survey_create", line_id=line_id)
    )
    return render_template(
        "crew/survey_form.html",
        line=line,
        held=held,
        errors=errors,
        corrects=corrects,
        action=action,
        first_end=_first_end(line),
        versions=said.guide_choices(),
        surfaces=[(code, said.SURFACE[code]()) for code in SURFACES],
        widths=[(code, said.CRACK_WIDTH[code]()) for code in CRACK_WIDTHS_MM],
        drains=[("", _("Not looked at")), *((code, words()) for code, words in said.SIDE_DRAIN.items())],
        **_around(),
    )


def _kelurahan(line: LineShown) -> str:
    """Return where a street lies: many share a name."""
    middle = line.shape.interpolate(0.5, normalized=True)
    area = kelurahan_at(db.session(), middle.x, middle.y)
    return area.name if area else ""


def _first_end(line: Line) -> str:
    return str(said.FIRST_END[first_end(line, installation().city)]())


def _held(kept: SegmentSurvey) -> dict[str, Any]:
    """Return a survey as the form's fields hold it."""
    numbers = {
        "from_m": kept.from_m,
        "to_m": kept.to_m,
        "crack_area_percent": kept.crack_area_percent,
        "holes": kept.holes,
        "rut_depth_cm": kept.rut_depth_cm,
    }
    codes = ("version", "surface", "crack_width", "side_drain", "words")
    return {name: "" if value is None else f"{value:g}" for name, value in numbers.items()} | {
        name: getattr(kept, name) for name in codes
    }


def _around() -> dict[str, Any]:
    """Return what the layout needs: a crew's tabs for who leads one, an engineer's way back for others."""
    crews = crews_led_by(db.session(), current_user.id)
    around = frame(None, "survey", crews[0] if crews else None)
    if not may(my_roles(), Right.WORK):
        around["crew_name"] = _("Survey of 100 m")
        around["nav_items"] = [
            {"url": url_for("crew.survey"), "label": _("Survey"), "icon": "ruler", "current": True},
            {"url": url_for("engineer.segments"), "label": _("Segments"), "icon": "road", "current": False},
        ]
    return around | {
        "stretch": said.stretch_words,
        "street_words": said.street_words,
        "condition": said.CONDITION,
        "look": said.CONDITION_LOOK,
        "why_none": said.WHY_NONE,
        "guide_words": said.guide_words,
        "survey_key": lambda: str(uuid4()),
    }
