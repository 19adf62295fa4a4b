"""Rain gauges: readings of one or several from a file as it comes; each row that is no use is named."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from geo.errors import GeoError
from geo.statistics.gauge_rows import (
    MOST_DAY_MM,
    Clock,
    GaugeColumns,
    depth_mm,
    find_heading,
    gauge_and_time,
    table_rows,
)

DAY_S: Final = 86_400
ONLY_GAUGE: Final = "gauge"
MOST_HOUR_MM: Final = 410.0
"""And so in an hour (401 mm, Shangdi 1975)."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that could not be used.

    Attributes
    ----------
    line
        Its line in the file, the heading being line 1.
    fault
        What is wrong, a sentence.
    """

    line: int
    fault: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.fault}"


@dataclass(frozen=True, slots=True)
class GaugeRecord:
    """Readings of one gauge at equal steps, without a hole: what is unknown is NaN.

    Attributes
    ----------
    gauge
        Its name.
    begins
        When each step begins, datetime64[s], shape (n,), ascending: UTC; for daily readings the calendar day
        as the gauge's owner counts it.
    mm
        Rain of the step, float64, shape (n,), 0 or more, or NaN.
    step_s
        Length of a step, seconds.
    """

    gauge: str
    begins: NDArray[np.datetime64]
    mm: NDArray[np.float64]
    step_s: int

    @property
    def is_daily(self) -> bool:
        """Whether a step is a whole day."""
        return self.step_s == DAY_S

    @property
    def known(self) -> float:
        """Share of the steps that were measured."""
        return float(np.isfinite(self.mm).mean())


@dataclass(frozen=True, slots=True)
class Readings:
    """What a file of readings held.

    Attributes
    ----------
    gauges
        One record a gauge, by name.
    faults
        Rows that could not be used.
    rows
        Rows read, the heading apart.
    missing, unmeasured
        Rows that say that nothing was measured, and rows of rain too little to measure (TTU, 8888).
    repeated
        Rows that repeat an earlier one and were left out.
    gap_steps
        Steps between a gauge's first and last reading that no row speaks of.
    """

    gauges: tuple[GaugeRecord, ...]
    faults: tuple[RowFault, ...]
    rows: int
    missing: int
    unmeasured: int
    repeated: int
    gap_steps: int


@dataclass(slots=True)
class _Heap:
    """Rows of one gauge as they come."""

    lines: dict[datetime, int] = field(default_factory=dict)
    mm: dict[datetime, float] = field(default_factory=dict)


def read_gauges(
    text: str,
    zone: tzinfo,
    *,
    columns: GaugeColumns | None = None,
    stamp: Literal["begin", "end"] = "end",
    unmeasured: Literal["zero", "missing"] = "zero",
    name: str = ONLY_GAUGE,
) -> Readings:
    """Read a CSV file of one or several gauges.

    Parameters
    ----------
    text
        The file: a heading, then a row a reading; up to 30 lines about the station may stand before. Comma,
        semicolon or tab; with a comma for a decimal point where columns are parted by something else; dates
        as ISO 8601 or day first (31-01-2026, 31/01/2026).
    zone
        The zone of times that name none: the city's.
    columns
        Names of the columns. Without them they are known by their words (``tanggal``, ``waktu``, ``time``;
        ``pos``, ``stasiun``, ``gauge``; ``mm``, ``curah hujan``, ``RR``, ``precip``).
    stamp
        Whether a time names the beginning or the end of the step it tells of; gauges' own logs name the end.
        Daily readings name their day.
    unmeasured
        What rain too little to measure (TTU, 8888) counts as.
    name
        What a gauge is called where the file has no column for it.

    Returns
    -------
    The records, and what was left out and why. Steps without a reading are NaN.

    Raises
    ------
    GeoError
        No heading with a column of times and one of depths, two that could be either, or no usable reading.
    """
    table = list(table_rows(text))
    head, places = find_heading(table, columns or GaugeColumns())
    faults: list[RowFault] = []
    seen: Counter[str] = Counter()
    heaps: defaultdict[str, _Heap] = defaultdict(_Heap)
    clock = Clock()
    for line, cells in table[head + 1 :]:
        seen["rows"] += 1
        try:
            gauge, when = gauge_and_time(cells, places, name, clock)
            _keep(heaps[gauge], when, depth_mm(cells, places, unmeasured, seen), line, seen)
        except GeoError as error:
            faults.append(RowFault(line, str(error)))
    gaps, records = 0, []
    for gauge in sorted(heaps):
        record, holes, slips = _record(gauge, heaps[gauge], zone, stamp)
        faults += slips
        gaps += holes
        records.append(record)
    if not any(np.isfinite(record.mm).any() for record in records):
        first = f" {min(faults, key=lambda fault: fault.line)}" if faults else ""
        raise GeoError(f"None of the {seen['rows']} rows is a usable reading of rain.{first}")
    return Readings(
        tuple(records),
        tuple(sorted(faults, key=lambda fault: fault.line)),
        seen["rows"],
        seen["missing"],
        seen["unmeasured"],
        seen["repeated"],
        gaps,
    )


def _keep(heap: _Heap, when: datetime, mm: float, line: int, seen: Counter[str]) -> None:
    earlier = heap.lines.get(when)
    if earlier is None:
        heap.lines[when], heap.mm[when] = line, mm
        return
    before = heap.mm[when]
    if before == mm or math.isnan(mm):
        seen["repeated"] += 1
    elif math.isnan(before):
        seen["repeated"] += 1
        heap.mm[when] = mm
    else:
        heap.mm[when] = math.nan
        raise GeoError(
            f"{when:%Y-%m-%d %H:%M} was already read on line {earlier}, as {before:g} mm, not {mm:g}: "
            "neither is used."
        )


def _record(
    gauge: str, heap: _Heap, zone: tzinfo, stamp: Literal["begin", "end"]
) -> tuple[GaugeRecord, int, list[RowFault]]:
    placed = _placed(heap, zone)
    order = sorted(placed)
    seconds = np.array(order, dtype=np.int64)
    mm = np.array([heap.mm[placed[second]] for second in order])
    lines = np.array([heap.lines[placed[second]] for second in order])
    # One date alone is a day's reading: yesterday's rain, added every morning.
    step_s = DAY_S if len(seconds) == 1 and not _has_clock(heap) else _step(gauge, seconds)
    is_daily = step_s == DAY_S
    if is_daily:
        seconds = np.array([_midnight(placed[second]) for second in order], dtype=np.int64)
    faults: list[RowFault] = []
    fits = (seconds - seconds[_base(seconds, step_s)]) % step_s == 0
    faults += _slips(lines, ~fits, f"the time is off {gauge}'s step of {step_s} s.")
    most = _most_mm(step_s)
    too_much = mm > most
    faults += _slips(lines, too_much, f"more than {most:,.0f} mm in {step_s / 60:g} minutes cannot be.")
    mm = np.where(too_much, np.nan, mm)[fits]
    seconds = seconds[fits] - (0 if is_daily or stamp == "begin" else step_s)
    at = (seconds - seconds[0]) // step_s
    whole = np.full(int(at[-1]) + 1, np.nan)
    whole[at] = mm
    begins = (seconds[0] + np.arange(len(whole)) * step_s).astype("datetime64[s]")
    return GaugeRecord(gauge, begins, whole, step_s), len(whole) - len(np.unique(at)), faults


def _placed(heap: _Heap, zone: tzinfo) -> dict[int, datetime]:
    """UTC seconds of each time that was read; of two that fall on one second the first stands."""
    has_clock = _has_clock(heap)
    placed: dict[int, datetime] = {}
    for when in heap.lines:
        # A day is counted as if in UTC: days have one length then, whatever the clocks did.
        aware = when if when.tzinfo is not None else when.replace(tzinfo=zone) if has_clock else None
        second = _midnight(when) if aware is None else int(aware.timestamp())
        placed.setdefault(second, when)
    return placed


def _has_clock(heap: _Heap) -> bool:
    return any(when.hour or when.minute for when in heap.lines) or any(when.tzinfo for when in heap.lines)


def _midnight(when: datetime) -> int:
    day = np.datetime64(when.replace(tzinfo=None), "D")
    return int(day.astype("datetime64[s]").astype(np.int64))


def _step(gauge: str, seconds: NDArray[np.int64]) -> int:
    if len(seconds) < 2:
        raise GeoError(f"Gauge {gauge} has {len(seconds)} reading; at least 2 are needed to know its step.")
    gaps, times = np.unique(np.diff(seconds), return_counts=True)
    step = int(gaps[np.argmax(times)])
    if 82_800 <= step <= 90_000:  # a day of 23 or 25 hours, where clocks change
        return DAY_S
    if step > DAY_S or DAY_S % step:
        raise GeoError(
            f"Gauge {gauge} is read every {step:,} s; a step must be a day or go into one without a rest."
        )
    if times.max() * 2 < len(seconds) - 1:
        raise GeoError(
            f"Gauge {gauge} is read at changing steps (most often {step:,} s, {int(times.max())} of "
            f"{len(seconds) - 1} times); equal steps are needed."
        )
    return step


def _base(seconds: NDArray[np.int64], step_s: int) -> int:
    """A reading whose place in the step is the commonest."""
    phase = seconds % step_s
    values, times = np.unique(phase, return_counts=True)
    return int(np.argmax(phase == values[np.argmax(times)]))


def _most_mm(step_s: int) -> float:
    return MOST_HOUR_MM if step_s <= 3_600 else MOST_DAY_MM


def _slips(lines: NDArray[np.int64], bad: NDArray[np.bool_], fault: str) -> list[RowFault]:
    return [RowFault(int(line), fault) for line in lines[bad]]
