"""From pieces to sections: what lies between two junctions becomes one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyproj import Geod

from geo.roads.compiled import loop
from geo.roads.extracts import Ways
from geo.roads.pieces import Pieces

LEAST_SECONDS = 0.01
"""Of a piece without length: a graph must not hold a way that costs nothing."""
LONGEST_SEGMENT_M = 50.0
"""Straight roads are cut into segments of at most this, so that a closure shuts no more than it must."""
WGS84 = Geod(ellps="WGS84")


@dataclass(slots=True)
class Sections:
    """Stretches of road from junction to junction, each of one name, class, direction and speed.

    Attributes
    ----------
    node_lon, node_lat
        (n,) junctions and ends, degrees, WGS 84.
    tail, head
        (s,) int64, the nodes at both ends.
    way
        (s,) int64, a way it belongs to: its name, class and direction.
    runs_against
        (s,) bool: the way's own direction is from head to tail.
    point_starts
        (s + 1,) int64, where its points begin.
    lon, lat, along_m
        (q,) points of all sections, both ends included; metres from the tail, on the ellipsoid.
    """

    node_lon: npt.NDArray[np.float64]
    node_lat: npt.NDArray[np.float64]
    tail: npt.NDArray[np.int64]
    head: npt.NDArray[np.int64]
    way: npt.NDArray[np.int64]
    runs_against: npt.NDArray[np.bool_]
    point_starts: npt.NDArray[np.int64]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    along_m: npt.NDArray[np.float64]


def join_pieces(pieces: Pieces, ways: Ways, kept: npt.NDArray[np.bool_]) -> Sections:
    """Join pieces across every node where nothing branches off and nothing changes."""
    tail, head, way = pieces.tail[kept], pieces.head[kept], pieces.way[kept]
    used, ends = np.unique(np.concatenate([tail, head]), return_inverse=True)
    lon, lat = pieces.lon[used], pieces.lat[used]
    ends = _spatial_order(lon, lat)[ends]  # neighbours lie close in memory
    tail, head = ends[: len(tail)], ends[len(tail) :]
    order = np.empty(len(used), dtype=np.int64)
    order[ends] = np.concatenate([pieces.tail[kept], pieces.head[kept]])
    lon, lat = pieces.lon[order], pieces.lat[order]

    kind = _kinds(ways)
    is_junction = _junctions(tail, head, way, kind, ways, len(lon))
    chain, chain_starts = _walk(tail, head, is_junction, ways.backward_kmh[way] == 0)
    return _assemble(tail, head, way, lon, lat, chain, chain_starts)


def _spatial_order(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Rank of each node along a Z-curve, shape (n,)."""
    code = np.zeros(len(lon), dtype=np.int64)
    for values, shift in ((lon, 0), (lat, 1)):
        span = max(float(np.ptp(values)), 1e-9)
        cell = ((values - values.min()) / span * 65535.0).astype(np.int64)
        for bit in range(16):
            code |= ((cell >> bit) & 1) << (2 * bit + shift)
    rank = np.empty(len(lon), dtype=np.int64)
    rank[np.argsort(code, kind="stable")] = np.arange(len(lon))
    return rank


