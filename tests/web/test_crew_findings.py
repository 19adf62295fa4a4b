"""Temuan baru: what a crew sees beside its list becomes a report like any other."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import Batch, Crew, Follower, Message, ServiceRequest, StopEvent
from fieldops.models.base import lon_lat
from fieldops.operations.dispatch_batch import recall_batch
from fieldops.operations.group_requests import group_request
from fieldops.queries.photos import photos_of_requests
from fieldops.transaction import transaction
from tests.conftest import World
from tests.web.crews import LAT, LON, Day, day, events, jpeg, key, leader, words

__all__ = ["day", "leader"]

Find = Callable[..., TestResponse]
ELSEWHERE = {"lat": "-7.5701", "lon": "110.8301", "accuracy": "9"}


@pytest.fixture
def find(leader: FlaskClient) -> Find:
    """Post a finding: find(stop_id, service="pothole")."""

    def post(stop_id: int | None = None, client: FlaskClient | None = None, **fields: Any) -> TestResponse:
        headers = {"Accept": "application/json"} if fields.pop("as_script", False) else {}
        data = {
            "client_key": key(),
            "service": "pothole",
            "photo": (io.BytesIO(jpeg("red")), "temuan.jpg"),
            **fields,
        }
        return (client or leader).post(
            "/regu/temuan" + (f"?titik={stop_id}" if stop_id else ""),
            data={name: value for name, value in data.items() if value is not None},
            content_type="multipart/form-data",
            headers=headers,
        )

    return post


def found() -> list[ServiceRequest]:
    return list(
        db.session.scalars(
            select(ServiceRequest).where(ServiceRequest.channel == "crew").order_by(ServiceRequest.id)
        )
    )


def test_a_finding_is_a_private_report_of_the_crew_and_writes_to_nobody(
    world: World, find: Find, leader: FlaskClient, day: Day
) -> None:
    before = db.session.scalar(select(func.count()).select_from(Message))
    followers = db.session.scalar(select(func.count()).select_from(Follower))
    answer = find(
        day.stop_ids[0], words="Tutup saluran hilang", dangerous="1", landmark="Warung", **ELSEWHERE
    )
    assert answer.status_code == 303
    (one,) = found()
    assert (one.status, one.source, one.anonymous, one.confidential) == ("submitted", "crew", True, True)
    assert (one.severity, one.accuracy_m, one.location_source) == (3, 9.0, "gps")
    assert lon_lat(one.place) == pytest.approx((110.8301, -7.5701))
    assert [photo.kind for photo in photos_of_requests(db.session(), [one.id])] == ["report"]
    assert db.session.scalar(select(func.count()).select_from(Message)) == before
    assert db.session.scalar(select(func.count()).select_from(Follower)) == followers

    (line,) = db.session.scalars(select(StopEvent).where(StopEvent.stop_id == day.stop_ids[0]))
    assert (line.kind, line.facts["code"], line.facts["request_id"]) == ("found_new", one.code, one.id)
    page = words(leader.get(answer.location))
    assert one.code in page
    assert one.code in words(leader.get("/regu/temuan"))
    assert one.code in words(leader.get(f"/regu/titik/{day.stop_ids[0]}"))


def test_the_dispatcher_sees_it_as_from_the_crew_and_the_public_does_not(
    world: World, find: Find, client: FlaskClient, day: Day
) -> None:
    find(day.stop_ids[0], words="Lubang baru di tikungan", **ELSEWHERE)
    (one,) = found()
    with transaction() as session:
        group_request(session, world.installation, one.id)
    (one,) = found()
    desk = world.sign_in(Role.DISPATCHER)
    page = words(desk.get(f"/petugas/aduan/{one.id}"))
    assert "Lubang baru di tikungan" in page
    assert db.session.scalars(select(Crew.name).where(Crew.letter == "A")).one() in page
    assert one.code in words(desk.get("/petugas/aduan?channel=crew"))
    assert f"/petugas/kelompok/{one.cluster_id}" in words(desk.get("/petugas"))
    public = world.app.test_client()
    assert one.code not in words(public.get("/"))
    assert public.get(f"/aduan/{one.code}").status_code == 404


def test_without_a_position_it_lies_at_the_stop_and_says_how_good_that_is(find: Find, day: Day) -> None:
    assert find(day.stop_ids[0]).status_code == 303
    (one,) = found()
    assert lon_lat(one.place) == pytest.approx((LON, LAT), abs=1e-4)
    assert (one.accuracy_m, one.location_source) == (50.0, "staff")


def test_a_phone_that_knows_its_place_roughly_makes_no_sure_place(
    world: World, find: Find, leader: FlaskClient, day: Day
) -> None:
    shown = find(**{**ELSEWHERE, "accuracy": "300"})
    (one,) = found()
    assert (one.location_state, one.accuracy_m) == ("estimated", 300.0)
    with transaction() as session:
        assert group_request(session, world.installation, one.id) is None
    assert "± 300 m" in words(leader.get(shown.location))
    desk = world.sign_in(Role.DISPATCHER)
    (one,) = found()
    assert "Lokasi perkiraan" in words(desk.get(f"/petugas/aduan/{one.id}"))
    assert one.code in words(desk.get("/petugas/menunggu"))


@pytest.mark.parametrize("text", ["-7.5701, 110.8301", "-7,5701 110,8301", "−7.5701;110.8301"])
def test_written_coordinates_go_before_the_phones_position(find: Find, day: Day, text: str) -> None:
    assert find(coordinates=text, lat="-7.56", lon="110.82", accuracy="400").status_code == 303
    (one,) = found()
    assert lon_lat(one.place) == pytest.approx((110.8301, -7.5701))
    assert (one.location_source, one.accuracy_m) == ("typed", None)
    assert events(day.stop_ids[0]) == []


def test_the_same_form_twice_is_one_report_and_another_one_by_its_key_is_refused(
    find: Find, day: Day
) -> None:
    same = key()
    first = find(day.stop_ids[0], client_key=same, as_script=True, **ELSEWHERE)
    again = find(day.stop_ids[0], client_key=same, as_script=True, **ELSEWHERE)
    assert first.json == again.json
    assert len(found()) == 1
    assert events(day.stop_ids[0]) == ["found_new"]
    assert len(photos_of_requests(db.session(), [found()[0].id])) == 1
    other = find(day.stop_ids[0], client_key=same, words="Yang lain", as_script=True, **ELSEWHERE)
    assert other.status_code == 409
    assert len(found()) == 1


def test_a_key_of_another_report_of_the_stop_makes_none(find: Find, leader: FlaskClient, day: Day) -> None:
    same = key()
    leader.post(f"/regu/titik/{day.stop_ids[0]}/kejadian", data={"client_key": same, "kind": "left"})
    assert find(day.stop_ids[0], client_key=same, **ELSEWHERE).status_code == 409
    assert found() == []


def test_what_was_seen_counts_from_then_unless_the_phone_lost_its_clock(find: Find, day: Day) -> None:
    seen = clock.now() - timedelta(hours=5)
    find(at=seen.isoformat(), **ELSEWHERE)
    find(at="1970-01-01T00:00:00Z", **ELSEWHERE)
    one, other = found()
    assert one.reported_at == seen
    assert clock.now() - other.reported_at < timedelta(minutes=5)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"photo": None}, "photo"),
    ({"photo": (io.BytesIO(b"%PDF-1.4"), "surat.pdf")}, "photo"),
    ({"service": ""}, "service"),
    ({"service": "istana"}, "service"),
    ({"lat": None, "lon": None}, "coordinates"),
    ({"coordinates": "dekat pasar"}, "coordinates"),
    ({"coordinates": "35.6812, 139.7671"}, "coordinates"),  # Tokyo
    ({"coordinates": "110.8301, -7.5701"}, "coordinates"),  # swapped
    ({"lat": "51.5", "lon": "-0.12"}, "coordinates"),  # London
    ({"lat": "utara"}, "coordinates"),
    ({"words": "x" * 1001}, "words"),
    ({"landmark": "x" * 201}, "landmark"),
    ({"client_key": "x"}, "client_key"),
]


@pytest.mark.parametrize(("fields", "field"), BAD)
def test_a_wrong_finding_is_refused_at_its_field_and_what_was_typed_is_kept(
    find: Find, day: Day, fields: dict[str, Any], field: str
) -> None:
    sent = {"words": "Lubang di depan pasar", **ELSEWHERE, **fields}
    for name, value in sent.items():
        if isinstance(value, tuple):
            sent[name] = (io.BytesIO(b"%PDF-1.4"), value[1])
    answer = find(**sent)
    page = words(answer)
    assert answer.status_code in (409, 422)
    assert f'href="#{field}"' in page
    assert sent["words"] in page
    assert found() == []


def test_another_crews_stop_is_refused_in_words(world: World, find: Find, day: Day) -> None:
    other = world.sign_in_as(world.leaders["B"])
    for answer in (
        find(day.stop_ids[0], client=other, **ELSEWHERE),
        other.get(f"/regu/temuan?titik={day.stop_ids[0]}"),
    ):
        assert answer.status_code == 403
        assert "regu lain" in words(answer) or "another crew" in words(answer)
    said = find(day.stop_ids[0], client=other, as_script=True, **ELSEWHERE)
    assert said.status_code == 403
    assert "regu lain" in said.json["error"] or "another crew" in said.json["error"]
    assert find(999999, **ELSEWHERE).status_code == 404
    assert found() == []


def test_another_crew_does_not_read_what_was_found(world: World, find: Find, day: Day) -> None:
    path = find(**ELSEWHERE).location
    other = world.sign_in_as(world.leaders["B"])
    assert other.get(path).status_code == 403
    assert found()[0].code not in words(other.get("/regu/temuan"))
    with transaction() as session:
        assert session.get_one(ServiceRequest, day.request_ids[0]).channel == "web"
    assert world.sign_in_as(world.leaders["A"]).get(f"/regu/temuan/{day.request_ids[0]}").status_code == 403


def test_a_recalled_list_does_not_keep_out_what_was_seen(world: World, find: Find, day: Day) -> None:
    with transaction() as session:
        version = session.get_one(Batch, day.batch_id).version
        recall_batch(session, day.batch_id, version, world.by(Role.DISPATCHER))
    assert find(day.stop_ids[0], **ELSEWHERE).status_code == 303
    assert events(day.stop_ids[0]) == ["found_new"]


def test_who_leads_no_crew_reports_no_finding(world: World, find: Find) -> None:
    for role in (Role.DISPATCHER, Role.ENGINEER):
        assert find(client=world.sign_in(role), **ELSEWHERE).status_code == 403
    assert found() == []
