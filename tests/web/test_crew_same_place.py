"""Gabung duplikat: a crew says that two places are one, and the office merges them or does not."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import Cluster, GroupingDecision, Message, ServiceRequest, Stop, StopEvent, WorkOrder
from fieldops.operations.change_order import cancel_order
from fieldops.transaction import transaction
from tests.conftest import World
from tests.web.crews import LON, add_batch, key, one_stop, open_place, words
from tests.web.desk import fresh

SIXTY_M = 0.00054
"""Degrees of longitude: another place by the rules, and seen from the first one."""


@dataclass
class Street:
    """A stop of crew A, the place 60 m on that has an order of its own, and one 1 km away."""

    stop: int
    order: int
    near: int
    near_order: int
    far: int


@pytest.fixture
def street(world: World, submission: Any) -> Street:
    with transaction() as session:
        mine, near, far = (
            open_place(session, world, submission(lon=LON + away, contact=f"warga{number}@example.org"))
            for number, away in enumerate((0, SIXTY_M, 0.009))
        )
        batch = add_batch(session, world, "A", [mine])
        stop = session.scalars(select(Stop).where(Stop.batch_id == batch.id)).one()
        return Street(stop.id, mine.id, near.cluster_id, near.id, far.cluster_id)


@pytest.fixture
def leader(world: World, street: Street) -> FlaskClient:
    return world.sign_in_as(world.leaders["A"])


def say(leader: FlaskClient, street: Street, **fields: Any) -> TestResponse:
    held = {"client_key": key(), "reason": "same_place", "same_as": str(street.near)} | fields
    return leader.post(f"/regu/titik/{street.stop}/tidak-bisa", data=held)


def version_of(order_id: int) -> int:
    return int(fresh(WorkOrder, order_id).version)


def merge(browser: FlaskClient, order_id: int, version: int | None = None) -> TestResponse:
    held = {"version": str(version_of(order_id) if version is None else version)}
    return browser.post(f"/petugas/perintah/{order_id}/gabung", data=held)


def test_the_form_offers_what_is_near_and_nothing_else(leader: FlaskClient, street: Street) -> None:
    page = words(leader.get(f"/regu/titik/{street.stop}/tidak-bisa"))
    assert f'value="{street.near}"' in page
    assert f'value="{street.far}"' not in page
    assert "60 m" in page
    assert "Sama dengan titik lain" in page
    assert "example.org" not in page


def test_where_nothing_is_near_it_is_not_offered(world: World, submission: Any) -> None:
    with transaction() as session:
        batch = add_batch(session, world, "A", [open_place(session, world, submission())])
        stop = session.scalars(select(Stop).where(Stop.batch_id == batch.id)).one().id
    page = words(world.sign_in_as(world.leaders["A"]).get(f"/regu/titik/{stop}/tidak-bisa"))
    assert "same_place" not in page
    assert "Tidak ditemukan" in page


def test_the_office_merges_with_one_press(world: World, leader: FlaskClient, street: Street) -> None:
    assert say(leader, street, words="Lubangnya satu, dilaporkan dua kali").status_code == 303
    assert one_stop(street.stop).status == "blocked"
    event = db.session.scalars(select(StopEvent)).one()
    assert (event.facts["same_as"], event.facts["away_m"]) == (street.near, 60)
    told = list(db.session.scalars(select(Message.template)))
    assert "postponed" not in told, "nobody hears of a delay before somebody decided"
    office = world.sign_in(Role.DISPATCHER)
    assert "Sama dengan titik lain" in words(office.get("/petugas/pengecualian"))
    page = words(office.get(f"/petugas/perintah/{street.order}"))
    assert f"#{street.near}" in page
    assert "Lubangnya satu" in page
    answer = merge(office, street.order)
    assert answer.status_code == 303
    mine, other = fresh(WorkOrder, street.order), fresh(WorkOrder, street.near_order)
    assert (mine.status, other.status) == ("cancelled", "ready")
    assert mine.cluster_id == other.cluster_id
    requests = db.session.scalars(
        select(ServiceRequest).where(ServiceRequest.cluster_id == street.near)
    ).all()
    assert len(requests) == 2
    assert db.session.scalars(select(GroupingDecision)).one().together
    assert f"/petugas/kelompok/{street.near}" in answer.headers["Location"]


def test_without_an_order_there_this_one_stands_for_both(
    world: World, leader: FlaskClient, street: Street
) -> None:
    with transaction() as session:
        cancel_order(
            session, street.near_order, version_of(street.near_order), "Salah", world.by(Role.DISPATCHER)
        )
    assert say(leader, street).status_code == 303
    office = world.sign_in(Role.DISPATCHER)
    assert "berlaku untuk keduanya" in words(office.get(f"/petugas/perintah/{street.order}"))
    assert merge(office, street.order).status_code == 303
    mine = fresh(WorkOrder, street.order)
    assert mine.status == "ready"
    members = db.session.scalars(
        select(ServiceRequest).where(ServiceRequest.cluster_id == mine.cluster_id)
    ).all()
    assert len(members) == 2


def test_a_refusal_sends_somebody_again(world: World, leader: FlaskClient, street: Street) -> None:
    say(leader, street)
    office = world.sign_in(Role.DISPATCHER)
    held = {"version": str(version_of(street.order)), "words": "Ada dua lubang"}
    assert office.post(f"/petugas/perintah/{street.order}/buka", data=held).status_code == 303
    assert fresh(WorkOrder, street.order).status == "ready"
    assert fresh(Cluster, street.near).open
    late = merge(office, street.order)
    assert late.status_code == 409
    assert "Tidak ada lagi yang perlu digabung" in words(late)


def test_two_who_press_at_once_merge_once(world: World, leader: FlaskClient, street: Street) -> None:
    say(leader, street)
    office = world.sign_in(Role.DISPATCHER)
    version = version_of(street.order)
    assert merge(office, street.order, version).status_code == 303
    again = merge(office, street.order, version)
    assert again.status_code == 409
    assert "orang lain" in words(again)


def test_what_is_finished_meanwhile_is_said(world: World, leader: FlaskClient, street: Street) -> None:
    say(leader, street)
    with transaction() as session:
        session.get_one(Cluster, street.near).open = False
    office = world.sign_in(Role.DISPATCHER)
    page = words(office.get(f"/petugas/perintah/{street.order}"))
    assert "Tempat itu sementara itu sudah selesai" in page
    assert "Gabungkan kedua tempat" not in page
    assert merge(office, street.order).status_code == 409


@pytest.mark.parametrize("same_as", ["", "0", "999999", "-1", "x", "9" * 40, "own", "far"])
def test_a_wrong_place_is_refused_at_its_field(leader: FlaskClient, street: Street, same_as: str) -> None:
    named = {"own": str(fresh(WorkOrder, street.order).cluster_id), "far": str(street.far)}
    answer = say(leader, street, same_as=named.get(same_as, same_as))
    assert answer.status_code == 422
    assert 'href="#same_as"' in words(answer)
    assert one_stop(street.stop).status == "planned"


def test_another_reason_needs_no_place(leader: FlaskClient, street: Street) -> None:
    assert say(leader, street, reason="rain", same_as="").status_code == 303
    assert fresh(WorkOrder, street.order).blocked_reason == "rain"


def test_only_planners_merge(world: World, leader: FlaskClient, street: Street) -> None:
    say(leader, street)
    version = version_of(street.order)
    assert merge(world.sign_in(Role.OFFICER), street.order, version).status_code == 403
    assert merge(leader, street.order, version).status_code == 403
    assert merge(world.sign_in(Role.DISPATCHER), 999999, 1).status_code == 404
