"""Ways cut into straight pieces between nodes, and which of those are connected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.roads.extracts import Ways


@dataclass(slots=True)
class Pieces:
    """Straight pieces of road between two nodes that follow each other on a way.

    Attributes
    ----------
    tail, head
        (p,) int64, nodes by their row in `lon`, `lat`.
    way
        (p,) int64.
    lon, lat
        (n,) degrees, WGS 84.
    """

    tail: npt.NDArray[np.int64]
    head: npt.NDArray[np.int64]
    way: npt.NDArray[np.int64]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    missing_nodes: int = 0


def pieces_of(ways: Ways) -> Pieces:
    """Cut ways into pieces; nodes that the extract lacks leave a gap, and no car passes a barrier."""
    row = np.searchsorted(ways.known_ids, ways.node_ids)
    row = np.minimum(row, len(ways.known_ids) - 1)
    is_known = ways.known_ids[row] == ways.node_ids
    way = np.repeat(np.arange(len(ways.starts) - 1), np.diff(ways.starts))
    follows = (way[1:] == way[:-1]) & is_known[1:] & is_known[:-1] & (row[1:] != row[:-1])
    tail, head, way = row[:-1][follows], row[1:][follows], way[:-1][follows]
    lon, lat = ways.lon, ways.lat
    is_barrier = np.isin(ways.known_ids, ways.barrier_ids)
    if is_barrier.any():
        # Each piece that ends at the barrier gets an end of its own there: same place, not connected.
        ends = np.concatenate([tail, head])
        blocked = np.flatnonzero(is_barrier[ends])
        lon, lat = np.concatenate([lon, lon[ends[blocked]]]), np.concatenate([lat, lat[ends[blocked]]])
        ends[blocked] = len(ways.known_ids) + np.arange(len(blocked))
        tail, head = ends[: len(tail)], ends[len(tail) :]
    return Pieces(tail, head, way, lon, lat, len(np.unique(ways.node_ids[~is_known])))


def largest_connected(pieces: Pieces, ways: Ways) -> npt.NDArray[np.bool_]:
    """Mark the pieces of the largest part from whose every node every other can be driven to; (p,) bool."""
    forward, backward = ways.forward_kmh[pieces.way] > 0, ways.backward_kmh[pieces.way] > 0
    tail = np.concatenate([pieces.tail[forward], pieces.head[backward]])
    head = np.concatenate([pieces.head[forward], pieces.tail[backward]])
    size = len(pieces.lon)
    arcs = coo_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(size, size))
    _, label = connected_components(arcs.tocsr(), directed=True, connection="strong")
    if not len(tail):
        return np.zeros(len(pieces.tail), dtype=np.bool_)
    largest = np.bincount(label).argmax()
    kept: npt.NDArray[np.bool_] = (label[pieces.tail] == largest) & (label[pieces.head] == largest)
    return kept
