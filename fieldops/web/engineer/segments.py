"""Segments of streets and drains: a list to sort and filter, files, and one segment with its history."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldops import clock, i18n
from fieldops.domain.roles import Right, may
from fieldops.errors import InvalidInput, NotFound
from fieldops.extensions import db
from fieldops.i18n import _, ngettext
from fieldops.operations.look_into_segment import SegmentSeen, look_into_segment
from fieldops.operations.measure_segments import MeasuredSegments, measure_segments
from fieldops.queries.hotspot_frames import jurisdictions
from fieldops.queries.place_history import requests_numbered
from fieldops.queries.services import active_services, services_by_id
from fieldops.queries.surveys import kinds_drawn, surveys_on
from fieldops.web import survey_words
from fieldops.web.acting import my_roles
from fieldops.web.answers import sentence
from fieldops.web.engineer.hotspot_words import JURISDICTION, period_words
from fieldops.web.engineer.refusal_words import refusal_words
from fieldops.web.engineer.room import blueprint
from fieldops.web.engineer.segment_files import segments_csv, segments_geojson, segments_geopackage
from fieldops.web.engineer.segment_filters import (
    LENGTHS_DAYS,
    SegmentFilter,
    filtered,
    read_segment_filter,
)
from fieldops.web.page import installation
from fieldops.web.protection import requires

PAGE_ROWS: Final = 40
MOST_REPORTS: Final = 200
MAKERS: Final = {
    "csv": (segments_csv, "text/csv"),
    "geojson": (segments_geojson, "application/geo+json"),
    "gpkg": (segments_geopackage, "application/geopackage+sqlite3"),
}


@dataclass(frozen=True)
class Happening:
    """One line of a segment's history."""

    at: datetime
    kind: str
    words: str
    more: str
    url: str


