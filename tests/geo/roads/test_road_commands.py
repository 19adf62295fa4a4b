import json

import numpy as np
import pytest

from geo.__main__ import main
from tests.geo.roads.road_worlds import overpass, place

SQUARE = {1: (0, 0), 2: (1000, 0), 3: (1000, 1000), 4: (0, 1000)}


@pytest.fixture
def town(tmp_path, capsys):
    """A folder with a town's roads, imported by the command."""
    (tmp_path / "kota.json").write_text(
        json.dumps(overpass(SQUARE, [{"nodes": [1, 2, 3, 4, 1], "oneway": "yes"}])), encoding="utf-8"
    )
    assert main(["roads", str(tmp_path / "kota.json"), str(tmp_path / "kota.roads")]) == 0
    assert "kota.json: 4.0 km of road" in capsys.readouterr().out
    return tmp_path


def write_places(folder, *points):
    lines = ["lon,lat", *(f"{lon:.7f},{lat:.7f}" for lon, lat in (place(*point) for point in points))]
    (folder / "tempat.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [str(folder / "tempat.csv"), str(folder / "waktu.npy")]


def test_a_matrix_over_roads_knows_one_ways(town):
    files = write_places(town, (200, 0), (700, 0))
    assert main(["matrix", *files, "--roads", str(town / "kota.roads")]) == 0
    seconds = np.load(town / "waktu.npy")
    assert seconds.dtype == np.int32
    assert seconds[0, 1] == pytest.approx(500 * 3.6 / 22, abs=2)
    assert seconds[1, 0] == pytest.approx(3500 * 3.6 / 22, abs=4)


def test_places_far_from_roads_are_said_and_have_no_way(town, capsys):
    files = write_places(town, (200, 0), (500, -300), (500, -3000))
    assert main(["matrix", *files, "--roads", str(town / "kota.roads")]) == 0
    assert np.load(town / "waktu.npy")[:, 2].tolist() == [-1, -1, 0]
    said = capsys.readouterr().err
    assert "2 of 3 places lie more than 150 m from any road, 1 of them out of reach" in said
    assert "place 2 (from 0)" in said


@pytest.mark.parametrize("damage", ["missing", "empty", "foreign", "cut"])
def test_roads_that_cannot_be_read_end_with_3(town, damage, capsys):
    good = (town / "kota.roads").read_bytes()
    (town / "kota.roads").unlink()
    if damage != "missing":
        content = {"empty": b"", "foreign": b"PK" * 100, "cut": good[:-10]}[damage]
        (town / "kota.roads").write_bytes(content)
    files = write_places(town, (200, 0), (700, 0))
    assert main(["matrix", *files, "--roads", str(town / "kota.roads")]) == 3
    assert capsys.readouterr().err.startswith("matrix: kota.roads: ")
    assert not (town / "waktu.npy").exists()


def problem(*points):
    return {
        "vehicles": [{"id": 1, "start": list(place(0, 0)), "end": list(place(0, 0))}],
        "jobs": [{"id": k + 1, "location": list(place(*point))} for k, point in enumerate(points)],
    }


def run_plan(folder, document, *options):
    (folder / "soal.json").write_text(json.dumps(document), encoding="utf-8")
    command = ["plan", str(folder / "soal.json"), str(folder / "rencana.json"), "--iterations", "20"]
    status = main([*command, *options])
    return status, json.loads((folder / "rencana.json").read_text(encoding="utf-8"))


def test_a_plan_over_roads_drives_once_around(town):
    status, plan = run_plan(town, problem((500, 0), (0, 500)), "--roads", str(town / "kota.roads"))
    assert status == 0
    assert plan["summary"]["matrix_source"] == "roads"
    assert [step["id"] for step in plan["routes"][0]["steps"] if step["type"] == "job"] == [1, 2]
    assert plan["routes"][0]["duration"] == pytest.approx(4000 * 3.6 / 22, abs=8)


def test_a_job_far_from_any_road_is_unreachable_and_the_rest_is_planned(town):
    status, plan = run_plan(town, problem((500, 0), (500, -3000)), "--roads", str(town / "kota.roads"))
    assert status == 0
    assert [(left["id"], left["reason"]) for left in plan["unassigned"]] == [(2, "unreachable")]


def test_a_plan_without_its_roads_ends_with_3_and_says_so_in_the_plan(town, capsys):
    (town / "kota.roads").write_bytes(b"")
    status, plan = run_plan(town, problem((500, 0)), "--roads", str(town / "kota.roads"))
    assert status == plan["code"] == 3
    assert "kota.roads: the file is empty" in plan["error"]
    assert capsys.readouterr().err.startswith("plan: kota.roads")


def test_given_matrices_win_over_roads(town):
    document = {
        "vehicles": [{"id": 1, "start_index": 0}],
        "jobs": [{"id": 1, "location_index": 1}],
        "matrices": {"car": {"durations": [[0, 7], [7, 0]]}},
    }
    status, plan = run_plan(town, document, "--roads", str(town / "kota.roads"))
    assert status == 0
    assert plan["summary"]["matrix_source"] == "given"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("kosong.osm.pbf", b"", "the file is empty"),
        ("kota.txt", b"x", "an extract is a file ending in"),
        ("kota.json", b"{", "is damaged or no JSON"),
        ("kota.osm.pbf", b"not a map" * 50, "is damaged or no OpenStreetMap file"),
    ],
)
def test_an_extract_that_cannot_be_read_ends_with_2_and_the_old_roads_stay(
    town, name, content, sentence, capsys
):
    before = (town / "kota.roads").read_bytes()
    (town / name).write_bytes(content)
    assert main(["roads", str(town / name), str(town / "kota.roads")]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"roads: {name}: ")
    assert sentence in said
    assert (town / "kota.roads").read_bytes() == before
    assert sorted(path.name for path in town.iterdir() if path.name.startswith(".")) == []


def test_another_table_of_speeds_is_taken(town, capsys):
    (town / "cepat.toml").write_text("[highway]\nresidential = 44\n", encoding="utf-8")
    command = ["roads", str(town / "kota.json"), str(town / "kota.roads")]
    assert main([*command, "--speeds", str(town / "cepat.toml")]) == 0
    files = write_places(town, (200, 0), (700, 0))
    assert main(["matrix", *files, "--roads", str(town / "kota.roads")]) == 0
    assert np.load(town / "waktu.npy")[0, 1] == pytest.approx(500 * 3.6 / 44, abs=2)
    (town / "cepat.toml").write_text("[highway]\nresidential = -1\n", encoding="utf-8")
    assert main([*command, "--speeds", str(town / "cepat.toml")]) == 2
    assert "cepat.toml: highway.residential must be a number above 0" in capsys.readouterr().err
