"""What lies on every segment: reports, the complaint index, finished work, and the last survey."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from fieldops.domain.city import City
from fieldops.models import SegmentSurvey
from fieldops.operations.cut_city import CutCity, cut_city
from fieldops.queries.segments import PeriodReports, period_reports, repairs_since
from fieldops.queries.surveys import valid_surveys
from geo.clustering.positions import default_positions
from geo.crs import to_metres
from geo.statistics.complaint_index import HALF_LIFE_DAYS, complaint_index
from geo.statistics.refusals import TooFewData
from geo.statistics.repeat_repairs import RepeatRepairs, repeat_repairs
from geo.statistics.segments import FARTHEST_M, NOWHERE, lie_on

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]
REPEAT_DAYS: Final = 365
"""How far back repairs are read: a year, whatever the period of reports."""


@dataclass(frozen=True)
class MeasuredSegments:
    """All segments of a kind of line.

    `table` has a row a segment in EPSG:4326, as it is drawn: line_id, street, jurisdiction, from_m, to_m,
    reports, incidents, index, index_low, index_high (NaN: none), repairs, repeats, condition
    (empty where none was surveyed), distress, version, surveyed_at, survey_id (0: none). `snapped` and
    `unsnapped` count reports with a place, `placeless` those without, `estimated` those that have none to be
    trusted; `away_m` is the median distance of the
    snapped ones. `too_few` says why there is no index: what was found and what is needed.
    """

    table: gpd.GeoDataFrame
    snapped: int
    unsnapped: int
    placeless: int
    estimated: int
    away_m: float | None
    mean_per_100_m: float | None
    too_few: dict[str, Any] | None
    epsg: int | None
    farthest_m: float = FARTHEST_M
    half_life_days: float = HALF_LIFE_DAYS


@dataclass(frozen=True)
class PlacedReports:
    """Reports with the row of the segment they lie on (−1: none), and how far off it they are. `is_stand_in`
    marks positions that many addresses share, which is no place: they lie on no segment.
    """

    reports: PeriodReports
    segment: Whole
    away_m: Numbers
    is_stand_in: NDArray[np.bool_]

    @property
    def estimated(self) -> int:
        """How many have no place that can be trusted."""
        return self.reports.estimated + int(self.is_stand_in.sum())

    @property
    def unsnapped(self) -> int:
        """How many lie farther from any segment than 40 m."""
        return int(((self.segment == NOWHERE) & ~self.is_stand_in).sum())

    @property
    def is_first(self) -> NDArray[np.bool_]:
        """Which are the first report of their incident: what is counted once."""
        cluster = self.reports.frame["cluster_id"]
        first: NDArray[np.bool_] = (cluster.eq(0) | ~cluster.duplicated()).to_numpy()
        return first


def measure_segments(
    session: Session, city: City, kind: str, first: date, last: date, *, services: tuple[str, ...] = ()
) -> MeasuredSegments:
    """Measure every segment of the city's streets or drains over a period."""
    cut = cut_city(session, city, kind)
    placed = place_reports(cut, period_reports(session, city, first, last, services=services))
    on = placed.segment != NOWHERE
    table = _table(cut)
    n = len(table)
    table["reports"] = np.bincount(placed.segment[on], minlength=n)
    counted = on & placed.is_first
    table["incidents"] = np.bincount(placed.segment[counted], minlength=n)
    mean, too_few = _add_index(table, placed, counted, last)
    _add_repairs(table, cut, session, city, last)
    _add_surveys(table, cut, valid_surveys(session))
    return MeasuredSegments(
        table,
        int(on.sum()),
        placed.unsnapped,
        placed.reports.placeless,
        placed.estimated,
        float(np.median(placed.away_m[on])) if on.any() else None,
        mean,
        too_few,
        cut.crs.to_epsg(),
    )


def place_reports(cut: CutCity, reports: PeriodReports) -> PlacedReports:
    """Find the nearest segment of each report."""
    frame = reports.frame
    x_m, y_m = to_metres(frame["lon"].to_numpy(), frame["lat"].to_numpy(), cut.crs)
    found = lie_on(cut.segments, x_m, y_m)
    stand_in = default_positions(frame["lon"].to_numpy(), frame["lat"].to_numpy(), frame["address"].tolist())
    return PlacedReports(reports, np.where(stand_in, NOWHERE, found.segment), found.away_m, stand_in)


