"""From extracts to graphs: what becomes of streets, and of files that are no extracts."""

import gzip
import json
import shutil
import xml.etree.ElementTree as ET
from heapq import heappop, heappush

import numpy as np
import osmium
import pytest

from geo.errors import RoadFileError, RoadSourceError
from geo.roads.extracts import read_ways
from geo.roads.graph import RoadGraph
from geo.roads.importing import graph_in_memory, import_roads
from geo.roads.snapping import snap
from geo.roads.speeds import SpeedTable
from geo.roads.travel_times import drives, road_travel_times
from tests.geo.roads.road_worlds import network, overpass, place, places

BALIKPAPAN = "roads_balikpapan_osm2025/balikpapan_kota_overpass.json.gz"
TOWNS = {
    "Helsinki.osm.pbf": ("Erottajankatu", 23.3, 131),
    "andorra.osm.pbf": ("CG-2", 399.9, 0),
    "monaco.osm.gz": ("Boulevard d'Italie", 53.5, 0),
    "krems.osm.gz": ("Ringstraße", 78.7, 0),
}


# ---------------------------------------------------------------- what becomes of streets


def test_nodes_where_nothing_branches_off_disappear_and_their_shape_stays(tmp_path):
    nodes = {k: (k * 40.0, 10.0 * (k % 2)) for k in range(8)}
    graph = network(tmp_path, nodes, {"nodes": list(range(8)), "name": "Jalan Melati"})
    assert graph.summary.nodes == 2
    assert graph.summary.sections == 1
    line = graph.section_line(0)
    assert len(line) == 8
    assert line[np.argsort(line[:, 0])] == pytest.approx(places(*nodes.values()), abs=1e-9)
    assert graph.section_metres[0] == pytest.approx(7 * np.hypot(40, 10), rel=0.01)


@pytest.mark.parametrize(
    "change", [{"name": "Jalan Mawar"}, {"highway": "tertiary"}, {"oneway": "yes"}, {"surface": "gravel"}]
)
def test_a_section_ends_where_the_street_changes(tmp_path, change):
    nodes = {k: (k * 100.0, 0) for k in range(3)} | {3: (100, 90)}
    same = network(
        tmp_path, nodes, {"nodes": [0, 1], "name": "Jalan Melati"}, {"nodes": [1, 2], "name": "Jalan Melati"}
    )
    assert same.summary.sections == 1
    other = {"nodes": [1, 2], "name": "Jalan Melati"} | change
    back = [{"nodes": [2, 3, 0]}] if "oneway" in change else []  # or nothing leads back
    graph = network(tmp_path, nodes, {"nodes": [0, 1], "name": "Jalan Melati"}, other, *back)
    assert graph.summary.sections == 2 + len(back)


def test_a_ring_without_a_junction_is_one_section_from_a_node_to_itself(tmp_path):
    nodes = {1: (0, 0), 2: (100, 0), 3: (50, 80)}
    graph = network(tmp_path, nodes, {"nodes": [1, 2, 3, 1], "oneway": "yes"})
    assert graph.summary.nodes == graph.summary.sections == 1
    times = road_travel_times(graph, places((10, 0), (90, 0)))
    assert times.distances_m[0, 1] == pytest.approx(80, rel=0.02)
    assert times.distances_m[1, 0] == pytest.approx(graph.summary.road_km * 1000 - 80, rel=0.02)


def test_one_ways_against_their_nodes_are_driven_against_them(tmp_path):
    nodes = {1: (0, 0), 2: (500, 0), 3: (250, 400)}
    graph = network(tmp_path, nodes, {"nodes": [1, 2, 3, 1], "oneway": "-1"})
    times = road_travel_times(graph, places((400, 0), (100, 0)))
    assert times.distances_m[0, 1] == pytest.approx(300, rel=0.02)
    assert times.distances_m[1, 0] > 1000
    assert np.isfinite(graph.section_seconds[:, 0]).all()


