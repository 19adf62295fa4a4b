"""What is counted on segments: reports of a period, finished work, and the lines that are cut."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd
from geoalchemy2 import WKBElement
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from fieldops.domain.city import City
from fieldops.domain.places import LocationState
from fieldops.domain.work_order_states import RepairKind
from fieldops.models import Line, Service, ServiceRequest, WorkOrder
from fieldops.queries.spatial import Box, within

REPORT_COLUMNS: Final = (
    "id",
    "cluster_id",
    "severity",
    "reported_at",
    "location_state",
    "address",
    "lon",
    "lat",
)
REPAIR_COLUMNS: Final = ("id", "number", "ended_at", "repair_kind", "lon", "lat", "kind_before")


@dataclass(frozen=True)
class LineRow:
    """A line as it is kept; the shape is not read yet."""

    id: int
    name: str
    jurisdiction: str
    shape: WKBElement


@dataclass(frozen=True)
class PeriodReports:
    """Reports of a period.

    `frame` has a row a report with a confirmed place, by time: id, cluster_id (0: none), severity, day (of
    the city's calendar, datetime64[D]), address, lon, lat in degrees. `placeless` counts those without a
    place, and `estimated` those whose place is only estimated, such as a kelurahan's middle: it lies on no
    segment.
    """

    frame: pd.DataFrame
    placeless: int
    estimated: int = 0


def line_rows(session: Session, kind: str) -> list[LineRow]:
    """Return all lines of a kind by id."""
    rows = session.execute(
        select(Line.id, Line.name, Line.jurisdiction, Line.shape).where(Line.kind == kind).order_by(Line.id)
    )
    return [LineRow(*row) for row in rows]


def period_reports(
    session: Session,
    city: City,
    first: date,
    last: date,
    *,
    services: tuple[str, ...] = (),
    near: Box | None = None,
) -> PeriodReports:
    """Return the reports between two days of the city's calendar, both included; of some kinds, or of all.

    Parameters
    ----------
    near
        Only those whose place lies in this box, (west, south, east, north) in degrees.
    """
    query: Any = (
        select(
            ServiceRequest.id,
            ServiceRequest.cluster_id,
            ServiceRequest.severity,
            ServiceRequest.reported_at,
            ServiceRequest.location_state,
            ServiceRequest.address,
            func.ST_X(ServiceRequest.place),
            func.ST_Y(ServiceRequest.place),
        )
        .where(
            ServiceRequest.reported_at >= city.midnight(first),
            ServiceRequest.reported_at < city.midnight(last + timedelta(days=1)),
        )
        .order_by(ServiceRequest.reported_at, ServiceRequest.id)
    )
    if services:
        query = query.join(Service, Service.id == ServiceRequest.service_id).where(Service.code.in_(services))
    if near is not None:
        query = within(session, query, ServiceRequest.place, near)
    frame = pd.DataFrame(session.execute(query).all(), columns=list(REPORT_COLUMNS))
    has_place = frame["lon"].notna()
    is_guess = has_place & frame.pop("location_state").eq(LocationState.ESTIMATED.value)
    held = frame[has_place & ~is_guess].reset_index(drop=True)
    moments = pd.to_datetime(held.pop("reported_at"), utc=True).dt.tz_convert(ZoneInfo(city.time_zone))
    held = held.assign(
        day=moments.dt.tz_localize(None).to_numpy().astype("datetime64[D]"),
        cluster_id=held["cluster_id"].fillna(0).astype("int64"),
    )
    return PeriodReports(held, int((~has_place).sum()), int(is_guess.sum()))


def repairs_since(
    session: Session, since: datetime, until: datetime, *, near: Box | None = None
) -> pd.DataFrame:
    """Return the work that crews finished in a time, oldest first.

    Returns
    -------
    A row an order: id, number, ended_at (UTC), lon, lat in degrees, is_planned (the permanent repair that a
    temporary one foresaw).
    """
    earlier = aliased(WorkOrder)
    query: Any = (
        select(
            WorkOrder.id,
            WorkOrder.number,
            WorkOrder.ended_at,
            WorkOrder.repair_kind,
            func.ST_X(WorkOrder.place),
            func.ST_Y(WorkOrder.place),
            earlier.repair_kind,
        )
        .outerjoin(earlier, earlier.id == WorkOrder.rework_of_id)
        .where(WorkOrder.status == "done", WorkOrder.ended_at >= since, WorkOrder.ended_at < until)
        .order_by(WorkOrder.ended_at, WorkOrder.id)
    )
    if near is not None:
        query = within(session, query, WorkOrder.place, near)
    frame = pd.DataFrame(session.execute(query).all(), columns=list(REPAIR_COLUMNS))
    planned = frame.pop("kind_before").eq(RepairKind.TEMPORARY.value) & frame.pop("repair_kind").eq(
        RepairKind.PERMANENT.value
    )
    ended = pd.to_datetime(frame.pop("ended_at"), utc=True)
    return frame.assign(ended_at=ended, is_planned=planned)
