"""The city's own danger words: there from the start, added, switched off, and in force at once."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import AuditEntry, HazardTerm
from fieldops.operations.change_hazards import CODES, LANGUAGES, add_first_hazards
from fieldops.operations.establish_city import establish_city
from fieldops.operations.suggest_triage import suggest_triage
from fieldops.transaction import transaction
from fieldops.triage.hazards import usual_hazard_words
from tests.channels import whatsapp_fixtures as said
from tests.conftest import World
from tests.integration.channels import Channels, channels
from tests.web.desk import english

PAGE = "/admin/kata-bahaya"


@pytest.fixture
def channel(world: World) -> Iterator[Channels]:
    with channels(world) as made:
        yield made


def dangers(world: World, words: str) -> set[str]:
    session = db.session()
    session.rollback()
    found = {hazard.term for hazard in suggest_triage(session, world.installation, words).hazards}
    session.rollback()
    return found


def term_id(term: str) -> int:
    session = db.session()
    session.rollback()
    return session.scalars(select(HazardTerm.id).where(HazardTerm.term == term)).one()


def add(browser: Any, term: str, code: str = "water", language: str = "id") -> Any:
    return browser.post(PAGE, data={"code": code, "language": language, "term": term})


def test_every_city_begins_with_the_usual_terms_and_an_upgrade_brings_no_doubles(world: World) -> None:
    usual = usual_hazard_words()
    assert {word.code for word in usual} <= set(CODES)
    assert {word.language for word in usual} <= set(LANGUAGES)
    for _start in range(2):
        with transaction() as session:
            establish_city(session, world.installation.city)
    rows = db.session().execute(select(HazardTerm.code, HazardTerm.language, HazardTerm.term)).all()
    assert sorted(map(tuple, rows)) == sorted({(one.code, one.language, one.term) for one in usual})


def test_an_added_term_raises_the_next_message(channel: Channels) -> None:
    admin = english(channel.world, Role.ADMIN)
    channel.hear(said.text("Ada buaya di saluran depan pasar"))
    assert not channel.only().is_urgent
    answer = add(admin, "  Buaya ")
    assert answer.status_code == 303
    assert "would have raised 1 more" in admin.get(PAGE).text
    channel.hear(said.text("Buaya itu masih di saluran", id="wamid.IN2"))
    assert channel.only().is_urgent
    assert "buaya" in channel.only().understood["hazards"]
    entry = db.session().scalars(select(AuditEntry).where(AuditEntry.act == "hazard_term_added")).one()
    assert entry is not None


def test_a_term_that_is_switched_off_stays_off_over_an_upgrade_and_can_be_used_again(world: World) -> None:
    admin = english(world, Role.ADMIN)
    assert dangers(world, "ada yang terjungkal") == {"terjungkal"}
    number = term_id("terjungkal")
    assert admin.post(f"{PAGE}/{number}").status_code == 303
    with transaction() as session:
        add_first_hazards(session)
    assert dangers(world, "ada yang terjungkal") == set()
    assert admin.post(f"{PAGE}/{number}", data={"active": "1"}).status_code == 303
    assert dangers(world, "ada yang terjungkal") == {"terjungkal"}


def test_parts_joined_by_and_stand_near_each_other_in_any_order(world: World) -> None:
    assert add(english(world, Role.ADMIN), "Ular&got", code="child").status_code == 303
    assert dangers(world, "di got ada ular besar") == {"ular & got"}
    assert dangers(world, "ada ular di pohon") == set()


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"term": ""}, 422, "This is needed"),
        ({"term": " & "}, 422, "This is needed"),
        ({"term": "ya"}, 422, "three letters"),
        ({"term": "a & b & c & d"}, 422, "3 parts"),
        ({"term": "x" * 90}, 422, ""),
        ({"term": "buaya", "code": "ghost"}, 422, "Choose a danger"),
        ({"term": "buaya", "language": "xx"}, 422, "Choose a language"),
        ({"term": "Jatuh", "code": "fall"}, 409, "in the list already"),
    ],
)
def test_what_cannot_be_a_term_is_said_at_its_field(
    world: World, form: dict[str, str], status: int, words: str
) -> None:
    before = db.session().scalar(select(func.count()).select_from(HazardTerm))
    db.session().rollback()
    answer = english(world, Role.ADMIN).post(PAGE, data={"code": "water", "language": "id"} | form)
    assert answer.status_code == status
    assert words in answer.text
    assert db.session().scalar(select(func.count()).select_from(HazardTerm)) == before


def test_an_unknown_term_is_404(world: World) -> None:
    assert english(world, Role.ADMIN).post(f"{PAGE}/99999").status_code == 404


def test_nobody_but_an_admin_changes_what_calls_a_dispatcher(world: World) -> None:
    for role in (Role.OFFICER, Role.HEAD, Role.ENGINEER):
        assert add(english(world, role), "buaya").status_code == 403