def test_of_two_ways_side_by_side_the_faster_counts_and_the_other_is_there_when_it_is_closed(tmp_path):
    nodes = {1: (0, 0), 2: (400, 0), 3: (200, 30), 4: (-50, 0), 5: (450, 0)}
    graph = network(
        tmp_path,
        nodes,
        {"nodes": [4, 1], "name": "A"},
        {"nodes": [1, 2], "highway": "primary"},
        {"nodes": [1, 3, 2], "highway": "residential"},
        {"nodes": [2, 5], "name": "B"},
    )
    spots = snap(graph, places((-40, 0), (440, 0)))
    seconds, _ = drives(graph, spots, spots)
    assert seconds[0, 1] == pytest.approx(80 * 3.6 / 22 + 400 * 3.6 / 45, rel=0.01)
    closed = np.array([graph.class_of(section) == "primary" for section in graph.segment_section])
    seconds, _ = drives(graph, spots, spots, closed=closed)
    assert seconds[0, 1] == pytest.approx(80 * 3.6 / 22 + 2 * np.hypot(200, 30) * 3.6 / 22, rel=0.01)


def test_nodes_at_one_spot_cost_next_to_nothing_but_not_nothing(tmp_path):
    nodes = {1: (0, 0), 2: (100, 0), 3: (100, 0), 4: (200, 0)}
    graph = network(
        tmp_path, nodes, {"nodes": [1, 2], "name": "A"}, {"nodes": [2, 3]}, {"nodes": [3, 4], "name": "B"}
    )
    assert graph.section_seconds.min() == 0.01
    assert (graph.section_seconds > 0).all()


def test_only_the_largest_connected_part_stays(tmp_path):
    nodes = {1: (0, 0), 2: (300, 0), 3: (300, 200), 4: (5000, 0), 5: (5100, 0), 6: (600, 0)}
    graph = network(
        tmp_path,
        nodes,
        {"nodes": [1, 2, 3, 1]},
        {"nodes": [4, 5]},  # an island
        {"nodes": [2, 6], "oneway": "yes"},  # nobody comes back from there
    )
    assert graph.summary.left_out_km == pytest.approx(0.4, rel=0.02)
    assert graph.nodes[:, 0].max() < place(310, 0)[0]
    assert road_travel_times(graph, places((0, 0), (5050, 0))).durations_s[0, 1] == -1


def test_ways_that_name_missing_nodes_end_there(tmp_path):
    nodes = {k: (k * 100.0, 0) for k in range(6) if k != 3}
    graph = network(tmp_path, nodes, {"nodes": [0, 1, 2, 3, 4, 5, 99]}, {"nodes": [2, 4]})
    assert graph.summary.missing_nodes == 2
    assert graph.summary.road_km == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize(
    ("tags", "is_open"),
    [
        ({"barrier": "bollard"}, False),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, True),
        ({"barrier": "gate"}, True),
        ({"barrier": "gate", "access": "private"}, False),
        ({"barrier": "lift_gate", "access": "permissive"}, True),
        ({"highway": "crossing"}, True),
    ],
)
def test_barriers_on_the_way_stop_a_car(tmp_path, tags, is_open):
    nodes = {1: (0, 0), 2: (200, 0), 3: (400, 0), 4: (200, 900)}
    graph = network(tmp_path, nodes, {"nodes": [1, 2, 3]}, {"nodes": [1, 4, 3]}, node_2=tags)
    times = road_travel_times(graph, places((100, 0), (300, 0)))
    assert bool(times.distances_m[0, 1] < 300) is is_open


def test_names_are_kept_once_and_streets_with_a_number_only_go_by_it(tmp_path):
    nodes = {k: (k * 100.0, 0) for k in range(5)}
    graph = network(
        tmp_path,
        nodes,
        {"nodes": [0, 1], "name": "  Jalan   Slamet\tRiyadi "},
        {"nodes": [1, 2], "ref": "N 15"},
        {"nodes": [2, 3], "name": "Jalan Slamet Riyadi"},
        {"nodes": [3, 4]},
    )
    assert sorted(graph.names) == ["", "Jalan Slamet Riyadi", "N 15"]
    assert sorted(map(graph.name_of, range(4))) == ["", "Jalan Slamet Riyadi", "Jalan Slamet Riyadi", "N 15"]


