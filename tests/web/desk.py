"""Places of work to decide about, for the dispatchers' and administrators' tests."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.i18n import local
from fieldops.models import Cluster, ServiceRequest, WorkOrder
from fieldops.operations.group_requests import group_request
from fieldops.operations.plan_batches import compute_plan
from fieldops.operations.submit_request import submit_request
from fieldops.transaction import transaction
from tests.conftest import World

Submit = Callable[..., Any]

EAST_100_M = 0.000907
"""Degrees of longitude that are 100 m in Surakarta."""


def report(world: World, submission: Submit, **changes: Any) -> ServiceRequest:
    """Take a report and let it join its cluster."""
    with transaction() as session:
        taken = submit_request(session, world.installation, submission(**changes)).request
    with transaction() as session:
        group_request(session, world.installation, taken.id)
    return fresh(ServiceRequest, taken.id)


def fresh(kind: type[Any], number: int) -> Any:
    """Return a snapshot of a row as the database has it now."""
    db.session.rollback()
    db.session.expunge_all()
    row = db.session.get_one(kind, number)
    db.session.expunge(row)
    return row


def cluster_of(request: ServiceRequest) -> Cluster:
    assert request.cluster_id is not None
    found: Cluster = fresh(Cluster, request.cluster_id)
    return found


def open_order(browser: FlaskClient, cluster_id: int) -> WorkOrder:
    """Open a work order over HTTP."""
    answer = browser.post(f"/petugas/kelompok/{cluster_id}/perintah")
    assert answer.status_code == 303, answer.text
    order: WorkOrder = fresh(WorkOrder, int(answer.headers["Location"].rsplit("/", 1)[1]))
    return order


def ask_for_plan(world: World, browser: FlaskClient, *, days_ahead: int = 1) -> str:
    """Ask for a plan of a coming working day, compute it as the worker would, and return its address."""
    day = local(clock.now()).date() + timedelta(days=days_ahead)
    if day.weekday() == 6:
        day += timedelta(days=1)
    answer = browser.post("/petugas/rencana", data={"hari": day.isoformat(), "seconds": "1", "seed": "1"})
    assert answer.status_code == 303, answer.text
    address = str(answer.headers["Location"])
    compute_plan(world.installation, int(address.rsplit("/", 1)[1]), transaction, iterations=20)
    return address


def english(world: World, role: Role) -> FlaskClient:
    """Return a browser that is signed in and reads English."""
    browser = world.sign_in(role)
    browser.set_cookie("language", "en")
    return browser
