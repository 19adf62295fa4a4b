"""One work order: what it asks for, its history, and how it is freed or cancelled."""

from collections.abc import Callable
from typing import Any

from flask import Response as AnyResponse
from flask import flash, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from fieldops import clock, i18n
from fieldops.domain.roles import By, Right
from fieldops.errors import FieldOpsError, InvalidInput
from fieldops.extensions import db
from fieldops.i18n import _, distance_words
from fieldops.i18n import number as figure
from fieldops.models import WorkOrder
from fieldops.models.base import lon_lat
from fieldops.operations.change_order import (
    CHANGEABLE,
    OrderChanges,
    cancel_order,
    change_order,
    make_order_ready,
    unblock_order,
)
from fieldops.operations.correct_work import correct_used, take_estimate
from fieldops.operations.estimate_work import estimate_work
from fieldops.operations.link_causes import causes_of
from fieldops.operations.locate_request import LANDMARK_EXPOSURE, locate
from fieldops.operations.measure_places import landmarks_beside
from fieldops.operations.merge_reported import merge_reported, reported_same
from fieldops.queries.closures import closures_of_order
from fieldops.queries.clusters import get_cluster
from fieldops.queries.finished_work import used_of
from fieldops.queries.landmarks import all_landmarks
from fieldops.queries.orders import changes_of, order_by_number, orders_described
from fieldops.queries.places import area_name
from fieldops.queries.plans import batches_on, get_batch, stop_out_for
from fieldops.queries.services import services_by_id
from fieldops.queries.shifts import all_crews
from fieldops.queries.staff import names_of
from fieldops.queries.work_orders import (
    followers,
    get_order,
    pins_of,
    predecessors,
    priorities_of,
    report_counts,
)
from fieldops.routing.drives import FAR_M, UNREACHABLE_M
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.answers import sentence
from fieldops.web.dispatch import estimate_words, histories, said
from fieldops.web.dispatch.causes import shown_causes, undoers
from fieldops.web.dispatch.cluster_pages import cluster_features, landmark_feature
from fieldops.web.dispatch.left_out import helpers_on, said_of_order
from fieldops.web.dispatch.room import base_map_url, blueprint
from fieldops.web.dispatch.worth import LANDMARK_ICONS, worth_of
from fieldops.web.form_fields import text_of, version_of, whole_of
from fieldops.web.page import installation
from fieldops.web.protection import requires

Answer = Response | tuple[str, int]


@blueprint.get("/perintah/<int:order_id>")
@requires(Right.SEE_BOARD)
def order(order_id: int) -> str:
    """Show a work order."""
    return order_page(get_order(db.session(), order_id))


def order_page(order: WorkOrder, error: FieldOpsError | None = None) -> str:
    """Return an order's page; after a refusal of the form what was typed is kept, after a conflict not."""
    session, now = db.session(), clock.now()
    changes = changes_of(session, order.id)
    cluster = get_cluster(session, order.cluster_id)
    waits = orders_described(session, predecessors(session, [order.id]).get(order.id, []))
    typed = request.form if error is not None and error.status == 422 else {}
    why = said_of_order(session, order)
    day = why[1] if why else i18n.local(now).date()
    held = {
        "size": order.size,
        "minutes": order.duration_s // 60,
        "material_amount": order.material_amount,
        "note": order.note,
        "after": ", ".join(sorted(other.number for other, _service, _cluster in waits.values())),
        "must_do": "1" if order.must_do else "",
        "dry_weather": "1" if order.dry_weather else "",
    }
    service = services_by_id(session)[order.service_id]
    causes = causes_of(session, installation(), cluster)
    priority = priorities_of(session, [order], now)[order.id]
    located = locate(session, installation().city, *lon_lat(order.place))
    expected = estimate_work(session, service, order.severity)
    away_m = installation().roads.away_m(lon_lat(order.place))
    names = names_of(session, {change.user_id for change in changes} | undoers(causes))
    return render_template(
        "dispatch/order.html",
        order=order,
        cluster=cluster,
        service=service,
        area=area_name(session, cluster.area_id),
        priority=priority,
        worth=worth_of(priority, order.due_at, now, located),
        expected=expected,
        minutes_said=estimate_words.minutes_said(order, expected),
        material_said=estimate_words.material_said(order, expected),
        used=used_of(session, order.id),
        unlocks=_unlocks(session, order),
        reports=report_counts(session, [cluster.id]).get(cluster.id, 0),
        beside=landmarks_beside(session, installation().city, [lon_lat(order.place)])[0],
        waits=waits,
        timeline=histories.order_timeline(changes, names),
        causes=shown_causes(session, causes),
        same=reported_same(session, order),
        names=names,
        form=typed or held,
        errors={error.field or "errors": sentence(error)} if error else {},
        changeable=order.status in CHANGEABLE,
        why=why,
        has_roads=away_m is not None,
        on_list=_on_list(session, order.id),
        crews_are_out=bool(batches_on(session, i18n.local(now).date(), "dispatched")),
        helpers=helpers_on(session, day),
        tied=pins_of(session, [order.id]).get(order.id),
        crews={crew.id: crew for crew in all_crews(session)},
        today=i18n.local(now).date(),
        place=lon_lat(order.place),
        away_m=away_m if away_m is not None and away_m > FAR_M else None,
        is_beyond_reach=away_m is not None and away_m > UNREACHABLE_M,
        closed=closures_of_order(session, order.id, now),
        floods=service.family == "water" and not order.ended_at,
        said=said,
        base_url=base_map_url(),
        points_url=url_for("dispatch.order_points", order_id=order.id),
    )


