"""Rain by the city's day: depth, intensity, and what fell before."""

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
