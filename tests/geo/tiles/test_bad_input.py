import numpy as np
import pytest

from geo.errors import GeoError
from geo.tiles.positions import (
    FAULTS,
    MOST_LATITUDE,
    NO_KEY,
    key_xy,
    lon_lat,
    map_key,
    map_keys,
    position_faults,
)
from geo.tiles.pyramid import Point, Pyramid
from geo.tiles.scheme import Filter, Scheme, day_number
from tests.geo.tiles.tile_worlds import SCHEME, STAFF, TODAY, complaints, inside, points, pyramid, read

CITY = (110.7, -7.7, 111.0, -7.4)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        (10.0, 90.0),
        (10.0, -90.0),
        (10.0, 85.06),
        (0.0, 0.0),
        (-0.0, 0.0),
        (float("nan"), 1.0),
        (1.0, float("inf")),
        (180.1, 5.0),
        (-7.56, 110.82),
    ],
)
def test_what_has_no_place_on_the_map_has_no_key(lon, lat):
    assert map_key(lon, lat) == map_keys([lon], [lat])[0] == NO_KEY
    made = Pyramid.build(STAFF, [NO_KEY, map_key(110.82, -7.56)], [0, 0], today=TODAY)
    assert (len(made), made.left_out) == (1, 1)


def test_keys_are_one_by_one_what_they_are_in_a_column():
    random = np.random.default_rng(1)
    lon, lat = random.uniform(-180, 180, 5000), random.uniform(-85.05, 85.05, 5000)
    keys = map_keys(lon, lat)
    assert keys.tolist() == [map_key(*place) for place in zip(lon.tolist(), lat.tolist(), strict=True)]
    back = lon_lat(*key_xy(keys).T)
    assert np.abs(back[:, 0] - lon).max() < 2e-6
    assert np.abs(back[:, 1] - lat).max() < 2e-6


def test_the_date_line_belongs_to_the_west_and_the_map_ends_at_the_edges():
    assert map_key(180.0, 10.0) == map_key(-180.0, 10.0)
    assert key_xy([map_key(-180.0, 10.0)])[0, 0] == 0
    north, south = (int(key_xy([map_key(20.0, lat)])[0, 1]) for lat in (MOST_LATITUDE, -MOST_LATITUDE))
    assert north == 0
    assert south == (1 << 28) - 1


@pytest.mark.parametrize("zoom", [0, 1, 4, 9, 16, 18])
def test_complaints_at_every_edge_of_the_map_are_counted(zoom):
    random = np.random.default_rng(2)
    lon = np.concatenate(
        [random.uniform(-180, -179.9, 40), random.uniform(179.9, 180, 40), random.uniform(9, 9.1, 80)]
    )
    lat = np.concatenate(
        [random.uniform(-1, 1, 80), random.uniform(85.0, 85.05, 40), random.uniform(-85.05, -85, 40)]
    )
    rows = points(lon, lat)
    made = pyramid(rows)
    last = (1 << zoom) - 1
    asked = {
        (min(max(x + i, 0), last), min(max(y + j, 0), last))
        for x, y in (key_xy(np.array([it.key for it in rows])) >> (28 - zoom)).tolist()
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
    }
    assert sum(it["count"] for x, y in asked for it in inside(read(made.tile(zoom, x, y)))) == 160


def test_faults_of_positions_are_named():
    lon = [110.8, -7.5, 0.0, 110.8, 400.0, np.nan, 100.0]
    lat = [-7.5, 110.8, 0.0, 89.0, 0.0, 1.0, 1.0]
    named = [FAULTS[fault] for fault in position_faults(lon, lat, CITY)]
    assert named == ["ok", "swapped", "null island", "pole", "out of range", "not finite", "outside"]
    named = [FAULTS[fault] for fault in position_faults(lon, lat)]
    assert named == ["ok", "out of range", "null island", "pole", "out of range", "not finite", "ok"]
    with pytest.raises(GeoError, match="equal length"):
        position_faults([1.0], [])


def test_complaints_alike_to_the_last_digit_are_all_counted():
    [point] = points([110.82], [-7.56])
    made = pyramid([point] * 7)
    made.remove(point)
    made.add(point)
    x, y = (key_xy([point.key])[0] >> 8).tolist()
    assert [it["count"] for it in read(made.tile(20, x, y))] == [7]
    for _ in range(7):
        made.remove(point)
    assert made.tile(20, x, y) == made.tile(0, 0, 0) == b""


