"""What a crew's phone keeps of its day: every page as the site would answer it, and all that those load."""

import re
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from flask_babel import refresh

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import Batch, Crew, Shift
from fieldops.operations.record_stop_event import ARRIVAL_REACH_M
from fieldops.transaction import transaction
from fieldops.web.crew.kept_files import MODULES
from tests.conftest import World
from tests.web.crews import CONTACT, Day, add_batch, day, leader, words
from tests.web.test_crew import send, work

__all__ = ["day", "leader", "send"]

ADDRESS = "/regu/bekal.json"
EACH_TIME = re.compile(r'(name="(csrf_token|client_key)" value|data-token)="[^"]*"|Ditulis [^.]*\.')
"""What differs between two answers of one page."""
LOADED = re.compile(r'(?:src|href|data-base-url|data-routes-url|data-closures-url)="(/[^"#]*)')

OF_PAGES = ("/static/js", "/static/css", "/regu/foto", "/regu/rute", "/regu/penutupan", "/peta/dasar")


def kept(client: FlaskClient, address: str = ADDRESS) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def plain(page: str) -> str:
    return EACH_TIME.sub("", page)


def test_the_kept_pages_are_those_that_the_site_answers(leader: FlaskClient, day: Day) -> None:
    pages = kept(leader)["pages"]
    first, second = day.stop_ids
    assert f"/regu/temuan?titik={first}" in pages
    assert {"/regu", "/regu?regu=A", "/regu/peta", "/regu/lembar", f"/regu/titik/{first}"} <= set(pages)
    assert len(pages) == 2 * 4 + 2 + 2 * 9  # of the day, by two addresses; of no stop; of each stop
    for address, page in pages.items():
        answered = leader.get(address).get_data(as_text=True)
        if "regu=A" in address or f"/{first}" in address or f"/{second}" in address:
            assert plain(page) == plain(answered), address


def test_a_stop_that_has_ended_is_kept_without_its_forms(leader: FlaskClient, day: Day, send: Any) -> None:
    first, second = day.stop_ids
    assert work(send, first).status_code == 303
    pages = kept(leader)["pages"]
    assert f"/regu/titik/{first}" in pages
    assert f"/regu/titik/{first}/selesai" not in pages
    assert f"/regu/titik/{second}/selesai" in pages


def test_what_the_pages_load_is_among_the_files_and_is_there(leader: FlaskClient, day: Day) -> None:
    found = kept(leader)
    files = found["files"]
    for page in found["pages"].values():
        for address in LOADED.findall(page):
            path = address.replace("&amp;", "&")
            if path.startswith(OF_PAGES) and not path.endswith("/large"):
                assert path in files, path
    for address in files:
        with leader.get(address) as answer:
            assert answer.status_code == 200, address


def test_every_behaviour_of_the_pages_is_kept(leader: FlaskClient, day: Day) -> None:
    named = {
        name
        for page in kept(leader)["pages"].values()
        for found in re.findall(r'data-module="([a-z_ ]+)"', page)
        for name in found.split()
    }
    assert named <= set(MODULES)
    assert {"crew_report", "next_step", "routes", "photo"} <= named


def test_nothing_kept_tells_who_reported(leader: FlaskClient, day: Day) -> None:
    whole = leader.get(ADDRESS).get_data(as_text=True)
    assert CONTACT not in whole
    assert "Lubang besar di lajur kiri" not in whole


def test_a_word_is_not_taken_from_the_next_page(leader: FlaskClient, day: Day, send: Any) -> None:
    assert send(day.stop_ids[0], "kejadian", kind="left").status_code == 303
    kept(leader)
    said = leader.get("/regu").get_data(as_text=True)
    assert "toast" in said
    assert "toast" not in kept(leader)["pages"]["/regu"]


def test_it_is_kept_until_two_days_after_the_shift(leader: FlaskClient, day: Day) -> None:
    batch = db.session.get_one(Batch, day.batch_id)
    ends_at = db.session.get_one(Shift, batch.shift_id).ends_at
    left = timedelta(seconds=kept(leader)["keep_s"])
    assert abs(clock.now() + left - ends_at - timedelta(days=2)) < timedelta(seconds=20)


def test_an_old_list_that_still_shows_is_not_kept_for_longer(leader: FlaskClient, day: Day) -> None:
    with transaction() as session:
        shift = session.get_one(Shift, session.get_one(Batch, day.batch_id).shift_id)
        shift.day -= timedelta(days=3)
        shift.starts_at -= timedelta(days=3)
        shift.ends_at -= timedelta(days=3)
    assert kept(leader)["keep_s"] == 0


def test_another_list_language_or_theme_is_another_version(
    leader: FlaskClient, day: Day, world: World
) -> None:
    versions = {kept(leader)["version"]}
    page = leader.get("/regu").get_data(as_text=True)
    assert f'data-day-version="{versions.copy().pop()}"' in page
    leader.set_cookie("theme", "sun")
    versions.add(kept(leader)["version"])
    leader.set_cookie("language", "en")
    refresh()  # one application context stands behind all requests of a test
    versions.add(kept(leader)["version"])
    assert len(versions) == 3


def test_without_a_list_nothing_is_kept(world: World) -> None:
    found = kept(world.sign_in(Role.CREW_LEADER))
    assert (found["pages"], found["files"], found["keep_s"]) == ({}, [], 0)


def test_of_two_crews_each_day_is_kept_by_itself(leader: FlaskClient, day: Day, world: World) -> None:
    with transaction() as session:
        first = session.query(Crew).filter_by(letter="A").one()
        other = session.query(Crew).filter(Crew.letter != "A").order_by(Crew.letter).first()
        assert other is not None
        other.leader_id, letter = first.leader_id, other.letter
        add_batch(session, world, letter, [])
    mine, others = kept(leader)["pages"], kept(leader, f"{ADDRESS}?regu={letter}")["pages"]
    assert f"/regu?regu={letter}" in others
    assert "/regu" in mine
    assert "/regu" not in others


def test_who_leads_no_crew_gets_none(world: World) -> None:
    answer = world.sign_in(Role.OFFICER).get(ADDRESS, headers={"Accept": "application/json"})
    assert answer.status_code == 403


def test_the_phone_knows_how_near_is_near(leader: FlaskClient, day: Day, send: Any) -> None:
    assert send(day.stop_ids[0], "kejadian", kind="left").status_code == 303
    page = words(leader.get(f"/regu/titik/{day.stop_ids[0]}"))
    assert f'data-reach="{ARRIVAL_REACH_M}"' in page
    assert 'data-place="110.823' in page
