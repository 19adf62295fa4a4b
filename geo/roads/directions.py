"""The way from one place to another: its line on the map, and what to do at each turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from geo.roads.graph import Flags, Floats, RoadGraph

Turn: TypeAlias = Literal[
    "depart",
    "straight",
    "slight_left",
    "left",
    "sharp_left",
    "slight_right",
    "right",
    "sharp_right",
    "uturn",
    "roundabout",
    "arrive",
]


@dataclass(frozen=True, slots=True)
class Direction:
    """One step of the way.

    Attributes
    ----------
    turn
        What to do; words for it are the caller's.
    street
        The street it leads onto, "" when it has no name.
    distance_m
        How far to go on until the next step.
    lon_lat
        Where to do it.
    exit_number
        Of a roundabout: which exit to take, counted from 1; else None.
    duration_s
        How long until the next step.
    """

    turn: Turn
    street: str
    distance_m: float
    lon_lat: tuple[float, float]
    exit_number: int | None = None
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Directions:
    """A drive from start to end.

    Attributes
    ----------
    geometry
        (k, 2) longitude and latitude of the line driven, from road to road; k ≥ 2.
    distance_m, duration_s
        Of the drive, without the walks.
    steps
        Begins with depart, ends with arrive.
    walk_to_road_m, walk_from_road_m
        Straight distances between start and road, road and end.
    """

    geometry: Floats
    distance_m: float
    duration_s: float
    steps: tuple[Direction, ...]
    walk_to_road_m: float = 0.0
    walk_from_road_m: float = 0.0


def directions(
    graph: RoadGraph, start: tuple[float, float], end: tuple[float, float], *, closed: Flags | None = None
) -> Directions | None:
    """Find the fastest way; None when no open road leads from start to end.

    Parameters
    ----------
    graph
        The road network.
    start, end
        Longitude and latitude in degrees, EPSG:4326.
    closed
        (m,) bool, segments that cannot be driven, as `closed_segments` makes it.

    Raises
    ------
    GeoError
        When a coordinate is not on the globe.
    """
    raise NotImplementedError
