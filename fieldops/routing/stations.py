"""Points on roads in equal steps: where what lies beside a road may be shown without telling where it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.roads.graph import RoadGraph
from geo.roads.snapping import snap


@dataclass(frozen=True)
class Station:
    """A point on a road, in degrees, and the road's name ("" where it has none)."""

    lon: float
    lat: float
    street: str


def stations_beside(
    graph: RoadGraph, places: Sequence[tuple[float, float]], every_m: float, reach_m: float
) -> list[Station | None]:
    """Return for each place (lon, lat) the station of the nearest road: every so many metres from where its
    section begins, and where it ends. None where no road is within reach.
    """
    snapped = snap(graph, np.array(places, dtype=np.float64).reshape(-1, 2))
    is_near = snapped.distance_m <= reach_m
    return [
        _station(graph, int(section), round(float(along_m) / every_m) * every_m) if is_one else None
        for section, along_m, is_one in zip(
            snapped.section.tolist(), snapped.along_m.tolist(), is_near.tolist(), strict=True
        )
    ]


def _station(graph: RoadGraph, section: int, along_m: float) -> Station:
    begin, end = int(graph.section_points[section]), int(graph.section_points[section + 1])
    measured = graph.points_along_m[begin:end]
    lon, lat = (float(np.interp(along_m, measured, graph.points[begin:end, axis])) for axis in (0, 1))
    return Station(lon, lat, graph.name_of(section))
