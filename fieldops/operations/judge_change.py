"""Where reports rose or fell between two periods by more than chance."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from fieldops.domain.hotspot_questions import Question
from fieldops.errors import InvalidInput
from fieldops.operations.hotspot_ground import (
    CellRow,
    Ground,
    Judged,
    Material,
    Numbers,
    Q,
    Whole,
    as_number,
    count_units,
    names_of,
    refuse_no_reports,
    shapes_in_degrees,
    state,
    tally,
)
from fieldops.queries.hotspot_frames import Reports
from geo.statistics.comparison import Comparison, channel_shift, compare_periods
from geo.statistics.hot_spots import LEVELS, hot_spots
from geo.statistics.refusals import TooFewData

LEAST_P = 1e-300


def judge_change(material: Material, question: Question, ground: Ground, seed: int) -> Judged:
    """Judge each cell's change from the earlier period, against no change at all.

    Raises
    ------
    InvalidInput
        The question has no earlier period.
    """
    if question.earlier_first is None or question.earlier_last is None:
        raise InvalidInput("Choose an earlier period to compare with.", field="earlier_until")
    later = _within(material, question.first, question.last)
    earlier = _within(material, question.earlier_first, question.earlier_last)
    units, units_before = later.counted(question.unit), earlier.counted(question.unit)
    refuse_no_reports(pd.concat([units, units_before]))
    now, outside = _counted(units, ground, material)
    before, outside_before = _counted(units_before, ground, material)
    exposure = (
        None if ground.exposure is None else np.where(ground.exposure >= ground.least, ground.exposure, 0.0)
    )
    found = compare_periods(before, now, question.days, question.days, exposure_before=exposure, q=Q)
    bands, plain = _bands(found, found.p_adjusted), _bands(found, found.p)
    was, is_now = _alone(before, ground), _alone(now, ground)
    z = _signed_z(found)
    rows = [
        CellRow(
            number=at + 1,
            area_name=name,
            count=int(now[at]),
            exposure=as_number(ground.exposure, at),
            expected=None,
            z=as_number(z, at),
            p=as_number(found.p, at),
            p_adjusted=as_number(found.p_adjusted, at),
            band=int(bands[at]),
            plain_band=int(plain[at]),
            label={1: "more", -1: "fewer"}.get(int(found.change[at]), ""),
            is_tested=bool(found.tested[at]),
            facts={
                "earlier": int(before[at]),
                "was": int(was[at]) + 3,
                "is": int(is_now[at]) + 3,
                "ratio": as_number(found.ratio, at),
                "ratio_low": as_number(found.ratio_low, at),
                "ratio_high": as_number(found.ratio_high, at),
            },
        )
        for at, name in enumerate(names_of(material, ground))
    ]
    shown = replace(material, reports=later)
    figures = state(shown, question, ground, units, outside + outside_before, seed) | {
        "tested": int(found.tested.sum()),
        "q": found.q,
        "left_out": 0,
        "bands": tally(bands[found.tested]),
        "plain_bands": tally(plain[found.tested]),
        "units_before": len(units_before),
        "city_ratio": found.city_ratio,
        "city_p": found.city_p,
        "channels_before": _mix(earlier),
        "channel_shift": _shift(earlier, later),
    }
    return Judged(rows, shapes_in_degrees(ground.cells, material.crs), figures)


def _within(material: Material, first: Any, last: Any) -> Reports:
    frame = material.reports.frame
    day = frame["day"].to_numpy().astype("datetime64[D]")
    inside = (day >= np.datetime64(first)) & (day <= np.datetime64(last))
    return Reports(frame[inside].reset_index(drop=True), material.reports.placeless)


def _counted(units: pd.DataFrame, ground: Ground, material: Material) -> tuple[Whole, int]:
    if not len(units):
        return np.zeros(len(ground.cells), dtype=np.int64), 0
    return count_units(units, ground.cells, material.crs, least=0)


def _bands(found: Comparison, p: Numbers) -> Whole:
    rose = np.where(found.ratio >= 1.0, 1, -1)
    with np.errstate(invalid="ignore"):
        met = np.sum([p <= level for level in LEVELS], axis=0)
    return np.where(found.tested, rose * met, 0).astype(np.int64)


def _signed_z(found: Comparison) -> Numbers:
    """Return the normal deviate of each p-value, above 0 where reports rose: what the table is sorted by."""
    z = -ndtri(np.clip(found.p, LEAST_P, 1.0) / 2.0)
    return np.where(found.tested, np.where(found.ratio >= 1.0, z, -z), np.nan)


def _alone(counts: Whole, ground: Ground) -> Whole:
    """Return the classes of one period by itself; 0 everywhere where it has too few reports."""
    try:
        return hot_spots(counts, ground.weights, Q).band_corrected.astype(np.int64)
    except TooFewData:
        return np.zeros(len(counts), dtype=np.int64)


def _mix(reports: Reports) -> dict[str, int]:
    """Return how many reports came by each channel."""
    return dict(Counter(reports.frame["channel"].tolist()))


def _shift(earlier: Reports, later: Reports) -> dict[str, Any] | None:
    found = channel_shift(_mix(earlier), _mix(later))
    return {
        "moved": found.moved,
        "channel": found.channel,
        "share_before": found.share_before,
        "share_after": found.share_after,
        "needs_warning": bool(found.needs_warning),
    }
