"""Which cells are like their neighbours, and which are the odd ones out: local Moran."""

from collections import Counter
from typing import Final

import numpy as np

from fieldops.domain.hotspot_questions import Question
from fieldops.operations.hotspot_ground import (
    CellRow,
    Ground,
    Judged,
    Material,
    as_number,
    count_units,
    expected_on,
    names_of,
    rates_on,
    shapes_in_degrees,
    state,
    tally,
)
from geo.statistics.local_moran import local_moran

LABELS: Final = {"HH": "high_high", "HL": "high_low", "LH": "low_high", "LL": "low_low"}
BANDS: Final = {"HH": 3, "HL": 1, "none": 0, "LH": -1, "LL": -3}
"""Like ones are drawn strongly, odd ones faintly, warm where the cell itself is high."""


def judge_likeness(material: Material, question: Question, ground: Ground, seed: int) -> Judged:
    """Judge each cell against its neighbours, one by one: with 999 permutations no false discovery rate can
    be held (`geo.statistics.local_moran` says why).
    """
    units = material.reports.counted(question.unit)
    counts, outside = count_units(units, ground.cells, material.crs)
    rates = rates_on(counts, ground)
    tested = ground.enough if rates is None else rates.tested & ground.enough
    at_of = np.flatnonzero(tested)
    values = counts.astype(np.float64) if rates is None else rates.rate
    found = local_moran(
        values[tested],
        ground.weights[at_of][:, at_of].tocsr(),
        seed=seed,
        counts=None if rates is None else counts[tested],
    )
    moran, p = np.full(len(counts), np.nan), np.full(len(counts), np.nan)
    moran[tested], p[tested] = found.moran, found.p
    names = np.full(len(counts), "none", dtype=object)
    names[tested] = found.names()
    bands = np.array([BANDS[name] for name in names], dtype=np.int64)
    rows = [
        CellRow(
            number=at + 1,
            area_name=name,
            count=int(counts[at]),
            exposure=as_number(ground.exposure, at),
            expected=as_number(expected_on(counts, rates), at),
            z=as_number(moran, at),
            p=as_number(p, at),
            p_adjusted=None,
            band=int(bands[at]),
            plain_band=int(bands[at]),
            label=LABELS.get(names[at], ""),
            is_tested=bool(tested[at]),
        )
        for at, name in enumerate(names_of(material, ground))
    ]
    figures = state(material, question, ground, units, outside, seed) | {
        "tested": int(tested.sum()),
        "left_out": int(counts[~tested].sum()),
        "bands": tally(bands[tested]),
        "plain_bands": tally(bands[tested]),
        "quadrants": dict(Counter(LABELS.get(name, "none") for name in names[tested]).most_common()),
        "level": found.level,
        "permutations": found.permutations,
    }
    return Judged(rows, shapes_in_degrees(ground.cells, material.crs), figures)
