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
