"""From the pin to the repaired place, through the operations, on both databases."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from fieldops.domain.roles import Role
from fieldops.domain.work_order_states import StopEventKind
from fieldops.extensions import db
from fieldops.media.photos import PreparedPhoto, read_photo
from fieldops.models import Batch, Cluster, Crew, DayPlan, Message, ServiceRequest, Shift, Stop, WorkOrder
from fieldops.operations.attach_photo import store_photo
from fieldops.operations.dispatch_batch import dispatch_plan
from fieldops.operations.open_work_order import open_work_order
from fieldops.operations.plan_batches import plan_batches
from fieldops.operations.record_stop_event import StopReport, record_stop_event
from fieldops.operations.submit_request import submit_request
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from tests.conftest import World


@pytest.fixture
def photo() -> PreparedPhoto:
    file = io.BytesIO()
    Image.new("RGB", (320, 240), "gray").save(file, "JPEG")
    return read_photo(file.getvalue(), file_name="sesudah.jpg")


def test_a_pothole_reported_by_three_neighbours_is_repaired_and_all_three_are_told(
    world: World, submission: Any, photo: PreparedPhoto
) -> None:
    installation = world.installation
    with transaction() as session:
        for number in range(3):
            submit_request(
                session,
                installation,
                submission(lon=110.8230 + number * 4e-5, contact=f"warga{number}@example.org"),
            )
    work_until_idle(installation)
    session = db.session()
    cluster = session.scalars(select(Cluster)).one()
    members = session.scalars(select(ServiceRequest)).all()
    assert {member.cluster_id for member in members} == {cluster.id}
    assert {member.status for member in members} == {"submitted"}

    dispatcher = world.by(Role.DISPATCHER)
    with transaction() as session:
        order = open_work_order(session, installation, session.get_one(Cluster, cluster.id), dispatcher)
        order_id = order.id
    assert order.status == "ready"
    assert order.number.startswith("PK-")

    day = session.scalars(select(Shift.day).order_by(Shift.day)).all()[len(world.leaders)]
    with transaction() as session:
        asked = plan_batches(session, installation, day, dispatcher, seconds=1, seed=7)
        asked_id = asked.id
    work_until_idle(installation)
    session = db.session()
    day_plan = session.get_one(DayPlan, asked_id)
    assert day_plan.state == "proposed"
    assert day_plan.accepted, day_plan.violations
    with transaction() as session:
        dispatch_plan(session, installation, asked_id, day_plan.version, dispatcher)

    session = db.session()
    batch = session.scalars(select(Batch)).one()
    batch_id, stop_id = batch.id, session.scalars(select(Stop.id)).one()
    assert batch.status == "dispatched"
    leader = next(
        by for letter in world.leaders if (by := world.leader(letter)) and _leads(by.user_id, batch)
    )
    store_photo(installation, photo)
    for kind, extra in (
        (StopEventKind.LEFT, {}),
        (StopEventKind.ARRIVED, {"lon": 110.8230, "lat": -7.5660}),
        (StopEventKind.COMPLETED, {"repair_kind": "permanent", "photos": (photo,), "size": "60 × 80 × 7 cm"}),
    ):
        with transaction() as session:
            report = StopReport(kind=kind, client_key=f"phone-{kind}", at=datetime.now(UTC), **extra)
            record_stop_event(session, installation, stop_id, report, leader)

    session = db.session()
    session.expire_all()
    assert session.get_one(WorkOrder, order_id).status == "done"
    assert {member.status for member in session.scalars(select(ServiceRequest))} == {"done"}
    assert session.get_one(Batch, batch_id).status == "finished"
    told = session.scalars(select(Message).where(Message.template == "done")).all()
    assert len(told) == 3
    assert len({message.reporter_id for message in told}) == 3


def _leads(user_id: int | None, batch: Batch) -> bool:
    return db.session().get_one(Crew, batch.crew_id).leader_id == user_id
