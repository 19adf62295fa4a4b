"""Where crews leave their vehicle when the street of a place is closed: at the nearest open road."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo.roads.closures import closed_arcs
from geo.roads.graph import Flags, RoadGraph
from geo.roads.snapping import NOWHERE, Snapped, snap

LEAST_SHARE = 0.05
"""Of all junctions: smaller open parts are pockets that the closure cut off, and no place to park in."""


def parking_places(
    graph: RoadGraph, lon_lat: npt.ArrayLike, snapped: Snapped, closed: Flags | None
) -> Snapped:
    """Find where crews who work at places get out.

    A place on an open segment is driven to; when the closure has cut it off, no way leads there. A place on a
    closed segment, say a flooded street that a crew drains, is walked to from the nearest open segment that
    does not lie in a pocket of fewer than 5 % of all junctions. Beyond 1,000 m of walk it is unreachable.
    """
    if closed is None or not closed.any():
        return snapped
    at = np.flatnonzero((snapped.segment != NOWHERE) & closed[np.maximum(snapped.segment, 0)])
    if not len(at):
        return snapped
    places = np.asarray(lon_lat, dtype=np.float64).reshape(-1, 2)
    moved = snap(graph, places[at], left_out=_no_parking(graph, closed))
    columns = {name: getattr(snapped, name).copy() for name in Snapped.__slots__}
    for name, column in columns.items():
        column[at] = getattr(moved, name)
    return Snapped(**columns)


def _no_parking(graph: RoadGraph, closed: Flags) -> Flags:
    """Segments that are closed, or cut off by it from all large parts of the network; (m,) bool."""
    count = np.concatenate([[0], np.cumsum(closed)])
    section = graph.segment_section
    numbers = np.arange(len(section))
    first, last = graph.section_points[:-1], graph.section_points[1:]
    begin = (first - np.arange(len(first)))[section]
    end = (last - np.arange(len(last)) - 1)[section]
    is_large = _in_large_part(graph, closed)
    by_tail = is_large[graph.section_tail[section]] & (count[numbers + 1] == count[begin])
    by_head = is_large[graph.section_head[section]] & (count[end] == count[numbers])
    is_oneway = ~np.isfinite(graph.section_seconds[section, 1])
    no_parking: Flags = ~np.where(is_oneway, by_tail & by_head, by_tail | by_head)
    return no_parking


def _in_large_part(graph: RoadGraph, closed: Flags) -> Flags:
    """Nodes in a part of the open network, connected both ways, that is no pocket; (n,) bool."""
    size = len(graph.nodes)
    is_closed = closed_arcs(graph, closed)
    open_before = np.concatenate([[0], np.cumsum(~is_closed)])
    ones = np.ones(int(open_before[-1]), dtype=np.int8)
    arcs = csr_array((ones, graph.arc_head[~is_closed], open_before[graph.arc_starts]), shape=(size, size))
    count, label = connected_components(arcs, directed=True, connection="strong")
    is_large: Flags = (np.bincount(label, minlength=count) >= max(2.0, LEAST_SHARE * size))[label]
    return is_large
