"""Everything that is asked of roads: travel times, ways, names, and how far a place is from any road."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from threading import Lock
from typing import Any, Final, Generic, TypeVar

import numpy as np
from pyproj import CRS

from fieldops.config import Settings
from fieldops.routing.drives import (
    NOTHING_CLOSED,
    Closures,
    Drives,
    Fault,
    Place,
    RoadState,
    Source,
    Turn,
    Way,
)
from fieldops.routing.road_file import RoadFile
from fieldops.routing.route_server import RouteServer, ServerFault, route_server_of
from fieldops.routing.stations import Station, stations_beside
from geo.clustering.road_ways import RoadWays
from geo.roads.closures import closed_segments
from geo.roads.directions import directions
from geo.roads.graph import RoadGraph
from geo.roads.matrix_cache import MatrixCache
from geo.roads.snapping import snap
from geo.roads.travel_times import affine_travel_times, road_travel_times

PATIENCE_S: Final = 2.0
"""How long a page, or people in the street, wait for a route server."""

LEAST_COVERED: Final = 0.5
"""An extract that lacks roads near half of the places is of another city."""

ELSEWHERE_DEG: Final = 0.1
"""So far outside the network's bounds nobody knows of roads: the extract is of another place."""

MATRICES: Final = 4
WAYS: Final = 4096
MASKS: Final = 64

T = TypeVar("T")


@dataclass(frozen=True)
class ClosedRoads:
    """What closures take: metres of road, their share of all roads, and the streets, the longest first."""

    metres: float
    share: float
    streets: tuple[str, ...]


