"""Engineers' pages of segments, priorities and evaluations; and what wrong input gets."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import geopandas as gpd
import pytest
from flask.testing import FlaskClient
from shapely.geometry import Point
from sqlalchemy import select

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import Cluster, Department, Line, Service, WorkOrder
from fieldops.models.base import as_point
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from tests.conftest import World
from tests.reports_on_a_plain import LAST_DAY, SOUTH_M, WEST_M, degrees, lay_out, report_all

FORM = {
    "days": "90", "kind": "street", "budget": "Rp 1.000.000.000", "cost": "500.000", "cost_per": "metre",
    "effect_low": "20", "effect_high": "60", "effect_source": "penilaian", "horizon": "2", "top": "10",
    "jurisdiction": "",
}  # fmt: skip
TREATED = {"treated_from": "2026-10-20", "treated_until": "2026-10-22", "days": "14", "within": "5"}


@pytest.fixture
def plain(world: World) -> Iterator[World]:
    with transaction() as session:
        lay_out(session)
        report_all(session, spread=600, hot=400)
    noon = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, 5, tzinfo=UTC) + timedelta(days=1)
    with clock.frozen(noon):
        yield world


@pytest.fixture
def engineer(plain: World) -> FlaskClient:
    return plain.sign_in(Role.ENGINEER)


def line_of(name: str) -> int:
    return int(db.session().scalars(select(Line.id).where(Line.name == name).order_by(Line.id)).all()[0])


def test_segments_are_listed_with_what_they_rest_on(engineer: FlaskClient) -> None:
    page = engineer.get("/insinyur/ruas?hari=90").get_data(as_text=True)
    for words in ("Indeks aduan", "belum disurvei", "EPSG:32749", "bukan SDI, IRI, atau PCI", "1.600 ruas"):
        assert words in page
    named = engineer.get("/insinyur/ruas?q=jl.+19&urut=street&hari=90").get_data(as_text=True)
    assert "Jl. 19" in named
    assert "Jl. 3<" not in named
    assert "Tidak ada ruas yang cocok" in engineer.get("/insinyur/ruas?q=zzz").get_data(as_text=True)
    assert "Belum ada saluran" in engineer.get("/insinyur/ruas?jenis=drain").get_data(as_text=True)
    assert "Tidak ada ruas yang cocok" in engineer.get("/insinyur/ruas?hanya=surveyed").get_data(as_text=True)


@pytest.mark.parametrize("query", ["hari=7", "urut=z", "jenis=river", "layanan=x", "hanya=y", "jalan=moon"])
def test_a_filter_that_cannot_be_read_is_said(engineer: FlaskClient, query: str) -> None:
    answer = engineer.get(f"/insinyur/ruas?{query}")
    assert answer.status_code == 422
    assert "tidak tersedia" in answer.get_data(as_text=True) or "Pilih" in answer.get_data(as_text=True)
    assert engineer.get(f"/insinyur/ruas/unduh.csv?{query}").status_code == 422


def test_files_hold_the_same_rows_under_keys_that_last(engineer: FlaskClient, tmp_path: Path) -> None:
    text = engineer.get("/insinyur/ruas/unduh.csv?hari=90&q=jl.+3").get_data().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[0][0] == "Ruas"
    assert all("Jl. 3" in row[2] or "Jl. 13" in row[2] for row in rows[1:])
    file = tmp_path / "segments.gpkg"
    file.write_bytes(engineer.get("/insinyur/ruas/unduh.gpkg?hari=90&q=jl.+3").data)
    frame = gpd.read_file(file)
    assert len(frame) == len(rows) - 1
    assert frame["key"].is_unique
    assert set(frame["key"]) == {row[0] for row in rows[1:]}
    assert frame.crs.to_epsg() == 4326
    lines = engineer.get("/insinyur/ruas/unduh.geojson?hari=90&hanya=reported").json
    assert {one["geometry"]["type"] for one in lines["features"]} == {"LineString"}
    assert engineer.get("/insinyur/ruas/unduh.exe").status_code == 404


def test_one_segment_tells_its_history_with_its_surveys(plain: World, engineer: FlaskClient) -> None:
    line = line_of("Jl. 4")
    form = {
        "client_key": str(uuid4()), "from_m": "800", "to_m": "900", "version": "holes_per_100_m",
        "surface": "asphalt", "crack_area_percent": "0", "crack_width": "none", "holes": "60",
        "rut_depth_cm": "0",
    }  # fmt: skip
    assert plain.sign_in(Role.CREW_LEADER).post(f"/regu/survei/{line}", data=form).status_code == 303
    page = engineer.get(f"/insinyur/ruas/{line}/800?hari=90").get_data(as_text=True)
    for words in ("Rusak berat", "SDI 225,0", "dari jalan", "Lubang per 100 m"):
        assert words in page
    assert "the guide itself was not read" in page
    listed = engineer.get("/insinyur/ruas?hanya=surveyed&urut=distress").get_data(as_text=True)
    assert "holes_per_100_m" in listed
    assert engineer.get(f"/insinyur/ruas/{line}/850").status_code == 404
    assert engineer.get("/insinyur/ruas/99999/0").status_code == 404


def test_priorities_are_asked_computed_read_and_taken_along(plain: World, engineer: FlaskClient) -> None:
    answer = engineer.post("/insinyur/prioritas", data=FORM)
    assert answer.status_code == 303
    address = answer.headers["Location"]
    number = address.rsplit("/", 1)[1]
    assert 'data-waits="queued computing"' in engineer.get(address).get_data(as_text=True)
    assert engineer.get(f"/insinyur/pemeliharaan/{number}/keadaan").json == {"state": "queued", "progress": 0}
    work_until_idle(plain.installation)
    page = engineer.get(address).get_data(as_text=True)
    for words in ("dalam anggaran", "sumber: penilaian", "Bayes empiris", "Benih", "bukan kerugian"):
        assert words in page
    assert 'value="1000000000"' in page
    chosen = engineer.get(f"{address}?terpilih=1").get_data(as_text=True)
    assert "dalam anggaran" in chosen
    text = engineer.get(f"{address}/prioritas.csv").get_data().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[1][0] == "1"
    assert len({len(row) for row in rows}) == 1
    assert engineer.get(f"/insinyur/evaluasi/{number}").status_code == 404
    assert number in engineer.get("/insinyur/prioritas").get_data(as_text=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"budget": "banyak"},
        {"budget": "0"},
        {"cost": "-5"},
        {"cost_per": "litre"},
        {"effect_low": "70"},
        {"effect_low": "0", "effect_high": "0"},
        {"effect_high": "120"},
        {"effect_source": " "},
        {"horizon": "0"},
        {"top": "0"},
        {"days": "7"},
        {"kind": "drain"},
        {"jurisdiction": "moon"},
        {"service": "ufo"},
    ],
)
def test_a_wrong_field_is_named_and_the_others_are_kept(
    engineer: FlaskClient, changes: dict[str, str]
) -> None:
    answer = engineer.post("/insinyur/prioritas", data=FORM | changes)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'class="error"' in page
    assert 'value="2"' in page or "horizon" in changes


def test_a_budget_that_buys_nothing_is_refused_in_words(plain: World, engineer: FlaskClient) -> None:
    address = engineer.post("/insinyur/prioritas", data=FORM | {"budget": "1000"}).headers["Location"]
    work_until_idle(plain.installation)
    assert "tidak cukup untuk apa pun" in engineer.get(address).get_data(as_text=True)


def test_a_street_is_evaluated_against_streets_like_it(plain: World, engineer: FlaskClient) -> None:
    line = line_of("Jl. 4")
    assert f"/insinyur/evaluasi/jalan/{line}" in engineer.get("/insinyur/evaluasi?q=jl.+4").get_data(
        as_text=True
    )
    assert engineer.get(f"/insinyur/evaluasi/jalan/{line}?hari=2026-10-20").status_code == 200
    answer = engineer.post(f"/insinyur/evaluasi/jalan/{line}", data=TREATED)
    assert answer.status_code == 303
    work_until_idle(plain.installation)
    page = engineer.get(answer.headers["Location"]).get_data(as_text=True)
    for words in ("Jalan yang dibandingkan", "ditangani", "Plasebo", "Fisher", "tidak menjelaskan sebabnya"):
        assert words in page
    out = page.split('name="left_out" value="')[1].split('"')[0]
    again = engineer.post(f"/insinyur/evaluasi/jalan/{line}", data=TREATED | {"left_out": out})
    work_until_idle(plain.installation)
    page = engineer.get(again.headers["Location"]).get_data(as_text=True)
    assert "Dikeluarkan dengan tangan" in page
    assert "Sebelum dan sesudah" in engineer.get("/insinyur/evaluasi").get_data(as_text=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"treated_from": "kemarin"},
        {"treated_until": "2026-10-01"},
        {"treated_from": "2024-01-01"},
        {"days": "365"},
        {"days": "8"},
        {"within": "100"},
        {"left_out": "x"},
        {"service": "ufo"},
    ],
)
def test_what_cannot_be_evaluated_is_said(engineer: FlaskClient, changes: dict[str, str]) -> None:
    answer = engineer.post(f"/insinyur/evaluasi/jalan/{line_of('Jl. 4')}", data=TREATED | changes)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True) or 'class="error"' in answer.get_data(as_text=True)


def finish_order(number: str, day: int, repair_kind: str = "permanent", after: int | None = None) -> int:
    """Work on Jl. 4, 850 m from its southern end, finished at noon of a day of November."""
    place = degrees(Point(WEST_M + 905.0, SOUTH_M + 850.0))
    at = datetime(2026, 11, day, 5, tzinfo=UTC)
    with transaction() as session:
        service = session.scalars(select(Service).where(Service.code == "pothole")).one()
        department = session.scalars(select(Department).order_by(Department.id)).first()
        assert department is not None
        cluster = Cluster(
            family="road", service_id=service.id, anchor=as_point(place.x, place.y), created_at=at
        )
        session.add(cluster)
        session.flush()
        order = WorkOrder(
            number=number, cluster_id=cluster.id, service_id=service.id, department_id=department.id,
            status="done", place=as_point(place.x, place.y), duration_s=600, material="none",
            material_amount=0, skills=[], repair_kind=repair_kind, rework_of_id=after, created_at=at,
            ended_at=at,
        )  # fmt: skip
        session.add(order)
        session.flush()
        return order.id


def test_a_finished_order_leads_to_its_street_and_day(engineer: FlaskClient) -> None:
    line = line_of("Jl. 4")
    finish_order("PK-77", 3)
    answer = engineer.get("/insinyur/evaluasi?perintah=PK-77")
    assert answer.headers["Location"] == f"/insinyur/evaluasi/jalan/{line}?hari=2026-11-03&perintah=PK-77"
    page = engineer.get(answer.headers["Location"]).get_data(as_text=True)
    assert 'value="2026-11-03"' in page
    refused = engineer.get("/insinyur/evaluasi?perintah=PK-0")
    assert refused.status_code == 422
    assert "Tidak ada perintah kerja selesai" in refused.get_data(as_text=True)
    assert engineer.get("/insinyur/evaluasi/jalan/99999").status_code == 404
    assert engineer.get("/insinyur/evaluasi/7").status_code == 404


def test_what_was_repaired_again_is_told_but_not_what_was_foreseen(engineer: FlaskClient) -> None:
    line = line_of("Jl. 4")
    temporary = finish_order("PK-1", 2, "temporary")
    finish_order("PK-2", 6, "permanent", after=temporary)  # foreseen
    finish_order("PK-3", 14)
    page = engineer.get(f"/insinyur/ruas/{line}/800?hari=90").get_data(as_text=True)
    assert page.count("diperbaiki lagi dalam 50 m dan 90 hari") == 1
    listed = engineer.get("/insinyur/ruas?hanya=repeats&hari=90").get_data(as_text=True)
    assert f"/insinyur/ruas/{line}/800" in listed
    assert f"/insinyur/evaluasi/jalan/{line}?hari=2026-11-14" in page


def test_only_who_sees_maps_sees_these_pages(plain: World) -> None:
    for role, status in ((Role.CREW_LEADER, 403), (Role.OFFICER, 403), (Role.HEAD, 200)):
        browser = plain.sign_in(role)
        for address in ("/insinyur/ruas", "/insinyur/prioritas", "/insinyur/evaluasi"):
            assert browser.get(address).status_code == status
    browser = plain.sign_in(Role.CREW_LEADER)
    assert browser.post("/insinyur/prioritas", data=FORM).status_code == 403
