"""A proposed change of the running day: seen as a difference, approved, rejected, taken back."""

from datetime import timedelta
from typing import Any

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldops import clock
from fieldops.domain.day_events import BEING_MADE, DECIDABLE, DayEventKind, PlanKind
from fieldops.domain.roles import Right
from fieldops.domain.work_order_states import BatchStatus
from fieldops.errors import FieldOpsError, NotFound
from fieldops.extensions import db
from fieldops.i18n import _, ngettext
from fieldops.models import DayEvent, DayPlan
from fieldops.operations.decide_change import (
    DayWentOn,
    approve_change,
    can_undo,
    reject_change,
    undo_change,
)
from fieldops.operations.problem_drives import RoadsChanged
from fieldops.operations.replan_day import URGENT_MINUTES, ask_again
from fieldops.queries.changes import mark_of, undecided_change
from fieldops.queries.plans import batches_on, get_plan
from fieldops.queries.shifts import all_crews
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.answers import sentence
from fieldops.web.dispatch.difference import Difference, difference_of, who_comes_to
from fieldops.web.dispatch.event_words import change_words, event_words, shift_words
from fieldops.web.dispatch.left_out import helpers_on, said_out
from fieldops.web.dispatch.left_out_words import violation_words
from fieldops.web.dispatch.own_orders import own_orders_said
from fieldops.web.dispatch.planned_day import PlannedDay, planned_day
from fieldops.web.dispatch.plans import MOST_LEFT_SHOWN, PATIENCE_S
from fieldops.web.dispatch.roads_said import roads_said
from fieldops.web.dispatch.room import base_map_url, blueprint, offer_undo
from fieldops.web.page import installation
from fieldops.web.protection import requires

Answer = AnyResponse | tuple[str, int]


def get_change(plan_id: int) -> DayPlan:
    """Return a change or raise NotFound."""
    found = get_plan(db.session(), plan_id)
    if found.kind != PlanKind.CHANGE.value:
        raise NotFound("There is no such proposal.")
    return found


@blueprint.get("/perubahan/<int:plan_id>")
@requires(Right.PLAN)
def change(plan_id: int) -> str:
    """Show what would become different, or that it is being computed."""
    return change_page(get_change(plan_id))


def change_page(day_plan: DayPlan, error: FieldOpsError | None = None) -> str:
    """Return a change's page in its present state."""
    session = db.session()
    errors = {"errors": sentence(error)} if error else {}
    event = session.get_one(DayEvent, day_plan.asked["event"])
    happened = event_words(session, event)
    if day_plan.state in BEING_MADE or not day_plan.answer:
        waited_s = (clock.now() - day_plan.created_at).total_seconds()
        return render_template(
            "dispatch/change_waiting.html",
            plan=day_plan,
            happened=happened,
            errors=errors,
            too_long=waited_s > day_plan.seconds + PATIENCE_S,
        )
    return render_template(
        "dispatch/change.html", errors=errors, happened=happened, **_review(day_plan, event)
    )


def _urgent(event: DayEvent, difference: Difference, planned: PlannedDay) -> dict[str, Any] | None:
    """Return what an emergency was told for: who comes, until when, and whether that is late."""
    if event.kind != DayEventKind.EMERGENCY.value or event.work_order_id is None:
        return None
    visit = who_comes_to(difference, event.work_order_id)
    if visit is None or visit[1].now is None:
        is_left = any(left.order.id == event.work_order_id for left in planned.left_out)
        return {"visit": None} if is_left else None  # else somebody is there already
    ends_at = visit[1].now + timedelta(seconds=visit[1].order.duration_s)
    asked_by = event.at + timedelta(minutes=event.minutes or URGENT_MINUTES)
    return {"visit": visit, "ends_at": ends_at, "is_late": ends_at > asked_by}


