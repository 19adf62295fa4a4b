"""What every map of hotspots is computed on: cells of the city, counts in them, and what is stated."""

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

from fieldops.domain.hotspot_questions import Exposure, Question, Shape
from fieldops.errors import InvalidInput
from fieldops.queries.hotspot_frames import Reports
from geo.crs import to_degrees, to_metres
from geo.errors import GeoError
from geo.grid import Grid
from geo.statistics.exposure import Rates, rates_of, road_km, spread_residents
from geo.statistics.neighbourhoods import Weights, grid_neighbours, polygon_neighbours
from geo.statistics.rain_lags import Resampling, lag_profile
from geo.statistics.refusals import LEAST_COMPLAINTS, TooFewData, refuse_below
from geo.statistics.segments import cut_segments
from geo.statistics.study_cells import StudyCells, area_cells, grid_cells, locate, segment_cells

Q: Final = 0.05
LEAST_ROAD_KM: Final = 0.2
LEAST_SHARE: Final = 0.1
"""A cell of which less lies in the city is not tested: a sliver at the edge would look quiet."""

LEAST_RESIDENTS: Final = 50.0
LEAST_SEGMENT_KM: Final = 0.02
ON_STREET_M: Final = 40.0
"""Reports farther from any street are counted as outside."""

MEET_M: Final = 5.0
DRAWN_M: Final = 14.0
"""Half the width that a segment is drawn with."""

THOUSAND: Final = 1_000.0
LAST_LAG_DAYS: Final = 3

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]
Mask = NDArray[np.bool_]
Report = Callable[[int], None]


@dataclass(frozen=True)
class Material:
    """Everything that a map is computed from, as it was after change `change_seq`. Shapes in degrees, rain in
    millimetres by day, residents by name of the kelurahan. `roads` only where kilometres are asked for;
    `weather` tells how many days there are of each kind where reports of one kind alone are counted.
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
    weather: dict[str, float] = field(default_factory=dict)
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
    """The cells of a question in metres, who neighbours whom, and its exposure (None: not divided)."""

    cells: StudyCells
    weights: Weights
    exposure: Numbers | None
    least: float
    streets: list[str] = field(default_factory=list)
    """Name of each segment's street; empty for other cells."""

    @property
    def enough(self) -> Mask:
        """Which cells lie in the city with enough of themselves, and with enough exposure, to be tested."""
        inside = self.cells.share >= LEAST_SHARE
        return (
            inside if self.exposure is None else inside & (self.exposure >= self.least) & (self.exposure > 0)
        )


def lay_ground(material: Material, question: Question) -> Ground:
    """Cut the city into cells and measure what counts are divided by.

    Raises
    ------
    InvalidInput
        The outline, the streets or the residents that the question needs are not known.
    """
    cells, weights, streets = _cells(material, question)
    if question.exposure is Exposure.ROAD_KM:
        lines = material.roads
        if lines is None or not len(lines):
            raise InvalidInput("No street is known, so nothing can be divided by kilometres of road.")
        exposure = road_km(cells, lines.to_crs(material.crs).geometry.to_numpy())
        least = LEAST_SEGMENT_KM if question.shape is Shape.SEGMENT else LEAST_ROAD_KM
    elif question.exposure is Exposure.RESIDENTS and question.shape is Shape.SEGMENT:
        raise InvalidInput("Nobody lives on a segment: divide segments by km of road, or choose areas.")
    elif question.exposure is Exposure.RESIDENTS:
        exposure, least = _people(material, cells) / THOUSAND, LEAST_RESIDENTS / THOUSAND
    else:
        return Ground(cells, weights, None, 0.0, streets)
    return Ground(cells, weights, exposure, least, streets)


def _cells(material: Material, question: Question) -> tuple[StudyCells, Weights, list[str]]:
    if question.shape is Shape.SEGMENT:
        return _segments(material)
    if question.shape is Shape.KELURAHAN:
        if not len(material.kelurahan):
            raise InvalidInput("No kelurahan is known; choose hexagons or squares.")
        polygons = shapely.make_valid(material.kelurahan.to_crs(material.crs).geometry.to_numpy())
        return area_cells(polygons), polygon_neighbours(shapely.set_precision(polygons, 0.1)), []
    if material.outline is None:
        raise InvalidInput("The city's outline is not known, so it cannot be cut into cells.")
    outline = gpd.GeoSeries([material.outline], crs="EPSG:4326").to_crs(material.crs).iloc[0]
    cells = grid_cells(
        Grid(float(question.size_m), "square" if question.shape is Shape.SQUARE else "hexagon"),
        shapely.make_valid(outline),
    )
    if cells.grid is None:  # never for a grid
        raise GeoError("The grid is not known.")
    return cells, grid_neighbours(cells.grid, cells.cells, question.reach_m), []


def _segments(material: Material) -> tuple[StudyCells, Weights, list[str]]:
    """Return the streets by the 100 m; those that meet or cross are neighbours."""
    if material.roads is None or not len(material.roads):
        raise InvalidInput("No street is known, so it cannot be cut into segments.")
    lines = material.roads.to_crs(material.crs)
    lines = lines[lines.geometry.length > 0.0]
    cut = cut_segments(lines.geometry.to_numpy())
    names = [str(name) for name in lines["name"].to_numpy()[cut.line]]
    return segment_cells(cut.geometry), polygon_neighbours(cut.geometry, gap_m=MEET_M), names


