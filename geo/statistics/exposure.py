"""What complaints are measured against: kilometres of road or residents in each cell.

Counts alone show where roads and people are. A rate over little exposure jumps about: `rates_of` leaves cells
with too little of it untested, and can draw the others towards the city's rate by as much as chance explains
(global empirical Bayes: Marshall 1991, *Mapping disease and mortality rates using empirical Bayes
estimators*, J. R. Statist. Soc. C 40).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError
from geo.statistics.refusals import TooFewData
from geo.statistics.study_cells import StudyCells

Spread = Literal["area", "roads"]


@dataclass(frozen=True, eq=False)
class Residents:
    """Residents spread from areas to cells.

    Parameters
    ----------
    per_cell
        Residents of each cell, float64, shape (n,).
    outside
        Residents that fell to no cell, because their area reaches beyond the study.
    by
        How they were spread: to the area's ground, or to its roads. Say it beside the map.
    areas_without_roads
        Areas that were spread to their ground because they hold no road.
    """

    per_cell: NDArray[np.float64]
    outside: float
    by: Spread
    areas_without_roads: int = 0


@dataclass(frozen=True, eq=False)
class Rates:
    """Complaints per unit of exposure; arrays of shape (n,).

    Parameters
    ----------
    rate
        In each cell, smoothed if asked for; NaN where not tested.
    tested
        Enough exposure to say anything.
    expected
        Complaints if the city's rate held in the cell; 0 where not tested.
    overall
        The city's rate, over the tested cells.
    left_out
        Complaints in cells that are not tested.
    is_smoothed
        Drawn towards the city's rate.
    """

    rate: NDArray[np.float64]
    tested: NDArray[np.bool_]
    expected: NDArray[np.float64]
    overall: float
    left_out: int
    is_smoothed: bool


def road_km(cells: StudyCells, lines: ArrayLike) -> NDArray[np.float64]:
    """Measure the kilometres of road within each cell, cutting roads at its border.

    Parameters
    ----------
    cells
        Grid cells or areas; for segments, their own length is the exposure and `lines` is not read.
    lines
        Shapely lines in the cells' CRS, shape (m,); may be empty. Directions drawn as lines of their own
        count as roads of their own.

    Returns
    -------
    float64, shape (n,). A road along the border of cells is shared between them: no metre counts twice.
    """
    if cells.kind == "segment":
        return np.asarray(shapely.length(cells.geometry) / 1000.0, dtype=np.float64)
    roads = np.asarray(lines, dtype=np.object_)
    road, cell, length_m = _lengths_within(roads, cells.geometry)
    length_m = _once(road, length_m, shapely.length(roads))
    return np.bincount(cell, weights=length_m, minlength=len(cells)) / 1000.0


def spread_residents(
    cells: StudyCells,
    areas: ArrayLike,
    residents: ArrayLike,
    *,
    by: Spread = "area",
    lines: ArrayLike = (),
) -> Residents:
    """Spread the residents of areas over cells, evenly over the ground or over the roads of each area.

    Parameters
    ----------
    cells
        Grid cells or areas.
    areas
        Shapely polygons such as kelurahan, in the cells' CRS, shape (k,).
    residents
        Of each area, 0 or more, shape (k,).
    by
        ``"roads"`` follows where people live better than ``"area"``, for houses stand along roads.
    lines
        The roads, for ``by="roads"``.

    Raises
    ------
    GeoError
        Residents that do not fit the areas, are negative or not finite.
    """
    shapes = np.asarray(areas, dtype=np.object_)
    people = np.asarray(residents, dtype=np.float64)
    if people.shape != shapes.shape or not (np.isfinite(people) & (people >= 0.0)).all():
        raise GeoError(f"Each of the {len(shapes)} areas needs a number of residents, 0 or more.")
    area, cell, ground = _ground_shared(shapes, cells.geometry)
    share = ground / shapely.area(shapes)[area]
    without = 0
    if by == "roads":
        along, has_roads = _road_shares(cells, shapes, np.asarray(lines, dtype=np.object_))
        without = int((~has_roads).sum())
        on_ground = ~has_roads[area]
        area, cell = np.append(area[on_ground], along[0]), np.append(cell[on_ground], along[1])
        share = np.append(share[on_ground], along[2])
    held = np.bincount(cell, weights=share * people[area], minlength=len(cells))
    per_cell = np.asarray(held, dtype=np.float64)
    return Residents(per_cell, max(float(people.sum() - per_cell.sum()), 0.0), by, without)


def rates_of(counts: ArrayLike, exposure: ArrayLike, *, least: float = 0.0, smooth: bool = False) -> Rates:
    """Divide counts by exposure.

    Parameters
    ----------
    counts
        Complaints in each cell, 0 or more, shape (n,).
    exposure
        Kilometres, thousands of residents or any other, 0 or more, shape (n,).
    least
        Cells with less exposure, or none, are not tested.
    smooth
        Draw each rate towards the city's: the less exposure, the more.

    Raises
    ------
    TooFewData
        ``"exposure"``: no cell has any, or enough of it.
    GeoError
        Columns that do not fit, or values below 0 or not finite.
    """
    number, among = np.asarray(counts, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    if number.shape != among.shape:
        raise GeoError(f"There are {len(number)} counts and {len(among)} values of exposure.")
    if not ((number >= 0.0) & (among >= 0.0) & np.isfinite(number + among)).all():
        raise GeoError("Counts and exposure must be 0 or more, and finite.")
    tested = (among > 0.0) & (among >= least)
    if not tested.any():
        raise TooFewData("exposure", float(among.max(initial=0.0)), least)
    overall = float(number[tested].sum() / among[tested].sum())
    rate = np.full(len(number), np.nan)
    rate[tested] = number[tested] / among[tested]
    if smooth:
        rate[tested] = smoothed(number[tested], among[tested])
    return Rates(
        rate=rate,
        tested=tested,
        expected=np.where(tested, overall * among, 0.0),
        overall=overall,
        left_out=int(number[~tested].sum()),
        is_smoothed=smooth,
    )


def smoothed(counts: NDArray[np.float64], exposure: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw rates towards the overall rate by global empirical Bayes (method of moments).

    Parameters
    ----------
    counts, exposure
        float64, shape (n,), exposure above 0.

    Returns
    -------
    ``w·rᵢ + (1 − w)·m`` with ``w = A / (A + m/eᵢ)``, m the overall rate and A the variance of rates beyond
    what counting alone brings; where there is none, all rates are m.
    """
    total = exposure.sum()
    overall = counts.sum() / total
    rate = counts / exposure
    beyond = (exposure * (rate - overall) ** 2).sum() / total - overall / (total / len(exposure))
    if beyond <= 0.0:
        return np.full(len(counts), overall)
    weight = beyond / (beyond + overall / exposure)
    return np.asarray(weight * rate + (1.0 - weight) * overall, dtype=np.float64)


