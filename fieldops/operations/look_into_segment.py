"""One segment: its reports with how far off they are, and the work that was done on it."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from fieldops.domain.city import City
from fieldops.errors import NotFound
from fieldops.operations.cut_city import CutCity, cut_city
from fieldops.operations.measure_segments import place_reports, repeats_of
from fieldops.queries.segments import period_reports, repairs_since
from fieldops.queries.spatial import Box
from geo.crs import to_degrees, to_metres
from geo.statistics.repeat_repairs import RepeatPlace
from geo.statistics.segments import lie_on

MARGIN_M = 100.0


@dataclass(frozen=True)
class SegmentSeen:
    """A segment and what lies on it.

    `reports` is a row a report, newest first: id, cluster_id, severity, day, away_m. `repairs` is a row an
    order, newest first: id, number, ended_at, is_repeat. `repeats` are places that were repaired again.
    """

    line_id: int
    street: str
    jurisdiction: str
    from_m: float
    to_m: float
    middle: tuple[float, float]
    reports: pd.DataFrame
    repairs: pd.DataFrame
    repeats: list[RepeatPlace]
    before: float | None
    after: float | None


def look_into_segment(
    session: Session, city: City, kind: str, line_id: int, from_m: float, days: tuple[date, date]
) -> SegmentSeen:
    """Return a segment with its reports between two days and a year's work until the last of them.

    Raises
    ------
    NotFound
        No segment of this street begins there.
    """
    cut = cut_city(session, city, kind)
    row = _row(cut, line_id, from_m)
    parts, line = cut.segments, cut.segments.line[row]
    box = _box(cut, row)
    first, last = days
    placed = place_reports(cut, period_reports(session, city, first, last, near=box))
    mine = placed.segment == row
    reports = placed.reports.frame[mine].assign(away_m=placed.away_m[mine]).iloc[::-1]
    until = city.midnight(last + timedelta(days=1))
    repairs = repairs_since(session, until - timedelta(days=365), until, near=box)
    x_m, y_m = to_metres(repairs["lon"].to_numpy(), repairs["lat"].to_numpy(), cut.crs)
    found = repeats_of(repairs, x_m, y_m)
    places = list(found.places) if found else []
    on = lie_on(cut.segments, [one.x_m for one in places], [one.y_m for one in places]).segment == row
    again = [one for one, here in zip(places, on, strict=True) if here]
    repairs = repairs.assign(is_repeat=np.isin(np.arange(len(repairs)), _later_rows(again)))
    mended = repairs[lie_on(cut.segments, x_m, y_m).segment == row].iloc[::-1]
    middle = parts.geometry[row].interpolate(0.5, normalized=True)
    lon, lat = to_degrees([middle.x], [middle.y], cut.crs)
    starts = parts.from_m[parts.line == line]
    place = int(np.flatnonzero(starts == parts.from_m[row])[0])
    return SegmentSeen(
        line_id,
        str(cut.name[line]),
        str(cut.jurisdiction[line]),
        float(parts.from_m[row]),
        float(parts.to_m[row]),
        (float(lon[0]), float(lat[0])),
        reports,
        mended,
        again,
        float(starts[place - 1]) if place else None,
        float(starts[place + 1]) if place + 1 < len(starts) else None,
    )


def _later_rows(places: list[RepeatPlace]) -> list[int]:
    """Return the rows of the repairs that came after the first of each place."""
    return [row for one in places for row in one.rows[1:]]


def _row(cut: CutCity, line_id: int, from_m: float) -> int:
    parts = cut.segments
    found = np.flatnonzero((cut.line_id[parts.line] == line_id) & (np.abs(parts.from_m - from_m) < 0.5))
    if not len(found):
        raise NotFound("No segment of this street begins there.")
    return int(found[0])


def _box(cut: CutCity, row: int) -> Box:
    """Return the segment's surroundings in degrees."""
    west, south, east, north = cut.segments.geometry[row].bounds
    lon, lat = to_degrees([west - MARGIN_M, east + MARGIN_M], [south - MARGIN_M, north + MARGIN_M], cut.crs)
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())