def test_the_graph_does_not_depend_on_the_order_of_the_file(tmp_path):
    nodes = {k: ((k % 4) * 130.0, (k // 4) * 110.0) for k in range(16)}
    ways = [{"nodes": [4 * r + c for c in range(4)], "name": f"Baris {r}"} for r in range(4)]
    ways += [{"nodes": [4 * r + c for r in range(4)], "name": f"Lajur {c}"} for c in range(4)]
    spots = np.random.default_rng(1).uniform(*places((0, 0), (400, 300)), (20, 2))
    one = road_travel_times(network(tmp_path, nodes, *ways), spots)
    other = road_travel_times(network(tmp_path, dict(reversed(nodes.items())), *ways[::-1]), spots)
    assert np.array_equal(one.durations_s, other.durations_s)


# ---------------------------------------------------------------- files


def test_equal_extracts_give_equal_files_and_another_speed_another_key(tmp_path):
    nodes = {1: (0, 0), 2: (300, 0), 3: (300, 200)}
    way = {"nodes": [1, 2, 3, 1]}
    first = network(tmp_path, nodes, way)
    content = (tmp_path / "little.roads").read_bytes()
    assert network(tmp_path, nodes, way).key == first.key
    assert (tmp_path / "little.roads").read_bytes() == content
    assert network(tmp_path, nodes, way, speeds=SpeedTable({"residential": 9.0})).key != first.key


@pytest.mark.data
@pytest.mark.parametrize("name", list(TOWNS))
def test_real_towns_are_read(data, tmp_path, name):
    street, road_km, missing = TOWNS[name]
    stages = []
    summary = import_roads(
        data / "osm_test_extracts" / name,
        tmp_path / "town.roads",
        on_progress=lambda stage, share: stages.append((stage, share)),
    )
    graph = RoadGraph.open(tmp_path / "town.roads")
    assert graph.summary == summary
    assert street in graph.names
    assert summary.road_km == pytest.approx(road_km, abs=0.1)
    assert summary.missing_nodes == missing
    assert list(dict.fromkeys(stage for stage, _ in stages)) == ["ways", "places", "junctions", "file"]
    assert all(0.0 <= share <= 1.0 for _, share in stages)
    spots = graph.nodes[:: max(1, len(graph.nodes) // 40)]
    assert (road_travel_times(graph, spots).durations_s >= 0).all()  # all is connected, both ways


@pytest.mark.slow
@pytest.mark.data
def test_one_town_in_four_formats_is_one_graph(data, tmp_path):
    source = data / "osm_test_extracts" / "krems.osm.gz"
    keys = []
    for ending in ("osm.gz", "osm", "osm.bz2", "osm.pbf"):
        copy = tmp_path / f"krems.{ending}"
        if ending == "osm.gz":
            shutil.copy(source, copy)
        else:
            with osmium.SimpleWriter(str(copy)) as writer:
                for thing in osmium.FileProcessor(source):
                    writer.add(thing)
        keys.append(import_roads(copy, tmp_path / "town.roads").key)
    assert len(set(keys)) == 1


@pytest.mark.data
def test_balikpapan_is_what_another_program_makes_of_it(data):
    """OSMnx's simplified graph of the inner town: the same junctions and the same lengths between them.

    It knows no barriers, keeps streets that only lead out of the extract, and ends at the town's boundary, so
    ways over the streets beyond may be shorter here.
    """
    flat = SpeedTable(
        dict.fromkeys(BALIKPAPAN_CLASSES, 36.0), least_maxspeed_kmh=999.0, closed_values=frozenset({"-"})
    )
    ways = read_ways(data / BALIKPAPAN, flat, lambda stage, share: None)
    ways.barrier_ids = ways.barrier_ids[:0]
    graph = graph_in_memory(ways, flat, "kota")
    nodes, edges = read_graphml(data / "roads_balikpapan_osm2025" / "balikpapan_kota_drive.graphml.gz")
    numbers = {name: number for number, name in enumerate(nodes)}
    at = snap(graph, np.array(list(nodes.values())))
    here = at.distance_m < 0.5
    assert here.mean() > 0.99
    is_junction = np.minimum(at.along_m, graph.section_metres[at.section] - at.along_m) < 0.5
    assert is_junction[here].all()

    _, metres = drives(graph, at, at)
    tail = np.array([numbers[tail] for tail, _, length in edges if length > 20.0])
    head = np.array([numbers[head] for _, head, length in edges if length > 20.0])
    length = np.array([length for _, _, length in edges if length > 20.0])
    kept = here[tail] & here[head]
    ratio = metres[tail, head][kept] / length[kept]
    # Their sphere differs by up to 0.6 % from our ellipsoid; where another way is shorter, we take that.
    assert np.median(ratio) == pytest.approx(1.0, abs=0.006)
    assert ratio.max() < 1.002
    assert (ratio > 0.99).mean() > 0.93

    some = np.random.default_rng(7).choice(np.flatnonzero(here), 40, replace=False)
    rows = (plain(edges, list(nodes)[k]) for k in some)
    theirs = np.array([[row.get(list(nodes)[k], np.inf) for k in some] for row in rows])
    pairs = np.isfinite(theirs) & (theirs > 0)
    ratio = metres[np.ix_(some, some)][pairs] / theirs[pairs]
    assert (ratio < 1.002).mean() > 0.98
    assert (np.abs(ratio - 1.0) < 0.006).mean() > 0.5


BALIKPAPAN_CLASSES = [
    *("trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street"),
    *("trunk_link", "primary_link", "secondary_link", "tertiary_link"),
]


def read_graphml(file):
    """Nodes by id as (lon, lat), and edges as (from, to, metres)."""
    name = "{http://graphml.graphdrawing.org/xmlns}"
    root = ET.fromstring(gzip.decompress(file.read_bytes()))  # noqa: S314 - our own data
    keys = {key.get("id"): (key.get("for"), key.get("attr.name")) for key in root.iter(f"{name}key")}
    graph = root.find(f"{name}graph")

    def values(element):
        return {keys[data.get("key")][1]: data.text for data in element.iter(f"{name}data")}

    nodes = {n.get("id"): values(n) for n in graph.iter(f"{name}node")}
    edges = [
        (e.get("source"), e.get("target"), float(values(e)["length"])) for e in graph.iter(f"{name}edge")
    ]
    return {k: (float(v["x"]), float(v["y"])) for k, v in nodes.items()}, edges


def plain(edges, source):
    """Metres from one node to all that can be reached."""
    leaving = {}
    for tail, head, metres in edges:
        leaving.setdefault(tail, []).append((head, metres))
    best, queue = {source: 0.0}, [(0.0, source)]
    while queue:
        far, node = heappop(queue)
        if far > best[node]:
            continue
        for head, metres in leaving.get(node, ()):
            if far + metres < best.get(head, np.inf):
                best[head] = far + metres
                heappush(queue, (best[head], head))
    return best


def write(folder, name, content):
    (folder / name).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return folder / name


STREET = overpass({1: (0, 0), 2: (100, 0)}, [{"nodes": [1, 2]}])
WITHOUT_NODES = {"elements": [element for element in STREET["elements"] if element["type"] == "way"]}
FOOTPATH = overpass({1: (0, 0), 2: (100, 0)}, [{"nodes": [1, 2], "highway": "footway"}])
ONE_NODE = overpass({1: (0, 0)}, [{"nodes": [1]}])
NOWHERE_BACK = overpass({1: (0, 0), 2: (100, 0)}, [{"nodes": [1, 2], "oneway": "yes"}])
NO_TYPE = {"elements": [{"id": 1}]}
BAD_PLACE = {"elements": [{"type": "node", "id": 1, "lon": 200, "lat": 0}, *STREET["elements"]]}
NO_PLACE = {"elements": [{"type": "node", "id": 1, "lon": "timur", "lat": 0}, *STREET["elements"]]}
TIMEOUT = {"elements": [], "remark": "runtime error: Query timed out"}
OSM_EMPTY = b"<?xml version='1.0'?><osm version='0.6'></osm>"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("kota.json", b"", "the file is empty"),
        ("kota.json", b"[1, 2]", "not of Overpass"),
        ("kota.json", b'{"elements": 3}', "not of Overpass"),
        ("kota.json", b"\xff\xfe", "damaged or no JSON"),
        ("kota.json", b"[" * 100_000, "damaged or no JSON"),
        ("kota.json.gz", b"no gzip", "damaged or no JSON"),
        ("kota.json.gz", gzip.compress(json.dumps(STREET).encode())[:-20], "damaged or no JSON"),
        ("kota.json", {"elements": []}, "holds no road"),
        ("kota.json", TIMEOUT, "Overpass answered without data: runtime error: Query timed out"),
        ("kota.json", FOOTPATH, "holds no road"),
        ("kota.json", WITHOUT_NODES, "not where they run"),
        ("kota.json", ONE_NODE, "no two places"),
        ("kota.json", NOWHERE_BACK, "no two places"),
        ("kota.json", NO_TYPE, r"elements\[0\] is not what Overpass writes"),
        ("kota.json", BAD_PLACE, r"elements\[0\] .* is not on the globe"),
        ("kota.json", NO_PLACE, r"elements\[0\]"),
        ("kota.osm", OSM_EMPTY, "holds no road"),
        ("kota.osm", b"<?xml version='1.0'?><html></html>", "no OpenStreetMap file"),
        ("kota.osm", OSM_EMPTY[:-9], "no OpenStreetMap file"),
        ("kota.osm.gz", b"no gzip at all", "no OpenStreetMap file"),
        ("kota.osm.pbf", b"PK\x03\x04" * 30, "no OpenStreetMap file"),
        ("kota.shp", b"x", "an extract is a file ending in .osm.pbf"),
    ],
)
def test_what_is_no_extract_is_refused_in_a_sentence_and_the_old_graph_stays(
    tmp_path, name, content, sentence
):
    (tmp_path / "kota.roads").write_bytes(b"the old graph")
    source = write(tmp_path, name, content)
    with pytest.raises(RoadSourceError, match=rf"^{name}: .*{sentence}"):
        import_roads(source, tmp_path / "kota.roads")
    assert (tmp_path / "kota.roads").read_bytes() == b"the old graph"
    assert {path.name for path in tmp_path.iterdir()} == {name, "kota.roads"}


@pytest.mark.data
@pytest.mark.parametrize("name", ["Helsinki.osm.pbf", "monaco.osm.gz", BALIKPAPAN])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.999])
def test_extracts_that_were_cut_off_are_refused(data, tmp_path, name, share):
    source = next(file for file in (data / "osm_test_extracts" / name, data / name) if file.is_file())
    content = source.read_bytes()
    cut = write(tmp_path, source.name, content[: int(len(content) * share)])
    with pytest.raises(RoadSourceError, match="is damaged or no"):
        import_roads(cut, tmp_path / "kota.roads")
    assert not (tmp_path / "kota.roads").exists()


def test_a_missing_extract_and_a_missing_folder_are_said(tmp_path):
    with pytest.raises(RoadSourceError, match=r"none\.osm\.pbf: there is no such file"):
        import_roads(tmp_path / "none.osm.pbf", tmp_path / "kota.roads")
    source = write(tmp_path, "kota.json", STREET)
    with pytest.raises(RoadFileError, match="the folder for the road graph does not exist"):
        import_roads(source, tmp_path / "none" / "kota.roads")


def test_overpass_may_write_places_into_its_ways(tmp_path):
    """The answer to ``out geom``: no nodes, and null where the way leaves the asked-for area."""
    spots = [{"lon": lon, "lat": lat} for lon, lat in places((0, 0), (100, 0), (200, 0)).tolist()]
    way = {
        "type": "way",
        "id": 1,
        "nodes": [7, 8, 9, 10],
        "geometry": [*spots, None],
        "tags": {"highway": "primary"},
    }
    summary = import_roads(write(tmp_path, "kota.json", {"elements": [way]}), tmp_path / "kota.roads")
    assert summary.road_km == pytest.approx(0.2, rel=0.01)
    assert summary.missing_nodes == 1
