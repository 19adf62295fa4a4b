"""A CSV of requests for the command line, read strictly: a bad row is named by its line."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from geo.errors import GeoError

MOST_FAULTS_SHOWN = 20
PROGRESS_ROWS = 100_000
COLUMN_FIELDS = ("lon", "lat", "service", "time", "accuracy", "address")


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns to read; None for what is not wanted."""

    lon: str
    lat: str
    service: str | None
    time: str | None
    accuracy: str | None = None
    address: str | None = None


@dataclass(slots=True)
class Table:
    """The rows of a file, and what was read of them; a column that was not wanted is empty."""

    header: list[str]
    rows: list[list[str]] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    lat: list[float] = field(default_factory=list)
    service: list[str] = field(default_factory=list)
    reported_at_s: list[float] = field(default_factory=list)
    accuracy_m: list[float] = field(default_factory=list)
    address: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


def read_requests(path: Path, columns: Columns, on_rows: Callable[[int], None] | None = None) -> Table:
    """Read a CSV file (UTF-8, comma or semicolon) of requests.

    Parameters
    ----------
    path
        The file. Times are ISO 8601; without an offset they are taken as UTC.
    columns
        Which columns to read. Accuracy and address may be empty in a row: unknown.
    on_rows
        Told how many rows are read, every 100,000.

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
            return _read(path, file, columns, on_rows)
        except UnicodeDecodeError as error:
            raise GeoError(
                f"{path}: the file is not UTF-8 text ({error.reason} at byte {error.start})."
            ) from error
        except csv.Error as error:
            raise GeoError(f"{path}: the file is not CSV ({error}).") from error


def _read(path: Path, lines: Iterator[str], columns: Columns, on_rows: Callable[[int], None] | None) -> Table:
    first = next(lines, "")
    separator = ";" if first.count(";") > first.count(",") else ","
    header = next(csv.reader([first], delimiter=separator), [])
    wanted = [getattr(columns, field) for field in COLUMN_FIELDS]
    missing = [name for name in wanted if name is not None and name not in header]
    if missing:
        raise GeoError(
            f"{path}: there is no column {missing[0]!r}; the columns are {', '.join(header) or 'none'}."
        )
    places = {
        field: header.index(name) for field in COLUMN_FIELDS if (name := getattr(columns, field)) is not None
    }
    table = Table(header)
    faults: list[str] = []
    reader = csv.reader(lines, delimiter=separator, strict=True)
    for row in reader:
        if row:
            _add(table, row, places, reader.line_num + 1, faults)
            if on_rows is not None and len(table.rows) % PROGRESS_ROWS == 0:
                on_rows(len(table.rows))
    if faults:
        shown = "\n".join(f"  {fault}" for fault in faults[:MOST_FAULTS_SHOWN])
        more = len(faults) - MOST_FAULTS_SHOWN
        rest = f"\n  and {more} more" if more > 0 else ""
        raise GeoError(f"{path}: {len(faults)} of {len(table.rows)} rows cannot be read.\n{shown}{rest}")
    return table


def _add(table: Table, row: list[str], places: dict[str, int], line: int, faults: list[str]) -> None:
    table.rows.append(row)
    table.lines.append(line)
    if len(row) != len(table.header):
        faults.append(f"line {line}: {len(row)} cells instead of {len(table.header)}")
        return
    cell = {field: row[place].strip() for field, place in places.items()}
    name = {field: table.header[place] for field, place in places.items()}
    try:
        lon, lat = _position(name["lon"], cell["lon"], name["lat"], cell["lat"])
        table.lon.append(lon)
        table.lat.append(lat)
        if "time" in places:
            table.reported_at_s.append(_seconds(name["time"], cell["time"]))
        if "accuracy" in places:
            table.accuracy_m.append(_metres(name["accuracy"], cell["accuracy"]))
    except GeoError as fault:
        faults.append(f"line {line}: {fault}")
        return
    if "service" in places:
        if not cell["service"]:
            faults.append(f"line {line}: {name['service']} is empty")
        table.service.append(cell["service"])
    table.address.append(cell.get("address", ""))


def _position(lon_name: str, lon: str, lat_name: str, lat: str) -> tuple[float, float]:
    try:
        return _degrees(lon_name, lon, 180.0), _degrees(lat_name, lat, 90.0)
    except GeoError as fault:
        try:
            _degrees(lat_name, lon, 90.0), _degrees(lon_name, lat, 180.0)
        except GeoError:
            raise fault from None
        raise GeoError(f"{fault}; are {lon_name} and {lat_name} swapped?") from None


def _metres(name: str, text: str) -> float:
    if not text:
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        raise GeoError(f"{name} is {text!r}, not a number") from None
    if not 0.0 <= value < float("inf"):
        raise GeoError(f"{name} is {text}; it must be 0 m or more, or empty")
    return value


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
