"""Where neighbouring cells together hold more, or fewer, than the whole map lets expect."""

from typing import Any

import numpy as np

from fieldops.domain.hotspot_questions import Question
from fieldops.operations.hotspot_ground import (
    CellRow,
    Ground,
    Judged,
    Material,
    Q,
    Whole,
    as_number,
    count_units,
    expected_on,
    names_of,
    rates_on,
    shapes_in_degrees,
    state,
    tally,
)
from geo.statistics.exposure import Rates
from geo.statistics.hot_spots import HotSpots, hot_spots
from geo.statistics.summary import ENOUGH_EXPECTED


def judge_places(material: Material, question: Question, ground: Ground, seed: int) -> Judged:
    """Judge each cell with its neighbours against the whole map (Gi*)."""
    units = material.reports.counted(question.unit)
    counts, outside = count_units(units, ground.cells, material.crs)
    rates = rates_on(counts, ground)
    found = _tested(counts, rates, ground)
    rows = [
        CellRow(
            area_name=name,
            count=int(counts[at]),
            exposure=as_number(ground.exposure, at),
            expected=as_number(expected_on(counts, rates), at),
            z=as_number(found.z, at),
            p=as_number(found.p, at),
            p_adjusted=as_number(found.p_adjusted, at),
            band=int(found.band_corrected[at]),
            plain_band=int(found.band[at]),
            is_tested=bool(found.tested[at]),
            number=at + 1,
        )
        for at, name in enumerate(names_of(material, ground))
    ]
    figures = state(material, question, ground, units, outside, seed) | _tests(found, rates, counts)
    return Judged(rows, shapes_in_degrees(ground.cells, material.crs), figures)


def _tested(counts: Whole, rates: Rates | None, ground: Ground) -> HotSpots:
    if rates is None:
        return hot_spots(counts, ground.weights, Q, tested=ground.enough)
    values = np.where(rates.tested, rates.rate, 0.0)
    tested = rates.tested & ground.enough
    return hot_spots(values, ground.weights, Q, counts=counts, expected=rates.expected, tested=tested)


def _tests(found: HotSpots, rates: Rates | None, counts: Whole) -> dict[str, Any]:
    """Return what a map of Gi* states of its test."""
    neighbours = found.neighbours[found.tested]
    return {
        "tested": found.n_tested,
        "q": found.q,
        "mean": found.mean,
        "deviation": found.deviation,
        "overall": None if rates is None else rates.overall,
        "left_out": int(counts[~found.tested].sum()),
        "thin": int((found.expected[found.tested] < ENOUGH_EXPECTED).sum()),
        "neighbours_median": float(np.median(neighbours)) if len(neighbours) else 0.0,
        "bands": tally(found.band_corrected[found.tested]),
        "plain_bands": tally(found.band[found.tested]),
    }
