"""Closed roads: what is closed now, closing a street, opening it again, and whom it concerns."""

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldops import clock, i18n
from fieldops.domain.roles import Right
from fieldops.domain.work_order_states import OPEN_ORDERS, BatchStatus
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.models import RoadClosure
from fieldops.models.base import lon_lat
from fieldops.operations.affected_crews import affected_crews
from fieldops.operations.close_road import close_road
from fieldops.operations.closed_area import RoadToClose, names_to_choose
from fieldops.operations.reopen_road import reopen_road
from fieldops.queries.closures import (
    as_closures,
    changes_of,
    ended_closures,
    get_closure,
    is_in_force,
    standing_closures,
)
from fieldops.queries.orders import orders_described
from fieldops.queries.plans import batches_on
from fieldops.queries.staff import names_of
from fieldops.queries.work_orders import get_order
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.answers import sentence
from fieldops.web.closure_features import closure_features, closure_words, hours_words
from fieldops.web.dispatch.closure_form import USUAL_RADIUS_M, read_closure
from fieldops.web.dispatch.orders import order_page
from fieldops.web.dispatch.room import base_map_url, blueprint, offer_undo
from fieldops.web.form_fields import version_of
from fieldops.web.page import installation
from fieldops.web.protection import requires

Answer = AnyResponse | tuple[str, int]

MOST_NAMES = 3000
"""A longer list of streets would be slow to load; names are then typed."""


@blueprint.get("/penutupan")
@requires(Right.SEE_BOARD)
def closures() -> str:
    """Show what is closed, on a map and as a list, with the form that closes more."""
    return closures_page()


def closures_page(error: FieldOpsError | None = None) -> str:
    """Return the page; after a refusal what was typed is kept."""
    session, now = db.session(), clock.now()
    standing, ended = standing_closures(session, now), ended_closures(session, now)
    names = names_to_choose(session, installation())
    return render_template(
        "dispatch/closures.html",
        standing=standing,
        ended=ended,
        orders=_orders_of([*standing, *ended]),
        open_orders=OPEN_ORDERS,
        in_force={row.id for row in standing if is_in_force(row, now)},
        has_roads=_has_roads(),
        names=names if len(names) <= MOST_NAMES else [],
        closure_words=closure_words,
        hours_words=hours_words,
        form=request.form or {"radius_m": USUAL_RADIUS_M},
        errors={error.field or "errors": sentence(error)} if error else {},
        base_url=base_map_url(),
        closures_url=url_for("dispatch.closures_drawn"),
        bounds=installation().city.bounds,
    )


def _orders_of(rows: list[RoadClosure]) -> dict[int, object]:
    numbers = sorted({row.work_order_id for row in rows if row.work_order_id is not None})
    return {number: held[0] for number, held in orders_described(db.session(), numbers).items()}


@blueprint.get("/penutupan.geojson")
@requires(Right.SEE_BOARD)
def closures_drawn() -> Response:
    """Return the standing closures as GeoJSON."""
    rows = standing_closures(db.session(), clock.now())
    urls = {row.id: url_for("dispatch.closure", closure_id=row.id) for row in rows}
    return jsonify(closure_features(rows, urls))


@blueprint.post("/penutupan")
@requires(Right.PLAN)
def closure_create() -> Answer:
    """Close roads, then show whom it concerns."""
    by = acting(Right.PLAN)
    try:
        what = read_closure(request.form)
        with transaction() as session:
            made = close_road(session, installation(), what, by)
            number = made.id
    except FieldOpsError as error:
        return closures_page(error), error.status
    return _closed(number)


@blueprint.post("/perintah/<int:order_id>/tutup-jalan")
@requires(Right.PLAN)
def order_close_road(order_id: int) -> Answer:
    """Close the roads on the ground of a work order: its water cannot be driven through."""
    by = acting(Right.PLAN)
    number = get_order(db.session(), order_id).number
    note = _("Cannot be driven through: %(order)s", order=number)
    try:
        with transaction() as session:
            made = close_road(session, installation(), RoadToClose(order_id=order_id, note=note), by)
            closure_id = made.id
    except FieldOpsError as error:
        return order_page(get_order(db.session(), order_id), error), error.status
    return _closed(closure_id)


def _closed(closure_id: int) -> AnyResponse:
    row = get_closure(db.session(), closure_id)
    again = url_for("dispatch.closure_reopen", closure_id=closure_id)
    offer_undo(_closed_words(row), again, {"version": row.version})
    return redirect(url_for("dispatch.closure", closure_id=closure_id), 303)


def _closed_words(row: RoadClosure) -> str:
    """Return what the closure does from now on, and not more than that."""
    if row.starts_at > clock.now():
        return _("Saved. The closure begins %(at)s.", at=i18n.moment_words(row.starts_at))
    if not _has_roads():
        return _("Closed. Crews see it on their maps; without a street network plans cannot lead around it.")
    return _("Closed. Plans and directions now lead around it.")


def _has_roads() -> bool:
    return installation().roads.state().key != ""


@blueprint.get("/penutupan/<int:closure_id>")
@requires(Right.SEE_BOARD)
def closure(closure_id: int) -> str:
    """Show one closure: what it takes, whom it concerns, its history."""
    return _closure_page(get_closure(db.session(), closure_id))


def _closure_page(row: RoadClosure, error: FieldOpsError | None = None) -> str:
    session, now = db.session(), clock.now()
    today = i18n.local(now).date()
    history = changes_of(session, [row.id])[row.id]
    out = batches_on(session, today, BatchStatus.DISPATCHED.value)
    holds = is_in_force(row, now)
    order = get_order(session, row.work_order_id) if row.work_order_id is not None else None
    return render_template(
        "dispatch/closure.html",
        closure=row,
        order=order,
        place=lon_lat(order.place) if order else None,
        holds=holds,
        has_roads=_has_roads(),
        has_ended=row.reopened_at is not None or (row.ends_at is not None and row.ends_at <= now),
        title=closure_words(row),
        hours=hours_words(row),
        history=history,
        names=names_of(session, {change.user_id for change in history}),
        out=out,
        affected=affected_crews(session, installation(), row, today) if holds and out else [],
        taken=installation().roads.closed_roads(as_closures([row])),
        errors={error.field or "errors": sentence(error)} if error else {},
        base_url=base_map_url(),
        drawn_url=url_for("dispatch.closure_drawn", closure_id=row.id),
    )


@blueprint.get("/penutupan/<int:closure_id>.geojson")
@requires(Right.SEE_BOARD)
def closure_drawn(closure_id: int) -> Response:
    """Return one closure as GeoJSON, also one that has ended."""
    return jsonify(closure_features([get_closure(db.session(), closure_id)]))


@blueprint.post("/penutupan/<int:closure_id>/buka")
@requires(Right.PLAN)
def closure_reopen(closure_id: int) -> Answer:
    """Open closed roads again."""
    by = acting(Right.PLAN)
    get_closure(db.session(), closure_id)
    try:
        with transaction() as session:
            reopen_road(session, closure_id, version_of(request.form), by)
    except FieldOpsError as error:
        return _closure_page(get_closure(db.session(), closure_id), error), error.status
    flash(_("Open again. Plans computed from now on drive there."), "success")
    return redirect(url_for("dispatch.closures"), 303)
