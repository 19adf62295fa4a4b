"""Tunda: a stop moves behind the others; drains stay before patches, and broken promises are said first."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import (
    Batch,
    BatchRevision,
    Crew,
    Depot,
    Shift,
    Stop,
    StopEvent,
    WorkOrder,
)
from fieldops.models.base import lon_lat
from fieldops.operations.dispatch_batch import recall_batch
from fieldops.operations.end_shift import end_shift
from fieldops.transaction import transaction
from tests.conftest import World
from tests.web.crews import depends, events, hours, key, listed, one_stop, report, stops, words

__all__ = ["stops"]

Postpone = Callable[..., TestResponse]


@pytest.fixture
def leader(world: World, stops: list[int]) -> FlaskClient:
    return world.sign_in_as(world.leaders["A"])


@pytest.fixture
def postpone(leader: FlaskClient) -> Postpone:
    def post(stop_id: int, client: FlaskClient | None = None, **fields: Any) -> TestResponse:
        headers = {"Accept": "application/json"} if fields.pop("as_script", False) else {}
        return (client or leader).post(
            f"/regu/titik/{stop_id}/tunda",
            data={"client_key": key(), "reason": "traffic", **fields},
            headers=headers,
        )

    return post


def test_a_stop_moves_behind_the_others_with_new_times(
    world: World, postpone: Postpone, leader: FlaskClient, stops: list[int]
) -> None:
    a, b, c, d = stops
    answer = postpone(a, words="Pasar tumpah")
    assert answer.status_code == 303
    assert listed() == [b, c, d, a]
    times = [(one_stop(number).arrives_at, one_stop(number).ends_at) for number in listed()]
    assert times == sorted(times)
    assert all(ends - starts == timedelta(minutes=30) for starts, ends in times)
    assert all(later[0] > earlier[1] for earlier, later in pairwise(times))
    event = db.session.scalars(select(StopEvent)).one()
    assert (event.kind, event.stop_id, event.words) == ("postponed", a, "Pasar tumpah")
    assert (event.facts["postponed"], event.facts["from"]) == ("traffic", 1)
    first, second = db.session.scalars(select(BatchRevision).order_by(BatchRevision.number))
    assert [row["stop"] for row in first.stops] == [a, b, c, d]
    assert [row["stop"] for row in second.stops] == [b, c, d, a]
    assert (second.reason, second.seen_at) == ("postponed", second.at)
    assert "/dibaca" not in words(leader.get("/regu")), "the crew need not read what it did itself"
    assert f"/regu/titik/{b}" in words(leader.get("/regu"))
    assert "Regu menunda satu titik." in words(world.sign_in(Role.DISPATCHER).get("/petugas/hari-ini"))


def test_what_was_done_or_begun_stays_where_it_is(
    postpone: Postpone, leader: FlaskClient, stops: list[int]
) -> None:
    a, b, c, d = stops
    blocked = {"client_key": key(), "reason": "rain"}
    assert leader.post(f"/regu/titik/{a}/tidak-bisa", data=blocked).status_code == 303
    report(leader, b, "left")
    report(leader, b, "arrived")
    assert postpone(c).status_code == 303
    assert listed() == [a, b, d, c]
    refused = postpone(b)
    assert refused.status_code == 409
    assert "sudah tiba di sini" in words(refused)
    assert listed() == [a, b, d, c]


def test_a_crew_on_its_way_may_turn_round(postpone: Postpone, leader: FlaskClient, stops: list[int]) -> None:
    a, b, c, d = stops
    report(leader, a, "left")
    assert postpone(a).status_code == 303
    assert listed() == [b, c, d, a]
    assert one_stop(a).status == "planned"


def test_what_waits_for_a_stop_moves_along_behind_it(
    postpone: Postpone, leader: FlaskClient, stops: list[int]
) -> None:
    a, b, c, d = stops
    depends(c, after_id=a)
    assert "Titik 3 menunggu titik ini" in words(leader.get(f"/regu/titik/{a}/tunda"))
    assert postpone(a).status_code == 303
    assert listed() == [b, d, a, c]
    assert db.session.scalars(select(StopEvent)).one().facts["along"] == [one_stop(c).work_order_id]
    assert postpone(c).status_code == 303
    assert listed() == [b, d, a, c]
    assert postpone(b).status_code == 303
    assert listed() == [d, a, c, b]


def test_promised_hours_are_said_before_they_are_broken(
    postpone: Postpone, leader: FlaskClient, stops: list[int]
) -> None:
    a, b, c, d = stops
    hours(a, None, clock.now() + timedelta(minutes=50))
    number = db.session.get_one(WorkOrder, one_stop(a).work_order_id).number
    assert f"{number} dijanjikan sebelum pukul" in words(leader.get(f"/regu/titik/{a}/tunda"))
    refused = postpone(a)
    assert refused.status_code == 422
    assert 'href="#override"' in words(refused)
    assert listed() == [a, b, c, d]
    assert postpone(a, override="1").status_code == 303
    assert listed() == [b, c, d, a]
    assert db.session.scalars(select(StopEvent)).one().facts["broken"] == [f"hours:{number}"]


def test_hours_that_have_not_begun_are_waited_for(postpone: Postpone, stops: list[int]) -> None:
    a, b, _c, _d = stops
    from_then = clock.now() + timedelta(minutes=70)
    hours(b, from_then, None)
    assert postpone(a).status_code == 303
    assert one_stop(b).arrives_at == from_then


def test_the_end_of_the_shift_is_said_before_it_is_passed(
    world: World, postpone: Postpone, stops: list[int]
) -> None:
    a, b, _c, d = stops
    with transaction() as session:
        batch = session.get_one(Batch, session.get_one(Stop, d).batch_id)
        depot = session.get_one(Depot, session.get_one(Crew, batch.crew_id).depot_id).place
        last = session.get_one(WorkOrder, session.get_one(Stop, d).work_order_id).place
        home_s = world.installation.roads.drive_s(lon_lat(last), lon_lat(depot))
        # Whatever comes first, the second stop begins in 3 h; three stops and the way home just fit.
        shift = session.get_one(Shift, batch.shift_id)
        shift.ends_at = clock.now() + timedelta(hours=4, minutes=45, seconds=home_s)
        shift.overtime_s = 0
    hours(b, clock.now() + timedelta(hours=3), None)
    refused = postpone(a)
    assert refused.status_code == 422
    assert "setelah giliran berakhir" in words(refused)
    assert postpone(a, override="1").status_code == 303


def test_the_same_form_twice_moves_it_once(postpone: Postpone, stops: list[int]) -> None:
    a, b, c, d = stops
    same = key()
    first = postpone(a, client_key=same, as_script=True)
    assert postpone(b).status_code == 303
    again = postpone(a, client_key=same, as_script=True)
    assert first.json == again.json
    assert listed() == [c, d, a, b]
    assert events(a) == ["postponed"]
    assert postpone(c, client_key=same).status_code == 409


BAD: list[tuple[dict[str, Any], str]] = [
    ({"reason": ""}, "reason"),
    ({"reason": "malas"}, "reason"),
    ({"reason": "other"}, "words"),
    ({"words": "x" * 1001}, "words"),
    ({"client_key": "x"}, "client_key"),
]


@pytest.mark.parametrize(("fields", "field"), BAD)
def test_a_wrong_postponement_is_refused_at_its_field(
    postpone: Postpone, stops: list[int], fields: dict[str, Any], field: str
) -> None:
    answer = postpone(stops[0], **fields)
    assert answer.status_code == 422
    assert f'href="#{field}"' in words(answer)
    assert listed() == stops


def test_another_crew_an_ended_shift_and_a_recalled_list_are_refused_in_words(
    world: World, postpone: Postpone, stops: list[int]
) -> None:
    other = world.sign_in_as(world.leaders["B"])
    answer = postpone(stops[0], client=other)
    assert answer.status_code == 403
    assert "regu lain" in words(answer)
    assert postpone(999999).status_code == 404
    with transaction() as session:
        batch = session.get_one(Batch, session.get_one(Stop, stops[0]).batch_id)
        end_shift(session, batch, world.leader("A"))
    ended = postpone(stops[0])
    assert ended.status_code == 409
    assert "Giliran sudah berakhir" in words(ended)
    assert listed() == stops


def test_a_recalled_list_and_the_last_stop_take_no_postponement(
    world: World, postpone: Postpone, leader: FlaskClient, stops: list[int]
) -> None:
    for number in stops[:3]:
        blocked = {"client_key": key(), "reason": "rain"}
        leader.post(f"/regu/titik/{number}/tidak-bisa", data=blocked)
    alone = postpone(stops[3])
    assert alone.status_code == 409
    assert "Tidak ada titik lain" in words(alone)
    with transaction() as session:
        batch = session.get_one(Batch, session.get_one(Stop, stops[0]).batch_id)
        recall_batch(session, batch.id, batch.version, world.by(Role.DISPATCHER))
    recalled = postpone(stops[3])
    assert recalled.status_code == 409
    assert "ditarik" in words(recalled)
