"""Tiles over HTTP: the same for everybody, small, asked for again only when something changed, and told apart
from what staff see.
"""

import gzip
import re
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import mapbox_vector_tile
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from fieldops import clock
from fieldops.app import create_app
from fieldops.config import Settings
from fieldops.domain.roles import Role
from fieldops.extensions import db, limiter
from fieldops.maps.live_map import LiveMap
from fieldops.maps.tile_answers import public_answer, version_of
from fieldops.models import Service, ServiceRequest
from fieldops.operations.submit_request import submit_request
from fieldops.queries.map_requests import MapRequests
from fieldops.transaction import transaction
from fieldops.web import tiles
from tests.conftest import World

LON, LAT = 110.8230, -7.5660
PUBLIC, STAFF = "/tiles/requests", "/petugas/tiles/requests"


def tile_of(zoom: int, lon: float = LON) -> str:
    return f"{zoom}/{int((lon + 180) / 360 * 2**zoom)}/{int(0.521088 * 2**zoom)}.pbf"


def features(body: bytes) -> list[dict[str, Any]]:
    if not body:
        return []
    inside = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})["requests"]["features"]
    return [one for one in inside if all(0 <= axis < 4096 for axis in one["geometry"]["coordinates"])]


def counted(body: bytes) -> int:
    return sum(one["properties"]["count"] for one in features(body))


@pytest.fixture
def report(world: World, submission: Callable[..., Any]) -> Callable[..., int]:
    def one(**changes: Any) -> int:
        with transaction() as session:
            return submit_request(session, world.installation, submission(**changes)).request.id

    for audience in (tiles.public_map(), tiles.staff_map()):
        audience.every_s = 0
    return one


@pytest.fixture
def other_app() -> Iterator[Callable[..., Flask]]:
    """The same installation with other settings, as another process would open it."""
    made: list[Flask] = []

    def make(settings: Settings, **changes: Any) -> Flask:
        made.append(create_app(settings.model_copy(update=changes)))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def test_a_report_is_in_the_next_tile_and_leaves_it_when_hidden(
    client: FlaskClient, report: Callable[..., int]
) -> None:
    assert client.get(f"{PUBLIC}/{tile_of(10)}").status_code == 204
    number = report()
    answer = client.get(f"{PUBLIC}/{tile_of(10)}")
    assert answer.status_code == 200
    assert answer.mimetype == "application/vnd.mapbox-vector-tile"
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers["Vary"]
    assert counted(answer.data) == 1
    with transaction() as session:
        session.get_one(ServiceRequest, number).confidential = True
    assert client.get(f"{PUBLIC}/{tile_of(10)}").status_code == 204


def test_who_has_a_tile_is_not_sent_it_again(client: FlaskClient, report: Callable[..., int]) -> None:
    report()
    path = f"{PUBLIC}/{tile_of(12)}"
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert client.get(f"{path}?status=open").headers["ETag"] != first.headers["ETag"]
    report(lon=LON + 0.001)
    changed = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (changed.status_code, counted(changed.data)) == (200, 2)


