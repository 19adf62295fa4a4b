"""Closing roads over HTTP: drawn, by name, around a place, from an order; opened again; crews replanned."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldops.domain.day_events import DayEventKind
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.media.photos import PreparedPhoto
from fieldops.models import RoadClosure
from fieldops.operations.compute_change import compute_change
from fieldops.transaction import transaction
from tests.conftest import World
from tests.integration.conftest import Story
from tests.integration.conftest import photo as _photo
from tests.routing.streets import lay_roads
from tests.running_day import Day
from tests.web.desk import Submit, ask_for_plan, cluster_of, english, fresh, open_order, report

photo = _photo

BENGAWAN = {"type": "LineString", "coordinates": [[110.8240, -7.5660], [110.8280, -7.5660]]}
POND = {
    "type": "Polygon",
    "coordinates": [[[110.8255, -7.5665], [110.8265, -7.5665], [110.8265, -7.5655], [110.8255, -7.5665]]],
}


@pytest.fixture
def town(world: World) -> World:
    lay_roads(world.installation.settings)
    return world


@pytest.fixture
def browser(town: World) -> FlaskClient:
    return english(town, Role.DISPATCHER)


def close(browser: FlaskClient, **form: Any) -> str:
    answer = browser.post("/petugas/penutupan", data=form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def rows() -> list[RoadClosure]:
    db.session.rollback()
    return list(db.session().scalars(select(RoadClosure).order_by(RoadClosure.id)))


@pytest.mark.parametrize(
    ("form", "drawn_as"),
    [
        ({"shape": json.dumps(BENGAWAN)}, "Polygon"),
        ({"shape": json.dumps(POND)}, "Polygon"),
        ({"street": "Jalan Bengawan", "lat": "-7.566", "lon": "110,826", "radius_m": "200"}, "Polygon"),
        # A whole street stays clear of its crossings: a piece between every two of them.
        ({"street": "jalan bengawan"}, "MultiPolygon"),
        ({"lat": "-7.5660", "lon": "110.8260", "radius_m": "50"}, "Polygon"),
    ],
)
def test_a_road_is_closed_and_its_page_says_what(
    browser: FlaskClient, form: dict[str, str], drawn_as: str
) -> None:
    assert "Every road is open" in browser.get("/petugas/penutupan").text
    address = close(browser, note="Air setinggi lutut", **form)
    page = browser.get(address).text
    assert "Jalan Bengawan" in page
    assert "Air setinggi lutut" in page
    assert "closed since" in page
    listed = browser.get("/petugas/penutupan").text
    assert address in listed
    drawn = browser.get("/petugas/penutupan.geojson").json["features"]
    assert [one["geometry"]["type"] for one in drawn] == [drawn_as]
    assert drawn[0]["properties"]["url"] == address
    assert browser.get(f"{address}.geojson").json["features"][0]["properties"]["title"]


def test_it_is_opened_again_once(browser: FlaskClient) -> None:
    address = close(browser, shape=json.dumps(BENGAWAN))
    (row,) = rows()
    opened = browser.post(f"{address}/buka", data={"version": row.version})
    assert opened.status_code == 303
    assert browser.get("/petugas/penutupan.geojson").json["features"] == []
    page = browser.get(address).text
    assert page.count("Opened again") >= 2, "the pill and the history"
    again = browser.post(f"{address}/buka", data={"version": row.version})
    assert again.status_code == 409
    assert "ended already" in again.text


def test_what_a_closure_does_is_said_as_it_is(browser: FlaskClient) -> None:
    now = browser.post("/petugas/penutupan", data={"shape": json.dumps(BENGAWAN)}, follow_redirects=True)
    assert "Plans and directions now lead around it." in now.text
    later = {"shape": json.dumps(POND), "starts_at": "2099-01-02T07:30"}
    page = browser.post("/petugas/penutupan", data=later, follow_redirects=True).text
    assert "The closure begins Friday 2 Jan, 07:30 WIB." in page
    assert "now lead around it" not in page


def test_without_streets_nothing_is_said_to_lead_around_it(world: World) -> None:
    browser = english(world, Role.DISPATCHER)
    page = browser.post("/petugas/penutupan", data={"shape": json.dumps(POND)}, follow_redirects=True).text
    assert "without a street network plans cannot lead around it" in page
    assert "now lead around it" not in page
    assert "New lists are computed around the closure" not in page


def test_hours_are_local(browser: FlaskClient) -> None:
    close(browser, shape=json.dumps(BENGAWAN), starts_at="2099-01-02T07:30", ends_at="2099-01-02T12:00")
    (row,) = rows()
    assert row.starts_at.isoformat() == "2099-01-02T00:30:00+00:00"
    page = browser.get("/petugas/penutupan").text
    assert "To come" in page
    assert "07:30" in page


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        ({}, "street", "Choose a street, a place, or draw on the map."),
        ({"street": "Jalan Khayalan"}, "street", "There is no street called “Jalan Khayalan”"),
        ({"shape": "{"}, "shape", "could not be read"),
        ({"shape": '{"type": "Point", "coordinates": [110.82, -7.56]}'}, "shape", "could not be read"),
        ({"shape": '{"type": "LineString", "coordinates": [["a", "b"]]}'}, "shape", "could not be read"),
        ({"shape": '{"type": "LineString", "coordinates": [[110.82, -7.56]]}'}, "shape", "could not be read"),
        ({"shape": '{"type": "Polygon", "coordinates": null}'}, "shape", "could not be read"),
        ({"shape": "[" * 5000}, "shape", "could not be read"),
        ({"lat": "north", "lon": "110.8"}, "lat", "Give a number"),
        (
            {"lat": "-7.566", "lon": "110.8"} | {"radius_m": "9999"},
            "radius_m",
            "Give a number from 0 to 2,000.",
        ),
        ({"shape": json.dumps(BENGAWAN), "ends_at": "tomorrow"}, "ends_at", "Choose a day and a time"),
        ({"shape": json.dumps(BENGAWAN), "ends_at": "2001-01-01T10:00"}, "ends_at", "after the beginning"),
        ({"shape": json.dumps(BENGAWAN), "note": "x" * 301}, "note", "at most 300 characters"),
    ],
)
def test_what_cannot_be_closed_is_said_and_kept(
    browser: FlaskClient, form: dict[str, str], field: str, words: str
) -> None:
    answer = browser.post("/petugas/penutupan", data=form)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'href="#{field}"' in answer.text
    if form.get("street"):
        assert form["street"] in answer.text
    assert rows() == []


def test_who_may_not_plan_sees_but_does_not_close(town: World) -> None:
    officer = english(town, Role.OFFICER)
    page = officer.get("/petugas/penutupan")
    assert page.status_code == 200
    assert "Close a road" not in page.text
    assert officer.post("/petugas/penutupan", data={"shape": json.dumps(BENGAWAN)}).status_code == 403
    assert rows() == []


def test_the_water_of_an_order_closes_its_roads(
    town: World, browser: FlaskClient, submission: Submit
) -> None:
    order = open_order(browser, cluster_of(report(town, submission, service_code="standing_water")).id)
    page = browser.get(f"/petugas/perintah/{order.id}").text
    assert "Impassable: close the roads here" in page

    answer = browser.post(f"/petugas/perintah/{order.id}/tutup-jalan")

    assert answer.status_code == 303
    address = str(answer.headers["Location"])
    assert order.number in browser.get(address).text
    page = browser.get(f"/petugas/perintah/{order.id}").text
    assert "The roads here are closed." in page
    assert address in page
    twice = browser.post(f"/petugas/perintah/{order.id}/tutup-jalan")
    assert twice.status_code == 409
    assert "closed already" in twice.text
    hole = open_order(browser, cluster_of(report(town, submission, lon=110.8290)).id)
    assert "Impassable" not in browser.get(f"/petugas/perintah/{hole.id}").text


def test_without_streets_the_page_says_what_a_closure_cannot_do(world: World) -> None:
    browser = english(world, Role.DISPATCHER)
    assert "plans cannot drive around closures yet" in browser.get("/petugas/penutupan").text
    address = close(browser, shape=json.dumps(BENGAWAN), note="banjir")
    assert "banjir" in browser.get(address).text


# ---------------------------------------------------------------- plans


def test_a_plan_says_what_it_was_computed_over(town: World, browser: FlaskClient, submission: Submit) -> None:
    for lon in (110.8240, 110.8280):
        open_order(browser, cluster_of(report(town, submission, lon=lon)).id)
    close(browser, shape=json.dumps(POND))
    address = ask_for_plan(town, browser)
    page = browser.get(address).text
    assert "Driving times over the street network (streets.osm)." in page
    assert "1 closed place is driven around." in page
    assert "Estimated." not in page
    routes = [
        one for one in browser.get(f"{address}/rute.geojson").json["features"]
        if one["properties"]["kind"] == "route"
    ]  # fmt: skip
    assert routes
    corners = {(110.823, -7.566), (110.829, -7.566), (110.823, -7.572), (110.823, -7.56)}
    assert any(tuple(spot) in corners for one in routes for spot in one["geometry"]["coordinates"])
    assert not any(
        110.8256 < lon < 110.8264 and abs(lat + 7.566) < 0.0001
        for one in routes
        for lon, lat in one["geometry"]["coordinates"]
    ), "no line runs through what is closed"


def test_far_and_unreachable_places_are_named_with_their_distance(
    town: World, browser: FlaskClient, submission: Submit
) -> None:
    near, meadow = (
        open_order(browser, cluster_of(report(town, submission, lon=lon, lat=lat)).id)
        for lon, lat in ((110.8260, -7.5690), (110.8700, -7.5660))
    )
    page = browser.get(ask_for_plan(town, browser)).text
    assert "Far from any road; are their pins right?" in page
    assert near.number in page
    assert "from any road, farther than a crew walks" in page
    assert "Far from the road." in browser.get(f"/petugas/perintah/{near.id}").text
    assert "Out of reach." in browser.get(f"/petugas/perintah/{meadow.id}").text


def test_a_street_closed_since_stops_the_sending_in_words(
    town: World, browser: FlaskClient, submission: Submit
) -> None:
    open_order(browser, cluster_of(report(town, submission)).id)
    address = ask_for_plan(town, browser)
    close(browser, street="Jalan Merapi", lat="-7.569", lon="110.823", radius_m="300")
    version = browser.get(f"{address}/kemajuan.json").json["version"]
    answer = browser.post(f"{address}/kirim", data={"version": version})
    assert answer.status_code == 409
    assert "Closed since the plan was computed: Jalan Merapi" in answer.text


# ---------------------------------------------------------------- a running day


@pytest.fixture
def day(town: World, submission: Any, photo: PreparedPhoto) -> Iterator[Day]:
    made = Day(Story(town, submission, photo))
    with made.at(8):
        yield made


def test_a_flood_offers_to_replan_the_crews_it_concerns(day: Day) -> None:
    browser = english(day.story.world, Role.DISPATCHER)
    address = close(browser, lat="-7.5660", lon="110.8230", radius_m="400", note="banjir")
    page = browser.get(address).text
    assert "Replan the affected crews" in page
    assert "through here" in page

    told = browser.post("/petugas/hari-ini/kejadian", data={"kind": "closure", "words": "Jalan Bengawan"})

    assert told.status_code == 303
    change = str(told.headers["Location"])
    number = int(change.rsplit("/", 1)[1])
    compute_change(day.story.world.installation, number, transaction, iterations=100)
    page = browser.get(change).text
    assert "A street was closed." in page
    assert "1 closed place is driven around." in page
    assert browser.get(f"{change}/rute.geojson").status_code == 200


def test_a_change_computed_before_the_flood_is_computed_again(day: Day) -> None:
    browser = english(day.story.world, Role.DISPATCHER)
    number = day.happens(DayEventKind.AGAIN)
    mark = browser.get(f"/petugas/perubahan/{number}/kemajuan.json").json["mark"]
    close(browser, street="Jalan Merapi", lat="-7.569", lon="110.823", radius_m="300")
    answer = browser.post(f"/petugas/perubahan/{number}/setujui", data={"mark": mark})
    assert answer.status_code == 409
    assert "Jalan Merapi" in answer.text
    assert "Looking for new lists" in answer.text, "it is being computed anew"


def test_a_closure_nobody_drives_through_concerns_nobody(day: Day) -> None:
    browser = english(day.story.world, Role.DISPATCHER)
    address = close(browser, street="Jalan Semeru", lat="-7.5855", lon="110.805", radius_m="60")
    page = browser.get(address).text
    assert "No crew that is out needs to drive through here." in page
    assert fresh(RoadClosure, rows()[0].id).streets == "Jalan Semeru"
