import numpy as np
import pytest

from geo.roads.snapping import snap
from geo.roads.travel_times import drives, road_travel_times
from tests.geo.roads.road_worlds import network, places, slow_seconds

SQUARE = {1: (0, 0), 2: (1000, 0), 3: (1000, 1000), 4: (0, 1000)}


def test_two_places_on_one_street_are_as_far_apart_as_they_are(tmp_path):
    graph = network(tmp_path, SQUARE, {"nodes": [1, 2, 3, 4, 1]})
    times = road_travel_times(graph, places((100, 0), (400, 0)))
    assert times.distances_m[0, 1] == times.distances_m[1, 0] == pytest.approx(300, abs=2)
    assert times.durations_s[0, 1] == pytest.approx(300 * 3.6 / 22, abs=1)


def test_against_a_one_way_it_is_once_around(tmp_path):
    graph = network(tmp_path, SQUARE, {"nodes": [1, 2, 3, 4, 1], "oneway": "yes"})
    times = road_travel_times(graph, places((100, 0), (400, 0)))
    assert times.distances_m[0, 1] == pytest.approx(300, abs=2)
    assert times.distances_m[1, 0] == pytest.approx(3700, rel=0.01)


def test_nodes_are_as_far_apart_as_a_plain_search_says(tmp_path):
    nodes = {i * 6 + j: (i * 170.0 + 13 * (j % 3), j * 120.0) for i in range(6) for j in range(6)}
    rows = [{"nodes": [i * 6 + j for j in range(6)], "highway": "tertiary"} for i in range(6)]
    columns = [{"nodes": [i * 6 + j for i in range(6)], "oneway": "yes" if j % 2 else "-1"} for j in range(6)]
    graph = network(tmp_path, nodes, *rows, *columns)
    snapped = snap(graph, graph.nodes)
    seconds, _ = drives(graph, snapped, snapped)
    assert np.allclose(seconds, slow_seconds(graph), rtol=0, atol=0.02)
