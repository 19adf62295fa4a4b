"""From reports to judged cells: the city cut into cells, counted, divided and tested by `geo.statistics`."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from fieldops.domain.hotspot_questions import Exposure, Method, Question, Shape
from fieldops.errors import InvalidInput
from fieldops.queries.hotspot_frames import Reports
from geo.crs import to_degrees, to_metres
from geo.errors import GeoError
from geo.grid import Grid
from geo.statistics.exposure import Rates, rates_of, road_km, spread_residents
from geo.statistics.hot_spots import HotSpots, hot_spots
from geo.statistics.neighbourhoods import Weights, grid_neighbours, polygon_neighbours
from geo.statistics.refusals import refuse_few_counts
from geo.statistics.study_cells import StudyCells, area_cells, grid_cells, locate

Q: Final = 0.05
LEAST_ROAD_KM: Final = 0.2
LEAST_RESIDENTS: Final = 50.0
THOUSAND: Final = 1_000.0

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]
Report = Callable[[int], None]


@dataclass(frozen=True)
class Material:
    """Everything that a map is computed from, as it was after change `change_seq`. Shapes in degrees, rain in
    millimetres by day, residents by name of the kelurahan. `roads` only where kilometres are asked for.
    """

    crs: CRS
    reports: Reports
    outline: BaseGeometry | None
    kelurahan: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame | None = None
    residents: dict[str, int] = field(default_factory=dict)
    residents_source: str = ""
    rain: dict[date, float] = field(default_factory=dict)
    rain_source: str = ""
    change_seq: int = 0


@dataclass(frozen=True)
class CellRow:
    """One judged cell, as `models.HotspotCell` keeps it."""

    number: int
    area_name: str
    count: int
    exposure: float | None
    expected: float | None
    z: float | None
    p: float | None
    p_adjusted: float | None
    band: int
    plain_band: int
    label: str = ""
    is_tested: bool = True
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Judged:
    """The outcome: cells with their shapes in degrees, and what the page states."""

    cells: list[CellRow]
    shapes: list[BaseGeometry]
    figures: dict[str, Any]


@dataclass(frozen=True)
class Ground:
    """The cells of a question in metres, who neighbours whom, and each cell's exposure (None: not divided)."""

    cells: StudyCells
    weights: Weights
    exposure: Numbers | None
    least: float


def judge_cells(
    material: Material, question: Question, seed: int, report: Report = lambda _percent: None
) -> Judged:
    """Judge the cells of a question.

    Parameters
    ----------
    report
        Told how far it is, in per cent.

    Raises
    ------
    TooFewData
        The data do not allow the map; says what is needed.
    GeoError
        The city's outline is not known, or no residents are.
    """
    ground = _ground(material, question)
    report(30)
    judged = _METHODS[question.method](material, question, ground, seed)
    report(90)
    return judged


def _ground(material: Material, question: Question) -> Ground:
    cells, weights = _cells(material, question)
    if question.exposure is Exposure.ROAD_KM:
        lines = material.roads
        if lines is None or not len(lines):
            raise InvalidInput("No street is known, so nothing can be divided by kilometres of road.")
        exposure, least = road_km(cells, lines.to_crs(material.crs).geometry.to_numpy()), LEAST_ROAD_KM
    elif question.exposure is Exposure.RESIDENTS:
        exposure, least = _people(material, cells) / THOUSAND, LEAST_RESIDENTS / THOUSAND
    else:
        return Ground(cells, weights, None, 0.0)
    return Ground(cells, weights, exposure, least)


def _cells(material: Material, question: Question) -> tuple[StudyCells, Weights]:
    if question.shape is Shape.KELURAHAN:
        if not len(material.kelurahan):
            raise InvalidInput("No kelurahan is known; choose hexagons or squares.")
        polygons = shapely.make_valid(material.kelurahan.to_crs(material.crs).geometry.to_numpy())
        return area_cells(polygons), polygon_neighbours(shapely.set_precision(polygons, 0.1))
    if material.outline is None:
        raise InvalidInput("The city's outline is not known, so it cannot be cut into cells.")
    outline = gpd.GeoSeries([material.outline], crs="EPSG:4326").to_crs(material.crs).iloc[0]
    cells = grid_cells(Grid(float(question.size_m), question.shape.value), shapely.make_valid(outline))
    if cells.grid is None:  # never for a grid
        raise GeoError("The grid is not known.")
    return cells, grid_neighbours(cells.grid, cells.cells, question.reach_m)


def _people(material: Material, cells: StudyCells) -> Numbers:
    known = material.kelurahan[material.kelurahan["name"].isin(material.residents)]
    if not len(known):
        raise InvalidInput("No numbers of residents are known; an administrator can upload them.")
    shapes = shapely.make_valid(known.to_crs(material.crs).geometry.to_numpy())
    people = [float(material.residents[name]) for name in known["name"]]
    return spread_residents(cells, shapes, people).per_cell


# ── Methods ──────────────────────────────────────────────────────────────────────────────────────────────