class Roads:
    """The installation's roads.

    A route server comes first where one is set up and nothing is closed, since such servers know nothing of
    closures; then the road graph; then an estimate from the straight distance.
    """

    def __init__(self, file: RoadFile, server: RouteServer | None, matrices: MatrixCache) -> None:
        self.file = file
        self.server = server
        self._matrices = matrices
        self._ways: _Kept[Way | None] = _Kept(WAYS)
        self._masks: _Kept[Any] = _Kept(MASKS)
        self._on_foot: _Kept[RoadWays] = _Kept(1)

    def state(self) -> RoadState:
        """Return what is known of the road graph."""
        return self.file.state()

    # ------------------------------------------------------------ travel times

    def drives(
        self, places: Sequence[Place], closures: Closures = NOTHING_CLOSED, *, patience_s: float = PATIENCE_S
    ) -> Drives:
        """Return travel times between all places, from the best source that answers."""
        graph = self.file.graph()
        fault = None
        if self.server is not None and places:
            if closures.shapes and graph is not None:
                fault = Fault.SERVER_KNOWS_NO_CLOSURES
            else:
                try:
                    return self._asked(self.server, places, closures, patience_s)
                except ServerFault as error:
                    fault = error.fault
        if graph is not None:
            driven = self._over_roads(graph, places, closures, fault)
            if driven is not None:
                return driven
            fault = Fault.OUTSIDE
        return _estimate(places, fault or self.file.state().fault or Fault.NO_ROADS)

    def drives_again(
        self, places: Sequence[Place], closures: Closures, source: Source, key: str, *, patience_s: float
    ) -> Drives | None:
        """Return the travel times that were used before, None when they cannot be had any more: the road
        graph is another one by now, or the server does not answer.
        """
        if source is Source.ESTIMATE:
            return _estimate(places, None)
        if source is Source.SERVER:
            return self._asked_again(places, key, patience_s)
        graph = self.file.graph()
        if graph is None or graph.key != key:
            return None
        return self._over_roads(graph, places, closures, None)

    def _asked(
        self, server: RouteServer, places: Sequence[Place], closures: Closures, patience_s: float
    ) -> Drives:
        found = server.table(places, patience_s)
        at = np.array(places, dtype=np.float64).reshape(-1, 2)
        self._matrices.put(("server", server.key), at, found.durations_s, found.distances_m)
        return replace(found, fault=Fault.SERVER_KNOWS_NO_CLOSURES) if closures.shapes else found

    def _asked_again(self, places: Sequence[Place], key: str, patience_s: float) -> Drives | None:
        at = np.array(places, dtype=np.float64).reshape(-1, 2)
        known = self._matrices.get(("server", key), at)
        if known is not None:
            return Drives(*known, Source.SERVER, key=key)
        if self.server is None or self.server.key != key:
            return None
        try:
            return self._asked(self.server, places, NOTHING_CLOSED, patience_s)
        except ServerFault:
            return None

    def _over_roads(
        self, graph: RoadGraph, places: Sequence[Place], closures: Closures, fault: Fault | None
    ) -> Drives | None:
        """Return travel times over the graph, None where it covers another place."""
        at = np.array(places, dtype=np.float64).reshape(-1, 2)
        if len(at) and (~snap(graph, at).is_unreachable).mean() < LEAST_COVERED:
            return None
        found = road_travel_times(graph, at, closed=self._mask(graph, closures), cache=self._matrices)
        return Drives(
            found.durations_s,
            found.distances_m,
            Source.ROADS,
            key=graph.key,
            away_m=found.snapped.distance_m,
            fault=fault,
        )

    # ------------------------------------------------------------ ways

    def way(self, start: Place, end: Place, closures: Closures = NOTHING_CLOSED) -> Way | None:
        """Return the way from one place to another; None when no open road leads there. Where neither server
        nor graph helps, a straight line that says it is an estimate.
        """
        graph = self.file.graph()
        if self.server is not None and (not closures.shapes or graph is None):
            server = self.server
            try:
                return self._ways.get((server.url, start, end), lambda: server.way(start, end, PATIENCE_S))
            except ServerFault:
                pass
        if graph is not None and self._is_near(graph, start, end):
            key = (graph.key, closures.key, start, end)
            return self._ways.get(key, lambda: self._driven(graph, start, end, closures))
        return _straight(start, end)

    def ways(self, path: Sequence[Place], closures: Closures = NOTHING_CLOSED) -> list[Way | None]:
        """Return the ways between places that follow each other."""
        return [self.way(start, end, closures) for start, end in pairwise(path)]

    def drive_s(self, start: Place, end: Place, closures: Closures = NOTHING_CLOSED) -> int:
        """Return the seconds of one drive over the road graph, else estimated; no server is waited for."""
        graph = self.file.graph()
        found = None if graph is None else self._over_roads(graph, [start, end], closures, None)
        if found is None or found.durations_s[0, 1] < 0:
            found = _estimate([start, end], None)
        return int(found.durations_s[0, 1])

    def away_m(self, place: Place) -> float | None:
        """Return how far a place is from the nearest road, None when nobody knows."""
        graph = self.file.graph()
        if graph is None:
            return None
        west, south, east, north = graph.summary.bounds
        spare = ELSEWHERE_DEG
        if not (west - spare <= place[0] <= east + spare and south - spare <= place[1] <= north + spare):
            return None
        return float(snap(graph, np.array([place])).distance_m[0])

    def stations(self, places: Sequence[Place], every_m: float, reach_m: float) -> list[Station | None]:
        """Return for each place the point on the nearest road that may be shown in its stead; None where no
        road graph is in use, or none of its roads is within reach.
        """
        graph = self.file.graph()
        if graph is None:
            return [None] * len(places)
        return stations_beside(graph, places, every_m, reach_m)

    def on_foot(self, crs: CRS, bounds: tuple[float, float, float, float]) -> RoadWays | None:
        """Return ways on foot between positions in a projected CRS, None where no road graph is in use or it
        is of another place than `bounds` (west, south, east, north, degrees).
        """
        graph = self.file.graph()
        if graph is None:
            return None
        west, south, east, north = graph.summary.bounds
        if west > bounds[2] or east < bounds[0] or south > bounds[3] or north < bounds[1]:
            return None
        key = (graph.key, crs.to_wkt())
        return self._on_foot.get(key, lambda: RoadWays(graph, crs))

    @staticmethod
    def _is_near(graph: RoadGraph, *places: Place) -> bool:
        return not bool(snap(graph, np.array(places)).is_unreachable.all())

    def _driven(self, graph: RoadGraph, start: Place, end: Place, closures: Closures) -> Way | None:
        found = directions(graph, start, end, closed=self._mask(graph, closures))
        if found is None:
            return None
        return Way(
            tuple((float(lon), float(lat)) for lon, lat in found.geometry),
            found.distance_m,
            found.duration_s,
            Source.ROADS,
            tuple(
                Turn(step.turn, step.street, step.distance_m, step.exit_number, step.heading_deg)
                for step in found.steps
            ),
            walk_m=found.walk_from_road_m,
        )

    def _mask(self, graph: RoadGraph, closures: Closures) -> Any:
        if not closures.shapes:
            return None
        return self._masks.get((graph.key, closures.key), lambda: closed_segments(graph, closures.shapes))

    # ------------------------------------------------------------ what lies where

    def closed_roads(self, closures: Closures) -> ClosedRoads | None:
        """Return what closures take of the roads, None without a graph."""
        graph = self.file.graph()
        if graph is None:
            return None
        mask = self._mask(graph, closures)
        if mask is None:
            return ClosedRoads(0.0, 0.0, ())
        section = graph.segment_section[mask]
        point = np.flatnonzero(mask) + section
        length = graph.points_along_m[point + 1] - graph.points_along_m[point]
        per_name = np.bincount(graph.section_name[section], weights=length, minlength=len(graph.names))
        named = [graph.names[n] for n in np.argsort(-per_name, kind="stable") if per_name[n] and n]
        metres = float(length.sum())
        return ClosedRoads(metres, metres / (1000 * graph.summary.road_km), tuple(named))

    def street_lines(self, name: str) -> list[list[Place]]:
        """Return the sections of the street of this name as lines; capitals do not matter."""
        graph = self.file.graph()
        wanted = name.strip().casefold()
        if graph is None or not wanted:
            return []
        numbers = [n for n, held in enumerate(graph.names) if held.casefold() == wanted]
        sections = np.flatnonzero(np.isin(graph.section_name, numbers))
        return [[(float(x), float(y)) for x, y in graph.section_line(int(one))] for one in sections]

    def street_names(self) -> list[str]:
        """Return the names of all streets in the graph, in order."""
        graph = self.file.graph()
        return sorted({name for name in graph.names if name}, key=str.casefold) if graph else []

    def warm_up(self) -> None:
        """Load what the first question would wait for: the graph, and compiled code."""
        graph = self.file.graph()
        if graph is None:
            return
        middle = [(float(lon), float(lat)) for lon, lat in graph.points[:2]]
        self._over_roads(graph, middle, NOTHING_CLOSED, None)
        self._driven(graph, middle[0], middle[1], NOTHING_CLOSED)


def roads_of(settings: Settings) -> Roads:
    """Return the roads of an installation.

    Raises
    ------
    SetupError
        The route server's address is none.
    """
    matrices = MatrixCache(MATRICES, settings.instance_dir / "matrices")
    return Roads(RoadFile(settings.roads_path), route_server_of(settings), matrices)


def _estimate(places: Sequence[Place], fault: Fault | None) -> Drives:
    durations, distances = affine_travel_times(np.array(places, dtype=np.float64).reshape(-1, 2))
    return Drives(durations, distances, Source.ESTIMATE, fault=fault)


def _straight(start: Place, end: Place) -> Way:
    drives = _estimate([start, end], None)
    return Way(
        (start, end), float(drives.distances_m[0, 1]), float(drives.durations_s[0, 1]), Source.ESTIMATE
    )


class _Kept(Generic[T]):
    """The last few answers, for threads that ask the same."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._held: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        found = compute()
        with self._lock:
            self._held[key] = found
            while len(self._held) > self.capacity:
                self._held.popitem(last=False)
        return found
