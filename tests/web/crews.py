"""A crew's day by hand: two stops, three reports, and what tests of crew pages share."""

import io
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from fieldops import clock, i18n
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.roles import THE_SYSTEM, Role
from fieldops.domain.work_order_states import BatchStatus, WorkOrderStatus
from fieldops.extensions import db
from fieldops.media.photos import read_photo
from fieldops.models import (
    Batch,
    Cluster,
    Crew,
    DayPlan,
    OrderPin,
    ServiceRequest,
    Shift,
    Stop,
    StopEvent,
    WorkOrder,
    WorkOrderDependency,
)
from fieldops.operations.attach_photo import attach_photo
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.group_requests import group_request
from fieldops.operations.open_work_order import change_work_order_status, open_work_order
from fieldops.operations.submit_request import submit_request
from fieldops.queries.clusters import open_members_of
from fieldops.transaction import transaction
from tests.conftest import World

LON, LAT = 110.8230, -7.5660
CONTACT = "sri@example.org"


def jpeg(colour: str = "grey", size: tuple[int, int] = (64, 48)) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", size, colour).save(held, "JPEG")
    return held.getvalue()


def key() -> str:
    return str(uuid4())


@dataclass
class Day:
    """A dispatched batch of crew A with two stops; two people reported the first place."""

    batch_id: int
    stop_ids: list[int]
    request_ids: list[int]
    photo_id: int


def lay_day(world: World, submission: Any) -> Day:
    """Today's batch, whatever the weekday: its shift starts an hour ago."""
    now = clock.now()
    with transaction() as session:
        photo = read_photo(jpeg("brown"))
        sent = [
            submit_request(
                session, world.installation, submission(contact=CONTACT, landmark="Depan toko besi")
            ),
            submit_request(
                session, world.installation, submission(contact="budi@example.org", lon=LON + 0.00002)
            ),
            submit_request(session, world.installation, submission(lon=LON + 0.01)),
        ]
        for one in sent:
            group_request(session, world.installation, one.request.id)
        kept = attach_photo(session, world.installation, photo, kind="report", request=sent[0].request)
        clusters = list(dict.fromkeys(one.request.cluster_id for one in sent))
        assert len(clusters) == 2
        orders = [open_order(session, world, cluster) for cluster in clusters]
        batch = add_batch(session, world, "A", orders)
        stops = list(session.scalars(select(Stop).where(Stop.batch_id == batch.id).order_by(Stop.position)))
        assert now
        return Day(batch.id, [stop.id for stop in stops], [one.request.id for one in sent], kept.id)


def open_order(session: Any, world: World, cluster_id: int) -> WorkOrder:
    return open_work_order(
        session, world.installation, session.get_one(Cluster, cluster_id), world.by(Role.DISPATCHER)
    )


def open_place(session: Any, world: World, sent: Any) -> WorkOrder:
    """Report a place, and order work there."""
    request = submit_request(session, world.installation, sent).request
    group_request(session, world.installation, request.id)
    cluster_id = session.get_one(ServiceRequest, request.id).cluster_id
    assert cluster_id is not None
    return open_order(session, world, cluster_id)


def add_batch(session: Any, world: World, letter: str, orders: list[WorkOrder], ahead_days: int = 0) -> Batch:
    """Dispatch a batch by hand, so that these tests need no search. Its shift began an hour ago."""
    now = clock.now()
    day = i18n.local(now).date() + timedelta(days=ahead_days)
    crew = session.scalars(select(Crew).where(Crew.letter == letter)).one()
    shift = session.scalars(select(Shift).where(Shift.crew_id == crew.id, Shift.day == day)).first()
    begins = now + timedelta(days=ahead_days, hours=-1)
    if shift is None:
        shift = Shift(crew_id=crew.id, day=day, starts_at=begins, ends_at=begins + timedelta(hours=8))
        session.add(shift)
    else:  # the city's own begin in the morning: at night these tests would meet a shift before its time
        shift.starts_at, shift.ends_at = begins, begins + timedelta(hours=8)
    plan = DayPlan(day=day, state="applied", seed=1, seconds=1, created_at=now, progress=100, accepted=True)
    session.add(plan)
    session.flush()
    batch = Batch(
        day_plan_id=plan.id,
        crew_id=crew.id,
        shift_id=shift.id,
        status=BatchStatus.DISPATCHED.value,
        dispatched_at=now,
    )
    session.add(batch)
    session.flush()
    for position, order in enumerate(orders, start=1):
        at = now + timedelta(days=ahead_days, minutes=40 * position)
        session.add(
            Stop(
                batch_id=batch.id, work_order_id=order.id, position=position, status="planned",
                arrives_at=at, ends_at=at + timedelta(minutes=30),
            )
        )  # fmt: skip
        change_work_order_status(session, order, WorkOrderStatus.BATCHED, world.by(Role.DISPATCHER))
        for request in open_members_of(session, order.cluster_id):
            change_request_status(
                session, request, RequestStatus.SCHEDULED, THE_SYSTEM, facts={"date": day.isoformat()}
            )
    session.flush()
    return batch


def words(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def events(stop_id: int) -> list[str]:
    return list(
        db.session.scalars(select(StopEvent.kind).where(StopEvent.stop_id == stop_id).order_by(StopEvent.id))
    )


@pytest.fixture
def day(world: World, submission: Any) -> Day:
    return lay_day(world, submission)


@pytest.fixture
def leader(world: World, day: Day) -> FlaskClient:
    return world.sign_in_as(world.leaders["A"])


@pytest.fixture
def stops(world: World, submission: Any) -> list[int]:
    """Crew A's day with four stops, 1 km apart."""
    with transaction() as session:
        orders = [open_place(session, world, submission(lon=LON + 0.009 * n)) for n in range(4)]
        batch = add_batch(session, world, "A", orders)
        rows = session.scalars(select(Stop).where(Stop.batch_id == batch.id).order_by(Stop.position))
        return [stop.id for stop in rows]


def listed() -> list[int]:
    db.session.expire_all()
    return list(db.session.scalars(select(Stop.id).order_by(Stop.position)))


def one_stop(stop_id: int) -> Stop:
    db.session.expire_all()
    return db.session.get_one(Stop, stop_id)


def report(leader: FlaskClient, stop_id: int, kind: str) -> None:
    data = {"client_key": key(), "kind": kind, "override": "1"}
    assert leader.post(f"/regu/titik/{stop_id}/kejadian", data=data).status_code == 303


def depends(stop_id: int, after_id: int) -> None:
    """Let one stop's order wait for another's."""
    with transaction() as session:
        orders = [session.get_one(Stop, number).work_order_id for number in (stop_id, after_id)]
        session.add(WorkOrderDependency(work_order_id=orders[0], after_id=orders[1]))


def hours(stop_id: int, starts: datetime | None, until: datetime | None) -> None:
    """Promise the hours in which a stop's work begins."""
    with transaction() as session:
        order_id = session.get_one(Stop, stop_id).work_order_id
        now = clock.now()
        session.add(OrderPin(work_order_id=order_id, starts_from=starts, starts_until=until, at=now))
