"""Fastest ways between many places at once, by shortcuts over junctions; exact.

Each node is joined by shortcuts to some later ones (`geo.roads.elimination`). A fastest way climbs to later
and later nodes and then comes down again. What a shortcut costs is worked out for the roads that are open at
the moment (`weigh`), in milliseconds for a city; then each source climbs, and all targets are found in one
sweep down, 16 sources at a time (`sweep`).

Sources: J. Dibbelt, B. Strasser, D. Wagner, "Customizable contraction hierarchies", ACM JEA 21 (2016) 1.5;
D. Delling, A. V. Goldberg, R. F. Werneck, "Faster batched shortest paths in road networks", ATMOS 2011.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.roads.compiled import loop
from geo.roads.shortest_paths import Network, Sides

F8 = npt.NDArray[np.float64]
I4 = npt.NDArray[np.int32]
B1 = npt.NDArray[np.bool_]

LANES = 16
"""Sources that go down together: as many numbers as the processor likes to take in one go."""
UP_SECONDS, UP_METRES, DOWN_SECONDS, DOWN_METRES = 0, 1, 2, 3


class Hierarchy(NamedTuple):
    """Shortcuts from each node to later ones: node k has those from ``starts[k]`` to ``starts[k + 1]``.

    Attributes
    ----------
    starts
        (n + 1,) int32.
    heads
        (e,) int32, ascending within each node's list; the first is where the node hangs in the tree.
    weights
        (e, 4) float64: seconds and metres to the later node, seconds and metres from it; the seconds are
        infinite where no open road leads.
    """

    starts: I4
    heads: I4
    weights: F8


@loop
def weigh(starts: I4, heads: I4, network: Network) -> Hierarchy:
    """Work out what every shortcut costs over the open arcs of a network.

    Notes
    -----
    In order, each node offers every two of its later neighbours the way over itself.
    """
    nodes = len(starts) - 1
    weights = np.empty((len(heads), 4))
    weights[:, UP_SECONDS], weights[:, DOWN_SECONDS] = np.inf, np.inf
    weights[:, UP_METRES], weights[:, DOWN_METRES] = 0.0, 0.0
    _lay_arcs(starts, heads, network, weights)
    at = np.empty(nodes, np.int32)
    for node in range(nodes):
        begin, end = starts[node], starts[node + 1]
        for first in range(begin, end - 1):
            low = heads[first]
            for edge in range(starts[low], starts[low + 1]):
                at[heads[edge]] = edge
            for second in range(first + 1, end):
                edge = at[heads[second]]
                time = weights[first, DOWN_SECONDS] + weights[second, UP_SECONDS]
                if time < weights[edge, UP_SECONDS]:
                    weights[edge, UP_SECONDS] = time
                    weights[edge, UP_METRES] = weights[first, DOWN_METRES] + weights[second, UP_METRES]
                time = weights[second, DOWN_SECONDS] + weights[first, UP_SECONDS]
                if time < weights[edge, DOWN_SECONDS]:
                    weights[edge, DOWN_SECONDS] = time
                    weights[edge, DOWN_METRES] = weights[second, DOWN_METRES] + weights[first, UP_METRES]
    return Hierarchy(starts, heads, weights)


@loop
def _lay_arcs(starts: I4, heads: I4, network: Network, weights: F8) -> None:
    """Give each open arc's time to the shortcut between its nodes, if it is the fastest there."""
    for tail in range(len(network.starts) - 1):
        for arc in range(network.starts[tail], network.starts[tail + 1]):
            if network.is_closed[arc]:
                continue
            head = network.head[arc]
            low, high = min(tail, head), max(tail, head)
            edge = starts[low] + np.searchsorted(heads[starts[low] : starts[low + 1]], high)
            column = UP_SECONDS if tail == low else DOWN_SECONDS
            if network.seconds[arc] < weights[edge, column]:
                weights[edge, column], weights[edge, column + 1] = network.seconds[arc], network.metres[arc]


