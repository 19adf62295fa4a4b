"""What brings an order onto a list: it must be done, it is tied to a crew, a crew gets more for a day."""

from collections.abc import Callable
from typing import Final

from flask import flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from fieldops.domain.roles import By, Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.operations.change_order import set_must_do
from fieldops.operations.pin_order import Pin, pin_order, unpin_order
from fieldops.operations.stretch_shift import MOST_OVERTIME_S, allow_overtime, lend_skill
from fieldops.queries.shifts import get_shift
from fieldops.queries.work_orders import get_order
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.dispatch.left_out import left_out_page
from fieldops.web.dispatch.orders import order_page
from fieldops.web.dispatch.room import blueprint
from fieldops.web.form_fields import day_of, time_of, version_of, whole_of
from fieldops.web.page import installation
from fieldops.web.protection import requires
from fieldops.web.returning import safe_next

Answer = Response | tuple[str, int]
HIGHEST_ID: Final = 2**31 - 1


def _for_order(order_id: int, act: Callable[[Session, By], object], words: str) -> Answer:
    get_order(db.session(), order_id)
    by = acting(Right.PLAN)
    try:
        with transaction() as session:
            act(session, by)
    except FieldOpsError as error:
        return order_page(get_order(db.session(), order_id), error), error.status
    flash(words, "success")
    return redirect(safe_next(url_for("dispatch.order", order_id=order_id)), 303)


def _for_shift(shift_id: int, act: Callable[[Session, By], object], words: str) -> Answer:
    day = get_shift(db.session(), shift_id).day
    by = acting(Right.PLAN)
    try:
        with transaction() as session:
            act(session, by)
    except FieldOpsError as error:
        return left_out_page(day, error), error.status
    flash(words, "success")
    return redirect(safe_next(url_for("dispatch.plan_left_out", hari=day.isoformat())), 303)


@blueprint.post("/perintah/<int:order_id>/wajib")
@requires(Right.PLAN)
def order_must_do(order_id: int) -> Answer:
    """Let the next plan do an order whatever it costs, or not."""
    must = request.form.get("must_do") == "1"
    return _for_order(
        order_id,
        lambda session, by: set_must_do(session, order_id, version_of(request.form), must, by),
        _("It must be done now. Compute again to see it in the plan.")
        if must
        else _("It no longer must be done."),
    )


@blueprint.post("/perintah/<int:order_id>/kunci")
@requires(Right.PLAN)
def order_pin(order_id: int) -> Answer:
    """Tie an order to a crew, to hours, or to both."""
    return _for_order(
        order_id,
        lambda session, by: pin_order(
            session, installation().city, order_id, version_of(request.form), _pin(), by
        ),
        _("Pinned. Compute again to see it in the plan."),
    )


def _pin() -> Pin:
    form = request.form
    return Pin(
        crew_id=whole_of(form, "crew", 1, HIGHEST_ID) if form.get("crew") else None,
        day=day_of(form, "pin_day") if form.get("pin_day") else None,
        starts=time_of(form, "pin_starts") if form.get("pin_starts") else None,
        until=time_of(form, "pin_until") if form.get("pin_until") else None,
    )


@blueprint.post("/perintah/<int:order_id>/lepas")
@requires(Right.PLAN)
def order_unpin(order_id: int) -> Answer:
    """Untie an order."""
    return _for_order(
        order_id,
        lambda session, by: unpin_order(session, order_id, version_of(request.form), by),
        _("No longer pinned."),
    )


@blueprint.post("/giliran/lembur")
@requires(Right.PLAN)
def shift_overtime() -> Answer:
    """Let a crew work longer on one day."""
    shift_id = whole_of(request.form, "shift", 1, HIGHEST_ID)
    return _for_shift(
        shift_id,
        lambda session, by: allow_overtime(
            session, shift_id, whole_of(request.form, "overtime", 0, MOST_OVERTIME_S // 60), by
        ),
        _("Overtime allowed. Compute again to see it in the plan."),
    )


@blueprint.post("/giliran/keahlian")
@requires(Right.PLAN)
def shift_skill() -> Answer:
    """Lend a crew a skill for one day."""
    shift_id = whole_of(request.form, "shift", 1, HIGHEST_ID)
    return _for_shift(
        shift_id,
        lambda session, by: lend_skill(session, shift_id, request.form.get("skill", ""), by),
        _("The crew can do this on that day. Compute again to see it in the plan."),
    )
