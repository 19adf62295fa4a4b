"""What hotspots are computed from: reports of a period, the city's outline, roads, residents and rain."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geoalchemy2.shape import to_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from fieldops.domain.city import City
from fieldops.domain.hotspot_questions import Question, Unit
from fieldops.domain.map_groups import STAFF_UNFINISHED, MapGroup, map_group
from fieldops.models import (
    Area,
    AreaResidents,
    Department,
    HotspotCell,
    Line,
    MapChange,
    RainDay,
    RainGauge,
    Service,
    ServiceRequest,
    WorkOrder,
)
from fieldops.queries.base_map import MAIN_CLASSES
from fieldops.queries.spatial import Box, within

COLUMNS: Final = (
    "id",
    "service",
    "channel",
    "cluster_id",
    "status",
    "closed_reason",
    "reported_at",
    "lon",
    "lat",
)
STATUS_GROUPS: Final = {
    "unfinished": frozenset(STAFF_UNFINISHED),
    "repaired": frozenset({MapGroup.REPAIRED}),
}


@dataclass(frozen=True)
class Reports:
    """Reports of a question and what was left out of them.

    `frame` has a row a report with a place, by time: id, service, channel, cluster_id (0: none), day (of the
    city's calendar, datetime64[D]), lon, lat in degrees. `placeless` counts those of the period without one.
    """

    frame: pd.DataFrame
    placeless: int

    def counted(self, unit: Unit) -> pd.DataFrame:
        """Return the rows that count: every report, or the first report of every incident."""
        if unit is Unit.REQUESTS:
            return self.frame
        alone = self.frame["cluster_id"].eq(0)
        return self.frame[alone | ~self.frame["cluster_id"].duplicated()].reset_index(drop=True)


def reports_of(
    session: Session, city: City, question: Question, first: date, last: date, *, near: Box | None = None
) -> Reports:
    """Return the reports of a question between two days of the city's calendar, both included.

    Parameters
    ----------
    near
        Only those whose place lies in this box, (west, south, east, north) in degrees.
    """
    query = _filtered(city, question, first, last)
    if near is not None:
        query = within(session, query, ServiceRequest.place, near)
    rows = session.execute(query).all()
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    if question.status:
        groups = STATUS_GROUPS[question.status]
        told = [
            map_group(status, reason) in groups
            for status, reason in zip(frame["status"], frame["closed_reason"], strict=True)
        ]
        frame = frame[np.array(told, dtype=bool)]
    has_place = frame["lon"].notna()
    held = frame[has_place].reset_index(drop=True)
    moments = pd.to_datetime(held["reported_at"], utc=True).dt.tz_convert(ZoneInfo(city.time_zone))
    held = held.assign(
        day=moments.dt.tz_localize(None).to_numpy().astype("datetime64[D]"),
        moment=moments.dt.tz_localize(None),
        cluster_id=held["cluster_id"].fillna(0).astype("int64"),
    )
    kept = held[["id", "service", "channel", "cluster_id", "day", "moment", "lon", "lat"]]
    return Reports(kept, int((~has_place).sum()))


def numbers_of(city: City, question: Question) -> Select[Any]:
    """Return the query for the numbers of a question's reports, whatever their state and place."""
    return (
        _filtered(city, question, question.first, question.last)
        .with_only_columns(ServiceRequest.id)
        .order_by(None)
    )


def _filtered(city: City, question: Question, first: date, last: date) -> Select[Any]:
    query = (
        select(
            ServiceRequest.id,
            Service.code,
            ServiceRequest.channel,
            ServiceRequest.cluster_id,
            ServiceRequest.status,
            ServiceRequest.closed_reason,
            ServiceRequest.reported_at,
            func.ST_X(ServiceRequest.place),
            func.ST_Y(ServiceRequest.place),
        )
        .join(Service, Service.id == ServiceRequest.service_id)
        .where(
            ServiceRequest.reported_at >= city.midnight(first),
            ServiceRequest.reported_at < city.midnight(last + timedelta(days=1)),
            ServiceRequest.severity >= question.least_severity,
        )
        .order_by(ServiceRequest.reported_at, ServiceRequest.id)
    )
    if question.services:
        query = query.where(Service.code.in_(question.services))
    if question.channel:
        query = query.where(ServiceRequest.channel == question.channel)
    if question.department:
        query = query.join(Department, Department.id == ServiceRequest.department_id).where(
            Department.code == question.department
        )
    if question.kelurahan:
        query = query.join(Area, Area.id == ServiceRequest.area_id).where(Area.name == question.kelurahan)
    return query


def study_area(session: Session, kelurahan: str = "") -> BaseGeometry | None:
    """Return the city's outline in EPSG:4326, or one kelurahan's: the outline as drawn, else the union of the
    kelurahan; None when neither is known.
    """
    if kelurahan:
        shapes = session.scalars(
            select(Area.shape).where(Area.kind == "kelurahan", Area.name == kelurahan)
        ).all()
    else:
        shapes = (
            session.scalars(select(Area.shape).where(Area.kind == "city")).all()
            or session.scalars(select(Area.shape).where(Area.kind == "kelurahan")).all()
        )
    if not shapes:
        return None
    return shapely.union_all([to_shape(shape) for shape in shapes])


def roads(session: Session, jurisdiction: str = "") -> gpd.GeoDataFrame:
    """Return the streets that a jurisdiction keeps up, or all, in EPSG:4326: id, name, jurisdiction."""
    query = select(Line.id, Line.name, Line.jurisdiction, Line.shape).where(Line.kind == "street")
    if jurisdiction:
        query = query.where(Line.jurisdiction == jurisdiction)
    rows = session.execute(query.order_by(Line.id)).all()
    frame = pd.DataFrame([row[:-1] for row in rows], columns=["id", "name", "jurisdiction"])
    return gpd.GeoDataFrame(frame, geometry=[to_shape(row[-1]) for row in rows], crs="EPSG:4326")


def main_lines(session: Session) -> tuple[list[BaseGeometry], list[BaseGeometry]]:
    """Return the main streets and the water of the city's drawing, in EPSG:4326."""
    streets = session.scalars(
        select(Line.shape).where(Line.kind == "street", Line.line_class.in_(MAIN_CLASSES)).order_by(Line.id)
    )
    water = session.scalars(select(Line.shape).where(Line.kind.in_(("river", "canal"))).order_by(Line.id))
    return [to_shape(shape) for shape in streets], [to_shape(shape) for shape in water]


def residents(session: Session) -> tuple[dict[str, int], str, int | None]:
    """Return residents by name of the kelurahan, their source and the newest year; the newest row of each."""
    rows = session.execute(
        select(Area.name, AreaResidents.residents, AreaResidents.source, AreaResidents.year)
        .join(Area, Area.id == AreaResidents.area_id)
        .where(Area.kind == "kelurahan")
        .order_by(AreaResidents.year, AreaResidents.id)
    ).all()
    sources = sorted({row.source for row in rows if row.source})
    return {row.name: row.residents for row in rows}, ", ".join(sources), rows[-1].year if rows else None


def rain_of(session: Session, first: date, last: date) -> dict[date, float]:
    """Return the mean depth of all gauges, millimetres by day; a day that none measured is missing."""
    rows = session.execute(
        select(RainDay.day, func.avg(RainDay.depth_mm))
        .where(RainDay.day >= first, RainDay.day <= last)
        .group_by(RainDay.day)
        .order_by(RainDay.day)
    )
    return {day: float(depth) for day, depth in rows}


def gauge_words(session: Session) -> str:
    """Return names and sources of the gauges, for the line on sources."""
    rows = session.execute(select(RainGauge.name, RainGauge.source).order_by(RainGauge.name)).all()
    return "; ".join(", ".join(word for word in row if word) for row in rows)


def kept_figures_mark(session: Session) -> str:
    """Return what tells the figures that are kept beside reports from what they were: rain, residents, and
    finished work.
    """
    rain = session.execute(select(func.count(), func.coalesce(func.sum(RainDay.depth_mm), 0.0))).one()
    people = session.execute(select(func.count(), func.coalesce(func.sum(AreaResidents.residents), 0))).one()
    done = session.scalar(select(func.count()).where(WorkOrder.status == "done"))
    return f"{rain[0]} {float(rain[1]):.1f} {people[0]} {people[1]} {done}"


def last_change(session: Session) -> int:
    """Return the number of the last change of the map's sequence."""
    return session.scalar(select(func.max(MapChange.seq))) or 0


def channels_used(session: Session) -> tuple[str, ...]:
    """Return the channels that reports came by."""
    return tuple(session.scalars(select(ServiceRequest.channel).distinct().order_by(ServiceRequest.channel)))


def jurisdictions(session: Session) -> tuple[str, ...]:
    """Return who keeps up streets here."""
    return tuple(
        session.scalars(
            select(Line.jurisdiction).where(Line.kind == "street").distinct().order_by(Line.jurisdiction)
        )
    )


CELL_COLUMNS: Final = (
    "number", "area_name", "count", "exposure", "expected", "z", "p", "p_adjusted", "band", "plain_band",
    "label", "is_tested", "facts",
)  # fmt: skip


def cells_frame(session: Session, run_id: int) -> gpd.GeoDataFrame:
    """Return the cells of a run by number in EPSG:4326: the columns of `models.HotspotCell`, and what one
    method has of its own (earlier: counted in the earlier period; steps: a class a step, 0 to 6, 3 none).
    """
    rows = session.execute(
        select(*(getattr(HotspotCell, name) for name in CELL_COLUMNS), HotspotCell.shape)
        .where(HotspotCell.run_id == run_id)
        .order_by(HotspotCell.number)
    ).all()
    frame = pd.DataFrame([row[:-1] for row in rows], columns=list(CELL_COLUMNS))
    facts = frame.pop("facts")
    for name in sorted({key for held in facts for key in held}):
        frame[name] = [held.get(name) for held in facts]
    return gpd.GeoDataFrame(frame, geometry=[to_shape(row[-1]) for row in rows], crs="EPSG:4326")
