import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from geo.clustering.shapes import site_shapes
from geo.errors import GeoError

UTM = CRS.from_epsg(32749)
X, Y = 480_000.0, 9_163_000.0


def test_one_point_is_a_circle_and_two_are_a_capsule():
    shapes = site_shapes([X, X, X + 20], [Y, Y + 500, Y + 500], [3, 1, 1], UTM, margin_m=5.0)
    assert shapes["label"].tolist() == [1, 3]
    assert shapes["requests"].tolist() == [2, 1]
    assert shapes["area_m2"].tolist() == pytest.approx([20 * 10 + np.pi * 25, np.pi * 25], rel=0.02)
    assert shapes["radius_m"].tolist() == pytest.approx([10.0, 0.0])
    assert shapes.crs.to_epsg() == 4326
    assert shapes.total_bounds == pytest.approx([110.8183, -7.5724, 110.8188, -7.5677], abs=1e-3)


offsets = st.floats(-50.0, 50.0)


@given(st.lists(st.tuples(offsets, offsets, st.integers(0, 3)), min_size=1, max_size=25), st.floats(0.0, 1.0))
def test_a_shape_covers_its_requests(rows, ratio):
    x, y, labels = np.array(rows).T
    shapes = site_shapes(X + x, Y + y, labels.astype(int), UTM, concave_ratio=ratio)
    assert sorted(shapes["label"]) == sorted(set(labels.astype(int).tolist()))
    in_metres = shapes.to_crs(UTM).set_index("label").geometry
    assert in_metres.is_valid.all()
    own = in_metres.loc[labels.astype(int)].to_numpy()
    assert shapely.distance(own, shapely.points(X + x, Y + y)).max() < 1e-3


def test_no_sites_have_no_shapes():
    assert len(site_shapes([], [], [], UTM)) == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"x_m": [np.nan, X]}, "Row 0"),
        ({"labels": [1]}, "equally long"),
        ({"margin_m": 0.0}, "margin_m"),
        ({"concave_ratio": 1.5}, "concave_ratio"),
    ],
)
def test_bad_input_is_named(change, sentence):
    with pytest.raises(GeoError, match=sentence):
        site_shapes(**({"x_m": [X, X], "y_m": [Y, Y], "labels": [0, 0], "crs": UTM} | change))
