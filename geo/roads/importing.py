"""From a map extract to a road graph on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.crs import projected_crs, to_metres
from geo.errors import GeoError, RoadFileError, RoadSourceError
from geo.roads.elimination import elimination_order, shortcuts
from geo.roads.extracts import Report, Ways, read_ways
from geo.roads.graph import RoadGraph, RoadSummary, graph_from
from geo.roads.graph_file import Arrays, write_graph_file
from geo.roads.grid_index import index_segments
from geo.roads.near_lists import near_lists
from geo.roads.pieces import Pieces, largest_connected, pieces_of
from geo.roads.sections import LEAST_SECONDS, WGS84, Sections, join_pieces
from geo.roads.speeds import SpeedTable, read_speeds


def import_roads(
    source: Path, target: Path, *, speeds: SpeedTable | None = None, on_progress: Report | None = None
) -> RoadSummary:
    """Make a road graph of a map extract.

    Parameters
    ----------
    source
        .osm.pbf, .osm, .osm.gz or .osm.bz2; or Overpass JSON, .json or .json.gz.
    target
        File to write. It is replaced in one move when all is done; until then, and after any fault, the old
        one stays.
    speeds
        Table of speeds; by default the one that comes along.
    on_progress
        Told the stage (ways, places, junctions, file) and the share of it that is done, 0 to 1.

    Returns
    -------
    What the graph holds.

    Raises
    ------
    RoadSourceError
        When the extract is missing, empty, damaged, or holds no connected roads; the message names it.
    RoadFileError
        When the target cannot be written.
    """
    report: Report = on_progress or (lambda _stage, _share: None)
    if not target.parent.is_dir():
        raise RoadFileError(f"{target}: the folder for the road graph does not exist")
    table = read_speeds() if speeds is None else speeds
    arrays, summary = graph_arrays(read_ways(source, table, report), table, source.name, report)
    report("file", 0.0)
    key = write_graph_file(target, arrays, summary)
    report("file", 1.0)
    return graph_from(arrays, {**summary, "key": key}).summary


def graph_in_memory(ways: Ways, table: SpeedTable, source: str) -> RoadGraph:
    """Make a graph of ways without writing it down; its key is the source's name."""
    arrays, summary = graph_arrays(ways, table, source, lambda _stage, _share: None)
    return graph_from(arrays, {**summary, "key": source})


def graph_arrays(ways: Ways, table: SpeedTable, source: str, report: Report) -> tuple[Arrays, dict[str, Any]]:
    """Turn ways into a graph's arrays, and its summary without the key.

    Raises
    ------
    RoadSourceError
        When no road leads from anywhere to anywhere and back.
    """
    report("junctions", 0.0)
    pieces = pieces_of(ways)
    kept = largest_connected(pieces, ways)
    if not kept.any():
        raise RoadSourceError(f"{source}: no two places in it are connected by roads in both directions")
    report("junctions", 0.3)
    sections = join_pieces(pieces, ways, kept)
    report("junctions", 0.6)
    arrays = _section_arrays(sections, ways)
    _order_nodes(arrays)
    report("junctions", 0.8)
    try:
        crs = projected_crs(sections.node_lon, sections.node_lat)
        arrays["points_m"] = np.column_stack(to_metres(sections.lon, sections.lat, crs))
    except GeoError as error:
        raise RoadSourceError(f"{source}: {error}") from error
    cells = _add_index(arrays)
    _add_arcs(arrays, len(sections.node_lon))
    _add_names(arrays, ways.names)
    report("junctions", 1.0)
    summary = {
        "source": source,
        "as_of": ways.as_of,
        "nodes": len(sections.node_lon),
        "sections": len(sections.tail),
        "segments": len(arrays["segment_section"]),
        "road_km": round(float(arrays["section_metres"].sum()) / 1000.0, 3),
        "left_out_km": round(_metres(pieces, ~kept) / 1000.0, 3),
        "missing_nodes": pieces.missing_nodes,
        "bounds": [
            float(value)
            for value in (sections.lon.min(), sections.lat.min(), sections.lon.max(), sections.lat.max())
        ],
        "epsg": int(crs.to_epsg() or 0),
        "classes": list(table.classes),
        **cells,
    }
    return arrays, summary


