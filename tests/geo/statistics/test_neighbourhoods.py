"""Neighbours in grids, among areas and along roads, against brute force and libpysal."""

import warnings
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from geo.errors import GeoError
from geo.grid import Grid
from geo.statistics.neighbourhoods import (
    grid_neighbours,
    polygon_neighbours,
    segment_ends,
    segment_neighbours,
)
from geo.statistics.study_cells import area_cells, locate

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from libpysal.weights import Queen

SURAKARTA = (
    Path(__file__)
    .parents[3]
    .joinpath("..", "shared", "data", "surakarta_boundaries", "kelurahan_54_simplified_cahyadsn_MIT.geojson")
)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["square", "hexagon"]), st.floats(0.0, 620.0), st.integers(0, 1_000))
def test_grid_neighbours_are_those_within_reach(shape: str, reach_m: float, seed: int) -> None:
    grid = Grid(100.0, shape)
    columns, rows = np.meshgrid(np.arange(-9, 9), np.arange(-6, 6))
    cells = np.column_stack([columns.ravel(), rows.ravel()])
    dice = np.random.default_rng(seed)
    cells = dice.permutation(cells)[: dice.integers(1, len(cells))]
    centres = np.column_stack(grid.centres(cells))
    wanted = cdist(centres, centres) <= reach_m * (1 + 1e-9) + 1e-9
    found = grid_neighbours(grid, cells, reach_m)
    assert (found.toarray() == wanted).all()
    assert found.has_sorted_indices


def test_six_neighbours_around_a_hexagon_and_four_around_a_square() -> None:
    for shape, sum_ in (("hexagon", 7), ("square", 5)):
        columns, rows = np.meshgrid(np.arange(5), np.arange(5))
        found = grid_neighbours(Grid(50.0, shape), np.column_stack([columns.ravel(), rows.ravel()]), 50.0)
        assert found.sum(axis=1)[12] == sum_


def test_areas_that_touch_are_neighbours_as_libpysal_finds_them() -> None:
    polygons = Grid(1.0).polygons(np.argwhere(np.random.default_rng(1).random((8, 8)) < 0.7))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = Queen.from_dataframe(geopandas.GeoDataFrame(geometry=polygons), use_index=False)
    found = polygon_neighbours(polygons).toarray()
    wanted = np.eye(len(polygons))
    for row, others in oracle.neighbors.items():
        wanted[row, others] = 1.0
    assert (found == wanted).all()


def test_borders_that_do_not_close_are_bridged_when_asked() -> None:
    apart = np.array([shapely.box(0, 0, 100, 100), shapely.box(104, 0, 200, 100)])
    assert polygon_neighbours(apart).toarray().tolist() == [[1, 0], [0, 1]]
    assert polygon_neighbours(apart, gap_m=5.0).toarray().tolist() == [[1, 1], [1, 1]]
    with pytest.raises(GeoError, match="gap must be 0 m or more"):
        polygon_neighbours(apart, gap_m=-1.0)


@pytest.mark.data
@pytest.mark.skipif(not SURAKARTA.exists(), reason="needs ../shared/data/surakarta_boundaries")
def test_every_kelurahan_of_surakarta_has_neighbours_and_is_tested() -> None:
    areas = geopandas.read_file(SURAKARTA).to_crs(32749).geometry.to_numpy()
    touching, near = polygon_neighbours(areas), polygon_neighbours(areas, gap_m=20.0)
    assert touching.shape == (54, 54)
    assert (touching.sum(axis=1) >= 3).all()
    assert (touching.nnz, near.nnz) == (54 + 288, 54 + 296)
    inside = shapely.point_on_surface(areas)
    assert locate(area_cells(areas), shapely.get_x(inside), shapely.get_y(inside)).cell.tolist() == list(
        range(54)
    )


def test_segments_are_neighbours_over_shared_ends() -> None:
    # 0 –– 1 –– 2 ––– 3 in a chain, 4 apart, 5 crossing 1 in its middle without an end there.
    lines = [shapely.LineString([(x, 0), (x + 10, 0.001)]) for x in (0, 10, 20, 30)]
    lines += [shapely.LineString([(0, 99), (5, 99)]), shapely.LineString([(15, -5), (15, 5)])]
    ends = segment_ends(lines)
    one, two = (segment_neighbours(*ends, steps=steps).toarray() for steps in (1, 2))
    assert one.tolist() == [
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [0, 1, 1, 1, 0, 0],
        [0, 0, 1, 1, 0, 0],
        [0, 0, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 1],
    ]
    assert two[0].tolist() == [1, 1, 1, 0, 0, 0]
    assert segment_neighbours(*ends, steps=0).toarray().tolist() == np.eye(6).tolist()


def test_a_ring_road_is_its_own_neighbour_once() -> None:
    assert segment_neighbours([4], [4]).toarray().tolist() == [[1.0]]


def test_bad_reaches_cells_and_lines_are_refused() -> None:
    cells = np.array([[0, 0], [0, 0]])
    with pytest.raises(GeoError, match="twice"):
        grid_neighbours(Grid(100.0), cells, 100.0)
    with pytest.raises(GeoError, match="reach must be 0 m or more"):
        grid_neighbours(Grid(100.0), cells[:1], -1.0)
    with pytest.raises(GeoError, match="shorter reach"):
        grid_neighbours(Grid(1.0), cells[:1], 1_000.0)
    with pytest.raises(GeoError, match="Row 0: a road segment must be one line"):
        segment_ends(np.array([shapely.Point(0, 0)]))
    with pytest.raises(GeoError, match="steps must be 0 or more"):
        segment_neighbours([0], [1], steps=-1)


def test_no_cells_have_no_neighbours() -> None:
    assert grid_neighbours(Grid(100.0), np.zeros((0, 2), dtype=np.int64), 100.0).shape == (0, 0)
    assert polygon_neighbours(np.array([], dtype=object)).shape == (0, 0)
