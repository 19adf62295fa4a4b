import threading
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.tiles.cells import START
from geo.tiles.positions import map_key
from geo.tiles.pyramid import Change, Point
from geo.tiles.scheme import Filter
from geo.tiles.written import FEWEST
from tests.geo.tiles.test_pyramid import SELECTIONS, follow
from tests.geo.tiles.tile_worlds import (
    PUBLIC,
    STAFF,
    TODAY,
    complaints,
    inside,
    points,
    pyramid,
    read,
    some_tiles,
    tiles_with,
)

LATER = replace(PUBLIC, is_decided=False)
"""Nothing is written beforehand."""


def public(rows):
    return [row._replace(number=0) for row in rows]


def sizes(made):
    """Bytes written beforehand of each tile that holds complaints."""
    return np.diff(made._layer.points.written_ends)


def rough(made, tiles, *selection):
    return [made.tile(*tile, *selection, is_merged=False) for tile in tiles]


@pytest.fixture(scope="module")
def city():
    return public(complaints(30_000, 2))


def test_tiles_written_beforehand_are_those_that_are_written_when_asked_for(city):
    made, later = pyramid(city, PUBLIC), pyramid(city, LATER)
    assert 20 < np.count_nonzero(sizes(made)) < len(sizes(made)) - 20
    assert len(sizes(later)) == 0 or not sizes(later).any()
    asked = [(zoom, x, y) for zoom in (3, 11, 12, 13, 14, 15, 16) for x, y in tiles_with(city, zoom)[:200]]
    asked += some_tiles(city, 2, 200)
    for with_counts in (False, True):
        for tile in asked:
            body = made.tile(*tile, is_merged=False, with_counts=with_counts)
            assert body == later.tile(*tile, is_merged=False, with_counts=with_counts)


def test_large_tiles_are_written_and_small_ones_are_not(city):
    made = pyramid(city, PUBLIC)
    filed = made._layer.points
    for zoom in range(1, 17):
        first, after = filed.levels[zoom, 1], filed.levels[zoom + 1, 1] - 1
        complaints_in = np.diff(filed.cells[filed.tile_cells[first : after + 1], START])
        assert ((sizes(made)[first:after] > 0) == (complaints_in >= FEWEST)).all()


def test_what_staff_are_told_is_not_written_beforehand():
    assert not sizes(pyramid(complaints(3000, 2), STAFF)).any()


def test_where_small_counts_are_hidden_they_are_in_what_is_written(city):
    made, later = (pyramid(city, replace(settings_, least=5)) for settings_ in (PUBLIC, LATER))
    assert np.count_nonzero(sizes(made)) > 10
    for zoom in (11, 13, 14):
        asked = [(zoom, *tile) for tile in tiles_with(city, zoom)[:200]]
        assert rough(made, asked) == rough(later, asked)
        assert any("below" in it for body in rough(made, asked) for it in read(body))
    assert not any(rough(made, [(15, *tile) for tile in tiles_with(city, 15)]))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), steps=st.integers(1, 60))
def test_after_any_changes_they_are_those_of_a_fresh_build(seed, steps):
    rows, fresh = public(complaints(800, seed, 0.01)), public(complaints(steps + 1, seed + 1, 0.01))
    live = pyramid(rows, PUBLIC)
    now, changes = follow(np.random.default_rng(seed), rows, fresh, steps)
    live.apply(changes)
    anew = pyramid(now, PUBLIC, version=steps)
    asked = some_tiles(now, seed, 80)
    for _ in range(2):
        for selection in SELECTIONS:
            assert rough(live, asked, selection) == rough(anew, asked, selection)
        assert [live.tile(*tile) for tile in asked] == [anew.tile(*tile) for tile in asked]
        live.compact()
        assert (sizes(live) == sizes(anew)).all()


