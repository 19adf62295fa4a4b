"""Which requests are one place of work: one at a time as they arrive, or all at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.city import City
from fieldops.errors import InvalidInput
from fieldops.installation import Installation
from fieldops.models import Cluster, Service, ServiceRequest
from fieldops.models.base import as_point, lon_lat
from fieldops.operations.link_causes import order_drain_before_patch
from fieldops.queries.clusters import OPEN_CODES, all_decisions, decisions_about, members_near, members_of
from fieldops.queries.frames import open_request_columns
from fieldops.queries.services import services_by_id
from geo.clustering.duplicates import NewReport, find_group
from geo.clustering.identities import assign_identities
from geo.clustering.positions import default_positions
from geo.clustering.reports import Reports
from geo.clustering.rules import LinkRule
from geo.clustering.work_sites import find_work_sites
from geo.crs import projected_crs, to_metres


def link_rules(services: dict[int, Service]) -> dict[Any, LinkRule]:
    """Return each family's rule: the widest radii and window among its services."""
    rules: dict[Any, LinkRule] = {}
    for family in sorted({service.family for service in services.values()}):
        of_family = [service for service in services.values() if service.family == family]
        rules[family] = LinkRule(
            suggest_m=float(max(service.suggest_radius_m for service in of_family)),
            auto_link_m=float(max(service.link_radius_m for service in of_family)),
            window_days=float(max(service.window_days for service in of_family)),
            while_open=True,
        )
    return rules


def group_request(session: Session, installation: Installation, request_id: int) -> Cluster | None:
    """Let a new request join its cluster, or begin one. Doing it twice changes nothing.

    Returns
    -------
    The cluster; None when the request has no place, has ended, or no longer exists.
    """
    request = session.get(ServiceRequest, request_id)
    if request is None or request.place is None or request.status not in OPEN_CODES:
        return None
    if request.cluster_id is not None:
        return session.get(Cluster, request.cluster_id)
    services = services_by_id(session)
    family = services[request.service_id].family
    rules = link_rules(services)
    found = _find_cluster(session, installation.city, request, family, rules)
    cluster = session.get(Cluster, found) if found is not None else None
    if cluster is None:
        cluster = new_cluster(session, request, family)
    join_cluster(session, request, cluster)
    order_drain_before_patch(session, installation, cluster)
    return cluster


def _find_cluster(
    session: Session, city: City, request: ServiceRequest, family: str, rules: dict[Any, LinkRule]
) -> int | None:
    if request.place is None:
        return None
    lon, lat = lon_lat(request.place)
    members = members_near(session, family, lon, lat, rules[family].auto_link_m * 2)
    decided = decisions_about(session, [request.id, *(member.id for member in members)])
    apart = {pair for pair, together in decided.items() if not together and request.id in pair}
    banned = {member.cluster_id for member in members if _pair(request.id, member.id) in apart}
    members = [member for member in members if member.cluster_id not in banned]
    for member in members:
        if decided.get(_pair(request.id, member.id)):
            return member.cluster_id
    if not members:
        return None
    crs = projected_crs([lon], [lat], epsg=city.epsg)
    places = [lon_lat(member.place) for member in members if member.place is not None]
    x, y = to_metres([place[0] for place in places], [place[1] for place in places], crs)
    (new_x,), (new_y,) = to_metres([lon], [lat], crs)
    reports = Reports.of(
        x,
        y,
        [member.reported_at.timestamp() for member in members],
        [family] * len(members),
        accuracy_m=[_known(member.accuracy_m) for member in members],
        closed_at_s=[float("nan")] * len(members),
    )
    new = NewReport(
        x_m=float(new_x),
        y_m=float(new_y),
        reported_at_s=request.reported_at.timestamp(),
        family=family,
        accuracy_m=_known(request.accuracy_m),
    )
    return find_group(
        new, reports, np.array([member.cluster_id for member in members], dtype=np.int64), rules
    )


def _known(accuracy_m: float | None) -> float:
    return float("nan") if accuracy_m is None else accuracy_m


def _pair(a: int, b: int) -> tuple[int, int]:
    return (min(a, b), max(a, b))


def new_cluster(
    session: Session, request: ServiceRequest, family: str, split_from: int | None = None
) -> Cluster:
    """Begin a cluster at a request's place."""
    if request.place is None:
        raise InvalidInput("A report without a place cannot begin a cluster.", field="place")
    cluster = Cluster(
        family=family,
        service_id=request.service_id,
        anchor=as_point(*lon_lat(request.place)),
        area_id=request.area_id,
        address=request.address,
        severity=request.severity,
        open=True,
        created_at=clock.now(),
        split_from_id=split_from,
    )
    session.add(cluster)
    session.flush()
    return cluster


def join_cluster(session: Session, request: ServiceRequest, cluster: Cluster) -> None:
    """Put a request into a cluster and let the cluster show its worst and its address."""
    request.cluster_id = cluster.id
    session.flush()
    refresh_cluster(session, cluster)


