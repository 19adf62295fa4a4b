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
    moved = snap(graph, places[at], left_out=closed | _in_pockets(graph, closed))
    columns = {name: getattr(snapped, name).copy() for name in Snapped.__slots__}
    for name, column in columns.items():
        column[at] = getattr(moved, name)
    return Snapped(**columns)


def _in_pockets(graph: RoadGraph, closed: Flags) -> Flags:
    """Segments with an end in a part of the open network that is small; (m,) bool."""
    size = len(graph.nodes)
    is_closed = closed_arcs(graph, closed)
    open_before = np.concatenate([[0], np.cumsum(~is_closed)])
    arcs = csr_array(
        (
            np.ones(int(open_before[-1]), dtype=np.int8),
            graph.arc_head[~is_closed],
            open_before[graph.arc_starts],
        ),
        shape=(size, size),
    )
    count, label = connected_components(arcs, directed=True, connection="strong")
    is_small = np.bincount(label, minlength=count) < LEAST_SHARE * size
    node_is_small = is_small[label]
    section = node_is_small[graph.section_tail] & node_is_small[graph.section_head]
    in_pocket: Flags = section[graph.segment_section]
    return in_pocket
