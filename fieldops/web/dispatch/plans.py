"""Planning a day: ask for a plan, watch it, review it, send it out, call a batch back."""

from datetime import date, timedelta
from typing import Any, Final

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from fieldops import clock, i18n
from fieldops.domain.day_events import BEING_MADE, PlanKind
from fieldops.domain.roles import Right
from fieldops.domain.work_order_states import BatchStatus
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _, ngettext
from fieldops.models import DayPlan
from fieldops.operations.dispatch_batch import dispatch_plan, recall_batch
from fieldops.operations.plan_batches import FURTHEST_DAYS, MOST_DAYS, plan_batches
from fieldops.operations.pose_problem import PlanOptions, free_shifts
from fieldops.queries.day_plans import plan_before, plans_of
from fieldops.queries.plans import batches_on, get_batch, get_plan, progress_of, stops_of
from fieldops.queries.shifts import all_crews, get_crew, shifts_between
from fieldops.queries.work_orders import orders_in, pins_of
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.answers import sentence
from fieldops.web.dispatch.day_chart import day_chart
from fieldops.web.dispatch.left_out import helpers_on, said_out
from fieldops.web.dispatch.left_out_words import violation_words
from fieldops.web.dispatch.planned_day import differences, planned_day
from fieldops.web.dispatch.roads_said import roads_said
from fieldops.web.dispatch.room import base_map_url, blueprint
from fieldops.web.form_fields import day_of, number_of, version_of, whole_of
from fieldops.web.page import installation
from fieldops.web.protection import requires

Answer = AnyResponse | tuple[str, int]

USUAL_S: Final = 20
MOST_LEFT_SHOWN: Final = 60
"""How many orders left out a plan's own page shows; the page of the day has them all."""

OUT: Final = (BatchStatus.DISPATCHED.value, BatchStatus.FINISHED.value)
PATIENCE_S: Final = 180
"""How much longer than asked a search may take before the page says that something is wrong."""


def today() -> date:
    """Return the city's present day."""
    return i18n.local(clock.now()).date()


@blueprint.get("/rencana")
@requires(Right.PLAN)
def plan() -> str | Answer:
    """Show a day's crews, how much is ready, and the form that asks for a plan."""
    if "hari" not in request.args:
        return plan_page(_next_free_day())
    try:
        return plan_page(day_of(request.args, "hari"))
    except FieldOpsError as error:
        return plan_page(_next_free_day(), error=error), error.status


def _next_free_day() -> date:
    days = [today() + timedelta(days=ahead) for ahead in range(1, FURTHEST_DAYS + 1)]
    return next((day for day in days if free_shifts(db.session(), day)), days[0])


def plan_page(day: date, error: FieldOpsError | None = None) -> str:
    """Return the page of one day."""
    session = db.session()
    out = batches_on(session, day, *OUT)
    ready = orders_in(session, "ready")
    return render_template(
        "dispatch/plan.html",
        day=day,
        today=today(),
        furthest=today() + timedelta(days=FURTHEST_DAYS),
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        shifts=shifts_between(session, day, day),
        free={shift.id for shift, _crew, _depot in free_shifts(session, day)},
        out=out,
        crews={crew.id: crew for crew in all_crews(session)},
        progress=progress_of(session, [batch.id for batch in out]),
        ready=ready,
        plans=plans_of(session, day),
        being_made=BEING_MADE,
        form=request.form or {"seconds": USUAL_S, "seed": 1, "days": 1, "fairness": "0", "reassign": 5},
        pinned=pins_of(session, [order.id for order in ready]),
        errors={error.field or "errors": sentence(error)} if error else {},
    )


@blueprint.post("/rencana")
@requires(Right.PLAN)
def plan_create() -> Answer:
    """Ask for a plan of a day; the worker computes it."""
    by, form = acting(Right.PLAN), request.form
    day = today()
    try:
        day = day_of(form, "hari")
        seconds = number_of(form, "seconds", 1, 600) if form.get("seconds") else USUAL_S
        seed = whole_of(form, "seed", 0, 2**31 - 1, otherwise=1)
        options = _options(form)
        with transaction() as session:
            made = plan_batches(session, installation(), day, by, seconds=seconds, seed=seed, options=options)
    except FieldOpsError as error:
        return plan_page(day, error), error.status
    return redirect(url_for("dispatch.plan_shown", plan_id=made.id), 303)


