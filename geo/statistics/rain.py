"""Rain by the city's day and by event: depth, intensity, what fell before, and which days were wet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError
from geo.statistics.gauges import DAY_S, GaugeRecord

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]

KNOWN_SHARE: Final = 0.9
"""A day of which less was measured has no depth."""
WET_MM: Final = 1.0
"""A rain day, as WMO and BMKG count them."""
STANDING_WATER_H: Final = 72.0
"""Standing water belongs to a rain event until so long after its last rain."""
FORGOTTEN: Final = 0.05
"""An unknown day no longer counts in the antecedent index when its weight has sunk to this."""


@dataclass(frozen=True, slots=True)
class DailyRain:
    """Rain by the city's day.

    Attributes
    ----------
    gauge
        Whose.
    days
        datetime64[D], shape (n,), one after the other.
    mm
        Depth of the day, shape (n,), NaN where less than 90 % of it was measured.
    most_mm_h
        For each window in minutes the greatest mean intensity, mm/h, of the windows that end on the day,
        shape (n,). Only windows that the gauge's step allows.
    """

    gauge: str
    days: Times
    mm: Floats
    most_mm_h: dict[int, Floats]


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


def daily_rain(
    record: GaugeRecord,
    zone: tzinfo,
    *,
    windows_min: tuple[int, ...] = (5, 15, 60),
    shift_days: int = 0,
) -> DailyRain:
    """Sum readings by the city's day.

    Parameters
    ----------
    record
        One gauge's readings.
    zone
        The city's zone: a day goes from midnight to midnight there. A step that crosses midnight belongs to
        the day on which it begins.
    windows_min
        Windows to take the greatest intensity of; those shorter than a step, or no whole number of steps,
        are left out.
    shift_days
        Days to move daily readings by. A gauge that is read at 07.00 holds the rain since 07.00 of the day
        before, most of it of that day's afternoon: -1.

    Raises
    ------
    GeoError
        A shift of readings that are finer than a day.
    """
    if record.is_daily:
        days = (record.begins.astype("datetime64[D]").astype(np.int64) + shift_days).astype("datetime64[D]")
        return DailyRain(record.gauge, days, record.mm.copy(), {})
    if shift_days:
        raise GeoError(
            f"Gauge {record.gauge} is read every {record.step_s} s; only daily readings are moved."
        )
    local, day, steps = _local_days(record, zone)
    known = np.bincount(day, np.isfinite(record.mm), minlength=len(local))
    depth = np.bincount(day, np.nan_to_num(record.mm), minlength=len(local))
    is_known = known >= KNOWN_SHARE * steps
    most = {
        minutes: np.where(is_known, _greatest(window_intensity(record, minutes), day, len(local)), np.nan)
        for minutes in windows_min
        if minutes * 60 >= record.step_s and not (minutes * 60) % record.step_s
    }
    return DailyRain(record.gauge, local, np.where(is_known, depth, np.nan), most)


def window_intensity(record: GaugeRecord, minutes: int) -> Floats:
    """Mean intensity of the window that ends with each step, mm/h, shape (n,).

    NaN where a step of the window is unknown or lies before the first reading.

    Raises
    ------
    GeoError
        A window that the step does not go into.
    """
    if minutes < 1 or (minutes * 60) % record.step_s:
        raise GeoError(
            f"Rain in {minutes} minutes needs readings at least that often; gauge {record.gauge} is read "
            f"every {record.step_s / 60:g} minutes."
        )
    return _window_sum(record.mm, minutes * 60 // record.step_s) * (60.0 / minutes)


def window_depth(record: GaugeRecord, hours: int) -> Floats:
    """Depth of the hours that end with each step, such as 24 or 72, mm, shape (n,); NaN as above."""
    return window_intensity(record, hours * 60) * hours


def antecedent_index(mm: ArrayLike, *, keep: float = 0.9) -> Floats:
    """Antecedent precipitation index: what fell before a day, the older the less.

    API(t) = keep · (API(t − 1) + P(t − 1)), so the day's own rain is not in it (Kohler and Linsley, 1951;
    ``keep`` is 0.85 to 0.98 in the literature, less in hot and drained places).

    Parameters
    ----------
    mm
        Daily depths one after the other, shape (n,), NaN where unknown.
    keep
        Share that is left after a day, above 0 and below 1.

    Returns
    -------
    mm, shape (n,). NaN at the beginning and after an unknown day, until that day's weight is below 5 %.

    Raises
    ------
    GeoError
        A `keep` outside (0, 1).
    """
    if not 0.0 < keep < 1.0:
        raise GeoError(f"The share that is left after a day must be above 0 and below 1, not {keep}.")
    depth = np.asarray(mm, dtype=np.float64)
    memory_days = int(np.ceil(np.log(FORGOTTEN) / np.log(keep)))
    index, value, known_for = np.empty(len(depth)), 0.0, 0
    for day, fell in enumerate(depth.tolist()):
        index[day] = value if known_for >= memory_days else np.nan
        is_known = fell == fell  # noqa: PLR0124 - NaN alone differs from itself
        known_for = known_for + 1 if is_known else 0
        value = keep * (value + (fell if is_known else 0.0))
    return index


def rain_events(record: GaugeRecord, *, dry_h: float, least_mm: float = WET_MM) -> list[RainEvent]:
    """Part the record into events of rain.

    Parameters
    ----------
    record
        One gauge's readings. An unknown step is neither rain nor dry: it does not end an event, and the dry
        time is counted over it.
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


