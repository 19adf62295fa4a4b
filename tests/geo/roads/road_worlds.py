"""Small road networks, written as Overpass would answer, and slow and simple ways to compute with them."""

import heapq
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from geo.roads.graph import RoadGraph
from geo.roads.importing import import_roads
from geo.roads.snapping import Snapped

METRE = 1 / 111_320.0
"""Degrees, near the equator."""
EAST, NORTH = 110.0, 0.0


def place(x_m: float, y_m: float) -> tuple[float, float]:
    """Longitude and latitude of a point of the little world, laid out in metres by the equator."""
    return EAST + x_m * METRE, NORTH + y_m * METRE


def places(*points: tuple[float, float]) -> np.ndarray:
    return np.array([place(*point) for point in points]).reshape(-1, 2)


def overpass(
    nodes: dict[int, tuple[float, float]], ways: list[dict[str, Any]], **node_tags: Any
) -> dict[str, Any]:
    """A document with nodes in metres; each way has nodes, and its tags beside them."""
    elements: list[dict[str, Any]] = []
    for number, point in nodes.items():
        lon, lat = place(*point)
        tags = node_tags.get(f"node_{number}")
        elements.append(
            {"type": "node", "id": number, "lon": lon, "lat": lat} | ({"tags": tags} if tags else {})
        )
    for number, way in enumerate(ways):
        tags = {"highway": "residential"} | {key: value for key, value in way.items() if key != "nodes"}
        elements.append({"type": "way", "id": number, "nodes": way["nodes"], "tags": tags})
    return {"version": 0.6, "osm3s": {"timestamp_osm_base": "2026-01-02T03:04:05Z"}, "elements": elements}


def network(
    folder: Path, nodes: dict[int, tuple[float, float]], *ways: dict[str, Any], **options: Any
) -> RoadGraph:
    """A graph of a little world, by way of both files."""
    source, target = folder / "little.json", folder / "little.roads"
    node_tags = {key: value for key, value in options.items() if key.startswith("node_")}
    source.write_text(json.dumps(overpass(nodes, list(ways), **node_tags)), encoding="utf-8")
    import_roads(source, target, speeds=options.get("speeds"))
    return RoadGraph.open(target)


def slow_seconds(graph: RoadGraph, closed: np.ndarray | None = None) -> np.ndarray:
    """Seconds between all nodes by a plain Dijkstra over the sections."""
    shut = set() if closed is None else set(graph.segment_section[closed].tolist())
    leaving: list[list[tuple[int, float]]] = [[] for _ in graph.nodes]
    for section in range(len(graph.section_tail)):
        if section in shut:
            continue
        tail, head = int(graph.section_tail[section]), int(graph.section_head[section])
        forward, backward = graph.section_seconds[section]
        leaving[tail].append((head, float(forward)))
        leaving[head].append((tail, float(backward)))
    result = np.full((len(graph.nodes), len(graph.nodes)), np.inf)
    for source, best in enumerate(result):
        best[source] = 0.0
        queue = [(0.0, source)]
        while queue:
            time, node = heapq.heappop(queue)
            if time > best[node]:
                continue
            for head, seconds in leaving[node]:
                if time + seconds < best[head]:
                    best[head] = time + seconds
                    heapq.heappush(queue, (best[head], head))
    return result


def random_network(folder: Path, seed: int, *, one_speed: bool = False) -> RoadGraph:
    """A tangle of streets: one-ways, ways side by side, loops, dead ends, nodes at one spot, crossings."""
    dice = np.random.default_rng(seed)
    count = int(dice.integers(3, 25))
    nodes = {k: (float(x), float(y)) for k, (x, y) in enumerate(dice.integers(0, 20, (count, 2)) * 50)}
    ring = dice.permutation(count).tolist()
    ways: list[dict[str, Any]] = [{"nodes": [*ring, ring[0]]}]
    classes = ["residential"] if one_speed else ["residential", "primary", "service", "tertiary"]
    for _ in range(int(dice.integers(0, 20))):
        way: dict[str, Any] = {
            "nodes": dice.integers(0, count, int(dice.integers(2, 5))).tolist(),
            "highway": str(dice.choice(classes)),
            "name": str(dice.choice(["", "Jalan Melati", "Gang 3"])),
        }
        if dice.random() < 0.4:
            way["oneway"] = str(dice.choice(["yes", "-1"]))
        ways.append(way)
    return network(folder, nodes, *ways)


def slow_drives(graph: RoadGraph, places: Snapped, closed: np.ndarray | None = None) -> np.ndarray:
    """Seconds between points on roads: a plain Dijkstra over sections cut at every point, (n, n)."""
    leaving: dict[object, list[tuple[object, float]]] = {}

    def join(one: object, other: object, there_s: float, back_s: float) -> None:
        leaving.setdefault(one, []).append((other, there_s))
        leaving.setdefault(other, []).append((one, back_s))

    for section in range(len(graph.section_tail)):
        metres = float(graph.section_metres[section])
        here = [(float(places.along_m[k]), f"place {k}") for k in np.flatnonzero(places.section == section)]
        tail, head = int(graph.section_tail[section]), int(graph.section_head[section])
        marks = [(0.0, tail), *sorted(here), (metres, head)]
        along = graph.points_along_m[graph.section_points[section] : graph.section_points[section + 1]]
        first = int(graph.section_points[section]) - section
        for (low, one), (high, other) in pairwise(marks):
            is_shut = closed is not None and any(
                closed[first + k] and along[k] < high and along[k + 1] > low for k in range(len(along) - 1)
            )
            share = (high - low) / metres if metres > 0 else float(one == tail and other == head)
            forward, backward = (
                0.0 if share == 0.0 else seconds * share
                for seconds in graph.section_seconds[section].tolist()
            )
            if not is_shut:
                join(one, other, forward, backward)
        for mark, name in here:
            for end, node in ((0.0, tail), (metres, head)):
                if abs(mark - end) <= 0.01:
                    join(name, node, 0.0, 0.0)
    result = np.full((len(places), len(places)), np.inf)
    for source in range(len(places)):
        best = _plain_search(leaving, f"place {source}")
        for target in range(len(places)):
            result[source, target] = best.get(f"place {target}", np.inf)
    return result


def _plain_search(leaving: dict[object, list[tuple[object, float]]], source: object) -> dict[object, float]:
    best = {source: 0.0}
    queue: list[tuple[float, int, object]] = [(0.0, 0, source)]
    count = 0
    while queue:
        time, _, at = heapq.heappop(queue)
        if time > best[at]:
            continue
        for head, seconds in leaving.get(at, ()):
            if time + seconds < best.get(head, np.inf):
                best[head] = time + seconds
                count += 1
                heapq.heappush(queue, (best[head], count, head))
    return best
