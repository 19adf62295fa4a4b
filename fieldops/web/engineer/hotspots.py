"""Hotspots: ask for a map, watch it being computed, read it; a cell leads to its reports."""

from datetime import timedelta
from functools import partial
from typing import Any, Final

from flask import jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldops import clock
from fieldops.domain.hotspot_questions import Analysis
from fieldops.domain.roles import Right
from fieldops.domain.standing_questions import STANDING
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.models import HotspotRun
from fieldops.queries.hotspots import (
    count_cells,
    get_cell,
    get_map,
    newest_runs,
    newest_standing,
    runs_standing,
    top_cells,
)
from fieldops.web.answers import sentence
from fieldops.web.engineer import hotspot_words as words
from fieldops.web.engineer import method_words
from fieldops.web.engineer.cell_reports import cell_reports
from fieldops.web.engineer.day_series import day_series
from fieldops.web.engineer.hotspot_forms import asked, choices, fields_of, offer
from fieldops.web.engineer.refusal_words import refusal_words
from fieldops.web.engineer.room import blueprint
from fieldops.web.engineer.runs import ask_for, is_late, move, ordered_languages, repeat
from fieldops.web.protection import requires
from fieldops.web.words import HOTSPOT_METHOD

Answer = Response | tuple[str, int]

TOP_CELLS: Final = 20
RUNS_SHOWN: Final = 12
FIRST_SHOWN: Final = "by_road"


@blueprint.get("/titik-rawan")
@requires(Right.SEE_MAPS)
def hotspots() -> str | Response:
    """Show last night's standing map, or the form alone when there is none yet."""
    name = request.args.get("tetap", FIRST_SHOWN)
    found = newest_standing(db.session(), name if name in STANDING else FIRST_SHOWN)
    if found is not None:
        return redirect(url_for("engineer.hotspots_shown", run_id=found.id))
    return render_template("engineer/hotspots_none.html", **_form_context(None))


@blueprint.post("/titik-rawan")
@requires(Right.SEE_MAPS)
def hotspots_create() -> Answer:
    """Ask for a map; the worker computes it."""
    try:
        run = ask_for(asked(db.session(), request.form))
    except FieldOpsError as error:
        errors = {error.field or "errors": sentence(error)}
        context = _form_context(None) | {"errors": errors, "form": request.form}
        context["kinds"] = request.form.getlist("service")
        return render_template("engineer/hotspots_none.html", **context), error.status
    return redirect(url_for("engineer.hotspots_shown", run_id=run.id), 303)


@blueprint.post("/titik-rawan/<int:run_id>/periode")
@requires(Right.SEE_MAPS)
def hotspots_move(run_id: int) -> Answer:
    """Ask the same of the period before or after."""
    run = move(get_map(db.session(), run_id), request.form.get("to", ""))
    return redirect(url_for("engineer.hotspots_shown", run_id=run.id), 303)


@blueprint.post("/titik-rawan/<int:run_id>/ulang")
@requires(Right.SEE_MAPS)
def hotspots_repeat(run_id: int) -> Answer:
    """Ask the same question again, with the reports as they are now."""
    run = repeat(get_map(db.session(), run_id))
    return redirect(url_for("engineer.hotspots_shown", run_id=run.id), 303)


@blueprint.get("/titik-rawan/<int:run_id>")
@requires(Right.SEE_MAPS)
def hotspots_shown(run_id: int) -> str | Answer:
    """Show a run: how far it is, why there is no map, or the map with its table and method."""
    run = get_map(db.session(), run_id)
    context = _form_context(run)
    if run.state != "done":
        return render_template(
            "engineer/hotspots_waiting.html",
            refusal=refusal_words(run.refusal) if run.refusal else "",
            too_long=is_late(run),
            progress_url=url_for("engineer.hotspots_progress", run_id=run.id),
            repeat_url=url_for("engineer.hotspots_repeat", run_id=run.id),
            title=words.title_words(words.question_of(run)),
            **context,
        )
    return render_template("engineer/hotspots.html", **context, **_shown(run))


