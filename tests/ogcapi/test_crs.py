"""Coordinate systems by reference: the axes of their authorities, and boxes that mean what they say."""

import numpy as np
import pytest
import shapely
from pyproj import CRS, Transformer

from fieldops.domain.city import load_city
from fieldops.errors import InvalidInput
from fieldops.ogcapi.crs import CRS84, Reference, references_of

pytestmark = pytest.mark.disable_socket
CITIES = ["surakarta", "boston", "zurich"]


@pytest.mark.parametrize("name", CITIES)
def test_each_city_has_degrees_both_ways_and_its_metres(name: str) -> None:
    city = load_city(name)
    known = references_of(city)
    assert next(iter(known)) == CRS84
    assert [one.epsg for one in known.values()] == [0, 4326, city.epsg]
    assert all(uri == one.uri for uri, one in known.items())


@pytest.mark.parametrize("name", CITIES)
def test_coordinates_are_those_of_proj_in_the_authority_s_order(name: str) -> None:
    city = load_city(name)
    rng = np.random.default_rng(7)
    west, south, east, north = city.bounds
    degrees = np.column_stack([rng.uniform(west, east, 500), rng.uniform(south, north, 500)])
    crs84, wgs84, metres = references_of(city).values()
    assert np.abs(crs84.told(degrees) - degrees).max() < 6e-8
    assert np.abs(wgs84.told(degrees) - degrees[:, ::-1]).max() < 6e-8
    plain = Transformer.from_crs("EPSG:4326", f"EPSG:{city.epsg}", always_xy=True)
    x, y = plain.transform(degrees[:, 0], degrees[:, 1])
    first = CRS.from_epsg(city.epsg).axis_info[0].direction
    wanted = np.column_stack((y, x) if first == "north" else (x, y))
    assert np.abs(metres.told(degrees) - wanted).max() < 0.006


@pytest.mark.parametrize("name", CITIES)
def test_a_box_in_metres_holds_just_what_lies_in_it(name: str) -> None:
    """Against brute force: project every point and compare. Sides that are straight in metres are bent in
    degrees; sixteen parts a side miss them by less than 5 cm on boxes of up to 20 km.
    """
    city = load_city(name)
    reference = references_of(city)[f"http://www.opengis.net/def/crs/EPSG/0/{city.epsg}"]
    rng = np.random.default_rng(11)
    west, south, east, north = city.bounds
    degrees = np.column_stack([rng.uniform(west, east, 4000), rng.uniform(south, north, 4000)])
    told = reference.told(degrees)
    points = shapely.points(degrees)
    for _round in range(30):
        low = told[rng.integers(len(told))]
        high = low + rng.uniform(10, 20_000, 2)
        (shape,) = reference.boxes((low[0], low[1], high[0], high[1]))
        inside = shapely.intersects(shape, points)
        depth_m = np.minimum(told - low, high - told).min(axis=1)
        sure = np.abs(depth_m) > 0.05
        assert np.array_equal(inside[sure], (depth_m > 0)[sure])


def test_boxes_over_the_date_line_are_two() -> None:
    crs84, wgs84 = Reference(CRS84, 0), Reference("…", 4326)
    for reference, numbers in ((crs84, (170.0, -20.0, -170.0, 10.0)), (wgs84, (-20.0, 170.0, 10.0, -170.0))):
        east, west = reference.boxes(numbers)
        assert (east.bounds, west.bounds) == ((170, -20, 180, 10), (-180, -20, -170, 10))
    assert len(crs84.boxes((-180.0, -90.0, 180.0, 90.0))) == 1


def test_a_box_without_width_is_a_line_and_without_both_a_point() -> None:
    kinds = [
        Reference(CRS84, 0).boxes(numbers)[0].geom_type
        for numbers in (
            (1.0, 1.0, 1.0, 1.0),
            (1.0, 1.0, 2.0, 1.0),
            (1.0, 1.0, 1.0, 2.0),
            (1.0, 1.0, 2.0, 2.0),
        )
    ]
    assert kinds == ["Point", "LineString", "LineString", "Polygon"]


@pytest.mark.parametrize("numbers", [(5e5, 9e6, 4e5, 9.1e6), (1e30, 1e30, 1e31, 1e31)])
def test_boxes_that_cannot_be_are_refused(numbers: tuple[float, float, float, float]) -> None:
    with pytest.raises(InvalidInput):
        Reference("…", 32749).boxes(numbers)
