"""The one door from rows to (Geo)DataFrames."""

import geopandas as gpd
import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.models import Cluster, Service, ServiceRequest
from fieldops.queries.clusters import OPEN_CODES

NAMES = [
    "id",
    "service_id",
    "family",
    "area_id",
    "address",
    "severity",
    "accuracy_m",
    "cluster_id",
    "lon",
    "lat",
    "reported_at",
]


def open_request_columns(session: Session) -> pd.DataFrame:
    """Return all open requests that have a place.

    Columns: id, service_id, family, area_id, address, severity, accuracy_m, cluster_id, lon, lat (degrees)
    and reported_at_s (seconds since 1970). May be empty.
    """
    columns = [
        ServiceRequest.id,
        ServiceRequest.service_id,
        Service.family,
        ServiceRequest.area_id,
        ServiceRequest.address,
        ServiceRequest.severity,
        ServiceRequest.accuracy_m,
        ServiceRequest.cluster_id,
        func.ST_X(ServiceRequest.place).label("lon"),
        func.ST_Y(ServiceRequest.place).label("lat"),
        ServiceRequest.reported_at,
    ]
    rows = session.execute(
        select(*columns)
        .join(Service, Service.id == ServiceRequest.service_id)
        .where(ServiceRequest.status.in_(OPEN_CODES), ServiceRequest.place.is_not(None))
        .order_by(ServiceRequest.id)
    ).all()
    frame = pd.DataFrame(rows, columns=NAMES)
    frame["reported_at_s"] = [moment.timestamp() for moment in frame.pop("reported_at")]
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
