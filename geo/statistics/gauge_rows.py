"""Rows of a file of rain readings: which column is which, and what is written in a cell."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from geo.errors import GeoError

TIME_WORDS: Final = frozenset(
    ["time", "datetime", "date", "timestamp", "waktu", "tanggal", "tgl", "day", "hari"]
)
CLOCK_WORDS: Final = frozenset(["jam", "pukul", "hour", "clock"])
GAUGE_WORDS: Final = frozenset(["gauge", "station", "stasiun", "pos", "penakar", "sensor", "nama", "name"])
MM_WORDS: Final = frozenset(
    ["mm", "rain", "rainfall", "hujan", "rr", "ch", "precip", "precipitation", "prcp", "curah"]
)
MISSING: Final = frozenset(
    ["", "-", "--", "na", "nan", "null", "none", "missing", "x", "//", "///", "kosong"]
)
UNMEASURED: Final = frozenset(["ttu", "t", "tr", "trace", "tidak terukur"])
"""BMKG writes TTU (tidak terukur) or 8888 where rain was seen that could not be measured."""
UNMEASURED_MM: Final = 8888.0
MISSING_MM: Final = frozenset([-9999.0, -999.0, -99.0, 9999.0, 999.9, 9999.9])
"""BMKG writes 9999 where nothing was measured; others -9999, -999 or 999.9."""
MOST_HEAD: Final = 30
"""Lines among which the heading is looked for."""
MOST_DAY_MM: Final = 1_830.0
"""More than the world has seen in a day (1,825 mm, WMO's record table) is a slip."""
DATE_FORMS: Final = ("%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y/%m/%d")
CLOCK_FORMS: Final = ("", " %H:%M", " %H:%M:%S", " %H.%M", " %H")


@dataclass(frozen=True, slots=True)
class GaugeColumns:
    """Names of the columns, where they are not to be guessed; "" guesses.

    Attributes
    ----------
    time, clock, gauge, mm
        Time (or date), time of day in its own column, name of the gauge, depth in mm.
    """

    time: str = ""
    clock: str = ""
    gauge: str = ""
    mm: str = ""


@dataclass(slots=True)
class Places:
    """Where the columns stand; -1 where there is none."""

    time: int
    clock: int
    gauge: int
    mm: int


@dataclass(slots=True)
class Clock:
    """Reads times; the form that fitted last is tried first, since a file has one form."""

    forms: list[str] = field(
        default_factory=lambda: [day + time for day in DATE_FORMS for time in CLOCK_FORMS]
    )

    def read(self, written: str) -> datetime:
        """Return the time that is written, or raise `GeoError`."""
        with suppress(ValueError):
            return datetime.fromisoformat(written)
        for place, form in enumerate(self.forms):
            with suppress(ValueError):
                when = datetime.strptime(written, form)  # noqa: DTZ007 - the zone is put on later
                self.forms.insert(0, self.forms.pop(place))
                return when
        raise GeoError(f"{written!r} is no time that is known (2026-01-31 14:00, 31-01-2026 14:00).")


def table_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not empty, with its line in the file."""
    lines = text.lstrip("\ufeff").splitlines()
    head = "\n".join(lines[:MOST_HEAD])
    delimiter = max(";\t,", key=head.count)
    reader = csv.reader(lines, delimiter=delimiter)
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, [cell.strip() for cell in cells]


def find_heading(table: list[tuple[int, list[str]]], columns: GaugeColumns) -> tuple[int, Places]:
    """Return the first row with all columns that are needed, or say what the widest row lacks."""
    refused: GeoError | None = None
    widest = 0
    for row, (_, cells) in enumerate(table[:MOST_HEAD]):
        try:
            return row, _places(cells, columns)
        except GeoError as error:
            # The widest row is the likeliest to be meant as a heading.
            if refused is None or len(cells) > widest:
                refused, widest = error, len(cells)
    if refused is None:
        raise GeoError("The file of rain readings is empty; it needs a heading and a row a reading.")
    raise refused


def gauge_and_time(cells: list[str], places: Places, name: str, clock: Clock) -> tuple[str, datetime]:
    """Return whose reading a row is, and of when; raise `GeoError` when it does not say."""
    if len(cells) <= max(places.time, places.mm, places.gauge, places.clock):
        raise GeoError(f"the row has {len(cells)} cells, fewer than the heading names.")
    written = cells[places.time]
    if places.clock >= 0:
        written = f"{written} {cells[places.clock]}"
    gauge = cells[places.gauge] if places.gauge >= 0 else name
    if not gauge:
        raise GeoError("the gauge has no name.")
    return gauge, clock.read(written.strip())


def depth_mm(
    cells: list[str], places: Places, unmeasured: Literal["zero", "missing"], seen: Counter[str]
) -> float:
    """Return the depth of a row, NaN where unknown, and count which; raise `GeoError` for what can't be."""
    written = cells[places.mm].casefold()
    too_little = 0.0 if unmeasured == "zero" else math.nan
    if written in MISSING:
        seen["missing"] += 1
        return math.nan
    if written in UNMEASURED:
        seen["unmeasured"] += 1
        return too_little
    try:
        mm = float(written.replace(",", "."))
    except ValueError:
        raise GeoError(f"{cells[places.mm]!r} is no depth of rain in mm.") from None
    if mm == UNMEASURED_MM:
        seen["unmeasured"] += 1
        return too_little
    if mm in MISSING_MM or math.isnan(mm):
        seen["missing"] += 1
        return math.nan
    if not 0.0 <= mm <= MOST_DAY_MM:
        raise GeoError(f"{cells[places.mm]} mm cannot be; a depth is 0 to {MOST_DAY_MM:,.0f} mm.")
    return mm


def _words(title: str) -> set[str]:
    return set(re.findall(r"[a-z]+", title.casefold()))


def _places(heading: list[str], columns: GaugeColumns) -> Places:
    mm = _column(heading, columns.mm, MM_WORDS, "depths of rain in mm (mm, hujan, rain)")
    others = [title if k != mm else "" for k, title in enumerate(heading)]
    time = _column(others, columns.time, TIME_WORDS, "times (time, waktu, tanggal)")
    others[time] = ""
    clock = _column(others, columns.clock, CLOCK_WORDS, "")
    gauge = _column(others, columns.gauge, GAUGE_WORDS, "")
    return Places(time, clock, gauge, mm)


def _column(heading: list[str], wanted: str, words: frozenset[str], meaning: str) -> int:
    if wanted:
        if wanted not in heading:
            raise GeoError(f"There is no column {wanted!r}; there are: {_listed(heading)}.")
        return heading.index(wanted)
    found = [k for k, title in enumerate(heading) if _words(title) & words]
    exact = [k for k in found if heading[k].casefold() in words]
    if len(exact) == 1 or (exact and not meaning):
        return exact[0]
    if len(found) > 1 and meaning:
        raise GeoError(
            f"Several columns could be the one of {meaning}: {_listed([heading[k] for k in found])}. Name it."
        )
    if not found and meaning:
        raise GeoError(f"There is no column of {meaning}; there are: {_listed(heading)}.")
    return found[0] if found else -1


def _listed(titles: Iterable[str]) -> str:
    return ", ".join(repr(title) for title in titles if title)
