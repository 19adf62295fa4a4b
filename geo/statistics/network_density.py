"""Density along roads: events per km of road, which spread along streets and not across house blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from shapely.ops import substring

from geo.errors import GeoError
from geo.statistics.columns import finite_columns, refuse_rows
from geo.statistics.compiled import loop
from geo.statistics.refusals import refuse_below

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_EVENTS: Final = 30
JOIN_M: Final = 0.1
FARTHEST_M: Final = 50.0
MOST_LIXELS: Final = 5_000_000
CRUMB: Final = 1e-5
"""What is left of an event on a path, when it is laid down where it is rather than divided further."""
MOST_WAITING: Final = 4_096


@dataclass(frozen=True, slots=True)
class LineNetwork:
    """Lines that meet at their ends, cut into lixels.

    A half-edge is an edge walked one way: 2 · edge from its first point to its last, 2 · edge + 1 back.

    Attributes
    ----------
    lines
        LineStrings in a projected CRS, shape (e,).
    length_m
        Of each, shape (e,).
    half_starts, half_edges
        The half-edges that leave each node: those of node n stand at ``half_starts[n] : half_starts[n + 1]``.
    half_head
        The node that each half-edge leads to, shape (2 e,).
    lixel_starts
        Where the lixels of each edge begin, shape (e + 1,): they are of one length and in its direction.
    """

    lines: NDArray[np.object_]
    length_m: Floats
    half_starts: Ints
    half_edges: Ints
    half_head: Ints
    lixel_starts: Ints

    @classmethod
    def of(
        cls, lines: Sequence[shapely.LineString], *, lixel_m: float = 25.0, join_m: float = JOIN_M
    ) -> LineNetwork:
        """Join lines where their ends meet, and cut them.

        Parameters
        ----------
        lines
            In a projected CRS. They are joined at their ends only: a street must be cut at its junctions, as
            the sections of a road graph are, and a bridge is not joined to what it crosses.
        lixel_m
            Length of a lixel, 25 to 50 m as a rule. Each line is cut into equal ones about as long.
        join_m
            Ends nearer than that are one node.

        Raises
        ------
        GeoError
            No line, one that is empty or no LineString (named by its row from 0), a length not above 0, or
            more than 5 million lixels.
        """
        rows = np.asarray(lines, dtype=np.object_)
        if not len(rows):
            raise GeoError("The network has no line; at least one is needed.")
        if not (lixel_m > 0.0 and join_m >= 0.0):
            raise GeoError(f"A lixel must be longer than 0 m, not {lixel_m:g}, and ends join from 0 m on.")
        length = shapely.length(rows)
        bad = (shapely.get_type_id(rows) != shapely.GeometryType.LINESTRING.value) | ~(length > 0.0)
        if bad.any():
            row = int(np.argmax(bad))
            raise GeoError(f"Line {row} is no line with a length: {str(rows[row])[:60]}.")
        pieces = np.maximum(1, np.rint(length / lixel_m)).astype(np.int64)
        if pieces.sum() > MOST_LIXELS:
            raise GeoError(
                f"{pieces.sum():,} lixels are more than {MOST_LIXELS:,}; take longer ones than {lixel_m:g} m."
            )
        first, last = shapely.get_point(rows, 0), shapely.get_point(rows, -1)
        ends = np.concatenate([shapely.get_coordinates(first), shapely.get_coordinates(last)])
        node = _nodes(ends, join_m)
        tail, head = node[: len(rows)], node[len(rows) :]
        leaves = np.column_stack([tail, head]).ravel()  # half-edge 2e leaves the tail, 2e + 1 the head
        order = np.argsort(leaves, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(leaves, minlength=int(node.max()) + 1))])
        return cls(
            rows,
            length,
            starts.astype(np.int64),
            order.astype(np.int64),
            np.column_stack([head, tail]).ravel(),
            np.concatenate([[0], np.cumsum(pieces)]).astype(np.int64),
        )

    @property
    def lixel_edge(self) -> Ints:
        """The edge of each lixel."""
        return np.repeat(np.arange(len(self.lines)), np.diff(self.lixel_starts))

    @property
    def lixel_m(self) -> Floats:
        """Length of each lixel."""
        return (self.length_m / np.diff(self.lixel_starts))[self.lixel_edge]

    def lixel_lines(self) -> NDArray[np.object_]:
        """Return each lixel as a LineString."""
        edge, length = self.lixel_edge, self.lixel_m
        place = np.arange(len(edge)) - self.lixel_starts[edge]
        return np.array(
            [
                substring(self.lines[e], k * m, (k + 1) * m)
                for e, k, m in zip(edge.tolist(), place.tolist(), length.tolist(), strict=True)
            ],
            dtype=np.object_,
        )


@dataclass(frozen=True, slots=True)
class NetworkDensity:
    """Density on lixels.

    Attributes
    ----------
    network
        Whose lixels.
    per_km
        Events per km of road, mean over each lixel, shape (lixels,).
    reach_m
        How far an event reaches.
    counted, far
        Events that were spread, and events too far from any line, which were not.
    """

    network: LineNetwork
    per_km: Floats
    reach_m: float
    counted: int
    far: int


def network_density(
    network: LineNetwork,
    x_m: ArrayLike,
    y_m: ArrayLike,
    reach_m: float,
    *,
    farthest_m: float = FARTHEST_M,
    weights: ArrayLike | None = None,
) -> NetworkDensity:
    """Spread each event along the lines around it.

    From its nearest place on a line an event spreads both ways by the quartic kernel,
    15/16 · (1 − (d / reach)²)² / reach, and at each junction what arrives is divided equally among the other
    lines (equal-split discontinuous kernel: Okabe, Satoh and Sugihara 2009). It never turns back but at a
    dead end, where it does, so that the whole of an event stays on the network: its mass is 1. All ways up to
    the reach count, not the shortest alone, since around a house block two ways meet. Over each lixel the
    kernel is integrated exactly.

    Parameters
    ----------
    network
        The lines.
    x_m, y_m
        Events, metres in the CRS of the lines, shape (n,), finite.
    reach_m
        Where the kernel ends; a Gaussian of a standard deviation of 0.38 reach is about as wide.
    farthest_m
        Events farther from any line are left out, and counted.
    weights
        What each event counts for, shape (n,), 0 or more; by default 1.

    Raises
    ------
    TooFewData
        Fewer than 30 events on the network.
    GeoError
        A reach not above 0, or bad columns.
    """
    if not 0.0 < reach_m < np.inf:
        raise GeoError(f"The reach must be above 0 m, not {reach_m:g}.")
    x, y = finite_columns(x=x_m, y=y_m)
    x, y, weight = finite_columns(x=x, y=y, weight=np.ones(len(x)) if weights is None else weights)
    refuse_rows("weight", weight, weight < 0.0, "a number of 0 or more")
    edge, along = _snapped(network, x, y, farthest_m)
    near = edge >= 0
    refuse_below(
        "events",
        int(near.sum()),
        LEAST_EVENTS,
        f"There are {{found}} events within {farthest_m:g} m of a line; at least {{needed}} are needed.",
    )
    mass = np.zeros(int(network.lixel_starts[-1]))
    spread_events(network, edge[near], along[near], weight[near], reach_m, mass)
    return NetworkDensity(
        network, mass / network.lixel_m * 1_000.0, reach_m, int(near.sum()), int((~near).sum())
    )


def spread_events(
    network: LineNetwork, edge: Ints, along_m: Floats, weight: Floats, reach_m: float, mass: Floats
) -> None:
    """Add the mass of events on the network to its lixels.

    Parameters
    ----------
    edge, along_m, weight
        Line of each event, metres from its first point, and what it counts for, shape (n,).
    mass
        Of each lixel; added to.
    """
    _spread(
        (network.half_starts, network.half_edges, network.half_head),
        network.length_m,
        network.lixel_starts,
        (edge, along_m, weight),
        reach_m,
        mass,
    )


# ---------------------------------------------------------------- within


def _nodes(ends: Floats, join_m: float) -> Ints:
    pairs = cKDTree(ends).query_pairs(join_m, output_type="ndarray")
    links = coo_array((np.ones(len(pairs), dtype=bool), pairs.T), shape=(len(ends), len(ends)))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def _snapped(network: LineNetwork, x: Floats, y: Floats, farthest_m: float) -> tuple[Ints, Floats]:
    """The nearest line of each event, -1 where it is too far, and metres along it."""
    points = np.asarray(shapely.points(x, y), dtype=np.object_)
    tree = shapely.STRtree(network.lines)
    (event, line), _ = tree.query_nearest(
        points, max_distance=farthest_m, return_distance=True, all_matches=True
    )
    edge = np.full(len(x), len(network.lines), dtype=np.int64)
    np.minimum.at(edge, event, line)  # of lines equally near, the first
    edge[edge == len(network.lines)] = -1
    along = np.zeros(len(x))
    near = edge >= 0
    along[near] = shapely.line_locate_point(network.lines[edge[near]], points[near])
    return edge, along


@loop
def _reached(share: float) -> float:
    """Mass of the kernel from its middle to this share of the reach: at most one half."""
    if share >= 1.0:
        return 0.5
    square = share * share
    return 0.9375 * share * (1.0 - square * (2.0 / 3.0 - square / 5.0))


@loop
def _lay(
    lixels: tuple[int, int],
    length: float,
    is_forward: bool,
    piece: tuple[float, float],
    kernel: tuple[float, float, float],
    mass: Floats,
) -> None:
    """Lay the kernel on the lixels of an edge between two places, both measured the way that is walked.

    ``kernel`` holds the distance at the first of these, the reach and what it is multiplied by.
    """
    begin, end = piece
    at, reach, weight = kernel
    first, count = lixels
    lixel = length / count
    here = min(int(begin / lixel), count - 1)
    before = _reached(at / reach)
    place = begin
    while place < end and at + (place - begin) < reach:
        until = min(end, (here + 1) * lixel) if here < count - 1 else end
        after = _reached((at + until - begin) / reach)
        row = here if is_forward else count - 1 - here
        mass[first + row] += weight * (after - before)
        before, place, here = after, until, here + 1


@loop
def _spread(
    graph: tuple[Ints, Ints, Ints],
    length: Floats,
    lixel_starts: Ints,
    events: tuple[Ints, Floats, Floats],
    reach: float,
    mass: Floats,
) -> None:
    starts, halves, heads = graph
    edges, alongs, weights = events
    waiting = np.empty(MOST_WAITING, np.int64)
    far = np.empty(MOST_WAITING)
    part = np.empty(MOST_WAITING)
    for k in range(len(edges)):
        many = 2
        for way in range(2):
            waiting[way] = 2 * edges[k] + way
            part[way] = weights[k]
            far[way] = -alongs[k] if way == 0 else alongs[k] - length[edges[k]]
        while many:
            many -= 1
            half, at, weight = waiting[many], far[many], part[many]
            edge = half // 2
            size = length[edge]
            lixels = (lixel_starts[edge], lixel_starts[edge + 1] - lixel_starts[edge])
            # A negative distance is the way from the edge's beginning to the event, where it starts.
            begin = max(0.0, -at)
            _lay(lixels, size, half % 2 == 0, (begin, size), (max(0.0, at), reach, weight), mass)
            at += size
            if at >= reach:
                continue
            node = heads[half]
            degree = starts[node + 1] - starts[node]
            left = weight * (0.5 - _reached(at / reach))
            if left < CRUMB * weights[k] or many + degree > MOST_WAITING:
                # Lay the rest on the last lixel that was reached.
                mass[lixels[0] + (lixels[1] - 1 if half % 2 == 0 else 0)] += left
                continue
            for out in range(starts[node], starts[node + 1]):
                onward = halves[out]
                if onward != (half ^ 1) or degree == 1:
                    waiting[many] = onward
                    far[many] = at
                    part[many] = weight / max(1, degree - 1)
                    many += 1
