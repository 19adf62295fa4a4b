"""Telling wet days from dry ones by the city's gauges, and keeping the reports of one kind of day."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import numpy as np

from fieldops.domain.hotspot_questions import Question, Unit, Weather
from fieldops.queries.hotspot_frames import Reports
from geo.statistics.wet_days import WET_MM, WetDry, wet_and_dry

WET_FROM_MM: Final = 10.0
DRY_BELOW_MM: Final = WET_MM
TAIL_DAYS: Final = 1
"""A day is wet, too, when one of so many before it was: what rain breaks or floods is reported later."""


def choose_days(
    reports: Reports, question: Question, rain: Mapping[date, float]
) -> tuple[Reports, dict[str, float]]:
    """Return the reports of a question's kind of day, and how many days there are of each kind.

    Where incidents count, those are kept whose first report of the period is of such a day: one that began in
    the dry is not counted again as wet when a neighbour reports it in the rain.
    """
    parted = part_days(question.first, question.last, rain)
    chosen = parted.is_wet if question.weather is Weather.WET else parted.is_dry
    frame = reports.frame
    begun = frame["day"]
    if question.unit is Unit.INCIDENTS:
        alone = frame["cluster_id"].where(frame["cluster_id"] > 0, -frame["id"])
        begun = begun.groupby(alone).transform("first")
    at = (begun.to_numpy().astype("datetime64[D]") - np.datetime64(question.first, "D")).astype(np.int64)
    kept = frame[chosen[at]] if len(frame) else frame
    facts = {
        "wet": parted.wet_days,
        "dry": parted.dry_days,
        "neither": question.days - parted.wet_days - parted.dry_days,
        "unknown": sum(_day(question, number) not in rain for number in range(question.days)),
        "wet_mm": WET_FROM_MM,
        "dry_mm": DRY_BELOW_MM,
    }
    return Reports(kept.reset_index(drop=True), reports.placeless), facts


def part_days(first: date, last: date, rain: Mapping[date, float]) -> WetDry:
    """Part the days of a period, both ends included, into wet and dry. A day that was not measured is
    neither; the day after it may be.
    """
    days = (last - first).days + 1
    depths = np.array(
        [rain.get(first + timedelta(days=number), np.nan) for number in range(-TAIL_DAYS, days)]
    )
    parted = wet_and_dry(depths, wet_mm=WET_FROM_MM, dry_mm=DRY_BELOW_MM, tail_days=TAIL_DAYS)
    is_known = np.isfinite(depths[TAIL_DAYS:])
    return WetDry(parted.is_wet[TAIL_DAYS:] & is_known, parted.is_dry[TAIL_DAYS:])


def _day(question: Question, number: int) -> date:
    return question.first + timedelta(days=number)
