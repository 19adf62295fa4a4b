"""The road graph: junctions, the sections of road between them, and everything that is known of those."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from geo.crs import projected_crs
from geo.errors import RoadFileError
from geo.roads.graph_file import Arrays, read_graph_file
from geo.roads.grid_index import Cells, SegmentIndex
from geo.roads.hierarchy import Hierarchy, weigh
from geo.roads.near_lists import NearLists
from geo.roads.shortest_paths import Network

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RoadSummary:
    """What a road graph was made from and what it holds.

    Attributes
    ----------
    key
        Hash of the content: equal keys give equal travel times.
    source
        Name of the extract.
    as_of
        Date of the map data as the extract writes it, or "".
    nodes, sections, segments
        Junctions; stretches between two junctions; straight bits of those.
    road_km
        Length of all sections, each counted once.
    left_out_km
        Length of drivable road that isn't connected to the rest, both ways, and was left out.
    missing_nodes
        Nodes that ways name and the extract lacks (roads end there).
    bounds
        West, south, east, north in degrees, WGS 84.
    epsg
        The projected CRS that distances to the road are measured in.
    classes
        Classes of road, as numbered in the graph.
    grid, squares
        Cells of the index of segments, and of the lists of near ones.
    """

    key: str
    source: str
    as_of: str
    nodes: int
    sections: int
    segments: int
    road_km: float
    left_out_km: float
    missing_nodes: int
    bounds: tuple[float, float, float, float]
    epsg: int
    classes: tuple[str, ...]
    grid: tuple[float, float, float, int, int]
    squares: tuple[float, float, float, int, int]


@dataclass(frozen=True)
class RoadGraph:
    """A road network in memory, or mapped from a file; nothing of it is ever changed.

    A *section* runs from one junction to the next, has one name, class and direction, and is driven at one
    speed. Where it is a one-way, it is drivable from tail to head. A *segment* is a straight bit between
    two of its points: segment k of section s starts at point k + s. An *arc* is a section driven one way.

    Attributes
    ----------
    summary
        Where it comes from and how large it is.
    nodes
        (n, 2) float64, longitude and latitude.
    section_tail, section_head
        (s,) int32, nodes.
    section_points
        (s + 1,) int32, where each section's points begin.
    section_seconds
        (s, 2) float64, tail to head and head to tail; infinite against a one-way.
    section_metres
        (s,) float64.
    section_class
        (s,) uint8, place in ``summary.classes``.
    section_name
        (s,) int32, place in `names`.
    section_is_roundabout
        (s,) bool.
    points
        (q, 2) float64, longitude and latitude.
    points_m
        (q, 2) float64, the same in the projected CRS.
    points_along_m
        (q,) float64, metres from the section's tail.
    segment_section
        (m,) int32.
    arc_starts, arc_head, arc_section, arc_is_forward, arc_seconds, arc_metres
        The arcs that leave each node, sorted by where they go to and how long they take; of sections that
        begin and end at one node there are none.
    grid_starts, grid_segments
        The index of segments.
    near_starts, near_points
        The segments that can be nearest, by square (`geo.roads.near_lists`).
    shortcut_starts, shortcut_heads
        The later nodes that each node is joined to (`geo.roads.elimination`), which is why nodes are numbered
        as they are.
    names
        Street names; the first is "".
    """

    summary: RoadSummary
    nodes: Floats
    section_tail: Ints
    section_head: Ints
    section_points: Ints
    section_seconds: Floats
    section_metres: Floats
    section_class: npt.NDArray[np.uint8]
    section_name: Ints
    section_is_roundabout: Flags
    points: Floats
    points_m: Floats
    points_along_m: Floats
    segment_section: Ints
    arc_starts: Ints
    arc_head: Ints
    arc_section: Ints
    arc_is_forward: Flags
    arc_seconds: Floats
    arc_metres: Floats
    grid_starts: Ints
    grid_segments: Ints
    near_starts: Ints
    near_points: Ints
    shortcut_starts: Ints
    shortcut_heads: Ints
    names: tuple[str, ...]

    @classmethod
    def open(cls, path: Path) -> RoadGraph:
        """Map a graph that `import_roads` wrote into memory.

        Raises
        ------
        RoadFileError
            When the file is missing, empty, cut off, damaged, or no road graph; the message names it.
        """
        arrays, summary = read_graph_file(path)
        try:
            return graph_from(arrays, summary)
        except (KeyError, TypeError, ValueError, UnicodeDecodeError) as error:
            raise RoadFileError(f"{path.name}: the road graph is damaged; import the roads again") from error

    @property
    def key(self) -> str:
        """Hash of the content."""
        return self.summary.key

    @cached_property
    def crs(self) -> CRS:
        """The projected CRS of `points_m`."""
        return projected_crs((), (), epsg=self.summary.epsg)

    @cached_property
    def index(self) -> SegmentIndex:
        """The index of segments."""
        cells = Cells(*self.summary.grid)
        return SegmentIndex(self.points_m, self.segment_section, cells, self.grid_starts, self.grid_segments)

    def network(self, is_closed: Flags | None = None) -> Network:
        """The arcs, (arcs,) closed ones marked, as compiled code takes them."""
        if is_closed is None:
            is_closed = np.zeros(len(self.arc_head), dtype=np.bool_)
        return Network(self.arc_starts, self.arc_head, self.arc_seconds, self.arc_metres, is_closed)

    @cached_property
    def open_hierarchy(self) -> Hierarchy:
        """The weighted shortcuts while nothing is closed."""
        return self.hierarchy(None)

    def hierarchy(self, is_closed: Flags | None) -> Hierarchy:
        """The shortcuts, weighted for the arcs that are open."""
        result: Hierarchy = weigh(self.shortcut_starts, self.shortcut_heads, self.network(is_closed))
        return result

    @cached_property
    def near(self) -> NearLists:
        """The segments that can be nearest, by square."""
        return NearLists(Cells(*self.summary.squares), self.near_starts, self.near_points)

    @cached_property
    def point_section(self) -> Ints:
        """The section of each point, (q,)."""
        sections = np.arange(len(self.section_tail), dtype=np.int32)
        return np.repeat(sections, np.diff(self.section_points))

    @cached_property
    def arc_tail(self) -> Ints:
        """Where each arc comes from, (arcs,)."""
        return np.repeat(np.arange(len(self.nodes), dtype=np.int32), np.diff(self.arc_starts))

    def section_line(self, section: int) -> Floats:
        """Points of a section from tail to head, (k, 2) longitude and latitude."""
        return self.points[self.section_points[section] : self.section_points[section + 1]]

    def name_of(self, section: int) -> str:
        """The street's name, "" when it has none."""
        return self.names[int(self.section_name[section])]

    def class_of(self, section: int) -> str:
        """The class of the road, as in ``highway=*``."""
        return self.summary.classes[int(self.section_class[section])]


def graph_from(arrays: Arrays, summary: dict[str, Any]) -> RoadGraph:
    """Make a graph of its arrays and its summary."""
    arrays = dict(arrays)
    starts, text = arrays.pop("name_starts"), arrays.pop("names").tobytes()
    names = tuple(text[a:b].decode() for a, b in pairwise(starts.tolist()))
    for key in ("bounds", "classes", "grid", "squares"):
        summary = {**summary, key: tuple(summary[key])}
    return RoadGraph(summary=RoadSummary(**summary), names=names, **arrays)
