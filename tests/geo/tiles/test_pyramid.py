import threading
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.tiles import bubbles, cells, changes, layers, merging, written
from geo.tiles import pyramid as pyramid_module
from geo.tiles.positions import NO_KEY
from geo.tiles.pyramid import Change, OutOfStep, Point, warm_up
from geo.tiles.scheme import Filter, day_number
from tests.geo.tiles.tile_worlds import (
    PUBLIC,
    SCHEME,
    STAFF,
    TODAY,
    complaints,
    inside,
    pyramid,
    read,
    some_tiles,
    tiles_with,
)

SELECTIONS = [
    Filter(),
    Filter(statuses=frozenset({"open"})),
    Filter(services=frozenset({"pothole", "other"}), statuses=frozenset({"open", "in_progress"})),
    Filter(ages=frozenset({"0-7", "31-90"})),
    Filter(severities=frozenset({"2", "3"}), statuses=frozenset({"open"})),
]


def follow(random, rows, fresh, n):
    """Some changes, as rows of the sequence, with what is there after them."""
    now, changes = list(rows), []
    for seq in range(1, n + 1):
        kind = random.integers(0, 5) if now else 0
        if kind == 0:
            old, new = None, fresh.pop()
            now.append(new)
        else:
            place = int(random.integers(len(now)))
            old = now[place]
            new = {
                1: None,  # withdrawn
                2: old._replace(state=SCHEME.with_status(old.state, "ended")),
                3: old._replace(state=SCHEME.with_status(old.state, "open")),
                4: old._replace(key=fresh[0].key),  # moved
            }[int(kind)]
            if new is None:
                del now[place]
            else:
                now[place] = new
        changes.append(Change(seq, old, new))
    return now, changes


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), n=st.sampled_from([0, 3, 300]), steps=st.integers(1, 120))
def test_after_any_changes_tiles_are_byte_for_byte_those_of_a_fresh_build(seed, n, steps):
    random = np.random.default_rng(seed)
    rows, fresh = complaints(n, seed, 0.01), complaints(steps + 1, seed + 1, 0.01)
    live = pyramid(rows)
    live.tile(12, 3309, 2133, SELECTIONS[1])  # a filter that is held before anything changes
    now, changes = follow(random, rows, fresh, steps)
    assert live.apply(changes) == steps
    random.shuffle(now)
    anew = pyramid([Point(*point) for point in now], version=steps)
    asked = some_tiles(now or rows or fresh, seed, 60)
    for turn in range(2):
        assert len(live) == len(now)
        assert live.digest == anew.digest
        assert live.version == anew.version
        for zoom, x, y in asked:
            for selection in SELECTIONS:
                assert live.tile(zoom, x, y, selection) == anew.tile(zoom, x, y, selection)
            assert live.tile(zoom, x, y, is_merged=False) == anew.tile(zoom, x, y, is_merged=False)
        if turn == 0:
            live.compact()
            assert live.pending == 0


def test_tiles_that_were_read_before_a_change_show_it():
    rows, fresh = complaints(2000, 20), complaints(41, 21)
    live = pyramid(rows)
    _, changes = follow(np.random.default_rng(22), rows, fresh, 40)
    asked = [tile for tile in some_tiles(rows, 23, 80) if tile[0] > 9]
    now = list(rows)
    for change in changes:
        assert all(live.tile(*tile) is not None for tile in asked)  # read, so that some are kept
        live.apply([change])
        if change.old is not None:
            now.remove(change.old)
        if change.new is not None:
            now.append(change.new)
        if change.seq % 5 == 0:
            anew = pyramid(now)
            for tile in asked:
                assert live.tile(*tile) == live.tile(*tile) == anew.tile(*tile)


def test_the_order_in_which_complaints_are_given_does_not_matter():
    rows = complaints(5000, 1)
    one, other = pyramid(rows), pyramid(rows[::-1])
    bodies = {one.tile(*tile) for tile in some_tiles(rows, 1, 150)}
    assert len(bodies) > 20
    assert all(one.tile(*tile) == other.tile(*tile) for tile in some_tiles(rows, 1, 150))


