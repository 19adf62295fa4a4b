import numpy as np
import pytest

from geo.errors import GeoError
from geo.tiles.positions import GRID_UNITS, NO_KEY, key_xy, lon_lat, map_keys, public_keys
from geo.tiles.pyramid import Audience, Point, Pyramid, Settings
from geo.tiles.scheme import day_number
from tests.geo.tiles.tile_worlds import (
    PUBLIC,
    SCHEME,
    TODAY,
    complaints,
    pyramid,
    read,
    some_tiles,
    tiles_with,
)

FAR = {"count", *SCHEME.statuses}
NEARBY = FAR | {"service", "status", "day"}


def test_public_tiles_tell_counts_and_from_zoom_15_of_single_complaints_three_things():
    rows = complaints(3000, 1)
    made = pyramid(rows, PUBLIC)
    singles = 0
    for zoom, x, y in some_tiles(rows, 1, 400):
        for it in read(made.tile(zoom, x, y, with_counts=True)):
            told = set(it) - {"x", "y", "id"}
            assert it["id"] == 0
            assert told <= (NEARBY if zoom >= 15 and it["count"] == 1 else FAR)
            singles += "day" in told
    assert singles > 50


def test_public_lists_tell_no_more():
    rows = complaints(300, 2)
    lon, lat = lon_lat(*key_xy([rows[0].key]).T)[0]
    bounds = (lon - 0.02, lat - 0.02, lon + 0.02, lat + 0.02)
    listed = pyramid(rows, PUBLIC).bubbles(14, bounds, with_counts=True)
    assert listed
    assert all(it.number == 0 and set(it.told) <= FAR for it in listed)


def test_a_public_pyramid_takes_no_ids():
    point = complaints(1, 3)[0]
    with pytest.raises(GeoError, match="no ids"):
        Pyramid.build(PUBLIC, [point.key], [point.state], [7], today=TODAY)
    made = Pyramid.build(PUBLIC, [point.key], [point.state], today=TODAY)
    with pytest.raises(GeoError, match="no ids"):
        made.add(point)


def test_a_single_complaint_says_its_service_status_and_day():
    key = int(map_keys([110.82], [-7.56])[0])
    point = Point(key, SCHEME.state("blocked_drain", "in_progress", 3, TODAY))
    x, y = (key_xy([key])[0] >> 12).tolist()
    [it] = read(pyramid([point], PUBLIC).tile(16, x, y))
    assert (it["service"], it["status"], it["day"]) == ("blocked_drain", "in_progress", day_number(TODAY))
    assert it["count"] == it["in_progress"] == 1
    [it] = read(pyramid([point._replace(number=2**62 + 5)]).tile(16, x, y))
    assert (it["id"], it["severity"]) == (2**62 + 5, 3)


def test_public_positions_are_on_the_street_or_on_the_grid():
    random = np.random.default_rng(4)
    lon, lat = random.uniform(110.7, 110.9, 500), random.uniform(-7.6, -7.5, 500)
    street_lon, street_lat = lon + 0.0002, lat - 0.0001
    street_lon[::3] = np.nan
    keys = public_keys(lon, lat, street_lon, street_lat)
    has_street = ~np.isnan(street_lon)
    assert (keys[has_street] == map_keys(street_lon, street_lat)[has_street]).all()
    assert (key_xy(keys[~has_street]) % GRID_UNITS == GRID_UNITS // 2).all()
    exact = key_xy(map_keys(lon, lat))
    assert (key_xy(keys)[~has_street] // GRID_UNITS == exact[~has_street] // GRID_UNITS).all()
    assert (public_keys(lon, lat)[has_street] != keys[has_street]).any()


def test_whoever_shares_a_square_is_told_apart_by_nothing():
    keys = public_keys([110.82, 110.82001, 0.0], [-7.56, -7.56001, 0.0])
    assert keys[0] == keys[1]
    assert keys[2] == NO_KEY


def test_a_place_that_is_none_stays_off_the_map_whatever_its_street():
    assert public_keys([0.0], [0.0], [110.82], [-7.56])[0] == NO_KEY
    with pytest.raises(GeoError, match="2 street positions for 1"):
        public_keys([1.0], [1.0], [1.0, 2.0], [1.0, 2.0])


def test_small_counts_are_hidden_where_a_city_asks_for_it():
    rows = complaints(600, 5)
    made = pyramid(rows, Settings(SCHEME, Audience.PUBLIC, least=5))
    told = [it for x, y in tiles_with(rows, 14) for it in read(made.tile(14, x, y))]
    small = [it for it in told if "below" in it]
    assert small
    assert len(small) < len(told)
    assert all(set(it) == {"x", "y", "id", "below"} and it["below"] == 5 for it in small)
    assert min(it["count"] for it in told if "count" in it) >= 5
    assert not any(made.tile(15, x, y) for x, y in tiles_with(rows, 15))
