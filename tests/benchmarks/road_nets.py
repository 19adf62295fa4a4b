"""Road networks to measure on: two generated ones of realistic make, and a real one.

``surakarta`` is as large as that city's network, 10 × 8 km with about 30,000 junctions; ``metropolitan`` has
about 177,000 on 32 × 25 km; ``balikpapan`` is the real town of the shared data folder. The generated ones are
bent, uneven grids: every so many lines an arterial, between them residential streets with gaps, dead ends and
one-ways, and rivers that only arterials cross. Names, speeds and places are invented; the same seed gives the
same network.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import osmium

from geo.roads.driving_rules import rules_for
from geo.roads.extracts import Ways
from geo.roads.graph import RoadGraph
from geo.roads.importing import graph_in_memory, import_roads
from geo.roads.speeds import SpeedTable, read_speeds

Name = Literal["surakarta", "metropolitan", "balikpapan"]
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
BALIKPAPAN = DATA / "roads_balikpapan_osm2025" / "balikpapan_kota_overpass.json.gz"
METRES_PER_DEGREE = 111_320.0
MIDDLE = (110.82, -7.565)


@dataclass(frozen=True)
class Make:
    """How a network is generated: streets along and across, metres between them, and rivers."""

    rows: int
    columns: int
    spacing_m: float
    rivers: int
    gaps: float = 0.4


MAKES = {"surakarta": Make(172, 215, 46.0, 2), "metropolitan": Make(416, 520, 60.0, 5)}
CLASSES = ("primary", "secondary", "tertiary", "residential", "living_street")


@lru_cache(maxsize=4)
def net(name: Name, seed: int = 0) -> RoadGraph:
    """The network of a name; FileNotFoundError when it is the real one and its data isn't there."""
    if name == "balikpapan":
        if not BALIKPAPAN.exists():
            raise FileNotFoundError(BALIKPAPAN)
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "balikpapan.roads"
            import_roads(BALIKPAPAN, target)
            return RoadGraph.open(target)
    table = read_speeds()
    return graph_in_memory(_ways(MAKES[name], seed, table), table, f"{name}-{seed}")


def write_extract(name: Name, seed: int, file: Path) -> None:
    """Write a generated network as an OSM file, to be imported; the ending says in which format."""
    table = read_speeds()
    ways = _ways(MAKES[name], seed, table)
    with osmium.SimpleWriter(str(file)) as writer:
        for node, lon, lat in zip(ways.known_ids.tolist(), ways.lon.tolist(), ways.lat.tolist(), strict=True):
            writer.add_node(osmium.osm.mutable.Node(id=node + 1, location=(lon, lat), version=1))
        for way in range(len(ways.starts) - 1):
            nodes = (ways.node_ids[ways.starts[way] : ways.starts[way + 1]] + 1).tolist()
            tags = {"highway": table.classes[ways.highway[way]], "name": ways.names[ways.name[way]]}
            if not ways.backward_kmh[way]:
                tags["oneway"] = "yes"
            writer.add_way(osmium.osm.mutable.Way(id=way + 1, nodes=nodes, tags=tags, version=1))


def places_on(graph: RoadGraph, count: int, seed: int) -> np.ndarray:
    """Random places beside streets, as many per metre anywhere, (count, 2) longitude and latitude."""
    dice = np.random.default_rng(seed)
    point = np.arange(len(graph.segment_section)) + graph.segment_section
    length = graph.points_along_m[point + 1] - graph.points_along_m[point]
    at = point[dice.choice(len(point), count, p=length / length.sum())]
    share = dice.random((count, 1))
    on_road = graph.points[at] + share * (graph.points[at + 1] - graph.points[at])
    return on_road + dice.normal(0.0, 12.0, (count, 2)) / METRES_PER_DEGREE


