"""A statement of method says everything, in words and as data."""

import json
from dataclasses import replace
from datetime import date

from geo.statistics.summary import METHODS, Statement

GIVEN = Statement(
    method="gi",
    n=1_530,
    unit="requests",
    first=date(2026, 1, 1),
    last=date(2026, 6, 30),
    exposure="none, plain counts",
    shape="hexagon",
    size_m=250.0,
    reach_m=500.0,
    crs="WGS 84 / UTM zone 49S (EPSG:32749)",
    area="Surakarta",
    level=0.05,
    correction="fdr",
    cells=1_834,
    cells_tested=1_800,
    outside=12,
    without_place=106,
    without_exposure=9,
    thin=26,
    expected_around=14.2,
)


def test_a_reader_finds_every_figure() -> None:
    said = "\n".join(GIVEN.lines())
    for words in (
        "Gi*",
        "1,530 requests, 2026-01-01 to 2026-06-30",
        "none, plain counts",
        "1,834 hexagons of 250 m in WGS 84 / UTM zone 49S (EPSG:32749), 1,800 tested",
        "Study area: Surakarta",
        "centres within 500 m",
        "0.05, false discovery rate",
        "12 outside",
        "106 without a position",
        "9 where exposure is too little",
        "expects 14.2 (median; 26 expect fewer than 5)",
        "Reports are not defects",
    ):
        assert words in said


def test_what_does_not_apply_is_not_said() -> None:
    said = "\n".join(replace(GIVEN, expected_around=35.0, first=None, last=None).lines())
    assert "Caution" not in said
    assert "period not stated" in said
    assert "seed" not in said
    assert "steps of" not in said
    moran = replace(GIVEN, method="moran", correction="none", permutations=999, seed=4)
    assert "Permutations: 999, seed 4" in moran.lines()
    cube = replace(GIVEN, method="emerging", steps=12, step="28 days")
    assert "Time: 12 steps of 28 days, ending with the last day" in cube.lines()


def test_areas_and_segments_have_their_own_words() -> None:
    areas = replace(GIVEN, shape="area", size_m=None, reach_m=None).lines()
    assert any(line.startswith("Cells: 1,834 areas in") for line in areas)
    assert "Neighbours: areas that touch" in areas
    roads = "\n".join(replace(GIVEN, shape="segment", size_m=None, reach_m=30.0).lines())
    assert "segments of road, requests within 30 m of them" in roads
    assert "segments that share an end" in roads


def test_as_data_it_goes_through_json_and_names_every_field() -> None:
    stored = json.loads(json.dumps(GIVEN.as_dict()))
    assert stored["first"] == "2026-01-01"
    assert stored["seed"] is None
    assert set(stored) == set(Statement.__dataclass_fields__)
    assert stored["method"] in METHODS
