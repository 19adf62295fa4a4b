"""GeoJSON, GeoPackage and Parquet made from the same rows give the same requests."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, MultiPoint, Point
from sqlalchemy import select

from fieldops.extensions import db
from fieldops.models import ServiceRequest
from fieldops.models.base import lon_lat
from tests.imports.conftest import SIMPLE, Importer

MAPPING = (
    SIMPLE.replace('"id"', '"number"')
    .replace('x = "lon"\ny = "lat"\n', "")
    .replace('contact = "contact"\n', "")
)
PLACES = [Point(-71.07, 42.33), Point(-71.06, 42.34), Point(-71.05, 42.35)]


@pytest.fixture
def frame() -> gpd.GeoDataFrame:
    rows = {
        "number": ["1", "2", "3"],
        "at": pd.to_datetime(["2026-03-01 10:00", "2026-03-02 11:00", "2026-03-03 12:00"]),
        "closed": pd.to_datetime([None, None, "2026-03-04 09:00"]),
        "status": ["open", "open", "done"],
        "kind": ["hole", "drain", "hole"],
        "address": ["1 Main St", "2 Main St", "3 Main St"],
        "text": ["ä", "b", "c"],
        "private": ["0812 3456 7890"] * 3,
    }
    return gpd.GeoDataFrame(rows, geometry=PLACES, crs=4326)


def taken() -> dict[str, tuple[float, float, str, str]]:
    rows = db.session().scalars(select(ServiceRequest)).all()
    found = {}
    for row in rows:
        lon, lat = lon_lat(row.place) if row.place is not None else (np.nan, np.nan)
        found[row.external_key] = (round(lon, 5), round(lat, 5), row.status, row.reported_at.isoformat())
    return found


EXPECTED = {
    "1": (-71.07, 42.33, "submitted", "2026-03-01T15:00:00+00:00"),
    "2": (-71.06, 42.34, "submitted", "2026-03-02T16:00:00+00:00"),
    "3": (-71.05, 42.35, "closed", "2026-03-03T17:00:00+00:00"),
}


@pytest.mark.parametrize("crs", [4326, 26986, 2249])
def test_a_geopackage_of_any_coordinate_system_comes_in(
    run: Importer, tmp_path: Path, frame: gpd.GeoDataFrame, crs: int
) -> None:
    file = tmp_path / "a.gpkg"
    frame.to_crs(crs).to_file(file)
    answer = run(file, MAPPING, chunk_rows=2)
    assert answer.code == 0
    assert answer.out.startswith("3 features: 3 added")
    assert taken() == EXPECTED


def test_geojson_comes_in(run: Importer, tmp_path: Path, frame: gpd.GeoDataFrame) -> None:
    file = tmp_path / "a.geojson"
    frame.to_file(file)
    assert run(file, MAPPING, chunk_rows=2).code == 0
    assert taken() == EXPECTED


def test_parquet_with_coordinates_comes_in(run: Importer, tmp_path: Path, frame: gpd.GeoDataFrame) -> None:
    file = tmp_path / "a.parquet"
    plain = pd.DataFrame(frame.drop(columns="geometry")).assign(e=frame.geometry.x, n=frame.geometry.y)
    plain.to_parquet(file)
    assert run(file, MAPPING.replace("[time]", 'x = "e"\ny = "n"\n[time]'), chunk_rows=2).code == 0
    assert taken() == EXPECTED


@pytest.mark.parametrize("engine_kind", ["spatialite"])
def test_what_is_no_point_is_refused_alone(run: Importer, tmp_path: Path, frame: gpd.GeoDataFrame) -> None:
    file = tmp_path / "a.geojson"
    frame.geometry = [LineString(PLACES[:2]), MultiPoint([PLACES[1]]), None]
    frame.to_file(file)
    answer = run(file, MAPPING)
    assert answer.code == 3
    assert answer.report == ["1,1,not_a_point,geometry,,The geometry is not a point."]
    assert set(taken()) == {"2", "3"}
    assert taken()["2"][:2] == (-71.06, 42.34)


@pytest.mark.parametrize("engine_kind", ["spatialite"])
def test_numbers_and_gaps_in_properties_are_read_as_text(run: Importer, tmp_path: Path) -> None:
    file = tmp_path / "a.geojson"
    feature = {
        "type": "Feature",
        "properties": {
            "number": 12, "at": "2026-03-01", "closed": None, "status": "open", "kind": "hole",
            "address": None, "text": 5,
        },
        "geometry": {"type": "Point", "coordinates": [-71.07, 42.33]},
    }  # fmt: skip
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    assert run(file, MAPPING).code == 0
    row = db.session().scalars(select(ServiceRequest)).one()
    assert (row.external_key, row.words, row.address) == ("12", "5", "")
