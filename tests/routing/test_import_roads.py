"""`python -m fieldops import-roads` and what doctor and the administrators' page say of it."""

import shutil
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.imports.roads import DONE, UNUSABLE, road_lines, run_road_import
from fieldops.models import AuditEntry
from tests.conftest import World
from tests.routing.streets import EXTRACT


def test_an_extract_is_imported_told_and_written_down(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_road_import(app, EXTRACT) == DONE
    said = capsys.readouterr()
    assert "roads: 49.4 km between 42 junctions from streets.osm" in said.out
    stages = [line for line in said.err.splitlines() if not line.startswith("{")]
    assert stages == [
        "reading ways", "reading places", "joining streets at junctions", "writing the road graph",
    ]  # fmt: skip
    (entry,) = db.session().scalars(select(AuditEntry).where(AuditEntry.act == "roads_imported"))
    assert entry.facts["extract"] == "streets.osm"
    assert entry.user_id is None
    state = app.extensions["fieldops"].roads.state()
    assert road_lines(state)[0] in said.out


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("kosong.osm.pbf", b""),
        ("rusak.osm.pbf", b"\x00\x00\x00\x0dnot a map at all"),
        ("terpotong.osm", EXTRACT.read_bytes()[:4000]),
        ("tanpa-jalan.osm", b'<osm version="0.6"><node id="1" lat="-7.5" lon="110.8"/></osm>'),
        ("catatan.txt", b"Jalan Slamet Riyadi"),
    ],
)
def test_a_file_that_is_none_leaves_the_roads_in_use(
    app: Flask, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, body: bytes
) -> None:
    run_road_import(app, EXTRACT)
    roads = app.extensions["fieldops"].roads
    before = roads.state()
    bad = tmp_path / name
    bad.write_bytes(body)
    capsys.readouterr()
    assert run_road_import(app, bad) == UNUSABLE
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("fieldops: ")]
    assert len(said) == 1
    assert name in said[0]
    assert "stay as they are" in said[0]
    assert roads.state() == before
    assert sorted(path.name for path in roads.file.path.parent.glob("*roads.graph*")) == ["roads.graph"]


def test_an_edited_table_of_speeds_is_used_and_a_wrong_one_named(
    app: Flask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    installation = app.extensions["fieldops"]
    run_road_import(app, EXTRACT)
    usual = installation.roads.drives([(110.823, -7.566), (110.835, -7.566)]).durations_s[0, 1]
    table = tmp_path / "pelan.toml"
    table.write_text("[highway]\nprimary = 10\nsecondary = 10\nresidential = 10\n")
    slow = installation.settings.model_copy(update={"road_speeds": str(table)})
    object.__setattr__(installation, "settings", slow)
    assert run_road_import(app, EXTRACT) == DONE
    assert installation.roads.drives([(110.823, -7.566), (110.835, -7.566)]).durations_s[0, 1] > usual
    table.write_text("[highway]\nprimary = -3\n")
    assert run_road_import(app, EXTRACT) == UNUSABLE
    assert "highway.primary" in capsys.readouterr().err


def test_an_extract_of_another_city_is_doubted(
    app: Flask, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = data / "roads_balikpapan_osm2025" / "balikpapan_kota_overpass.json.gz"
    assert run_road_import(app, source) == DONE
    assert "No road lies near Depo Manahan, Depo Semanggi" in capsys.readouterr().err


def test_administrators_see_the_network(world: World, tmp_path: Path) -> None:
    browser = world.sign_in(Role.ADMIN)
    browser.set_cookie("language", "en")
    assert "No street network yet" in browser.get("/admin/jalan").text
    run_road_import(world.app, EXTRACT)
    page = browser.get("/admin/jalan").text
    assert "streets.osm" in page
    assert "49.4 km" in page
    assert "Roads imported" in browser.get("/admin/log").text
    file = world.installation.roads.file.path
    shutil.copy(file, tmp_path / "bad")
    with (tmp_path / "bad").open("r+b") as damaged:
        damaged.seek(-1, 2)
        damaged.write(b"\xff")
    (tmp_path / "bad").replace(file)
    assert "The file is damaged" in browser.get("/admin/jalan").text
