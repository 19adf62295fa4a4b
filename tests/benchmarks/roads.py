"""Roads: matrices against scipy's Dijkstra, snapping against shapely's tree, imports, opening, directions.

CPU seconds of this process, the best of several runs, one thread. ``ratio`` is ours over the peer: below 1 is
faster. Every row first checks that both give the same.
"""

import fnmatch
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.crs import to_metres
from geo.roads.closures import closed_segments
from geo.roads.directions import directions
from geo.roads.graph import RoadGraph
from geo.roads.importing import import_roads
from geo.roads.snapping import Snapped, nearest_segments, snap
from geo.roads.travel_times import drives, road_travel_times
from tests.benchmarks.road_nets import BALIKPAPAN, Name, net, places_on, write_extract
from tests.benchmarks.rows import Row, made_row


def run(quick: bool, only: str = "*") -> Iterator[Row]:
    """Measure; yields a row each. Quick: the city, and each thing once."""
    names: list[Name] = ["surakarta"] if quick else ["surakarta", "metropolitan"]
    if BALIKPAPAN.exists():
        names.append("balikpapan")
    times = 1 if quick else 5
    for name in names:
        sizes = [(100, 1000), (1000, 1000)] if name != "balikpapan" else [(300, 300)]
        for sources, targets in sizes:
            if _wanted(f"matrix/{name}/{sources}x{targets}", only):
                yield _matrix(name, sources, targets, times)
        for measure in (_flooded, _snapping, _directions, _opening):
            if _wanted(f"{measure.__name__[1:]}/{name}", only):
                yield measure(name, times)
        if name != "balikpapan" and _wanted(f"importing/{name}", only):
            yield _importing(name)
    if _wanted("warm_start/surakarta", only):
        yield _warm_start()


def _wanted(row: str, only: str) -> bool:
    return fnmatch.fnmatch(row, only)


def _best(times: int, work: Callable[[], Any]) -> float:
    """Least CPU seconds of several runs."""
    return min(_once(work) for _ in range(times))


