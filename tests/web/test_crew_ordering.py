"""Urutkan: a crew orders the stops it has not begun; rules hold, and the office sees what it costs."""

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
from fieldops.models import AuditEntry, Batch, BatchRevision, Crew, Depot, Shift, Stop, StopEvent, WorkOrder
from fieldops.models.base import lon_lat
from fieldops.operations.dispatch_batch import recall_batch, return_stop
from fieldops.operations.end_shift import end_shift
from fieldops.transaction import transaction
from tests.conftest import World
from tests.web.crews import (
    LON,
    add_batch,
    depends,
    events,
    hours,
    key,
    listed,
    one_stop,
    open_place,
    report,
    stops,
    words,
)

__all__ = ["stops"]

Order = Callable[..., TestResponse]


@pytest.fixture
def leader(world: World, stops: list[int]) -> FlaskClient:
    """Crew A has no rest today: whether it lies ahead would hang on the hour of the test."""
    with transaction() as session:
        shift = shift_of(session, stops[0])
        shift.break_from = shift.break_until = None
    return world.sign_in_as(world.leaders["A"])


@pytest.fixture
def order(leader: FlaskClient, stops: list[int]) -> Order:
    """Post an order: order([b, a, c, d], was=[a, b, c, d])."""

    def post(wanted: list[int], client: FlaskClient | None = None, **fields: Any) -> TestResponse:
        headers = {"Accept": "application/json"} if fields.pop("as_script", False) else {}
        was = ",".join(map(str, fields.pop("was", stops)))
        data = {"client_key": key(), "order": ",".join(map(str, wanted)), "was": was, **fields}
        return (client or leader).post("/regu/urutan?regu=A", data=data, headers=headers)

    return post


def number(stop_id: int) -> str:
    return db.session.get_one(WorkOrder, one_stop(stop_id).work_order_id).number


def shift_of(session: Any, stop_id: int) -> Shift:
    batch = session.get_one(Batch, session.get_one(Stop, stop_id).batch_id)
    found: Shift = session.get_one(Shift, batch.shift_id)
    return found


def test_the_list_has_the_crews_order_with_new_times(
    world: World, order: Order, leader: FlaskClient, stops: list[int]
) -> None:
    a, b, c, d = stops
    answer = order([c, a, b, d])
    assert answer.status_code == 303
    assert listed() == [c, a, b, d]
    times = [(one_stop(number).arrives_at, one_stop(number).ends_at) for number in listed()]
    assert times == sorted(times)
    assert all(later[0] > earlier[1] for earlier, later in pairwise(times)), "with the drive between"
    event = db.session.scalars(select(StopEvent)).one()
    assert (event.kind, event.stop_id) == ("reordered", c)
    assert (event.facts["was"], event.facts["now"]) == (stops, [c, a, b, d])
    assert event.facts["longer_s"] > 0
    first, second = db.session.scalars(select(BatchRevision).order_by(BatchRevision.number))
    assert [row["stop"] for row in first.stops] == stops
    assert [row["stop"] for row in second.stops] == [c, a, b, d]
    assert (second.reason, second.seen_at) == ("reordered", second.at)
    assert db.session.scalars(select(AuditEntry.act)).all()[-1] == "list_reordered"
    page = words(leader.get("/regu"))
    assert "/dibaca" not in page, "the crew need not read what it did itself"
    assert "1. Jalan berlubang" in page


def test_the_page_says_beforehand_what_an_order_costs(
    order: Order, leader: FlaskClient, stops: list[int]
) -> None:
    a, b, c, d = stops
    page = words(leader.get(f"/regu/urutan?urutan={d},{a},{b},{c}"))
    assert "lebih banyak berkendara" in page or "lebih lama berkendara" in page
    assert "tiba di depo" in page.lower() or "di depo" in page
    assert f'name="order" value="{d},{a},{b},{c}"' in page
    assert f'name="was" value="{a},{b},{c},{d}"' in page
    assert listed() == stops, "looking changes nothing"
    assert f"urutan={b},{a},{c},{d}" in words(leader.get("/regu/urutan")).replace("%2C", ",")
    for strange in ("1,2", f"{a},{a},{b},{c}", "x", f"{a},{b},{c},{d},99999", "," * 5000):
        page = words(leader.get("/regu/urutan", query_string={"urutan": strange}))
        assert f'name="order" value="{a},{b},{c},{d}"' in page