def _on_list(session: Session, order_id: int) -> dict[str, Any] | None:
    """Return the list that holds an order, with its day and the hour; None when no list that is out does."""
    held = stop_out_for(session, order_id)
    if held is None:
        return None
    stop, day = held
    return {"batch": get_batch(session, stop.batch_id), "day": day, "arrives_at": stop.arrives_at}


def _unlocks(session: Session, order: WorkOrder) -> list[tuple[WorkOrder, Any, Any]]:
    """Return the open orders that wait for this one, with service and cluster."""
    return list(orders_described(session, followers(session, order.id)).values())


@blueprint.get("/perintah/<int:order_id>/titik.geojson")
@requires(Right.SEE_BOARD)
def order_points(order_id: int) -> AnyResponse:
    """Return what makes an order's worth, for its map: its reports, and what stands near."""
    session, city = db.session(), installation().city
    order = get_order(session, order_id)
    features = cluster_features(order.cluster_id)
    located = locate(session, city, *lon_lat(order.place))
    for mark, lon, lat in all_landmarks(session):
        if located.landmark is not None and mark.name == located.landmark[1]:
            kind, name, away_m = located.landmark
            times = figure(LANDMARK_EXPOSURE[kind], 2)
            said_near = _(
                "%(away)s away; raises the worth × %(times)s", away=distance_words(away_m), times=times
            )
            features.append(landmark_feature(lon, lat, LANDMARK_ICONS.get(kind, "building"), name, said_near))
    return jsonify(type="FeatureCollection", features=features)


@blueprint.post("/perintah/<int:order_id>/taksiran")
@requires(Right.PLAN)
def order_estimate(order_id: int) -> Answer:
    """Set minutes and material to what finished jobs say."""
    return _step(order_id, take_estimate, _("Set to what finished jobs took."))


@blueprint.post("/perintah/<int:order_id>/terpakai")
@requires(Right.PLAN)
def order_used(order_id: int) -> Answer:
    """Set right what a finished order took."""

    def correct(session: Session, number: int, version: int, by: By) -> WorkOrder:
        minutes = whole_of(request.form, "minutes", 1, 480)
        material = whole_of(request.form, "material_amount", 0, 20_000, otherwise=0)
        return correct_used(session, number, version, minutes, material, by)

    return _step(order_id, correct, _("Corrected. Later estimates learn from it."))


@blueprint.post("/perintah/<int:order_id>")
@requires(Right.PLAN)
def order_change(order_id: int) -> Answer:
    """Set what a work order asks for."""
    get_order(db.session(), order_id)
    try:
        with transaction() as session:
            change_order(session, order_id, version_of(request.form), _changes(session), acting(Right.PLAN))
    except FieldOpsError as error:
        return order_page(get_order(db.session(), order_id), error), error.status
    flash(_("Saved."), "success")
    return _back(order_id)


