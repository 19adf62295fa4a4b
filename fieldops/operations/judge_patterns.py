"""Which places are hot now, since when, and which are getting worse: emerging hotspots."""

from collections import Counter
from datetime import timedelta
from typing import Any

import numpy as np

from fieldops.domain.hotspot_questions import Question
from fieldops.operations.hotspot_ground import (
    ON_STREET_M,
    CellRow,
    Ground,
    Judged,
    Material,
    Q,
    Whole,
    as_number,
    names_of,
    refuse_no_reports,
    shapes_in_degrees,
    state,
    tally,
)
from geo.crs import to_metres
from geo.statistics.emerging import CLASSES, EmergingHotSpots, emerging_hot_spots
from geo.statistics.false_discovery import threshold
from geo.statistics.hot_spots import LEVELS, two_sided_p
from geo.statistics.space_time_cube import Cube, Step, make_cube, step_edges
from geo.statistics.study_cells import locate


def judge_patterns(material: Material, question: Question, ground: Ground, seed: int) -> Judged:
    """Judge each cell by the steps in which it was hot or cold."""
    units = material.reports.counted(question.unit)
    refuse_no_reports(units)
    edges = step_edges(question.first, question.last, Step(question.step_days))
    x_m, y_m = to_metres(units["lon"].to_numpy(), units["lat"].to_numpy(), material.crs)
    at_s = units["day"].to_numpy().astype("datetime64[s]").astype(np.int64)
    cube = make_cube(locate(ground.cells, x_m, y_m, reach_m=ON_STREET_M), at_s, edges)
    tested = cube.tested & ground.enough
    found = emerging_hot_spots(cube.counts, ground.weights, Q, tested=tested)
    bands = step_bands(found)
    counts = cube.counts.sum(axis=1)
    rows = [
        CellRow(
            number=at + 1,
            area_name=name,
            count=int(counts[at]),
            exposure=as_number(ground.exposure, at),
            expected=float(counts[tested].mean()) if tested[at] else None,
            z=as_number(found.z[:, -1], at),
            p=as_number(two_sided_p(found.z[:, -1]), at),
            p_adjusted=None,
            band=int(bands[at, -1]),
            plain_band=0,
            label=pattern(int(found.kind[at])),
            is_tested=bool(tested[at]),
            facts={
                "steps": "".join(str(band + 3) for band in bands[at].tolist()),
                "trend_z": as_number(found.trend_z, at),
            },
        )
        for at, name in enumerate(names_of(material, ground))
    ]
    kinds = Counter(pattern(int(kind)) for kind in found.kind[tested])
    figures = state(material, question, ground, units, cube.outside, seed) | {
        "tested": int(tested.sum()),
        "q": found.q,
        "left_out": int(counts[~tested].sum()) + cube.before,
        "patterns": dict(kinds.most_common()),
        "bands": tally(bands[tested, -1]),
        "steps": _steps(material, cube),
    }
    return Judged(rows, shapes_in_degrees(ground.cells, material.crs), figures)


def pattern(kind: int) -> str:
    """Return a class of `geo.statistics.emerging` as a code: new_hot, historical_cold, none."""
    return CLASSES[abs(kind)] + ("", "_hot", "_cold")[(kind > 0) - (kind < 0)]


def step_bands(found: EmergingHotSpots) -> Whole:
    """Return the class of each bin, −3 to 3, with the false discovery rate held over all bins of the cube."""
    z = found.z[found.tested]
    p = two_sided_p(z)
    met = np.sum([p <= threshold(p, level) for level in LEVELS], axis=0)
    bands = np.zeros(found.z.shape, dtype=np.int64)
    bands[found.tested] = np.sign(z).astype(np.int64) * met
    return bands


def _steps(material: Material, cube: Cube) -> list[list[Any]]:
    """Return [first day, last day, millimetres or None, counted] for each step."""
    days = [edge.date() for edge in cube.edges]
    counted = cube.counts.sum(axis=0).tolist()
    out = []
    for begin, after, many in zip(days, days[1:], counted, strict=False):
        inside = [mm for day, mm in material.rain.items() if begin <= day < after]
        last = after - timedelta(days=1)
        out.append([begin.isoformat(), last.isoformat(), round(sum(inside), 1) if inside else None, many])
    return out