def test_large_tiles_are_packed_for_who_can_read_it(client: FlaskClient, report: Callable[..., int]) -> None:
    for east in range(6):
        for south in range(6):
            report(lon=LON + east * 2e-3, lat=LAT - south * 2e-3)
    path = f"{PUBLIC}/{tile_of(12)}"
    plain, packed = client.get(path), client.get(path, headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    small = client.get(f"{PUBLIC}/{tile_of(4)}", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in small.headers
    if len(plain.data) > 1400:
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
    assert counted(plain.data) <= 36


def test_filters_narrow_by_kind_state_and_age(client: FlaskClient, report: Callable[..., int]) -> None:
    report()
    report(service_code="blocked_drain")
    mended = report(service_code="blocked_drain", lon=LON + 0.001)
    with transaction() as session:
        request = session.get_one(ServiceRequest, mended)
        request.status, request.ended_at = "done", request.reported_at
    path = f"{PUBLIC}/{tile_of(9)}"
    for query, number in (
        ("", 3),
        ("?service=pothole", 1),
        ("?service=pothole,blocked_drain&status=open", 2),
        ("?status=repaired", 1),
        ("?age=0-7", 3),
        ("?age=91-", 0),
        ("?service=&status=", 3),
        ("?service=other", 0),
    ):
        assert counted(client.get(f"{path}{query}").data) == number, query


@pytest.mark.parametrize(
    "query", ["service=volcano", "status=ended,lost", "age=young", "service=%00", "age=0-7,"]
)
def test_a_filter_that_names_nothing_is_said(client: FlaskClient, world: World, query: str) -> None:
    answer = client.get(f"{PUBLIC}/3/6/4.pbf?{query}", headers={"Accept": "application/json"})
    if query == "age=0-7,":
        assert answer.status_code == 204
    else:
        assert answer.status_code == 422
        assert "Peta tidak mengenal" in answer.json["error"]


@pytest.mark.parametrize(
    "place", ["0/0/0", "0/1/0", "20/0/0", "21/0/0", "5/32/0", "5/0/32", "99999999999/1/1"]
)
def test_tiles_with_nothing_in_them_are_empty(client: FlaskClient, world: World, place: str) -> None:
    answer = client.get(f"{PUBLIC}/{place}.pbf")
    assert (answer.status_code, answer.data) == (204, b"")


@pytest.mark.parametrize(
    "place",
    ["a/0/0.pbf", "-1/0/0.pbf", "1/0/0", "1/0/0.png", "1/0.pbf", "1.5/0/0.pbf", "1/0/0/0.pbf", "1//0.pbf"],
)
def test_addresses_that_are_none_are_404(client: FlaskClient, world: World, place: str) -> None:
    assert client.get(f"{PUBLIC}/{place}").status_code in (404, 308)
    assert client.get(f"{PUBLIC}/{place}", follow_redirects=True).status_code == 404


def test_the_public_reads_no_number_words_or_exact_place(
    client: FlaskClient, report: Callable[..., int]
) -> None:
    number = report(words="Rumah saya nomor 7", severity=3)
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM map_change").scalar() == 1
    (point,) = features(client.get(f"{PUBLIC}/{tile_of(18, LON)}".replace("18/", "18/")).data) or features(
        client.get(f"{PUBLIC}/{tile_of(13)}").data
    )
    assert point.get("id", 0) != number
    assert set(point["properties"]) <= {"count", "open", "service", "status", "day"}


def test_staff_see_places_and_numbers_and_nobody_else_does(
    client: FlaskClient, world: World, report: Callable[..., int]
) -> None:
    number = report(severity=3, confidential=True)
    path = f"{STAFF}/{tile_of(13)}"
    assert client.get(path).status_code == 302
    answer = world.sign_in(Role.DISPATCHER).get(path)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    (point,) = features(answer.data)
    assert point["id"] == number
    assert point["properties"] | {"day": 0} == {
        "count": 1,
        "unread": 1,
        "service": "pothole",
        "service:pothole": 1,
        "severity": 3,
        "severity:3": 1,
        "status": "unread",
        "day": 0,
    }
    assert world.sign_in(Role.CREW_LEADER, world.app.test_client()).get(path).status_code == 403


def test_the_public_can_ask_neither_by_severity_nor_for_what_is_unread(
    client: FlaskClient, world: World, report: Callable[..., int]
) -> None:
    report(severity=1)
    path = f"{PUBLIC}/{tile_of(13)}"
    assert client.get(f"{path}?severity=3").data == client.get(path).data != b""
    assert client.get(f"{path}?status=unread").status_code == 422


def test_a_city_may_hide_small_counts(
    other_app: Callable[..., Flask], settings: Settings, world: World, submission: Callable[..., Any]
) -> None:
    shy = other_app(settings, map_least=5)
    with transaction() as session:
        for _number in range(3):
            submit_request(session, world.installation, submission())
    reader = shy.test_client()
    (bubble,) = features(reader.get(f"{PUBLIC}/{tile_of(14)}").data)
    assert bubble["properties"] == {"below": 5}
    assert reader.get(f"{PUBLIC}/{tile_of(15)}").status_code == 204


def test_ever_new_filters_are_limited_and_a_held_one_is_not(
    other_app: Callable[..., Flask], settings: Settings, world: World
) -> None:
    watched = other_app(settings, rate_limits=True)
    reader = watched.test_client()
    codes = ["pothole", "sunken_road", "standing_water", "blocked_drain", "missing_cover"]
    asked = [
        f"service={','.join(code for at, code in enumerate(codes) if number >> at & 1)}"
        for number in range(1, 31)
    ]
    statuses = [reader.get(f"{PUBLIC}/0/0/0.pbf?{query}").status_code for query in asked]
    assert set(statuses) == {204}
    assert reader.get(f"{PUBLIC}/0/0/0.pbf?status=open").status_code == 429
    assert reader.get(f"{PUBLIC}/0/0/0.pbf?{asked[-1]}").status_code == 204
    assert reader.get(f"{PUBLIC}/0/0/0.pbf").status_code == 204
    limiter.reset()


def listed(client: FlaskClient, query: str = "") -> tuple[int, str]:
    """What the list beside the citizens' map counts in the whole city, and of which state that is."""
    page = client.get(f"/peta/daftar?zoom=9&bbox=110.5,-7.8,111.1,-7.3&{query}").text
    total, version = re.search(r'data-total="(\d+)" data-version="([^"]+)"', page).groups()  # type: ignore[union-attr]
    return int(total), version


def test_the_citizens_list_and_tiles_count_the_same_under_every_filter(
    client: FlaskClient, report: Callable[..., int]
) -> None:
    report()
    report(service_code="blocked_drain", lon=LON + 0.01)
    mended = report(lon=LON + 0.02)
    with transaction() as session:
        request = session.get_one(ServiceRequest, mended)
        request.status, request.ended_at = "done", request.reported_at
    with db.engine.connect() as connection:
        codes = connection.exec_driver_sql("SELECT code, family FROM service").all()
    of = {family: ",".join(sorted(code for code, held in codes if held == family)) for _c, family in codes}
    for words, query, number in (
        ("", "", 3),
        ("family=road", f"service={of['road']}", 2),
        ("family=drain", f"service={of['drain']}", 1),
        ("status=unfinished", "status=open,in_progress", 2),
        ("status=repaired", "status=repaired", 1),
        ("family=road&status=unfinished", f"service={of['road']}&status=open,in_progress", 1),
        ("family=volcano", "", 3),
    ):
        assert listed(client, words)[0] == number, words
        assert counted(client.get(f"{PUBLIC}/{tile_of(9)}?{query}").data) == number, query


def test_the_list_says_of_which_state_it_is_and_tiles_may_carry_it(
    client: FlaskClient, report: Callable[..., int]
) -> None:
    number = report()
    _total, first = listed(client)
    assert listed(client)[1] == first
    assert listed(client, "family=drain")[1] == first  # who filters fetches nothing twice
    tile = f"{PUBLIC}/{tile_of(9)}"
    held = client.get(f"{tile}?v={first}")
    assert held.data == client.get(tile).data != b""
    assert held.headers["Cache-Control"] == "public, max-age=60"
    with transaction() as session:
        session.get_one(ServiceRequest, number).severity = 1  # which the public is not told
    assert listed(client)[1] == first
    report(lon=LON + 0.01)
    assert listed(client)[1] != first
    assert client.get(f"{tile}?v={first}").headers["Cache-Control"] == "no-cache"


def test_a_process_that_lags_behind_follows_a_list_of_another(report: Callable[..., int]) -> None:
    report()
    zone = ZoneInfo("Asia/Jakarta")
    ahead, behind = (
        LiveMap("public", MapRequests(db.engine), zone, clock.now, every_s) for every_s in (0.0, 3600.0)
    )
    zoom, x, y = (int(part) for part in tile_of(9).removesuffix(".pbf").split("/"))
    before = public_answer(behind, (zoom, x, y), {}, {}).body
    report(lon=LON + 0.01)
    assert public_answer(behind, (zoom, x, y), {}, {}).body == before  # nobody told it
    told = public_answer(behind, (zoom, x, y), {"v": version_of(ahead.pyramid())}, {})
    assert counted(told.body) == 2
    assert told.headers["Cache-Control"] == "public, max-age=60"


def test_a_kind_newer_than_the_map_is_passed_over(client: FlaskClient, report: Callable[..., int]) -> None:
    report()
    assert listed(client, "family=road")[0] == 1  # the map was built
    with transaction() as session:
        old = session.scalars(select(Service).where(Service.code == "pothole")).one()
        values = {
            column.key: getattr(old, column.key) for column in Service.__table__.columns if column.key != "id"
        }
        session.add(Service(**(values | {"code": "crater"})))
    assert listed(client, "family=road")[0] == 1
    assert counted(client.get(f"{PUBLIC}/{tile_of(9)}?service=crater,pothole").data) == 1
    assert client.get(f"{PUBLIC}/0/0/0.pbf?service=crater").status_code == 422


def test_a_family_of_which_the_city_has_no_kind_is_not_offered(
    client: FlaskClient, report: Callable[..., int]
) -> None:
    report()
    assert 'value="cover"' in client.get("/peta").text
    with transaction() as session:
        session.execute(update(Service).where(Service.family == "cover").values(family="drain"))
    page = client.get("/peta?family=cover").text
    assert 'value="cover"' not in page
    assert 'value="" checked' in page
    assert listed(client, "family=cover")[0] == 1
