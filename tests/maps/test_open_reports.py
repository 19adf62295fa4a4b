"""The map of open reports: the same page is the same bytes in every process, and holds nobody's words."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fieldops.config import ROOT
from fieldops.maps.documents import Document
from fieldops.maps.open_reports import MapRequest, MapWords, open_reports_document
from fieldops.maps.store import keep, read

WORDS = MapWords(
    "Peta",
    "Perbesar",
    "Perkecil",
    "Layar penuh",
    "Jenis",
    "Kosong",
    "Gagal",
    "FieldOps",
    "Buka aduan",
)
ASKED = MapRequest(
    bounds=(110.76, -7.61, 110.88, -7.51),
    services=(("pothole", "Jalan berlubang"), ("drain-1", "Saluran"), ("drain_1", "Saluran lain")),
    words=WORDS,
    tiles_url="/petugas/tiles/requests/{z}/{x}/{y}.pbf",
    places_url="/petugas/tempat.json",
    report_url="/petugas/aduan/{id}",
    statuses="unread,open,in_progress",
    said="{}",
    ground_url="/peta/dasar.geojson?v=1",
    icons_url="/static/icons/icons.svg",
    files_prefix="/insinyur/peta/",
    language="id",
    theme="",
)


def script(document: Document) -> str:
    return next(text for name, text in document.files.items() if name.endswith(".js") and "L.map(" in text)


def test_another_process_draws_the_same_bytes() -> None:
    code = (
        "from tests.maps.test_open_reports import ASKED, open_reports_document\n"
        "print(sorted(open_reports_document(ASKED).files))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == str(sorted(open_reports_document(ASKED).files))


def test_each_service_is_a_switch_even_when_codes_look_alike() -> None:
    drawn = script(open_reports_document(ASKED))
    names = ["feature_group_1_pothole", "feature_group_2_drain_1", "feature_group_3_drain_1"]
    for name in names:
        assert drawn.count(f"var {name} = L.featureGroup(") == 1


def test_a_filter_of_the_page_reaches_the_tiles_in_their_own_words() -> None:
    drawn = script(open_reports_document(ASKED))
    assert '"age": {"7": "8-30,31-90,91-", "30": "31-90,91-", "90": "91-"}' in drawn
    assert '"severity": {"2": "2,3", "3": "3"}' in drawn


def test_a_layers_name_is_words_never_markup() -> None:
    hostile = replace(ASKED, services=(("x", "<img src=x onerror=alert(1)></script>"),))
    document = open_reports_document(hostile)
    assert "<img" not in "".join(document.files.values())
    assert "</script><" not in script(document)


def test_the_page_holds_no_inline_code_and_no_point() -> None:
    document = open_reports_document(ASKED)
    assert "<script>" not in document.page
    assert "<style" not in document.page
    assert "style=" not in document.page
    assert "coordinates" not in "".join(document.files.values())


def test_files_are_kept_for_every_process(tmp_path: Path) -> None:
    document = open_reports_document(ASKED)
    keep(document, tmp_path)
    keep(document, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(document.files)
    name = next(iter(document.files))
    assert read(name, tmp_path) == document.files[name]


@pytest.mark.parametrize("name", ["../secret_key", "x.js", "a" * 32 + ".html", "", "0" * 32 + ".js"])
def test_only_kept_names_are_read(name: str, tmp_path: Path) -> None:
    (tmp_path.parent / "secret_key").write_text("secret")
    assert read(name, tmp_path) is None
