import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.grid import Grid, cell_keys

shapes = st.sampled_from(["square", "hexagon"])
metres = st.floats(-1e6, 1e6)


@given(shapes, st.floats(1.0, 1_000.0), st.lists(st.tuples(metres, metres), min_size=1, max_size=30))
def test_each_point_lies_in_its_cell(shape, size_m, points):
    grid = Grid(size_m, shape)
    x_m, y_m = np.array(points).T
    polygons = grid.polygons(grid.cells(x_m, y_m))
    assert (shapely.distance(polygons, shapely.points(x_m, y_m)) < 1e-6).all()
    assert shapely.area(polygons) == pytest.approx(np.full(len(points), grid.area_m2), rel=1e-6)


@given(shapes, st.lists(st.tuples(st.integers(-1_000, 1_000), st.integers(-1_000, 1_000)), min_size=1))
def test_the_centre_of_a_cell_leads_back_to_it(shape, cells):
    grid = Grid(250.0, shape)
    given_cells = np.array(cells, dtype=np.int64)
    assert grid.cells(*grid.centres(given_cells)).tolist() == given_cells.tolist()


@pytest.mark.parametrize("shape", ["square", "hexagon"])
def test_cells_cover_the_plane_once(shape):
    grid = Grid(100.0, shape)
    columns, rows = np.meshgrid(np.arange(-3, 4), np.arange(-3, 4))
    polygons = grid.polygons(np.column_stack([columns.ravel(), rows.ravel()]))
    whole = shapely.union_all(shapely.set_precision(polygons, 1e-6))
    assert whole.area == pytest.approx(49 * grid.area_m2, rel=1e-6)
    assert whole.geom_type == "Polygon"
    assert not whole.interiors


def test_known_cells():
    assert Grid(100.0).cells([-1.0, 0.0, 99.9, 100.0], [0.0, 0.0, 250.0, 0.0]).tolist() == [
        [-1, 0],
        [0, 0],
        [0, 2],
        [1, 0],
    ]
    assert Grid(100.0, "hexagon").cells([0.0, 49.0, 51.0, 50.0], [0.0, 0.0, 0.0, 86.6]).tolist() == [
        [0, 0],
        [0, 0],
        [1, 0],
        [0, 1],
    ]


@given(st.lists(st.tuples(st.integers(-(2**31) + 1, 2**31 - 1), st.integers(-(2**31) + 1, 2**31 - 1))))
def test_keys_keep_cells_apart_and_in_order(cells):
    keys = cell_keys(np.array(cells, dtype=np.int64).reshape(-1, 2)).tolist()
    assert [cell for _, cell in sorted(zip(keys, cells, strict=True))] == sorted(cells)
    assert len(set(keys)) == len(set(cells))


def test_what_cannot_be_a_grid_is_refused():
    with pytest.raises(GeoError, match="above 0 m, not 0"):
        Grid(0.0)
    with pytest.raises(GeoError, match="'triangle'"):
        Grid(100.0, "triangle")
    with pytest.raises(GeoError, match="Row 1"):
        Grid(100.0).cells([0.0, np.nan], [0.0, 0.0])
    with pytest.raises(GeoError, match="2³¹"):
        cell_keys(np.array([[2**31, 0]]))


@given(shapes, st.floats(1.0, 1_000.0), st.integers(-10_000, 10_000), st.integers(-10_000, 10_000))
def test_neighbours_share_their_corners_to_the_last_digit(shape, size_m, column, row):
    grid = Grid(size_m, shape)
    around = [(0, 1), (1, 0), (1, -1) if shape == "hexagon" else (1, 1)]
    middle, *others = grid.polygons(np.array([(column, row), *((column + c, row + r) for c, r in around)]))
    shared = [len(set(middle.exterior.coords) & set(other.exterior.coords)) for other in others]
    assert shared == ([2, 2, 2] if shape == "hexagon" else [2, 2, 1])


@given(shapes, st.tuples(metres, metres), st.tuples(st.floats(0.0, 900.0), st.floats(0.0, 900.0)))
def test_the_cells_of_a_box_hold_every_point_in_it(shape, corner, extent):
    grid = Grid(130.0, shape)
    (west, south), (wide, high) = corner, extent
    found = grid.cells_within(west, south, west + wide, south + high)
    x_m, y_m = (
        axis.ravel()
        for axis in np.meshgrid(np.linspace(west, west + wide, 9), np.linspace(south, south + high, 9))
    )
    assert set(cell_keys(grid.cells(x_m, y_m))) <= set(cell_keys(found))
    assert len(np.unique(cell_keys(found))) == len(found)
