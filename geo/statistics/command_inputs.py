"""What `python -m geo hotspots` reads: requests, a study area and roads, in one projected CRS."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from geo.clustering.positions import default_positions
from geo.clustering.reports import Reports
from geo.clustering.rules import LinkRule
from geo.clustering.table import Columns, Table, read_requests
from geo.clustering.work_sites import find_work_sites
from geo.crs import projected_crs, to_metres
from geo.errors import GeoError
from geo.statistics.refusals import refuse_below

Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Points:
    """What is to be counted.

    Parameters
    ----------
    x_m, y_m
        Metres in `crs`, shape (n,).
    reported_at_s
        Seconds since 1970 UTC, shape (n,); zeros where times were not read.
    crs
        The projected CRS.
    unit
        ``"requests"`` or ``"work sites"``.
    first, last
        Days of the period; None where times were not read.
    without_place
        Requests of the period that have a stand-in for a position.
    """

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    reported_at_s: NDArray[np.float64]
    crs: CRS
    unit: str
    first: date | None
    last: date | None
    without_place: int

    def __len__(self) -> int:
        return len(self.x_m)


def read_points(arguments: argparse.Namespace, say: Say) -> Points:
    """Read the requests, leave out what has no place or lies outside the period, and join duplicates.

    Raises
    ------
    GeoError
        Rows that cannot be read, named by their lines; a period or a system that cannot be used.
    """
    needs_time = arguments.method == "emerging" or arguments.dedupe_m is not None
    if arguments.time_column is None and (needs_time or arguments.first or arguments.last):
        raise GeoError("Name the column of times with --time-column: a period, steps or work sites need it.")
    if (arguments.dedupe_m is None) != (arguments.dedupe_days is None):
        raise GeoError("--dedupe-m and --dedupe-days go together.")
    columns = Columns(
        lon=arguments.lon_column,
        lat=arguments.lat_column,
        service=arguments.service_column,
        time=arguments.time_column,
        address=arguments.address_column,
    )
    table = read_requests(arguments.requests, columns, lambda rows: say(f"  {rows:,} rows read"))
    say(f"{len(table.rows):,} requests read from {arguments.requests}")
    refuse_below("complaints", len(table.rows), 1)
    kept, first, last = _in_period(table, arguments)
    lon, lat = np.array(table.lon), np.array(table.lat)
    placed = ~default_positions(lon, lat, table.address)
    refuse_below("complaints", int((kept & placed).sum()), 1)
    rows = np.flatnonzero(kept & placed)
    crs = projected_crs(lon[rows], lat[rows], epsg=arguments.epsg)
    say(f"measuring in {crs.name} (EPSG:{crs.to_epsg()})")
    x_m, y_m = _in_metres(lon, lat, table, rows, crs)
    at_s = np.array(table.reported_at_s)[rows] if table.reported_at_s else np.zeros(len(rows))
    one = np.arange(len(rows))
    if arguments.dedupe_m is not None:
        family = np.array(table.service)[rows] if table.service else np.zeros(len(rows), dtype=np.int64)
        rule = LinkRule.fixed(arguments.dedupe_m, arguments.dedupe_days)
        reports = Reports.of(x_m, y_m, at_s, family)
        one = np.sort(find_work_sites(reports, dict.fromkeys(np.unique(family).tolist(), rule)).anchors)
        say(f"{len(rows):,} requests are {len(one):,} work sites; each counts once, at its oldest request")
    return Points(
        x_m=x_m[one],
        y_m=y_m[one],
        reported_at_s=at_s[one],
        crs=crs,
        unit="requests" if arguments.dedupe_m is None else "work sites",
        first=first,
        last=last,
        without_place=int((kept & ~placed).sum()),
    )


def read_area(path: Path | None, points: Points, size_m: float) -> tuple[BaseGeometry, str]:
    """Read the study area, or draw the hull of the points; returns it with its name."""
    if path is None:
        hull = shapely.MultiPoint(np.column_stack([points.x_m, points.y_m])).convex_hull.buffer(size_m / 2.0)
        return hull, "hull of the points, since none was given: empty ground beyond it is not tested"
    frame = read_shapes(path, points.crs)
    polygons = frame.geometry[shapely.get_dimensions(frame.geometry.to_numpy()) == 2]
    if polygons.empty:
        raise GeoError(f"{path}: there is no polygon in the file.")
    return shapely.union_all(shapely.make_valid(polygons.to_numpy())), path.name


def read_lines(path: Path, crs: CRS) -> NDArray[np.object_]:
    """Read roads as single lines."""
    shapes = shapely.get_parts(read_shapes(path, crs).geometry.to_numpy())
    lines = shapes[shapely.get_dimensions(shapes) == 1]
    if not len(lines):
        raise GeoError(f"{path}: there is no line in the file.")
    return np.asarray(lines, dtype=np.object_)


def zone_of(name: str) -> tzinfo:
    """Return the time zone of a name such as Asia/Jakarta."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise GeoError(f"There is no time zone {name!r}; write one such as Asia/Jakarta.") from error


def read_shapes(path: Path, crs: CRS) -> geopandas.GeoDataFrame:
    """Read a file of shapes in the system of the study; rows without a shape are left out."""
    try:
        frame = geopandas.read_file(path, engine="pyogrio")
    except (RuntimeError, ValueError) as error:  # pyogrio's errors are of both kinds
        raise GeoError(f"{path}: the file cannot be read ({error}).") from error
    if frame.crs is None:
        raise GeoError(f"{path}: the file does not say in which coordinate system it is.")
    there = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    return there.to_crs(crs)


def _in_period(
    table: Table, arguments: argparse.Namespace
) -> tuple[NDArray[np.bool_], date | None, date | None]:
    if not table.reported_at_s:
        return np.ones(len(table.rows), dtype=bool), None, None
    zone, at = zone_of(arguments.time_zone), np.array(table.reported_at_s)
    first = arguments.first or datetime.fromtimestamp(at.min(), UTC).astimezone(zone).date()
    last = arguments.last or datetime.fromtimestamp(at.max(), UTC).astimezone(zone).date()
    if last < first:
        raise GeoError(f"The period ends on {last}, before it begins on {first}.")
    begin = datetime(first.year, first.month, first.day, tzinfo=zone).timestamp()
    after = last + timedelta(days=1)
    end = datetime(after.year, after.month, after.day, tzinfo=zone).timestamp()
    return (at >= begin) & (at < end), first, last


def _in_metres(
    lon: NDArray[np.float64], lat: NDArray[np.float64], table: Table, rows: NDArray[np.int64], crs: CRS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    try:
        return to_metres(lon[rows], lat[rows], crs)
    except GeoError as error:
        found = str(error).removeprefix("Row ").split(": ", 1)
        if len(found) != 2 or not found[0].isdigit():
            raise
        line = table.lines[rows[int(found[0])]]
        raise GeoError(f"line {line}: {found[1]} Name a system that holds all points with --epsg.") from error
