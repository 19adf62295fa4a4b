"""Shifts of the coming two weeks."""

from datetime import date, timedelta

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldops import clock, i18n
from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _, ngettext
from fieldops.operations.change_shift import change_shift, remove_shift
from fieldops.operations.establish_city import SHIFT_DAYS, ensure_shifts
from fieldops.queries.shifts import get_crew, get_shift, shifts_between
from fieldops.transaction import transaction
from fieldops.web.admin.room import Answer, blueprint, errors_of, save
from fieldops.web.form_fields import time_of
from fieldops.web.page import installation
from fieldops.web.protection import requires


@blueprint.get("/giliran")
@requires(Right.ADMINISTER)
def shifts() -> str:
    """Show who works on which of the coming days."""
    return _shifts()


def _shifts(error: FieldOpsError | None = None) -> str:
    first = i18n.local(clock.now()).date()
    found = shifts_between(db.session(), first, first + timedelta(days=SHIFT_DAYS - 1))
    days: dict[date, list[object]] = {}
    for shift, crew in found:
        days.setdefault(shift.day, []).append((shift, crew))
    return render_template("admin/shifts.html", days=days, errors=errors_of(error))


@blueprint.post("/giliran")
@requires(Right.ADMINISTER)
def shifts_fill() -> Response:
    """Give every active crew its usual shift where it has none."""
    with transaction() as session:
        added = ensure_shifts(session, installation().city)
    flash(ngettext("%(num)d shift added.", "%(num)d shifts added.", added), "success")
    return redirect(url_for("admin.shifts"), 303)


@blueprint.get("/giliran/<int:shift_id>")
@requires(Right.ADMINISTER)
def shift(shift_id: int) -> str:
    """Show one shift."""
    return _shift(shift_id)


def _shift(shift_id: int, error: FieldOpsError | None = None) -> str:
    session = db.session()
    shown = get_shift(session, shift_id)
    held = {
        key: f"{i18n.local(at):%H:%M}" for key, at in (("starts", shown.starts_at), ("ends", shown.ends_at))
    }
    return render_template(
        "admin/shift.html",
        shift=shown,
        crew=get_crew(session, shown.crew_id),
        form=request.form if error and "starts" in request.form else held,
        errors=errors_of(error),
    )


@blueprint.post("/giliran/<int:shift_id>")
@requires(Right.ADMINISTER)
def shift_change(shift_id: int) -> Answer:
    """Set a shift's hours."""
    get_shift(db.session(), shift_id)
    return save(
        lambda session, by: change_shift(
            session,
            installation().city,
            shift_id,
            time_of(request.form, "starts"),
            time_of(request.form, "ends"),
            by,
        ),
        lambda error: _shift(shift_id, error),
        _("Saved."),
        "admin.shifts",
    )


@blueprint.post("/giliran/<int:shift_id>/hapus")
@requires(Right.ADMINISTER)
def shift_remove(shift_id: int) -> Answer:
    """Take a shift away."""
    get_shift(db.session(), shift_id)
    return save(
        lambda session, by: remove_shift(session, shift_id, by),
        lambda error: _shift(shift_id, error),
        _("The crew does not work that day."),
        "admin.shifts",
    )
