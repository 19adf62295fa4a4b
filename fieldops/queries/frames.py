"""The one door from rows to (Geo)DataFrames."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
from geoalchemy2.shape import to_shape
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.models import Area, Cluster, Line, Service, ServiceRequest
from fieldops.queries.clusters import OPEN_CODES

NAMES = [
    "id",
    "service_id",
    "family",
    "area_id",
    "address",
    "severity",
    "accuracy_m",
    "location_state",
    "cluster_id",
    "lon",
    "lat",
    "reported_at",
    "ended_at",
]


def located_requests(session: Session, *, open_only: bool) -> pd.DataFrame:
    """Return the requests that have a place.

    Columns: id, service_id, family, area_id, address, severity, accuracy_m, location_state, cluster_id,
    lon, lat (degrees), reported_at_s and ended_at_s (seconds since 1970; NaN while open). May be empty.
    """
    columns = [
        ServiceRequest.id,
        ServiceRequest.service_id,
        Service.family,
        ServiceRequest.area_id,
        ServiceRequest.address,
        ServiceRequest.severity,
        ServiceRequest.accuracy_m,
        ServiceRequest.location_state,
        ServiceRequest.cluster_id,
        func.ST_X(ServiceRequest.place).label("lon"),
        func.ST_Y(ServiceRequest.place).label("lat"),
        ServiceRequest.reported_at,
        ServiceRequest.ended_at,
    ]
    query = (
        select(*columns)
        .join(Service, Service.id == ServiceRequest.service_id)
        .where(ServiceRequest.place.is_not(None))
        .order_by(ServiceRequest.id)
    )
    if open_only:
        query = query.where(ServiceRequest.status.in_(OPEN_CODES))
    rows = session.execute(query).all()
    frame = pd.DataFrame(rows, columns=NAMES)
    frame["reported_at_s"] = [moment.timestamp() for moment in frame.pop("reported_at")]
    frame["ended_at_s"] = [
        float("nan") if pd.isna(moment) else moment.timestamp() for moment in frame.pop("ended_at")
    ]
    frame["accuracy_m"] = frame["accuracy_m"].astype("float64")
    return frame


def open_clusters(session: Session) -> gpd.GeoDataFrame:
    """Return open clusters as points in EPSG:4326.

    Columns: id, service (code), family, icon, severity, reports (count of open requests), address,
    created_at, geometry. May be empty.
    """
    reports = (
        select(ServiceRequest.cluster_id, func.count().label("reports"))
        .where(ServiceRequest.status.in_(OPEN_CODES))
        .group_by(ServiceRequest.cluster_id)
        .subquery()
    )
    rows = session.execute(
        select(
            Cluster.id,
            Service.code,
            Service.family,
            Service.icon,
            Service.name_id,
            Service.name_en,
            Cluster.severity,
            reports.c.reports,
            Cluster.address,
            Cluster.created_at,
            func.ST_X(Cluster.anchor),
            func.ST_Y(Cluster.anchor),
        )
        .join(Service, Service.id == Cluster.service_id)
        .join(reports, reports.c.cluster_id == Cluster.id)
        .where(Cluster.open.is_(True))
        .order_by(Cluster.id)
    ).all()
    names = [
        "id",
        "service",
        "family",
        "icon",
        "name_id",
        "name_en",
        "severity",
        "reports",
        "address",
        "created_at",
        "lon",
        "lat",
    ]
    frame = pd.DataFrame(rows, columns=names)
    places = gpd.points_from_xy(frame.pop("lon"), frame.pop("lat"), crs="EPSG:4326")
    return gpd.GeoDataFrame(frame, geometry=places)


def areas(session: Session, kind: str) -> gpd.GeoDataFrame:
    """Return the areas of a kind: id, name and geometry (MultiPolygon, EPSG:4326). May be empty."""
    rows = session.execute(
        select(Area.id, Area.name, Area.shape).where(Area.kind == kind).order_by(Area.id)
    ).all()
    return _shapes(rows, ["id", "name"])


def streets(session: Session) -> gpd.GeoDataFrame:
    """Return the streets: id, name, line_class and geometry (LineString, EPSG:4326). May be empty."""
    rows = session.execute(
        select(Line.id, Line.name, Line.line_class, Line.shape).where(Line.kind == "street").order_by(Line.id)
    ).all()
    return _shapes(rows, ["id", "name", "line_class"])


def _shapes(rows: Sequence[Any], names: list[str]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame([row[:-1] for row in rows], columns=names)
    return gpd.GeoDataFrame(frame, geometry=[to_shape(row[-1]) for row in rows], crs="EPSG:4326")
