import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.errors import GeoError
from geo.roads.graph import RoadGraph
from geo.roads.importing import import_roads
from geo.roads.matrix_cache import MatrixCache
from geo.roads.snapping import snap
from geo.roads.travel_times import drives, road_travel_times
from tests.geo.roads.road_worlds import network, place, places, random_network, slow_drives

SQUARE = {1: (0, 0), 2: (1000, 0), 3: (1000, 1000), 4: (0, 1000)}
SLOWLY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def square(tmp_path):
    return network(tmp_path, SQUARE, {"nodes": [1, 2, 3, 4, 1]})


@pytest.fixture
def one_way(tmp_path):
    return network(tmp_path, SQUARE, {"nodes": [1, 2, 3, 4, 1], "oneway": "yes"})


def test_two_places_on_one_street_are_as_far_apart_as_they_are(square):
    times = road_travel_times(square, places((100, 0), (400, 0)))
    assert times.distances_m[0, 1] == times.distances_m[1, 0] == pytest.approx(300, abs=2)
    assert times.durations_s[0, 1] == pytest.approx(300 * 3.6 / 22, abs=1)


def test_against_a_one_way_it_is_once_around(one_way):
    times = road_travel_times(one_way, places((100, 0), (400, 0)))
    assert times.distances_m[0, 1] == pytest.approx(300, abs=2)
    assert times.distances_m[1, 0] == pytest.approx(3700, rel=0.01)


def test_the_walks_at_both_ends_are_charged_at_5_km_an_hour(square):
    times = road_travel_times(square, places((100, 0), (400, 0), (100, -50), (400, -100)))
    walk_s = 150 * 3.6 / 5
    assert times.durations_s[2, 3] == pytest.approx(times.durations_s[0, 1] + walk_s, abs=2)
    assert times.distances_m[2, 3] == times.distances_m[0, 1]  # metres are driven


def test_places_at_one_point_of_the_road_are_nothing_apart_but_the_walks(square):
    times = road_travel_times(square, places((100, 0), (100, 0), (100, -50), (100, 50)))
    assert times.durations_s[0, 1] == 0
    assert times.durations_s[2, 3] == pytest.approx(100 * 3.6 / 5, abs=1)
    assert (times.distances_m == 0).all()


def test_a_place_beyond_walking_distance_has_no_way_and_the_rest_has(square):
    times = road_travel_times(square, places((100, 0), (100, -1500), (100, -200)))
    assert times.durations_s[1].tolist() == [-1, 0, -1]
    assert times.durations_s[:, 1].tolist() == [-1, 0, -1]
    assert times.distances_m[0, 1] == -1
    assert times.durations_s[0, 2] == pytest.approx(200 * 3.6 / 5, abs=2)
    assert times.snapped.is_far.tolist() == [False, True, True]


def test_no_places_and_one_place_have_small_matrices(square):
    assert road_travel_times(square, np.empty((0, 2))).durations_s.shape == (0, 0)
    assert road_travel_times(square, places((3, 3))).durations_s.tolist() == [[0]]


@pytest.mark.parametrize("bad", [(np.nan, 0.0), (np.inf, 0.0), (200.0, 0.0), (0.0, -91.0)])
def test_a_place_off_the_globe_is_refused_by_its_row(square, bad):
    with pytest.raises(GeoError, match="Row 1"):
        road_travel_times(square, [place(0, 0), bad])


def test_swapped_coordinates_are_said_to_be_swapped(square):
    with pytest.raises(GeoError, match="swapped"):
        road_travel_times(square, [place(0, 0)[::-1]])


def test_progress_runs_to_its_end(square):
    shares = []
    spots = places(*np.random.default_rng(1).uniform(0, 1000, (300, 2)))
    road_travel_times(square, spots, on_progress=shares.append)
    assert len(shares) == 3
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@SLOWLY
@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.0, 0.1, 0.4]))
def test_drives_are_those_of_a_plain_search_over_streets_cut_at_every_place(tmp_path, seed, share):
    graph = random_network(tmp_path, seed)
    dice = np.random.default_rng(seed)
    spots = snap(graph, places(*dice.uniform(-50, 1050, (14, 2)), (0, 0), (50, 50)))
    closed = dice.random(len(graph.segment_section)) < share
    dry = spots.rows(np.flatnonzero(~closed[spots.segment]))
    seconds, _ = drives(graph, dry, dry, closed=closed)
    slow = slow_drives(graph, dry, closed)
    assert np.array_equal(np.isfinite(seconds), np.isfinite(slow))
    is_way = np.isfinite(slow)
    assert np.allclose(seconds[is_way], slow[is_way], rtol=0, atol=0.0201)


@SLOWLY
@given(seed=st.integers(0, 10_000))
def test_no_way_is_longer_than_one_over_a_third_place(tmp_path, seed):
    graph = random_network(tmp_path, seed)
    spots = snap(graph, places(*np.random.default_rng(seed).uniform(0, 1000, (15, 2))))
    seconds, _ = drives(graph, spots, spots)
    over = (seconds[:, :, None] + seconds[None, :, :]).min(axis=1)
    assert (seconds <= over + 0.0201).all()
    assert (np.diag(seconds) == 0).all()


