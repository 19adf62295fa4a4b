import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.crs import to_metres
from geo.errors import GeoError
from geo.roads.graph import RoadGraph
from geo.roads.importing import import_roads
from geo.roads.snapping import NOWHERE, nearest_segments, snap
from tests.geo.roads.road_worlds import network, place, places, random_network


def by_tree(graph: RoadGraph, lon_lat: np.ndarray) -> np.ndarray:
    """Distances to the nearest segment, by shapely."""
    point = np.arange(len(graph.segment_section)) + graph.segment_section
    lines = shapely.linestrings(np.stack([graph.points_m[point], graph.points_m[point + 1]], axis=1))
    spots = shapely.points(np.column_stack(to_metres(lon_lat[:, 0], lon_lat[:, 1], graph.crs)))
    nearest = shapely.STRtree(lines).nearest(spots)
    return shapely.distance(lines[nearest], spots)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), reach_m=st.sampled_from([500.0, 3_000.0, 90_000.0]))
def test_the_nearest_point_is_as_near_as_a_tree_finds(tmp_path, seed, reach_m):
    graph = random_network(tmp_path, seed)
    spots = places(*np.random.default_rng(seed).uniform(-reach_m, reach_m, (50, 2)) + 500.0)
    assert np.allclose(snap(graph, spots).distance_m, by_tree(graph, spots), rtol=0, atol=1e-6)


@pytest.mark.data
@pytest.mark.parametrize("name", ["Helsinki.osm.pbf", "andorra.osm.pbf", "monaco.osm.gz", "krems.osm.gz"])
def test_in_real_towns_too(data, tmp_path, name):
    import_roads(data / "osm_test_extracts" / name, tmp_path / "town.roads")
    graph = RoadGraph.open(tmp_path / "town.roads")
    west, south, east, north = graph.summary.bounds
    spots = np.random.default_rng(3).uniform([west, south], [east, north], (3_000, 2))
    found = snap(graph, spots)
    assert np.allclose(found.distance_m, by_tree(graph, spots), rtol=0, atol=1e-6)
    # The point on the road is where the distance says, and lies on its section.
    on_road, off_road = (np.column_stack(to_metres(*at.T, graph.crs)) for at in (found.lon_lat, spots))
    assert np.allclose(np.hypot(*(on_road - off_road).T), found.distance_m, rtol=0, atol=0.05)
    assert np.allclose(snap(graph, found.lon_lat).distance_m, 0.0, atol=0.05)


def test_a_place_beside_a_street_is_put_onto_it(tmp_path):
    graph = network(tmp_path, {1: (0, 0), 2: (400, 0)}, {"nodes": [1, 2]})
    found = snap(graph, places((150, 40)))
    assert found.lon_lat[0] == pytest.approx(place(150, 0), abs=1e-6)
    assert found.distance_m[0] == pytest.approx(40, rel=0.01)
    assert found.along_m[0] == pytest.approx(150, rel=0.01)
    assert 0.0 <= found.fraction[0] <= 1.0
    assert not found.is_far[0]
    assert found.walk_s[0] == pytest.approx(40 * 3.6 / 5, rel=0.01)


def test_beyond_150_m_a_place_is_far_and_beyond_1000_m_unreachable(tmp_path):
    graph = network(tmp_path, {1: (0, 0), 2: (400, 0)}, {"nodes": [1, 2]})
    found = snap(graph, places((200, 140), (200, 160), (200, 990), (200, 1020), (200, 400_000)))
    assert found.is_far.tolist() == [False, True, True, True, True]
    assert found.is_unreachable.tolist() == [False, False, False, True, True]
    assert np.isfinite(found.walk_s).tolist() == [True, True, True, False, False]
    assert found.segment[4] == found.section[4] == NOWHERE
    assert np.isnan(found.lon_lat[4]).all()


def test_of_two_streets_at_one_distance_the_first_is_taken(tmp_path):
    nodes = {1: (0, 0), 2: (50, 0), 3: (50, 100), 4: (0, 100)}
    graph = network(tmp_path, nodes, {"nodes": [1, 2, 3, 4, 1]})
    middle = graph.points_m.mean(axis=0, keepdims=True)
    assert nearest_segments(graph, middle)[0][0] == min(
        segment
        for segment in range(len(graph.segment_section))
        if by_one(graph, segment, middle[0]) <= nearest_segments(graph, middle)[2][0]
    )


def by_one(graph, segment, xy):
    point = segment + graph.segment_section[segment]
    return shapely.LineString(graph.points_m[point : point + 2]).distance(shapely.Point(xy))


def test_left_out_segments_are_not_taken_and_without_any_there_is_nothing(tmp_path):
    graph = network(tmp_path, {1: (0, 0), 2: (40, 0), 3: (80, 0)}, {"nodes": [1, 2, 3]})
    left_out = np.array([True, False])
    assert snap(graph, places((10, 0)), left_out=left_out).distance_m[0] == pytest.approx(30, rel=0.01)
    nothing = snap(graph, places((10, 0)), left_out=np.array([True, True]))
    assert nothing.segment[0] == NOWHERE
    assert nothing.is_unreachable[0]


def test_no_places_snap_to_nothing(tmp_path):
    graph = network(tmp_path, {1: (0, 0), 2: (90, 0)}, {"nodes": [1, 2]})
    assert len(snap(graph, np.empty((0, 2)))) == 0


@pytest.mark.parametrize("bad", [(np.nan, 0.0), (np.inf, 0.0), (181.0, 0.0), (0.0, 95.0)])
def test_what_is_no_place_on_the_globe_is_refused_by_its_row(tmp_path, bad):
    graph = network(tmp_path, {1: (0, 0), 2: (90, 0)}, {"nodes": [1, 2]})
    with pytest.raises(GeoError, match="Row 1"):
        snap(graph, np.array([place(0, 0), bad]))