def _ways(make: Make, seed: int, table: SpeedTable) -> Ways:
    dice = np.random.default_rng(seed)
    x, y = _crossings(make, dice)
    node = np.arange(make.rows * make.columns).reshape(make.rows, make.columns)
    lines = [node[row] for row in range(make.rows)] + [node[:, column] for column in range(make.columns)]
    rank = np.concatenate([_ranks(make.rows, dice), _ranks(make.columns, dice)])
    wet = _rivers(make, x, y, dice)

    column: dict[str, list[Any]] = {key: [] for key in ("nodes", "highway", "name", "forward", "backward")}
    shapes_x, shapes_y, count = [x], [y], len(x)
    driving = rules_for(table)
    for line, nodes in enumerate(lines):
        highway = CLASSES[rank[line]]
        is_oneway = dice.random() < (0.12 if highway in ("secondary", "residential") else 0.0)
        kept = np.ones(len(nodes) - 1, dtype=bool)
        if rank[line] >= 3:
            kept = (dice.random(len(kept)) > make.gaps) & ~(wet[nodes[:-1]] ^ wet[nodes[1:]])
        bends = dice.integers(0, 3, len(kept))
        for begin, end in _runs(kept):
            way: list[int] = []
            for k in range(begin, end):
                a, b = nodes[k], nodes[k + 1]
                share = np.arange(1, bends[k] + 1) / (bends[k] + 1)
                off = dice.normal(0.0, 0.05, bends[k])
                shapes_x.append(x[a] + share * (x[b] - x[a]) - off * (y[b] - y[a]))
                shapes_y.append(y[a] + share * (y[b] - y[a]) + off * (x[b] - x[a]))
                way += [int(a), *range(count, count + int(bends[k]))]
                count += int(bends[k])
            way.append(int(nodes[end]))
            tags = {"highway": highway, "oneway": "yes" if is_oneway else "no"}
            if is_oneway and line % 2:
                way.reverse()
            if highway == "residential" and dice.random() < 0.05:
                tags["surface"] = "gravel"
            rules = driving(tags.get)
            assert rules is not None
            column["nodes"].append(way)
            column["highway"].append(table.classes.index(highway))
            column["name"].append(line + 1)
            column["forward"].append(rules.forward_kmh)
            column["backward"].append(rules.backward_kmh)
    return _as_ways(column, np.concatenate(shapes_x), np.concatenate(shapes_y), len(lines))


def _as_ways(column: dict[str, list[Any]], x: np.ndarray, y: np.ndarray, lines: int) -> Ways:
    lat = MIDDLE[1] + y / METRES_PER_DEGREE
    return Ways(
        np.concatenate([np.array(nodes, dtype=np.int64) for nodes in column["nodes"]]),
        np.cumsum([0, *(len(nodes) for nodes in column["nodes"])]),
        np.array(column["highway"], dtype=np.int64),
        np.array(column["name"], dtype=np.int64),
        np.array(column["forward"]),
        np.array(column["backward"]),
        np.zeros(len(column["name"]), dtype=bool),
        ["", *(f"Jalan {line + 1}" for line in range(lines))],
        np.arange(len(x)),
        MIDDLE[0] + x / (METRES_PER_DEGREE * np.cos(np.radians(MIDDLE[1]))),
        lat,
        np.empty(0, dtype=np.int64),
        "",
    )


def _crossings(make: Make, dice: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Where streets would cross, in metres: a grid, uneven, bent and turned a little."""
    row, column = np.mgrid[0 : make.rows, 0 : make.columns]
    x = (column - make.columns / 2 + dice.normal(0, 0.16, row.shape)) * make.spacing_m
    y = (row - make.rows / 2 + dice.normal(0, 0.16, row.shape)) * make.spacing_m
    for wave in (2400.0, 900.0):
        phase = dice.uniform(0, 2 * np.pi, 2)
        x, y = x + 0.05 * wave * np.sin(y / wave + phase[0]), y + 0.05 * wave * np.sin(x / wave + phase[1])
    turn = np.radians(17.0)
    x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    return x.ravel(), y.ravel()


def _ranks(lines: int, dice: np.random.Generator) -> np.ndarray:
    """The class of each line, as its place in `CLASSES`."""
    rank = np.where(dice.random(lines) < 0.15, 4, 3)
    for every, value in ((11, 2), (22, 1), (55, 0)):
        rank[every // 2 :: every] = value
    return rank


def _rivers(make: Make, x: np.ndarray, y: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """On which side of the rivers each crossing lies; streets between two sides need a bridge."""
    side = np.zeros(len(x), dtype=bool)
    span = make.rows * make.spacing_m / 2
    for _ in range(make.rivers):
        middle, slope, phase = dice.uniform(-0.7, 0.7) * span, dice.uniform(-0.25, 0.25), dice.uniform(0, 6.3)
        side ^= y > middle + slope * x + 0.06 * span * np.sin(x / (0.15 * span) + phase)
    return side


def _runs(kept: np.ndarray) -> list[tuple[int, int]]:
    """Where stretches without a gap begin and end."""
    edge = np.flatnonzero(np.diff(np.concatenate([[0], kept.astype(np.int8), [0]])))
    return list(zip(edge[::2].tolist(), edge[1::2].tolist(), strict=True))
