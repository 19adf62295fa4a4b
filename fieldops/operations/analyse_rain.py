"""Rain and reports: after how many days reports follow rain, and how many times more come on wet days."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from fieldops.domain.hotspot_questions import Question
from fieldops.installation import Installation
from fieldops.operations.analysis_jobs import Compute, Figures, counted_figures, or_why_not, short, short_all
from fieldops.operations.choose_days import DRY_BELOW_MM, TAIL_DAYS, WET_FROM_MM, part_days
from fieldops.queries.hotspot_frames import gauge_words, rain_of, reports_of
from geo.statistics.rain import antecedent_index
from geo.statistics.rain_lags import Resampling, lag_profile, wet_against_dry
from geo.statistics.rain_response import ResponseModel, rain_response

LAGS: Final = (-2, 7)
"""Days: rain of the seven days before, and of two days after as a check, for it cannot act backwards."""

LAST_RESPONSE_LAG: Final = 3
RAIN_OF_MM: Final = 25.0
KEPT_A_DAY: Final = 0.85
"""Of the wetness that older rain left: in a hot and drained city it goes fast."""

MEMORY_DAYS: Final = 30
"""Rain is read from so many days before the period: an antecedent index needs its past."""

THIRDS: Final = (100 / 3, 200 / 3)

Numbers = NDArray[np.float64]


def analyse_rain(session: Session, installation: Installation, question: Question, seed: int) -> Compute:
    """Read reports and rain of a period; return what computes their link, day by day."""
    reports = reports_of(session, installation.city, question, question.first, question.last)
    before, after = timedelta(days=MEMORY_DAYS), timedelta(days=-LAGS[0])
    rain = rain_of(session, question.first - before, question.last + after)
    source = gauge_words(session)

    def compute(report: Callable[[int], None]) -> Figures:
        units = reports.counted(question.unit)
        counts, depths = _columns(units, question, rain)
        figures = counted_figures(reports, units) | {
            "rain_source": source,
            "measured": sum(question.first <= day <= question.last for day in rain),
            "days": _days(counts, depths, question),
            "profile": _profile(counts, depths, seed),
        }
        report(45)
        figures["response"] = or_why_not(lambda: _response(counts, depths, question))
        report(60)
        figures["wet_dry"] = or_why_not(lambda: _wet_dry(counts, rain, question, seed))
        report(75)
        figures["antecedent"] = or_why_not(lambda: _antecedent(counts, depths, seed))
        return figures

    return compute


def _columns(units: pd.DataFrame, question: Question, rain: dict[date, float]) -> tuple[Numbers, Numbers]:
    """Return reports and rain by day, from the memory before the period to the days after it; reports are not
    known outside the period.
    """
    counted = Counter(units["day"].to_numpy().astype("datetime64[D]").astype(str).tolist())
    days = [
        question.first + timedelta(days=number) for number in range(-MEMORY_DAYS, question.days - LAGS[0])
    ]
    counts = [
        float(counted.get(day.isoformat(), 0)) if question.first <= day <= question.last else np.nan
        for day in days
    ]
    return np.array(counts), np.array([rain.get(day, np.nan) for day in days])


def _days(counts: Numbers, depths: Numbers, question: Question) -> list[list[object]]:
    """Return [day, counted, millimetres or None] for each day of the period."""
    inside = slice(MEMORY_DAYS, MEMORY_DAYS + question.days)
    return [
        [(question.first + timedelta(days=number)).isoformat(), int(many), short(round(depth, 1))]
        for number, (many, depth) in enumerate(zip(counts[inside], depths[inside], strict=True))
    ]


def _profile(counts: Numbers, depths: Numbers, seed: int) -> Figures:
    found = lag_profile(counts, depths, lags=LAGS, resampling=Resampling(seed=seed))
    return {
        "lag": found.lag_days.tolist(),
        "r": short_all(found.correlation),
        "low": short_all(found.low),
        "high": short_all(found.high),
        "days": found.days,
        "units": found.complaints,
        "block_days": found.block_days,
        "replicates": found.replicates,
    }


def _response(counts: Numbers, depths: Numbers, question: Question) -> Figures:
    start = np.datetime64(question.first, "D") - np.timedelta64(MEMORY_DAYS, "D")
    found = rain_response(
        start + np.arange(len(counts)),
        counts,
        depths,
        depth_mm=RAIN_OF_MM,
        model=ResponseModel(last_lag=LAST_RESPONSE_LAG),
    )
    return {
        "depth_mm": found.depth_mm,
        "lag": found.lag_days.tolist(),
        "ratio": short_all(found.ratio),
        "low": short_all(found.low),
        "high": short_all(found.high),
        "whole": short_all([found.whole_ratio, found.whole_low, found.whole_high]),
        "days": found.days,
        "units": found.complaints,
        "dispersion": short(found.fit.dispersion),
        "hac_days": found.hac_days,
    }


def _wet_dry(counts: Numbers, rain: dict[date, float], question: Question, seed: int) -> Figures:
    parted = part_days(question.first, question.last, rain)
    inside = counts[MEMORY_DAYS : MEMORY_DAYS + question.days]
    found = wet_against_dry(inside, parted, resampling=Resampling(seed=seed))
    return {
        "wet_days": found.wet_days,
        "dry_days": found.dry_days,
        "neither": question.days - found.wet_days - found.dry_days,
        "wet_mean": short(found.wet_mean),
        "dry_mean": short(found.dry_mean),
        "ratio": short(found.ratio),
        "low": short(found.low),
        "high": short(found.high),
        "wet_mm": WET_FROM_MM,
        "dry_mm": DRY_BELOW_MM,
        "tail_days": TAIL_DAYS,
    }


def _antecedent(counts: Numbers, depths: Numbers, seed: int) -> Figures:
    """Return how reports go with the wetness that older rain left, and their rate in each third of days."""
    index = antecedent_index(depths, keep=KEPT_A_DAY)
    found = lag_profile(counts, index, lags=(0, 0), resampling=Resampling(seed=seed))
    known = np.isfinite(counts) & np.isfinite(index)
    third = np.searchsorted(np.percentile(index[known], THIRDS), index[known], side="left")
    return {
        "keep": KEPT_A_DAY,
        "r": short(found.correlation[0]),
        "low": short(found.low[0]),
        "high": short(found.high[0]),
        "days": found.days,
        "thirds": [
            [int((third == at).sum()), short(index[known][third == at].mean()),
             short(counts[known][third == at].mean())]
            for at in range(3)
            if (third == at).any()
        ],
    }  # fmt: skip
