"""Engineers' pages of hotspots: asking, waiting, reading, taking along; and what wrong input gets."""

import gzip
import io
import itertools
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import pandas as pd
import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from fieldops import clock, i18n
from fieldops.domain.hotspot_questions import Method, Question
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import HotspotCell, HotspotRun, RainDay, RainGauge
from fieldops.operations.ask_for_hotspots import ask_for_hotspots
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from tests.conftest import World
from tests.reports_on_a_plain import DAYS, LAST_DAY, lay_out, report_all

FIRST = LAST_DAY - timedelta(days=DAYS - 1)
FORM = {
    "method": "gi_star", "unit": "requests", "exposure": "none", "shape": "hexagon", "size": "400",
    "days": "own", "from": FIRST.isoformat(), "until": LAST_DAY.isoformat(),
}  # fmt: skip


@pytest.fixture
def plain(world: World) -> World:
    with transaction() as session:
        lay_out(session)
        report_all(session)
    return world


@pytest.fixture
def engineer(plain: World) -> FlaskClient:
    return plain.sign_in(Role.ENGINEER)


def computed(world: World, **changes: Any) -> int:
    question = Question(**({"first": FIRST, "last": LAST_DAY} | changes))
    with transaction() as session:
        number = ask_for_hotspots(session, question, world.by(Role.ENGINEER)).id
    work_until_idle(world.installation)
    return number


def test_asking_leads_to_a_page_that_waits_and_then_shows_the_map(
    plain: World, engineer: FlaskClient
) -> None:
    assert "Belum ada peta" in engineer.get("/insinyur/titik-rawan").get_data(as_text=True)
    answer = engineer.post("/insinyur/titik-rawan", data=FORM)
    assert answer.status_code == 303
    address = answer.headers["Location"]
    assert 'data-waits="queued computing"' in engineer.get(address).get_data(as_text=True)
    assert engineer.get(f"{address}/keadaan").json == {"state": "queued", "progress": 0}
    work_until_idle(plain.installation)
    assert engineer.get(f"{address}/keadaan").json == {"state": "done", "progress": 100}
    page = engineer.get(address).get_data(as_text=True)
    assert f'src="{address}/peta.html"' in page
    for words in ("400 aduan", "EPSG:32749", "Benjamini–Hochberg", "Aduan bukan kerusakan", "Barat Daya"):
        assert words in page