def _section_arrays(sections: Sections, ways: Ways) -> Arrays:
    metres = sections.along_m[sections.point_starts[1:] - 1]
    forward, backward = ways.forward_kmh[sections.way], ways.backward_kmh[sections.way]
    kmh = np.column_stack([forward, backward])
    kmh[sections.runs_against] = kmh[sections.runs_against, ::-1]
    seconds = np.full(kmh.shape, np.inf)
    np.divide(metres[:, None] * 3.6, kmh, out=seconds, where=kmh > 0)
    seconds = np.maximum(LEAST_SECONDS, seconds)
    count = np.diff(sections.point_starts)
    return {
        "nodes": np.column_stack([sections.node_lon, sections.node_lat]),
        "section_tail": sections.tail.astype(np.int32),
        "section_head": sections.head.astype(np.int32),
        "section_points": sections.point_starts.astype(np.int32),
        "section_seconds": seconds,
        "section_metres": metres,
        "section_class": ways.highway[sections.way].astype(np.uint8),
        "section_name": ways.name[sections.way].astype(np.int32),
        "section_is_roundabout": ways.is_roundabout[sections.way],
        "points": np.column_stack([sections.lon, sections.lat]),
        "points_along_m": sections.along_m,
        "segment_section": np.repeat(np.arange(len(count), dtype=np.int32), count - 1),
    }


def _order_nodes(arrays: Arrays) -> None:
    """Number nodes in the order in which the hierarchy takes them out, and add its shortcuts."""
    nodes = arrays["nodes"]
    rank = elimination_order(arrays["section_tail"], arrays["section_head"], len(nodes))
    arrays["nodes"] = np.empty_like(nodes)
    arrays["nodes"][rank] = nodes
    for ends in ("section_tail", "section_head"):
        arrays[ends] = rank[arrays[ends]]
    arrays["shortcut_starts"], arrays["shortcut_heads"] = shortcuts(
        arrays["section_tail"], arrays["section_head"], len(nodes)
    )


def _add_index(arrays: Arrays) -> dict[str, list[float | int]]:
    index = index_segments(arrays["points_m"], arrays["segment_section"])
    arrays["grid_starts"], arrays["grid_segments"] = index.starts, index.segments
    near = near_lists(index)
    arrays["near_starts"], arrays["near_points"] = near.starts, near.points
    return {"grid": list(index.cells), "squares": list(near.squares)}


def _add_arcs(arrays: Arrays, node_count: int) -> None:
    tail, head = arrays["section_tail"], arrays["section_head"]
    seconds = arrays["section_seconds"]
    section = np.arange(len(tail), dtype=np.int32)
    there, back = tail != head, (tail != head) & np.isfinite(seconds[:, 1])
    begin = np.concatenate([tail[there], head[back]])
    end = np.concatenate([head[there], tail[back]])
    section = np.concatenate([section[there], section[back]])
    is_forward = np.arange(len(section)) < np.count_nonzero(there)
    time = np.where(is_forward, seconds[section, 0], seconds[section, 1])
    order = np.lexsort((time, end, begin))
    starts = np.zeros(node_count + 1, dtype=np.int32)
    starts[1:] = np.cumsum(np.bincount(begin, minlength=node_count))
    arrays["arc_starts"] = starts
    arrays["arc_head"] = end[order].astype(np.int32)
    arrays["arc_section"] = section[order]
    arrays["arc_is_forward"] = is_forward[order]
    arrays["arc_seconds"] = time[order]
    arrays["arc_metres"] = arrays["section_metres"][section[order]]


def _add_names(arrays: Arrays, names: list[str]) -> None:
    """Keep the names that are in use, as one text."""
    used, place = np.unique(np.append(0, arrays["section_name"]), return_inverse=True)
    arrays["section_name"] = place[1:].astype(np.int32)
    words = [names[k].encode() for k in used]
    arrays["name_starts"] = np.cumsum([0, *(len(word) for word in words)]).astype(np.int32)
    arrays["names"] = np.frombuffer(b"".join(words), dtype=np.uint8)


def _metres(pieces: Pieces, which: npt.NDArray[np.bool_]) -> float:
    tail, head = pieces.tail[which], pieces.head[which]
    if not len(tail):
        return 0.0
    lon, lat = pieces.lon, pieces.lat
    return float(WGS84.inv(lon[tail], lat[tail], lon[head], lat[head])[2].sum())