def _people(material: Material, cells: StudyCells) -> Numbers:
    known = material.kelurahan[material.kelurahan["name"].isin(material.residents)]
    if not len(known):
        raise InvalidInput("No numbers of residents are known; an administrator can upload them.")
    shapes = shapely.make_valid(known.to_crs(material.crs).geometry.to_numpy())
    people = [float(material.residents[name]) for name in known["name"]]
    return spread_residents(cells, shapes, people).per_cell


def count_units(
    units: pd.DataFrame, cells: StudyCells, crs: CRS, *, least: int = LEAST_COMPLAINTS
) -> tuple[Whole, int]:
    """Return how many lie in each cell, and how many in none."""
    refuse_below("complaints", len(units), least)
    x_m, y_m = to_metres(units["lon"].to_numpy(), units["lat"].to_numpy(), crs)
    found = locate(cells, x_m, y_m, reach_m=ON_STREET_M)
    return found.counts, found.outside


def refuse_no_reports(units: pd.DataFrame) -> None:
    """Refuse no reports at all before anything is located."""
    refuse_below("complaints", len(units), LEAST_COMPLAINTS)


def rates_on(counts: Whole, ground: Ground) -> Rates | None:
    """Return counts divided by exposure, None where nothing divides them."""
    return None if ground.exposure is None else rates_of(counts, ground.exposure, least=ground.least)


def expected_on(counts: Whole, rates: Rates | None) -> Numbers:
    """Return what each cell would hold if the city's mean, or its rate, held there."""
    if rates is None:
        return np.full(len(counts), counts.mean())
    return np.where(rates.tested, rates.expected, np.nan)


def as_number(values: Numbers | None, at: int) -> float | None:
    """Return one value, None where there is none."""
    return None if values is None or not np.isfinite(values[at]) else float(values[at])


def names_of(material: Material, ground: Ground) -> list[str]:
    """Return the kelurahan that each cell's middle lies in, or the nearest one; a segment's street first."""
    cells = ground.cells
    areas = material.kelurahan.to_crs(material.crs)
    if not len(areas):
        return [""] * len(cells)
    nearest = shapely.STRtree(areas.geometry.to_numpy()).nearest(shapely.point_on_surface(cells.geometry))
    names = [str(name) for name in areas["name"].to_numpy()[nearest]]
    if not ground.streets:
        return names
    return [
        f"{street}, {name}" if street else name for street, name in zip(ground.streets, names, strict=True)
    ]


def shapes_in_degrees(cells: StudyCells, crs: CRS) -> list[BaseGeometry]:
    """Return the cells in EPSG:4326."""
    drawn = cells.geometry
    if cells.kind == "segment":  # few corners: thousands of them lie in one tile
        drawn = shapely.buffer(shapely.simplify(drawn, 1.0), DRAWN_M, cap_style="flat", quad_segs=1)

    def back(places: Numbers) -> Numbers:
        return np.column_stack(to_degrees(places[:, 0], places[:, 1], crs))

    return list(shapely.transform(drawn, back))


def state(
    material: Material, question: Question, ground: Ground, units: pd.DataFrame, outside: int, seed: int
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
        "reach_m": None if ground.cells.grid is None else question.reach_m,
        "exposure_total": None if ground.exposure is None else float(ground.exposure.sum()),
        "exposure_least": ground.least,
        "least_share": LEAST_SHARE if ground.cells.grid is not None else None,
        "exposure_source": _exposure_source(material, question),
        "channels": dict(Counter(reports.frame["channel"]).most_common()),
        "bounds": [float(edge) for edge in _bounds(material, ground)],
        # days that are left out would look like days without reports
        "days": [] if question.weather else _days(material, question, units),
        "lag": None if question.weather else rain_lag(material, question, units, seed),
        "weather": material.weather,
        "rain_source": material.rain_source,
        "change_seq": material.change_seq,
    }


def _bounds(material: Material, ground: Ground) -> tuple[float, ...]:
    shapes = gpd.GeoSeries(ground.cells.geometry, crs=material.crs).to_crs("EPSG:4326")
    return tuple(shapes.total_bounds)


def rain_lag(material: Material, question: Question, units: pd.DataFrame, seed: int) -> dict[str, Any] | None:
    """Return after how many days reports follow rain most, of 0 to 3, with its interval; None where days are
    too few or the gauge was not read.
    """
    days = [question.first + timedelta(days=number) for number in range(question.days)]
    counted = Counter(units["day"].to_numpy().astype("datetime64[D]").astype(str).tolist())
    counts = [float(counted.get(day.isoformat(), 0)) for day in days]
    depths = [material.rain.get(day, np.nan) for day in days]
    try:
        profile = lag_profile(counts, depths, lags=(0, LAST_LAG_DAYS), resampling=Resampling(seed=seed))
    except TooFewData:
        return None
    best = int(np.argmax(profile.correlation))
    return {
        "days": int(profile.lag_days[best]),
        "r": round(float(profile.correlation[best]), 3),
        "low": round(float(profile.low[best]), 3),
        "high": round(float(profile.high[best]), 3),
        "n": profile.days,
        "all": [round(float(one), 3) for one in profile.correlation],
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


def tally(bands: NDArray[np.integer]) -> dict[str, int]:
    """Return how many cells are in each band, −3 to 3."""
    many = Counter(bands.tolist())
    return {str(band): many.get(band, 0) for band in range(-3, 4)}
