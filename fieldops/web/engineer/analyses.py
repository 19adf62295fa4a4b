"""Analyses: ask for one, watch it being computed, read its figures; wet and dry days lead on to maps."""

from dataclasses import replace
from typing import Any, Final

from flask import jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldops import i18n
from fieldops.domain.hotspot_questions import Analysis, Method, Question, Weather
from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError, InvalidInput
from fieldops.extensions import db
from fieldops.models import HotspotRun
from fieldops.queries.hotspots import get_analysis, newest_analyses
from fieldops.queries.orders import orders_described
from fieldops.web.answers import sentence
from fieldops.web.dispatch.room import base_map_url
from fieldops.web.engineer import analysis_words, hotspot_words
from fieldops.web.engineer.analysis_forms import analysis_asked, analysis_choices, analysis_fields
from fieldops.web.engineer.analysis_sheets import cell_words
from fieldops.web.engineer.day_series import day_series
from fieldops.web.engineer.hotspot_forms import offer
from fieldops.web.engineer.refusal_words import refusal_words
from fieldops.web.engineer.room import blueprint
from fieldops.web.engineer.runs import ask_for, is_late, move, ordered_languages, repeat
from fieldops.web.page import installation
from fieldops.web.protection import requires
from fieldops.web.words import HOTSPOT_METHOD

Answer = Response | tuple[str, int]

RUNS_SHOWN: Final = 12
ROWS_SHOWN: Final = 20
"""Longer tables begin with so many rows and unfold."""


@blueprint.get("/analisis")
@requires(Right.SEE_MAPS)
def analyses() -> str:
    """Show the form that asks for an analysis; `jenis` chooses which."""
    form = analysis_fields(db.session(), None)
    if request.args.get("jenis") in tuple(Analysis):
        form = form | {"method": request.args["jenis"]}
    return render_template("engineer/analyses.html", **_context(None) | {"form": form})


@blueprint.post("/analisis")
@requires(Right.SEE_MAPS)
def analysis_create() -> Answer:
    """Ask for an analysis; the worker computes it."""
    try:
        run = ask_for(analysis_asked(db.session(), request.form))
    except FieldOpsError as error:
        context = _context(None) | {
            "errors": {error.field or "errors": sentence(error)},
            "form": request.form,
        }
        context["kinds"] = request.form.getlist("service")
        return render_template("engineer/analyses.html", **context), error.status
    return redirect(url_for("engineer.analysis_shown", run_id=run.id), 303)


@blueprint.get("/analisis/<int:run_id>")
@requires(Right.SEE_MAPS)
def analysis_shown(run_id: int) -> str:
    """Show an analysis: how far it is, why there are no figures, or what came out."""
    run = get_analysis(db.session(), run_id)
    context = _context(run)
    if run.state != "done":
        return render_template(
            "engineer/analysis_waiting.html",
            refusal=refusal_words(run.refusal) if run.refusal else "",
            too_long=is_late(run),
            progress_url=url_for("engineer.analysis_progress", run_id=run.id),
            repeat_url=url_for("engineer.analysis_repeat", run_id=run.id),
            **context,
        )
    sheet = analysis_words.sheet_of(run)
    return render_template(
        "engineer/analysis.html",
        sheet=sheet,
        facts=analysis_words.analysis_facts(run, sheet),
        counted=analysis_words.counted_words(run),
        filter_said=hotspot_words.filter_words(hotspot_words.question_of(run)),
        methods=[(code, analysis_words.analysis_text(run, code)) for code in ordered_languages()],
        series=day_series(run.figures.get("days", [])),
        cell_words=cell_words,
        rows_shown=ROWS_SHOWN,
        can_go_on=hotspot_words.question_of(run).last < offer(db.session()).yesterday,
        base_url=base_map_url(),
        bounds=installation().city.bounds,
        **context,
    )


@blueprint.get("/analisis/<int:run_id>/keadaan")
@requires(Right.SEE_MAPS)
def analysis_progress(run_id: int) -> Response:
    """Tell a waiting page how far the worker is."""
    run = get_analysis(db.session(), run_id)
    return jsonify(state=run.state, progress=run.progress)


@blueprint.post("/analisis/<int:run_id>/ulang")
@requires(Right.SEE_MAPS)
def analysis_repeat(run_id: int) -> Answer:
    """Ask the same question again, with the reports as they are now."""
    run = repeat(get_analysis(db.session(), run_id))
    return redirect(url_for("engineer.analysis_shown", run_id=run.id), 303)


@blueprint.post("/analisis/<int:run_id>/periode")
@requires(Right.SEE_MAPS)
def analysis_move(run_id: int) -> Answer:
    """Ask the same question of the period before, or after."""
    run = move(get_analysis(db.session(), run_id), request.form.get("to", ""))
    return redirect(url_for("engineer.analysis_shown", run_id=run.id), 303)


@blueprint.post("/analisis/<int:run_id>/peta")
@requires(Right.SEE_MAPS)
def analysis_map(run_id: int) -> Answer:
    """Ask for the map of hotspots on wet, or on dry, days of the same period and kinds."""
    question = hotspot_words.question_of(get_analysis(db.session(), run_id))
    weather = request.form.get("weather", "")
    if question.method is not Analysis.RAIN or weather not in (Weather.WET, Weather.DRY):
        raise InvalidInput("Choose wet or dry days.", field="weather")
    run = ask_for(replace(question, method=Method.GI_STAR, weather=Weather(weather)))
    return redirect(url_for("engineer.hotspots_shown", run_id=run.id), 303)


@blueprint.get("/analisis/<int:run_id>/titik.geojson")
@requires(Right.SEE_MAPS)
def analysis_points(run_id: int) -> Response:
    """Send the places of repeat repairs, as the map's points."""
    run = get_analysis(db.session(), run_id)
    places = run.figures.get("places", [])
    orders = orders_described(db.session(), [place["orders"][0] for place in places])
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [place["lon"], place["lat"]]},
            "properties": _point(place, *orders[place["orders"][0]]),
        }
        for place in places
        if place["orders"][0] in orders
    ]
    return jsonify(type="FeatureCollection", features=features)


def _point(place: dict[str, Any], order: Any, service: Any, cluster: Any) -> dict[str, Any]:
    return {
        "family": service.family,
        "icon": service.icon,
        "severity": min(3, place["repeats"]),
        "state": "done",
        "count": place["repeats"] + 1,
        "title": service.name(i18n.language()),
        "text": cluster.address,
        "url": url_for("dispatch.cluster", cluster_id=order.cluster_id),
    }


def _context(run: HotspotRun | None) -> dict[str, Any]:
    session = db.session()
    question: Question | None = None if run is None else hotspot_words.question_of(run)
    return {
        "run": run,
        "question": question,
        "title": "" if question is None else analysis_words.title_words(question),
        "period": "" if question is None else hotspot_words.period_words(question.first, question.last),
        "form": analysis_fields(session, question),
        "kinds": [] if question is None else list(question.services),
        "choices": analysis_choices(session),
        "analyses": [(one.value, HOTSPOT_METHOD[one.value]()) for one in Analysis],
        "yesterday": offer(session).yesterday,
        "errors": {},
        "recent": [
            (one, analysis_words.title_words(hotspot_words.question_of(one)))
            for one in newest_analyses(session, RUNS_SHOWN)
        ],
        "period_words": hotspot_words.period_words,
        "question_of": hotspot_words.question_of,
    }