def test_a_wrong_field_is_named_and_what_was_chosen_is_kept(engineer: FlaskClient) -> None:
    answer = engineer.post("/insinyur/titik-rawan", data=FORM | {"until": "2031-01-01", "size": "750"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Hari yang belum selesai" in page
    assert '<option value="750" selected>' in page
    assert engineer.post("/insinyur/titik-rawan", data=FORM | {"method": "magic"}).status_code == 422
    assert engineer.get("/insinyur/titik-rawan/999").status_code == 404
    assert engineer.get("/insinyur/titik-rawan/999/gambar.png").status_code == 404


def test_a_refusal_says_what_is_needed(plain: World, engineer: FlaskClient) -> None:
    number = computed(plain, first=LAST_DAY - timedelta(days=1))
    page = engineer.get(f"/insinyur/titik-rawan/{number}").get_data(as_text=True)
    assert "perlu sedikitnya 60" in page
    assert "<iframe" not in page
    assert engineer.get(f"/insinyur/titik-rawan/{number}/gambar.png").status_code == 409


@pytest.mark.parametrize("role", [Role.CREW_LEADER, Role.OFFICER])
def test_others_may_not_see_them(plain: World, role: Role) -> None:
    number = computed(plain)
    browser = plain.sign_in(role)
    for address in (
        "/insinyur/titik-rawan",
        f"/insinyur/titik-rawan/{number}",
        f"/insinyur/titik-rawan/{number}/sel/12/3308/2133.pbf",
        f"/insinyur/titik-rawan/{number}/sel.csv",
        "/insinyur/angka",
    ):
        assert browser.get(address).status_code == 403, address


def test_a_cell_leads_to_its_reports(plain: World, engineer: FlaskClient) -> None:
    number = computed(plain)
    hottest = db.session.scalars(
        select(HotspotCell).where(HotspotCell.run_id == number).order_by(HotspotCell.count.desc()).limit(1)
    ).one()
    count, cell = hottest.count, hottest.number
    page = engineer.get(f"/insinyur/titik-rawan/{number}/sel/{cell}").get_data(as_text=True)
    assert f"{count} aduan di sel ini" in page
    assert page.count("/petugas/aduan/") == count
    assert engineer.get(f"/insinyur/titik-rawan/{number}/sel/9999").status_code == 404


def test_tiles_hold_every_cell_once_and_are_kept(plain: World, engineer: FlaskClient) -> None:
    number = computed(plain)
    address = f"/insinyur/titik-rawan/{number}/sel/10/827/533.pbf"
    answer = engineer.get(address)
    assert answer.status_code == 200
    some = db.session.query(HotspotCell).filter_by(run_id=number, is_tested=True)
    numbers = {cell.number for cell in some}
    found = set()
    for x, y in itertools.product(range(13230, 13240), range(8530, 8545)):
        near = engineer.get(f"/insinyur/titik-rawan/{number}/sel/14/{x}/{y}.pbf")
        if near.status_code == 200:
            body = gzip.decompress(near.data) if near.headers.get("Content-Encoding") == "gzip" else near.data
            features = mapbox_vector_tile.decode(body)["cells"]["features"]
            found |= {one["id"] for one in features}
    assert found >= numbers  # a sliver at the city's edge may be smaller than the tile's smallest step
    assert set(features[0]["properties"]) <= {"band", "plain", "count", "expected", "z", "p", "area", "label"}
    again = engineer.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert engineer.get(f"/insinyur/titik-rawan/{number}/sel/12/0/0.pbf").status_code == 204
    assert engineer.get(f"/insinyur/titik-rawan/{number}/sel/12/x/0.pbf").status_code == 404


def test_the_map_page_has_nothing_inline_and_nothing_foreign(plain: World, engineer: FlaskClient) -> None:
    number = computed(plain)
    answer = engineer.get(f"/insinyur/titik-rawan/{number}/peta.html")
    page = answer.get_data(as_text=True)
    assert "http" not in page.replace("http-equiv", "")
    assert " style=" not in page
    assert "<script>" not in page
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_data_comes_in_every_form(plain: World, engineer: FlaskClient, tmp_path: Path) -> None:
    number = computed(plain)
    base = f"/insinyur/titik-rawan/{number}/sel"
    (tmp_path / "cells.gpkg").write_bytes(engineer.get(f"{base}.gpkg").data)
    cells = gpd.read_file(tmp_path / "cells.gpkg", layer="hotspot_cells")
    assert cells.crs.to_epsg() == 4326
    assert cells["count"].sum() == 400
    geojson = engineer.get(f"{base}.geojson").json
    assert len(geojson["features"]) == len(cells)
    parquet = gpd.read_parquet(io.BytesIO(engineer.get(f"{base}.parquet").data))
    assert parquet["z"].equals(cells["z"])
    table = pd.read_csv(io.BytesIO(engineer.get(f"{base}.csv").data), sep=";", decimal=",")
    assert table["count"].sum() == 400
    with zipfile.ZipFile(io.BytesIO(engineer.get(f"{base}.zip").data)) as archive:
        assert sorted(archive.namelist()) == [
            "README.txt", "hotspot_cells.csv", "hotspot_cells.geojson", "hotspot_cells.gpkg",
            "hotspot_cells.parquet",
        ]  # fmt: skip
        words = archive.read("README.txt").decode()
    assert "Getis-Ord Gi*, dua sisi" in words
    assert "Getis-Ord Gi*, two-sided" in words
    assert engineer.get(f"{base}.xlsx").status_code == 404


@pytest.mark.parametrize("method", list(Method))
def test_figures_and_the_report_are_set(plain: World, engineer: FlaskClient, method: Method) -> None:
    changes: dict[str, Any] = {"method": method, "size_m": 500}
    if method is Method.COMPARISON:
        changes |= {"first": LAST_DAY - timedelta(days=41), "earlier_last": LAST_DAY - timedelta(days=42)}
    number = computed(plain, **changes)
    base = f"/insinyur/titik-rawan/{number}"
    png = Image.open(io.BytesIO(engineer.get(f"{base}/gambar.png").data))
    assert png.width == pytest.approx(180 / 25.4 * 300, abs=2)
    assert png.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    svg = engineer.get(f"{base}/gambar.svg").get_data(as_text=True)
    assert svg.startswith("<svg")
    assert "<text" not in svg  # letters are outlines: the figure looks the same everywhere
    report = engineer.get(f"{base}/laporan.pdf")
    assert report.data.startswith(b"%PDF-")
    assert "attachment" in report.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("method", "says", "column"),
    [
        (
            Method.SCAN,
            ("1 lingkaran ramai", "999 dunia kebetulan", "dalam lingkaran ramai, p ≤ 0,01"),
            "log_likelihood_ratio",
        ),
        (Method.MORAN, ("tinggi di antara tinggi", "tidak dikoreksi"), "moran_i"),
        (Method.DENSITY, ("tanpa uji", "5 terpadat dari seratus"), "per_km2"),
    ],
)
def test_maps_without_levels_say_what_they_are(
    plain: World, engineer: FlaskClient, method: Method, says: tuple[str, ...], column: str
) -> None:
    address = f"/insinyur/titik-rawan/{computed(plain, method=method)}"
    page = engineer.get(address).get_data(as_text=True)
    for words in says:
        assert words in page
    assert "Benjamini" not in page
    table = pd.read_csv(io.BytesIO(engineer.get(f"{address}/sel.csv").data), sep=";", decimal=",")
    assert column in table
    assert "z" not in table
    hottest = table.loc[table[column].idxmax(), "number"]
    cell = engineer.get(f"{address}/sel/{hottest}").get_data(as_text=True)
    assert any(words.split(",")[0] in cell for words in says)
    assert engineer.get(f"{address}/peta.html").status_code == 200


def test_a_density_is_divided_by_nothing(engineer: FlaskClient) -> None:
    answer = engineer.post("/insinyur/titik-rawan", data=FORM | {"method": "density", "exposure": "road_km"})
    assert answer.status_code == 422
    assert "dibagi" in answer.get_data(as_text=True)


def test_the_period_before_is_one_press_away(plain: World, engineer: FlaskClient) -> None:
    number = computed(plain, first=LAST_DAY - timedelta(days=29))
    answer = engineer.post(f"/insinyur/titik-rawan/{number}/periode", data={"to": "before"})
    assert answer.status_code == 303
    run = db.session.scalars(select(HotspotRun).order_by(HotspotRun.id.desc()).limit(1)).one()
    assert run.question["last"] == (LAST_DAY - timedelta(days=30)).isoformat()
    today = i18n.local(clock.now()).date()
    latest = computed(plain, first=today - timedelta(days=60), last=today - timedelta(days=1))
    assert engineer.post(f"/insinyur/titik-rawan/{latest}/periode", data={"to": "after"}).status_code == 422


# ── Rain and residents ───────────────────────────────────────────────────────────────────────────────────


def upload(browser: FlaskClient, kind: str, text: str | bytes, **fields: str) -> Any:
    data = text.encode() if isinstance(text, str) else text
    name = {"hujan": "rain", "penduduk": "residents"}[kind]
    return browser.post(f"/insinyur/angka/{kind}", data={name: (io.BytesIO(data), "data.csv"), **fields})


def test_rain_is_kept_by_day_and_bad_lines_are_named(world: World) -> None:
    browser = world.sign_in(Role.ENGINEER)
    text = "tanggal;pos;hujan\n01-11-2026;Pabelan;12,5\n02-11-2026;Pabelan;8888\n03-11-2026;Pabelan;-4\n"
    answer = upload(
        browser, "hujan", text + "04-11-2026;Pabelan;9999\n05-11-2026;Pabelan;30\n", source="BMKG"
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Line 4" in page
    rows = db.session.execute(select(RainDay.day, RainDay.depth_mm)).all()
    assert {day.isoformat(): mm for day, mm in rows} == {
        "2026-11-01": 12.5, "2026-11-02": 0.0, "2026-11-05": 30.0,
    }  # fmt: skip
    gauge = db.session.scalars(select(RainGauge)).one()
    assert (gauge.name, gauge.source) == ("Pabelan", "BMKG")
    assert upload(browser, "hujan", "tanggal;pos;hujan\n05-11-2026;Pabelan;31\n").status_code == 303
    assert (
        db.session.scalars(select(RainDay.depth_mm).where(RainDay.day == LAST_DAY.replace(day=5))).one() == 31
    )
    number = gauge.id
    assert browser.post(f"/insinyur/angka/hujan/{number}/hapus").status_code == 303
    assert db.session.scalars(select(RainDay)).first() is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "kosong|empty"),
        (b"\xff\xfe\x00a", "UTF-8"),
        ("a;b\n1;2\n", "column"),
        ("waktu,mm\nkapan-kapan,3\n", "Line 2"),
    ],
)
def test_a_file_of_rain_that_is_none_is_refused(world: World, text: str | bytes, says: str) -> None:
    answer = upload(world.sign_in(Role.ENGINEER), "hujan", text)
    assert answer.status_code == 422
    assert re.search(says, answer.get_data(as_text=True))


