"""What has no crews is taken in and never grouped, one at a time or all at once."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from fieldops.domain.roles import Actor, By
from fieldops.extensions import db
from fieldops.installation import Installation
from fieldops.models import Cluster, ServiceRequest, WorkOrder
from fieldops.operations.open_work_orders import open_work_orders
from fieldops.operations.regroup_requests import regroup_requests
from fieldops.operations.submit_request import submit_request
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction

LON, LAT = -71.07, 42.33
BY = By(Actor.DISPATCHER)


@pytest.fixture
def installation(app: Flask, submission: Any) -> Installation:
    """A pothole, a drain and a tree at three places, each reported twice."""
    installation: Installation = app.extensions["fieldops"]
    with transaction() as session:
        for place, code in enumerate(["pothole", "catch_basin", "tree"]):
            for _twice in range(2):
                told = submission(service_code=code, lon=LON + place * 0.01, lat=LAT)
                submit_request(session, installation, told)
    return installation


def families() -> list[str]:
    return sorted(db.session().scalars(select(Cluster.family)))


def test_a_new_report_joins_no_cluster(installation: Installation) -> None:
    work_until_idle(installation)
    assert families() == ["drain", "road"]


def test_grouping_all_leaves_them_out_and_says_so(installation: Installation) -> None:
    with transaction() as session:
        counts = regroup_requests(session, installation)
    assert counts["requests"] == 4
    assert counts["of families that are not grouped"] == 2
    assert families() == ["drain", "road"]


def test_orders_are_opened_once_and_by_family(installation: Installation) -> None:
    with transaction() as session:
        regroup_requests(session, installation)
    told: list[tuple[int, int]] = []
    opened = open_work_orders(
        installation, transaction, BY, families=("road",), done=lambda n, of: told.append((n, of))
    )
    assert (opened, told) == (1, [(1, 1)])
    assert open_work_orders(installation, transaction, BY) == 1
    assert open_work_orders(installation, transaction, BY) == 0
    orders = db.session().scalars(select(WorkOrder)).all()
    assert {order.status for order in orders} == {"ready"}
    statuses = db.session().scalars(select(ServiceRequest.status)).all()
    assert sorted(statuses) == ["acknowledged"] * 4 + ["submitted"] * 2
