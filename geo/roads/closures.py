"""Roads that cannot be driven today: a mask over segments, so that nothing is built anew."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.crs import to_metres
from geo.errors import GeoError
from geo.roads.graph import Flags, RoadGraph

STREET_WIDTH_M = 10.0
"""Reach of a line or a point that comes without a radius: the street it is drawn on, not the next one."""


def closed_segments(
    graph: RoadGraph, areas: Sequence[BaseGeometry], *, radius_m: float = STREET_WIDTH_M
) -> Flags:
    """Mark the segments that areas touch.

    Parameters
    ----------
    graph
        The network.
    areas
        Polygons, lines or points in EPSG:4326 (longitude, latitude), or collections of them; may be empty.
    radius_m
        How far lines and points reach to all sides, ≥ 0. Polygons are taken as they are drawn.

    Returns
    -------
    (m,) bool, one entry a segment: a straight bit of road, so that the rest of a street stays open.

    Raises
    ------
    GeoError
        When an area has coordinates that are not on the globe, or the radius is negative.
    """
    closed = np.zeros(len(graph.segment_section), dtype=np.bool_)
    if not 0.0 <= radius_m < np.inf:
        raise GeoError(f"a closure reaches 0 m or more, not {radius_m}")
    if not len(areas):
        return closed
    point = np.arange(len(closed)) + graph.segment_section
    start, end = graph.points_m[point], graph.points_m[point + 1]
    low, high = np.minimum(start, end), np.maximum(start, end)
    for number, area in enumerate(areas):
        shape = _in_metres(graph, area, radius_m, number)
        if shape is None or shape.is_empty:
            continue
        west, south, east, north = shape.bounds
        near = np.flatnonzero(
            (low[:, 0] <= east)
            & (high[:, 0] >= west)
            & (low[:, 1] <= north)
            & (high[:, 1] >= south)
            & ~closed
        )
        shapely.prepare(shape)
        lines = shapely.linestrings(np.stack([start[near], end[near]], axis=1))
        closed[near[shapely.intersects(shape, lines)]] = True
    return closed


def closure_key(closed: Flags | None) -> str:
    """A short text that is equal for equal closures; "open" when nothing is closed."""
    if closed is None or not closed.any():
        return "open"
    return hashlib.blake2b(np.packbits(closed).tobytes(), digest_size=16).hexdigest()


def closed_arcs(graph: RoadGraph, closed: Flags | None) -> Flags:
    """Mark the arcs that cannot be driven from end to end; (arcs,) bool."""
    if closed is None:
        return np.zeros(len(graph.arc_head), dtype=np.bool_)
    section_is_closed = np.zeros(len(graph.section_tail), dtype=np.bool_)
    section_is_closed[graph.segment_section[closed]] = True
    return section_is_closed[graph.arc_section]


def _in_metres(graph: RoadGraph, area: BaseGeometry, radius_m: float, number: int) -> BaseGeometry | None:
    """The area in the graph's CRS; None when it lies nowhere near."""
    if area.is_empty:
        return None
    west, south, east, north = graph.summary.bounds
    if not np.isfinite(area.bounds).all():
        raise GeoError(f"closure {number}: has coordinates that are no numbers")
    if area.bounds[0] < -180 or area.bounds[2] > 180 or area.bounds[1] < -90 or area.bounds[3] > 90:
        raise GeoError(f"closure {number}: is not on the globe (longitude, latitude)")
    nearby = shapely.box(west - 0.5, south - 0.5, east + 0.5, north + 0.5)
    area = shapely.intersection(shapely.make_valid(area), nearby)
    if area.is_empty:
        return None
    shape = shapely.transform(
        shapely.force_2d(area), lambda xy: np.column_stack(to_metres(xy[:, 0], xy[:, 1], graph.crs))
    )
    parts = [
        part if shapely.get_dimensions(part) == 2 else shapely.buffer(part, radius_m)
        for part in shapely.get_parts(shape)
    ]
    return shapely.union_all(parts)