def _changes(session: Session) -> OrderChanges:
    form = request.form
    return OrderChanges(
        size=text_of(form, "size", most=100),
        duration_s=60 * whole_of(form, "minutes", 1, 480),
        material_amount=whole_of(form, "material_amount", 0, 20_000, otherwise=0),
        must_do=form.get("must_do") == "1",
        dry_weather=form.get("dry_weather") == "1",
        note=text_of(form, "note", most=1000),
        after=_numbers(session, text_of(form, "after")),
    )


def _numbers(session: Session, words: str) -> tuple[int, ...]:
    found: list[int] = []
    for number in words.replace(";", ",").split(","):
        if not number.strip():
            continue
        other = order_by_number(session, number)
        if other is None:
            raise InvalidInput(
                "There is no work order %(number)s.", field="after", number=number.strip()[:40]
            )
        found.append(other.id)
    return tuple(found)


def _back(order_id: int) -> Response:
    return redirect(url_for("dispatch.order", order_id=order_id), 303)


Step = Callable[[Session, int, int, By], WorkOrder]


def _step(order_id: int, take: Step, words: str) -> Answer:
    get_order(db.session(), order_id)
    by = acting(Right.PLAN)
    try:
        with transaction() as session:
            take(session, order_id, version_of(request.form), by)
    except FieldOpsError as error:
        return order_page(get_order(db.session(), order_id), error), error.status
    flash(words, "success")
    return _back(order_id)


@blueprint.post("/perintah/<int:order_id>/siap")
@requires(Right.PLAN)
def order_ready(order_id: int) -> Answer:
    """Let a draft be planned."""
    return _step(order_id, make_order_ready, _("The order can be planned now."))


@blueprint.post("/perintah/<int:order_id>/buka")
@requires(Right.PLAN)
def order_unblock(order_id: int) -> Answer:
    """Free a blocked order."""
    return _step(
        order_id,
        lambda session, number, version, by: unblock_order(
            session, number, version, request.form.get("words", ""), by
        ),
        _("The order can be planned again."),
    )


@blueprint.post("/perintah/<int:order_id>/gabung")
@requires(Right.PLAN)
def order_merge(order_id: int) -> Answer:
    """Merge an order's place with the one that its crew took for the same."""
    get_order(db.session(), order_id)
    by = acting(Right.PLAN)
    try:
        with transaction() as session:
            cluster, left = merge_reported(session, installation(), order_id, version_of(request.form), by)
            number, order_number = cluster.id, left.number
    except FieldOpsError as error:
        return order_page(get_order(db.session(), order_id), error), error.status
    flash(
        _(
            "Merged. %(order)s is the order for both. Reports can be split off again here.",
            order=order_number,
        ),
        "success",
    )
    return redirect(url_for("dispatch.cluster", cluster_id=number), 303)


@blueprint.get("/perintah/<int:order_id>/batal")
@requires(Right.PLAN)
def order_cancelling(order_id: int) -> str:
    """Ask before an order is cancelled."""
    return _cancelling(get_order(db.session(), order_id))


def _cancelling(found: WorkOrder, error: FieldOpsError | None = None) -> str:
    session = db.session()
    return render_template(
        "dispatch/cancel_order.html",
        order=found,
        service=services_by_id(session)[found.service_id],
        reports=report_counts(session, [found.cluster_id]).get(found.cluster_id, 0),
        typed=request.form,
        errors={error.field or "errors": sentence(error)} if error else {},
    )


@blueprint.post("/perintah/<int:order_id>/batal")
@requires(Right.PLAN)
def order_cancel(order_id: int) -> Answer:
    """Cancel an order; its reports stay open."""
    get_order(db.session(), order_id)
    by = acting(Right.PLAN)
    try:
        with transaction() as session:
            found = cancel_order(
                session, order_id, version_of(request.form), request.form.get("words", ""), by
            )
    except FieldOpsError as error:
        found = get_order(db.session(), order_id)
        if error.status == 409:
            return order_page(found, error), error.status
        return _cancelling(found, error), error.status
    flash(_("Work order %(number)s cancelled. Its reports stay open.", number=found.number), "success")
    return redirect(url_for("dispatch.cluster", cluster_id=found.cluster_id), 303)
