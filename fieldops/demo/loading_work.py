"""The demonstration's work: past repairs, open orders, and a first day that is already under way."""

import random
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.demo.city import DemoCity
from fieldops.demo.photos import draw
from fieldops.domain.estimates import SIZE_FACTOR
from fieldops.domain.references import work_order_number
from fieldops.domain.request_states import OPEN, RequestStatus
from fieldops.domain.roles import Actor, By
from fieldops.domain.work_order_states import RepairKind, StopEventKind, WorkOrderStatus
from fieldops.installation import Installation
from fieldops.media.photos import read_photo
from fieldops.models import (
    Batch,
    Cluster,
    Crew,
    Service,
    ServiceRequest,
    User,
    WorkOrder,
    WorkOrderChange,
)
from fieldops.models.base import lon_lat
from fieldops.operations.attach_photo import store_photo
from fieldops.operations.dispatch_batch import dispatch_plan
from fieldops.operations.open_work_order import open_work_order
from fieldops.operations.plan_batches import ask_for_plan, compute_plan
from fieldops.operations.record_stop_event import StopReport, record_stop_event
from fieldops.outbox import next_number
from fieldops.queries.clusters import open_members_of
from fieldops.queries.plans import get_plan, stops_of
from fieldops.queries.work_orders import open_orders_of
from fieldops.transaction import transaction

SEARCH_ITERATIONS = 8_000
"""A count, not a time, so that the first day is the same on every machine."""

STOPS_DONE = 2
BESIDE = 6e-5
"""Degrees: a crew stands some seven metres beside what it repaired."""
LATEST_START_H = 13
ORDERS_AT_ONCE = 40


def record_past_work(session: Session) -> int:
    """Give each place that was repaired before its finished work order; return how many."""
    repaired = session.execute(
        select(Cluster, ServiceRequest)
        .join(ServiceRequest, ServiceRequest.cluster_id == Cluster.id)
        .where(ServiceRequest.status.in_((RequestStatus.DONE.value, RequestStatus.CLOSED.value)))
        .where(ServiceRequest.closed_reason.is_(None) | (ServiceRequest.closed_reason == "repaired"))
        .order_by(Cluster.id, ServiceRequest.ended_at)
    ).all()
    services = {service.id: service for service in session.scalars(select(Service))}
    seen: set[int] = set()
    for cluster, request in repaired:
        if cluster.id in seen or request.ended_at is None:
            continue
        seen.add(cluster.id)
        service, done_at = services[cluster.service_id], request.ended_at
        session.add(
            WorkOrder(
                number=work_order_number(done_at.date(), next_number(session, f"work_order:{done_at:%y%m}")),
                cluster_id=cluster.id,
                service_id=service.id,
                department_id=service.department_id,
                status=WorkOrderStatus.DONE.value,
                place=cluster.anchor,
                duration_s=service.duration_s,
                material=service.material,
                material_amount=service.material_amount,
                skills=list(service.skills),
                severity=cluster.severity,
                repair_kind=RepairKind.PERMANENT.value,
                created_at=request.reported_at,
                ended_at=done_at,
            )
        )
    session.flush()
    for order in session.scalars(select(WorkOrder).where(WorkOrder.status == WorkOrderStatus.DONE.value)):
        session.add(
            WorkOrderChange(
                work_order_id=order.id,
                source=WorkOrderStatus.IN_PROGRESS.value,
                target=WorkOrderStatus.DONE.value,
                actor=Actor.CREW_LEADER.value,
                at=order.ended_at,
                facts={"repair_kind": RepairKind.PERMANENT.value} | _took(order),
            )
        )
    return len(seen)


def _took(order: WorkOrder) -> dict[str, int]:
    """Return what a past repair took: around the kind's usual figure, larger places longer."""
    rng = random.Random(order.id)
    scale = rng.lognormvariate(0.0, 0.25) * SIZE_FACTOR[order.severity]
    took = {"minutes": max(5, round(order.duration_s / 60 * scale))}
    if order.material != "none":
        took["material"] = round(order.material_amount * scale * rng.uniform(0.8, 1.1))
    return took