Parts = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def _lengths_within(lines: NDArray[np.object_], polygons: NDArray[np.object_]) -> Parts:
    line, polygon = shapely.STRtree(polygons).query(lines, predicate="intersects")
    length_m = shapely.length(lines)[line]
    # Most roads lie in one cell; only those that cross a border are cut.
    crosses = ~shapely.covers(polygons[polygon], lines[line])
    length_m[crosses] = shapely.length(shapely.intersection(lines[line[crosses]], polygons[polygon[crosses]]))
    return line, polygon, length_m


def _once(
    line: NDArray[np.int64], part: NDArray[np.float64], whole: NDArray[np.float64]
) -> NDArray[np.float64]:
    total = np.bincount(line, weights=part, minlength=len(whole))
    scale = np.divide(whole, total, out=np.ones(len(whole)), where=total > whole)
    return np.asarray(part * scale[line], dtype=np.float64)


def _ground_shared(first: NDArray[np.object_], second: NDArray[np.object_]) -> Parts:
    one, other = shapely.STRtree(second).query(first, predicate="intersects")
    return one, other, shapely.area(shapely.intersection(first[one], second[other]))


def _road_shares(
    cells: StudyCells, areas: NDArray[np.object_], lines: NDArray[np.object_]
) -> tuple[Parts, NDArray[np.bool_]]:
    """Share of each area's road length that lies in each cell, and which areas have any road."""
    line, area, length_m = _lengths_within(lines, areas)
    length_m = _once(line, length_m, shapely.length(lines))
    whole_m = np.bincount(area, weights=length_m, minlength=len(areas))
    pieces = shapely.intersection(lines[line], areas[area])
    piece, cell, part_m = _lengths_within(pieces, cells.geometry)
    lengths = shapely.length(pieces)
    part_m = _once(piece, part_m, lengths)
    # A piece on the border of two areas is halved between them, and so are its parts.
    part_m = part_m * np.divide(length_m, lengths, out=np.zeros(len(lengths)), where=lengths > 0.0)[piece]
    whole = whole_m[area[piece]]
    share = np.divide(part_m, whole, out=np.zeros(len(part_m)), where=whole > 0.0)
    return (area[piece], cell, share), whole_m > 0.0
