"""The way from one place to another: its line on the map, and what to do at each turn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from geo.roads.graph import Flags, Floats, RoadGraph
from geo.roads.parking import parking_places
from geo.roads.snapping import snap
from geo.roads.turns import angle_between, bearing_in, bearing_out, counts_as_bend, other_turns, turn_of
from geo.roads.ways import Stretch, fastest_way

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

ONE_MANOEUVRE_M = 30.0
"""Two turns closer than this are one: crossing the other carriageway, or turning back."""


@dataclass(frozen=True, slots=True)
class Direction:
    """One step of the way.

    Attributes
    ----------
    turn
        What to do; words for it are the caller's.
    street
        The street it leads onto, "" when it has no name.
    distance_m, duration_s
        How far and how long to go on until the next step.
    lon_lat
        Where to do it.
    exit_number
        Of a roundabout: which exit to take, counted from 1; None for anything else, or when the way ends in
        it.
    heading_deg
        When departing: where to, clockwise from north; else None.
    """

    turn: Turn
    street: str
    distance_m: float
    duration_s: float
    lon_lat: tuple[float, float]
    exit_number: int | None = None
    heading_deg: float | None = None


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
    """Find the fastest way; None when no open road leads from start to end, or one of them is unreachable.

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
    places = np.array([start, end], dtype=np.float64)
    parked = parking_places(graph, places, snap(graph, places), closed)
    if parked.is_unreachable.any():
        return None
    way = fastest_way(graph, parked.rows(slice(0, 1)), parked.rows(slice(1, 2)), closed)
    if way is None:
        return None
    spots = [(float(lon), float(lat)) for lon, lat in parked.lon_lat]
    return Directions(
        _line(way, spots),
        float(sum(stretch.metres for stretch in way)),
        float(sum(stretch.seconds for stretch in way)),
        tuple(_steps(graph, way, spots[0], spots[1])),
        float(parked.distance_m[0]),
        float(parked.distance_m[1]),
    )


def _line(way: list[Stretch], spots: list[tuple[float, float]]) -> Floats:
    if not way:
        return np.array(spots)
    parts = [way[0].lon_lat, *(stretch.lon_lat[1:] for stretch in way[1:])]
    return np.concatenate(parts)


@dataclass(slots=True)
class _Step:
    """A step while it is still growing."""

    turn: Turn
    street: str
    angle: float
    lon_lat: tuple[float, float]
    metres: float = 0.0
    seconds: float = 0.0
    exit_number: int | None = None

    def drive(self, stretch: Stretch) -> None:
        self.metres += stretch.metres
        self.seconds += stretch.seconds


def _steps(
    graph: RoadGraph, way: list[Stretch], start: tuple[float, float], end: tuple[float, float]
) -> list[Direction]:
    if not way:
        return [
            Direction("depart", "", 0.0, 0.0, start, None, None),
            Direction("arrive", "", 0.0, 0.0, end),
        ]
    steps = [_Step("depart", graph.name_of(way[0].section), 0.0, start)]
    steps[0].drive(way[0])
    for number in range(1, len(way)):
        step = _step_at(graph, way, number, steps[-1])
        if step is not None:
            steps.append(step)
        steps[-1].drive(way[number])
    steps = _as_one_manoeuvre(steps)
    told = [
        Direction(step.turn, step.street, step.metres, step.seconds, step.lon_lat, step.exit_number)
        for step in steps
    ]
    heading_deg = float(np.degrees(bearing_out(way[0].xy_m)))
    told[0] = replace(told[0], heading_deg=round(heading_deg) % 360.0)
    return [*told, Direction("arrive", steps[-1].street, 0.0, 0.0, end)]


def _step_at(graph: RoadGraph, way: list[Stretch], number: int, last: _Step) -> _Step | None:
    """What to tell where stretch `number` begins; None: just drive on."""
    before, after = way[number - 1], way[number]
    here = (float(after.lon_lat[0, 0]), float(after.lon_lat[0, 1]))
    was_in, is_in = (bool(graph.section_is_roundabout[part.section]) for part in (before, after))
    if is_in:
        return None if was_in else _enter_roundabout(graph, way, number, here)
    if was_in and last.turn == "roundabout":
        return None  # told where it was entered
    street = graph.name_of(after.section)
    angle = angle_between(bearing_in(before.xy_m), bearing_out(after.xy_m))
    others = other_turns(graph, before, after)
    turn = turn_of(angle)
    if street in (last.street, ""):
        # On the same street, or on one without a name, only a turn that one might miss is worth a word.
        return _Step(turn, street, angle, here) if counts_as_bend(angle, others) else None
    if not len(others) or (not last.street and turn == "straight" and last.turn != "depart"):
        turn = "straight"
    return _Step(turn, street, angle, here)


def _enter_roundabout(graph: RoadGraph, way: list[Stretch], number: int, here: tuple[float, float]) -> _Step:
    """Count the exits from the entry to where the way leaves the ring."""
    leaving = number
    while leaving < len(way) and graph.section_is_roundabout[way[leaving].section]:
        leaving += 1
    if leaving == len(way):
        return _Step("roundabout", graph.name_of(way[number].section), 0.0, here)
    passed = sum(len(_ways_out(graph, stretch.node)) for stretch in way[number : leaving - 1])
    at_last = _ways_out(graph, way[leaving - 1].node)
    nearer = _nearer_exits(graph, way[leaving - 1], way[leaving], at_last)
    street = graph.name_of(way[leaving].section)
    angle = angle_between(bearing_in(way[number - 1].xy_m), bearing_out(way[leaving].xy_m))
    return _Step("roundabout", street, angle, here, exit_number=passed + nearer + 1)


def _ways_out(graph: RoadGraph, node: int) -> list[int]:
    """Arcs that leave a roundabout at one of its nodes."""
    arcs = range(int(graph.arc_starts[node]), int(graph.arc_starts[node + 1]))
    return [arc for arc in arcs if not graph.section_is_roundabout[graph.arc_section[arc]]]


def _nearer_exits(graph: RoadGraph, ring: Stretch, taken: Stretch, arcs: list[int]) -> int:
    """How many of the exits at one node come before the one that is taken, by the turn out of the ring."""
    into = bearing_in(ring.xy_m)
    own = abs(angle_between(into, bearing_out(taken.xy_m)))
    others = [arc for arc in arcs if int(graph.arc_section[arc]) != taken.section]
    angles = [abs(angle_between(into, bearing_out(_arc_line(graph, arc)))) for arc in others]
    return sum(angle > own for angle in angles)


def _arc_line(graph: RoadGraph, arc: int) -> Floats:
    section = int(graph.arc_section[arc])
    line = graph.points_m[graph.section_points[section] : graph.section_points[section + 1]]
    return line if graph.arc_is_forward[arc] else line[::-1]


def _as_one_manoeuvre(steps: list[_Step]) -> list[_Step]:
    """Put two turns to the same side into one when only a few metres of another road lie between them."""
    result = steps[:1]
    for step in steps[1:]:
        last = result[-1]
        is_short = last.metres < ONE_MANOEUVRE_M and last.street in ("", step.street)
        turns = last.turn not in ("depart", "roundabout") and step.turn != "roundabout"
        if is_short and turns and last.angle * step.angle >= 0.0:
            angle = last.angle + step.angle
            last.turn, last.street, last.angle = turn_of(angle), step.street, angle
            last.metres += step.metres
            last.seconds += step.seconds
        else:
            result.append(step)
    return result
