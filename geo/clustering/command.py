"""`python -m geo cluster`: a CSV of requests in, the same with a column of work sites out."""

import argparse
import csv
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geo.clustering.positions import default_positions
from geo.clustering.reports import Reports
from geo.clustering.rules import LinkRule
from geo.clustering.table import Columns, Table, read_requests
from geo.clustering.work_sites import WorkSites, find_work_sites
from geo.crs import projected_crs, to_metres
from geo.errors import GeoError

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names it so

LABEL_COLUMN = "site"


def add_parser(subparsers: "SubParsers") -> argparse.ArgumentParser:
    """Add the `cluster` command; its arguments' `run` carries it out and returns the exit status."""
    parser = subparsers.add_parser(
        "cluster",
        help="group requests to work sites",
        description="Group requests of one service that are near in space and time. Writes the input's rows "
        f"with a column '{LABEL_COLUMN}': work sites, numbered from 0 by the age of their oldest request.",
    )
    parser.add_argument("requests", type=Path, help="CSV file of requests (UTF-8, with a header)")
    parser.add_argument("labels", type=Path, help="CSV file to write")
    parser.add_argument("--lon-column", default="lon", help="longitude, degrees (default: lon)")
    parser.add_argument("--lat-column", default="lat", help="latitude, degrees (default: lat)")
    parser.add_argument(
        "--service-column", default="service_code", help="kind of request (default: service_code)"
    )
    parser.add_argument(
        "--time-column",
        default="requested_datetime",
        help="time of the report, ISO 8601 (default: requested_datetime)",
    )
    parser.add_argument(
        "--accuracy-column",
        help="accuracy of the position, metres: the radius of a pair is then 2·√(a² + b²), from 10 m to "
        "--radius-m, and a request without accuracy joins none (default: one radius for all)",
    )
    parser.add_argument(
        "--address-column",
        help="address: a coordinate that carries many of them is a stand-in, and its requests join none",
    )
    parser.add_argument(
        "--radius-m", type=float, required=True, help="greatest distance within a work site, metres"
    )
    parser.add_argument(
        "--window-days", type=float, required=True, help="longest time between two reports of one site"
    )
    parser.add_argument(
        "--crs", type=int, metavar="EPSG", help="projected CRS to measure in (default: the UTM zone)"
    )
    parser.set_defaults(run=run)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Carry the command out; return 0, or 2 after saying on stderr what is wrong with the input."""
    try:
        _cluster(arguments)
    except (GeoError, OSError) as error:
        _say(f"cluster: {error}")
        return 2
    return 0


def _cluster(arguments: argparse.Namespace) -> None:
    rule = _rule(arguments)
    columns = Columns(
        lon=arguments.lon_column,
        lat=arguments.lat_column,
        service=arguments.service_column,
        time=arguments.time_column,
        accuracy=arguments.accuracy_column,
        address=arguments.address_column,
    )
    table = read_requests(arguments.requests, columns, lambda rows: _say(f"  {rows:,} rows read"))
    if LABEL_COLUMN in table.header:
        raise GeoError(f"{arguments.requests}: the file already has a column {LABEL_COLUMN!r}.")
    _say(f"{len(table.rows):,} requests read from {arguments.requests}")
    _say_what_lies_ahead(table, clock_s=time.time())
    sites = _grouped(table, rule, arguments.crs)
    _write(arguments.labels, table, sites.labels)
    largest = int(np.bincount(sites.labels).max()) if len(table.rows) else 0
    _say(
        f"{len(sites.anchors):,} work sites written to {arguments.labels}; the largest has {largest:,} "
        f"requests; {len(sites.refused):,} near pairs lie in two sites, so that none outgrows the radius"
    )


def _rule(arguments: argparse.Namespace) -> LinkRule:
    if arguments.accuracy_column is None:
        return LinkRule.fixed(arguments.radius_m, arguments.window_days)
    return LinkRule(suggest_m=0.0, auto_link_m=arguments.radius_m, window_days=arguments.window_days)


def _say_what_lies_ahead(table: Table, clock_s: float) -> None:
    later = [line for line, at in zip(table.lines, table.reported_at_s, strict=True) if at > clock_s]
    if later:
        _say(f"{len(later):,} requests are dated in the future, the first in line {later[0]}")


def _grouped(table: Table, rule: LinkRule, epsg: int | None) -> WorkSites:
    if not table.rows:
        return find_work_sites(Reports.of([], [], [], []), {})
    lon, lat = np.array(table.lon), np.array(table.lat)
    placed = ~default_positions(lon, lat, table.address)
    if not placed.all():
        first = table.lines[int(np.argmin(placed))]
        _say(
            f"{int((~placed).sum()):,} requests have a stand-in for a position, such as (0, 0) or one "
            f"coordinate for many addresses, the first in line {first}: each is a site of its own"
        )
    x_m, y_m = np.zeros(len(lon)), np.zeros(len(lon))
    if placed.any():
        lines = np.array(table.lines)[placed]
        x_m[placed], y_m[placed] = _in_metres(lon[placed], lat[placed], lines, epsg)
    reports = Reports.of(
        x_m,
        y_m,
        table.reported_at_s,
        table.service,
        accuracy_m=table.accuracy_m or None,
        has_position=placed,
    )
    _say(f"grouping {len(table.rows):,} requests of {len(set(table.service)):,} services")
    return find_work_sites(reports, dict.fromkeys(table.service, rule))


def _in_metres(
    lon: NDArray[np.float64], lat: NDArray[np.float64], lines: NDArray[np.int64], epsg: int | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    crs = projected_crs(lon, lat, epsg=epsg)
    _say(f"measuring in {crs.name} (EPSG:{crs.to_epsg()})")
    try:
        return to_metres(lon, lat, crs)
    except GeoError as error:
        named = re.match(r"Row (\d+): ", str(error))
        if named is None:
            raise
        line = int(lines[int(named[1])])
        raise GeoError(
            f"line {line}: {str(error)[named.end() :]} Name a system that holds all points with --crs."
        ) from error


def _write(path: Path, table: Table, labels: NDArray[np.int64]) -> None:
    # A whole file or none: a broken run must not leave half a table under the asked name.
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*table.header, LABEL_COLUMN])
            writer.writerows([*row, label] for row, label in zip(table.rows, labels.tolist(), strict=True))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201 - a command speaks on stderr