def _once(work: Callable[[], Any]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


# ---------------------------------------------------------------- matrices


def _matrix(name: Name, sources: int, targets: int, times: int) -> Row:
    """Places beside streets, everything included but the snapping; the peer drives between junctions only."""
    graph = net(name)
    at = snap(graph, places_on(graph, targets, 1))
    some = at.rows(slice(0, sources))
    drives(
        graph, some.rows(slice(0, 2)), at
    )  # compiled, and the shortcuts weighed, which a process does once
    ours = _best(times, lambda: drives(graph, some, at))
    network = _fastest_arcs(graph)
    tails, heads = graph.section_tail[some.section], graph.section_head[at.section]
    peer = _best(1, lambda: dijkstra(network, indices=tails)[:, heads])
    _agree(graph, network, tails[:50], heads[:50])
    goal = {(100, 1000): 0.5, (1000, 1000): 3.0}.get((sources, targets)) if name == "surakarta" else None
    return made_row(
        f"matrix/{name}/{sources}x{targets}",
        len(graph.nodes),
        ours,
        peer,
        None if goal is None else f"< {goal:g} s",
        None if goal is None else ours < goal,
        first_s=_once(lambda: graph.hierarchy(None)),
    )


def _fastest_arcs(graph: RoadGraph) -> csr_array:
    """The arcs as scipy takes them: of several between two nodes, the fastest, which comes first."""
    size = len(graph.nodes)
    pairs = graph.arc_tail.astype(np.int64) * size + graph.arc_head
    _, first = np.unique(pairs, return_index=True)
    return csr_array(
        (graph.arc_seconds[first], (graph.arc_tail[first], graph.arc_head[first])), shape=(size, size)
    )


def _agree(graph: RoadGraph, network: csr_array, tails: np.ndarray, heads: np.ndarray) -> None:
    """Both give the same between junctions."""
    expected = dijkstra(network, indices=tails)[:, heads]
    ours, _ = drives(graph, _at_nodes(graph, tails), _at_nodes(graph, heads))
    if not np.allclose(ours, expected, rtol=0, atol=0.03):
        raise AssertionError("the matrix differs from scipy's")


def _at_nodes(graph: RoadGraph, nodes: np.ndarray) -> Snapped:
    """Nodes as places: at the beginning of any section that begins there, or else at the end of one."""
    place = {int(node): (section, 0.0) for section, node in enumerate(graph.section_tail)}
    ends = {int(node): (k, float(graph.section_metres[k])) for k, node in enumerate(graph.section_head)}
    found = [place.get(int(node)) or ends[int(node)] for node in nodes]
    section = np.array([number for number, _ in found], dtype=np.int32)
    along = np.array([metres for _, metres in found])
    last = graph.section_points[section + 1] - 2 - section
    segment = np.where(along == 0.0, graph.section_points[section] - section, last).astype(np.int32)
    zero = np.zeros(len(nodes))
    return Snapped(segment, (along > 0) * 1.0, section, along, graph.nodes[nodes], zero)


def _flooded(name: Name, times: int) -> Row:
    """A street floods: the closed segments, and the matrix of 300 places around them, from nothing."""
    graph = net(name)
    places = places_on(graph, 300, 2)
    water = shapely.Point(*graph.nodes.mean(axis=0)).buffer(0.004)
    road_travel_times(graph, places, closed=closed_segments(graph, [water]))
    ours = _best(times, lambda: road_travel_times(graph, places, closed=closed_segments(graph, [water])))
    closed = closed_segments(graph, [water])
    has_goal = name == "surakarta"
    goal, met = ("< 0.3 s", ours < 0.3) if has_goal else (None, None)
    return made_row(f"flooded/{name}", len(graph.nodes), ours, None, goal, met, closed=int(closed.sum()))


# ---------------------------------------------------------------- single things


def _snapping(name: Name, times: int) -> Row:
    """10,000 places: nearest segment, how far along, how far off; the peer finds the segment alone.

    The peer's tree is over segments or over whole sections, whichever is faster.
    """
    graph = net(name)
    places = places_on(graph, 10_000, 3)
    xy = np.column_stack(to_metres(places[:, 0], places[:, 1], graph.crs))
    found, _, distance = nearest_segments(graph, xy)
    ours = _best(max(times, 3), lambda: nearest_segments(graph, xy))
    whole = _best(max(times, 3), lambda: snap(graph, places))
    point = np.arange(len(graph.segment_section)) + graph.segment_section
    segments = shapely.linestrings(np.stack([graph.points_m[point], graph.points_m[point + 1]], axis=1))
    spots = shapely.points(xy)
    tree = shapely.STRtree(segments)
    nearest = tree.nearest(spots)
    peer_segments = _best(min(times, 3), lambda: tree.nearest(spots))
    sections = [graph.points_m[a:b] for a, b in pairwise(graph.section_points.tolist())]
    longer = shapely.STRtree([shapely.LineString(points) for points in sections])
    peer = min(peer_segments, _best(min(times, 3), lambda: longer.nearest(spots)))
    if not np.allclose(shapely.distance(segments[nearest], spots), distance, rtol=0, atol=1e-6):
        raise AssertionError("snapping differs from the tree")
    return made_row(
        f"snapping/{name}",
        len(segments),
        ours,
        peer,
        "≤ 1/50",
        ours <= peer / 50,
        places=len(places),
        same_segment=float((nearest == found).mean()),
        with_projection_s=whole,
        us_per_place=ours / len(places) * 1e6,
    )


def _directions(name: Name, times: int) -> Row:
    """The way across town with all its turns; milliseconds, the mean of 40 pairs."""
    graph = net(name)
    pairs = places_on(graph, 80, 4).reshape(40, 2, 2)
    directions(graph, tuple(pairs[0, 0]), tuple(pairs[0, 1]))
    ours = _best(times, lambda: [directions(graph, tuple(start), tuple(end)) for start, end in pairs])
    return made_row(f"directions/{name}", len(graph.nodes), ours / len(pairs), None, None, None)


def _opening(name: Name, times: int) -> Row:
    """Mapping the file, its checksum included."""
    with tempfile.TemporaryDirectory() as folder:
        file = _file(name, Path(folder))
        ours = _best(times, lambda: RoadGraph.open(file))
        return made_row(
            f"opening/{name}", len(net(name).nodes), ours, None, None, None, mb=file.stat().st_size / 1e6
        )


def _file(name: Name, folder: Path) -> Path:
    """A road graph on disk."""
    source = BALIKPAPAN if name == "balikpapan" else folder / "net.osm.pbf"
    if name != "balikpapan":
        write_extract(name, 0, source)
    import_roads(source, folder / "net.roads")
    return folder / "net.roads"


MEASURE_IMPORT = """
import sys, time
from pathlib import Path
from geo.roads.importing import import_roads

def peak_kb():  # of this program; getrusage would begin with the parent's
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])

before, began = peak_kb(), time.process_time()
import_roads(Path(sys.argv[1]), Path(sys.argv[2]))
print(time.process_time() - began, peak_kb(), before)
"""
MEASURE_START = """
import sys, time
began = time.perf_counter()
import numpy as np
from pathlib import Path
from geo.roads.graph import RoadGraph
from geo.roads.travel_times import road_travel_times
imported = time.perf_counter()
graph = RoadGraph.open(Path(sys.argv[1]))
road_travel_times(graph, graph.nodes[:100].copy())
print(time.perf_counter() - imported, imported - began)
"""


def _importing(name: Name) -> Row:
    """An extract as .osm.pbf to a graph on disk, in a process of its own; and its peak of memory."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "net.osm.pbf"
        write_extract(name, 0, source)
        _python(MEASURE_IMPORT, source, Path(folder) / "net.roads")  # leaves compiled code behind
        seconds, peak_kb, before_kb = _python(MEASURE_IMPORT, source, Path(folder) / "net.roads")
        return made_row(
            f"importing/{name}",
            len(net(name).nodes),
            seconds,
            None,
            None,
            None,
            source_mb=source.stat().st_size / 1e6,
            peak_mb=peak_kb / 1e3,
            before_mb=before_kb / 1e3,
        )


def _warm_start() -> Row:
    """A new process with compiled code on disk: opening the graph and a first matrix; wall seconds."""
    with tempfile.TemporaryDirectory() as folder:
        file = _file("surakarta", Path(folder))
        _python(MEASURE_START, file)
        first_s, imports_s = _python(MEASURE_START, file)
        return made_row(
            "warm_start/surakarta",
            len(net("surakarta").nodes),
            first_s,
            None,
            "< 1 s",
            first_s < 1.0,
            imports_s=imports_s,
        )


def _python(code: str, *files: Path) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, files)], capture_output=True, text=True, check=True
    )
    return [float(word) for word in done.stdout.split()]
