"""The fastest way between two places as the stretches of road it runs over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.roads.closures import closed_arcs
from geo.roads.doors import Doors, along_one_section, doors
from geo.roads.graph import Flags, Floats, RoadGraph
from geo.roads.shortest_paths import Sides, settle
from geo.roads.snapping import Snapped

AT_ONCE_M = 0.01
"""Shorter stretches at either end are left out: the place is at the junction."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """A part of a section, as it is driven.

    Attributes
    ----------
    section
        Its number.
    is_forward
        Driven from tail to head.
    node
        Where it ends, −1 for the last stretch of a way.
    lon_lat, xy_m
        (k, 2) its points in driving order, k ≥ 2; degrees, and metres in the graph's projected CRS.
    metres, seconds
        Its length and the time that takes.
    """

    section: int
    is_forward: bool
    node: int
    lon_lat: Floats
    xy_m: Floats
    metres: float
    seconds: float


def fastest_way(
    graph: RoadGraph, start: Snapped, end: Snapped, closed: Flags | None = None
) -> list[Stretch] | None:
    """Find the stretches from one point on the road (the first of `start`) to another; None: there is no way.

    Two places at one point are joined by a way of no stretches.
    """
    begin, finish = doors(graph, start, closed), doors(graph, end, closed)
    row, _, seconds, _ = along_one_section(graph, begin, finish, closed)
    straight_s = float(seconds[0]) if len(row) else np.inf
    best, by_arc = _search(graph, begin, finish, closed)
    over_s = [
        best[node] + seconds if node >= 0 else np.inf
        for node, seconds in zip(finish.entry_node[0], finish.entry_seconds[0], strict=True)
    ]
    side = int(np.argmin(over_s))
    if straight_s <= over_s[side]:
        if not np.isfinite(straight_s):
            return None
        return _cut(graph, int(begin.section[0]), float(begin.along_m[0]), float(finish.along_m[0]), -1)
    return _stretches(graph, begin, finish, side, by_arc)


def _search(
    graph: RoadGraph, begin: Doors, finish: Doors, closed: Flags | None
) -> tuple[Floats, npt.NDArray[np.int32]]:
    nodes = len(graph.nodes)
    best, by_arc = np.empty(nodes), np.empty(nodes, dtype=np.int32)
    is_target = np.zeros(nodes, dtype=np.bool_)
    is_target[finish.entry_node[finish.entry_node >= 0]] = True
    exits = Sides(begin.exit_node, begin.exit_seconds, begin.exit_metres)
    network = graph.network(closed_arcs(graph, closed))
    settle(network, exits, 0, is_target, int(is_target.sum()), best, by_arc)
    return best, by_arc


def _stretches(
    graph: RoadGraph, begin: Doors, finish: Doors, side: int, by_arc: npt.NDArray[np.int32]
) -> list[Stretch]:
    node = int(finish.entry_node[0, side])
    section, along = int(finish.section[0]), float(finish.along_m[0])
    metres = float(graph.section_metres[section])
    way = _cut(graph, section, 0.0 if side == 0 else metres, along, -1)
    while by_arc[node] >= 0:
        arc = int(by_arc[node])
        section, is_forward = int(graph.arc_section[arc]), bool(graph.arc_is_forward[arc])
        metres = float(graph.section_metres[section])
        way = [_stretch(graph, section, *((0.0, metres) if is_forward else (metres, 0.0)), node), *way]
        node = int(graph.arc_tail[arc])
    section, along = int(begin.section[0]), float(begin.along_m[0])
    out_by_head = by_arc[node] == -2  # −1 − side
    first = _cut(graph, section, along, float(graph.section_metres[section]) if out_by_head else 0.0, node)
    return first + way


def _cut(graph: RoadGraph, section: int, from_m: float, to_m: float, node: int) -> list[Stretch]:
    """The stretch at an end of the way, if it has any length to speak of."""
    if abs(to_m - from_m) <= AT_ONCE_M:
        return []
    return [_stretch(graph, section, from_m, to_m, node)]


def _stretch(graph: RoadGraph, section: int, from_m: float, to_m: float, node: int) -> Stretch:
    points = slice(int(graph.section_points[section]), int(graph.section_points[section + 1]))
    along = graph.points_along_m[points]
    is_forward = to_m >= from_m
    low, high = min(from_m, to_m), max(from_m, to_m)
    inner = (along > low) & (along < high)
    lines = []
    for values in (graph.points[points], graph.points_m[points]):
        ends = [[float(np.interp(at, along, values[:, axis])) for axis in (0, 1)] for at in (low, high)]
        line = np.concatenate([[ends[0]], values[inner], [ends[1]]])
        lines.append(line if is_forward else line[::-1])
    metres = high - low
    total_m, total_s = graph.section_metres[section], graph.section_seconds[section, 0 if is_forward else 1]
    seconds = float(total_s) * (metres / float(total_m) if total_m > 0 else 1.0)
    return Stretch(section, is_forward, node, lines[0], lines[1], metres, seconds)