def _review(day_plan: DayPlan, event: DayEvent) -> dict[str, Any]:
    session, city = db.session(), installation().city
    crews = {crew.id: crew for crew in all_crews(session)}
    planned = planned_day(session, day_plan, city.time_zone)
    difference = difference_of(session, day_plan, city)
    newer = undecided_change(session, day_plan.day)
    found = day_plan.violations.get("found", [])
    return {
        "plan": day_plan,
        "mark": mark_of(day_plan),
        "difference": difference,
        "urgent": _urgent(event, difference, planned),
        "own_orders": own_orders_said(batches_on(session, day_plan.day, BatchStatus.DISPATCHED.value)),
        "change_words": change_words,
        "shift_words": shift_words,
        "left_out": [said_out(left, planned.orders, crews) for left in planned.left_out[:MOST_LEFT_SHOWN]],
        "left_out_count": len(planned.left_out),
        "helpers": helpers_on(session, day_plan.day),
        "violations": [(violation_words(one["code"]), one["message"]) for one in found],
        "newer": newer if newer is not None and newer.id > day_plan.id else None,
        "may_decide": day_plan.state in DECIDABLE,
        "may_undo": day_plan.state == "applied" and can_undo(session, day_plan),
        "kept_previous": day_plan.answer.get("summary", {}).get("kept_previous", False),
        "roads": roads_said(day_plan, planned.orders),
        "base_url": base_map_url(),
        "routes_url": url_for("dispatch.change_routes", plan_id=day_plan.id, tanda=mark_of(day_plan)),
    }


@blueprint.get("/perubahan/<int:plan_id>/kemajuan.json")
@requires(Right.PLAN)
def change_progress(plan_id: int) -> Response:
    """Return how far a change is, for the page that waits for it."""
    found = get_change(plan_id)
    return jsonify(state=found.state, progress=found.progress, mark=mark_of(found))


def _decided(plan_id: int, words: str) -> Answer:
    flash(words, "success")
    return redirect(url_for("dispatch.change", plan_id=plan_id), 303)


@blueprint.post("/perubahan/<int:plan_id>/setujui")
@requires(Right.APPROVE)
def change_approve(plan_id: int) -> Answer:
    """Give the crews the proposed lists. When the day went on meanwhile, compute the difference anew."""
    by = acting(Right.APPROVE)
    get_change(plan_id)
    try:
        with transaction() as session:
            changes = approve_change(session, installation(), plan_id, request.form.get("mark", ""), by)
    except (DayWentOn, RoadsChanged) as error:
        with transaction() as session:
            again = ask_again(session, get_plan(session, plan_id), by).id
        return change_page(get_change(again), error), error.status
    except FieldOpsError as error:
        return change_page(get_change(plan_id), error), error.status
    said = ngettext(
        "%(num)d stop changed. The crews see it on their phones.",
        "%(num)d stops changed. The crews see it on their phones.",
        len(changes),
    )
    offer_undo(said, url_for("dispatch.change_undo", plan_id=plan_id), {})
    return redirect(url_for("dispatch.change", plan_id=plan_id), 303)


@blueprint.post("/perubahan/<int:plan_id>/tolak")
@requires(Right.APPROVE)
def change_reject(plan_id: int) -> Answer:
    """Leave the lists as they are."""
    by = acting(Right.APPROVE)
    get_change(plan_id)
    try:
        with transaction() as session:
            reject_change(session, plan_id, by)
    except FieldOpsError as error:
        return change_page(get_change(plan_id), error), error.status
    flash(_("Nothing was changed. The crews keep the lists they have."), "success")
    return redirect(url_for("dispatch.today"), 303)


@blueprint.post("/perubahan/<int:plan_id>/urungkan")
@requires(Right.APPROVE)
def change_undo(plan_id: int) -> Answer:
    """Give the crews the lists back that they had before."""
    by = acting(Right.APPROVE)
    get_change(plan_id)
    try:
        with transaction() as session:
            undo_change(session, installation(), plan_id, by)
    except FieldOpsError as error:
        return change_page(get_change(plan_id), error), error.status
    return _decided(plan_id, _("Taken back. The crews have the lists from before."))


@blueprint.post("/perubahan/<int:plan_id>/lagi")
@requires(Right.PLAN)
def change_again(plan_id: int) -> Answer:
    """Compute a change anew from the day as it is now."""
    by = acting(Right.PLAN)
    get_change(plan_id)
    with transaction() as session:
        again = ask_again(session, get_plan(session, plan_id), by).id
    return redirect(url_for("dispatch.change", plan_id=again), 303)