def _kinds(ways: Ways) -> npt.NDArray[np.int64]:
    """A number for each way that is equal where name, class and roundabout are."""
    columns = np.column_stack([ways.highway, ways.name, ways.is_roundabout.astype(np.int64)])
    return np.unique(columns, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _junctions(
    tail: npt.NDArray[np.int64],
    head: npt.NDArray[np.int64],
    way: npt.NDArray[np.int64],
    kind: npt.NDArray[np.int64],
    ways: Ways,
    size: int,
) -> npt.NDArray[np.bool_]:
    """Nodes where sections end: not two pieces meet there, or the two are not driven alike; (n,) bool."""
    ends = np.concatenate([tail, head])
    order = np.argsort(ends, kind="stable")
    degree = np.bincount(ends, minlength=size)
    first = np.concatenate([[0], np.cumsum(degree)])[:-1]
    two = np.flatnonzero(degree == 2)
    one, other = order[first[two]], order[first[two] + 1]
    count = len(tail)
    here, there = way[one % count], way[other % count]
    # Speeds coming in by the one piece must go out by the other, both ways.
    in_one, out_one = _speeds_at(one < count, here, ways)
    in_other, out_other = _speeds_at(other < count, there, ways)
    alike = (kind[here] == kind[there]) & (in_one == out_other) & (out_one == in_other)
    alike &= one % count != other % count  # not a piece back to its own start
    is_junction = np.ones(size, dtype=np.bool_)
    is_junction[two[alike]] = False
    return is_junction


def _speeds_at(
    is_tail: npt.NDArray[np.bool_], way: npt.NDArray[np.int64], ways: Ways
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Speeds into and out of the node at one end of a piece."""
    forward, backward = ways.forward_kmh[way], ways.backward_kmh[way]
    return np.where(is_tail, backward, forward), np.where(is_tail, forward, backward)


@loop
def _walk(
    tail: npt.NDArray[np.int64],
    head: npt.NDArray[np.int64],
    is_junction: npt.NDArray[np.bool_],
    is_oneway: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Chains of pieces from junction to junction; a piece run against its direction is written −1 − piece.

    A chain with one direction is written in it. Rings without a junction begin at their lowest node.
    """
    first, at = _ends_at(tail, head, len(is_junction))
    done = np.zeros(len(tail), np.bool_)
    chain, starts = np.empty(len(tail), np.int64), np.empty(len(tail) + 1, np.int64)
    length, chains = 0, 0
    for with_rings in range(2):
        for start in range(len(is_junction)):
            if not is_junction[start] and with_rings == 0:
                continue
            for k in range(first[start], first[start + 1]):
                step = at[k]
                if done[max(step, -1 - step)]:
                    continue
                starts[chains] = length
                chains += 1
                begin = length
                length = _follow(step, start, tail, head, is_junction, first, at, done, chain, length)
                if chain[begin] < 0 and is_oneway[-1 - chain[begin]]:
                    chain[begin:length] = -1 - chain[begin:length][::-1]
    starts[chains] = length
    return chain, starts[: chains + 1]


@loop
def _ends_at(
    tail: npt.NDArray[np.int64], head: npt.NDArray[np.int64], nodes: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pieces by node: where each node's list begins, and the lists; −1 − piece where it ends there."""
    first = np.zeros(nodes + 1, np.int64)
    for piece in range(len(tail)):
        first[tail[piece] + 1] += 1
        first[head[piece] + 1] += 1
    first = np.cumsum(first)
    at, free = np.empty(2 * len(tail), np.int64), first[:-1].copy()
    for piece in range(len(tail)):
        at[free[tail[piece]]] = piece
        free[tail[piece]] += 1
        at[free[head[piece]]] = -1 - piece
        free[head[piece]] += 1
    return first, at


@loop
def _follow(  # noqa: PLR0913, PLR0917 - compiled code takes plain arrays
    step: int,
    start: int,
    tail: npt.NDArray[np.int64],
    head: npt.NDArray[np.int64],
    is_junction: npt.NDArray[np.bool_],
    first: npt.NDArray[np.int64],
    at: npt.NDArray[np.int64],
    done: npt.NDArray[np.bool_],
    chain: npt.NDArray[np.int64],
    length: int,
) -> int:
    """Append pieces to the chain until a junction or its start; return the chain's new length."""
    while True:
        piece = max(step, -1 - step)
        done[piece] = True
        chain[length] = step
        length += 1
        node = head[piece] if step >= 0 else tail[piece]
        if is_junction[node] or node == start:
            return length
        step = at[first[node]]
        if max(step, -1 - step) == piece:
            step = at[first[node] + 1]


def _assemble(
    tail: npt.NDArray[np.int64],
    head: npt.NDArray[np.int64],
    way: npt.NDArray[np.int64],
    lon: npt.NDArray[np.float64],
    lat: npt.NDArray[np.float64],
    chain: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
) -> Sections:
    against = chain < 0
    piece = np.where(against, -1 - chain, chain)
    begin = np.where(against, head[piece], tail[piece])
    end = np.where(against, tail[piece], head[piece])
    count = len(starts) - 1
    first, last = starts[:-1], starts[1:] - 1

    # A section of k pieces has k + 1 points: the beginning of each piece, and the end of the last.
    point_starts = starts + np.arange(count + 1)
    node_at = np.empty(len(chain) + count, dtype=np.int64)
    section = np.repeat(np.arange(count), np.diff(starts))
    node_at[np.arange(len(chain)) + section] = begin
    node_at[point_starts[1:] - 1] = end[last]
    metres = WGS84.inv(lon[begin], lat[begin], lon[end], lat[end])[2] if len(begin) else np.empty(0)
    along = np.zeros(len(node_at))
    total = np.concatenate([[0.0], np.cumsum(metres)])
    along[np.arange(len(chain)) + section + 1] = total[1:] - total[first][section]

    point_starts, bits = _cut_long(point_starts, [lon[node_at], lat[node_at], along])
    ends, inverse = np.unique(np.concatenate([begin[first], end[last]]), return_inverse=True)
    return Sections(
        lon[ends],
        lat[ends],
        inverse[:count],
        inverse[count:],
        way[piece[first]],
        against[first],
        point_starts,
        *bits,
    )


def _cut_long(
    point_starts: npt.NDArray[np.int64], columns: list[npt.NDArray[np.float64]]
) -> tuple[npt.NDArray[np.int64], list[npt.NDArray[np.float64]]]:
    """Put points into straight bits that are too long; `columns` are longitude, latitude and metres along."""
    step = np.diff(columns[2], append=0.0)
    step[point_starts[1:] - 1] = 0.0  # the last point of a section has nothing after it
    parts = np.maximum(1, np.ceil(step / LONGEST_SEGMENT_M - 1e-9)).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(parts)])
    part = np.arange(first[-1]) - np.repeat(first[:-1], parts)
    share = part / np.repeat(parts, parts)
    cut = []
    for values in columns:
        onward = np.append(values[1:], values[-1]) - values
        onward[point_starts[1:] - 1] = 0.0
        cut.append(np.repeat(values, parts) + share * np.repeat(onward, parts))
    return first[point_starts], cut
