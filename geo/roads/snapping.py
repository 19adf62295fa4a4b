"""From a place to the nearest point on a road."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.crs import checked_degrees, to_metres
from geo.roads.graph import Flags, Floats, Ints, RoadGraph
from geo.roads.grid_index import find_nearest
from geo.roads.near_lists import UNDECIDED, look_up

FAR_M = 150.0
"""Beyond, whoever placed the point should look again."""
UNREACHABLE_M = 1000.0
"""Beyond, no crew walks there."""
WALKING_KMH = 5.0
SEARCHED_DEG = 1.0
"""A place this far outside the network's bounds is not looked for."""
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Snapped:
    """Where places meet the road network; one entry a place.

    Attributes
    ----------
    segment
        (n,) int32; `NOWHERE` when the place lies out of all bounds, or no road is open.
    fraction
        (n,) float64, how far along the segment, 0 to 1.
    section
        (n,) int32, the section the segment belongs to.
    along_m
        (n,) float64, metres from the section's tail.
    lon_lat
        (n, 2) the point on the road; NaN where there is none.
    distance_m
        (n,) straight from the place to it; infinite where there is none.
    """

    segment: Ints
    fraction: Floats
    section: Ints
    along_m: Floats
    lon_lat: Floats
    distance_m: Floats

    def __len__(self) -> int:
        return len(self.segment)

    def rows(self, which: slice | npt.NDArray[np.int64]) -> Snapped:
        """Some of the places."""
        return Snapped(*(getattr(self, name)[which] for name in self.__slots__))

    @property
    def is_far(self) -> Flags:
        """Places more than 150 m from any road: to be looked at again."""
        return self.distance_m > FAR_M

    @property
    def is_unreachable(self) -> Flags:
        """Places more than 1,000 m from any road: nobody walks there."""
        return self.distance_m > UNREACHABLE_M

    @property
    def walk_s(self) -> Floats:
        """Seconds of walking between road and place; infinite where it is unreachable."""
        return np.where(self.is_unreachable, np.inf, self.distance_m * 3.6 / WALKING_KMH)


def snap(graph: RoadGraph, lon_lat: npt.ArrayLike, *, left_out: Flags | None = None) -> Snapped:
    """Find the nearest point on a road for each place.

    Parameters
    ----------
    graph
        The network.
    lon_lat
        (n, 2) longitude and latitude in degrees, EPSG:4326; may be empty.
    left_out
        (m,) bool, segments not to consider. Closures are none of them: a place on a flooded street stays
        there.

    Raises
    ------
    GeoError
        When a coordinate is not on the globe; the message names its row (from 0).

    Notes
    -----
    Distances are measured in the graph's projected CRS. Of equally near segments the lowest wins.
    """
    places = np.asarray(lon_lat, dtype=np.float64).reshape(-1, 2)
    lon, lat = checked_degrees(places[:, 0], places[:, 1])
    west, south, east, north = graph.summary.bounds
    near = (lon > west - SEARCHED_DEG) & (lon < east + SEARCHED_DEG)
    near &= (lat > south - SEARCHED_DEG) & (lat < north + SEARCHED_DEG)
    segment = np.full(len(places), NOWHERE, dtype=np.int32)
    fraction, distance = np.zeros(len(places)), np.full(len(places), np.inf)
    segment[near], fraction[near], distance[near] = nearest_segments(
        graph, np.column_stack(to_metres(lon[near], lat[near], graph.crs)), left_out
    )
    return _on_the_road(graph, segment, fraction, distance)


def nearest_segments(
    graph: RoadGraph, xy_m: Floats, left_out: Flags | None = None
) -> tuple[Ints, Floats, Floats]:
    """Find the nearest segment of each place in the graph's projected CRS, (n, 2).

    Returns
    -------
    segment, fraction, distance_m
        (n,) each; −1 and infinite where all segments are left out.
    """
    xy_m = np.ascontiguousarray(xy_m)
    if left_out is not None:
        searched: tuple[Ints, Floats, Floats] = find_nearest(xy_m, graph.index, left_out)
        return searched
    point, fraction, distance, _ = look_up(xy_m, graph.points_m, graph.near)
    is_open = point == UNDECIDED
    point[is_open] = 0
    segment: Ints = point - graph.point_section[point]
    if is_open.any():
        rest = find_nearest(xy_m[is_open], graph.index, np.empty(0, dtype=np.bool_))
        segment[is_open], fraction[is_open], distance[is_open] = rest
    return segment, fraction, distance


def _on_the_road(graph: RoadGraph, segment: Ints, fraction: Floats, distance: Floats) -> Snapped:
    is_found = segment != NOWHERE
    at = np.where(is_found, segment, 0)
    section = graph.segment_section[at]
    point = at + section
    along = _between(graph.points_along_m, point, fraction)
    lon_lat = np.column_stack([_between(graph.points[:, axis], point, fraction) for axis in (0, 1)])
    lon_lat[~is_found] = np.nan
    return Snapped(
        segment, fraction, np.where(is_found, section, NOWHERE).astype(np.int32), along, lon_lat, distance
    )


def _between(values: Floats, point: Ints, fraction: Floats) -> Floats:
    result: Floats = values[point] + fraction * (values[point + 1] - values[point])
    return result
