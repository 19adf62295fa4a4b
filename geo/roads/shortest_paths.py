"""Dijkstra's algorithm from a place on a road, compiled: for one way at a time, when its streets matter."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.roads.compiled import loop

F8 = npt.NDArray[np.float64]
I4 = npt.NDArray[np.int32]
B1 = npt.NDArray[np.bool_]


class Network(NamedTuple):
    """Arcs that leave each node: node k has those from ``starts[k]`` to ``starts[k + 1]``."""

    starts: I4
    head: I4
    seconds: F8
    metres: F8
    is_closed: B1


class Sides(NamedTuple):
    """How places connect to the network, (n, 2) each: up to two nodes, −1 for none, and the way between."""

    node: I4
    seconds: F8
    metres: F8


class Heap(NamedTuple):
    """Nodes waiting to be settled, in a heap of four children."""

    keys: F8
    nodes: I4


@loop
def _push(heap: Heap, size: int, key: float, node: int) -> int:
    at = size
    while at > 0:
        above = (at - 1) >> 2
        if heap.keys[above] <= key:
            break
        heap.keys[at], heap.nodes[at] = heap.keys[above], heap.nodes[above]
        at = above
    heap.keys[at], heap.nodes[at] = key, node
    return size + 1


@loop
def _drop_first(heap: Heap, size: int) -> int:
    size -= 1
    key, node = heap.keys[size], heap.nodes[size]
    at = 0
    while True:
        least = 4 * at + 1
        if least >= size:
            break
        for other in range(least + 1, min(4 * at + 5, size)):
            if heap.keys[other] < heap.keys[least]:
                least = other
        if heap.keys[least] >= key:
            break
        heap.keys[at], heap.nodes[at] = heap.keys[least], heap.nodes[least]
        at = least
    heap.keys[at], heap.nodes[at] = key, node
    return size


@loop
def settle(
    network: Network, exits: Sides, source: int, is_target: B1, targets: int, best: F8, by_arc: I4
) -> None:
    """Find the fastest way from a place to all nodes, or until all targets are settled.

    Fills ``best`` with seconds, infinite where no way was found, and ``by_arc`` with the arc that each node
    is reached by, −1 − side where that is the place itself.
    """
    heap = Heap(np.empty(len(network.head) + 2), np.empty(len(network.head) + 2, np.int32))
    best[:] = np.inf
    waiting = 0
    for side in range(2):
        node = exits.node[source, side]
        if node >= 0 and exits.seconds[source, side] < best[node]:
            best[node], by_arc[node] = exits.seconds[source, side], -1 - side
            waiting = _push(heap, waiting, best[node], node)
    while waiting > 0 and targets > 0:
        key, node = heap.keys[0], heap.nodes[0]
        waiting = _drop_first(heap, waiting)
        if key > best[node]:
            continue  # it was reached faster since
        if is_target[node]:
            targets -= 1
        for arc in range(network.starts[node], network.starts[node + 1]):
            head, time = network.head[arc], key + network.seconds[arc]
            if time < best[head] and not network.is_closed[arc]:
                best[head], by_arc[head] = time, arc
                waiting = _push(heap, waiting, time, head)
