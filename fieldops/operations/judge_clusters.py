"""Which circles of cells hold more than chance and exposure explain, wherever they lie: Kulldorff's scan."""

from typing import Any, Final

import numpy as np
import shapely

from fieldops.domain.hotspot_questions import Question
from fieldops.operations.hotspot_ground import (
    CellRow,
    Ground,
    Judged,
    Material,
    Numbers,
    Report,
    Whole,
    as_number,
    count_units,
    names_of,
    shapes_in_degrees,
    state,
    tally,
)
from geo.crs import to_degrees
from geo.statistics.scan import ScanCluster, ScanResult, ScanRules, scan

MOST_P: Final = 0.1
LEVELS_P: Final = (0.1, 0.05, 0.01)
FROM_PERCENT, TO_PERCENT = 30, 90
TOLD_EVERY: Final = 5
METRES_A_KM: Final = 1_000.0


def judge_clusters(
    material: Material, question: Question, ground: Ground, seed: int, report: Report
) -> Judged:
    """Scan the cells with circles; a cell of a significant one is called by it.

    Where nothing divides the reports, as many are expected on a square metre anywhere, or on a metre of
    street.
    """
    units = material.reports.counted(question.unit)
    counts, outside = count_units(units, ground.cells, material.crs)
    tested = ground.enough
    size = _ground_of(ground) if ground.exposure is None else ground.exposure
    middle = shapely.centroid(ground.cells.geometry[tested])
    found = scan(
        shapely.get_x(middle),
        shapely.get_y(middle),
        counts[tested],
        size[tested],
        rules=ScanRules(seed=seed, most_p=MOST_P),
        progress=_Steps(report),
    )
    expected = np.full(len(counts), np.nan)
    expected[tested] = size[tested] * (counts[tested].sum() / size[tested].sum())
    rows = _rows(material, ground, counts, expected, found)
    bands = np.array([row.band for row in rows], dtype=np.int64)
    figures = state(material, question, ground, units, outside, seed) | {
        "tested": int(tested.sum()),
        "left_out": int(counts[~tested].sum()),
        "bands": tally(bands[tested]),
        "plain_bands": tally(bands[tested]),
        "clusters": [_told(one, material) for one in found.clusters],
        "circles": found.circles,
        "replicates": found.rules.replicates,
        "most_radius_m": found.rules.most_radius_m,
    }
    return Judged(rows, shapes_in_degrees(ground.cells, material.crs), figures)


def _ground_of(ground: Ground) -> Numbers:
    """Return how large each cell is: km², of segments km."""
    if ground.cells.kind == "segment":
        return np.asarray(shapely.length(ground.cells.geometry) / METRES_A_KM, dtype=np.float64)
    return ground.cells.area_km2


class _Steps:
    """Tells of replicates as per cent of the whole, not too often: each telling is written down."""

    def __init__(self, report: Report) -> None:
        self.report, self.told = report, FROM_PERCENT

    def __call__(self, done: int, of: int) -> None:
        percent = FROM_PERCENT + (TO_PERCENT - FROM_PERCENT) * done // of
        if percent >= self.told + TOLD_EVERY:
            self.told = percent
            self.report(percent)


def _rows(
    material: Material, ground: Ground, counts: Whole, expected: Numbers, found: ScanResult
) -> list[CellRow]:
    tested = np.flatnonzero(ground.enough)
    of_cell = {
        int(tested[cell]): (rank, cluster)
        for rank, cluster in enumerate(found.clusters, start=1)
        for cell in cluster.cells.tolist()
    }
    rows = []
    for at, name in enumerate(names_of(material, ground)):
        rank, cluster = of_cell.get(at, (0, None))
        is_tested = bool(ground.enough[at])
        band = _band(cluster)
        rows.append(
            CellRow(
                number=at + 1,
                area_name=name,
                count=int(counts[at]),
                exposure=as_number(ground.exposure, at),
                expected=as_number(expected, at),
                z=None if cluster is None else cluster.log_likelihood_ratio,
                p=None if cluster is None else cluster.p,
                p_adjusted=None,
                band=band,
                plain_band=band,
                label="" if cluster is None else "cluster",
                is_tested=is_tested,
                facts={}
                if cluster is None
                else {"cluster": rank, "relative_risk": as_number(np.array([cluster.relative_risk]), 0)},
            )
        )
    return rows


def _band(cluster: ScanCluster | None) -> int:
    return 0 if cluster is None else sum(cluster.p <= level for level in LEVELS_P)


def _told(one: ScanCluster, material: Material) -> dict[str, Any]:
    lon, lat = to_degrees(np.array([one.x_m]), np.array([one.y_m]), material.crs)
    risk = as_number(np.array([one.relative_risk]), 0)
    return {
        "lon": round(float(lon[0]), 6),
        "lat": round(float(lat[0]), 6),
        "radius_m": round(one.radius_m),
        "cells": len(one.cells),
        "observed": one.observed,
        "expected": round(one.expected, 1),
        "relative_risk": None if risk is None else round(risk, 2),
        "p": round(one.p, 4),
    }
