from collections import Counter

import mapbox_vector_tile
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from geo.tiles.positions import key_xy
from tests.geo.tiles.tile_worlds import (
    SCHEME,
    STAFF,
    complaints,
    inside,
    merged,
    points,
    pyramid,
    read,
    tiles_with,
)


def drawn(made, rows, zoom):
    """Bubbles of a whole zoom, by place in 1/4096 of a tile, with their counts: of each tile, those inside
    it."""
    found = Counter()
    for x, y in {(x + i, y + j) for x, y in tiles_with(rows, zoom) for i in (-1, 0, 1) for j in (-1, 0, 1)}:
        for it in inside(read(made.tile(zoom, x, y))):
            found[x * 4096 + it["x"], y * 4096 + it["y"]] += it["count"]
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 400),
    zoom=st.integers(8, 20),
    spread=st.sampled_from([0.0001, 0.003, 0.03]),
    is_decided=st.booleans(),
)
def test_bubbles_are_those_of_the_rule_worked_out_slowly(seed, n, zoom, spread, is_decided):
    rows = complaints(n, seed, spread)
    made = pyramid(rows, STAFF if is_decided else type(STAFF)(SCHEME, STAFF.audience, is_decided=False))
    size = 1 << (28 - zoom)
    expected = Counter()
    for (x, y), held in merged(rows, zoom).items():
        expected[x * 4096 // size, y * 4096 // size] += held
    assert drawn(made, rows, zoom) == expected


@pytest.mark.parametrize("zoom", range(21))
def test_every_complaint_is_counted_once_at_every_zoom(zoom):
    rows = complaints(3000, 1)
    assert drawn(pyramid(rows), rows, zoom).total() == len(rows)


@pytest.mark.parametrize("zoom", range(9, 18))
def test_no_two_bubbles_are_nearer_than_the_reach(zoom):
    rows = complaints(20_000, 2)
    at = np.array(list(drawn(pyramid(rows), rows, zoom)), dtype=float)
    nearest = cKDTree(at).query(at, k=2)[0][:, 1] if len(at) > 1 else np.array([np.inf])
    assert len(at) > 3 or zoom < 11
    assert nearest.min() >= 40 / 512 * 4096 - 1.5  # places in a tile are whole numbers


def lattice(at, zoom):
    """How far positions repeat with the cells' width, 0 to 1."""
    width = 1 << (24 - zoom)
    return abs(np.exp(2j * np.pi * np.asarray(at, dtype=float) / width).mean(axis=0)).max()


def test_bubbles_do_not_stand_on_a_lattice_where_complaints_are_everywhere():
    random = np.random.default_rng(3)
    rows = points(random.uniform(110.7, 110.9, 60_000), random.uniform(-7.6, -7.5, 60_000))
    zoom = 12
    cells = key_xy(np.array([point.key for point in rows])) >> (24 - zoom)
    middles = np.unique(cells, axis=0) * (1 << (24 - zoom)) + (1 << (23 - zoom))
    bubbles = np.array(list(drawn(pyramid(rows), rows, zoom)), dtype=float) * (1 << (28 - zoom)) / 4096
    assert lattice(middles, zoom) > 0.99
    assert lattice(bubbles, zoom) < 0.3
    # Nor do the nearest ones lie beside or above each other more often than elsewhere.
    across, down = (bubbles[cKDTree(bubbles).query(bubbles, k=2)[1][:, 1]] - bubbles).T
    assert abs(np.exp(4j * np.arctan2(down, across)).mean()) < 0.4


def test_neighbouring_tiles_draw_a_bubble_on_their_edge_alike():
    rows = complaints(8000, 4)
    made = pyramid(rows)
    zoom, seen = 14, 0
    for x, y in tiles_with(rows, zoom):
        here = {
            (it["x"] - 4096, it["y"], it["count"]) for it in read(made.tile(zoom, x, y)) if it["x"] > 3936
        }
        there = {
            (it["x"], it["y"], it["count"]) for it in read(made.tile(zoom, x + 1, y)) if -160 < it["x"] < 160
        }
        here = {it for it in here if -160 < it[0] < 160}
        assert here == there
        seen += len(here)
    assert seen > 20


def test_an_independent_decoder_reads_the_same():
    made = pyramid(complaints(2000, 5))
    for zoom in (11, 14, 17):
        x, y = tiles_with(complaints(2000, 5), zoom)[0]
        body = made.tile(zoom, x, y, with_counts=True)
        theirs = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})["requests"]
        assert theirs["version"] == 2
        assert theirs["extent"] == 4096
        assert [
            {"x": it["geometry"]["coordinates"][0], "y": it["geometry"]["coordinates"][1], **it["properties"]}
            for it in theirs["features"]
        ] == [{key: it[key] for key in it if key != "id"} for it in read(body)]


def test_staff_read_what_is_in_a_bubble():
    rows = complaints(500, 6)
    made = pyramid(rows)
    features = [
        it for x, y in tiles_with(rows, 13) for it in inside(read(made.tile(13, x, y, with_counts=True)))
    ]
    assert sum(it["count"] for it in features) == 500
    for name, column, codes in (
        ("service:", lambda state: state & 31, (*SCHEME.services, "other")),
        ("", lambda state: state >> 5 & 7, SCHEME.statuses),
        ("severity:", lambda state: state >> 8 & 3, "0123"),
    ):
        expected = Counter(f"{name}{codes[column(point.state)]}" for point in rows)
        assert {tag: sum(it.get(tag, 0) for it in features) for tag in expected} == expected
    largest = max(features, key=lambda it: it["count"])
    assert largest[f"service:{largest['service']}"] == max(
        largest.get(f"service:{code}", 0) for code in (*SCHEME.services, "other")
    )
    assert largest["severity"] == 3


def test_without_merging_each_eighth_of_a_tile_is_a_bubble():
    rows = complaints(3000, 7)
    made = pyramid(rows)
    zoom = 14
    features = [
        it for x, y in tiles_with(rows, zoom) for it in inside(read(made.tile(zoom, x, y, is_merged=False)))
    ]
    cells = Counter(map(tuple, (key_xy(np.array([point.key for point in rows])) >> (25 - zoom)).tolist()))
    assert sorted(it["count"] for it in features) == sorted(cells.values())


def test_a_list_says_what_the_map_draws():
    rows = complaints(1500, 8)
    made = pyramid(rows)
    bounds = (110.78, -7.60, 110.86, -7.52)
    listed = made.bubbles(13, bounds)
    assert listed
    assert [it.told["count"] for it in listed] == sorted((it.told["count"] for it in listed), reverse=True)
    features = [it for x, y in tiles_with(rows, 13) for it in inside(read(made.tile(13, x, y)))]
    told = Counter(
        tuple(sorted((k, v) for k, v in it.items() if k not in {"x", "y", "id"})) for it in features
    )
    assert not Counter(tuple(sorted(it.told.items())) for it in listed) - told
    assert all(bounds[0] <= it.lon <= bounds[2] and bounds[1] <= it.lat <= bounds[3] for it in listed)
