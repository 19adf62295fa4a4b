"""Bantuan: a crew asks for help, the office sees it at once, and the crew reads that it was seen."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from fieldops import clock, i18n
from fieldops.domain.roles import Role
from fieldops.errors import Conflict, NotAllowed
from fieldops.extensions import db
from fieldops.models import Batch, Crew, HelpCall, StaffNews, StopEvent
from fieldops.operations.call_for_help import HelpAsked, answer_help_call, call_for_help
from fieldops.operations.dispatch_batch import recall_batch
from fieldops.transaction import transaction
from tests.conftest import World
from tests.web.crews import LAT, LON, Day, day, events, key, leader, words

__all__ = ["day", "leader"]

Ask = Callable[..., TestResponse]


@pytest.fixture
def ask(leader: FlaskClient) -> Ask:
    """Post a call: ask(stop_id, reason="broken")."""

    def post(stop_id: int | None = None, client: FlaskClient | None = None, **fields: Any) -> TestResponse:
        headers = {"Accept": "application/json"} if fields.pop("as_script", False) else {}
        path = "/regu/bantuan" + (f"?titik={stop_id}" if stop_id else "")
        return (client or leader).post(
            path, data={"client_key": key(), "reason": "broken", **fields}, headers=headers
        )

    return post


def calls() -> list[HelpCall]:
    db.session.expire_all()
    return list(db.session.scalars(select(HelpCall).order_by(HelpCall.id)))


def test_the_office_sees_a_call_at_once_and_the_crew_that_it_was_seen(
    world: World, ask: Ask, leader: FlaskClient, day: Day
) -> None:
    answer = ask(day.stop_ids[0], reason="police", words="Simpang macet", lat=LAT, lon=LON)
    assert answer.status_code == 303
    (call,) = calls()
    assert "belum menjawab" in words(leader.get(answer.location))
    assert events(day.stop_ids[0]) == ["help"]
    assert [(news.kind, news.thing_id) for news in db.session.scalars(select(StaffNews))] == [
        ("help", call.id)
    ]

    desk = world.sign_in(Role.DISPATCHER)
    crew = db.session.scalars(select(Crew.name).where(Crew.letter == "A")).one()
    for path in ("/petugas/hari-ini", "/petugas/pengecualian"):
        page = words(desk.get(path))
        assert f"{crew} meminta bantuan: Polisi" in page
        assert "Simpang macet" in page
        assert f"/petugas/bantuan/{call.id}" in page
    assert re.search(r"Hari ini<[^>]*>1<", words(desk.get("/petugas"))), "the rail counts what is open"

    said = desk.post(f"/petugas/bantuan/{call.id}", data={"answer": "Polisi datang pukul 11"})
    assert said.status_code == 303
    (call,) = calls()
    assert call.answered_by_id == world.users[Role.DISPATCHER].id
    for path in (answer.location, "/regu", f"/regu/titik/{day.stop_ids[0]}"):
        page = words(leader.get(path))
        assert "Dilihat kantor pukul" in page
        assert i18n.clock_words(call.answered_at) in page
        assert "Polisi datang pukul 11" in page
    assert "menjawab pukul" in words(desk.get("/petugas/hari-ini"))
    assert f"/petugas/bantuan/{call.id}" not in words(desk.get("/petugas/hari-ini"))


def test_a_call_for_the_whole_day_is_of_no_stop(ask: Ask, day: Day) -> None:
    assert ask(reason="hurt").status_code == 303
    (call,) = calls()
    assert (call.stop_id, call.reason) == (None, "hurt")
    assert list(db.session.scalars(select(StopEvent))) == []


def test_the_same_press_twice_is_one_call(ask: Ask, day: Day) -> None:
    same = key()
    first = ask(day.stop_ids[0], client_key=same, as_script=True)
    again = ask(day.stop_ids[0], client_key=same, as_script=True)
    assert first.json == again.json
    assert len(calls()) == 1
    assert events(day.stop_ids[0]) == ["help"]
    assert len(list(db.session.scalars(select(StaffNews)))) == 1
    assert ask(day.stop_ids[1], client_key=same).status_code == 409


def test_a_call_answered_twice_is_answered_once(world: World, ask: Ask, day: Day) -> None:
    ask()
    (call,) = calls()
    desk = world.sign_in(Role.DISPATCHER)
    assert desk.post(f"/petugas/bantuan/{call.id}", data={"answer": "Satu"}).status_code == 303
    refused = desk.post(f"/petugas/bantuan/{call.id}", data={"answer": "Dua"})
    assert refused.status_code == 409
    assert "sudah dijawab" in words(refused)
    assert calls()[0].answer == "Satu"
    with pytest.raises(Conflict), transaction() as session:
        answer_help_call(session, call.id, world.by(Role.DISPATCHER))
    assert desk.post("/petugas/bantuan/999999").status_code == 404


BAD: list[tuple[dict[str, Any], str]] = [
    ({"reason": ""}, "reason"),
    ({"reason": "bosan"}, "reason"),
    ({"reason": "other"}, "words"),
    ({"reason": "other", "words": "   "}, "words"),
    ({"words": "x" * 1001}, "words"),
    ({"lat": "utara", "lon": "110"}, "lat"),
    ({"client_key": "x"}, "client_key"),
]


@pytest.mark.parametrize(("fields", "field"), BAD)
def test_a_wrong_call_is_refused_at_its_field(ask: Ask, day: Day, fields: dict[str, Any], field: str) -> None:
    answer = ask(day.stop_ids[0], **fields)
    assert answer.status_code == 422
    assert f'href="#{field}"' in words(answer)
    assert calls() == []


def test_another_crews_stop_and_call_are_refused_in_words(world: World, ask: Ask, day: Day) -> None:
    path = ask(day.stop_ids[0]).location
    other = world.sign_in_as(world.leaders["B"])
    assert ask(day.stop_ids[0], client=other).status_code == 403
    assert other.get(path).status_code == 403
    assert "minta bantuan pukul" not in words(other.get("/regu"))
    assert ask(client=world.sign_in(Role.DISPATCHER)).status_code == 403
    crew_id = db.session.scalars(select(Crew.id).where(Crew.letter == "B")).one()
    with pytest.raises(NotAllowed), transaction() as session:
        call_for_help(session, HelpAsked(key(), "hurt"), world.leader("A"), crew_id=crew_id)
    assert len(calls()) == 1


def test_neither_a_recalled_list_nor_an_ended_shift_keeps_a_call_out(
    world: World, ask: Ask, day: Day
) -> None:
    with transaction() as session:
        version = session.get_one(Batch, day.batch_id).version
        recall_batch(session, day.batch_id, version, world.by(Role.DISPATCHER))
    assert ask(day.stop_ids[0], reason="hurt").status_code == 303
    assert ask(reason="hurt").status_code == 303
    assert len(calls()) == 2


def test_a_call_that_waited_on_the_phone_says_when_it_was_made(world: World, ask: Ask, day: Day) -> None:
    made = clock.now() - timedelta(hours=3)
    ask(at=made.isoformat())
    assert calls()[0].at == made
    assert "menunggu tanpa sinyal sampai" in words(world.sign_in(Role.DISPATCHER).get("/petugas/hari-ini"))
