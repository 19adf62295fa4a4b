"""Angles between streets, and what a driver would call them."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from geo.roads.graph import Floats, RoadGraph
from geo.roads.ways import Stretch

LOOK_M = 15.0
"""How far before and behind a junction a street's direction is taken: drawn lines wiggle close to it."""
STRAIGHT_DEG, SLIGHT_DEG, SHARP_DEG, BACK_DEG = 20.0, 50.0, 125.0, 165.0

Side = Literal[
    "straight", "slight_left", "left", "sharp_left", "slight_right", "right", "sharp_right", "uturn"
]


def bearing_out(line_m: Floats) -> float:
    """Direction in which a line sets out, radians clockwise from north; (k, 2) metres."""
    return _bearing(line_m[0], _point_along(line_m, LOOK_M))


def bearing_in(line_m: Floats) -> float:
    """Direction in which a line arrives, radians clockwise from north; (k, 2) metres."""
    return _bearing(_point_along(line_m[::-1], LOOK_M), line_m[-1])


def angle_between(into: float, out: float) -> float:
    """Turn from one bearing to another in degrees, −180 to 180: to the right above 0."""
    return float(np.degrees((out - into + np.pi) % (2 * np.pi) - np.pi))


def turn_of(angle_deg: float) -> Side:
    """What a driver calls a turn of so many degrees, to the right above 0."""
    size = abs(angle_deg)
    if size <= STRAIGHT_DEG:
        return "straight"
    if size > BACK_DEG:
        return "uturn"
    is_right = angle_deg > 0
    if size <= SLIGHT_DEG:
        return "slight_right" if is_right else "slight_left"
    if size <= SHARP_DEG:
        return "right" if is_right else "left"
    return "sharp_right" if is_right else "sharp_left"


def other_turns(graph: RoadGraph, before: Stretch, after: Stretch) -> Floats:
    """Angles of the other ways on, where one stretch ends and the next begins; degrees."""
    node, into = before.node, bearing_in(before.xy_m)
    angles = []
    for arc in range(int(graph.arc_starts[node]), int(graph.arc_starts[node + 1])):
        section = int(graph.arc_section[arc])
        if section in (before.section, after.section):
            continue
        line = graph.points_m[graph.section_points[section] : graph.section_points[section + 1]]
        out = bearing_out(line if graph.arc_is_forward[arc] else line[::-1])
        angles.append(angle_between(into, out))
    return np.array(angles)


def counts_as_bend(angle_deg: float, others: Floats) -> bool:
    """Whether a driver who stays on the street might go wrong: where another way is no less straight."""
    if not len(others) or abs(angle_deg) <= STRAIGHT_DEG:
        return False
    return abs(angle_deg) > SLIGHT_DEG or bool((np.abs(others) <= abs(angle_deg)).any())


def _bearing(start: npt.NDArray[np.float64], end: npt.NDArray[np.float64]) -> float:
    east, north = end - start
    return float(np.arctan2(east, north))


def _point_along(line_m: Floats, metres: float) -> npt.NDArray[np.float64]:
    """The point so far along a line, or its end."""
    run = np.hypot(*np.diff(line_m, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(run)])
    return np.array([np.interp(metres, at, line_m[:, axis]) for axis in (0, 1)])
