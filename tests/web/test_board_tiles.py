"""The board's tiles over HTTP: the places of the list and nothing else, for who may see the board."""

import json
from datetime import timedelta
from typing import Any

import mapbox_vector_tile
import pytest
from sqlalchemy import select

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import Cluster, ServiceRequest, WorkOrder
from fieldops.transaction import transaction
from tests.conftest import World
from tests.web.desk import Submit, cluster_of, english, open_order, report

LON, LAT = 110.8230, -7.5660
WHOLE = "/petugas/tiles/places/0/0/0.pbf"
CARD = "/petugas/papan/tempat.json"


def features(body: bytes) -> list[dict[str, Any]]:
    if not body:
        return []
    found: list[dict[str, Any]] = mapbox_vector_tile.decode(body)["requests"]["features"]
    return found


def counted(body: bytes) -> int:
    return sum(int(one["properties"]["count"]) for one in features(body))


@pytest.fixture
def three(world: World, submission: Submit) -> list[int]:
    """A road to read, a drain with an order, a road with a late one; the numbers of their places."""
    browser = english(world, Role.DISPATCHER)
    unread = cluster_of(report(world, submission, address="Jl. Melati")).id
    drain = cluster_of(report(world, submission, service_code="blocked_drain", lon=LON + 0.01)).id
    late = cluster_of(report(world, submission, lon=LON + 0.02, address="Jl. Kenanga", severity=3)).id
    for cluster_id in (drain, late):
        order = open_order(browser, cluster_id)
        if cluster_id == late:
            with transaction() as session:
                session.get_one(WorkOrder, order.id).due_at = clock.now() - timedelta(hours=1)
    return [unread, drain, late]


def test_every_filter_narrows_tiles_list_and_cards_alike(world: World, three: list[int]) -> None:
    browser = english(world, Role.DISPATCHER)
    unread, drain, late = three
    code = db.session.scalars(select(ServiceRequest.code).where(ServiceRequest.cluster_id == late)).one()
    for query, expected in (
        ("", {unread, drain, late}),
        ("state=unread", {unread}),
        ("state=ready", {drain, late}),
        ("state=planned", set()),
        ("state=nonsense", {unread, drain, late}),
        ("overdue=1", {late}),
        ("family=drain", {drain}),
        ("family=road&state=ready&overdue=1", {late}),
        ("q=kenanga", {late}),
        ("q=jalan+kenanga", {late}),
        ("q=kenanga,+JLN.", {late}),
        ("q=jalan+kenanga+nowhere", set()),
        ("q=%3F%3F", set()),
        (f"q=%20{unread}%20&state=unread", {unread}),
        (f"q={code.lower()}+kenanga", {late}),
        (f"q={code}+melati", set()),
        ("q=nowhere", set()),
    ):
        assert counted(browser.get(f"{WHOLE}?{query}").data) == len(expected), query
        page = browser.get(f"/petugas?{query}").text
        assert f'data-total="{len(expected)}"' in page, query
        assert 'data-tiles-url="/petugas/tiles/places/{z}/{x}/{y}.pbf"' in page
        told = {number for number in three if browser.get(f"{CARD}?id={number}&{query}").json["places"]}
        assert told == expected, query


def test_a_place_is_told_with_what_it_waits_for_and_nothing_of_anybody(
    world: World, submission: Submit
) -> None:
    browser = english(world, Role.DISPATCHER)
    taken = report(
        world,
        submission,
        words="Rumah saya nomor 7",
        contact="warga@example.org",
        severity=3,
        confidential=True,
    )
    (point,) = features(browser.get(WHOLE).data)
    day = point["properties"].pop("day")
    assert day > 20_000
    assert point["id"] == taken.cluster_id
    assert point["properties"] == {
        "count": 1,
        "unread": 1,
        "service": "pothole",
        "service:pothole": 1,
        "severity": 3,
        "severity:3": 1,
        "status": "unread",
    }
    card = browser.get(f"{CARD}?id={taken.cluster_id}").text
    assert "nomor 7" not in card
    assert "warga@example.org" not in card


@pytest.mark.parametrize("address", [WHOLE, f"{CARD}?id=1"])
def test_only_who_may_see_the_board_gets_its_tiles(world: World, address: str) -> None:
    assert world.app.test_client().get(address).status_code == 302
    assert english(world, Role.CREW_LEADER).get(address).status_code == 403


def test_tiles_are_kept_by_the_reader_alone_and_asked_for_again(world: World, three: list[int]) -> None:
    browser = english(world, Role.DISPATCHER)
    first = browser.get(f"{WHOLE}?state=ready")
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = browser.get(f"{WHOLE}?state=ready", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    with transaction() as session:
        session.get_one(Cluster, three[1]).severity = 3
    changed = browser.get(f"{WHOLE}?state=ready", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.data != first.data


@pytest.mark.parametrize("place", ["0/1/0", "21/0/0", "99999999999/1/1"])
def test_tiles_outside_the_map_are_empty(world: World, three: list[int], place: str) -> None:
    answer = english(world, Role.DISPATCHER).get(f"/petugas/tiles/places/{place}.pbf")
    assert (answer.status_code, answer.data) == (204, b"")


def test_a_card_tells_apart_what_lies_together(world: World, three: list[int]) -> None:
    browser = english(world, Role.DISPATCHER)
    here = f"{CARD}?lon={LON + 0.02}&lat={LAT}&zoom=18"
    (place,) = browser.get(here).json["places"]
    assert place["url"] == f"/petugas/kelompok/{three[2]}"
    assert place["open"] == f"Open cluster {three[2]}"
    assert "Jl. Kenanga" in place["lines"][0]
    assert place["lines"][1] == "1 open report, heavy, 0 days old"
    assert place["lines"][2].startswith("Ready to plan · ")
    assert browser.get(f"{here}&state=unread").json["places"] == []
    with transaction() as session:
        for number in three:
            session.get_one(Cluster, number).anchor = session.get_one(Cluster, three[2]).anchor
    found = browser.get(here).json
    assert found["places"][0]["url"].endswith(f"/{three[2]}"), "the worst first"
    assert len(found["places"]) == 3
    assert found["more"] == ""


@pytest.mark.parametrize(
    "query", ["", "lon=110.8&lat=-7.5&zoom=9", "lon=nan&lat=0&zoom=18", "lon=x&lat=0&zoom=18"]
)
def test_a_card_of_no_place_is_refused(world: World, query: str) -> None:
    answer = english(world, Role.DISPATCHER).get(f"{CARD}?{query}", headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert "Show a smaller one" in json.loads(answer.text)["error"]


def test_one_place_is_shown_with_its_surroundings(world: World, submission: Submit) -> None:
    report(world, submission)
    page = english(world, Role.DISPATCHER).get("/petugas").text
    west, south, east, north = map(float, page.split('data-bounds="')[1].split('"')[0].split(","))
    assert west < LON < east
    assert south < LAT < north
    assert 0.003 < east - west < 0.02