@dataclass(frozen=True, slots=True)
class WetDry:
    """Days parted for two maps, with how many of each there are, which is the ratio of chances.

    Attributes
    ----------
    is_wet, is_dry
        bool, shape (n,); a day in between, or next to an unknown one, is neither.
    """

    is_wet: NDArray[np.bool_]
    is_dry: NDArray[np.bool_]

    @property
    def wet_days(self) -> int:
        """How many are wet."""
        return int(self.is_wet.sum())

    @property
    def dry_days(self) -> int:
        """How many are dry."""
        return int(self.is_dry.sum())


def wet_and_dry(mm: ArrayLike, *, wet_mm: float = 10.0, dry_mm: float = WET_MM, tail_days: int = 1) -> WetDry:
    """Part days into wet ones and dry ones.

    Parameters
    ----------
    mm
        Daily depths one after the other, shape (n,), NaN where unknown.
    wet_mm
        A day is wet when it or one of the `tail_days` before had so much.
    dry_mm
        It is dry when neither it nor one of those had so much.

    Raises
    ------
    GeoError
        `dry_mm` above `wet_mm`, or a tail below 0.
    """
    if not 0.0 < dry_mm <= wet_mm or tail_days < 0:
        raise GeoError(
            f"A dry day has less than {dry_mm:g} mm, a wet one {wet_mm:g} or more, and the tail is "
            f"{tail_days} days: the first must be above 0 and not above the second, the tail not below 0."
        )
    depth = np.asarray(mm, dtype=np.float64)
    before = np.stack([_moved(depth, lag) for lag in range(tail_days + 1)])
    unknown = np.isnan(before).any(axis=0)
    highest = np.nan_to_num(before).max(axis=0)
    return WetDry(highest >= wet_mm, ~unknown & (highest < dry_mm))


@dataclass(frozen=True, slots=True)
class IntensityDuration:
    """The strongest rain of each length.

    Attributes
    ----------
    minutes
        Lengths, ascending, shape (k,).
    years
        Local years, shape (y,).
    most_mm_h
        Greatest mean intensity by year and length, mm/h, shape (y, k); NaN where nothing is known.
    known
        Share of each year that was measured, shape (y,): the greatest of a year with holes is a lower bound.
    """

    minutes: NDArray[np.int64]
    years: NDArray[np.int64]
    most_mm_h: Floats
    known: Floats


def intensity_duration(
    record: GaugeRecord,
    zone: tzinfo,
    minutes: tuple[int, ...] = (5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440),
) -> IntensityDuration:
    """The greatest intensity of each length and year, from which a curve of return periods can be drawn.

    Lengths that the gauge's step does not go into are left out. No curve is fitted: that needs some ten
    years.

    Raises
    ------
    GeoError
        Daily readings, of which no intensity is known, or no length that the step goes into.
    """
    if record.is_daily:
        raise GeoError(
            f"Gauge {record.gauge} is read once a day; intensity by duration needs readings "
            "every hour or finer."
        )
    fits = np.array(sorted(m for m in minutes if m * 60 >= record.step_s and not m * 60 % record.step_s))
    if not len(fits):
        raise GeoError(
            f"None of the lengths {minutes} is a whole number of steps of {record.step_s / 60:g} min."
        )
    days, day, _ = _local_days(record, zone)
    years, year = np.unique(days.astype("datetime64[Y]").astype(np.int64)[day] + 1_970, return_inverse=True)
    most = np.stack(
        [_greatest(window_intensity(record, int(m)), year, len(years)) for m in fits.tolist()], axis=1
    )
    known = np.bincount(year, np.isfinite(record.mm)) / np.bincount(year)
    return IntensityDuration(fits.astype(np.int64), years, most, known)


# ---------------------------------------------------------------- within


def _local_days(record: GaugeRecord, zone: tzinfo) -> tuple[Times, NDArray[np.int64], Floats]:
    """Days without a hole, the day of each step, and how many steps each whole day has."""
    local = pd.DatetimeIndex(record.begins).tz_localize("UTC").tz_convert(zone).tz_localize(None)
    of_step = local.to_numpy().astype("datetime64[D]")
    days = np.arange(of_step[0], of_step[-1] + np.timedelta64(1, "D"))
    day = (of_step - days[0]).astype(np.int64)
    # The first and the last day are judged by the whole of them, not by the part that was recorded.
    steps = np.full(len(days), DAY_S / record.step_s)
    return days, day, np.maximum(steps, np.bincount(day, minlength=len(days)))


def _window_sum(mm: Floats, steps: int) -> Floats:
    total = np.full(len(mm), np.nan)
    if steps <= len(mm):
        windows = np.lib.stride_tricks.sliding_window_view(mm, steps)
        total[steps - 1 :] = windows.sum(axis=1)
    return total


def _greatest(values: Floats, group: NDArray[np.int64], groups: int) -> Floats:
    most = np.full(groups, -np.inf)
    np.maximum.at(most, group, np.where(np.isnan(values), -np.inf, values))
    return np.where(np.isinf(most), np.nan, most)


def _moved(values: Floats, days: int) -> Floats:
    moved = np.full(len(values), np.nan)
    moved[days:] = values[: len(values) - days]
    return moved
