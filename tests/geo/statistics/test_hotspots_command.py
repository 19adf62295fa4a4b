"""The command `hotspots`: files in, tested cells out, every refusal in a sentence."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely

from geo.__main__ import main
from geo.crs import projected_crs, to_degrees
from geo.statistics.emerging import class_name

CRS = projected_crs([], [], epsg=32749)
WEST_M, SOUTH_M = 479_000.0, 9_162_000.0
BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)


def degrees(x_m, y_m):
    return to_degrees(np.asarray(x_m) + WEST_M, np.asarray(y_m) + SOUTH_M, CRS)


def write_requests(path: Path, n: int = 600, seed: int = 1, **columns: list) -> Path:
    """Requests over 12 weeks in a square of 3 km, every third within 300 m of its middle."""
    dice = np.random.default_rng(seed)
    x_m, y_m = dice.uniform(0.0, 3_000.0, (2, n))
    near = np.arange(n) % 3 == 0
    x_m[near], y_m[near] = dice.normal(1_500.0, 150.0, (2, near.sum()))
    lon, lat = degrees(x_m, y_m)
    at = [(BEGIN + timedelta(days=float(day))).isoformat() for day in dice.uniform(0.0, 84.0 - 1e-6, n) // 1]
    table = {"id": range(n), "lon": lon.round(7), "lat": lat.round(7), "when": at, **columns}
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))
    return path


def write_shapes(path: Path, shapes: list) -> Path:
    moved = shapely.transform(np.array(shapes, dtype=object), lambda xy: np.add(xy, (WEST_M, SOUTH_M)))
    geopandas.GeoDataFrame({"a": range(len(shapes))}, geometry=moved, crs=CRS).to_crs(4326).to_file(path)
    return path


@pytest.fixture
def requests(tmp_path: Path) -> Path:
    return write_requests(tmp_path / "requests.csv")


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    status = main(["hotspots", *map(str, words)])
    told = capsys.readouterr()
    return status, told.out, told.err


def read(path: Path) -> geopandas.GeoDataFrame:
    return geopandas.read_parquet(path) if path.suffix == ".parquet" else geopandas.read_file(path)


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "parquet", "csv"])
def test_every_kind_of_file_holds_the_tested_cells(requests, tmp_path, capsys, ending: str) -> None:
    target = tmp_path / f"cells.{ending}"
    status, out, err = run(capsys, requests, target, "--epsg", 32749)
    assert status == 0, err
    frame = read(target)
    assert frame["n"].astype(int).sum() == 600
    hot = frame[frame["band_corrected"].astype(int) == 3]
    lon, lat = degrees([1_500.0], [1_500.0])
    if ending == "csv":
        assert np.hypot(hot["lon"].astype(float) - lon, hot["lat"].astype(float) - lat).max() < 0.01
    else:
        assert frame.crs.to_epsg() == (4326 if ending == "geojson" else 32749)
        places = hot.to_crs(CRS).centroid
        assert np.hypot(places.x - WEST_M - 1_500.0, places.y - SOUTH_M - 1_500.0).max() < 1_000.0
    assert "Getis-Ord Gi*" in out
    assert "Counted: 600 requests, period not stated" in out
    assert "EPSG:32749" in out
    assert "Reports are not defects" in out
    assert "hull of the points" in out
    assert "written to" in err
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".part-")] == []


def test_a_study_area_leaves_out_and_counts_what_lies_beyond(requests, tmp_path, capsys) -> None:
    area = write_shapes(tmp_path / "area.geojson", [shapely.box(0, 0, 3_000, 2_000)])
    target = tmp_path / "cells.parquet"
    status, out, _ = run(capsys, requests, target, "--epsg", 32749, "--area", area, "--shape", "square")
    frame = read(target)
    assert status == 0
    assert frame.area.sum() == pytest.approx(6e6, rel=1e-4)
    counted = int(frame["n"].sum())
    assert 0 < counted < 600
    assert f"Counted: {counted} requests" in out
    assert f"Not counted: {600 - counted} outside" in out
    assert "Study area: area.geojson" in out


def test_roads_make_rates_and_cells_without_them_are_not_tested(requests, tmp_path, capsys) -> None:
    lines = [shapely.LineString([(x, 0), (x, 3_000)]) for x in range(100, 2_000, 130)]
    roads = write_shapes(tmp_path / "roads.gpkg", lines)
    target = tmp_path / "cells.parquet"
    options = ("--epsg", 32749, "--exposure-roads", roads, "--smooth", "--least-km", 0.2)
    status, out, _ = run(capsys, requests, target, *options)
    frame = read(target)
    assert status == 0
    assert frame["road_km"].sum() == pytest.approx(15 * 3.0, rel=0.05)
    assert not frame.loc[frame["road_km"] < 0.2, "is_tested"].any()
    assert frame.loc[frame["road_km"] >= 0.2, "z"].notna().all()
    left_out = int(frame.loc[~frame["is_tested"], "n"].sum())
    assert left_out > 0
    assert f"{left_out} where exposure is too little" in out
    assert "km of road in roads.gpkg, at least 0.2 km a cell, smoothed by empirical Bayes" in out


def test_areas_are_cells_and_keep_what_their_file_says(requests, tmp_path, capsys) -> None:
    squares = [
        shapely.box(x, y, x + 500, y + 500) for x in range(0, 3_000, 500) for y in range(0, 3_000, 500)
    ]
    area = write_shapes(tmp_path / "kelurahan.geojson", squares)
    named = geopandas.read_file(area).assign(n=7, name=[f"Kelurahan {i}" for i in range(36)])
    named.to_file(area)
    target = tmp_path / "cells.gpkg"
    status, out, err = run(capsys, requests, target, "--epsg", 32749, "--shape", "area", "--area", area)
    assert status == 0, err
    frame = read(target)
    assert frame["name"].tolist() == [f"Kelurahan {i}" for i in range(36)]
    assert frame["n_given"].tolist() == [7] * 36
    assert 590 <= frame["n"].sum() <= 600
    assert "36 areas in" in out
    assert "areas that touch" in out
    assert run(capsys, requests, target, "--shape", "area")[2].strip().endswith("with --area.")


def test_segments_of_road_are_cells_and_their_length_the_exposure(requests, tmp_path, capsys) -> None:
    ends = [(x, y) for x in range(0, 3_000, 250) for y in range(0, 3_000, 250)]
    lines = [shapely.LineString([(x, y), (x + 250, y)]) for x, y in ends]
    lines += [shapely.LineString([(x, y), (x, y + 250)]) for x, y in ends]
    roads = write_shapes(tmp_path / "roads.gpkg", lines)
    target = tmp_path / "cells.parquet"
    options = ("--epsg", 32749, "--shape", "segment", "--exposure-roads", roads, "--reach-m", 60)
    status, out, err = run(capsys, requests, target, *options)
    assert status == 0, err
    frame = read(target)
    assert len(frame) == 288
    assert frame["road_km"].tolist() == pytest.approx([0.25] * 288, rel=1e-3)
    assert 0 < frame["n"].sum() < 600
    assert f"{600 - frame['n'].sum()} outside" in out
    assert "segments of road, requests within 60 m of them" in out
    assert "segments that share an end" in out
    assert (frame["band_corrected"] > 0).any()
    assert "with --exposure-roads." in run(capsys, requests, target, "--shape", "segment")[2]


def test_moran_names_quadrants_and_its_seed(requests, tmp_path, capsys) -> None:
    target = tmp_path / "cells.parquet"
    options = ("--epsg", 32749, "--method", "moran", "--seed", 5, "--permutations", 199)
    status, out, _ = run(capsys, requests, target, *options)
    assert status == 0
    assert "HH" in set(read(target)["quadrant"])
    assert "199, seed 5" in out
    assert "each cell on its own, no correction" in out


def test_emerging_hotspots_by_week(requests, tmp_path, capsys) -> None:
    target = tmp_path / "cells.parquet"
    options = ("--epsg", 32749, "--method", "emerging", "--time-column", "when", "--size-m", 400)
    status, out, err = run(capsys, requests, target, *options)
    assert status == 0, err
    frame = read(target)
    assert set(frame["class"]) <= {class_name(number) for number in range(-8, 9)}
    assert frame["hot_steps"].max() > 0
    assert "12 steps of 7 days" in out
    assert "2026-01-01 to 2026-03-25" in out
    assert "Caution: a neighbourhood expects" in out


def test_a_period_is_cut_and_work_sites_count_once(requests, tmp_path, capsys) -> None:
    target = tmp_path / "cells.parquet"
    cut = ("--time-column", "when", "--from", "2026-01-08", "--to", "2026-03-11", "--epsg", 32749)
    status, out, _ = run(capsys, requests, target, *cut)
    alone = int(read(target)["n"].sum())
    assert status == 0
    assert 300 < alone < 600
    assert "2026-01-08 to 2026-03-11" in out
    status, out, err = run(capsys, requests, target, *cut, "--dedupe-m", 40, "--dedupe-days", 30)
    assert status == 0
    assert 60 < int(read(target)["n"].sum()) < alone
    assert "work sites" in out
    assert "each counts once" in err


def test_a_coordinate_of_many_addresses_is_no_place(tmp_path, capsys) -> None:
    address = [f"Jl. Slamet Riyadi {i}" for i in range(600)]
    requests = write_requests(tmp_path / "requests.csv", address=address)
    rows = requests.read_text().splitlines()
    rows[1:41] = [",".join([row.split(",")[0], "110.8", "-7.57", *row.split(",")[3:]]) for row in rows[1:41]]
    requests.write_text("\n".join(rows) + "\n")
    status, out, _ = run(capsys, requests, tmp_path / "c.parquet", "--address-column", "address")
    assert status == 0
    assert "Counted: 560 requests" in out
    assert "40 without a position" in out


def test_bad_rows_are_named_by_their_lines(requests, tmp_path, capsys) -> None:
    rows = requests.read_text().splitlines()
    rows[3] = "2,110.8,not a number,2026-01-01"
    rows[7] = "6,110.8,-97.0,2026-01-01"
    requests.write_text("\n".join(rows))
    status, _, err = run(capsys, requests, tmp_path / "c.parquet")
    assert status == 2
    assert "2 of 600 rows cannot be read" in err
    assert "line 4: lat is 'not a number'" in err
    assert "line 8:" in err
    assert not (tmp_path / "c.parquet").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--size-m", "3000"], "cells; at least 30 are needed"),
        (["--size-m", "-5"], "size must be above 0"),
        (["--size-m", "0.5"], "take larger cells"),
        (["--q", "0"], "false discovery rate must lie between"),
        (["--method", "emerging"], "--time-column"),
        (["--from", "2026-01-05"], "--time-column"),
        (["--dedupe-m", "5", "--time-column", "when"], "go together"),
        (["--time-column", "when", "--from", "2026-02-01", "--to", "2026-01-01"], "before it begins"),
        (["--time-column", "when", "--from", "2027-02-01", "--to", "2027-03-01"], "There are 0 complaints"),
        (["--time-column", "when", "--time-zone", "Solo"], "no time zone 'Solo'"),
        (["--time-column", "when", "--method", "emerging", "--step-days", "14"], "6 whole time steps"),
        (["--time-column", "when", "--method", "emerging", "--exposure-roads", "r.gpkg"], "leave --exposure"),
        (["--method", "moran", "--permutations", "9"], "At least 99 permutations"),
        (["--lat-column", "lintang"], "no column 'lintang'"),
        (["--epsg", "32719"], "line 2: "),
        (["--epsg", "4326"], "not a projected system"),
        (["--area", "none.geojson"], "none.geojson"),
        (["--exposure-roads", "none.geojson"], "none.geojson"),
    ],
)
def test_what_cannot_be_computed_is_refused_in_a_sentence(
    requests, tmp_path, capsys, options, sentence
) -> None:
    status, out, err = run(capsys, requests, tmp_path / "c.parquet", *options)
    assert status == 2
    assert sentence in err
    assert out == ""
    assert not (tmp_path / "c.parquet").exists()


def test_few_requests_and_wrong_files_are_refused(tmp_path, capsys) -> None:
    few = write_requests(tmp_path / "few.csv", n=59)
    status, _, err = run(capsys, few, tmp_path / "c.parquet")
    assert status == 2
    assert "There are 59 complaints; at least 60 are needed." in err
    enough = write_requests(tmp_path / "enough.csv", n=90)
    assert run(capsys, enough, tmp_path / "c.shp")[2].startswith(
        f"hotspots: {tmp_path}/c.shp: the name must end"
    )
    point = write_shapes(tmp_path / "point.geojson", [shapely.Point(0, 0)])
    assert "there is no polygon" in run(capsys, enough, tmp_path / "c.csv", "--area", point)[2]
    assert "there is no line" in run(capsys, enough, tmp_path / "c.csv", "--exposure-roads", point)[2]
    (tmp_path / "empty.csv").write_text("lon,lat\n")
    assert "There are 0 complaints" in run(capsys, tmp_path / "empty.csv", tmp_path / "c.csv")[2]
    assert "No such file" in run(capsys, tmp_path / "gone.csv", tmp_path / "c.csv")[2]
