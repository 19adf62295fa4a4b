"""Priorities for a maintenance budget: ask, wait, read, take along."""

import csv
import io
from datetime import date, timedelta
from typing import Any, Final

from flask import jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldops import clock, i18n
from fieldops.domain.maintenance_questions import PERIODS_DAYS, MaintenanceKind, as_priority_question
from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _, ngettext
from fieldops.models import MaintenanceRow, MaintenanceRun
from fieldops.operations.ask_for_maintenance import ask_for_maintenance
from fieldops.queries.hotspot_frames import jurisdictions
from fieldops.queries.maintenance import (
    count_maintenance_rows,
    get_maintenance_run,
    maintenance_rows,
    newest_maintenance,
)
from fieldops.queries.services import active_services
from fieldops.queries.surveys import kinds_drawn
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.answers import sentence
from fieldops.web.engineer import maintenance_words as words
from fieldops.web.engineer.downloads import safe_cell
from fieldops.web.engineer.hotspot_words import JURISDICTION
from fieldops.web.engineer.maintenance_forms import PRIORITY_START, priority_fields, read_priorities
from fieldops.web.engineer.room import blueprint
from fieldops.web.engineer.runs import is_late
from fieldops.web.engineer.segments import segment_context
from fieldops.web.protection import requires

Answer = Response | str | tuple[str, int]

PAGE_ROWS: Final = 50
RUNS_SHOWN: Final = 8
KIND: Final = MaintenanceKind.PRIORITIES
AVOIDED: Final = ("avoided", "low", "high", "per_million", "weight_of_own")


@blueprint.get("/prioritas")
@requires(Right.SEE_MAPS)
def priorities() -> str:
    """Show the form, and what was computed before."""
    return render_template("engineer/priorities.html", run=None, **_context(dict(PRIORITY_START)))


@blueprint.post("/prioritas")
@requires(Right.SEE_MAPS)
def priorities_create() -> Answer:
    """Ask for a ranking; the worker computes it."""
    by, session = acting(Right.SEE_MAPS), db.session()
    try:
        question = read_priorities(
            request.form,
            yesterday(),
            tuple(one.code for one in active_services(session)),
            jurisdictions(session),
            tuple(kinds_drawn(session)),
        )
        with transaction() as writing:
            number = ask_for_maintenance(writing, question, by).id
    except FieldOpsError as error:
        context = _context(request.form.to_dict(), request.form.getlist("service"))
        context["errors"] = {error.field or "errors": sentence(error)}
        return render_template("engineer/priorities.html", run=None, **context), error.status
    return redirect(url_for("engineer.priorities_shown", run_id=number), 303)


@blueprint.get("/prioritas/<int:run_id>")
@requires(Right.SEE_MAPS)
def priorities_shown(run_id: int) -> str:
    """Show a run: how far it is, why there is no ranking, or the ranking."""
    run = get_maintenance_run(db.session(), run_id, KIND)
    question = as_priority_question(run.question)
    context = _context(priority_fields(question), list(question.services)) | {
        "run": run,
        "question": question,
        "title": words.priority_title(question),
        "progress_url": url_for("engineer.maintenance_progress", run_id=run_id),
        **waiting_context(run),
    }
    if run.state == "done":
        context |= _shown(run)
    return render_template("engineer/priorities.html", **context)


@blueprint.get("/prioritas/<int:run_id>/prioritas.csv")
@requires(Right.SEE_MAPS)
def priorities_download(run_id: int) -> Response:
    """Send a ranking for spreadsheets."""
    session = db.session()
    run = get_maintenance_run(session, run_id, KIND)
    answer = make_response(_csv(list(maintenance_rows(session, run.id))))
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="fieldops-priorities-{run_id}.csv"'
    return answer


@blueprint.get("/pemeliharaan/<int:run_id>/keadaan")
@requires(Right.SEE_MAPS)
def maintenance_progress(run_id: int) -> Response:
    """Tell a waiting page how far the worker is."""
    run = get_maintenance_run(db.session(), run_id)
    return jsonify(state=run.state, progress=run.progress)


