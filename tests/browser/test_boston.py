"""Real input in a real browser: a crew leader of Boston finishes a stop, and everybody there is told."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask_migrate import upgrade
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import select

from fieldops.app import create_app
from fieldops.config import ROOT, Settings
from fieldops.demo.logins import PASSWORD
from fieldops.domain.roles import Actor, By, Role
from fieldops.extensions import db
from fieldops.imports.command import run_import
from fieldops.installation import Installation
from fieldops.models import Batch, Crew, Message, ServiceRequest, Stop, WorkOrder
from fieldops.models.base import lon_lat
from fieldops.operations.change_user import add_user
from fieldops.operations.dispatch_batch import dispatch_plan
from fieldops.operations.establish_city import ensure_shifts, establish_city
from fieldops.operations.open_work_orders import open_work_orders
from fieldops.operations.plan_batches import plan_day_now
from fieldops.operations.regroup_requests import regroup_requests
from fieldops.queries.plans import get_plan
from fieldops.transaction import transaction
from tests.browser.conftest import OpenPage, Site, served
from tests.imports.boston import busiest_stop, everybody_follows, next_monday, write_slice

pytestmark = pytest.mark.data

DISPATCHER = By(Actor.DISPATCHER)
WAIT_MS = 20_000
MAPPING = ROOT / "docs" / "examples" / "boston.toml"


@pytest.fixture
def site(data: Path, tmp_path: Path) -> Iterator[Site]:
    """Boston at the end of 2011 with its first day dispatched; one leader leads every crew."""
    app = create_app(
        Settings(
            instance_dir=tmp_path / "instance", profile="boston", rate_limits=False,
            secret_key="browser tests", log_level="WARNING",
        )
    )  # fmt: skip
    installation: Installation = app.extensions["fieldops"]
    with app.app_context():
        upgrade()
        day = next_monday()
        with transaction() as session:
            establish_city(session, installation.city)
            ensure_shifts(
                session, installation.city, datetime(day.year, day.month, day.day, 17, tzinfo=UTC), 1
            )
            leader = add_user(
                session,
                login="lead",
                name="Pat Lead",
                password=PASSWORD,
                roles=[Role.CREW_LEADER.value],
                by=None,
            )
            for crew in session.scalars(select(Crew)):
                crew.leader_id = leader.id
        assert run_import(app, write_slice(data, tmp_path / "slice.parquet", 1500), MAPPING) == 0
        with transaction() as session:
            regroup_requests(session, installation)
        everybody_follows(installation)
        open_work_orders(installation, transaction, DISPATCHER, families=("road", "drain"))
        plan_id, words = plan_day_now(installation, day, transaction, seconds=3, seed=1)
        assert words.endswith("the referee accepts the plan")
        with transaction() as session:
            dispatch_plan(session, installation, plan_id, get_plan(session, plan_id).version, DISPATCHER)
        db.session.remove()
    with served(app) as running:
        yield running


def picture() -> dict[str, str | bytes]:
    held = io.BytesIO()
    Image.new("RGB", (320, 240), "black").save(held, "JPEG")
    return {"name": "after.jpg", "mimeType": "image/jpeg", "buffer": held.getvalue()}


def test_a_leader_in_boston_finishes_a_stop_and_everybody_is_told(site: Site, open_page: OpenPage) -> None:
    with site.app.app_context():
        stop_id, cluster_id = busiest_stop()
        stop = db.session.get_one(Stop, stop_id)
        lon, lat = lon_lat(db.session.get_one(WorkOrder, stop.work_order_id).place)
        letter = db.session.get_one(Crew, db.session.get_one(Batch, stop.batch_id).crew_id).letter
        db.session.remove()
    page = open_page(f"/regu?regu={letter}", phone=True, language="en", login="lead", position=(lon, lat))
    expect(page.locator(f"a[href$='/regu/titik/{stop_id}']").first).to_be_attached()
    page.goto(f"/regu/titik/{stop_id}")
    expect(page.locator(".leaflet-container")).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("button", name="Set off").click()
    page.get_by_role("button", name="Arrived here").click()
    expect(page.get_by_role("link", name="Photo before")).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("link", name="Finish").first.click()
    page.set_input_files("#photo", picture())
    page.locator("[value=permanent]").check()
    page.get_by_role("button", name="Finish stop").click()
    page.wait_for_url("**/regu*")
    expect(page.locator(".toast")).to_be_visible(timeout=WAIT_MS)

    with site.app.app_context():
        members = db.session.scalars(
            select(ServiceRequest).where(ServiceRequest.cluster_id == cluster_id)
        ).all()
        told = db.session.scalars(select(Message).where(Message.template == "done")).all()
        assert {member.status for member in members} == {"done"}
        assert sorted(message.request_id for message in told) == sorted(member.id for member in members)
        assert len({message.reporter_id for message in told}) == len(members)
        db.session.remove()
