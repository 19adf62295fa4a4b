"""`python -m geo cluster`: a CSV of requests in, the same with a column of work sites out."""

import argparse
import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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
    rule = LinkRule.fixed(arguments.radius_m, arguments.window_days)
    names = (arguments.lon_column, arguments.lat_column, arguments.service_column, arguments.time_column)
    table = read_requests(arguments.requests, Columns(*names))
    if LABEL_COLUMN in table.header:
        raise GeoError(f"{arguments.requests}: the file already has a column {LABEL_COLUMN!r}.")
    _say(f"{len(table.rows):,} requests read from {arguments.requests}")
    sites = _grouped(table, rule, arguments.crs)
    _write(arguments.labels, table, sites.labels)
    largest = int(np.bincount(sites.labels).max()) if len(table.rows) else 0
    _say(
        f"{len(sites.anchors):,} work sites written to {arguments.labels}; the largest has {largest:,} "
        f"requests; {len(sites.refused):,} near pairs lie in two sites, so that none outgrows the radius"
    )


def _grouped(table: Table, rule: LinkRule, epsg: int | None) -> WorkSites:
    if not table.rows:
        return find_work_sites(Reports.of([], [], [], []), {})
    crs = projected_crs(table.lon, table.lat, epsg=epsg)
    _say(f"measuring in {crs.name} (EPSG:{crs.to_epsg()})")
    x_m, y_m = to_metres(table.lon, table.lat, crs)
    reports = Reports.of(x_m, y_m, table.reported_at_s, table.service)
    return find_work_sites(reports, dict.fromkeys(table.service, rule))


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