def waiting_context(run: MaintenanceRun) -> dict[str, Any]:
    """Return what the page of a run that is not done says."""
    return {
        "refusal": words.maintenance_refusal(run.refusal) if run.refusal else "",
        "too_long": is_late(run),
    }


def service_names() -> dict[str, str]:
    """Return the names of all active kinds of report by code."""
    language = i18n.language()
    return {one.code: one.name(language) for one in active_services(db.session())}


def _shown(run: MaintenanceRun) -> dict[str, Any]:
    session = db.session()
    only_chosen = request.args.get("terpilih") == "1"
    many = count_maintenance_rows(session, run.id, chosen=only_chosen)
    pages = max(1, -(-many // PAGE_ROWS))
    page = min(pages, max(1, request.args.get("page", 1, type=int) or 1))
    return {
        "rows": maintenance_rows(
            session, run.id, chosen=only_chosen, most=PAGE_ROWS, offset=(page - 1) * PAGE_ROWS
        ),
        "only_chosen": only_chosen,
        "many": many,
        "pages": pages,
        "page_number": page,
        "facts": words.priority_facts(run, as_priority_question(run.question), service_names()),
        "finding": words.avoided_words(run.figures),
    }


def _context(form: dict[str, Any], kinds: list[str] | None = None) -> dict[str, Any]:
    session = db.session()
    drawn = kinds_drawn(session)
    return {
        "form": form,
        "kinds": kinds or [],
        "errors": {},
        "choices": {
            "days": [
                (str(days), ngettext("The last %(num)d day", "The last %(num)d days", days))
                for days in PERIODS_DAYS
            ],
            "kind": [
                (kind, label)
                for kind, label in (("street", _("Streets")), ("drain", _("Drains")))
                if drawn.get(kind)
            ],
            "cost_per": [("metre", _("a metre")), ("segment", _("a segment"))],
            "jurisdiction": [
                (code, JURISDICTION[code]() if code in JURISDICTION else code)
                for code in jurisdictions(session)
            ],
            "service": list(service_names().items()),
        },
        "has_drains": bool(drawn.get("drain")),
        "recent": [
            (one, words.priority_title(as_priority_question(one.question)))
            for one in newest_maintenance(session, KIND, RUNS_SHOWN)
        ],
        "bias": words.PRIORITY_BIAS(),
        "rupiah": words.rupiah,
        "percent": words.percent,
        **segment_context(),
    }


def _csv(rows: list[MaintenanceRow]) -> bytes:
    held = io.StringIO(newline="")
    writer = csv.writer(held, delimiter=";", lineterminator="\r\n")
    writer.writerow(
        [
            _("Rank"), _("Rank, low"), _("Rank, high"), _("Chance of the top"), _("Chosen"), _("Line"),
            _("Street"), _("From (m)"), _("To (m)"), _("Incidents"), _("Cost (Rp)"), _("Avoided"),
            _("Avoided, low"), _("Avoided, high"), _("Avoided per million rupiah"),
            _("Weight of its own reports"),
        ]
    )  # fmt: skip
    for row in rows:
        facts = row.facts
        writer.writerow(
            [
                row.number, facts["rank_low"], facts["rank_high"], _decimal(facts["chance_of_top"], 3),
                1 if row.is_chosen else 0, row.line_id, safe_cell(row.name), _decimal(row.from_m, 0),
                _decimal(row.to_m, 0), facts["incidents"], _decimal(facts["cost"], 0),
                *(_decimal(facts[name], 3) for name in AVOIDED),
            ]
        )  # fmt: skip
    return held.getvalue().encode("utf-8-sig")


def _decimal(value: float, decimals: int) -> str:
    words_held = f"{value:.{decimals}f}"
    return words_held.replace(".", ",") if i18n.language() == "id" else words_held


def yesterday() -> date:
    """Return the last day that is over."""
    return i18n.local(clock.now()).date() - timedelta(days=1)
