"""Drivable ways out of an OpenStreetMap extract: .osm.pbf, .osm and .osm.gz, or Overpass JSON."""

from __future__ import annotations

import gzip
import json
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import osmium

from geo.errors import RoadSourceError
from geo.roads.driving_rules import rules_for
from geo.roads.speeds import SpeedTable

Report = Callable[[str, float], None]
OSM_ENDINGS = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
JSON_ENDINGS = (".json", ".json.gz")
COORDINATE_STEPS = 10_000_000
"""Of a degree, in which OpenStreetMap counts."""
BYTES_PER_WAY = 250.0
"""Of a .pbf, roughly; only the progress bar believes in it."""

CAR_BARRIERS = frozenset(
    {"bollard", "block", "jersey_barrier", "cycle_barrier", "motorcycle_barrier", "log", "debris", "chain"}
)
"""Values of ``barrier=*`` on a node that stop a car unless an access tag says otherwise."""
OPEN_TO_CARS = frozenset({"yes", "permissive", "designated", "destination", "official"})
MOTOR_TAGS = ("motorcar", "motor_vehicle", "vehicle", "access")


@dataclass(slots=True)
class Ways:
    """Drivable ways and where their nodes lie.

    Attributes
    ----------
    node_ids
        (k,) int64, the nodes of all ways, one way after the other.
    starts
        (w + 1,) int64, where each way begins in it.
    highway, name
        (w,) int64: the class's place in the speed table, the name's place in `names`.
    forward_kmh, backward_kmh
        (w,) float64, in the order of its nodes and against it; 0: not that way. Forward is above 0.
    is_roundabout
        (w,) bool.
    names
        Each name once; the first is "".
    known_ids, lon, lat
        (n,) nodes whose place the extract holds, sorted by id; degrees, WGS 84.
    barrier_ids
        Nodes that no car passes.
    as_of
        Date of the data, as the extract writes it, or "".
    """

    node_ids: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    highway: npt.NDArray[np.int64]
    name: npt.NDArray[np.int64]
    forward_kmh: npt.NDArray[np.float64]
    backward_kmh: npt.NDArray[np.float64]
    is_roundabout: npt.NDArray[np.bool_]
    names: list[str]
    known_ids: npt.NDArray[np.int64]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    barrier_ids: npt.NDArray[np.int64]
    as_of: str = ""


def read_ways(source: Path, table: SpeedTable, report: Report) -> Ways:
    """Read the drivable ways of an extract.

    Parameters
    ----------
    source
        The extract; its name's ending says what it is.
    table
        Which classes are drivable, and how fast.
    report
        Told the stage and its share done, 0 to 1.

    Raises
    ------
    RoadSourceError
        When the file is missing, empty, damaged, of an unknown kind, or holds no drivable way.
    """
    if not source.is_file():
        raise RoadSourceError(f"{source.name}: there is no such file")
    size = source.stat().st_size
    if size == 0:
        raise RoadSourceError(f"{source.name}: the file is empty")
    name = source.name.lower()
    if name.endswith(JSON_ENDINGS):
        ways = _read_overpass(source, table, report)
    elif name.endswith(OSM_ENDINGS):
        ways = _read_osm(source, size, table, report)
    else:
        raise RoadSourceError(
            f"{source.name}: an extract is a file ending in {', '.join(OSM_ENDINGS + JSON_ENDINGS)}"
        )
    if len(ways.starts) < 2:
        raise RoadSourceError(f"{source.name}: holds no road that the crews may drive on")
    if not len(ways.known_ids):
        raise RoadSourceError(f"{source.name}: holds roads, but not where they run (no nodes)")
    return ways


