"""Open clusters as an engineer looks at them: filtered, with age, kelurahan and whether work is planned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import geopandas as gpd
import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops import i18n
from fieldops.errors import InvalidInput
from fieldops.maps.tile_answers import OLDER_THAN
from fieldops.models import Area, Cluster, ServiceRequest, WorkOrder
from fieldops.queries.clusters import OPEN_CODES
from fieldops.queries.frames import open_clusters
from fieldops.queries.map_places import PLANNED
from fieldops.queries.services import active_services

AGES_DAYS: Final = tuple(OLDER_THAN)


@dataclass(frozen=True)
class ClusterFilter:
    """What an engineer asked for. `service` is a code or empty for all; severity 1–3; older than so many days
    of the calendar, 0 for any age.
    """

    service: str = ""
    least_severity: int = 1
    older_than_days: int = 0

    def arguments(self) -> dict[str, str]:
        """Return the filter as an address carries it; what is left as it was is left out."""
        held = {"service": self.service, "severity": self.least_severity, "age": self.older_than_days}
        plain: dict[str, object] = {"service": "", "severity": 1, "age": 0}
        return {name: str(value) for name, value in held.items() if value != plain[name]}


def read_filter(session: Session, arguments: Mapping[str, str]) -> ClusterFilter:
    """Return the filter that an address asks for.

    Raises
    ------
    InvalidInput
        A value is none of those on offer; `field` names it.
    """
    service = arguments.get("service", "").strip()
    if service and service not in {one.code for one in active_services(session)}:
        raise InvalidInput(
            "There is no kind of report called “%(code)s”.", field="service", code=service[:40]
        )
    return ClusterFilter(
        service,
        _among(arguments, "severity", (1, 2, 3), 1),
        _among(arguments, "age", (0, *AGES_DAYS), 0),
    )


def clusters_shown(session: Session, wanted: ClusterFilter, now: datetime) -> gpd.GeoDataFrame:
    """Return the open clusters of a filter in EPSG:4326, the worst first. May be empty.

    Columns: those of `frames.open_clusters`, and kelurahan, first_reported (aware UTC), age_days (days of the
    city's calendar since the oldest open report, as tiles count them), state ("open" or "planned").
    """
    frame = open_clusters(session)
    facts = _facts(session)
    frame["first_reported"] = [facts.first_reported.get(number, now) for number in frame["id"]]
    frame["first_reported"] = pd.to_datetime(frame["first_reported"], utc=True)
    days = frame["first_reported"].dt.tz_convert(i18n.zone()).dt.tz_localize(None).dt.normalize()
    frame["age_days"] = (pd.Timestamp(i18n.local(now).date()) - days).dt.days.astype("int64")
    frame["kelurahan"] = [facts.kelurahan.get(number, "") for number in frame["id"]]
    frame["state"] = ["planned" if number in facts.planned else "open" for number in frame["id"]]
    keep = frame["severity"] >= wanted.least_severity
    if wanted.older_than_days:
        keep &= frame["age_days"] > wanted.older_than_days
    if wanted.service:
        keep &= frame["service"] == wanted.service
    order = ["severity", "reports", "age_days", "id"]
    return frame[keep].sort_values(order, ascending=[False, False, False, True], ignore_index=True)


@dataclass(frozen=True)
class _Facts:
    first_reported: dict[int, datetime]
    kelurahan: dict[int, str]
    planned: set[int]


def _facts(session: Session) -> _Facts:
    first = session.execute(
        select(ServiceRequest.cluster_id, func.min(ServiceRequest.reported_at))
        .where(ServiceRequest.status.in_(OPEN_CODES), ServiceRequest.cluster_id.is_not(None))
        .group_by(ServiceRequest.cluster_id)
    ).all()
    areas = session.execute(
        select(Cluster.id, Area.name).join(Area, Area.id == Cluster.area_id).where(Cluster.open.is_(True))
    ).all()
    planned = session.scalars(select(WorkOrder.cluster_id).where(WorkOrder.status.in_(PLANNED)))
    return _Facts(
        {number: moment for number, moment in first if number is not None},
        {row.id: row.name for row in areas},
        set(planned),
    )


def _among(arguments: Mapping[str, str], name: str, allowed: tuple[int, ...], otherwise: int) -> int:
    text = arguments.get(name, "").strip()
    if not text:
        return otherwise
    found = next((one for one in allowed if str(one) == text), None)
    if found is None:
        raise InvalidInput(
            "“%(value)s” is not on offer. Choose one of: %(allowed)s.",
            field=name,
            value=text[:40],
            allowed=", ".join(str(one) for one in allowed),
        )
    return found
