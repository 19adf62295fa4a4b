"""Roads and residents in each cell, and rates over them."""

import warnings

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.grid import Grid
from geo.statistics.exposure import rates_of, road_km, smoothed, spread_residents
from geo.statistics.refusals import TooFewData
from geo.statistics.study_cells import area_cells, grid_cells, segment_cells

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from esda.smoothing import Empirical_Bayes

town = shapely.box(0.0, 0.0, 1_000.0, 600.0)


def test_roads_are_cut_at_the_borders_of_cells() -> None:
    cells = grid_cells(Grid(500.0), town)
    lines = [shapely.LineString([(-100, 250), (750, 250)]), shapely.LineString([(250, 250), (250, 600)])]
    by_key = dict(zip(map(tuple, cells.cells.tolist()), road_km(cells, lines), strict=True))
    assert by_key == pytest.approx({(0, 0): 0.5 + 0.25, (1, 0): 0.25, (0, 1): 0.1, (1, 1): 0.0})


def test_a_road_along_a_border_counts_once() -> None:
    cells = grid_cells(Grid(500.0), town)
    along = shapely.LineString([(500, 0), (500, 600)])
    assert road_km(cells, [along]).sum() == pytest.approx(0.6)
    assert road_km(cells, []).tolist() == [0.0] * 4


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(["square", "hexagon"]), st.integers(0, 1_000))
def test_no_metre_is_lost_within_the_area(shape: str, seed: int) -> None:
    dice = np.random.default_rng(seed)
    lines = shapely.linestrings(dice.uniform(-100.0, 1_100.0, (30, 4, 2)))
    inside_km = shapely.length(shapely.intersection(lines, town)).sum() / 1_000.0
    assert road_km(grid_cells(Grid(130.0, shape), town), lines).sum() == pytest.approx(inside_km)


def test_a_segments_exposure_is_its_own_length() -> None:
    assert road_km(segment_cells([shapely.LineString([(0, 0), (0, 250)])]), []).tolist() == [0.25]


def test_residents_are_spread_over_ground_or_roads() -> None:
    cells = area_cells([shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)])
    areas = [shapely.box(0, 0, 200, 100), shapely.box(200, 0, 300, 100), shapely.box(150, 0, 250, 100)]
    ground = spread_residents(cells, areas, [1_000, 500, 200])
    assert ground.per_cell == pytest.approx([500.0, 600.0])
    assert ground.outside == pytest.approx(600.0)
    lines = [shapely.LineString([(25, 50), (100, 50)]), shapely.LineString([(100, 50), (125, 50)])]
    roads = spread_residents(cells, areas, [1_000, 500, 200], by="roads", lines=lines)
    assert roads.per_cell == pytest.approx([750.0, 250.0 + 100.0])
    assert roads.areas_without_roads == 2
    assert roads.outside == pytest.approx(600.0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1_000), st.sampled_from(["area", "roads"]))
def test_no_resident_is_lost_where_cells_cover_all(seed: int, by: str) -> None:
    dice = np.random.default_rng(seed)
    areas = grid_cells(Grid(400.0, "hexagon"), town).geometry
    people = dice.integers(0, 9_000, len(areas))
    lines = shapely.linestrings(dice.uniform(0.0, 600.0, (10, 3, 2)))
    found = spread_residents(grid_cells(Grid(90.0), town), areas, people, by=by, lines=lines)
    assert found.per_cell.sum() == pytest.approx(people.sum())
    assert found.outside == pytest.approx(0.0, abs=1e-6)


def test_smoothed_rates_are_esdas() -> None:
    dice = np.random.default_rng(3)
    exposure = dice.uniform(0.1, 9.0, 200)
    counts = dice.poisson(exposure * dice.gamma(4.0, 1.0, 200)).astype(float)
    assert smoothed(counts, exposure) == pytest.approx(np.ravel(Empirical_Bayes(counts, exposure).r))


def test_rates_that_differ_by_chance_alone_become_one_rate() -> None:
    assert smoothed(np.array([3.0, 6.0, 9.0]), np.array([1.0, 2.0, 3.0])) == pytest.approx([3.0] * 3)


def test_cells_with_too_little_exposure_are_not_tested() -> None:
    found = rates_of([4, 3, 2, 6], [2.0, 0.05, 0.0, 3.0], least=0.1)
    assert found.tested.tolist() == [True, False, False, True]
    assert found.rate == pytest.approx([2.0, np.nan, np.nan, 2.0], nan_ok=True)
    assert found.overall == 2.0
    assert found.expected.tolist() == [4.0, 0.0, 0.0, 6.0]
    assert found.left_out == 5
    assert rates_of([4, 1], [1.0, 1.0], smooth=True).is_smoothed


def test_no_exposure_and_bad_columns_are_refused() -> None:
    with pytest.raises(TooFewData) as caught:
        rates_of([1, 2], [0.05, 0.02], least=0.1)
    assert (caught.value.need, caught.value.found, caught.value.needed) == ("exposure", 0.05, 0.1)
    with pytest.raises(GeoError, match="2 counts and 1"):
        rates_of([1, 2], [1.0])
    with pytest.raises(GeoError, match="0 or more"):
        rates_of([-1, 2], [1.0, 1.0])
    with pytest.raises(GeoError, match="needs a number of residents"):
        spread_residents(grid_cells(Grid(500.0), town), [town], [-1.0])
