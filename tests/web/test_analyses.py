"""Engineers' analyses: asking, waiting, reading, taking along; and what wrong input gets."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldops.domain.hotspot_questions import Analysis, Question, Unit
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import HotspotCell, HotspotRun
from fieldops.operations.ask_for_hotspots import ask_for_hotspots
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from fieldops.web.engineer.interval_chart import BASE, LEFT, RIGHT, TOP, Point, interval_chart
from tests.analyses_on_a_plain import repairs, reports_by_strip, strips, water_follows_damage
from tests.conftest import World
from tests.reports_on_a_plain import DAYS, LAST_DAY, lay_out, report_all

FIRST = LAST_DAY - timedelta(days=DAYS - 1)
FORM = {"method": "rain", "unit": "requests", "days": "own", "from": FIRST.isoformat(),
        "until": LAST_DAY.isoformat()}  # fmt: skip


@pytest.fixture
def plain(world: World) -> World:
    with transaction() as session:
        lay_out(session)
    return world


@pytest.fixture
def engineer(plain: World) -> FlaskClient:
    return plain.sign_in(Role.ENGINEER)


def reported(**counts: int) -> None:
    with transaction() as session:
        report_all(session, **counts)


def computed(world: World, method: Analysis, **changes: Any) -> str:
    """The address of an analysis that the worker has computed."""
    usual = {"first": FIRST, "last": LAST_DAY, "unit": Unit.REQUESTS}
    if method is Analysis.BIAS:
        usual |= {"first": LAST_DAY - timedelta(days=27), "earlier_last": LAST_DAY - timedelta(days=28)}
    with transaction() as session:
        question = Question(**(usual | changes), method=method)  # type: ignore[arg-type]
        number = ask_for_hotspots(session, question, world.by(Role.ENGINEER)).id
    work_until_idle(world.installation)
    return f"/insinyur/analisis/{number}"


def test_asking_leads_to_a_page_that_waits_and_then_shows_the_figures(
    plain: World, engineer: FlaskClient
) -> None:
    reported()
    assert "Belum ada analisis" in engineer.get("/insinyur/analisis").get_data(as_text=True)
    answer = engineer.post("/insinyur/analisis", data=FORM)
    assert answer.status_code == 303
    address = answer.headers["Location"]
    assert 'data-waits="queued computing"' in engineer.get(address).get_data(as_text=True)
    assert engineer.get(f"{address}/keadaan").json == {"state": "queued", "progress": 0}
    work_until_idle(plain.installation)
    assert engineer.get(f"{address}/keadaan").json == {"state": "done", "progress": 100}
    page = engineer.get(address).get_data(as_text=True)
    for words in ("400 aduan", "r = ", "Newey–West", "bukan sebab", "Sepertiga terbasah", "hari basah"):
        assert words in page
    assert page.count('class="chart intervals') == 2
    assert page.count("<circle") >= 14
    assert f'href="{address}"' in engineer.get("/insinyur/analisis").get_data(as_text=True)
    assert address not in engineer.get("/insinyur/titik-rawan").get_data(as_text=True)


def test_the_form_of_maps_leads_to_every_analysis(engineer: FlaskClient) -> None:
    page = engineer.get("/insinyur/titik-rawan").get_data(as_text=True)
    for method in Analysis:
        assert f"/insinyur/analisis?jenis={method.value}" in page
        chosen = engineer.get(f"/insinyur/analisis?jenis={method.value}").get_data(as_text=True)
        assert f'<option value="{method.value}" selected>' in chosen
    assert engineer.get("/insinyur/analisis?jenis=magic").status_code == 200


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"until": "2031-01-01"}, "Hari yang belum selesai"),
        ({"method": "gi_star"}, "Pilih salah satu"),
        ({"service": "magic"}, "magic"),
        ({"from": "kemarin"}, "2026-11-25"),
        ({"method": "bias", "kelurahan": "Tenggara"}, "seluruh kota"),
    ],
)
def test_a_wrong_field_is_named_and_what_was_chosen_is_kept(
    engineer: FlaskClient, wrong: dict[str, str], says: str
) -> None:
    answer = engineer.post("/insinyur/analisis", data=FORM | wrong)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert says in page
    assert '<option value="requests" selected>' in page


def test_a_map_is_no_analysis_and_an_analysis_no_map(plain: World, engineer: FlaskClient) -> None:
    reported()
    address = computed(plain, Analysis.RAIN)
    number = address.rsplit("/", 1)[1]
    for path in ("", "/peta.html", "/gambar.png", "/laporan.pdf", "/sel.csv", "/keadaan"):
        assert engineer.get(f"/insinyur/titik-rawan/{number}{path}").status_code == 404, path
    with transaction() as session:
        spots = ask_for_hotspots(session, Question(first=FIRST, last=LAST_DAY), plain.by(Role.ENGINEER)).id
    for path in ("", "/tabel.csv", "/metode.txt", "/laporan.pdf", "/keadaan", "/titik.geojson"):
        assert engineer.get(f"/insinyur/analisis/{spots}{path}").status_code == 404, path
    assert engineer.get("/insinyur/analisis/999").status_code == 404


def test_a_refusal_says_what_was_found_and_what_is_needed(plain: World, engineer: FlaskClient) -> None:
    address = computed(plain, Analysis.CO_LOCATION)
    page = engineer.get(address).get_data(as_text=True)
    assert "Ada 0 aduan jalan rusak; perlu sedikitnya 30" in page
    assert engineer.get(f"{address}/tabel.csv").status_code == 409
    assert "0 perbaikan selesai; perlu sedikitnya 2" in engineer.get(
        computed(plain, Analysis.REPEATS)
    ).get_data(as_text=True)


@pytest.mark.parametrize("role", [Role.CREW_LEADER, Role.OFFICER])
def test_others_may_not_see_them(plain: World, role: Role) -> None:
    reported()
    address = computed(plain, Analysis.RAIN)
    browser = plain.sign_in(role)
    for path in ("/insinyur/analisis", address, f"{address}/tabel.csv", f"{address}/titik.geojson"):
        assert browser.get(path).status_code == 403, path
    assert browser.post("/insinyur/analisis", data=FORM).status_code == 403


def test_wet_and_dry_days_lead_to_two_maps(plain: World, engineer: FlaskClient) -> None:
    reported()
    address = computed(plain, Analysis.RAIN)
    for weather in ("wet", "dry"):
        answer = engineer.post(f"{address}/peta", data={"weather": weather})
        assert answer.status_code == 303
        work_until_idle(plain.installation)
        page = engineer.get(answer.headers["Location"]).get_data(as_text=True)
        assert {"wet": "Hanya hari basah", "dry": "Hanya hari kering"}[weather] in page
        assert "dari 84 hari" in page
        run = db.session.scalars(select(HotspotRun).order_by(HotspotRun.id.desc()).limit(1)).one()
        assert run.question["weather"] == weather
        report = engineer.get(answer.headers["Location"] + "/laporan.pdf")
        assert report.data.startswith(b"%PDF-")
    assert engineer.post(f"{address}/peta", data={"weather": "snow"}).status_code == 422
    with_steps = {"method": "emerging", "weather": "wet", "days": "90"}
    assert engineer.post("/insinyur/titik-rawan", data=with_steps).status_code == 422


def test_a_cell_of_a_wet_map_leads_to_reports_of_wet_days_alone(plain: World, engineer: FlaskClient) -> None:
    reported()
    answer = engineer.post(f"{computed(plain, Analysis.RAIN)}/peta", data={"weather": "wet"})
    work_until_idle(plain.installation)
    number = int(answer.headers["Location"].rsplit("/", 1)[1])
    cell = db.session.scalars(
        select(HotspotCell).where(HotspotCell.run_id == number).order_by(HotspotCell.count.desc()).limit(1)
    ).one()
    page = engineer.get(f"/insinyur/titik-rawan/{number}/sel/{cell.number}").get_data(as_text=True)
    assert f"{cell.count} aduan di sel ini" in page


def test_repeats_lead_to_their_orders_and_to_a_map(plain: World, engineer: FlaskClient) -> None:
    with transaction() as session:
        repairs(session)
    address = computed(plain, Analysis.REPEATS)
    page = engineer.get(address).get_data(as_text=True)
    assert "2 dari 7 pekerjaan" in page
    assert "1 perbaikan permanen yang menyusul" in page
    assert page.count("/petugas/perintah/") == 3
    assert f'data-points-url="{address}/titik.geojson"' in page
    (feature,) = engineer.get(f"{address}/titik.geojson").json["features"]
    assert feature["properties"]["count"] == 3
    assert feature["geometry"]["type"] == "Point"


def test_bias_names_the_silent_and_tells_no_few(plain: World, engineer: FlaskClient) -> None:
    with transaction() as session:
        strips(session)
        reports_by_strip(session)
    address = computed(plain, Analysis.BIAS)
    page = engineer.get(address).get_data(as_text=True)
    assert "1 dari 12 kelurahan melapor lebih sedikit" in page
    assert re.search(r"Kelurahan 3</td><td class=\"num\">–</td>", page)
    table = engineer.get(f"{address}/tabel.csv").data.decode("utf-8-sig")
    assert re.search(r"^Kelurahan 3;;", table, re.MULTILINE)
    assert "senyap" in table


@pytest.mark.parametrize("method", list(Analysis))
def test_files_are_taken_along(plain: World, engineer: FlaskClient, method: Analysis) -> None:
    with transaction() as session:
        report_all(session)
        repairs(session)
        water_follows_damage(session)
    address = computed(plain, method)
    table = engineer.get(f"{address}/tabel.csv")
    assert table.data.startswith(b"\xef\xbb\xbf")
    assert table.data.count(b"\r\n") >= 3
    assert not re.search(rb"(^|;)[=+@]", table.data)
    text = engineer.get(f"{address}/metode.txt").get_data(as_text=True)
    assert "Periode: " in text
    assert "Period: " in text
    report = engineer.get(f"{address}/laporan.pdf")
    assert report.data.startswith(b"%PDF-")
    assert re.search(
        r"attachment; filename=\"fieldops-[a-z-]+-\d+-2026", report.headers["Content-Disposition"]
    )


def test_the_period_before_is_one_press_away(plain: World, engineer: FlaskClient) -> None:
    reported()
    address = computed(plain, Analysis.BIAS)
    answer = engineer.post(f"{address}/periode", data={"to": "before"})
    assert answer.status_code == 303
    run = db.session.scalars(select(HotspotRun).order_by(HotspotRun.id.desc()).limit(1)).one()
    assert run.question["last"] == (LAST_DAY - timedelta(days=28)).isoformat()
    assert run.question["earlier_last"] == (LAST_DAY - timedelta(days=56)).isoformat()
    assert engineer.post(f"{address}/periode", data={"to": "sideways"}).status_code == 422


def test_computing_anew_gives_the_same_until_something_changes(plain: World, engineer: FlaskClient) -> None:
    reported()
    address = computed(plain, Analysis.RAIN)
    assert engineer.post(f"{address}/ulang").headers["Location"].endswith(address)
    with transaction() as session:
        repairs(session)
    assert not engineer.post(f"{address}/ulang").headers["Location"].endswith(address)


# ── Charts ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("points", "reference", "labels"),
    [
        ([Point("0", 0.66, 0.52, 0.77), Point("-1", 0.06, -0.12, 0.21)], 0.0,
         ["0,0", "0,2", "0,4", "0,6", "0,8"]),
        ([Point("0", 1.9, 1.6, 2.3)], 1.0, ["1,0", "1,5", "2,0"]),
        ([Point("0", 33.0, 0.0, 14.0)], 0.0, ["0", "10", "20", "30"]),
        ([Point("0", 0.0, 0.0, 0.0)], 0.0, None),
        ([Point("0", 1e6, 1e5, 1e7)], 0.0, None),
    ],
)  # fmt: skip
def test_a_chart_holds_all_its_points_and_says_exactly_where_its_lines_are(
    app: Flask, points: list[Point], reference: float, labels: list[str] | None
) -> None:
    with app.test_request_context():
        chart = interval_chart(points, title="t", unit="u", below="b", caption="c", reference=reference)
    for mark in chart.marks:
        assert LEFT <= mark.x <= RIGHT
        assert all(TOP - 1e-6 <= y <= BASE + 1e-6 for y in (mark.y, mark.top, mark.bottom))
        assert "-" not in mark.label
    assert sum(line.is_reference for line in chart.lines) == 1
    if labels is not None:
        assert [line.label for line in chart.lines] == labels
