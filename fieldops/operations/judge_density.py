"""How dense reports lie, smoothed: a drawing by quantiles, and no test of anything."""

from typing import Final

import numpy as np
import shapely

from fieldops.domain.hotspot_questions import Question
from fieldops.errors import InvalidInput
from fieldops.operations.hotspot_ground import (
    CellRow,
    Ground,
    Judged,
    Material,
    Numbers,
    Whole,
    as_number,
    count_units,
    names_of,
    shapes_in_degrees,
    state,
    tally,
)
from geo.crs import to_metres
from geo.statistics.density import density, suggest_bandwidth
from geo.statistics.study_cells import StudyCells, locate

SHARES: Final = (0.75, 0.9, 0.95)
"""A cell above such a share of all cells is in the densest 25, 10 or 5 in a hundred."""

NARROWED: Final = 0.5
"""Of the bandwidth that suits one round heap: a city is none."""

LEAST_BANDWIDTH_M: Final = 100.0


def judge_density(material: Material, question: Question, ground: Ground, seed: int) -> Judged:
    """Smooth the reports and rank cells by their mean density.

    Raises
    ------
    InvalidInput
        The cells have no common ground.
    """
    units = material.reports.counted(question.unit)
    counts, outside = count_units(units, ground.cells, material.crs)
    area = ground.cells.area or shapely.union_all(ground.cells.geometry)
    if not isinstance(area, shapely.Polygon | shapely.MultiPolygon):
        raise InvalidInput("The city's outline is not known, so it cannot be cut into cells.")
    x_m, y_m = to_metres(units["lon"].to_numpy(), units["lat"].to_numpy(), material.crs)
    inside = locate(ground.cells, x_m, y_m).cell >= 0
    bandwidth_m = max(LEAST_BANDWIDTH_M, NARROWED * suggest_bandwidth(x_m[inside], y_m[inside]))
    surface = density(x_m, y_m, bandwidth_m, area=area)
    per_km2 = _means(ground.cells, *np.meshgrid(*surface.centres()), surface.per_km2.astype(np.float64))
    tested = np.isfinite(per_km2) & ground.enough
    per_km2[~tested] = np.nan
    bands = _bands(per_km2, tested)
    rows = [
        CellRow(
            number=at + 1,
            area_name=name,
            count=int(counts[at]),
            exposure=None,
            expected=None,
            z=as_number(per_km2, at),
            p=None,
            p_adjusted=None,
            band=int(bands[at]),
            plain_band=int(bands[at]),
            is_tested=bool(tested[at]),
        )
        for at, name in enumerate(names_of(material, ground))
    ]
    figures = state(material, question, ground, units, outside, seed) | {
        "tested": int(tested.sum()),
        "left_out": 0,
        "bands": tally(bands[tested]),
        "plain_bands": tally(bands[tested]),
        "bandwidth_m": round(bandwidth_m, 1),
    }
    return Judged(rows, shapes_in_degrees(ground.cells, material.crs), figures)


def _means(cells: StudyCells, x_m: Numbers, y_m: Numbers, per_km2: Numbers) -> Numbers:
    """Return the mean of the surface in each cell, NaN where its squares are too coarse to meet one."""
    known = np.isfinite(per_km2).ravel()
    cell = locate(cells, x_m.ravel()[known], y_m.ravel()[known]).cell
    value = per_km2.ravel()[known][cell >= 0]
    cell = cell[cell >= 0]
    many = np.bincount(cell, minlength=len(cells))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.bincount(cell, value, minlength=len(cells)) / many, dtype=np.float64)


def _bands(per_km2: Numbers, tested: np.ndarray) -> Whole:
    bands = np.zeros(len(per_km2), dtype=np.int64)
    cuts = np.quantile(per_km2[tested], SHARES)
    bands[tested] = (per_km2[tested][:, None] > cuts).sum(axis=1)
    return bands