def test_a_million_complaints_on_one_spot_are_one_bubble():
    key = map_key(110.82, -7.56)
    state = SCHEME.state("pothole", "open", 2, TODAY)
    made = Pyramid.build(STAFF, np.full(1_000_000, key), np.full(1_000_000, state), today=TODAY)
    x, y = key_xy([key])[0].tolist()
    for zoom in (0, 10, 16, 17, 20):
        [it] = inside(read(made.tile(zoom, x >> (28 - zoom), y >> (28 - zoom))))
        assert it["count"] == it["open"] == 1_000_000
    made.close(Point(key, state))
    [it] = read(made.tile(20, x >> 8, y >> 8))
    assert (it["count"], it["open"], it["ended"]) == (1_000_000, 999_999, 1)


def test_an_empty_map_has_empty_tiles():
    made = pyramid([])
    assert made.tile(0, 0, 0) == made.tile(20, 5, 5) == b""
    assert made.bubbles(3, (-180.0, -85.0, 180.0, 85.0)) == []
    assert len(made) == made.digest == 0
    made.compact()
    made.add(complaints(1, 1)[0])
    assert len(read(made.tile(0, 0, 0))) == 1


@pytest.mark.parametrize(
    "tile", [(-1, 0, 0), (21, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0), (3, 0, -1), (0, 1, 0), (10**9, 0, 0)]
)
def test_tiles_outside_the_pyramid_are_empty(tile):
    assert pyramid(complaints(100, 2)).tile(*tile) == b""


def test_services_that_are_unknown_are_counted_as_other():
    state = SCHEME.state("meteor", "open", 9, TODAY)
    [it] = read(pyramid([Point(map_key(110.8, -7.5), state, 3)]).tile(0, 0, 0))
    assert (it["service"], it["severity"], it["id"]) == ("other", 0, 3)
    columns = SCHEME.states([0, 99, -1], [0, 1, 2], [1, 7, -3], [0, 10**9, -5])
    assert [(s & 31, s >> 8 & 3, s >> 10) for s in columns.tolist()] == [(0, 1, 0), (3, 0, 65535), (3, 0, 0)]


def test_a_status_must_not_be_guessed():
    with pytest.raises(GeoError, match="'lost' is no status"):
        SCHEME.state("pothole", "lost", 1, TODAY)
    with pytest.raises(GeoError, match="Row 1: 3 is no status"):
        SCHEME.states([0, 0], [0, 3], [1, 1], [0, 0])
    with pytest.raises(GeoError):
        SCHEME.with_status(0, "lost")


def test_complaints_from_the_future_are_the_youngest():
    state = SCHEME.states([0], [0], [1], [day_number(TODAY) + 400])[0]
    made = pyramid([Point(map_key(110.8, -7.5), int(state), 1)])
    assert read(made.tile(0, 0, 0, Filter(ages=frozenset({"0-7"}))))
    assert not read(made.tile(0, 0, 0, Filter(ages=frozenset({"8-30", "31-90", "91-"}))))


def test_rows_that_are_no_complaints_are_named():
    key, state = map_key(110.8, -7.5), 0
    for keys, states, fault in (
        ([key, -2], [state, state], "Row 1: -2 is no key"),
        ([key, 1 << 56], [state, state], "Row 1"),
        ([key, key], [state, 31], "Row 1: 31 is no state"),
        ([key, key], [-1, state], "Row 0"),
        ([key, key], [state], "equal length"),
    ):
        with pytest.raises(GeoError, match=fault):
            Pyramid.build(STAFF, keys, states, today=TODAY)
    made = pyramid([])
    for point in (Point(-2, 0), Point(1 << 56, 0), Point(key, 31), Point(key, -1), Point(key, 1 << 26)):
        with pytest.raises(GeoError):
            made.add(point)
    assert made.version == 0


def test_lists_of_too_much_are_refused():
    made = pyramid(complaints(10, 3))
    with pytest.raises(GeoError, match="at most 64 tiles"):
        made.bubbles(12, (100.0, -10.0, 120.0, 0.0))
    for bounds in ((5.0, 0.0, 4.0, 1.0), (0.0, 0.0, float("nan"), 1.0), (0.0, 0.0, 200.0, 1.0)):
        with pytest.raises(GeoError, match="no part of the map"):
            made.bubbles(3, bounds)


@pytest.mark.parametrize(
    "words", [((), ("open",)), (("a", "a"), ("open",)), (("other",), ("open",)), (("a",), tuple("bcdefghij"))]
)
def test_a_scheme_that_cannot_be_counted_is_refused(words):
    with pytest.raises(GeoError):
        Scheme(*words)
    with pytest.raises(GeoError):
        Scheme(tuple(map(str, range(31))))
