"""A neighbour's "me too" raises the priority of a place, and says nothing of who it was."""

from typing import Any

from sqlalchemy import select

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.models import Cluster, ServiceRequest
from fieldops.operations.follow_request import follow_request
from fieldops.operations.open_work_order import open_work_order
from fieldops.operations.submit_request import submit_request
from fieldops.queries.board import board
from fieldops.queries.work_orders import priorities_of
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from tests.conftest import World


def test_me_too_counts_like_a_report(world: World, submission: Any) -> None:
    with transaction() as session:
        submit_request(session, world.installation, submission())
    work_until_idle(world.installation)
    with transaction() as session:
        cluster = session.scalars(select(Cluster)).one()
        order = open_work_order(session, world.installation, cluster, world.by(Role.DISPATCHER))
        before = priorities_of(session, [order], clock.now())[order.id].prize_s
        request = session.scalars(select(ServiceRequest)).one()
        for number in range(3):
            contact = f"tetangga{number}@example.org"
            follow_request(session, world.installation, request, contact, part="me_too", language="id")
        after = priorities_of(session, [order], clock.now())[order.id].prize_s
        on_board = board(session, clock.now())[0].priority(clock.now()).prize_s
    assert after > before
    assert abs(on_board - after) <= 1
