"""Before and after a treatment: find the street, say when it was treated, read what became of its reports."""

from typing import Any, Final

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldops import i18n
from fieldops.domain.maintenance_questions import (
    FACTORS,
    SIDES_DAYS,
    MaintenanceKind,
    as_evaluation_question,
)
from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError, InvalidInput, NotFound
from fieldops.extensions import db
from fieldops.i18n import _, ngettext
from fieldops.models import MaintenanceRun
from fieldops.operations.ask_for_maintenance import ask_for_maintenance
from fieldops.operations.find_streets import StreetFound, street_at, street_of_line, streets_named
from fieldops.queries.maintenance import (
    finished_order,
    get_maintenance_run,
    maintenance_rows,
    newest_maintenance,
)
from fieldops.queries.services import active_services
from fieldops.queries.spatial import kelurahan_at
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.answers import sentence
from fieldops.web.engineer import maintenance_words as words
from fieldops.web.engineer.hotspot_words import period_words
from fieldops.web.engineer.maintenance_forms import evaluation_fields, read_evaluation
from fieldops.web.engineer.priorities import service_names, waiting_context, yesterday
from fieldops.web.engineer.room import blueprint
from fieldops.web.engineer.segments import segment_context
from fieldops.web.page import installation
from fieldops.web.protection import requires
from fieldops.web.survey_words import street_words

Answer = Response | str | tuple[str, int]

MOST_STREETS: Final = 30
RUNS_SHOWN: Final = 8
LONGEST: Final = 100
KIND: Final = MaintenanceKind.EVALUATION


@blueprint.get("/evaluasi")
@requires(Right.SEE_MAPS)
def evaluations() -> Answer:
    """Find the street that was treated: by its name, or by a finished work order."""
    session, city = db.session(), installation().city
    typed = request.args.get("q", "").strip()[:LONGEST]
    number = request.args.get("perintah", "").strip()[:LONGEST]
    errors: dict[str, str] = {}
    if number:
        try:
            return redirect(_of_order(number))
        except InvalidInput as error:
            errors = {"perintah": sentence(error)}
    page = render_template(
        "engineer/evaluations.html",
        errors=errors,
        typed=typed,
        number=number,
        streets=[(one, _kelurahan(one)) for one in streets_named(session, city, typed, MOST_STREETS)]
        if typed
        else [],
        most=MOST_STREETS,
        recent=_recent(),
        bias=words.EVALUATION_BIAS(),
        **segment_context(),
    )
    return (page, 422) if errors else page


@blueprint.get("/evaluasi/jalan/<int:line_id>")
@requires(Right.SEE_MAPS)
def evaluation_form(line_id: int) -> str:
    """Show the form about one street."""
    street = street_of_line(db.session(), installation().city, line_id)
    day = request.args.get("hari", "")[:10]
    form = {"treated_from": day, "treated_until": day, "days": "90", "within": "2"}
    form["order_number"] = request.args.get("perintah", "")[:40]
    return render_template("engineer/evaluation.html", run=None, **_context(street, form))


@blueprint.post("/evaluasi/jalan/<int:line_id>")
@requires(Right.SEE_MAPS)
def evaluation_create(line_id: int) -> Answer:
    """Ask for an evaluation; the worker computes it."""
    by, session = acting(Right.SEE_MAPS), db.session()
    street = street_of_line(session, installation().city, line_id)
    codes = tuple(one.code for one in active_services(session))
    try:
        question = read_evaluation(request.form, street.line_id, yesterday(), codes)
        with transaction() as writing:
            number = ask_for_maintenance(writing, question, by).id
    except FieldOpsError as error:
        context = _context(street, request.form.to_dict(), request.form.getlist("service"))
        context["errors"] = {error.field or "errors": sentence(error)}
        return render_template("engineer/evaluation.html", run=None, **context), error.status
    return redirect(url_for("engineer.evaluation_shown", run_id=number), 303)


@blueprint.get("/evaluasi/<int:run_id>")
@requires(Right.SEE_MAPS)
def evaluation_shown(run_id: int) -> str:
    """Show a run: how far it is, why there is no comparison, or the comparison with its streets."""
    session = db.session()
    run = get_maintenance_run(session, run_id, KIND)
    question = as_evaluation_question(run.question)
    street = street_of_line(session, installation().city, question.line_id)
    rows = list(maintenance_rows(session, run.id))
    context = _context(street, evaluation_fields(question), list(question.services)) | {
        "run": run,
        "question": question,
        "rows": rows,
        **_left_out(question.left_out),
        "progress_url": url_for("engineer.maintenance_progress", run_id=run_id),
        **waiting_context(run),
    }
    if run.state == "done":
        context |= {
            "verdict": words.VERDICT[run.figures["verdict"]](),
            "ratio": words.ratio_words(run.figures["ratio"], run.figures["low"], run.figures["high"]),
            "facts": words.evaluation_facts(run, question, service_names()),
        }
    return render_template("engineer/evaluation.html", **context)


def _of_order(number: str) -> str:
    session = db.session()
    found = finished_order(session, number)
    if found is None:
        raise InvalidInput("There is no finished work order “%(number)s”.", field="perintah", number=number)
    order, lon, lat = found
    street = street_at(session, installation().city, lon, lat)
    if street is None:
        raise InvalidInput("No street is drawn within 40 m of this work order.", field="perintah")
    ended = i18n.local(order.ended_at).date() if order.ended_at else yesterday()
    return url_for(
        "engineer.evaluation_form", line_id=street.line_id, hari=ended.isoformat(), perintah=order.number
    )


def _kelurahan(street: StreetFound) -> str:
    """Return where a street lies: many share a name."""
    area = kelurahan_at(db.session(), *street.middle)
    return area.name if area else ""


def _recent() -> list[tuple[MaintenanceRun, str, str]]:
    session, city = db.session(), installation().city
    found = []
    for run in newest_maintenance(session, KIND, RUNS_SHOWN):
        question = as_evaluation_question(run.question)
        name = street_of_line(session, city, question.line_id).name
        found.append((run, name, period_words(question.treated_from, question.treated_until)))
    return found


def _left_out(line_ids: tuple[int, ...]) -> dict[str, Any]:
    """Return the streets that a person left out, as the form's boxes; a street that is gone is dropped."""
    session, city = db.session(), installation().city
    options = []
    for line_id in line_ids:
        try:
            name = street_of_line(session, city, line_id).name
        except NotFound:
            continue
        options.append((line_id, street_words(name)))
    return {"left_out": options, "left_out_ids": [line_id for line_id, _name in options]}


def _context(street: StreetFound, form: dict[str, Any], kinds: list[str] | None = None) -> dict[str, Any]:
    return {
        "street": street,
        "kelurahan": _kelurahan(street),
        "form": form,
        "kinds": kinds or [],
        "errors": {},
        "yesterday": yesterday(),
        **_left_out(()),
        "rows": [],
        "choices": {
            "days": [(str(days), ngettext("%(num)d day", "%(num)d days", days)) for days in SIDES_DAYS],
            "within": [
                (
                    factor,
                    _(
                        "at most %(factor)s times",
                        factor=i18n.number(float(factor), 1 if "." in factor else 0),
                    ),
                )
                for factor in FACTORS
            ],
            "service": list(service_names().items()),
        },
        "bias": words.EVALUATION_BIAS(),
        **segment_context(),
    }
