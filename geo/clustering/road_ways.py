"""Ways over a road network, for reports a few steps apart."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit
from pyproj import CRS

from geo.crs import to_degrees, to_metres
from geo.roads.graph import RoadGraph
from geo.roads.snapping import nearest_segments

F8 = npt.NDArray[np.float64]
I4 = npt.NDArray[np.int32]

FAR_FROM_ROADS_M: Final = 40.0
"""Beyond, a report is not on the road it snaps to, and the straight line counts."""


class Net(NamedTuple):
    """Sections both ways, those of node k from ``starts[k]`` to ``starts[k + 1]``; and each one's ends."""

    starts: I4
    head: I4
    metres: F8
    tail_of: I4
    head_of: I4
    length_of: F8


class Feet(NamedTuple):
    """Points on roads: the section of each, and metres from its tail."""

    section: I4
    along_m: F8


class RoadWays:
    """Ways on foot over a road network, one-ways both ways: a `geo.clustering.ways.Way`.

    Parameters
    ----------
    graph
        The network.
    crs
        CRS of the positions that will be asked about, projected, in metres.

    Notes
    -----
    Each position is taken to the nearest point of a road; the walk to it does not count, so both sides of a
    street are one place. Positions over 40 m from any road have no way (NaN).
    """

    def __init__(self, graph: RoadGraph, crs: CRS) -> None:
        self._graph = graph
        self._crs = None if crs == graph.crs else crs
        self._net = _both_ways(graph)

    def __call__(self, from_m: F8, to_m: F8, most_m: float) -> F8:
        """Measure ways; see `Way`."""
        begin, begin_off_m = self._feet(from_m)
        end, end_off_m = self._feet(to_m)
        way = measured(self._net, begin, end, most_m, np.full(len(self._graph.nodes), np.inf))
        result: F8 = np.where(np.maximum(begin_off_m, end_off_m) > FAR_FROM_ROADS_M, np.nan, way)
        return result

    def streets(self, xy_m: F8) -> list[str]:
        """Name the street at each position, metres, shape (m, 2): "" where it has none or is too far off."""
        feet, off_m = self._feet(xy_m)
        near = zip(feet.section.tolist(), (off_m <= FAR_FROM_ROADS_M).tolist(), strict=True)
        return [self._graph.name_of(section) if is_near else "" for section, is_near in near]

    def _feet(self, xy_m: F8) -> tuple[Feet, F8]:
        xy = np.asarray(xy_m, dtype=np.float64).reshape(-1, 2)
        if self._crs is not None and len(xy):
            xy = np.column_stack(to_metres(*to_degrees(xy[:, 0], xy[:, 1], self._crs), self._graph.crs))
        segment, fraction, off_m = nearest_segments(self._graph, xy)
        section = self._graph.segment_section[segment]
        point = segment + section
        along_m = self._graph.points_along_m
        return Feet(section, along_m[point] + fraction * (along_m[point + 1] - along_m[point])), off_m


def _both_ways(graph: RoadGraph) -> Net:
    tail, head, metres = graph.section_tail, graph.section_head, graph.section_metres
    begins = np.concatenate([tail, head])
    order = np.argsort(begins, kind="stable")
    starts = np.zeros(len(graph.nodes) + 1, dtype=np.int32)
    starts[1:] = np.cumsum(np.bincount(begins, minlength=len(graph.nodes)))
    return Net(
        starts=starts,
        head=np.concatenate([head, tail])[order],
        metres=np.concatenate([metres, metres])[order],
        tail_of=np.array(tail),
        head_of=np.array(head),
        length_of=np.array(metres),
    )


@njit(cache=True, nogil=True)
def measured(net: Net, begin: Feet, end: Feet, most_m: float, known: F8) -> F8:
    """Measure the way between each two feet, infinite where it is longer than `most_m`.

    ``known`` is infinite for every node, and is left so.
    """
    result = np.full(len(begin.section), np.inf)
    touched = np.empty(len(known), np.int32)
    for k in range(len(result)):
        here, there = begin.section[k], end.section[k]
        least = abs(begin.along_m[k] - end.along_m[k]) if here == there else np.inf
        way = _search(net, here, begin.along_m[k], there, end.along_m[k], min(least, most_m), known, touched)
        least = min(least, way)
        if least <= most_m:
            result[k] = least
    return result


@njit(cache=True, nogil=True)
def _search(
    net: Net, here: int, from_m: float, there: int, to_m: float, most_m: float, known: F8, touched: I4
) -> float:
    """Dijkstra's algorithm; the nearest node is looked for one by one, as so near there are few."""
    least = np.inf
    count = _reach(net.tail_of[here], from_m, known, touched, 0)
    count = _reach(net.head_of[here], net.length_of[here] - from_m, known, touched, count)
    settled = 0
    while settled < count:
        nearest = settled
        for other in range(settled + 1, count):
            if known[touched[other]] < known[touched[nearest]]:
                nearest = other
        node = touched[nearest]
        touched[nearest], touched[settled] = touched[settled], node
        settled += 1
        so_far = known[node]
        if so_far > min(least, most_m):
            break
        if node == net.tail_of[there]:
            least = min(least, so_far + to_m)
        if node == net.head_of[there]:
            least = min(least, so_far + net.length_of[there] - to_m)
        for arc in range(net.starts[node], net.starts[node + 1]):
            count = _reach(net.head[arc], so_far + net.metres[arc], known, touched, count)
    for other in range(count):
        known[touched[other]] = np.inf
    return least


@njit(cache=True, nogil=True)
def _reach(node: int, metres: float, known: F8, touched: I4, count: int) -> int:
    """Note a way to a node, when it is the shortest so far; return how many nodes are touched."""
    if metres >= known[node]:
        return count
    if known[node] == np.inf:
        touched[count] = node
        count += 1
    known[node] = metres
    return count
