"""The engineers' map, its table, its files, and what a wrong filter gets."""

import csv
import io
import re
import warnings
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import geopandas as gpd
import mapbox_vector_tile
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import Cluster, ServiceRequest
from fieldops.operations.group_requests import group_request
from fieldops.operations.submit_request import submit_request
from fieldops.transaction import transaction
from fieldops.web.engineer.downloads import safe_cell
from tests.conftest import World

LON, LAT = 110.8230, -7.5660
WORDS = "Kata-kata pelapor yang tidak boleh keluar"


@pytest.fixture
def places(world: World, submission: Any) -> list[int]:
    """Three open clusters: two reports of a heavy pothole, one light pothole, one blocked drain."""
    with transaction() as session:
        sent = [
            submit_request(session, world.installation, submission(words=WORDS, **changes)).request.id
            for changes in (
                {"severity": 3, "contact": "sri@example.org"},
                {"severity": 2, "lon": LON + 0.00002},
                {"severity": 1, "lon": LON + 0.01},
                {"severity": 2, "service_code": "blocked_drain", "lat": LAT + 0.01},
            )
        ]
        for number in sent:
            group_request(session, world.installation, number)
        session.scalars(select(Cluster).order_by(Cluster.id)).first().address = "=Jl. Formula"  # type: ignore[union-attr]
    return list(db.session.scalars(select(Cluster.id).order_by(Cluster.id)))


@pytest.fixture
def engineer(world: World, places: list[int]) -> FlaskClient:
    return world.sign_in(Role.ENGINEER)


def test_the_page_shows_the_map_and_the_same_as_a_table(engineer: FlaskClient, places: list[int]) -> None:
    answer = engineer.get("/insinyur")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert 'src="/insinyur/peta.html?bounds=110.8' in page
    assert page.count("/petugas/kelompok/") >= 3
    assert WORDS not in page
    assert "sri@example.org" not in page


def test_the_frames_page_keeps_the_strict_policy(engineer: FlaskClient) -> None:
    answer = engineer.get("/insinyur/peta.html")
    page = answer.get_data(as_text=True)
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert "nonce" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert "<style" not in page
    assert not re.search(r"https?://", page)
    for address in re.findall(r'(?:src|href)="(/[^"]+)"', page):
        found = engineer.get(address)
        assert found.status_code == 200, address
        if address.startswith("/insinyur/peta/"):
            assert "immutable" in found.headers["Cache-Control"]
        found.close()


def test_a_file_that_another_machine_drew_is_drawn_again(engineer: FlaskClient, world: World) -> None:
    page = engineer.get("/insinyur/peta.html").get_data(as_text=True)
    names = re.findall(r"/insinyur/peta/([0-9a-f]{32}\.\w+)", page)
    for path in (world.installation.settings.instance_dir / "maps").iterdir():
        path.unlink()
    assert all(engineer.get(f"/insinyur/peta/{name}").status_code == 200 for name in names)


@pytest.mark.parametrize("name", ["0" * 32 + ".js", "..%2fsecret_key", "x.css"])
def test_no_other_file_is_served(engineer: FlaskClient, name: str) -> None:
    assert engineer.get(f"/insinyur/peta/{name}").status_code == 404


def test_a_report_leads_to_its_place_of_work(engineer: FlaskClient, places: list[int]) -> None:
    first = db.session.scalars(select(ServiceRequest).order_by(ServiceRequest.id)).first()
    assert first is not None
    answer = engineer.get(f"/petugas/tempat.json?id={first.id}")
    (place,) = answer.get_json()["places"]
    assert place["url"] == f"/petugas/kelompok/{places[0]}"
    assert place["lines"][0].startswith("=Jl. Formula")
    assert place["lines"][1] == "2 aduan terbuka, berat, umur 0 hari"
    assert WORDS not in answer.get_data(as_text=True)
    assert engineer.get("/petugas/tempat.json?id=999999").get_json() == {"places": [], "more": ""}


def test_a_bubble_that_no_zoom_takes_apart_leads_to_all_its_places(
    engineer: FlaskClient, places: list[int]
) -> None:
    near = {"lon": LON, "lat": LAT, "zoom": 19}
    (place,) = engineer.get("/petugas/tempat.json", query_string=near).get_json()["places"]
    assert place["open"].endswith(str(places[0]))
    elsewhere = engineer.get("/petugas/tempat.json", query_string=near | {"lon": LON + 0.001})
    assert elsewhere.get_json()["places"] == []


