"""Grouping all requests at once: after an import, or when rules change."""

from datetime import datetime
from typing import Any, cast

import numpy as np
import pandas as pd
from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.city import City
from fieldops.domain.places import LocationState
from fieldops.models import Cluster, ServiceRequest
from fieldops.models.base import as_point
from fieldops.operations.group_requests import is_grouped, link_rules, lock_family, refresh_cluster
from fieldops.queries.clusters import OPEN_CODES, all_decisions
from fieldops.queries.frames import located_requests
from fieldops.queries.orders import orders_of
from fieldops.queries.services import services_by_id
from fieldops.queries.work_orders import clusters_at_work
from geo.clustering.identities import Identities, assign_identities
from geo.clustering.positions import default_positions
from geo.clustering.reports import Reports
from geo.clustering.work_sites import find_work_sites
from geo.crs import projected_crs, to_metres


def regroup_requests(session: Session, city: City, *, ended_too: bool = False) -> dict[str, int]:
    """Group requests afresh. Cluster numbers stay with their places; staff's decisions hold.

    Requests without a confirmed place, those on a coordinate that stands for many addresses, and those of
    families whose linking is off, join nothing.

    Parameters
    ----------
    ended_too
        Group requests that have ended as well, so that a place remembers its history; else open ones only.

    Returns
    -------
    Counts for a person to read.
    """
    rules = link_rules(services_by_id(session))
    grouped = [family for family in sorted(rules) if is_grouped(rules, family)]
    for family in grouped:
        lock_family(session, family)
    everything = located_requests(session, open_only=not ended_too)
    located = everything[everything.family.isin(grouped)].reset_index(drop=True)
    if located.empty:
        return {"requests": 0, "clusters": 0}
    stand_in = np.asarray(
        default_positions(located.lon.to_numpy(), located.lat.to_numpy(), list(located.address)), dtype=bool
    )
    confirmed = (located.location_state == LocationState.CONFIRMED.value).to_numpy()
    frame = located[confirmed & ~stand_in].reset_index(drop=True)
    counts = {
        "requests": len(frame),
        "on a stand-in position": int(stand_in.sum()),
        "on an estimated position": int((~confirmed).sum()),
        "of families that are not grouped": len(everything) - len(located),
    }
    if frame.empty:
        return counts | {"clusters": 0}
    old = frame.cluster_id.fillna(-1).astype(np.int64).to_numpy()
    at_work = clusters_at_work(session)
    labels = _labels(session, city, frame, old, at_work)
    first_free = (session.scalar(select(Cluster.id).order_by(Cluster.id.desc()).limit(1)) or 0) + 1
    identities = assign_identities(
        old, labels, frame.reported_at_s.to_numpy(), next_id=first_free, with_job=at_work
    )
    site_ids = _write_new_clusters(session, frame, identities, first_free, clock.now())
    _write_membership(session, frame, old, site_ids, identities.redirects)
    _refresh_changed(session, old, site_ids, first_free)
    _close_ended_clusters(session)
    return counts | {"clusters": len(np.unique(site_ids))}


def _labels(
    session: Session, city: City, frame: pd.DataFrame, old: np.ndarray[Any, Any], at_work: set[int]
) -> np.ndarray[Any, Any]:
    crs = projected_crs(frame.lon, frame.lat, epsg=city.epsg)
    x, y = to_metres(frame.lon, frame.lat, crs)
    reports = Reports.of(
        x,
        y,
        frame.reported_at_s,
        frame.family.to_numpy(),
        accuracy_m=frame.accuracy_m,
        closed_at_s=frame.ended_at_s,
    )
    together, apart = _decided_rows(session, frame.id.to_numpy())
    bound, kept_apart = _rows_at_work(old, at_work)
    together, apart = together + bound, apart + kept_apart
    rules = link_rules(services_by_id(session))
    ids = frame.id.to_numpy()
    return find_work_sites(reports, rules, must_link=together, cannot_link=apart, ids=ids).labels