def test_the_office_sees_it_and_what_comes_late(world: World, order: Order, stops: list[int]) -> None:
    a, b, c, d = stops
    with transaction() as session:
        urgent = session.get_one(WorkOrder, session.get_one(Stop, a).work_order_id)
        urgent.urgent_by = clock.now() + timedelta(minutes=urgent.duration_s // 60 + 30)
    refused = order([b, c, d, a])
    assert refused.status_code == 422
    assert 'href="#override"' in words(refused)
    assert f"{number(a)} dijanjikan sebelum pukul" in words(refused)
    assert listed() == stops
    assert order([b, c, d, a], override="1").status_code == 303
    assert listed() == [b, c, d, a]
    day = words(world.sign_in(Role.DISPATCHER).get("/petugas/hari-ini"))
    assert "Regu mengubah urutan titiknya" in day
    assert f"{number(a)} dijanjikan sebelum pukul" in day
    assert "Regu mengubah urutannya." in day


def test_it_can_be_taken_back(world: World, order: Order, leader: FlaskClient, stops: list[int]) -> None:
    a, b, c, d = stops
    assert order([d, c, b, a]).status_code == 303
    page = words(leader.get("/regu"))
    assert 'action="/regu/urutan?regu=A"' in page, "the toast offers it"
    page = words(leader.get("/regu/urutan"))
    assert "Kembalikan urutan sebelumnya" in page
    assert f'name="order" value="{a},{b},{c},{d}"' in page
    assert order(stops, was=[d, c, b, a], undo="1", override="1").status_code == 303
    assert listed() == stops
    assert [
        row["undo"] for row in (one.facts for one in db.session.scalars(select(StopEvent))) if "undo" in row
    ] == [True]
    assert "Regu mengembalikan urutan sebelumnya" in words(
        world.sign_in(Role.DISPATCHER).get("/petugas/hari-ini")
    )


def test_what_is_begun_or_done_stays_where_it_is(order: Order, leader: FlaskClient, stops: list[int]) -> None:
    a, b, c, d = stops
    blocked = {"client_key": key(), "reason": "rain"}
    assert leader.post(f"/regu/titik/{a}/tidak-bisa", data=blocked).status_code == 303
    report(leader, b, "left")
    assert f'data-stop-row="{b}"' not in words(leader.get("/regu/urutan"))
    assert order([d, c], was=[c, d]).status_code == 303
    assert listed() == [a, b, d, c]
    assert one_stop(b).status == "on_the_way"
    assert one_stop(d).arrives_at > clock.now(), "after what was begun"


def test_an_order_that_waited_on_the_phone_goes_by_what_is_left(
    order: Order, leader: FlaskClient, stops: list[int]
) -> None:
    a, b, c, d = stops
    report(leader, a, "left")
    assert order([a, d, c, b]).status_code == 303, "the crew set off itself"
    assert listed() == [a, d, c, b]


def test_a_list_that_the_office_changed_meanwhile_is_not_written_over(
    world: World, order: Order, stops: list[int]
) -> None:
    a, b, c, d = stops
    with transaction() as session:
        return_stop(session, session.get_one(Stop, b))
    answer = order([d, c, b, a])
    assert answer.status_code == 409
    assert "berubah sejak" in words(answer)
    assert listed() == stops
    assert order([d, c, a], was=[c, a, d]).status_code == 409, "another order than the one that was seen"
    assert order([d, c, a], was=[a, c, d]).status_code == 303


def test_a_drain_stays_before_its_patch(order: Order, leader: FlaskClient, stops: list[int]) -> None:
    a, b, c, d = stops
    depends(c, after_id=a)
    said = f"{number(c)} menunggu {number(a)}"
    assert said in words(leader.get(f"/regu/urutan?urutan={b},{c},{a},{d}"))
    answer = order([b, c, a, d])
    assert answer.status_code == 422
    assert said in words(answer)
    assert listed() == stops
    assert order([b, a, c, d]).status_code == 303


def test_promised_hours_are_kept(order: Order, stops: list[int]) -> None:
    a, b, c, d = stops
    hours(a, None, clock.now() + timedelta(minutes=50))
    answer = order([b, c, d, a])
    assert answer.status_code == 422
    assert f"{number(a)} dijanjikan sebelum pukul" in words(answer)
    assert order([b, c, d, a], override="1").status_code == 422, "nobody on the street confirms that away"
    assert order([a, d, c, b]).status_code == 303
    assert listed() == [a, d, c, b]


def test_what_the_list_breaks_anyway_is_not_held_against_an_order(order: Order, stops: list[int]) -> None:
    a, b, c, d = stops
    hours(d, clock.now() - timedelta(hours=3), clock.now() - timedelta(hours=2))
    assert order([b, a, c, d]).status_code == 303


def test_hours_that_have_not_begun_are_waited_for(order: Order, stops: list[int]) -> None:
    a, b, c, d = stops
    from_then = clock.now() + timedelta(hours=2)
    hours(b, from_then, None)
    assert order([b, a, c, d]).status_code == 303
    assert abs(one_stop(b).arrives_at - from_then) < timedelta(seconds=2)


def test_the_rest_keeps_its_hours_and_its_place_in_the_list(order: Order, stops: list[int]) -> None:
    a, b, c, d = stops
    now = clock.now()
    with transaction() as session:
        shift = shift_of(session, a)
        shift.break_from, shift.break_until = now + timedelta(minutes=50), now + timedelta(minutes=100)
        shift.break_s = 1800
        for stop_id in stops:
            session.get_one(WorkOrder, session.get_one(Stop, stop_id).work_order_id).duration_s = 2700
    assert order([b, a, c, d]).status_code == 303
    begins, ends = db.session.scalars(select(StopEvent)).one().facts["rest"]
    assert ends - begins == 1800
    assert 50 * 60 - 2 <= begins - now.timestamp() <= 100 * 60
    spans = [(one_stop(stop_id).arrives_at, one_stop(stop_id).ends_at) for stop_id in listed()]
    assert all(end.timestamp() <= begins or start.timestamp() >= ends for start, end in spans)


def test_the_end_of_the_shift_is_said_before_it_is_passed(
    world: World, order: Order, stops: list[int]
) -> None:
    a, b, c, d = stops
    with transaction() as session:
        shift = shift_of(session, a)
        depot = session.get_one(Depot, session.get_one(Crew, shift.crew_id).depot_id).place
        last = session.get_one(WorkOrder, session.get_one(Stop, d).work_order_id)
        home_s = world.installation.roads.drive_s(lon_lat(last.place), lon_lat(depot))
        # A stop that opens late: whoever does it first comes home late.
        shift.ends_at = clock.now() + timedelta(hours=6, seconds=home_s + last.duration_s + 600)
        shift.overtime_s = 0
    hours(d, clock.now() + timedelta(hours=6), None)
    refused = order([d, a, b, c])
    assert refused.status_code == 422
    assert "setelah giliran berakhir" in words(refused)
    assert order([d, a, b, c], override="1").status_code == 303


def test_another_crew_that_waits_is_not_held_up(
    world: World, order: Order, submission: Any, stops: list[int]
) -> None:
    a, b, c, d = stops
    with transaction() as session:
        other = open_place(session, world, submission(lon=LON + 0.05))
        batch = add_batch(session, world, "B", [other])
        theirs = session.scalars(select(Stop).where(Stop.batch_id == batch.id)).one()
        length = session.get_one(WorkOrder, session.get_one(Stop, a).work_order_id).duration_s
        theirs.arrives_at = clock.now() + timedelta(seconds=length + 3600)
        their_id = theirs.id
    depends(their_id, after_id=a)
    answer = order([b, c, d, a])
    assert answer.status_code == 422
    crew = db.session.scalars(select(Crew.name).where(Crew.letter == "B")).one()
    assert f"{crew} menunggu {number(a)}" in words(answer)
    assert order([a, c, b, d]).status_code == 303


def test_the_same_form_twice_is_one_order(order: Order, stops: list[int]) -> None:
    a, b, c, d = stops
    same = key()
    first = order([d, a, b, c], client_key=same, as_script=True)
    assert order([a, d, b, c], was=[d, a, b, c]).status_code == 303
    again = order([d, a, b, c], client_key=same, as_script=True)
    assert first.json == again.json
    assert listed() == [a, d, b, c]
    assert events(d) == ["reordered"]


def test_the_order_that_the_list_has_is_no_report(order: Order, stops: list[int]) -> None:
    answer = order(stops)
    assert answer.status_code == 409
    assert "sudah begitu" in words(answer) or "sudah" in words(answer)
    assert not events(stops[0])


BAD: list[tuple[dict[str, Any], int, str]] = [
    ({"order": ""}, 422, "order"),
    ({"order": "satu,dua"}, 422, "order"),
    ({"order": "99999999999999999999"}, 422, "order"),
    ({"order": ",".join(["1"] * 300)}, 422, "order"),
    ({"client_key": "x"}, 422, "client_key"),
]


@pytest.mark.parametrize(("fields", "status", "field"), BAD)
def test_a_wrong_order_is_refused_at_its_field(
    order: Order, stops: list[int], fields: dict[str, Any], status: int, field: str
) -> None:
    answer = order(stops[::-1], **fields)
    assert answer.status_code == status
    assert f'href="#{field}"' in words(answer)
    assert listed() == stops


def test_a_stop_twice_or_of_nobody_is_no_order(order: Order, stops: list[int]) -> None:
    a, b, c, _d = stops
    for wanted in ([a, a, b, c], [a, b, c], [b, a, c, 987654]):
        assert order(wanted).status_code == 409
    assert order([987654, a, b, c]).status_code == 404
    assert listed() == stops


def test_another_crew_a_recalled_list_and_an_ended_shift_are_refused(
    world: World, order: Order, leader: FlaskClient, stops: list[int]
) -> None:
    other = world.sign_in_as(world.leaders["B"])
    answer = order(stops[::-1], client=other)
    assert answer.status_code == 403
    assert "regu lain" in words(answer)
    with transaction() as session:
        batch = session.get_one(Batch, session.get_one(Stop, stops[0]).batch_id)
        recall_batch(session, batch.id, batch.version, world.by(Role.DISPATCHER))
    recalled = order(stops[::-1])
    assert recalled.status_code == 409
    assert "ditarik" in words(recalled)


def test_after_the_shift_nothing_is_left_to_put_in_order(
    world: World, order: Order, leader: FlaskClient, stops: list[int]
) -> None:
    with transaction() as session:
        end_shift(
            session, session.get_one(Batch, session.get_one(Stop, stops[0]).batch_id), world.leader("A")
        )
    assert order(stops[::-1]).status_code == 409
    assert "Tidak ada yang perlu diurutkan" in words(leader.get("/regu/urutan"))


def test_a_list_of_tomorrow_begins_with_its_shift(
    world: World, order: Order, leader: FlaskClient, submission: Any, stops: list[int]
) -> None:
    with transaction() as session:
        today = session.get_one(Batch, session.get_one(Stop, stops[0]).batch_id)
        recall_batch(session, today.id, today.version, world.by(Role.DISPATCHER))
        orders = [open_place(session, world, submission(lon=LON + 0.009 * n, lat=-7.55)) for n in range(3)]
        batch = add_batch(session, world, "A", orders, ahead_days=1)
        shift = session.get_one(Shift, batch.shift_id)
        shift.break_from = shift.break_until = None
        begins = shift.starts_at
        new = list(session.scalars(select(Stop.id).where(Stop.batch_id == batch.id).order_by(Stop.position)))
    assert f'data-stop-row="{new[0]}"' in words(leader.get("/regu/urutan"))
    assert order(new[::-1], was=new).status_code == 303
    assert begins <= one_stop(new[2]).arrives_at < begins + timedelta(hours=1)


def test_after_the_end_of_the_shift_the_list_still_has_an_order(
    world: World, order: Order, leader: FlaskClient, stops: list[int]
) -> None:
    a, b, c, d = stops
    with transaction() as session:
        shift = shift_of(session, a)
        shift.starts_at, shift.ends_at = (
            shift.starts_at - timedelta(hours=9),
            clock.now() - timedelta(minutes=5),
        )
    assert order([b, a, c, d]).status_code == 303, "it was too late before, too"
    assert one_stop(b).arrives_at >= clock.now() - timedelta(minutes=1)


def test_a_crew_that_broke_down_may_say_what_it_would_do_first(
    world: World, order: Order, leader: FlaskClient, stops: list[int]
) -> None:
    a, b, c, d = stops
    report(leader, a, "left")
    with transaction() as session:
        shift_of(session, a).away_from = clock.now()
    assert order([c, b, d], was=[b, c, d]).status_code == 303
    assert listed() == [a, c, b, d]


def test_who_has_no_list_is_told_so(world: World) -> None:
    assert world.sign_in_as(world.leaders["B"]).get("/regu/urutan").status_code == 200