@pytest.mark.parametrize(
    "query", ["", "lon=1&lat=2", "lon=1&lat=2&zoom=4", "lon=nan&lat=2&zoom=18", "lon=1&lat=91&zoom=18"]
)
def test_a_place_that_cannot_be_listed_is_refused_in_words(engineer: FlaskClient, query: str) -> None:
    assert engineer.get(f"/petugas/tempat.json?{query}").status_code == 422


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("service=pothole", 2),
        ("severity=3", 1),
        ("service=blocked_drain&severity=3", 0),
        ("age=7", 0),
    ],
)
def test_a_filter_holds_for_page_map_and_files_alike(engineer: FlaskClient, query: str, count: int) -> None:
    page = engineer.get(f"/insinyur?{query}").get_data(as_text=True)
    assert page.count("/petugas/kelompok/") == count
    assert len(engineer.get(f"/insinyur/unduh.geojson?{query}").get_json()["features"]) == count
    rows = engineer.get(f"/insinyur/unduh.csv?{query}").get_data(as_text=True).strip().splitlines()
    assert len(rows) == count + 1
    frame = re.search(r'src="/insinyur/peta\.html([^"]*)"', page)
    assert frame
    asked = parse_qs(unescape(frame[1]).removeprefix("?"))
    assert bool(asked.pop("bounds", None)) == (count > 0)
    assert asked == parse_qs(query)


def test_the_map_draws_the_reports_of_the_places_that_the_table_lists(
    engineer: FlaskClient, places: list[int]
) -> None:
    tile = "/petugas/tiles/requests/0/0/0.pbf"
    for query, reports in (("", 4), ("severity=3", 1), ("severity=2,3", 3), ("age=8-30,31-90,91-", 0)):
        answer = engineer.get(f"{tile}?status=unread,open,in_progress&{query}")
        assert (answer.status_code == 200) == bool(reports)
        if reports:
            (layer,) = mapbox_vector_tile.decode(answer.get_data()).values()
            assert sum(one["properties"]["count"] for one in layer["features"]) == reports
    assert engineer.get(f"{tile}?severity=4").status_code == 422


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("service=naga", "service"),
        ("severity=7", "severity"),
        ("age=kemarin", "age"),
        ("severity=%00'", "severity"),
    ],
)
def test_a_wrong_filter_is_said_in_words(engineer: FlaskClient, query: str, field: str) -> None:
    page = engineer.get(f"/insinyur?{query}")
    assert page.status_code == 422
    assert f'href="#{field}"' in page.get_data(as_text=True)
    for path in ("peta.html", "unduh.csv"):
        answer = engineer.get(f"/insinyur/{path}?{query}")
        assert answer.status_code == 422
        assert "alert" in answer.get_data(as_text=True) or 'class="empty"' in answer.get_data(as_text=True)


def test_an_unknown_kind_of_file_is_not_found(engineer: FlaskClient) -> None:
    assert engineer.get("/insinyur/unduh.exe").status_code == 404


def test_a_page_beyond_the_last_shows_the_last(engineer: FlaskClient) -> None:
    for page in ("99", "-3", "x"):
        assert engineer.get(f"/insinyur?page={page}").status_code == 200


def test_csv_is_safe_in_a_spreadsheet(engineer: FlaskClient) -> None:
    raw = engineer.get("/insinyur/unduh.csv").get_data()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))
    assert len({len(row) for row in rows}) == 1
    assert any("'=Jl. Formula" in row for row in rows)
    assert all(not cell.startswith(("=", "+", "@")) for row in rows for cell in row)
    assert rows[1][-2:] == ["-7,566000", f"{LON:.6f}".replace(".", ",")] or rows[1][-2].startswith("-7,566")


@pytest.mark.parametrize("text", ["=1+1", "+62", "-x", "@SUM", "\tx", "\rx"])
def test_a_cell_that_looks_like_a_formula_is_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    assert safe_cell(f"Jl. {text}") == f"Jl. {text}"


def test_geopackage_opens_with_its_crs_and_columns(engineer: FlaskClient, tmp_path: Path) -> None:
    path = tmp_path / "clusters.gpkg"
    path.write_bytes(engineer.get("/insinyur/unduh.gpkg").get_data())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        frame = gpd.read_file(path, layer="open_clusters")
    assert len(frame) == 3
    assert frame.crs.to_epsg() == 4326
    assert {"service", "severity", "reports", "age_days", "kelurahan"} <= set(frame.columns)
    assert frame["reports"].sum() == 4


def test_an_empty_result_still_gives_every_file(engineer: FlaskClient, tmp_path: Path) -> None:
    for kind in ("csv", "geojson", "gpkg"):
        answer = engineer.get(f"/insinyur/unduh.{kind}?service=blocked_drain&severity=3")
        assert answer.status_code == 200, kind
    path = tmp_path / "empty.gpkg"
    path.write_bytes(engineer.get("/insinyur/unduh.gpkg?severity=3&service=blocked_drain").get_data())
    assert len(gpd.read_file(path)) == 0


def test_a_city_without_reports_is_shown_empty(world: World) -> None:
    engineer = world.sign_in(Role.ENGINEER)
    page = engineer.get("/insinyur")
    assert page.status_code == 200
    assert 'class="empty"' in page.get_data(as_text=True)
    assert db.session.scalar(select(ServiceRequest.id)) is None


@pytest.mark.parametrize("path", ["", "/peta.html", "/unduh.csv", "/peta/" + "0" * 32 + ".js"])
def test_only_who_may_see_maps_comes_in(world: World, client: FlaskClient, path: str) -> None:
    assert client.get(f"/insinyur{path}").status_code == 302
    assert world.sign_in(Role.CREW_LEADER).get(f"/insinyur{path}").status_code == 403
