"""The road graph's file: opened when it is asked for, and again when another one took its place."""

from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

import structlog

from fieldops.routing.drives import Fault, RoadState
from geo.errors import RoadFileError
from geo.roads.graph import RoadGraph

log = structlog.get_logger("roads")

Mark = tuple[int, int, int]


class RoadFile:
    """The road graph at one path.

    A replaced file is seen at the next question. A damaged one is said once in the log; what was open before
    stays in use, since the old file's bytes remain until nobody maps them any more.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._mark: Mark | None = None
        self._graph: RoadGraph | None = None
        self._words = ""

    def graph(self) -> RoadGraph | None:
        """Return the graph in use, None when there is none."""
        mark = self._mark_now()
        if mark == self._mark:
            return self._graph
        with self._lock:
            if mark != self._mark:
                self._open(mark)
        return self._graph

    def state(self) -> RoadState:
        """Return what is known of the graph in use."""
        graph = self.graph()
        if graph is None:
            return RoadState(Fault.DAMAGED if self._words else Fault.NO_ROADS, words=self._words)
        summary, mark = graph.summary, self._mark
        return RoadState(
            Fault.DAMAGED if self._words else None,
            extract=summary.source,
            as_of=summary.as_of,
            imported_at=datetime.fromtimestamp(mark[0] / 1e9, UTC) if mark else None,
            key=summary.key,
            road_km=summary.road_km,
            left_out_km=summary.left_out_km,
            junctions=summary.nodes,
            size_mb=mark[1] / 1e6 if mark else 0.0,
            bounds=summary.bounds,
            words=self._words,
        )

    def _mark_now(self) -> Mark | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _open(self, mark: Mark | None) -> None:
        if mark is None:
            self._graph, self._words = None, ""
        else:
            try:
                self._graph, self._words = RoadGraph.open(self.path), ""
                log.info("roads opened", key=self._graph.key, road_km=self._graph.summary.road_km)
            except RoadFileError as error:
                self._words = str(error)
                log.warning("roads not opened", reason=str(error))
        self._mark = mark