def _gi_star(material: Material, question: Question, ground: Ground, _seed: int) -> Judged:
    units = material.reports.counted(question.unit)
    counts, outside = _counted(units, ground.cells, material.crs)
    rates = _rates(counts, ground)
    found = _tested(counts, rates, ground)
    rows = [
        CellRow(
            area_name=name,
            count=int(counts[at]),
            exposure=_number(ground.exposure, at),
            expected=_number(_expected(counts, rates), at),
            z=_number(found.z, at),
            p=_number(found.p, at),
            p_adjusted=_number(found.p_adjusted, at),
            band=int(found.band_corrected[at]),
            plain_band=int(found.band[at]),
            is_tested=bool(found.tested[at]),
            number=at + 1,
        )
        for at, name in enumerate(_area_names(material, ground.cells))
    ]
    figures = _stated(material, question, ground, units, outside) | _tests(found, rates, ground)
    return Judged(rows, _shapes(ground.cells, material.crs), figures)


def _tested(counts: Whole, rates: Rates | None, ground: Ground) -> HotSpots:
    if rates is None:
        return hot_spots(counts, ground.weights, Q)
    values = np.where(rates.tested, rates.rate, 0.0)
    return hot_spots(values, ground.weights, Q, counts=counts, expected=rates.expected, tested=rates.tested)


_METHODS: Final[dict[Method, Callable[[Material, Question, Ground, int], Judged]]] = {
    Method.GI_STAR: _gi_star
}


# ── What every method shares ─────────────────────────────────────────────────────────────────────────────


def _counted(units: pd.DataFrame, cells: StudyCells, crs: CRS) -> tuple[Whole, int]:
    """Return how many lie in each cell, and how many in none."""
    refuse_few_counts_of(units)
    x_m, y_m = to_metres(units["lon"].to_numpy(), units["lat"].to_numpy(), crs)
    found = locate(cells, x_m, y_m)
    return found.counts, found.outside


def refuse_few_counts_of(units: pd.DataFrame) -> None:
    """Refuse too few reports before anything is located, so that the sentence names reports, not cells."""
    if len(units) < 1:
        refuse_few_counts(np.zeros(64))


def _rates(counts: Whole, ground: Ground) -> Rates | None:
    return None if ground.exposure is None else rates_of(counts, ground.exposure, least=ground.least)


def _expected(counts: Whole, rates: Rates | None) -> Numbers:
    if rates is None:
        return np.full(len(counts), counts.mean())
    return np.where(rates.tested, rates.expected, np.nan)


def _number(values: Numbers | None, at: int) -> float | None:
    return None if values is None or not np.isfinite(values[at]) else round(float(values[at]), 12)


def _area_names(material: Material, cells: StudyCells) -> list[str]:
    """Return the kelurahan that each cell's middle lies in, or the nearest one."""
    areas = material.kelurahan.to_crs(material.crs)
    if not len(areas):
        return [""] * len(cells)
    nearest = shapely.STRtree(areas.geometry.to_numpy()).nearest(shapely.point_on_surface(cells.geometry))
    return areas["name"].to_numpy()[nearest].tolist()


def _shapes(cells: StudyCells, crs: CRS) -> list[BaseGeometry]:
    def back(places: Numbers) -> Numbers:
        return np.column_stack(to_degrees(places[:, 0], places[:, 1], crs))

    return list(shapely.transform(cells.geometry, back))


def _stated(
    material: Material, question: Question, ground: Ground, units: pd.DataFrame, outside: int
) -> dict[str, Any]:
    """Return what every map states, whatever its method."""
    reports = material.reports
    return {
        "reports": len(reports.frame),
        "units": len(units),
        "placeless": reports.placeless,
        "outside": outside,
        "cells": len(ground.cells),
        "epsg": material.crs.to_epsg(),
        "reach_m": None if question.shape is Shape.KELURAHAN else question.reach_m,
        "exposure_total": None if ground.exposure is None else float(ground.exposure.sum()),
        "exposure_least": ground.least,
        "exposure_source": _exposure_source(material, question),
        "channels": dict(Counter(reports.frame["channel"]).most_common()),
        "days": _days(material, question, units),
        "rain_source": material.rain_source,
        "change_seq": material.change_seq,
    }


def _exposure_source(material: Material, question: Question) -> str:
    return material.residents_source if question.exposure is Exposure.RESIDENTS else ""


def _days(material: Material, question: Question, units: pd.DataFrame) -> list[list[Any]]:
    """Return [day, counted, millimetres or None] for each day of the period."""
    counted = Counter(units["day"].to_numpy().astype("datetime64[D]").astype(str).tolist())
    days = [question.first + timedelta(days=number) for number in range(question.days)]
    rain = material.rain
    return [
        [day.isoformat(), counted.get(day.isoformat(), 0), round(rain[day], 1) if day in rain else None]
        for day in days
    ]


def _tests(found: HotSpots, rates: Rates | None, ground: Ground) -> dict[str, Any]:
    """Return what a map of Gi* states of its test."""
    bands = Counter(found.band_corrected[found.tested].tolist())
    plain = Counter(found.band[found.tested].tolist())
    neighbours = found.neighbours[found.tested]
    return {
        "tested": found.n_tested,
        "q": found.q,
        "mean": found.mean,
        "deviation": found.deviation,
        "overall": None if rates is None else rates.overall,
        "left_out": 0 if rates is None else rates.left_out,
        "thin": int(found.is_thin[found.tested].sum()),
        "neighbours_median": float(np.median(neighbours)) if len(neighbours) else 0.0,
        "bands": {str(band): bands.get(band, 0) for band in range(-3, 4)},
        "plain_bands": {str(band): plain.get(band, 0) for band in range(-3, 4)},
    }
