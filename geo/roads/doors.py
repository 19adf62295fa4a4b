"""How a place on a road is left and entered: through the ends of its section, as far as one may drive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.roads.graph import Flags, Floats, Ints, RoadGraph
from geo.roads.snapping import NOWHERE, Snapped

AT_JUNCTION_M = 0.01
"""This close to the end of its section a place is at the junction, and no one-way keeps anybody there."""


@dataclass(frozen=True, slots=True)
class Doors:
    """Ways out of places into the graph, and from the graph into places.

    Column 0 is the side of the section's tail, 1 that of its head.

    Attributes
    ----------
    section, segment, along_m
        (n,) where the places are; section −1 is nowhere.
    exit_node, entry_node
        (n, 2) int32, −1 where one may not drive.
    exit_seconds, exit_metres, entry_seconds, entry_metres
        (n, 2) float64, between the place and that node.
    """

    section: Ints
    segment: Ints
    along_m: Floats
    exit_node: Ints
    exit_seconds: Floats
    exit_metres: Floats
    entry_node: Ints
    entry_seconds: Floats
    entry_metres: Floats

    def rows(self, which: slice | npt.NDArray[np.int64]) -> Doors:
        """Some of the places."""
        return Doors(*(getattr(self, name)[which] for name in self.__slots__))


def doors(graph: RoadGraph, places: Snapped, closed: Flags | None) -> Doors:
    """Find the ways in and out of places on roads.

    A closed segment between the place, or under it, and the end of its section blocks that side.
    """
    is_there = places.section != NOWHERE
    section = np.where(is_there, places.section, 0)
    metres = graph.section_metres[section]
    to_tail_m, to_head_m = places.along_m, np.maximum(0.0, metres - places.along_m)
    distance = np.column_stack([to_tail_m, to_head_m])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(metres[:, None] > 0, distance / metres[:, None], 0.0)
        forward, backward = graph.section_seconds[section].T
        leaving = np.column_stack([backward, forward]) * share
        entering = np.column_stack([forward, backward]) * share
    at_junction = distance <= AT_JUNCTION_M
    leaving[at_junction] = entering[at_junction] = 0.0
    node = np.column_stack([graph.section_tail[section], graph.section_head[section]])
    blocked = _blocked(graph, places, section, closed) | ~is_there[:, None]
    may_leave, may_enter = np.isfinite(leaving) & ~blocked, np.isfinite(entering) & ~blocked
    return Doors(
        places.section,
        places.segment,
        places.along_m,
        np.where(may_leave, node, NOWHERE).astype(np.int32),
        leaving,
        distance,
        np.where(may_enter, node, NOWHERE).astype(np.int32),
        entering,
        distance,
    )


def along_one_section(
    graph: RoadGraph, sources: Doors, targets: Doors, closed: Flags | None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats, Floats]:
    """Find the pairs on one section that are driven without leaving it.

    Returns
    -------
    row, column, seconds, metres
        (k,) each: from source to target.
    """
    row, column = _pairs(sources.section, targets.section)
    section = sources.section[row]
    run = targets.along_m[column] - sources.along_m[row]
    share = np.abs(run) / np.maximum(graph.section_metres[section], 1e-9)
    with np.errstate(invalid="ignore"):
        seconds = (
            np.where(run >= 0, graph.section_seconds[section, 0], graph.section_seconds[section, 1]) * share
        )
    seconds[run == 0] = 0.0
    is_open = np.isfinite(seconds)
    if closed is not None:
        first = np.minimum(sources.segment[row], targets.segment[column])
        last = np.maximum(sources.segment[row], targets.segment[column])
        count = np.concatenate([[0], np.cumsum(closed)])
        is_open &= count[last + 1] == count[first]
    return row[is_open], column[is_open], seconds[is_open], np.abs(run)[is_open]


def _pairs(left: Ints, right: Ints) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """All i, j with the same section, which must be one."""
    order = np.argsort(right, kind="stable")
    begin = np.searchsorted(right[order], left, "left")
    count = np.searchsorted(right[order], left, "right") - begin
    count[left == NOWHERE] = 0
    row = np.repeat(np.arange(len(left)), count)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    return row, order[begin[row] + offset]


def _blocked(graph: RoadGraph, places: Snapped, section: Ints, closed: Flags | None) -> Flags:
    """Whether something closed lies towards the tail and the head, (n, 2)."""
    if closed is None or not closed.any():
        return np.zeros((len(places), 2), dtype=np.bool_)
    count = np.concatenate([[0], np.cumsum(closed)])
    segment = np.maximum(places.segment, 0)
    first = graph.section_points[section] - section
    end = graph.section_points[section + 1] - section - 1
    return np.column_stack([count[segment + 1] > count[first], count[end] > count[segment]])