def test_merging_beforehand_changes_no_byte():
    rows = complaints(30_000, 2)
    ready, later = pyramid(rows), pyramid(rows, replace(STAFF, is_decided=False))
    assert all(ready.tile(*tile) == later.tile(*tile) for tile in some_tiles(rows, 2, 300))
    assert ready.nbytes > later.nbytes
    later.compact()
    assert ready.nbytes == later.nbytes


@pytest.mark.parametrize("settings_", [STAFF, PUBLIC])
def test_how_many_threads_build_changes_no_byte(settings_):
    rows = complaints(30_000, 2)
    one = pyramid(rows, settings_)
    for threads in (2, 3):
        more = pyramid(rows, settings_, threads=threads)
        assert more.nbytes == one.nbytes
        assert all(more.tile(*tile) == one.tile(*tile) for tile in some_tiles(rows, 2, 300))


@pytest.mark.parametrize("most", [7, 8])
def test_what_depends_on_too_much_is_worked_out_when_it_is_asked_for(monkeypatch, most):
    rows = complaints(30_000, 3)
    whole = pyramid(rows)
    monkeypatch.setattr(layers, "CERTAIN_WITHIN", most)
    in_part = pyramid(rows)
    unsure = in_part._layer.points.bubbles[:, cells.BUBBLE_N] < 0
    assert 0.001 < unsure.mean() < 0.9
    assert not (whole._layer.points.bubbles[:, cells.BUBBLE_N] < 0).any()
    assert all(in_part.tile(*tile) == whole.tile(*tile) for tile in some_tiles(rows, 3, 300))


@pytest.mark.parametrize("selection", SELECTIONS[1:])
def test_a_filter_counts_just_those_that_it_keeps(selection):
    rows = complaints(2000, 3)
    kept = [point for point in rows if is_kept(point, selection)]
    assert 0 < len(kept) < len(rows)
    made, part = pyramid(rows), pyramid(kept)
    for tile in some_tiles(rows, 3, 60):
        assert made.tile(*tile, selection) == part.tile(*tile)


def is_kept(point, selection):
    service = (*SCHEME.services, "other")[point.state & 31]
    status = SCHEME.statuses[point.state >> 5 & 7]
    age = day_number(TODAY) - (point.state >> 10)
    band = "0-7" if age <= 7 else "8-30" if age <= 30 else "31-90" if age <= 90 else "91-"
    severity = str(point.state >> 8 & 3)
    wanted = (selection.services, selection.statuses, selection.ages, selection.severities)
    held = (service, status, band, severity)
    return all(words is None or word in words for word, words in zip(held, wanted, strict=True))


def test_at_midnight_complaints_grow_older():
    rows = complaints(400, 4)
    made = pyramid(rows)
    young = Filter(ages=frozenset({"0-7"}))
    tag = made.etag(young), made.etag()
    before = sum(
        it["count"] for x, y in tiles_with(rows, 12) for it in inside(read(made.tile(12, x, y, young)))
    )
    made.advance(TODAY + timedelta(days=300))
    assert before > 0
    assert not any(made.tile(12, x, y, young) for x, y in tiles_with(rows, 12))
    assert made.etag(young) != tag[0]
    assert made.etag() == tag[1]


def test_closing_changes_the_status_and_nothing_else():
    rows = complaints(200, 5)
    made = pyramid(rows)
    point = next(it for it in rows if it.state >> 5 & 7 == 0)
    closed = made.close(point)
    assert SCHEME.statuses[closed.state >> 5 & 7] == "ended"
    assert closed._replace(state=point.state) == point
    assert len(made) == 200
    assert made.version == 1


def test_steps_that_were_taken_are_passed_over_and_a_gap_is_told():
    rows, fresh = complaints(50, 6), complaints(3, 7)
    made = pyramid(rows, version=10)
    arrivals = [Change(11 + k, None, point) for k, point in enumerate(fresh)]
    assert made.apply(arrivals[:2]) == 2
    assert made.apply(arrivals[:2]) == 0
    assert made.apply(arrivals) == 1
    assert made.version == 13
    with pytest.raises(OutOfStep, match="Change 15 came after 13"):
        made.apply([Change(15, None, fresh[0])])
    assert made.version == 13
    assert len(made) == 53


