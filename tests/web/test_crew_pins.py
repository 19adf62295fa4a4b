"""Koreksi titik: the crew stands at the real place, and the office takes it or leaves it."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import Batch, PinProposal, ServiceRequest, Stop, StopEvent, WorkOrder
from fieldops.models.base import lon_lat
from fieldops.operations.dispatch_batch import recall_batch
from fieldops.operations.end_shift import end_shift
from fieldops.transaction import transaction
from tests.conftest import World
from tests.web.crews import LAT, LON, Day, day, events, jpeg, key, leader, words

__all__ = ["day", "leader"]

Correct = Callable[..., TestResponse]
HERE = {"lat": str(LAT + 0.002), "lon": str(LON), "accuracy": "12"}  # 222 m to the north


@pytest.fixture
def correct(leader: FlaskClient) -> Correct:
    """Post a correction: correct(stop_id, lat=…, lon=…, accuracy=…)."""

    def post(stop_id: int, client: FlaskClient | None = None, **fields: Any) -> TestResponse:
        headers = {"Accept": "application/json"} if fields.pop("as_script", False) else {}
        data = {name: value for name, value in {"client_key": key(), **fields}.items() if value is not None}
        return (client or leader).post(f"/regu/titik/{stop_id}/koreksi", data=data, headers=headers)

    return post


def proposals() -> list[PinProposal]:
    db.session.expire_all()
    return list(db.session.scalars(select(PinProposal).order_by(PinProposal.id)))


def order_of(stop_id: int) -> WorkOrder:
    db.session.expire_all()
    return db.session.get_one(WorkOrder, db.session.get_one(Stop, stop_id).work_order_id)


def places(day: Day) -> list[tuple[float, float]]:
    db.session.expire_all()
    return [lon_lat(db.session.get_one(ServiceRequest, number).place) for number in day.request_ids]


NEW = pytest.approx((LON, LAT + 0.002))


def test_the_crew_sees_its_place_at_once_and_nobody_else_does(
    correct: Correct, leader: FlaskClient, day: Day
) -> None:
    before = places(day)
    assert correct(day.stop_ids[0], words="Setelah jembatan", **HERE).status_code == 303
    (one,) = proposals()
    assert (one.status, one.accuracy_m, lon_lat(one.place)) == ("proposed", 12.0, NEW)
    assert events(day.stop_ids[0]) == ["pin_corrected"]
    assert lon_lat(order_of(day.stop_ids[0]).place) != NEW
    assert places(day) == before
    card = words(leader.get(f"/regu/titik/{day.stop_ids[0]}/arah"))
    assert f"{LAT + 0.002:.6f}, {LON:.6f}" in card
    assert "kantor belum memutuskan" in words(leader.get(f"/regu/titik/{day.stop_ids[0]}"))
    stops = [
        one
        for one in leader.get("/regu/rute.geojson").json["features"]
        if one["properties"]["kind"] == "stop"
    ]
    assert stops[0]["geometry"]["coordinates"] == NEW
    arrived = {"client_key": key(), "kind": "arrived", "lat": LAT + 0.002, "lon": LON}
    assert leader.post(f"/regu/titik/{day.stop_ids[0]}/kejadian", data=arrived).status_code == 303


def test_the_office_sees_both_places_and_takes_the_new_one(
    world: World, correct: Correct, leader: FlaskClient, day: Day
) -> None:
    correct(day.stop_ids[0], words="Setelah jembatan", **HERE)
    (one,) = proposals()
    cluster_id, third = order_of(day.stop_ids[0]).cluster_id, places(day)[2]
    desk = world.sign_in(Role.DISPATCHER)
    for path in ("/petugas/hari-ini", "/petugas/pengecualian"):
        assert f"/petugas/koreksi/{one.id}" in words(desk.get(path))
    page = words(desk.get(f"/petugas/koreksi/{one.id}"))
    assert "Setelah jembatan" in page
    assert f"{LAT + 0.002:.6f}, {LON:.6f}" in page
    assert f"{LAT:.6f}, {LON:.6f}" in page
    assert "± 12 m" in page
    drawn = desk.get(f"/petugas/koreksi/{one.id}/titik.geojson").json["features"]
    assert [feature["properties"]["state"] for feature in drawn] == ["planned", "open"]

    assert desk.post(f"/petugas/koreksi/{one.id}/ambil").status_code == 303
    order = order_of(day.stop_ids[0])
    assert (lon_lat(order.place), order.cluster_id) == (NEW, cluster_id)
    first, second, other = places(day)
    assert (first, second, other) == (NEW, NEW, third)
    members = [db.session.get_one(ServiceRequest, number).cluster_id for number in day.request_ids]
    assert members[:2] == [cluster_id, cluster_id]
    assert "Kantor menerima koreksi" in words(leader.get(f"/regu/titik/{day.stop_ids[0]}"))
    assert f"/petugas/koreksi/{one.id}" not in words(desk.get("/petugas/pengecualian"))
    again = desk.post(f"/petugas/koreksi/{one.id}/biarkan")
    assert again.status_code == 409
    assert "sudah diputuskan" in words(again)


def test_a_place_is_taken_after_the_repair_too_and_ended_reports_stay(
    world: World, correct: Correct, leader: FlaskClient, day: Day
) -> None:
    before = places(day)
    correct(day.stop_ids[0], **HERE)
    done = {"client_key": key(), "repair_kind": "permanent", "photo": (io.BytesIO(jpeg()), "f.jpg")}
    there = {"lat": HERE["lat"], "lon": HERE["lon"]}
    assert leader.post(f"/regu/titik/{day.stop_ids[0]}/selesai", data=done | there).status_code == 303
    (one,) = proposals()
    desk = world.sign_in(Role.DISPATCHER)
    assert f"/petugas/koreksi/{one.id}" in words(desk.get("/petugas/pengecualian"))
    assert desk.post(f"/petugas/koreksi/{one.id}/ambil").status_code == 303
    assert lon_lat(order_of(day.stop_ids[0]).place) == NEW
    assert places(day) == before


def test_the_office_leaves_the_place_as_it_was(
    world: World, correct: Correct, leader: FlaskClient, day: Day
) -> None:
    before = places(day)
    correct(day.stop_ids[0], **HERE)
    (one,) = proposals()
    desk = world.sign_in(Role.OFFICER)
    assert desk.post(f"/petugas/koreksi/{one.id}/biarkan").status_code == 303
    assert places(day) == before
    assert proposals()[0].status == "left"
    card = words(leader.get(f"/regu/titik/{day.stop_ids[0]}/arah"))
    assert f"{LAT:.6f}, {LON:.6f}" in card
    assert "membiarkan tempatnya" in words(leader.get(f"/regu/titik/{day.stop_ids[0]}"))
    assert desk.post("/petugas/koreksi/999999/ambil").status_code == 404


def test_the_same_form_twice_is_one_correction_and_a_newer_one_takes_its_place(
    correct: Correct, day: Day
) -> None:
    same = key()
    first = correct(day.stop_ids[0], client_key=same, as_script=True, **HERE)
    again = correct(day.stop_ids[0], client_key=same, as_script=True, **HERE)
    assert first.json == again.json
    assert len(proposals()) == 1
    assert correct(day.stop_ids[1], client_key=same, **HERE).status_code == 409
    correct(day.stop_ids[0], **{**HERE, "lat": str(LAT + 0.003)})
    assert [one.status for one in proposals()] == ["replaced", "proposed"]
    assert events(day.stop_ids[0]) == ["pin_corrected", "pin_corrected"]


def test_typed_coordinates_need_no_accuracy_and_say_nothing_of_where_the_crew_is(
    correct: Correct, day: Day
) -> None:
    assert correct(day.stop_ids[0], coordinates=f"{LAT + 0.002}, {LON}").status_code == 303
    (one,) = proposals()
    assert (one.accuracy_m, lon_lat(one.place)) == (None, NEW)
    assert db.session.scalars(select(StopEvent)).one().place is None


def test_a_place_far_away_asks_and_then_takes_the_crews_word(correct: Correct, day: Day) -> None:
    far = {**HERE, "lat": str(LAT + 0.012)}
    refused = correct(day.stop_ids[0], **far)
    assert refused.status_code == 422
    assert "1334 m" in words(refused) or "1335 m" in words(refused)
    assert 'name="override"' in words(refused)
    assert proposals() == []
    assert correct(day.stop_ids[0], override="1", **far).status_code == 303
    assert proposals()[0].override


BAD: list[tuple[dict[str, Any], str]] = [
    ({"lat": None, "lon": None}, "coordinates"),
    ({"accuracy": "51"}, "coordinates"),
    ({"accuracy": ""}, "coordinates"),
    ({"accuracy": "NaN"}, "coordinates"),
    ({"lat": "51.5", "lon": "-0.12", "override": "1"}, "coordinates"),  # London
    ({"coordinates": "di depan pasar"}, "coordinates"),
    ({"words": "x" * 1001}, "words"),
    ({"client_key": "x"}, "client_key"),
]


@pytest.mark.parametrize(("fields", "field"), BAD)
def test_a_wrong_correction_is_refused_at_its_field(
    correct: Correct, day: Day, fields: dict[str, Any], field: str
) -> None:
    answer = correct(day.stop_ids[0], **{**HERE, **fields})
    assert answer.status_code == 422
    assert f'href="#{field}"' in words(answer)
    assert proposals() == []


def test_another_crews_stop_and_other_parts_are_refused_in_words(
    world: World, correct: Correct, day: Day
) -> None:
    other = world.sign_in_as(world.leaders["B"])
    answer = correct(day.stop_ids[0], client=other, **HERE)
    assert answer.status_code == 403
    assert "regu lain" in words(answer)
    assert other.get(f"/regu/titik/{day.stop_ids[0]}/koreksi").status_code == 403
    assert correct(999999, **HERE).status_code == 404
    correct(day.stop_ids[0], **HERE)
    (one,) = proposals()
    assert world.sign_in(Role.ENGINEER).post(f"/petugas/koreksi/{one.id}/ambil").status_code == 403
    assert proposals()[0].status == "proposed"


def test_an_ended_shift_takes_no_correction(world: World, correct: Correct, day: Day) -> None:
    with transaction() as session:
        end_shift(session, session.get_one(Batch, day.batch_id), world.leader("A"))
    answer = correct(day.stop_ids[0], **HERE)
    assert answer.status_code == 409
    assert "Giliran sudah berakhir" in words(answer)
    assert proposals() == []


def test_a_recalled_list_and_an_ended_stop_take_no_correction(
    world: World, correct: Correct, leader: FlaskClient, day: Day
) -> None:
    blocked = {"client_key": key(), "reason": "rain"}
    leader.post(f"/regu/titik/{day.stop_ids[0]}/tidak-bisa", data=blocked)
    ended = correct(day.stop_ids[0], **HERE)
    assert ended.status_code == 409
    assert "berakhir" in words(ended) or "selesai" in words(ended)
    with transaction() as session:
        version = session.get_one(Batch, day.batch_id).version
        recall_batch(session, day.batch_id, version, world.by(Role.DISPATCHER))
    recalled = correct(day.stop_ids[1], **HERE)
    assert recalled.status_code == 409
    assert "ditarik" in words(recalled)
    assert proposals() == []