def refresh_cluster(session: Session, cluster: Cluster) -> None:
    """Bring a cluster's severity, service, address and openness in line with its members."""
    members = members_of(session, cluster.id)
    open_ones = [member for member in members if member.status in OPEN_CODES]
    counted = open_ones or members
    if counted:
        worst = max(counted, key=lambda member: (member.severity, -member.id))
        cluster.severity = worst.severity
        cluster.service_id = worst.service_id
        cluster.address = next((member.address for member in counted if member.address), cluster.address)
    cluster.open = bool(open_ones)
    cluster.closed_at = None if open_ones else (cluster.closed_at or clock.now())
    session.flush()


@dataclass(frozen=True)
class _Grouped:
    """Columns of all open located requests and the id of each one's cluster (−1: none yet)."""

    ids: np.ndarray[Any, Any]
    new_ids: np.ndarray[Any, Any]


def group_everything(session: Session, city: City) -> dict[str, int]:
    """Group all open requests afresh. Cluster numbers stay with their places; staff's decisions hold.

    Returns
    -------
    Counts for a person to read.
    """
    frame = open_request_columns(session)
    if frame.empty:
        return {"open requests": 0, "clusters": 0}
    services = services_by_id(session)
    rules = link_rules(services)
    crs = projected_crs(frame.lon, frame.lat, epsg=city.epsg)
    x, y = to_metres(frame.lon, frame.lat, crs)
    stand_in = default_positions(frame.lon.to_numpy(), frame.lat.to_numpy(), list(frame.address))
    reports = Reports.of(
        x,
        y,
        frame.reported_at_s,
        frame.family.to_numpy(),
        accuracy_m=frame.accuracy_m,
        closed_at_s=np.full(len(frame), np.nan),
        has_position=~np.asarray(stand_in, dtype=bool),
    )
    together, apart = _decided_rows(session, frame.id.to_numpy())
    sites = find_work_sites(reports, rules, must_link=together, cannot_link=apart, ids=frame.id.to_numpy())
    labels = np.asarray(sites.labels)
    old = frame.cluster_id.fillna(-1).astype(np.int64).to_numpy()
    first_free = (session.scalar(select(Cluster.id).order_by(Cluster.id.desc()).limit(1)) or 0) + 1
    identities = assign_identities(old, labels, frame.reported_at_s.to_numpy(), next_id=first_free)
    site_ids = _write_new_clusters(session, frame, identities, first_free, clock.now())
    _write_membership(session, frame, old, site_ids, identities.redirects)
    return {
        "open requests": len(frame),
        "clusters": len(np.unique(site_ids)),
        "of them new": len(np.unique(site_ids[site_ids >= first_free])),
        "positions that stand for many addresses": int(np.asarray(stand_in, dtype=bool).sum()),
    }


def _decided_rows(
    session: Session, ids: np.ndarray[Any, Any]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    row_of = {int(number): row for row, number in enumerate(ids)}
    together: list[tuple[int, int]] = []
    apart: list[tuple[int, int]] = []
    for (first, second), joined in all_decisions(session).items():
        if first in row_of and second in row_of:
            (together if joined else apart).append((row_of[first], row_of[second]))
    return together, apart


def _write_new_clusters(
    session: Session, frame: Any, identities: Any, first_free: int, now: datetime
) -> np.ndarray[Any, Any]:
    """Insert the clusters that are new and return each request's cluster id as the database gave it."""
    site_ids = np.asarray(identities.site_ids).copy()
    order = np.lexsort((frame.id.to_numpy(), frame.reported_at_s.to_numpy()))
    first_row: dict[int, int] = {}
    for row in order.tolist():
        first_row.setdefault(int(site_ids[row]), row)
    made: dict[int, Cluster] = {}
    for label, row in first_row.items():
        if label < first_free:
            continue
        line = frame.iloc[row]
        made[label] = Cluster(
            family=line.family,
            service_id=int(line.service_id),
            anchor=as_point(float(line.lon), float(line.lat)),
            area_id=int(line.area_id) if line.area_id == line.area_id and line.area_id is not None else None,
            address=line.address,
            severity=int(frame.severity.to_numpy()[site_ids == label].max()),
            open=True,
            created_at=now,
            split_from_id=identities.split_from.get(label),
        )
    session.add_all(made.values())
    session.flush()
    given = {label: cluster.id for label, cluster in made.items()}
    return np.array([given.get(int(label), int(label)) for label in site_ids], dtype=np.int64)


def _write_membership(
    session: Session, frame: Any, old: np.ndarray[Any, Any], site_ids: np.ndarray[Any, Any], redirects: Any
) -> None:
    ids = frame.id.to_numpy()
    moved = np.flatnonzero(old != site_ids)
    if len(moved):
        session.execute(
            update(ServiceRequest),
            [{"id": int(ids[row]), "cluster_id": int(site_ids[row])} for row in moved],
        )
    for ended, goes_on in dict(redirects).items():
        cluster = session.get(Cluster, int(ended))
        if cluster is not None:
            cluster.joined_into_id, cluster.open, cluster.closed_at = int(goes_on), False, clock.now()
    session.flush()
    session.expire_all()
