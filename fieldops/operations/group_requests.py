"""Which requests are one place of work: one request at a time, as they arrive."""

from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.city import City
from fieldops.domain.places import LocationState
from fieldops.errors import InvalidInput
from fieldops.installation import Installation
from fieldops.models import Cluster, Service, ServiceRequest
from fieldops.models.base import as_point, lon_lat
from fieldops.queries.clusters import OPEN_CODES, decisions_about, members_near, members_of
from fieldops.queries.services import services_by_id
from fieldops.queries.work_orders import open_orders_of
from geo.clustering.duplicates import NewReport, find_group
from geo.clustering.reports import Reports
from geo.clustering.rules import LinkRule
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


def is_grouped(rules: dict[Any, LinkRule], family: str) -> bool:
    """Return whether requests of a family become places of work: not where linking is off (0 m) for all its
    services, such as those that another authority's crews look after.
    """
    return rules[family].auto_link_m > 0


def group_request(session: Session, installation: Installation, request_id: int) -> Cluster | None:
    """Let a new request join its cluster, or begin one. Doing it twice changes nothing.

    Returns
    -------
    The cluster; None when the request has no place, has ended, or no longer exists, or when its family is
    not grouped.
    """
    request = session.get(ServiceRequest, request_id)
    if request is None or request.place is None or request.status not in OPEN_CODES:
        return None
    if request.location_state != LocationState.CONFIRMED.value:
        return None  # an estimated place needs an inspection first
    if request.cluster_id is not None:
        return session.get(Cluster, request.cluster_id)
    services = services_by_id(session)
    family = services[request.service_id].family
    rules = link_rules(services)
    if not is_grouped(rules, family):
        return None
    lock_family(session, family)
    found = _find_cluster(session, installation.city, request, family, rules)
    cluster = session.get(Cluster, found) if found is not None else None
    if cluster is None:
        cluster = new_cluster(session, request, family)
    join_cluster(session, request, cluster)
    return cluster


def lock_family(session: Session, family: str) -> None:
    """Let one worker group a family at a time: two that each begin a cluster for one hole see neither the
    other's. SQLite has one writer anyway.
    """
    session.execute(
        select(Service.id)
        .where(Service.family == family)
        .order_by(Service.id)
        .with_for_update(key_share=True)
    ).all()


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
    """Bring a cluster's severity, service, address and openness in line with its members. It is open as
    long as one of them is, or work is ordered there.
    """
    members = members_of(session, cluster.id)
    open_ones = [member for member in members if member.status in OPEN_CODES]
    counted = open_ones or members
    if counted:
        worst = max(counted, key=lambda member: (member.severity, -member.id))
        cluster.severity = worst.severity
        cluster.service_id = worst.service_id
        cluster.address = next((member.address for member in counted if member.address), cluster.address)
    cluster.open = bool(open_ones) or bool(open_orders_of(session, cluster.id))
    cluster.closed_at = None if cluster.open else (cluster.closed_at or clock.now())
    session.flush()