def test_what_is_not_there_cannot_be_taken_away():
    rows = complaints(50, 8)
    made = pyramid(rows)
    digest = made.digest
    with pytest.raises(OutOfStep, match="no complaint"):
        made.remove(rows[0]._replace(number=999))
    made.remove(rows[0])
    with pytest.raises(OutOfStep):
        made.remove(rows[0])
    with pytest.raises(OutOfStep):
        made.close(rows[0])
    made.add(rows[0])
    assert (made.digest, made.version, len(made)) == (digest, 2, 50)


def test_a_complaint_without_a_place_moves_the_version_alone():
    made = pyramid(complaints(20, 9))
    digest = made.digest
    made.add(Point(NO_KEY, 0))
    made.change(Point(NO_KEY, 0), Point(NO_KEY, 1))
    assert (made.version, made.digest, len(made)) == (2, digest, 20)


def test_an_etag_tells_apart_versions_filters_and_readers():
    rows = complaints(20, 10)
    staff, public = pyramid(rows), pyramid(rows, PUBLIC)
    tags = [staff.etag(selection) for selection in SELECTIONS] + [public.etag(), staff.etag(variant="counts")]
    staff.remove(rows[0])
    assert len({*tags, staff.etag()}) == len(tags) + 1
    everything = Filter(statuses=frozenset(SCHEME.statuses), services=frozenset({*SCHEME.services, "other"}))
    assert staff.etag(everything) == staff.etag()
    assert all(tag.startswith('W/"') and tag.endswith('"') for tag in tags)


def test_readers_and_a_compacting_thread_see_whole_steps():
    rows, fresh = complaints(3000, 11), complaints(300, 12)
    made = pyramid(rows)
    open_ones = Filter(statuses=frozenset({"open"}))
    zoom, wrong, is_over = 5, [], threading.Event()
    (tile,) = tiles_with(rows, zoom)

    def read_on():
        while not is_over.is_set():
            count = sum(it["count"] for it in inside(read(made.tile(zoom, *tile))))
            if not 3000 <= count <= 3300:
                wrong.append(count)
            made.tile(zoom, *tile, open_ones)

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
    anew = pyramid(rows + fresh)
    assert not wrong
    assert made.digest == anew.digest
    for tile in some_tiles(rows, 11, 80):
        assert made.tile(*tile) == anew.tile(*tile)
        assert made.tile(*tile, open_ones) == anew.tile(*tile, open_ones)


def test_filters_beyond_those_held_are_worked_out_again():
    rows = complaints(300, 13)
    made = pyramid(rows)
    selections = [
        Filter(frozenset({service}), frozenset({status}), frozenset({age}))
        for service in SCHEME.services
        for status in SCHEME.statuses
        for age in ("0-7", "8-30", "31-90", "91-")
    ]
    tile = (12, *tiles_with(rows, 12)[0])
    first = [made.tile(*tile, selection) for selection in selections]
    held = made.nbytes
    assert [made.tile(*tile, selection) for selection in selections] == first
    assert made.nbytes == held


def test_an_unknown_word_in_a_filter_is_named():
    made = pyramid(complaints(5, 14))
    with pytest.raises(GeoError, match="'potholes' is no service"):
        made.tile(0, 0, 0, Filter(services=frozenset({"potholes"})))
    with pytest.raises(GeoError, match="'young' is no age"):
        made.etag(Filter(ages=frozenset({"young"})))


def test_after_warming_up_nothing_is_left_to_compile():
    warm_up(SCHEME)
    dispatchers = [
        loop
        for module in (bubbles, cells, changes, merging, pyramid_module, written)
        for loop in vars(module).values()
        if hasattr(loop, "signatures")
    ]
    compiled = {loop.__qualname__: len(loop.signatures) for loop in dispatchers}
    assert sum(compiled.values()) >= 10
    for settings_ in (STAFF, PUBLIC):
        rows = complaints(50, 15)
        made = pyramid(rows, settings_)
        points_ = [point if settings_ is STAFF else point._replace(number=0) for point in rows]
        made.close(points_[0])
        made.change(points_[1], points_[2])
        made.tile(14, *tiles_with(rows, 14)[0], SELECTIONS[1])
        made.tile(18, *tiles_with(rows, 18)[0], is_merged=False)
        made.bubbles(3, (100.0, -20.0, 120.0, 0.0))
        for point in complaints(60, 16):
            made.add(point if settings_ is STAFF else point._replace(number=0))
        made.compact()
    assert {loop.__qualname__: len(loop.signatures) for loop in dispatchers} == compiled