def test_each_change_shows_at_once_in_it_and_in_tiles_it_reaches_into():
    rows, fresh = public(complaints(3000, 20)), public(complaints(41, 21))
    live = pyramid(rows, PUBLIC)
    _, changes = follow(np.random.default_rng(22), rows, fresh, 40)
    asked = [tile for tile in some_tiles(rows, 23, 80) if tile[0] > 9]
    now = list(rows)
    for change in changes:
        rough(live, asked)
        live.apply([change])
        if change.old is not None:
            now.remove(change.old)
        if change.new is not None:
            now.append(change.new)
        if change.seq % 8 == 0:
            assert rough(live, asked) == rough(pyramid(now, PUBLIC), asked)


def test_an_arrival_just_outside_of_a_written_tile_is_drawn_in_it():
    zoom, x, y = 14, 13235, 8536
    side, west = 360.0 / (1 << zoom), 360.0 * x / (1 << zoom) - 180.0
    random = np.random.default_rng(5)
    lon = west + side * random.random(400)
    rows = public(points(lon, np.linspace(-7.564, -7.55, 400)))
    (tile,) = {it for it in tiles_with(rows, zoom) if it == (x, y)}
    live = pyramid(rows, PUBLIC)
    before = rough(live, [(zoom, *tile)])
    assert sizes(live).any()
    beside = Point(map_key(west - side / 100, -7.557), rows[0].state)
    live.apply([Change(1, None, beside)])
    assert rough(live, [(zoom, *tile)]) != before
    assert rough(live, [(zoom, *tile)]) == rough(pyramid([*rows, beside], PUBLIC), [(zoom, *tile)])
    live.apply([Change(2, beside, None)])
    assert rough(live, [(zoom, *tile)]) == before


def test_a_new_day_changes_what_a_filter_of_ages_keeps_and_nothing_that_was_written(city):
    made, young = pyramid(city, PUBLIC), Filter(ages=frozenset({"0-7"}))
    asked = [(13, *tile) for tile in tiles_with(city, 13)[:50]]
    before, before_young = rough(made, asked), rough(made, asked, young)
    assert any(before_young)
    made.advance(TODAY + timedelta(days=300))
    assert rough(made, asked) == before
    assert not any(rough(made, asked, young))


def test_how_many_threads_build_changes_nothing_that_is_written(city):
    one = pyramid(city, PUBLIC)._layer.points
    for threads in (2, 3):
        more = pyramid(city, PUBLIC, threads=threads)._layer.points
        assert (more.written == one.written).all()
        assert (more.written_ends == one.written_ends).all()


def test_readers_and_a_compacting_thread_see_whole_steps_in_it():
    rows, fresh = public(complaints(3000, 11)), public(complaints(200, 12))
    made = pyramid(rows, PUBLIC)
    zoom, wrong, is_over = 5, [], threading.Event()
    (tile,) = tiles_with(rows, zoom)

    def read_on():
        while not is_over.is_set():
            count = sum(it["count"] for it in inside(read(made.tile(zoom, *tile, is_merged=False))))
            if not 3000 <= count <= 3200:
                wrong.append(count)

    def compact_on():
        while not is_over.is_set():
            made.compact()

    threads = [threading.Thread(target=work) for work in (read_on, read_on, compact_on)]
    for thread in threads:
        thread.start()
    for point in fresh:
        made.add(point)
    is_over.set()
    for thread in threads:
        thread.join()
    assert not wrong
    asked = some_tiles(rows, 11, 80)
    assert rough(made, asked) == rough(pyramid(rows + fresh, PUBLIC), asked)
    made.compact()
    assert rough(made, asked) == rough(pyramid(rows + fresh, PUBLIC), asked)


def test_a_map_without_complaints_has_nothing_written():
    made = pyramid([], PUBLIC)
    assert made.tile(0, 0, 0, is_merged=False) == made.tile(12, 3309, 2133, is_merged=False) == b""
    assert len(made._layer.points.written) == 0
