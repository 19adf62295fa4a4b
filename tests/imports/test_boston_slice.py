"""Real input through the whole path: import, group, order, plan, judge, dispatch, repair, tell."""

import io
from collections import Counter
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import (
    Batch,
    Crew,
    DayPlan,
    Message,
    Reporter,
    Service,
    ServiceRequest,
    Shift,
    Stop,
    WorkOrder,
)
from fieldops.operations.dispatch_batch import dispatch_plan
from fieldops.operations.open_work_orders import open_work_orders
from fieldops.operations.plan_batches import plan_day_now
from fieldops.operations.regroup_requests import regroup_requests
from fieldops.transaction import transaction
from tests.conftest import World
from tests.imports.boston import busiest_stop, everybody_follows, next_monday, write_slice
from tests.imports.conftest import Importer, count

pytestmark = [pytest.mark.data, pytest.mark.slow]

ROWS = 3_000
CREWS = 12


@pytest.fixture
def file(data: Path, tmp_path: Path) -> Path:
    return write_slice(data, tmp_path / "december.parquet", ROWS)


def complete(browser: FlaskClient, stop_id: int, lon: float, lat: float) -> None:
    """Leave, arrive and finish with a photo, as the crew leader's phone does."""
    photo = io.BytesIO()
    Image.new("RGB", (320, 240), "gray").save(photo, "JPEG")
    photo.seek(0)
    here = {"lon": str(lon), "lat": str(lat)}
    for form in ({"kind": "left"}, {"kind": "arrived"} | here):
        answer = browser.post(f"/regu/titik/{stop_id}/kejadian", data=form | {"client_key": str(uuid4())})
        assert answer.status_code == 303, answer.text
    done = here | {"client_key": str(uuid4()), "repair_kind": "permanent", "size": "60 × 80 × 7 cm"}
    answer = browser.post(
        f"/regu/titik/{stop_id}/selesai",
        data=done | {"photo": (photo, "after.jpg")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303, answer.text


def test_a_slice_of_boston_is_planned_repaired_and_everybody_told(
    world: World, run: Importer, file: Path
) -> None:
    installation = world.installation
    assert run(file, "boston.toml").out.startswith("3,000 rows: 3,000 added, 0 known already, 0 refused")

    with transaction() as session:
        counts = regroup_requests(session, installation)
    reporters = everybody_follows(installation)
    assert counts["requests"] == reporters
    families = Counter(
        db.session().scalars(
            select(Service.family)
            .join(ServiceRequest, ServiceRequest.service_id == Service.id)
            .where(ServiceRequest.cluster_id.is_not(None))
        )
    )
    assert set(families) <= {"road", "drain", "cover"}, "only what has crews is grouped"

    opened = open_work_orders(
        installation, transaction, world.by(Role.DISPATCHER), families=("road", "drain")
    )
    assert opened == count(WorkOrder) > 100
    assert not open_work_orders(
        installation, transaction, world.by(Role.DISPATCHER), families=("road", "drain")
    )

    plan_id, words = plan_day_now(installation, next_monday(), transaction, seconds=4, seed=1)
    assert words.endswith("the referee accepts the plan")
    day_plan = db.session().get_one(DayPlan, plan_id)
    assert day_plan.accepted, day_plan.violations
    assert len(day_plan.problem["vehicles"]) == CREWS
    assert len(day_plan.problem["jobs"]) == opened
    version = day_plan.version
    with transaction() as session:
        batches = dispatch_plan(session, installation, plan_id, version, world.by(Role.DISPATCHER))
        assert len(batches) > CREWS // 2

    stop_id, cluster_id = busiest_stop()
    session = db.session()
    stop = session.get_one(Stop, stop_id)
    batch = session.get_one(Batch, stop.batch_id)
    letter = session.get_one(Crew, batch.crew_id).letter
    starts_at = session.get_one(Shift, batch.shift_id).starts_at
    lon, lat = session.execute(
        select(func.ST_X(WorkOrder.place), func.ST_Y(WorkOrder.place)).where(
            WorkOrder.id == stop.work_order_id
        )
    ).one()
    order_id = stop.work_order_id
    browser = world.sign_in_as(world.leaders[letter])
    with clock.frozen(starts_at + timedelta(hours=1)):
        complete(browser, stop_id, lon, lat)

    db.session.rollback()
    session = db.session()
    assert session.get_one(WorkOrder, order_id).status == "done"
    members = session.scalars(select(ServiceRequest).where(ServiceRequest.cluster_id == cluster_id)).all()
    assert len(members) > 1, "the busiest place has several reports"
    assert {member.status for member in members} == {"done"}
    told = session.execute(
        select(Message.request_id, Message.state, Reporter.contact_digest)
        .join(Reporter, Reporter.id == Message.reporter_id)
        .where(Message.template == "done")
    ).all()
    digest = installation.sealer.contact_digest
    assert {(row[0], row[2]) for row in told} == {
        (member.id, digest(f"r{member.id}@example.org")) for member in members
    }
    assert len(told) == len(members)