@loop
def restrict(hierarchy: Hierarchy, exits: I4, entries: I4) -> tuple[Hierarchy, I4, I4]:
    """Keep the nodes that can lie at the top of a way between places: theirs, and all that those hang from.

    Parameters
    ----------
    exits, entries
        (k, 2) nodes, −1 for none.

    Returns
    -------
    The smaller hierarchy, and exits and entries by its numbers.
    """
    place = np.full(len(hierarchy.starts) - 1, -1, np.int32)
    for ends in (exits, entries):
        for end in ends.flat:
            node = int(end)
            while node >= 0 and place[node] < 0:
                place[node] = 0
                node = _above(hierarchy, node)
    kept = np.flatnonzero(place == 0)
    starts = np.zeros(len(kept) + 1, np.int32)
    for new, old in enumerate(kept):
        place[old] = new
        starts[new + 1] = starts[new] + hierarchy.starts[old + 1] - hierarchy.starts[old]
    heads, weights = np.empty(starts[-1], np.int32), np.empty((starts[-1], 4))
    for new, old in enumerate(kept):
        begin = hierarchy.starts[old]
        for edge in range(starts[new], starts[new + 1]):
            heads[edge] = place[hierarchy.heads[begin + edge - starts[new]]]
            weights[edge] = hierarchy.weights[begin + edge - starts[new]]
    return Hierarchy(starts, heads, weights), _placed(exits, place), _placed(entries, place)


@loop
def _placed(ends: I4, place: I4) -> I4:
    result = np.full(ends.shape, -1, np.int32)
    for row in range(len(ends)):
        for side in range(2):
            if ends[row, side] >= 0:
                result[row, side] = place[ends[row, side]]
    return result


@loop
def _above(hierarchy: Hierarchy, node: int) -> int:
    begin = hierarchy.starts[node]
    return hierarchy.heads[begin] if begin < hierarchy.starts[node + 1] else -1


@loop
def sweep(hierarchy: Hierarchy, exits: Sides, entries: Sides, seconds: F8, metres: F8) -> None:
    """Shorten ``seconds[i, j]`` to the fastest way over the nodes from place i to place j.

    ``metres[i, j]`` becomes that way's length. What no way leads to stays as it is. The hierarchy must hold
    all that `restrict` keeps.
    """
    nodes = len(hierarchy.starts) - 1
    best, far = np.empty((nodes, LANES)), np.empty((nodes, LANES))
    for first in range(0, len(exits.node), LANES):
        lanes = min(LANES, len(exits.node) - first)
        best[:] = np.inf
        far[:] = 0.0
        for lane in range(lanes):
            _climb(hierarchy, exits, first + lane, best[:, lane], far[:, lane])
        _descend(hierarchy, best, far)
        for target in range(len(entries.node)):
            for side in range(2):
                node = entries.node[target, side]
                if node < 0:
                    continue
                for lane in range(lanes):
                    time = best[node, lane] + entries.seconds[target, side]
                    row = first + lane
                    if time < seconds[row, target]:
                        seconds[row, target] = time
                        metres[row, target] = far[node, lane] + entries.metres[target, side]


@loop
def _climb(hierarchy: Hierarchy, exits: Sides, source: int, best: F8, far: F8) -> None:
    for side in range(2):
        node = exits.node[source, side]
        if node >= 0 and exits.seconds[source, side] < best[node]:
            best[node], far[node] = exits.seconds[source, side], exits.metres[source, side]
    # One climb a side: where the second meets the first, it carries on with the better of both.
    for side in range(2):
        node = exits.node[source, side]
        while node >= 0:
            for edge in range(hierarchy.starts[node], hierarchy.starts[node + 1]):
                head, time = hierarchy.heads[edge], best[node] + hierarchy.weights[edge, UP_SECONDS]
                if time < best[head]:
                    best[head], far[head] = time, far[node] + hierarchy.weights[edge, UP_METRES]
            node = _above(hierarchy, node)


@loop
def _descend(hierarchy: Hierarchy, best: F8, far: F8) -> None:
    for node in range(len(best) - 1, -1, -1):
        for edge in range(hierarchy.starts[node], hierarchy.starts[node + 1]):
            head = hierarchy.heads[edge]
            run_s, run_m = hierarchy.weights[edge, DOWN_SECONDS], hierarchy.weights[edge, DOWN_METRES]
            for lane in range(LANES):  # without branches, so that all lanes are computed at once
                time = best[head, lane] + run_s
                is_better = time < best[node, lane]
                far[node, lane] = far[head, lane] + run_m if is_better else far[node, lane]
                best[node, lane] = time if is_better else best[node, lane]
