import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geo.crs import projected_crs, to_degrees, to_metres
from geo.errors import GeoError


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [
        ([110.82], [-7.57], 32749),
        ([8.54], [47.37], 32632),
        ([-71.06], [42.36], 32619),
        ([179.9, -179.8], [-17.0, -17.0], 32701),
        ([180.0], [0.0], 32601),
        ([5.99], [0.0], 32631),
    ],
)
def test_the_zone_of_the_centroid_is_chosen(lon, lat, epsg):
    assert projected_crs(lon, lat).to_epsg() == epsg


def test_a_named_system_wins():
    assert projected_crs([8.54], [47.37], epsg=2056).to_epsg() == 2056


@given(st.lists(st.tuples(st.floats(110.7, 110.95), st.floats(-7.65, -7.45)), min_size=2, max_size=20))
def test_metres_lead_back_and_agree_with_the_ellipsoid(points):
    lon, lat = np.array(points).T
    crs = projected_crs(lon, lat, epsg=32749)
    x_m, y_m = to_metres(lon, lat, crs)
    again = to_degrees(x_m, y_m, crs)
    assert np.abs(np.array(again) - [lon, lat]).max() < 1e-9
    true_m = Geod(ellps="WGS84").inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2]
    assert np.hypot(np.diff(x_m), np.diff(y_m)) == pytest.approx(true_m, rel=1e-3, abs=1e-6)


def test_no_points_are_projected_to_none():
    assert [len(column) for column in to_metres([], [], projected_crs([], [], epsg=32749))] == [0, 0]


@pytest.mark.parametrize(
    ("lon", "lat", "sentence"),
    [
        ([110.8, np.nan], [-7.5, -7.5], r"Row 1: \(nan, -7.5\) is not a finite position"),
        ([110.8, 110.8], [-7.5, np.inf], r"Row 1"),
        ([110.8, -7.5], [-7.5, 110.8], r"Row 1: .*are longitude and latitude swapped"),
        ([110.8, 200.0], [-7.5, 0.0], r"Row 1: .*not on the globe"),
        ([110.8, 8.5], [-7.5, 47.4], r"Row 1: .*too far from the area of WGS 84 / UTM zone 49S"),
        ([110.8], [-7.5, 1.0], r"equal length"),
    ],
)
def test_a_bad_coordinate_is_named_by_its_row(lon, lat, sentence):
    with pytest.raises(GeoError, match=sentence):
        to_metres(lon, lat, projected_crs([], [], epsg=32749))


def test_metres_that_are_nowhere_are_named_by_their_row():
    crs = projected_crs([], [], epsg=32749)
    with pytest.raises(GeoError, match="Row 1"):
        to_degrees([480_000.0, np.nan], [9_163_000.0, 0.0], crs)
    with pytest.raises(GeoError, match="Row 0"):
        to_degrees([1e12], [1e12], crs)


@pytest.mark.parametrize(
    ("epsg", "sentence"), [(4326, "not a projected system in metres"), (2263, "metres"), (1, "not a known")]
)
def test_a_system_that_does_not_measure_metres_is_refused(epsg, sentence):
    with pytest.raises(GeoError, match=sentence):
        projected_crs([110.8], [-7.5], epsg=epsg)


def test_there_is_no_system_for_nothing_or_for_the_pole():
    with pytest.raises(GeoError, match="no points"):
        projected_crs([], [])
    with pytest.raises(GeoError, match="middle latitude is 88"):
        projected_crs([10.0], [88.0])