def _options(form: MultiDict[str, str]) -> PlanOptions:
    usual = PlanOptions()
    return PlanOptions(
        days=whole_of(form, "days", 1, MOST_DAYS, otherwise=usual.days),
        fairness=number_of(form, "fairness", 0, 10) if form.get("fairness") else usual.fairness,
        reassign_s=60 * whole_of(form, "reassign", 0, 240, otherwise=usual.reassign_s // 60),
    )


@blueprint.get("/rencana/<int:plan_id>")
@requires(Right.PLAN)
def plan_shown(plan_id: int) -> str | Answer:
    """Show a plan: how far the search is, or what it proposes. A change of a running day has its own page."""
    found = get_plan(db.session(), plan_id)
    if found.kind == PlanKind.CHANGE.value:
        return redirect(url_for("dispatch.change", plan_id=plan_id), 303)
    return shown(found)


def shown(day_plan: DayPlan, error: FieldOpsError | None = None) -> str:
    """Return a plan's page in its present state."""
    errors = {error.field or "errors": sentence(error)} if error else {}
    if day_plan.state in BEING_MADE or not day_plan.answer:
        waited_s = (clock.now() - day_plan.created_at).total_seconds()
        return render_template(
            "dispatch/plan_waiting.html",
            plan=day_plan,
            errors=errors,
            too_long=waited_s > day_plan.seconds + PATIENCE_S,
        )
    return render_template("dispatch/plan_shown.html", errors=errors, **_review(day_plan))


def _review(day_plan: DayPlan) -> dict[str, Any]:
    session = db.session()
    planned = planned_day(session, day_plan, installation().city.time_zone)
    crews = {crew.id: crew for crew in all_crews(session)}
    before = plan_before(session, day_plan)
    newest = plans_of(session, day_plan.day, 1)[0]
    found = day_plan.violations.get("found", [])
    return {
        "plan": day_plan,
        "planned": planned,
        "chart": day_chart(planned.crews, "%H.%M" if i18n.language() == "id" else "%H:%M", planned.before),
        "left_out": [said_out(left, planned.orders, crews) for left in planned.left_out[:MOST_LEFT_SHOWN]],
        "left_out_count": len(planned.left_out),
        "helpers": helpers_on(session, day_plan.day),
        "before": before,
        "differences": differences(session, day_plan, before, planned.distance_m) if before else None,
        "violations": [(violation_words(one["code"]), one["message"]) for one in found],
        "newest": newest,
        "again": _again(day_plan),
        "kept_previous": day_plan.answer.get("summary", {}).get("kept_previous", False),
        "prizes": {job["id"]: job["prize"] for job in day_plan.problem.get("jobs", [])},
        "roads": roads_said(day_plan, planned.orders),
        "took_s": day_plan.answer.get("summary", {}).get("computing_times", {}).get("solving", 0) / 1000,
        "may_send": day_plan.state == "proposed" and day_plan.accepted and planned.stops > 0,
        "base_url": base_map_url(),
        "routes_url": url_for("dispatch.plan_routes", plan_id=day_plan.id),
    }


def _again(day_plan: DayPlan) -> dict[str, Any]:
    """Return the form that asks for the same plan once more, searched another way."""
    options = day_plan.asked.get("options", {})
    usual = PlanOptions()
    return {
        "hari": day_plan.day.isoformat(),
        "seconds": day_plan.seconds,
        "seed": day_plan.seed + 1,
        "days": options.get("days", usual.days),
        "fairness": options.get("fairness", usual.fairness),
        "reassign": options.get("reassign_s", usual.reassign_s) // 60,
    }


@blueprint.get("/rencana/<int:plan_id>/kemajuan.json")
@requires(Right.PLAN)
def plan_progress(plan_id: int) -> Response:
    """Return how far a plan is, for the page that waits for it."""
    found = get_plan(db.session(), plan_id)
    return jsonify(state=found.state, progress=found.progress, accepted=found.accepted, version=found.version)


@blueprint.post("/rencana/<int:plan_id>/kirim")
@requires(Right.APPROVE)
def plan_send(plan_id: int) -> Answer:
    """Apply a plan and send its batches out, when the independent check passes once more."""
    by = acting(Right.APPROVE)
    day = get_plan(db.session(), plan_id).day
    try:
        with transaction() as session:
            batches = dispatch_plan(session, installation(), plan_id, version_of(request.form), by)
    except FieldOpsError as error:
        return shown(get_plan(db.session(), plan_id), error), error.status
    flash(ngettext("%(num)d batch sent out.", "%(num)d batches sent out.", len(batches)), "success")
    if day == today():
        return redirect(url_for("dispatch.today"), 303)
    return redirect(url_for("dispatch.plan_shown", plan_id=plan_id), 303)


@blueprint.get("/paket/<int:batch_id>/tarik")
@requires(Right.PLAN)
def batch_recalling(batch_id: int) -> str:
    """Ask before a batch is called back."""
    return _recalling(batch_id)


def _recalling(batch_id: int, error: FieldOpsError | None = None) -> str:
    session = db.session()
    batch = get_batch(session, batch_id)
    return render_template(
        "dispatch/recall.html",
        batch=batch,
        plan=get_plan(session, batch.day_plan_id),
        crew=get_crew(session, batch.crew_id),
        stops=stops_of(session, [batch.id])[batch.id],
        errors={error.field or "errors": sentence(error)} if error else {},
    )


@blueprint.post("/paket/<int:batch_id>/tarik")
@requires(Right.PLAN)
def batch_recall(batch_id: int) -> Answer:
    """Call a batch back; stops that were begun stay with the crew."""
    by = acting(Right.PLAN)
    day_plan_id = get_batch(db.session(), batch_id).day_plan_id
    try:
        with transaction() as session:
            recall_batch(session, batch_id, version_of(request.form), by)
    except FieldOpsError as error:
        return _recalling(batch_id, error), error.status
    flash(_("The batch was called back. Its orders are ready again."), "success")
    day = get_plan(db.session(), day_plan_id).day
    return redirect(url_for("dispatch.plan", hari=day.isoformat()), 303)
