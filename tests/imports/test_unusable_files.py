"""Files and mappings that cannot be used: exit code 2, one sentence, nothing written."""

import gzip
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point

from tests.imports.conftest import GOOD, HEADER, SIMPLE, Importer, nothing_written

pytestmark = pytest.mark.parametrize("engine_kind", ["spatialite"])

LINES = f"{HEADER}\n{GOOD}\n"
MORE = "9,2026-03-01,,open,hole,,,a,b,\n" * 6000


def cut_parquet() -> bytes:
    return b"PAR1 and then something else PAR1"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"", "The file a.csv is empty."),
        ("a.csv", b"\n\n", "The file a.csv is empty."),
        ("a.csv", HEADER.encode(), "The file a.csv has a header and no rows."),
        (
            "a.csv",
            LINES.replace(",", ";").encode(),
            (
                "The file has no column “id”, which the mapping names in columns.external_key. Its first "
                "line is one column when a comma separates; it seems to be a semicolon: set "
                "file.delimiter in the mapping."
            ),
        ),
        (
            "a.tsv",
            LINES.encode(),
            (
                "The file has no column “id”, which the mapping names in columns.external_key. Its first "
                "line is one column when a tabulator separates; it seems to be a comma: set "
                "file.delimiter in the mapping."
            ),
        ),
        (
            "a.csv",
            LINES.replace("status", "state").encode(),
            "The file has no column “status”, which the mapping names in columns.status. Did you mean “state",
        ),
        (
            "a.csv",
            LINES.replace("contact", "id").encode(),
            "The file has 2 columns called “id”.",
        ),
        (
            "a.csv",
            f"{LINES}8,2026-03-01,,open,hole,,,Jalan Déwi,x,\n".encode("cp1252"),
            (
                "Line 3 is not utf-8 (byte 0xe9). Set file.encoding in the mapping to what the file is "
                "written in, for example cp1252."
            ),
        ),
        (
            "a.csv",
            LINES.encode("utf-16"),
            'The file is UTF-16. Set file.encoding = "utf-16" in the mapping.',
        ),
        (
            "a.csv",
            f'{LINES}8,2026-03-01,,open,hole,,,"12 Main St,x,\n9,2026-03-01,,open,hole,,,a,b,\n'.encode(),
            "Line 3 opens a quotation mark that is never closed, so nothing after it can be read.",
        ),
        (
            "a.csv",
            f'{LINES}8,2026-03-01,,open,hole,,,"12 Main St,x,\n{MORE}'.encode(),
            "Line 3 opens a quotation mark that is never closed, so nothing after it can be read.",
        ),
        ("a.csv.gz", gzip.compress(LINES.encode())[:-9], "The file a.csv.gz is not whole gzip."),
        ("a.csv.gz", LINES.encode(), "The file a.csv.gz is not whole gzip."),
        ("a.parquet", LINES.encode(), "The file a.parquet is not a whole Parquet file: "),
        ("a.parquet", cut_parquet(), "The file a.parquet is not a whole Parquet file: "),
        (
            "a.geojson",
            b'{"type": "FeatureCollection", "features": [',
            "The file a.geojson is not whole GeoJSON: ",
        ),
        ("a.geojson", LINES.encode(), "The file a.geojson is not whole GeoJSON: "),
        ("a.gpkg", LINES.encode(), "The file a.gpkg is not whole GPKG: "),
        ("a.xlsx", LINES.encode(), "The file a.xlsx is none of: .csv, .tsv, .tab, .txt, .parquet, "),
        ("a", LINES.encode(), "The file a is none of: "),
    ],
)
def test_a_broken_file_is_refused_whole(
    run: Importer, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    answer = run(file, SIMPLE)
    assert answer.code == 2
    assert answer.sentence.startswith(f"fieldops: {sentence}")
    assert answer.sentence.endswith(" Nothing was written.")
    assert answer.out == ""
    assert nothing_written()


def test_a_parquet_file_without_a_column_or_a_row_is_refused(run: Importer, tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    frame = pd.DataFrame([GOOD.split(",")], columns=HEADER.split(","))
    frame.drop(columns="kind").to_parquet(file)
    assert "has no column “kind”, which the mapping names in columns.service." in run(file, SIMPLE).sentence
    frame.head(0).to_parquet(file)
    assert "The file a.parquet has no rows." in run(file, SIMPLE).sentence
    assert nothing_written()


def test_a_geopackage_with_two_layers_needs_one_named(run: Importer, tmp_path: Path) -> None:
    file = tmp_path / "a.gpkg"
    frame = (
        gpd.GeoDataFrame(
            [GOOD.split(",")], columns=HEADER.split(","), geometry=[Point(-71.07, 42.33)], crs=4326
        )
        .drop(columns="id")
        .assign(number="7")
    )
    mapping = SIMPLE.replace('"id"', '"number"').replace('x = "lon"\ny = "lat"\n', "")
    frame.to_file(file, layer="spring")
    frame.to_file(file, layer="autumn")
    answer = run(file, mapping)
    assert "The file has several layers (spring, autumn). Choose one with file.layer" in answer.sentence
    summer = run(file, mapping + '[file]\nlayer = "summer"\n')
    assert "The file has no layer “summer”. It has: spring, autumn." in summer.sentence
    assert nothing_written()
    assert run(file, mapping + '[file]\nlayer = "spring"\n').code == 0


def test_a_file_that_is_another_kind_inside_is_refused(run: Importer, tmp_path: Path) -> None:
    file = tmp_path / "a.gpkg"
    file.write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    assert "The file a.gpkg is " in run(file, SIMPLE).sentence
    assert nothing_written()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            ('hole = "pothole"', 'hole = "pot_hole"'),
            "The mapping names the service “pot_hole”, which is not on",
        ),
        (("accuracy_m = 10", 'crs = "EPSG:99999"'), "There is no coordinate system “EPSG:99999”"),
        (("[place]", "[plaice]"), "The mapping mapping.toml, key plaice is unknown; did you mean place?"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused(
    run: Importer, csv_file: Callable[..., Path], change: tuple[str, str], sentence: str
) -> None:
    answer = run(csv_file(GOOD), SIMPLE.replace(*change))
    assert answer.code == 2
    assert sentence in answer.sentence
    assert nothing_written()
