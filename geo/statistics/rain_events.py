"""Events of rain, and which one standing water belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.errors import GeoError
from geo.statistics.gauges import GaugeRecord
from geo.statistics.wet_days import WET_MM

Times = NDArray[np.datetime64]
STANDING_WATER_H: Final = 72.0
"""Standing water belongs to a rain event until so long after its last rain."""


@dataclass(frozen=True, slots=True)
class RainEvent:
    """Rain between two dry spells.

    Attributes
    ----------
    begins, ends
        The first step with rain and the end of the last one, datetime64[s], UTC (daily readings: days).
    depth_mm, peak_mm_h
        Whole depth; the rate of its strongest step.
    known
        Share of its steps that were measured: below 1 the depth is a lower bound.
    """

    begins: np.datetime64
    ends: np.datetime64
    depth_mm: float
    peak_mm_h: float
    known: float

    @property
    def hours(self) -> float:
        """How long it lasted."""
        return float((self.ends - self.begins) / np.timedelta64(1, "h"))


def rain_events(record: GaugeRecord, *, dry_h: float, least_mm: float = WET_MM) -> list[RainEvent]:
    """Part the record into events of rain.

    Parameters
    ----------
    record
        One gauge's readings. An unknown step counts as one without rain: where steps are unknown, what is
        told as two events may have been one.
    dry_h
        Hours without rain that end an event: 6 in urban drainage; 72 where an event is to last as long as
        the water that it left (`STANDING_WATER_H`).
    least_mm
        Events of less are left out.

    Returns
    -------
    The events, in time.

    Raises
    ------
    GeoError
        `dry_h` shorter than a step.
    """
    if dry_h * 3_600 < record.step_s:
        raise GeoError(
            f"{dry_h:g} dry hours are less than a step of gauge {record.gauge} ({record.step_s / 3_600:g} h)."
        )
    wet = np.flatnonzero(np.nan_to_num(record.mm) > 0.0)
    if not len(wet):
        return []
    dry_steps = np.diff(wet) - 1
    cuts = np.flatnonzero(dry_steps * record.step_s >= dry_h * 3_600) + 1
    events = []
    for steps in np.split(wet, cuts):
        first, last = int(steps[0]), int(steps[-1])
        mm = record.mm[first : last + 1]
        depth = float(np.nansum(mm))
        if depth >= least_mm:
            ends = record.begins[last] + np.timedelta64(record.step_s, "s")
            peak = float(np.nanmax(mm)) * 3_600.0 / record.step_s
            events.append(RainEvent(record.begins[first], ends, depth, peak, float(np.isfinite(mm).mean())))
    return events


def event_of(events: list[RainEvent], times: Times, *, tail_h: float = STANDING_WATER_H) -> NDArray[np.int64]:
    """Say which event each time belongs to: the latest that had begun, until `tail_h` after its last rain.

    Parameters
    ----------
    events
        In time, as `rain_events` returns them.
    times
        datetime64, shape (n,), in the record's time (UTC; daily readings: local days).

    Returns
    -------
    Place in `events`, shape (n,); -1 outside any.
    """
    if not events:
        return np.full(len(times), -1, dtype=np.int64)
    begins = np.array([event.begins for event in events])
    last = np.array([event.ends for event in events], dtype="datetime64[s]")
    ends = (last.astype(np.int64) + round(tail_h * 3_600)).astype("datetime64[s]")
    at = np.searchsorted(begins, times.astype("datetime64[s]"), side="right") - 1
    inside = (at >= 0) & (times <= ends[np.maximum(at, 0)])
    return np.where(inside, at, -1).astype(np.int64)