def test_residents_are_kept_by_year(plain: World) -> None:
    browser = plain.sign_in(Role.ADMIN)
    text = "Kelurahan,Penduduk\nBarat Daya,12.345\nTENGGARA,9000\nAtlantis,7\n"
    answer = upload(browser, "penduduk", text, year="2026", people_source="Dukcapil")
    page = answer.get_data(as_text=True)
    assert "Atlantis" in page
    assert "21.345" in page
    assert "2 / 4" in page


@pytest.mark.parametrize(
    ("text", "year", "says"),
    [
        ("Kelurahan,Penduduk\nBarat Daya,banyak\n", "2026", "Baris 2"),
        ("Kelurahan,Penduduk\nBarat Daya,-3\n", "2026", "Baris 2"),
        ("Nama,Luas\nBarat Daya,3\n", "2026", "kolom kelurahan"),
        ("Kelurahan,Penduduk\nAtlantis,3\n", "2026", "Tidak satu pun"),
        ("Kelurahan,Penduduk\nBarat Daya,3\n", "tahun ini", "bilangan bulat"),
    ],
)
def test_a_table_of_residents_that_cannot_be_read_is_refused(
    plain: World, text: str, year: str, says: str
) -> None:
    answer = upload(plain.sign_in(Role.ENGINEER), "penduduk", text, year=year)
    assert answer.status_code == 422
    assert says in answer.get_data(as_text=True)


def test_who_only_reads_maps_may_not_change_their_figures(plain: World) -> None:
    head = plain.sign_in(Role.HEAD)
    assert head.get("/insinyur/angka").status_code == 200
    assert upload(head, "hujan", "tanggal;hujan\n01-11-2026;1\n").status_code == 403