@dataclass(slots=True)
class _Collection:
    """Ways as they come in."""

    table: SpeedTable
    node_ids: array[int] = field(default_factory=lambda: array("q"))
    starts: array[int] = field(default_factory=lambda: array("q", [0]))
    highway: array[int] = field(default_factory=lambda: array("q"))
    name: array[int] = field(default_factory=lambda: array("q"))
    forward_kmh: array[float] = field(default_factory=lambda: array("d"))
    backward_kmh: array[float] = field(default_factory=lambda: array("d"))
    is_roundabout: array[int] = field(default_factory=lambda: array("b"))
    names: dict[str, int] = field(default_factory=lambda: {"": 0})
    driving: Callable[[Callable[[str], str | None]], Any] = field(init=False)
    class_at: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.driving = rules_for(self.table)
        self.class_at = {highway: place for place, highway in enumerate(self.table.classes)}

    def add(self, tag: Callable[[str], str | None], nodes: Callable[[], Iterable[int]]) -> None:
        """Take a way in, if a car may use it."""
        driving = self.driving(tag)
        if driving is None:
            return
        against = driving.forward_kmh == 0
        self.node_ids.extend(list(nodes())[:: -1 if against else 1])  # one-ways run as they are driven
        self.starts.append(len(self.node_ids))
        self.highway.append(self.class_at[driving.highway])
        name = " ".join((tag("name") or tag("ref") or "").split())
        self.name.append(self.names.setdefault(name, len(self.names)))
        self.forward_kmh.append(driving.backward_kmh if against else driving.forward_kmh)
        self.backward_kmh.append(0.0 if against else driving.backward_kmh)
        self.is_roundabout.append(driving.is_roundabout)

    def finish(self, places: dict[str, array[Any]], barriers: Iterable[int], as_of: str) -> Ways:
        """Turn what came in into arrays."""
        ids, first = np.unique(_column(places["id"], np.int64), return_index=True)
        return Ways(
            _column(self.node_ids, np.int64),
            _column(self.starts, np.int64),
            _column(self.highway, np.int64),
            _column(self.name, np.int64),
            _column(self.forward_kmh, np.float64),
            _column(self.backward_kmh, np.float64),
            _column(self.is_roundabout, np.int8).astype(np.bool_),
            list(self.names),
            ids,
            _column(places["lon"], np.float64)[first],
            _column(places["lat"], np.float64)[first],
            np.array(sorted(barriers), dtype=np.int64),
            as_of,
        )


def _column(values: array[Any], dtype: type) -> npt.NDArray[Any]:
    return np.array(values, dtype=dtype)


def _stops_cars(tag: Callable[[str], str | None]) -> bool:
    for key in MOTOR_TAGS:
        if tag(key) is not None:
            return tag(key) not in OPEN_TO_CARS
    return tag("barrier") in CAR_BARRIERS


# ---------------------------------------------------------------- OSM files, read by osmium


def _read_osm(source: Path, size: int, table: SpeedTable, report: Report) -> Ways:
    """Two passes, so that neither the order of the file nor nodes that are missing matter."""
    collection = _Collection(table)
    expected = max(1.0, size / BYTES_PER_WAY)
    try:
        for count, way in enumerate(_osm(source, osmium.osm.WAY, osmium.filter.KeyFilter("highway"))):
            tags = {tag.k: tag.v for tag in way.tags}
            collection.add(tags.get, lambda way=way: [node.ref for node in way.nodes])  # type: ignore[misc]
            if count % 1000 == 0:
                report("ways", min(0.99, count / expected))
        report("ways", 1.0)
        places, barriers = _osm_places(source, collection.node_ids, report)
        as_of = _as_of(source)
    except (RuntimeError, ValueError, OSError) as error:
        raise RoadSourceError(f"{source.name}: is damaged or no OpenStreetMap file: {error}") from error
    return collection.finish(places, barriers, as_of)


def _osm(source: Path, kind: Any, *filters: Any) -> Iterator[Any]:
    processor = osmium.FileProcessor(source, kind)
    for wanted in filters:
        processor = processor.with_filter(wanted)
    return iter(processor)