@blueprint.get("/ruas")
@requires(Right.SEE_MAPS)
def segments() -> tuple[str, int]:
    """Show the segments with their figures; a filter that cannot be read is said and left out."""
    errors: dict[str, str] = {}
    try:
        wanted = _wanted()
    except InvalidInput as error:
        errors, wanted = {error.field or "q": sentence(error)}, SegmentFilter()
    drawn = kinds_drawn(db.session())
    found = _measured(wanted)
    rows = filtered(found.table, wanted)
    pages = max(1, -(-len(rows) // PAGE_ROWS))
    page = min(pages, max(1, request.args.get("page", 1, type=int) or 1))
    first, last = wanted.period(_yesterday())
    page_words = render_template(
        "engineer/segments.html",
        errors=errors,
        wanted=wanted,
        arguments=wanted.arguments(),
        found=found,
        rows=rows.iloc[(page - 1) * PAGE_ROWS : page * PAGE_ROWS].to_dict("records"),
        many=len(rows),
        first_row=(page - 1) * PAGE_ROWS + 1,
        page_number=page,
        pages=pages,
        drawn=drawn,
        period=period_words(first, last),
        choices=_choices(),
        too_few=refusal_words(found.too_few) if found.too_few else "",
        surveyed=int((found.table["survey_id"] > 0).sum()),
        km=float((found.table["to_m"] - found.table["from_m"]).sum()) / 1000.0,
        **segment_context(),
    )
    return page_words, 422 if errors else 200


@blueprint.get("/ruas/unduh.<kind>")
@requires(Right.SEE_MAPS)
def segments_download(kind: str) -> Response:
    """Send the segments of a filter as a file."""
    if kind not in MAKERS:
        raise NotFound("There is no download of the kind “%(kind)s”.", kind=kind[:20])
    wanted = _wanted()
    make, mimetype = MAKERS[kind]
    answer = make_response(make(filtered(_measured(wanted).table, wanted)))
    answer.mimetype = mimetype
    name = f"fieldops-segments-{i18n.local(clock.now()):%Y-%m-%d}.{kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@blueprint.get("/ruas/<int:line_id>/<int:from_m>")
@requires(Right.SEE_MAPS)
def segment(line_id: int, from_m: int) -> str:
    """Show one segment: figures, surveys, and what was reported and done over time."""
    wanted = _wanted()
    session, city = db.session(), installation().city
    first, last = wanted.period(_yesterday())
    seen = look_into_segment(session, city, wanted.kind, line_id, float(from_m), (first, last))
    surveys = surveys_on(session, line_id, seen.from_m, seen.to_m)
    measured = _measured(wanted).table
    row = measured[(measured["line_id"] == line_id) & ((measured["from_m"] - from_m).abs() < 0.5)].iloc[0]
    replaced = {kept.corrects_id for kept, _name in surveys if kept.corrects_id}
    return render_template(
        "engineer/segment.html",
        seen=seen,
        row=row.to_dict(),
        wanted=wanted,
        arguments=wanted.arguments(),
        period=period_words(first, last),
        surveys=[
            (kept, name, survey_words.survey_facts(kept), kept.id in replaced) for kept, name in surveys
        ],
        history=_history(seen, surveys),
        months=_months(seen, first, last),
        most=MOST_REPORTS,
        last_work=_last_work(seen),
        **segment_context(),
    )


def segment_context() -> dict[str, Any]:
    """Return the words and ways that all pages about segments share."""
    return {
        "stretch": survey_words.stretch_words,
        "street_words": survey_words.street_words,
        "condition": survey_words.CONDITION,
        "look": survey_words.CONDITION_LOOK,
        "why_none": survey_words.WHY_NONE,
        "guide_words": survey_words.guide_words,
        "can_survey": may(my_roles(), Right.SURVEY),
        "room_ways": [
            (_("Segments"), url_for("engineer.segments"), "engineer.segment"),
            *(
                (label, url_for(endpoint), endpoint)
                for label, endpoint in (
                    (_("Priorities"), "engineer.priorities"),
                    (_("Before and after"), "engineer.evaluations"),
                )
            ),
        ],
        "room_here": request.endpoint or "",
        "jurisdiction_words": lambda code: JURISDICTION[code]() if code in JURISDICTION else code,
    }


def _yesterday() -> date:
    return i18n.local(clock.now()).date() - timedelta(days=1)


def _wanted() -> SegmentFilter:
    session = db.session()
    return read_segment_filter(
        request.args, [one.code for one in active_services(session)], jurisdictions(session)
    )


def _measured(wanted: SegmentFilter) -> MeasuredSegments:
    first, last = wanted.period(_yesterday())
    services = (wanted.service,) if wanted.service else ()
    return measure_segments(db.session(), installation().city, wanted.kind, first, last, services=services)


def _choices() -> dict[str, list[tuple[Any, str]]]:
    session, language = db.session(), i18n.language()
    return {
        "jenis": [("street", _("Streets")), ("drain", _("Drains"))],
        "hari": [
            (days, ngettext("The last %(num)d day", "The last %(num)d days", days)) for days in LENGTHS_DAYS
        ],
        "layanan": [(one.code, one.name(language)) for one in active_services(session)],
        "jalan": [
            (code, JURISDICTION[code]() if code in JURISDICTION else code) for code in jurisdictions(session)
        ],
        "hanya": [
            ("", _("All segments")),
            ("reported", _("With reports")),
            ("surveyed", _("Surveyed")),
            ("repeats", _("With repeat repairs")),
        ],
        "urut": [
            ("index", _("Complaint index")),
            ("reports", _("Reports")),
            ("distress", _("Class of the survey, worst first")),
            ("repeats", _("Repeat repairs")),
            ("repairs", _("Repairs")),
            ("street", _("Street")),
        ],
    }


def _history(seen: SegmentSeen, surveys: list[Any]) -> list[Happening]:
    session, language = db.session(), i18n.language()
    away = dict(zip(seen.reports["id"].tolist(), seen.reports["away_m"].tolist(), strict=True))
    kinds = services_by_id(session)
    lines = [
        Happening(
            one.reported_at,
            "report",
            f"{one.code}, {kinds[one.service_id].name(language)}",
            _("%(away)s from the street", away=i18n.distance_words(away[one.id])),
            url_for("dispatch.request_shown", request_id=one.id),
        )
        for one in requests_numbered(session, list(away)[:MOST_REPORTS], MOST_REPORTS)
    ]
    lines += [
        Happening(
            row["ended_at"].to_pydatetime(),
            "repeat" if row["is_repeat"] else "repair",
            row["number"],
            _("repaired again within 50 m and 90 days") if row["is_repeat"] else _("work finished"),
            url_for("dispatch.order", order_id=row["id"]),
        )
        for row in seen.repairs.to_dict("records")
    ]
    lines += [
        Happening(
            kept.surveyed_at,
            "survey",
            survey_words.CONDITION[kept.condition]() if kept.condition else _("Survey without a class"),
            name,
            f"#survey-{kept.id}",
        )
        for kept, name in surveys
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _last_work(seen: SegmentSeen) -> str | None:
    """Return the day of the newest work that was finished on a segment, for its evaluation."""
    if seen.repairs.empty:
        return None
    return i18n.local(seen.repairs["ended_at"].iloc[0].to_pydatetime()).date().isoformat()


def _months(seen: SegmentSeen, first: date, last: date) -> list[tuple[date, int, int]]:
    """Return (month, reports, finished work) of every month that anything happened in, newest first."""
    reported = Counter(seen.reports["day"].to_numpy().astype("datetime64[M]").astype(str).tolist())
    ended = [i18n.local(moment.to_pydatetime()) for moment in seen.repairs["ended_at"]]
    mended = Counter(f"{moment:%Y-%m}" for moment in ended if first <= moment.date() <= last)
    return [
        (date.fromisoformat(f"{month}-01"), reported[month], mended[month])
        for month in sorted(set(reported) | set(mended), reverse=True)
    ]
