"""Kinds that typed words suggest, for citizens and at the counter: shown, never chosen, never kept."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from fieldops.app import create_app
from fieldops.config import Settings
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import Service
from fieldops.operations.establish_city import establish_city
from fieldops.operations.suggest_kinds import suggest_kinds
from fieldops.transaction import transaction
from tests.conftest import World
from tests.web.desk import english

ASKED = "/lapor/saran-jenis"


def kinds(page: str) -> list[str]:
    return re.findall(r'data-choose="(\w+)"', page)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("jalan bolong besar di depan pasar", "pothole"),
        ("banyu nggenang ngajeng griya kula", "standing_water"),
        ("the drain is blocked with rubbish", "blocked_drain"),
    ],
)
def test_words_suggest_at_most_three_kinds(client: FlaskClient, words: str, first: str) -> None:
    answer = client.post(ASKED, data={"words": words})
    assert answer.status_code == 200
    found = kinds(answer.text)
    assert found[0] == first
    assert len(found) <= 3
    assert "checked" not in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("words", ["", "bolong", "selamat pagi pak terima kasih", "\0" * 20, "<b>x</b>"])
def test_too_little_or_no_report_suggests_nothing(client: FlaskClient, words: str) -> None:
    answer = client.post(ASKED, data={"words": words})
    assert answer.status_code == 200
    assert len(kinds(answer.text)) <= 3
    if words in ("", "bolong", "selamat pagi pak terima kasih"):
        assert kinds(answer.text) == []
    assert "<b>x" not in answer.text


def test_danger_comes_first_with_the_number_to_phone(client: FlaskClient) -> None:
    page = client.post(ASKED, data={"words": "kabel listrik putus, ada anak jatuh ke lubang"}).text
    assert 'href="tel:112"' in page
    assert page.index("tel:112") < page.index("data-choose")
    assert "tel:" not in client.post(ASKED, data={"words": "trotoar retak sedikit di depan kantor"}).text


def test_what_is_typed_is_kept_nowhere(world: World, client: FlaskClient) -> None:
    def counts() -> dict[str, int]:
        db.session.rollback()
        return {
            table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
            for table in db.metadata.sorted_tables
        }

    before = counts()
    assert kinds(client.post(ASKED, data={"words": "jalan bolong besar di depan pasar"}).text)
    assert counts() == before
    assert client.get(ASKED).status_code == 405, "words never stand in an address"


def test_a_kind_that_is_not_on_offer_is_not_suggested(world: World, client: FlaskClient) -> None:
    with transaction() as session:
        session.scalars(select(Service).where(Service.code == "pothole")).one().active = False
    assert "pothole" not in kinds(client.post(ASKED, data={"words": "jalan bolong besar sekali"}).text)


def test_long_words_are_cut_and_quick(world: World) -> None:
    found = suggest_kinds(db.session(), world.installation, "jalan bolong " * 100_000)
    assert found.services[0].code == "pothole"


def test_the_counter_has_its_own_door(world: World, client: FlaskClient) -> None:
    words = {"words": "saluran mampet penuh sampah"}
    desk = english(world, Role.DISPATCHER)
    page = desk.post("/petugas/aduan/saran-jenis", data=words).text
    assert "Blocked drain" in page
    assert client.post("/petugas/aduan/saran-jenis", data=words).status_code == 302
    assert 'data-url="/petugas/aduan/saran-jenis"' in desk.get("/petugas/aduan/baru").text


def test_without_javascript_the_form_is_as_it_was(client: FlaskClient) -> None:
    page = client.get("/lapor").text
    assert 'name="words"' in page
    assert "data-choose" not in page
    assert page.count('name="service"') == len(
        db.session().scalars(select(Service).where(Service.active.is_(True))).all()
    )


def test_who_asks_too_often_waits(tmp_path: Any, spatialite_template: Any) -> None:
    (tmp_path / "fieldops.sqlite").write_bytes(spatialite_template.read_bytes())
    app = create_app(Settings(instance_dir=tmp_path, database_url=""))
    app.config.update(WTF_CSRF_ENABLED=False)
    with app.app_context():
        with transaction() as session:
            establish_city(session, app.extensions["fieldops"].city)
        visitor = app.test_client()
        codes = [visitor.post(ASKED, data={"words": "x"}).status_code for _ in range(62)]
        assert codes[:60] == [200] * 60
        assert codes[60:] == [429] * 2
        db.session.remove()
        db.engine.dispose()