def _osm_places(source: Path, node_ids: array[int], report: Report) -> tuple[dict[str, array[Any]], set[int]]:
    wanted = np.unique(_column(node_ids, np.int64))
    places: dict[str, array[Any]] = {"id": array("q"), "lon": array("d"), "lat": array("d")}
    if not len(wanted):
        return places, set()
    ids = osmium.filter.IdFilter(wanted.tolist())
    add_id, add_lon, add_lat = (places[key].append for key in ("id", "lon", "lat"))
    for count, node in enumerate(_osm(source, osmium.osm.NODE, ids)):
        location = node.location
        if location.valid():
            add_id(node.id)
            add_lon(location.x / COORDINATE_STEPS)
            add_lat(location.y / COORDINATE_STEPS)
        if count % 5000 == 0:
            report("places", min(0.99, count / len(wanted)))
    # Another pass, because looking at the tags of every node would take longer than reading the file again.
    barriers = _osm(source, osmium.osm.NODE, osmium.filter.KeyFilter("barrier"), ids)
    stopping = {node.id for node in barriers if _stops_cars(node.tags.get)}
    report("places", 1.0)
    return places, stopping


def _as_of(source: Path) -> str:
    with osmium.io.Reader(str(source), osmium.osm.NOTHING) as reader:
        header = reader.header()
        return header.get("osmosis_replication_timestamp") or header.get("timestamp") or ""


# ---------------------------------------------------------------- Overpass JSON


def _read_overpass(source: Path, table: SpeedTable, report: Report) -> Ways:
    report("ways", 0.0)
    elements, as_of = _elements(source)
    collection = _Collection(table)
    places: dict[str, array[Any]] = {"id": array("q"), "lon": array("d"), "lat": array("d")}
    barriers: set[int] = set()
    for count, element in enumerate(elements):
        try:
            _take_element(element, collection, places, barriers)
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            raise RoadSourceError(
                f"{source.name}: elements[{count}] is not what Overpass writes: {error!r}"
            ) from error
        if count % 5000 == 0:
            report("ways", count / len(elements))
    report("places", 1.0)
    return collection.finish(places, barriers, as_of)


def _elements(source: Path) -> tuple[list[Any], str]:
    try:
        packed = source.name.lower().endswith(".gz")
        with gzip.open(source) if packed else source.open("rb") as file:
            document = json.loads(file.read())
    except (OSError, EOFError, ValueError, RecursionError, zlib.error) as error:
        raise RoadSourceError(f"{source.name}: is damaged or no JSON: {error}") from error
    elements = document.get("elements") if isinstance(document, dict) else None
    if not isinstance(elements, list):
        raise RoadSourceError(f"{source.name}: is JSON, but not of Overpass: it has no list of elements")
    if not elements and document.get("remark"):
        raise RoadSourceError(f"{source.name}: Overpass answered without data: {document['remark']}")
    base = document.get("osm3s")
    return elements, str(base.get("timestamp_osm_base", "")) if isinstance(base, dict) else ""


def _take_element(
    element: dict[str, Any], collection: _Collection, places: dict[str, array[Any]], barriers: set[int]
) -> None:
    kind, tags = element["type"], element.get("tags") or {}
    if kind == "node":
        _take_place(element["id"], element, places)
        if "barrier" in tags and _stops_cars(tags.get):
            barriers.add(element["id"])
    elif kind == "way" and "highway" in tags and element.get("nodes"):
        nodes = element["nodes"]
        collection.add(tags.get, lambda: nodes)
        for node, place in zip(nodes, element.get("geometry") or (), strict=False):
            if place is not None:
                _take_place(node, place, places)


def _take_place(node: int, place: dict[str, Any], places: dict[str, array[Any]]) -> None:
    lon, lat = float(place["lon"]), float(place["lat"])
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        raise ValueError(f"({lon}, {lat}) is not on the globe")
    places["id"].append(node)
    places["lon"].append(lon)
    places["lat"].append(lat)