def open_orders(installation: Installation) -> int:
    """Open an order for every open cluster that an official has read; return how many."""
    with transaction() as session:
        waiting = [
            cluster.id
            for cluster in session.scalars(select(Cluster).where(Cluster.open.is_(True)).order_by(Cluster.id))
            if _was_read(session, cluster.id) and not open_orders_of(session, cluster.id)
        ]
        dispatcher = dispatcher_of(session)
    for start in range(0, len(waiting), ORDERS_AT_ONCE):
        with transaction() as session:
            for cluster_id in waiting[start : start + ORDERS_AT_ONCE]:
                cluster = session.get_one(Cluster, cluster_id)
                open_work_order(session, installation, cluster, dispatcher, tell=False)
    return len(waiting)


def _was_read(session: Session, cluster_id: int) -> bool:
    return any(
        request.status in OPEN and request.status != RequestStatus.SUBMITTED.value
        for request in open_members_of(session, cluster_id)
    )


def dispatcher_of(session: Session) -> By:
    """Return the demonstration's dispatcher."""
    return By(Actor.DISPATCHER, session.scalars(select(User.id).where(User.login == "dispatcher")).one())


def dispatch_first_day(installation: Installation, made: DemoCity, leaders: dict[str, int]) -> str:
    """Plan and send out today's batches, or those of the next working day when today is nearly over, and
    let the first crew do two stops.
    """
    now = clock.now().astimezone(ZoneInfo(installation.city.time_zone))
    day = now.date() + timedelta(days=1 if now.hour >= LATEST_START_H else 0)
    if day.weekday() == 6:
        day += timedelta(days=1)
    with transaction() as session:
        dispatcher = dispatcher_of(session)
        plan_id = ask_for_plan(session, day, dispatcher, seconds=20, seed=made.seed).id
    compute_plan(installation, plan_id, transaction, iterations=SEARCH_ITERATIONS)
    with transaction() as session:
        day_plan = get_plan(session, plan_id)
        if not day_plan.accepted:
            return "The first day's plan was refused by the independent check; it waits for a dispatcher."
        batches = dispatch_plan(session, installation, plan_id, day_plan.version, dispatcher)
        stops = sum(len(found) for found in stops_of(session, [batch.id for batch in batches]).values())
        crews = len(batches)
    _do_first_stops(installation, leaders)
    return f"{crews} crews are out with {stops} stops"


def _do_first_stops(installation: Installation, leaders: dict[str, int]) -> None:
    photo = read_photo(draw("after_pothole", 1))
    store_photo(installation, photo)
    with transaction() as session:
        batch = session.scalar(
            select(Batch)
            .join(Crew, Crew.id == Batch.crew_id)
            .where(Crew.letter == "A", Batch.status == "dispatched")
        )
        stops = stops_of(session, [batch.id])[batch.id][:STOPS_DONE] if batch else []
        chosen = [(stop.id, lon_lat(session.get_one(WorkOrder, stop.work_order_id).place)) for stop in stops]
    for number, (lon, lat) in chosen:
        for kind in (StopEventKind.LEFT, StopEventKind.ARRIVED, StopEventKind.COMPLETED):
            done = kind is StopEventKind.COMPLETED
            with transaction() as session:
                report = StopReport(
                    kind=kind,
                    client_key=f"demo-{number}-{kind.value}",
                    at=clock.now(),
                    lon=lon + BESIDE,
                    lat=lat,
                    size="0,9 × 0,7 m" if done else "",
                    repair_kind=RepairKind.PERMANENT.value if done else "",
                    photos=(photo,) if done else (),
                )
                record_stop_event(session, installation, number, report, By(Actor.CREW_LEADER, leaders["A"]))
