"""Travel times between places: over roads, or without any an affine detour, shown as approximate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.errors import GeoError
from geo.roads.closures import closed_arcs, closure_key
from geo.roads.doors import Doors, along_one_section, doors
from geo.roads.graph import Flags, Floats, RoadGraph
from geo.roads.hierarchy import restrict, sweep
from geo.roads.matrix_cache import MatrixCache
from geo.roads.parking import parking_places
from geo.roads.shortest_paths import Sides
from geo.roads.snapping import Snapped, snap

EARTH_RADIUS_M = (
    6_371_008.8  # mean radius of GRS 80 (IUGG); half a percent is far below the detour's own error
)
DEFAULT_SPEED_KMH = 24.0
DETOUR_M = 300.0
DETOUR_FACTOR = 1.25

NO_WAY = -1
"""Entry of a matrix between two places that no open road connects."""
ROWS_AT_A_TIME = 128
"""A multiple of the sources that are swept together; progress is told after each."""

Matrix = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class RoadTimes:
    """Travel times over roads between all of n places.

    Attributes
    ----------
    durations_s
        (n, n) int32, from row to column, walks at both ends included; `NO_WAY` where no open road leads.
    distances_m
        (n, n) int32, metres driven along the fastest way, without the walks; `NO_WAY` likewise.
    snapped
        Where each place meets the road, whatever is closed.
    parked
        Where crews leave their vehicle: there, or where that is closed, at the nearest open point.
    """

    durations_s: Matrix
    distances_m: Matrix
    snapped: Snapped
    parked: Snapped


def road_travel_times(
    graph: RoadGraph,
    lon_lat: npt.ArrayLike,
    *,
    closed: Flags | None = None,
    cache: MatrixCache | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> RoadTimes:
    """Compute the fastest drive between every two places.

    Parameters
    ----------
    graph
        The road network.
    lon_lat
        (n, 2) longitude and latitude in degrees, EPSG:4326; may be empty.
    closed
        (m,) bool, segments that cannot be driven, as `closed_segments` makes it.
    cache
        Where finished matrices are kept and looked up.
    on_progress
        Told the share that is done, 0 to 1.

    Returns
    -------
    Matrices with zeros on the diagonal. Two places at one point of the road are 0 s apart, and the walks.

    Raises
    ------
    GeoError
        When a coordinate is not on the globe; the message names its row (from 0).

    Notes
    -----
    A place is left and entered along its own segment, in the directions that it allows. Between road and
    place crews walk at 5 km/h; beyond 1,000 m a place is unreachable. A place on a closed segment is reached
    by walking from the nearest open point of the road (`parking_places`).
    """
    snapped = snap(graph, lon_lat)
    parked = parking_places(graph, lon_lat, snapped, closed)
    places = np.asarray(lon_lat, dtype=np.float64).reshape(-1, 2)
    key = (graph.key, closure_key(closed))
    known = cache.get(key, places) if cache is not None else None
    if known is None:
        known = _between_all(graph, parked, closed, on_progress)
        if cache is not None:
            cache.put(key, places, *known)
    return RoadTimes(*known, snapped, parked)


def _between_all(
    graph: RoadGraph, parked: Snapped, closed: Flags | None, on_progress: Callable[[float], None] | None
) -> tuple[Matrix, Matrix]:
    durations = np.full((len(parked), len(parked)), NO_WAY, dtype=np.int32)
    distances = durations.copy()
    walk_s = parked.walk_s
    done = 0
    for rows, seconds, metres in drive_blocks(graph, parked, parked, closed):
        total = seconds + walk_s[rows, None] + walk_s[None, :]
        is_way = np.isfinite(total)
        durations[rows] = np.where(is_way, np.rint(np.where(is_way, total, 0.0)), NO_WAY)
        distances[rows] = np.where(is_way, np.rint(np.where(is_way, metres, 0.0)), NO_WAY)
        done += len(rows)
        if on_progress is not None:
            on_progress(done / len(parked))
    np.fill_diagonal(durations, 0)
    np.fill_diagonal(distances, 0)
    return durations, distances


def drive_blocks(
    graph: RoadGraph, sources: Snapped, targets: Snapped, closed: Flags | None = None
) -> Iterator[tuple[npt.NDArray[np.int64], Floats, Floats]]:
    """Compute the fastest drives from points on the road to points on the road, some sources at a time.

    Yields
    ------
    rows, seconds, metres
        Which sources, and (rows, targets) float64 each; infinite where no open road leads. Every source
        comes once.
    """
    begin, begin_row = _different(doors(graph, sources, closed))
    end, end_row = _different(doors(graph, targets, closed))
    no_closure = closed is None or not closed.any()
    hierarchy = graph.open_hierarchy if no_closure else graph.hierarchy(closed_arcs(graph, closed))
    small, exit_node, entry_node = restrict(hierarchy, begin.exit_node, end.entry_node)
    entries = Sides(entry_node, end.entry_seconds, end.entry_metres)
    row, column, run_s, run_m = along_one_section(graph, begin, end, closed)
    by_block = np.argsort(begin_row, kind="stable")
    for first in range(0, len(begin.section), ROWS_AT_A_TIME):
        block = slice(first, first + ROWS_AT_A_TIME)
        exits = Sides(exit_node[block], begin.exit_seconds[block], begin.exit_metres[block])
        seconds = np.full((len(exits.node), len(entry_node)), np.inf)
        metres = np.full_like(seconds, np.inf)
        here = (row >= first) & (row < first + ROWS_AT_A_TIME)
        at = row[here] - first, column[here]
        seconds[at], metres[at] = run_s[here], run_m[here]
        sweep(small, exits, entries, seconds, metres)
        low, high = np.searchsorted(begin_row[by_block], [first, first + ROWS_AT_A_TIME])
        rows = by_block[low:high]
        within = np.ix_(begin_row[rows] - first, end_row)
        yield rows, seconds[within], metres[within]


def drives(
    graph: RoadGraph, sources: Snapped, targets: Snapped, *, closed: Flags | None = None
) -> tuple[Floats, Floats]:
    """Compute the fastest drives from points on the road to points on the road, without walks or rounding.

    Returns
    -------
    seconds, metres
        (sources, targets) float64 each; infinite where no open road leads.
    """
    seconds, metres = np.empty((len(sources), len(targets))), np.empty((len(sources), len(targets)))
    for rows, some_seconds, some_metres in drive_blocks(graph, sources, targets, closed):
        seconds[rows], metres[rows] = some_seconds, some_metres
    return seconds, metres


def _different(places: Doors) -> tuple[Doors, npt.NDArray[np.int64]]:
    """Each point on the road once, and the row of each place among them."""
    points = np.column_stack([places.section.astype(np.float64), places.along_m])
    _, first, row = np.unique(points, axis=0, return_index=True, return_inverse=True)
    return places.rows(first), row.reshape(-1)


def affine_travel_times(
    lon_lat: npt.NDArray[np.float64],
    speed_kmh: float = DEFAULT_SPEED_KMH,
    *,
    detour_m: float = DETOUR_M,
    detour_factor: float = DETOUR_FACTOR,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Estimate the drive between every two places from the straight line.

    Road distance is ``detour_m + detour_factor × straight line``, and 0 for the very same place: real detours
    shrink with distance (medians 1.4–1.9 below 3 km, 1.24–1.57 beyond), so no single factor would do.

    Parameters
    ----------
    lon_lat
        (n, 2) longitude and latitude in degrees, EPSG:4326; may be empty.
    speed_kmh
        Mean speed door to door, > 0.
    detour_m
        Constant part of the detour, in metres.
    detour_factor
        Road metres per metre of straight line, ≥ 1.

    Returns
    -------
    durations_s
        (n, n) int32, seconds from row to column.
    distances_m
        (n, n) int32, metres.

    Raises
    ------
    GeoError
        When a coordinate is not finite or out of range, or the speed is not positive.
    """
    points = np.asarray(lon_lat, dtype=np.float64).reshape(-1, 2)
    _check(points, speed_kmh)
    metres = _haversine_m(points)
    same = (points[:, None, :] == points[None, :, :]).all(axis=2)
    metres = np.where(same, 0.0, detour_m + detour_factor * metres)
    seconds = metres * 3.6 / speed_kmh
    return np.rint(seconds).astype(np.int32), np.rint(metres).astype(np.int32)


def _check(points: npt.NDArray[np.float64], speed_kmh: float) -> None:
    if not np.isfinite(speed_kmh) or speed_kmh <= 0:
        raise GeoError(f"the speed must be above 0 km/h, not {speed_kmh}")
    for row, (lon, lat) in enumerate(points):
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise GeoError(f"place {row}: ({lon}, {lat}) is not a longitude and latitude in degrees")


def _haversine_m(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Great-circle distance between all points, in metres."""
    lon, lat = np.radians(points).T
    half = (
        np.sin((lat[:, None] - lat[None, :]) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat[None, :]) * np.sin((lon[:, None] - lon[None, :]) / 2) ** 2
    )
    result: npt.NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return result
