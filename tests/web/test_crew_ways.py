"""The way from stop to stop on the crew's phone: streets with directions, or a straight line that says so."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.i18n import in_language
from fieldops.media.photos import PreparedPhoto
from fieldops.models import Batch, Crew, Stop
from fieldops.operations.close_road import close_road
from fieldops.operations.closed_area import RoadToClose
from fieldops.routing.drives import Source, Turn, Way
from fieldops.transaction import transaction
from fieldops.web.crew.way_words import compass_words, steps_of
from tests.conftest import World
from tests.integration.conftest import Story
from tests.integration.conftest import photo as _photo
from tests.routing.streets import lay_roads
from tests.running_day import HOLES, Day

photo = _photo


@pytest.fixture
def day(world: World, submission: Any, photo: PreparedPhoto) -> Iterator[Day]:
    lay_roads(world.installation.settings)
    made = Day(Story(world, submission, photo))
    with made.at(8):
        yield made


def leader(day: Day, language: str = "en") -> tuple[FlaskClient, str]:
    letter = day.crew_with_work()
    browser = day.story.world.sign_in_as(day.story.world.leaders[letter])
    browser.set_cookie("language", language)
    return browser, letter


def stops_of(letter: str) -> list[int]:
    query = (
        select(Stop.id)
        .join(Batch, Batch.id == Stop.batch_id)
        .join(Crew, Crew.id == Batch.crew_id)
        .where(Crew.letter == letter)
        .order_by(Stop.position)
    )
    return list(db.session().scalars(query))


def test_the_list_tells_the_way_street_by_street(day: Day) -> None:
    browser, letter = leader(day)
    page = browser.get(f"/regu?regu={letter}").text
    assert "Street by street" in page
    assert "by road" in page
    assert re.search(r"Turn (left|right) onto Jalan \w+, <span class=\"num\">[\d.,]+ k?m</span>", page)
    assert "straight line" not in page
    assert "approximate" not in page
    stop = browser.get(f"/regu/titik/{stops_of(letter)[0]}").text
    assert "Street by street" in stop
    assert "by road" in stop
    assert "Street by street" in browser.get(f"/regu/titik/{stops_of(letter)[0]}/arah").text


def test_the_list_speaks_indonesian(day: Day) -> None:
    browser, letter = leader(day, "id")
    page = browser.get(f"/regu?regu={letter}").text
    assert re.search(r"Belok (kiri|kanan) ke Jalan \w+", page)
    assert "Jalan demi jalan" in page


def test_the_way_is_a_small_part_of_the_list(day: Day) -> None:
    browser, letter = leader(day)
    browser.get(f"/regu?regu={letter}")
    whole = len(browser.get(f"/regu?regu={letter}").data)
    day.story.world.installation.roads.file.path.unlink()
    without = len(browser.get(f"/regu?regu={letter}").data)
    stops = len(stops_of(letter))
    assert whole - without < 2500 * stops


def test_the_map_follows_the_streets_and_may_be_kept(day: Day) -> None:
    browser, letter = leader(day)
    page = browser.get(f"/regu/peta?regu={letter}").text
    assert "The line shows the order, not the streets." not in page
    address = re.search(r'data-routes-url="([^"]+)"', page)
    assert address
    answer = browser.get(address[1].replace("&amp;", "&"))
    assert answer.cache_control.max_age == 48 * 3600
    line = next(one for one in answer.json["features"] if one["properties"]["kind"] == "route")
    assert len(line["geometry"]["coordinates"]) > 2 * len(stops_of(letter))
    stale = browser.get(f"/regu/rute.geojson?regu={letter}&v=other")
    assert not stale.cache_control.max_age


def test_closed_roads_are_told_and_driven_around(day: Day) -> None:
    browser, letter = leader(day)
    before = re.search(r'data-routes-url="([^"]+)"', browser.get(f"/regu/peta?regu={letter}").text)
    what = RoadToClose(place=(110.823, -7.566), radius_m=200, note="Air setinggi lutut")
    with transaction() as session:
        close_road(session, day.story.world.installation, what, day.story.world.by(Role.DISPATCHER))
    page = browser.get(f"/regu?regu={letter}").text
    assert "Closed roads:" in page
    assert "Air setinggi lutut" in page
    after = re.search(r'data-routes-url="([^"]+)"', browser.get(f"/regu/peta?regu={letter}").text)
    assert before
    assert after
    assert before[1] != after[1], "another line has another address"
    drawn = browser.get(f"/regu/penutupan.geojson?regu={letter}").json["features"]
    assert [one["properties"]["kind"] for one in drawn] == ["closure"]
    assert "url" not in drawn[0]["properties"], "crews have no page of it"


def test_a_stop_that_was_cut_off_says_so(day: Day) -> None:
    browser, letter = leader(day)
    order = day.lists()[letter][0][0]
    place = next(lon_lat for lon_lat, number in zip(HOLES, day.orders, strict=True) if number == order)
    ring = {"place": place, "radius_m": 1500.0}
    with transaction() as session:
        close_road(
            session, day.story.world.installation, RoadToClose(**ring), day.story.world.by(Role.DISPATCHER)
        )
    page = browser.get(f"/regu?regu={letter}").text
    assert "No open road leads there. Call the dispatcher before you set off." in page


def test_without_streets_it_is_a_straight_line_and_times_are_approximate(
    world: World, submission: Any, photo: PreparedPhoto
) -> None:
    made = Day(Story(world, submission, photo))
    with made.at(8):
        browser, letter = leader(made)
        page = browser.get(f"/regu?regu={letter}").text
        assert "straight line" in page
        assert "Arrival times are approximate" in page
        assert "Street by street" not in page
        assert "geo:" in page, "the phone's own map application is still a press away"
        assert "not the streets" in browser.get(f"/regu/peta?regu={letter}").text


# ---------------------------------------------------------------- words


def a_way(*steps: Turn, walk_m: float = 0.0) -> Way:
    return Way(((110.8, -7.5), (110.9, -7.6)), 1000, 100, Source.ROADS, steps, walk_m)


CODES = (
    "straight", "slight_left", "left", "sharp_left", "slight_right", "right", "sharp_right", "uturn",
)  # fmt: skip


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_turn_has_its_own_words(world: World, language: str) -> None:
    with world.app.test_request_context(), in_language(language):
        for street in ("", "Jalan Slamet Riyadi"):
            said = [step.words for step in steps_of(a_way(*(Turn(code, street, 350.0) for code in CODES)))]
            assert len(set(said)) == len(CODES)
            assert all((street in words) == bool(street) for words in said if street)


def test_words_as_a_driver_would_say_them(world: World) -> None:
    way = a_way(
        Turn("depart", "Jalan Merapi", 420.0, heading_deg=92.0),
        Turn("left", "Jalan Slamet Riyadi", 350.0),
        Turn("roundabout", "Jalan Adisucipto", 1640.0, exit_number=2),
        Turn("roundabout", "", 15.0),
        Turn("arrive", "Jalan Adisucipto", 0.0),
        walk_m=62.0,
    )
    with world.app.test_request_context():
        with in_language("id"):
            assert [(step.words, step.distance) for step in steps_of(way)] == [
                ("Mulai ke timur lewat Jalan Merapi", "420 m"),
                ("Belok kiri ke Jalan Slamet Riyadi", "350 m"),
                ("Di bundaran ambil jalan keluar ke-2 ke Jalan Adisucipto", "1,6 km"),
                ("Masuk bundaran", "15 m"),
                ("Sampai, di Jalan Adisucipto", ""),
                ("Jalan kaki bagian terakhir", "60 m"),
            ]
        with in_language("en"):
            assert steps_of(way)[1].words == "Turn left onto Jalan Slamet Riyadi"
            assert compass_words(0) == compass_words(359) == "to the north"
            assert compass_words(225) == "to the south-west"
            assert compass_words(None) == ""


def test_an_estimate_has_no_steps() -> None:
    assert steps_of(Way(((0.0, 0.0), (1.0, 1.0)), 10, 10, Source.ESTIMATE)) == []
