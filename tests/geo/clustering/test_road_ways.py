import numpy as np
import pytest

from geo.clustering.duplicates import NewReport
from geo.clustering.live_sites import LiveSites
from geo.clustering.reports import Reports
from geo.clustering.road_ways import RoadWays
from geo.clustering.rules import LinkRule
from geo.clustering.work_sites import find_work_sites
from geo.crs import projected_crs, to_metres
from tests.geo.roads.road_worlds import network, places, random_network

RULES = {"pothole": LinkRule.fixed(15.0, 30.0)}


def metres(crs, *points):
    return np.column_stack(to_metres(*places(*points).T, crs))


@pytest.fixture(scope="module")
def river(tmp_path_factory):
    """Two banks 12 m apart, a bridge 400 m down; a lane off the southern bank; one bank is one-way."""
    nodes = {0: (0, 0), 1: (400, 0), 2: (0, 12), 3: (400, 12), 4: (100, 0), 5: (100, -80)}
    return network(
        tmp_path_factory.mktemp("river"),
        nodes,
        {"nodes": [0, 4, 1], "name": "Jalan Selatan"},
        {"nodes": [2, 3], "name": "Jalan Utara", "oneway": "yes"},
        {"nodes": [1, 3]},
        {"nodes": [4, 5], "name": "Gang Kali"},
        {"nodes": [3, 2]},
    )


def test_across_the_river_is_another_place(river):
    ways = RoadWays(river, river.crs)
    south, north, beside, corner = metres(river.crs, (50, 0), (50, 12), (62, -3), (100, -9)).reshape(4, 2)
    found = ways(np.array([south, south]), np.array([north, beside]), 100.0)
    assert found[0] == np.inf
    assert found[1] == pytest.approx(12.0, abs=0.1)
    assert ways(north[None], south[None], 1_000.0)[0] == pytest.approx(350 + 12 + 350, abs=2.0)
    assert ways(metres(river.crs, (93, 0)), corner[None], 30.0)[0] == pytest.approx(7 + 9, abs=0.1)
    assert ways.streets(np.array([south, north, corner])) == ["Jalan Selatan", "Jalan Utara", "Gang Kali"]


def test_far_from_any_road_the_straight_line_counts(river):
    ways = RoadWays(river, river.crs)
    field, other = metres(river.crs, (200, 60), (200, 55))
    assert np.isnan(ways(field[None], other[None], 100.0)).all()
    assert ways.streets(field[None]) == [""]
    reports = Reports.of([field[0], other[0]], [field[1], other[1]], [0, 0], ["pothole"] * 2)
    assert find_work_sites(reports, RULES, way=ways).labels.tolist() == [0, 0]


def test_grouping_and_live_sites_keep_the_banks_apart(river):
    xy = metres(river.crs, (50, 0), (50, 12), (55, 1), (56, 11))
    reports = Reports.of(*xy.T, [0, 1, 2, 3], ["pothole"] * 4)
    assert find_work_sites(reports, RULES).labels.tolist() == [0, 0, 0, 0]
    ways = RoadWays(river, river.crs)
    assert find_work_sites(reports, RULES, way=ways).labels.tolist() == [0, 1, 0, 1]
    sites = LiveSites(RULES, way=ways)
    for number, (x, y) in enumerate(xy):
        sites.put(number, NewReport(x, y, number, "pothole"))
    assert [sites.site_of(number) for number in range(4)] == [1, 2, 1, 2]


def test_positions_may_come_in_another_system(river):
    lon_lat = places((50, 0), (62, 0))
    other = projected_crs((), (), epsg=32648)
    assert other != river.crs
    xy = np.column_stack(to_metres(*lon_lat.T, other))
    assert RoadWays(river, other)(xy[:1], xy[1:], 100.0)[0] == pytest.approx(12.0, abs=0.2)


@pytest.mark.parametrize("seed", range(8))
def test_ways_are_the_shortest_over_sections_both_ways(tmp_path, seed):
    graph = random_network(tmp_path, seed, one_speed=True)
    ways = RoadWays(graph, graph.crs)
    nodes = np.column_stack(to_metres(*graph.nodes.T, graph.crs))
    i, j = (grid.ravel() for grid in np.meshgrid(*[np.arange(len(nodes))] * 2))
    found = ways(nodes[i], nodes[j], 1e6)
    expected = np.full((len(nodes), len(nodes)), np.inf)
    np.fill_diagonal(expected, 0.0)
    for tail, head, length in zip(graph.section_tail, graph.section_head, graph.section_metres, strict=True):
        expected[tail, head] = min(expected[tail, head], length)
        expected[head, tail] = min(expected[head, tail], length)
    for middle in range(len(nodes)):
        expected = np.minimum(expected, expected[:, [middle]] + expected[[middle]])
    # Nodes at one spot snap to one of them: compare where the spot is a node's alone.
    alone = np.array([(np.hypot(*(nodes - node).T) < 0.01).sum() == 1 for node in nodes])
    crossed = _on_other_sections(graph, ways, nodes)
    both = (alone & ~crossed)[i] & (alone & ~crossed)[j]
    assert both.any()
    np.testing.assert_allclose(found[both], expected[i, j][both], atol=0.05)


def _on_other_sections(graph, ways, nodes):
    """Say which nodes snap to a section that merely passes by and isn't theirs."""
    feet, _ = ways._feet(nodes)
    tail, head = graph.section_tail[feet.section], graph.section_head[feet.section]
    return (tail != np.arange(len(nodes))) & (head != np.arange(len(nodes)))