def repeats_of(repairs: pd.DataFrame, x_m: Numbers, y_m: Numbers) -> RepeatRepairs | None:
    """Return places that were repaired again within 50 m and 90 days; None where too little was repaired."""
    if not len(repairs):
        return None
    day = (repairs["ended_at"] - repairs["ended_at"].iloc[0]) / pd.Timedelta(days=1)
    try:
        return repeat_repairs(x_m, y_m, day.to_numpy(), is_planned=repairs["is_planned"].to_numpy())
    except TooFewData:
        return None


def _table(cut: CutCity) -> gpd.GeoDataFrame:
    parts = cut.segments
    frame = pd.DataFrame(
        {
            "line_id": cut.line_id[parts.line],
            "street": cut.name[parts.line].astype(str),
            "jurisdiction": cut.jurisdiction[parts.line].astype(str),
            "from_m": parts.from_m,
            "to_m": parts.to_m,
        }
    )
    return gpd.GeoDataFrame(frame, geometry=parts.geometry, crs=cut.crs).to_crs("EPSG:4326")


def _add_index(
    table: gpd.GeoDataFrame, placed: PlacedReports, counted: NDArray[np.bool_], last: date
) -> tuple[float | None, dict[str, Any] | None]:
    frame = placed.reports.frame[counted]
    days = frame["day"].to_numpy().astype("datetime64[D]").astype(np.int64)
    age = (np.datetime64(last, "D").astype(np.int64) - days).astype(np.float64)
    grade = np.clip(frame["severity"].to_numpy(dtype=np.int64) - 1, 0, 2)
    try:
        found = complaint_index(
            placed.segment[counted], age, grade, (table["to_m"] - table["from_m"]).to_numpy()
        )
    except TooFewData as error:
        table["index"] = table["index_low"] = table["index_high"] = np.nan
        return None, {"need": error.need, "found": error.found, "needed": error.needed}
    table["index"], table["index_low"], table["index_high"] = found.index, found.low, found.high
    return found.mean_per_100_m, None


def _add_repairs(table: gpd.GeoDataFrame, cut: CutCity, session: Session, city: City, last: date) -> None:
    until = city.midnight(last + timedelta(days=1))
    repairs = repairs_since(session, until - timedelta(days=REPEAT_DAYS), until)
    x_m, y_m = to_metres(repairs["lon"].to_numpy(), repairs["lat"].to_numpy(), cut.crs)
    at = lie_on(cut.segments, x_m, y_m).segment
    table["repairs"] = np.bincount(at[at != NOWHERE], minlength=len(table))
    again = np.zeros(len(table), dtype=np.int64)
    found = repeats_of(repairs, x_m, y_m)
    if found is not None and found.places:
        places = found.places
        where = lie_on(cut.segments, [one.x_m for one in places], [one.y_m for one in places]).segment
        for row, one in zip(where.tolist(), places, strict=True):
            if row != NOWHERE:
                again[row] += one.repeats
    table["repeats"] = again


def _add_surveys(table: gpd.GeoDataFrame, cut: CutCity, surveys: list[SegmentSurvey]) -> None:
    """Give each segment the newest survey whose middle lies on it."""
    row_of_line: dict[int, list[int]] = {}
    for row, line in enumerate(cut.line_id[cut.segments.line].tolist()):
        row_of_line.setdefault(line, []).append(row)
    newest: dict[int, SegmentSurvey] = {}
    for kept in surveys:  # oldest first, so that the last one stays
        middle = (kept.from_m + kept.to_m) / 2.0
        for row in row_of_line.get(kept.line_id, []):
            if cut.segments.from_m[row] <= middle < cut.segments.to_m[row]:
                newest[row] = kept
    n = len(table)
    held = [newest.get(row) for row in range(n)]
    table["condition"] = [one.condition if one else "" for one in held]
    table["distress"] = [np.nan if one is None or one.distress is None else one.distress for one in held]
    table["version"] = [one.version if one else "" for one in held]
    table["surveyed_at"] = pd.to_datetime(
        pd.Series([one.surveyed_at if one else None for one in held]), utc=True
    )
    table["survey_id"] = [one.id if one else 0 for one in held]
