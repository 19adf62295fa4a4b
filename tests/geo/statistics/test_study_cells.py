"""Cells of a study: what they cover, and where each point falls."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geo.errors import GeoError
from geo.grid import Grid
from geo.statistics.study_cells import area_cells, grid_cells, locate, segment_cells

shapes = st.sampled_from(["square", "hexagon"])
ring = (
    shapely.Point(3_310.0, -2_730.0)
    .buffer(1_000.0)
    .difference(shapely.Point(3_300.0, -2_700.0).buffer(320.0))
)


@settings(max_examples=25, deadline=None)
@given(shapes, st.floats(90.0, 400.0))
def test_cells_cover_the_area_once_and_nothing_else(shape: str, size_m: float) -> None:
    cells = grid_cells(Grid(size_m, shape), ring)
    assert cells.area_km2.sum() == pytest.approx(ring.area / 1e6)
    assert shapely.intersection(shapely.union_all(cells.geometry), ring).area == pytest.approx(ring.area)
    assert ((cells.share > 0.0) & (cells.share <= 1.0)).all()
    assert cells.area_km2 * 1e6 == pytest.approx(cells.share * cells.grid.area_m2)
    assert (np.diff(cells.keys) > 0).all()


@settings(max_examples=25, deadline=None)
@given(shapes, st.integers(0, 1_000))
def test_each_point_is_counted_where_it_lies_or_outside(shape: str, seed: int) -> None:
    cells = grid_cells(Grid(150.0, shape), ring)
    x_m, y_m = np.random.default_rng(seed).normal(ring.centroid.coords[0], 700.0, (300, 2)).T
    found = locate(cells, x_m, y_m)
    inside = shapely.intersects_xy(ring, x_m, y_m)
    assert found.outside == (~inside).sum() > 0
    assert ((found.cell >= 0) == inside).all()
    gap_m = shapely.distance(cells.geometry[found.cell[inside]], shapely.points(x_m, y_m)[inside])
    assert (gap_m < 1e-6).all()
    assert found.counts.sum() + found.outside == 300


def test_two_periods_share_their_keys() -> None:
    whole = grid_cells(Grid(100.0, "hexagon"), shapely.box(0, 0, 3_000, 2_000))
    part = grid_cells(Grid(100.0, "hexagon"), shapely.box(1_000, 500, 2_000, 1_500))
    assert set(part.keys) <= set(whole.keys)


def test_a_cell_that_touches_only_at_its_edge_is_left_out() -> None:
    cells = grid_cells(Grid(100.0), shapely.box(0.0, 0.0, 300.0, 200.0))
    assert len(cells) == 6
    assert (cells.share == 1.0).all()


def test_a_point_on_a_border_of_areas_goes_to_the_lowest_row() -> None:
    cells = area_cells([shapely.box(1, 0, 2, 1), shapely.box(0, 0, 1, 1), shapely.box(0, 5, 1, 6)])
    found = locate(cells, [0.5, 1.0, 1.5, 9.0, 0.5], [0.5, 0.5, 0.5, 9.0, 5.5])
    assert found.cell.tolist() == [1, 0, 0, -1, 2]
    assert found.counts.tolist() == [2, 1, 1]
    assert found.outside == 1


def test_points_go_to_the_nearest_segment_within_reach() -> None:
    lines = [shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(0, 40), (100, 40)])]
    found = locate(segment_cells(lines), [50, 50, 50, 50], [5, 20, 31, 61], reach_m=20.0)
    assert found.cell.tolist() == [0, 0, 1, -1]
    assert found.outside == 1


def test_the_frame_carries_keys_shares_and_values() -> None:
    cells = grid_cells(Grid(100.0), shapely.box(0.0, 0.0, 150.0, 100.0))
    frame = cells.frame(CRS.from_epsg(32749), n=[4, 5])
    assert frame["covered_share"].tolist() == pytest.approx([1.0, 0.5])
    assert frame["n"].tolist() == [4, 5]
    assert frame.crs.to_epsg() == 32749


def test_no_points_are_no_counts() -> None:
    found = locate(grid_cells(Grid(100.0), shapely.box(0, 0, 200, 100)), [], [])
    assert found.counts.tolist() == [0, 0]
    assert found.outside == 0


def test_what_is_no_area_no_line_and_no_place_is_refused() -> None:
    with pytest.raises(GeoError, match="study area is empty"):
        grid_cells(Grid(100.0), shapely.Polygon())
    with pytest.raises(GeoError, match="not valid: Self-intersection"):
        grid_cells(Grid(1.0), shapely.Polygon([(0, 0), (3, 4), (4, 0), (0, 3)]))
    with pytest.raises(GeoError, match="take larger cells"):
        grid_cells(Grid(1.0), shapely.box(0, 0, 50_000, 50_000))
    with pytest.raises(GeoError, match="Row 1: the area is no valid polygon"):
        area_cells([shapely.box(0, 0, 1, 1), shapely.Point(1, 1)])
    with pytest.raises(GeoError, match="Row 0: the road segment is no line"):
        segment_cells([shapely.Point(1, 1)])
    with pytest.raises(GeoError, match="Row 1: the position is not finite"):
        locate(area_cells([shapely.box(0, 0, 1, 1)]), [0.5, np.nan], [0.5, 0.5])
    with pytest.raises(GeoError, match="from west to east"):
        Grid(100.0).cells_within(5.0, 0.0, 0.0, 5.0)
