"""`python -m geo matrix`: a CSV of places in, a matrix of travel times out; over roads, or estimated."""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geo.errors import GeoError, RoadFileError
from geo.roads.graph import RoadGraph
from geo.roads.snapping import FAR_M
from geo.roads.travel_times import DEFAULT_SPEED_KMH, affine_travel_times, road_travel_times

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names it so


def add_parser(subparsers: SubParsers) -> argparse.ArgumentParser:
    """Add the `matrix` command; its arguments' `run` carries it out and returns the exit status."""
    parser = subparsers.add_parser(
        "matrix",
        help="travel times between places",
        description="Write a square int32 array of seconds from row to column: over the roads of a graph, "
        "−1 where none leads, or without one estimated from the straight line (300 m + 1.25 × distance). "
        "Planning files name it as durations_npy. Exit status: 0 written, 2 bad input, 3 roads unavailable.",
    )
    parser.add_argument("places", type=Path, help="CSV file (UTF-8, with a header)")
    parser.add_argument("matrix", type=Path, help="array file to write (.npy)")
    parser.add_argument("--lon-column", default="lon", help="longitude, degrees (default: lon)")
    parser.add_argument("--lat-column", default="lat", help="latitude, degrees (default: lat)")
    parser.add_argument("--roads", type=Path, metavar="FILE", help="road graph (python -m geo roads)")
    parser.add_argument(
        "--speed-kmh",
        type=float,
        default=DEFAULT_SPEED_KMH,
        help=f"of the estimate (default: {DEFAULT_SPEED_KMH:g})",
    )
    parser.set_defaults(run=run)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Carry the command out; return 0, or 2 or 3 after saying on stderr what is wrong."""
    try:
        places = _read_places(arguments.places, arguments.lon_column, arguments.lat_column)
        durations_s = _durations(places, arguments)
        with arguments.matrix.open("wb") as file:
            np.save(file, durations_s, allow_pickle=False)
    except RoadFileError as error:
        sys.stderr.write(f"matrix: {error}\n")
        return 3
    except GeoError as error:
        sys.stderr.write(f"matrix: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"matrix: {error.filename}: {error.strerror}\n")
        return 2
    return 0


def _durations(places: npt.NDArray[np.float64], arguments: argparse.Namespace) -> npt.NDArray[np.int32]:
    if arguments.roads is None:
        return affine_travel_times(places, arguments.speed_kmh)[0]
    times = road_travel_times(RoadGraph.open(arguments.roads), places)
    snapped = times.snapped
    if snapped.is_far.any():
        sys.stderr.write(
            f"matrix: {snapped.is_far.sum()} of {len(places)} places lie more than {FAR_M:.0f} m from any "
            f"road, {snapped.is_unreachable.sum()} of them out of reach; "
            f"the farthest is place {np.argmax(snapped.distance_m)} (from 0)\n"
        )
    return times.durations_s


def _read_places(file: Path, lon_column: str, lat_column: str) -> npt.NDArray[np.float64]:
    """Longitude and latitude of each row, shape (n, 2)."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        for column in (lon_column, lat_column):
            if column not in (rows.fieldnames or ()):
                raise GeoError(f"{file.name}: there is no column {column!r}")
        points = [
            [
                _degrees(row[column], f"{file.name} line {rows.line_num}: {column}")
                for column in (lon_column, lat_column)
            ]
            for row in rows
        ]
    return np.array(points, dtype=np.float64).reshape(-1, 2)


def _degrees(text: str | None, where: str) -> float:
    try:
        return float(text or "")
    except ValueError as error:
        raise GeoError(f"{where} {text!r} is not a number") from error
