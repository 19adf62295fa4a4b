"""A CSV of requests for the command line, read strictly: a bad row is named by its line."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from geo.errors import GeoError

MOST_FAULTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns to read."""

    lon: str
    lat: str
    service: str
    time: str


@dataclass(slots=True)
class Table:
    """The rows of a file, and what of them clustering needs."""

    header: list[str]
    rows: list[list[str]] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    lat: list[float] = field(default_factory=list)
    service: list[str] = field(default_factory=list)
    reported_at_s: list[float] = field(default_factory=list)


def read_requests(path: Path, columns: Columns) -> Table:
    """Read a CSV file (UTF-8, comma or semicolon) of requests.

    Parameters
    ----------
    path
        The file. Times are ISO 8601; without an offset they are taken as UTC.
    columns
        Which columns to read.

    Raises
    ------
    GeoError
        A missing column, or rows that cannot be read: the message names the file and up to 20 lines, each
        with its fault. Nothing is skipped silently.
    OSError
        The file cannot be opened.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            return _read(path, file, columns)
        except UnicodeDecodeError as error:
            raise GeoError(
                f"{path}: the file is not UTF-8 text ({error.reason} at byte {error.start})."
            ) from error
        except csv.Error as error:
            raise GeoError(f"{path}: the file is not CSV ({error}).") from error


def _read(path: Path, lines: Iterator[str], columns: Columns) -> Table:
    first = next(lines, "")
    separator = ";" if first.count(";") > first.count(",") else ","
    header = next(csv.reader([first], delimiter=separator), [])
    wanted = [columns.lon, columns.lat, columns.service, columns.time]
    missing = [name for name in wanted if name not in header]
    if missing:
        raise GeoError(
            f"{path}: there is no column {missing[0]!r}; the columns are {', '.join(header) or 'none'}."
        )
    places = [header.index(name) for name in wanted]
    table = Table(header)
    faults: list[str] = []
    reader = csv.reader(lines, delimiter=separator, strict=True)
    for row in reader:
        if row:
            _add(table, row, places, reader.line_num + 1, faults)
    if faults:
        shown = "\n".join(f"  {fault}" for fault in faults[:MOST_FAULTS_SHOWN])
        more = len(faults) - MOST_FAULTS_SHOWN
        rest = f"\n  and {more} more" if more > 0 else ""
        raise GeoError(f"{path}: {len(faults)} of {len(table.rows)} rows cannot be read.\n{shown}{rest}")
    return table


def _add(table: Table, row: list[str], places: list[int], line: int, faults: list[str]) -> None:
    table.rows.append(row)
    if len(row) != len(table.header):
        faults.append(f"line {line}: {len(row)} cells instead of {len(table.header)}")
        return
    lon, lat, service, time = (row[place].strip() for place in places)
    try:
        table.lon.append(_degrees(table.header[places[0]], lon, 180.0))
        table.lat.append(_degrees(table.header[places[1]], lat, 90.0))
        table.reported_at_s.append(_seconds(table.header[places[3]], time))
    except GeoError as fault:
        faults.append(f"line {line}: {fault}")
        return
    if not service:
        faults.append(f"line {line}: {table.header[places[2]]} is empty")
    table.service.append(service)


def _degrees(name: str, text: str, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        raise GeoError(f"{name} is {text!r}, not a number") from None
    if not -most <= value <= most:
        raise GeoError(f"{name} is {text}, not within -{most:.0f} to {most:.0f}")
    return value


def _seconds(name: str, text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise GeoError(f"{name} is {text!r}, not a time like 2026-11-25T09:40:00+07:00") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
