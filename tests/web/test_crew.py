"""Crew leaders' pages: the day's list, a stop's card, every report a crew sends and every wrong one."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.domain.work_order_states import BatchStatus
from fieldops.extensions import db
from fieldops.models import (
    Batch,
    Crew,
    Message,
    Photo,
    ServiceRequest,
    Stop,
    StopEvent,
    WorkOrder,
)
from fieldops.operations.dispatch_batch import recall_batch, return_stop
from fieldops.transaction import transaction
from tests.conftest import World, forget_the_last_visitor
from tests.web.crews import (
    CONTACT,
    LAT,
    LON,
    Day,
    add_batch,
    day,
    events,
    jpeg,
    key,
    leader,
    words,
)

__all__ = ["day", "leader"]


@pytest.fixture
def send(leader: FlaskClient) -> Callable[..., TestResponse]:
    """Post a report: send(stop, "kejadian", kind="left")."""

    def post(stop_id: int, what: str, client: FlaskClient | None = None, **fields: Any) -> TestResponse:
        data = {"client_key": key(), **fields}
        return (client or leader).post(
            f"/regu/titik/{stop_id}/{what}", data=data, content_type="multipart/form-data"
        )

    return post


def work(send: Callable[..., TestResponse], stop_id: int, **more: Any) -> TestResponse:
    """Do a stop from leaving to its after-photo."""
    assert send(stop_id, "kejadian", kind="left").status_code == 303
    assert send(stop_id, "kejadian", kind="arrived", lat=LAT, lon=LON, override="1").status_code == 303
    fields = {"repair_kind": "permanent", "photo": (io.BytesIO(jpeg("black")), "after.jpg"), **more}
    return send(stop_id, "selesai", **fields)


# ---------------------------------------------------------------- reading


def test_the_list_shows_the_next_stop_and_the_later_one(leader: FlaskClient, day: Day) -> None:
    page = words(leader.get("/regu"))
    assert "0 dari 2 selesai" in page or "0 of 2 done" in page
    assert "Depan toko besi" in page
    assert page.index("1. Jalan berlubang") < page.index("2. Jalan berlubang")
    assert f"/regu/foto/{day.photo_id}/small" in page
    assert "geo:-7.566000,110.823000?q=-7.566000,110.823000(1)" in page


def test_no_page_of_the_crew_tells_who_reported(leader: FlaskClient, day: Day) -> None:
    paths = ["/regu", "/regu/peta", "/regu/lembar", "/regu/rute.geojson"]
    paths += [
        f"/regu/titik/{day.stop_ids[0]}{end}"
        for end in ("", "/arah", "/selesai", "/tidak-bisa", "/amankan", "/foto-sebelum")
    ]
    for path in paths:
        answer = leader.get(path)
        assert answer.status_code == 200, path
        page = answer.get_data(as_text=True)
        assert CONTACT not in page
        assert "budi@" not in page
        assert "Lubang besar di lajur kiri" not in page, "the reporter's own words are not for crews"


def test_the_card_shows_what_the_work_needs(leader: FlaskClient, day: Day) -> None:
    page = words(leader.get(f"/regu/titik/{day.stop_ids[0]}"))
    order = db.session.get_one(WorkOrder, db.session.get_one(Stop, day.stop_ids[0]).work_order_id)
    codes = db.session.scalars(
        select(ServiceRequest.code).where(ServiceRequest.id.in_(day.request_ids[:2]))
    ).all()
    for part in (order.number, *codes, "Surakarta", "Depan toko besi"):
        assert part in page


def test_the_route_is_geojson_in_order(leader: FlaskClient, day: Day) -> None:
    answer = leader.get("/regu/rute.geojson")
    assert answer.mimetype == "application/geo+json"
    features = answer.get_json()["features"]
    assert [one["properties"]["kind"] for one in features] == ["route", "depot", "stop", "stop"]
    assert [one["properties"]["n"] for one in features[2:]] == [1, 2]
    assert features[0]["geometry"]["coordinates"][1] == features[2]["geometry"]["coordinates"]


def test_a_leader_without_work_is_told_so(world: World) -> None:
    page = words(world.sign_in_as(world.leaders["B"]).get("/regu"))
    assert 'class="empty"' in page


def test_who_leads_no_crew_is_told_so(world: World) -> None:
    with transaction() as session:
        session.scalars(select(Crew).where(Crew.letter == "B")).one().leader_id = None
    answer = world.sign_in_as(world.leaders["B"]).get("/regu")
    assert answer.status_code == 200
    assert 'class="empty"' in words(answer)


def test_without_work_today_the_next_dispatched_day_is_shown_and_said(world: World, day: Day) -> None:
    with transaction() as session:
        batch = session.get_one(Batch, day.batch_id)
        for stop in session.scalars(select(Stop).where(Stop.batch_id == batch.id)):
            return_stop(session, stop)
        batch.status = BatchStatus.RECALLED.value
        orders = [
            session.get_one(WorkOrder, stop.work_order_id)
            for stop in session.scalars(select(Stop).where(Stop.batch_id == batch.id))
        ]
        add_batch(session, world, "A", orders, ahead_days=2)
    page = words(world.sign_in_as(world.leaders["A"]).get("/regu"))
    assert "Nothing was dispatched for today" in page or "Hari ini tidak ada" in page


@pytest.mark.parametrize(
    "path", ["/regu", "/regu/peta", "/regu/lembar", "/regu/rute.geojson", "/regu/titik/1"]
)
def test_only_crew_leaders_come_in(world: World, client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 302
    assert world.sign_in(Role.ENGINEER).get(path).status_code == 403


# ---------------------------------------------------------------- photos


def test_a_reporters_photo_is_sent_small_to_its_own_crew_only(
    world: World, leader: FlaskClient, day: Day
) -> None:
    small = leader.get(f"/regu/foto/{day.photo_id}/small")
    assert small.status_code == 200
    assert small.mimetype == "image/jpeg"
    assert "private" in small.headers["Cache-Control"]
    small.close()
    assert leader.get(f"/regu/foto/{day.photo_id}/large").status_code == 403
    assert leader.get(f"/regu/foto/{day.photo_id}/original").status_code == 404
    assert leader.get("/regu/foto/999999/small").status_code == 404
    assert world.sign_in_as(world.leaders["B"]).get(f"/regu/foto/{day.photo_id}/small").status_code == 403


def test_a_crews_own_photo_may_be_seen_large(
    send: Callable[..., TestResponse], leader: FlaskClient, day: Day
) -> None:
    send(day.stop_ids[0], "kejadian", kind="before_photo", photo=(io.BytesIO(jpeg()), "before.jpg"))
    number = db.session.scalars(select(Photo.id).where(Photo.stop_id == day.stop_ids[0])).one()
    large = leader.get(f"/regu/foto/{number}/large")
    assert large.status_code == 200
    large.close()


# ---------------------------------------------------------------- reporting


def test_a_whole_stop_tells_every_reporter_of_the_place(
    send: Callable[..., TestResponse], leader: FlaskClient, day: Day
) -> None:
    answer = work(send, day.stop_ids[0], size="60 × 80 × 7", material_amount="95", words="Ditambal panas")
    assert answer.status_code == 303
    assert answer.location.endswith("/regu")
    assert events(day.stop_ids[0]) == ["left", "arrived", "completed"]
    order = db.session.get_one(WorkOrder, db.session.get_one(Stop, day.stop_ids[0]).work_order_id)
    assert (order.status, order.repair_kind, order.size, order.material_amount) == (
        "done",
        "permanent",
        "60 × 80 × 7",
        95,
    )
    told = db.session.execute(
        select(Message.request_id, func.count(Message.reporter_id.distinct()))
        .where(Message.template == "done")
        .group_by(Message.request_id)
    ).all()
    assert sorted(told) == [(number, 1) for number in sorted(day.request_ids[:2])]
    page = words(leader.get("/regu"))
    assert "1 dari 2 selesai" in page or "1 of 2 done" in page


def test_the_day_ends_with_its_last_stop(
    send: Callable[..., TestResponse], leader: FlaskClient, day: Day
) -> None:
    for stop_id in day.stop_ids:
        assert work(send, stop_id).status_code == 303
    assert db.session.get_one(Batch, day.batch_id).status == "finished"
    assert 'class="empty"' in words(leader.get("/regu"))


def test_the_same_report_twice_is_one(send: Callable[..., TestResponse], day: Day) -> None:
    same = key()
    for _ in range(2):
        assert send(day.stop_ids[0], "kejadian", kind="left", client_key=same).status_code == 303
    assert events(day.stop_ids[0]) == ["left"]


def test_a_finished_stop_sent_again_is_harmless(send: Callable[..., TestResponse], day: Day) -> None:
    same = key()
    assert work(send, day.stop_ids[0], client_key=same).status_code == 303
    again = send(
        day.stop_ids[0],
        "selesai",
        client_key=same,
        repair_kind="permanent",
        photo=(io.BytesIO(jpeg("black")), "a.jpg"),
    )
    assert again.status_code == 303
    assert events(day.stop_ids[0]) == ["left", "arrived", "completed"]
    assert db.session.scalar(select(func.count()).select_from(Message).where(Message.template == "done")) == 2


def test_arriving_far_away_asks_and_then_takes_the_crews_word(
    send: Callable[..., TestResponse], day: Day
) -> None:
    send(day.stop_ids[0], "kejadian", kind="left")
    same = key()
    far = {"kind": "arrived", "lat": LAT + 0.0045, "lon": LON, "client_key": same}
    refused = send(day.stop_ids[0], "kejadian", **far)
    assert refused.status_code == 422
    page = words(refused)
    assert re.search(r"\b(49\d|50\d) m\b", page)
    assert same in page, "the form is sent again under the same key"
    assert re.search(r"<div data-override>", page)
    assert events(day.stop_ids[0]) == ["left"]
    assert send(day.stop_ids[0], "kejadian", override="1", **far).status_code == 303
    assert events(day.stop_ids[0]) == ["left", "arrived"]


def test_made_safe_keeps_the_stop_open_and_tells(send: Callable[..., TestResponse], day: Day) -> None:
    assert send(day.stop_ids[0], "kejadian", kind="made_safe", means="cone").status_code == 303
    assert db.session.scalars(select(StopEvent.facts)).one() == {"means": "cone"}
    assert db.session.get_one(Stop, day.stop_ids[0]).status == "planned"
    assert (
        db.session.scalar(select(func.count()).select_from(Message).where(Message.template == "made_safe"))
        == 2
    )


def test_what_cannot_be_done_goes_back_with_its_reason(send: Callable[..., TestResponse], day: Day) -> None:
    assert send(day.stop_ids[0], "tidak-bisa", reason="rain", words="Deras").status_code == 303
    stop = db.session.get_one(Stop, day.stop_ids[0])
    assert stop.status == "blocked"
    assert db.session.get_one(WorkOrder, stop.work_order_id).blocked_reason == "rain"


def test_the_phones_script_gets_json(leader: FlaskClient, day: Day) -> None:
    ask = {"Accept": "application/json"}
    taken = leader.post(
        f"/regu/titik/{day.stop_ids[0]}/kejadian", data={"kind": "left", "client_key": key()}, headers=ask
    )
    assert (taken.status_code, taken.get_json()) == (200, {"next": f"/regu/titik/{day.stop_ids[0]}"})
    refused = leader.post(f"/regu/titik/{day.stop_ids[0]}/selesai", data={"client_key": key()}, headers=ask)
    assert refused.status_code == 422
    assert refused.get_json()["field"] == "repair_kind"


def test_an_expired_form_is_no_refusal_of_what_the_phone_sends(
    world: World, leader: FlaskClient, client: FlaskClient, day: Day
) -> None:
    world.app.config["WTF_CSRF_ENABLED"] = True
    path, fields = f"/regu/titik/{day.stop_ids[0]}/kejadian", {"client_key": key(), "kind": "left"}
    told: list[Any] = []
    for reader in (leader, client):
        forget_the_last_visitor()  # the key is looked at before the application's own forgetting
        answer = reader.post(path, data=fields, headers={"Accept": "application/json"})
        assert answer.status_code == 400
        told.append(answer.json)
    assert [one["stale"] for one in told] == [True, True]
    assert [one.get("sign_in") for one in told] == [None, "/masuk"]


def test_the_phones_time_is_kept_beside_the_servers(send: Callable[..., TestResponse], day: Day) -> None:
    at = clock.now() - timedelta(hours=2)
    send(day.stop_ids[0], "kejadian", kind="left", at=at.isoformat())
    event = db.session.scalars(select(StopEvent)).one()
    assert event.at == at
    assert event.received_at - event.at > timedelta(hours=1)


# ---------------------------------------------------------------- wrong reports


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("selesai", {"repair_kind": "permanent"}, "photo"),
    ("selesai", {"photo": "real"}, "repair_kind"),
    ("selesai", {"repair_kind": "forever", "photo": "real"}, "repair_kind"),
    ("selesai", {"repair_kind": "permanent", "photo": "fake"}, "photo"),
    ("selesai", {"repair_kind": "permanent", "photo": "real", "material_amount": "-5"}, "material_amount"),
    (
        "selesai",
        {"repair_kind": "permanent", "photo": "real", "material_amount": "banyak"},
        "material_amount",
    ),
    ("selesai", {"repair_kind": "permanent", "photo": "real", "words": "x" * 1001}, "words"),
    ("tidak-bisa", {}, "reason"),
    ("tidak-bisa", {"reason": "malas"}, "reason"),
    ("kejadian", {"kind": "before_photo"}, "photo"),
    ("kejadian", {"kind": "made_safe", "means": "doa"}, "means"),
    ("kejadian", {"kind": "arrived", "lat": "utara", "lon": "110,8"}, "lat"),
    ("kejadian", {"kind": "arrived", "lat": "NaN", "lon": "110.8"}, "lat"),
    ("kejadian", {"kind": "arrived", "lat": "-7.5"}, "lat"),
    ("kejadian", {"kind": "terbang"}, "kind"),
    ("kejadian", {"kind": "completed"}, "kind"),
    ("kejadian", {"kind": "left", "client_key": "x"}, "client_key"),
]


@pytest.mark.parametrize(("what", "fields", "field"), BAD)
def test_a_wrong_report_is_refused_at_its_field_and_what_was_typed_is_kept(
    send: Callable[..., TestResponse], day: Day, what: str, fields: dict[str, Any], field: str
) -> None:
    photos = {"real": jpeg(), "fake": b"<?php not a photo"}
    sent = {
        name: (io.BytesIO(photos[value]), "f.jpg") if value in photos else value
        for name, value in fields.items()
    }
    if what == "selesai":
        send(day.stop_ids[0], "kejadian", kind="left")
        send(day.stop_ids[0], "kejadian", kind="arrived")
    before = events(day.stop_ids[0])
    answer = send(day.stop_ids[0], what, **sent)
    page = words(answer)
    assert answer.status_code == 422
    assert f'href="#{field}"' in page
    assert events(day.stop_ids[0]) == before
    for typed in ("material_amount", "words"):
        if typed in fields:
            assert str(fields[typed]) in page


def test_another_crews_stop_is_refused_in_words(
    world: World, day: Day, send: Callable[..., TestResponse]
) -> None:
    other = world.sign_in_as(world.leaders["B"])
    for answer in (
        other.get(f"/regu/titik/{day.stop_ids[0]}"),
        other.get(f"/regu/titik/{day.stop_ids[0]}/selesai"),
        send(day.stop_ids[0], "kejadian", client=other, kind="left"),
    ):
        assert answer.status_code == 403
        assert "regu lain" in words(answer) or "another crew" in words(answer)
    assert events(day.stop_ids[0]) == []


def test_a_stop_that_does_not_exist_is_not_found(
    leader: FlaskClient, send: Callable[..., TestResponse]
) -> None:
    assert leader.get("/regu/titik/999999").status_code == 404
    assert send(999999, "kejadian", kind="left").status_code == 404


def test_a_recalled_batch_takes_no_more_reports(
    world: World, send: Callable[..., TestResponse], day: Day
) -> None:
    with transaction() as session:
        recall_batch(
            session, day.batch_id, session.get_one(Batch, day.batch_id).version, world.by(Role.DISPATCHER)
        )
    answer = send(day.stop_ids[0], "kejadian", kind="left")
    assert answer.status_code == 409
    assert 'role="alert"' in words(answer)
    assert events(day.stop_ids[0]) == []


def test_a_begun_stop_of_a_recalled_batch_is_finished(
    world: World, send: Callable[..., TestResponse], leader: FlaskClient, day: Day
) -> None:
    send(day.stop_ids[0], "kejadian", kind="left")
    with transaction() as session:
        recall_batch(
            session, day.batch_id, session.get_one(Batch, day.batch_id).version, world.by(Role.DISPATCHER)
        )
    assert f"/regu/titik/{day.stop_ids[0]}" in words(leader.get("/regu"))
    send(day.stop_ids[0], "kejadian", kind="arrived")
    answer = send(day.stop_ids[0], "selesai", repair_kind="temporary", photo=(io.BytesIO(jpeg()), "a.jpg"))
    assert answer.status_code == 303


def test_an_ended_stop_takes_no_second_ending(send: Callable[..., TestResponse], day: Day) -> None:
    assert work(send, day.stop_ids[0]).status_code == 303
    assert send(day.stop_ids[0], "tidak-bisa", reason="rain").status_code == 409