def _shown(run: HotspotRun) -> dict[str, Any]:
    session, question = db.session(), words.question_of(run)
    page = max(1, request.args.get("page", 1, type=int) or 1)
    many = count_cells(session, run.id)
    pages = max(1, -(-many // TOP_CELLS))
    page = min(page, pages)
    return {
        "question": question,
        "title": words.title_words(question),
        "period": words.period_words(question.first, question.last),
        "counted": words.counted_words(question, run.figures),
        "filter_said": words.filter_words(question),
        "cells": top_cells(session, run.id, TOP_CELLS, offset=(page - 1) * TOP_CELLS),
        "band_words": partial(words.band_words, method=run.method),
        "finding": words.finding_words(run) if run.method in method_words.FINDINGS else "",
        "statistic": method_words.STATISTIC.get(run.method, ("z",))[0],
        "label_words": words.LABEL,
        "key_classes": [
            (band, words.band_words(band, method=run.method)) for band in method_words.bands_shown(run.method)
        ],
        "cells_many": many,
        "page_number": page,
        "pages": pages,
        "hot": sum(run.figures.get("bands", {}).get(str(band), 0) for band in (1, 2, 3)),
        "cold": sum(run.figures.get("bands", {}).get(str(band), 0) for band in (-1, -2, -3)),
        "facts": words.method_facts(run),
        "methods": [(code, words.methods_text(run, code)) for code in ordered_languages()],
        "lag_said": words.lag_words(run.figures),
        "series": day_series(run.figures.get("days", [])),
        "can_go_on": question.last < offer(session).yesterday,
        "map_url": url_for("engineer.hotspots_map", run_id=run.id),
        "is_stale": run.created_at < clock.now() - timedelta(days=2) and not run.standing,
    }


@blueprint.get("/titik-rawan/<int:run_id>/keadaan")
@requires(Right.SEE_MAPS)
def hotspots_progress(run_id: int) -> Response:
    """Tell a waiting page how far the worker is."""
    run = get_map(db.session(), run_id)
    return jsonify(state=run.state, progress=run.progress)


def _form_context(run: HotspotRun | None) -> dict[str, Any]:
    session = db.session()
    yesterday = offer(session).yesterday
    question = STANDING[FIRST_SHOWN](yesterday) if run is None else words.question_of(run)
    return {
        "run": run,
        "form": fields_of(question, question.last == yesterday),
        "kinds": list(question.services),
        "choices": choices(session),
        "yesterday": yesterday,
        "errors": {},
        "standing": [(one, words.STANDING[one.standing]()) for one in runs_standing(session)],
        "recent": [
            (one, words.title_words(words.question_of(one))) for one in newest_runs(session, RUNS_SHOWN)
        ],
        "period_words": words.period_words,
        "question_of": words.question_of,
        "bias": words.BIAS(),
        "analyses": [(one.value, HOTSPOT_METHOD[one.value]()) for one in Analysis],
    }


@blueprint.get("/titik-rawan/<int:run_id>/sel/<int:number>")
@requires(Right.SEE_MAPS)
def hotspot_cell(run_id: int, number: int) -> str:
    """Show one cell: its figures, its reports, and what was done about them."""
    session = db.session()
    run = get_map(session, run_id)
    cell = get_cell(session, run_id, number)
    question = words.question_of(run)
    return render_template(
        "engineer/hotspot_cell.html",
        run=run,
        cell=cell,
        question=question,
        title=words.title_words(question),
        period=words.period_words(question.first, question.last),
        band=words.band_words(cell.band, tested=cell.is_tested, method=run.method),
        plain=words.band_words(cell.plain_band, tested=cell.is_tested, method=run.method),
        statistic=method_words.STATISTIC.get(run.method, ("z",))[0],
        label=words.LABEL[cell.label]() if cell.label in words.LABEL else "",
        **cell_reports(question, cell),
    )
