"""The shortcuts give exactly what a plain search over the sections gives."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.roads.closures import closed_arcs
from geo.roads.elimination import elimination_order, shortcuts
from geo.roads.graph import RoadGraph
from geo.roads.importing import import_roads
from geo.roads.snapping import Snapped, snap
from geo.roads.travel_times import drives
from tests.geo.roads.road_worlds import network, random_network, slow_seconds

SLOWLY = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def at_nodes(graph: RoadGraph) -> Snapped:
    """The nodes of a graph as places: on the longest section there, as one without length is at two nodes."""
    count = len(graph.nodes)
    section, along = np.zeros(count, dtype=np.int32), np.zeros(count)
    for number in np.argsort(graph.section_metres, kind="stable"):
        section[graph.section_head[number]] = section[graph.section_tail[number]] = number
        along[graph.section_head[number]] = graph.section_metres[number]
        along[graph.section_tail[number]] = 0.0
    is_tail = along == 0.0
    segment = (
        np.where(is_tail, graph.section_points[section], graph.section_points[section + 1] - 2) - section
    )
    return Snapped(
        segment.astype(np.int32),
        np.where(is_tail, 0.0, 1.0),
        section,
        along,
        graph.nodes.copy(),
        np.zeros(count),
    )


@SLOWLY
@given(seed=st.integers(0, 10_000))
def test_times_between_junctions_are_those_of_a_plain_search(tmp_path, seed):
    graph = random_network(tmp_path, seed)
    places = at_nodes(graph)
    seconds, metres = drives(graph, places, places)
    # A place on a section without length is at both of its ends, which the sections take 0.01 s for.
    assert np.allclose(seconds, slow_seconds(graph), rtol=0, atol=0.0201)
    assert np.isfinite(metres).all()


@SLOWLY
@given(seed=st.integers(0, 10_000), share=st.floats(0.0, 1.0))
def test_closing_segments_gives_what_a_plain_search_finds_without_them(tmp_path, seed, share):
    graph = random_network(tmp_path, seed)
    closed = np.random.default_rng(seed).random(len(graph.segment_section)) < share
    slow = slow_seconds(graph, closed)
    hierarchy = graph.hierarchy(closed_arcs(graph, closed))
    kept = hierarchy.weights[:, [0, 2]]
    low = np.repeat(np.arange(len(graph.nodes)), np.diff(hierarchy.starts))
    # A shortcut is never faster than the fastest way, and at the later end of the last it is the fastest way.
    assert (kept[:, 0] >= slow[low, hierarchy.heads] - 1e-6).all()
    assert (kept[:, 1] >= slow[hierarchy.heads, low] - 1e-6).all()
    open_places = at_nodes(graph)
    fast, _ = drives(graph, open_places, open_places, closed=closed)
    is_open = ~closed[open_places.segment]
    both = np.ix_(is_open, is_open)
    assert np.allclose(fast[both], slow[both], rtol=0, atol=0.0201)


@SLOWLY
@given(seed=st.integers(0, 10_000))
def test_metres_are_those_of_a_fastest_way(tmp_path, seed):
    """At one speed everywhere, the fastest way is the shortest, and metres are seconds times the speed."""
    graph = random_network(tmp_path, seed, one_speed=True)
    places = at_nodes(graph)
    seconds, metres = drives(graph, places, places)
    assert np.allclose(metres, seconds * 22 / 3.6, rtol=1e-9, atol=0.2)


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("name", ["Helsinki.osm.pbf", "andorra.osm.pbf", "monaco.osm.gz", "krems.osm.gz"])
def test_real_towns_agree_with_a_plain_search(data, tmp_path, name):
    import_roads(data / "osm_test_extracts" / name, tmp_path / "town.roads")
    graph = RoadGraph.open(tmp_path / "town.roads")
    places = at_nodes(graph)
    seconds, _ = drives(graph, places, places)
    assert np.allclose(seconds, slow_seconds(graph), rtol=0, atol=1e-5)


def test_every_order_is_a_numbering(tmp_path):
    tail, head = np.array([0, 1, 2, 3, 0], dtype=np.int32), np.array([1, 2, 3, 0, 2], dtype=np.int32)
    assert sorted(elimination_order(tail, head, 5).tolist()) == [0, 1, 2, 3, 4]
    assert elimination_order(tail[:0], head[:0], 1).tolist() == [0]


def test_taking_out_the_middle_of_a_star_first_joins_all_its_points():
    tail, head = np.zeros(4, dtype=np.int32), np.array([1, 2, 3, 4], dtype=np.int32)
    starts, heads = shortcuts(tail, head, 5)
    assert np.diff(starts).tolist() == [4, 3, 2, 1, 0]
    assert heads.tolist() == [1, 2, 3, 4, 2, 3, 4, 3, 4, 4]


def test_places_that_snap_to_one_street_need_no_junction(tmp_path):
    graph = network(tmp_path, {1: (0, 0), 2: (500, 0)}, {"nodes": [1, 2]})
    two = snap(graph, graph.nodes)
    seconds, metres = drives(graph, two, two)
    assert metres[0, 1] == pytest.approx(500, rel=0.01)
    assert seconds[0, 1] == pytest.approx(metres[0, 1] * 3.6 / 22)