def _rows_at_work(
    old: np.ndarray[Any, Any], at_work: set[int]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return the pairs of rows that work under way holds together, and apart: a cluster with an open order
    is not torn, and two of them never become one, since each order closes its own requests.
    """
    rows = {number: np.flatnonzero(old == number).tolist() for number in sorted(at_work)}
    held = [members for members in rows.values() if members]
    together = [(members[0], other) for members in held for other in members[1:]]
    firsts = [members[0] for members in held]
    apart = [(one, other) for place, one in enumerate(firsts) for other in firsts[place + 1 :]]
    return together, apart


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
    session: Session, frame: pd.DataFrame, identities: Identities, first_free: int, now: datetime
) -> np.ndarray[Any, Any]:
    """Insert the clusters that are new and return each request's cluster id as the database gave it."""
    site_ids = np.asarray(identities.site_ids).copy()
    order = np.lexsort((frame.id.to_numpy(), frame.reported_at_s.to_numpy()))
    first_row: dict[int, int] = {}
    for row in order.tolist():
        first_row.setdefault(int(site_ids[row]), row)
    worst = frame.severity.groupby(site_ids).max()
    made: dict[int, Cluster] = {}
    for label, row in first_row.items():
        if label < first_free:
            continue
        line = frame.iloc[row]
        made[label] = Cluster(
            family=line.family,
            service_id=int(line.service_id),
            anchor=as_point(float(line.lon), float(line.lat)),
            area_id=None if pd.isna(line.area_id) else int(line.area_id),
            address=line.address,
            severity=int(worst[label]),
            open=True,
            created_at=now,
            split_from_id=identities.split_from.get(label),
        )
    session.add_all(made.values())
    session.flush()
    given = {label: cluster.id for label, cluster in made.items()}
    return np.array([given.get(int(label), int(label)) for label in site_ids], dtype=np.int64)


def _write_membership(
    session: Session,
    frame: pd.DataFrame,
    old: np.ndarray[Any, Any],
    site_ids: np.ndarray[Any, Any],
    redirects: Any,
) -> None:
    ids = frame.id.to_numpy()
    moved = np.flatnonzero(old != site_ids)
    if len(moved):
        requests = cast("Table", ServiceRequest.__table__)
        session.connection().execute(
            update(requests)
            .where(requests.c.id == bindparam("request"))
            .values(cluster_id=bindparam("cluster"), version=requests.c.version + 1),
            [{"request": int(ids[row]), "cluster": int(site_ids[row])} for row in moved],
        )
    for ended, goes_on in dict(redirects).items():
        for order in orders_of(session, int(ended)):
            order.cluster_id = int(goes_on)  # what was repaired there was repaired here
        cluster = session.get(Cluster, int(ended))
        if cluster is not None:
            cluster.joined_into_id, cluster.open, cluster.closed_at = int(goes_on), False, clock.now()
    session.flush()
    session.expire_all()


def _refresh_changed(
    session: Session, old: np.ndarray[Any, Any], site_ids: np.ndarray[Any, Any], first_free: int
) -> None:
    """Let clusters that were here before, and lost or gained requests, show their members."""
    moved = old != site_ids
    changed = {int(number) for number in (*old[moved], *site_ids[moved]) if 0 <= number < first_free}
    for number in sorted(changed):
        cluster = session.get(Cluster, number)
        if cluster is not None and cluster.joined_into_id is None:
            refresh_cluster(session, cluster)


def _close_ended_clusters(session: Session) -> None:
    held = select(ServiceRequest.cluster_id).where(
        ServiceRequest.status.in_(OPEN_CODES), ServiceRequest.cluster_id.is_not(None)
    )
    session.execute(
        update(Cluster)
        .where(Cluster.open.is_(True), Cluster.id.not_in(held), Cluster.id.not_in(clusters_at_work(session)))
        .values(open=False, closed_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