@SLOWLY
@given(seed=st.integers(0, 10_000))
def test_times_do_not_depend_on_which_other_places_are_asked_for(tmp_path, seed):
    graph = random_network(tmp_path, seed)
    dice = np.random.default_rng(seed)
    spots = places(*dice.uniform(0, 1000, (20, 2)))
    some = dice.permutation(20)[:7]
    everything, part = road_travel_times(graph, spots), road_travel_times(graph, spots[some])
    assert np.array_equal(everything.durations_s[np.ix_(some, some)], part.durations_s)


@pytest.mark.data
def test_balikpapan_agrees_with_scipy(data, tmp_path):
    import_roads(
        data / "roads_balikpapan_osm2025" / "balikpapan_kota_overpass.json.gz", tmp_path / "kota.roads"
    )
    graph = RoadGraph.open(tmp_path / "kota.roads")
    fastest: dict[tuple[int, int], float] = {}
    for tail, head, seconds in zip(graph.arc_tail, graph.arc_head, graph.arc_seconds, strict=True):
        fastest[tail, head] = min(seconds, fastest.get((tail, head), np.inf))
    size = len(graph.nodes)
    arcs = csr_array((np.array(list(fastest.values())), np.array(list(fastest)).T), shape=(size, size))
    # Both sides of a barrier are nodes at one spot: a place there could be on either side.
    _, first, count = np.unique(graph.nodes, axis=0, return_index=True, return_counts=True)
    nodes = np.sort(first[count == 1])[::5]
    assert len(nodes) > 300
    at = snap(graph, graph.nodes[nodes])
    seconds, _ = drives(graph, at, at)
    assert np.allclose(seconds, dijkstra(arcs, indices=nodes)[:, nodes], rtol=0, atol=0.01)


# ---------------------------------------------------------------- kept matrices


def test_a_matrix_is_computed_once_and_then_known(square, monkeypatch):
    cache = MatrixCache()
    spots = places((100, 0), (400, 30))
    first = road_travel_times(square, spots, cache=cache)
    monkeypatch.setattr("geo.roads.travel_times.drive_blocks", None)  # nothing is left to compute with
    again = road_travel_times(square, spots, cache=cache)
    assert again.durations_s is first.durations_s
    assert again.snapped.distance_m.tolist() == first.snapped.distance_m.tolist()
    with pytest.raises(TypeError):
        road_travel_times(square, spots[::-1], cache=cache)


def test_other_closures_and_other_roads_are_other_matrices(square, tmp_path):
    cache = MatrixCache()
    spots = places((100, 0), (400, 0))
    before = road_travel_times(square, spots, cache=cache)
    closed = np.zeros(len(square.segment_section), dtype=bool)
    closed[snap(square, places((250, 0))).segment] = True
    assert (
        road_travel_times(square, spots, closed=closed, cache=cache).durations_s[0, 1]
        > before.durations_s[0, 1]
    )
    assert (
        road_travel_times(square, spots, closed=~closed & closed, cache=cache).durations_s
        is before.durations_s
    )
    faster = network(tmp_path, SQUARE, {"nodes": [1, 2, 3, 4, 1], "highway": "primary"})
    assert road_travel_times(faster, spots, cache=cache).durations_s[0, 1] < before.durations_s[0, 1]


def test_kept_matrices_cannot_be_changed_by_those_who_read_them(square):
    times = road_travel_times(square, places((100, 0), (400, 0)), cache=MatrixCache())
    with pytest.raises(ValueError, match="read-only"):
        times.durations_s[0, 1] = 5


def test_the_oldest_matrix_makes_room():
    cache = MatrixCache(capacity=2)
    spots = [np.full((1, 2), float(k)) for k in range(3)]
    matrix = np.zeros((1, 1), dtype=np.int32)
    for spot in spots[:2]:
        cache.put(("g", "open"), spot, matrix, matrix)
    assert cache.get(("g", "open"), spots[0]) is not None  # now the other one is the oldest
    cache.put(("g", "open"), spots[2], matrix, matrix)
    assert [cache.get(("g", "open"), spot) is not None for spot in spots] == [True, False, True]


def test_a_folder_keeps_matrices_for_the_next_process_and_no_more_than_it_should(tmp_path):
    spots = [np.full((1, 2), float(k)) for k in range(4)]
    matrix = np.full((1, 1), 7, dtype=np.int32)
    for spot in spots:
        MatrixCache(2, tmp_path / "kept").put(("g", "open"), spot, matrix, matrix + 1)
    assert len(list((tmp_path / "kept").iterdir())) == 2
    found = MatrixCache(2, tmp_path / "kept").get(("g", "open"), spots[3])
    assert found is not None
    assert (found[0].tolist(), found[1].tolist()) == ([[7]], [[8]])


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00"])
def test_a_damaged_file_in_the_folder_is_as_good_as_none(tmp_path, content):
    cache = MatrixCache(2, tmp_path)
    spot = np.zeros((1, 2))
    cache.put(("g", "open"), spot, np.zeros((1, 1), dtype=np.int32), np.zeros((1, 1), dtype=np.int32))
    for file in tmp_path.glob("*.npy"):
        file.write_bytes(content)
    assert MatrixCache(2, tmp_path).get(("g", "open"), spot) is None


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    cache = MatrixCache(2, tmp_path / "file")
    spot, matrix = np.zeros((1, 2)), np.zeros((1, 1), dtype=np.int32)
    cache.put(("g", "open"), spot, matrix, matrix)
    assert cache.get(("g", "open"), spot) is not None
