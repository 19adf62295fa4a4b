"""From requests and decisions to clusters: which belong together, their numbers, and their rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.city import City
from fieldops.models import Cluster, ServiceRequest
from fieldops.models.base import as_point
from fieldops.operations.bring_along import schedule_late, withdraw_promise
from fieldops.operations.linking_rules import Rules, city_crs
from fieldops.operations.read_rains import RainsByDay
from fieldops.operations.refresh_cluster import refresh_cluster
from fieldops.queries.groupable import Groupable
from fieldops.queries.orders import orders_of
from geo.clustering.decisions import Pair, decided_rows
from geo.clustering.duplicates import NewReport
from geo.clustering.identities import NO_SITE, Identities, assign_identities
from geo.clustering.joining import components
from geo.clustering.neighbours import link_pairs
from geo.clustering.rain_events import NO_EVENT
from geo.clustering.reports import Reports
from geo.clustering.ways import Way
from geo.clustering.work_sites import join_pairs
from geo.crs import to_metres

Ints = NDArray[np.int64]

MOST_ROUNDS = 50
"""Clusters at work only grow from round to round, so that they settle after one or two."""


@dataclass(frozen=True)
class Situation:
    """What grouping depends on besides the requests.

    Parameters
    ----------
    rules
        By what requests are `linked_as`.
    at_work
        Clusters with an open order: they are not torn, and two of them never become one, since each order
        answers its own requests.
    way
        How far it is along roads; None: the straight line alone counts.
    rains
        The rains that are known; None: no rule goes by them.
    stand_ins
        Requests whose coordinate stands for many addresses: they link by decision only.
    """

    rules: Rules
    at_work: frozenset[int]
    way: Way | None = None
    rains: RainsByDay | None = None
    stand_ins: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Freed:
    """A split: requests that leave their cluster although it is at work, and the request with which a
    cluster's number stays.
    """

    leaving: Collection[int] = ()
    keepers: Mapping[int, int] = field(default_factory=dict)


def as_report(one: Groupable, x_m: float, y_m: float, situation: Situation) -> NewReport:
    """Return a request as the engine compares it."""
    closed_at = one.closed_at(situation.at_work)
    goes_by_rain = situation.rules[one.linked_as].same_event
    rain = situation.rains.of(one.reported_at) if situation.rains is not None and goes_by_rain else None
    return NewReport(
        x_m=x_m,
        y_m=y_m,
        reported_at_s=one.reported_at.timestamp(),
        family=one.linked_as,
        accuracy_m=float("nan") if one.accuracy_m is None else one.accuracy_m,
        event=NO_EVENT if rain is None else rain.number,
        closed_at_s=float("nan") if closed_at is None else closed_at.timestamp(),
        has_position=one.id not in situation.stand_ins,
    )


def write_groups(
    session: Session,
    city: City,
    requests: Sequence[Groupable],
    decisions: Mapping[Pair, bool],
    situation: Situation,
    *,
    pairs: Sequence[tuple[int, int]] | None = None,
    freed: Freed | None = None,
) -> int:
    """Group requests anew and write what changed; return how many clusters they are in.

    Parameters
    ----------
    requests
        Whole components: whatever is linked to one of them, and whatever shares its cluster. By id.
    decisions
        What staff said, also about requests that are not among these.
    pairs
        The ids of those that are one place by the rule, where they are known.
    freed
        Who leaves a cluster although it is at work.
    """
    if not requests:
        return 0
    ids = np.array([one.id for one in requests], dtype=np.int64)
    old = np.array(
        [NO_SITE if one.cluster_id is None else one.cluster_id for one in requests], dtype=np.int64
    )
    reports = _reports(city, requests, situation)
    if pairs is None:
        same_place = link_pairs(reports, situation.rules, way=situation.way)
    else:
        row_of = {number: row for row, number in enumerate(ids.tolist())}
        same_place = np.array([(row_of[a], row_of[b]) for a, b in pairs], dtype=np.int64).reshape(-1, 2)
    first_free = (session.scalar(select(func.max(Cluster.id))) or 0) + 1
    identities = _settled(reports, ids, old, same_place, decisions, situation, freed or Freed(), first_free)
    site_ids = _begin_clusters(session, requests, identities, first_free)
    _move(session, ids, old, site_ids)
    _redirect(session, identities.redirects)
    _refresh(session, requests, old, site_ids, situation.at_work, first_free)
    return len(np.unique(site_ids))


# ---------------------------------------------------------------- which belong together


def _reports(city: City, requests: Sequence[Groupable], situation: Situation) -> Reports:
    x, y = to_metres([one.lon for one in requests], [one.lat for one in requests], city_crs(city))
    every = [
        as_report(one, x_m, y_m, situation)
        for one, x_m, y_m in zip(requests, x.tolist(), y.tolist(), strict=True)
    ]
    return Reports.of(
        x,
        y,
        [one.reported_at_s for one in every],
        np.array([one.family for one in every], dtype=object),
        accuracy_m=[one.accuracy_m for one in every],
        closed_at_s=[one.closed_at_s for one in every],
        event=[one.event for one in every],
        has_position=[one.has_position for one in every],
    )


def _settled(
    reports: Reports,
    ids: Ints,
    old: Ints,
    same_place: Ints,
    decisions: Mapping[Pair, bool],
    situation: Situation,
    freed: Freed,
    first_free: int,
) -> Identities:
    """Group until clusters at work stay as they are: what joined one of them is bound to it as well."""
    must_link, cannot_link = decided_rows(ids, decisions)
    row_of = {number: row for row, number in enumerate(ids.tolist())}
    keepers = {cluster: row_of[number] for cluster, number in freed.keepers.items()}
    site_ids = np.where(np.isin(ids, list(freed.leaving)), NO_SITE, old)
    for _round in range(MOST_ROUNDS):
        held = _rows_at_work(site_ids, situation.at_work)
        bound = [(rows[0], other) for rows in held.values() for other in rows[1:]]
        apart = _apart(len(ids), [rows[0] for rows in held.values()], same_place, must_link, bound)
        labels = join_pairs(
            reports,
            situation.rules,
            same_place,
            must_link=must_link,
            cannot_link=np.concatenate([cannot_link, apart]),
            bound=bound,
            ids=ids,
        ).labels
        identities = assign_identities(
            old,
            labels,
            reports.reported_at_s,
            next_id=first_free,
            with_job=situation.at_work,
            job_rows=keepers,
        )
        site_ids = identities.site_ids
        if _rows_at_work(site_ids, situation.at_work) == held:
            break
    return identities


def _rows_at_work(site_ids: Ints, at_work: Collection[int]) -> dict[int, list[int]]:
    """Return the rows of each cluster with an open order, by its number."""
    held: dict[int, list[int]] = {}
    for row, number in enumerate(site_ids.tolist()):
        if number in at_work:
            held.setdefault(number, []).append(row)
    return dict(sorted(held.items()))


def _apart(
    n: int, firsts: list[int], same_place: Ints, must_link: Ints, bound: list[tuple[int, int]]
) -> Ints:
    """Return the pairs of rows that keep clusters at work apart, where anything connects them."""
    joins = [same_place, must_link, np.array(bound, dtype=np.int64).reshape(-1, 2)]
    component = components(n, np.concatenate(joins))
    together: dict[int, list[int]] = {}
    for row in firsts:
        together.setdefault(int(component[row]), []).append(row)
    found = [
        (one, other)
        for rows in together.values()
        for place, one in enumerate(rows)
        for other in rows[place + 1 :]
    ]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


# ---------------------------------------------------------------- their rows


def _begin_clusters(
    session: Session, requests: Sequence[Groupable], identities: Identities, first_free: int
) -> Ints:
    """Insert the clusters that are new and return each request's cluster id as the database gave it."""
    members: dict[int, list[Groupable]] = {}
    for one, label in zip(requests, identities.site_ids.tolist(), strict=True):
        if label >= first_free:
            members.setdefault(label, []).append(one)
    made: dict[int, Cluster] = {}
    for label in sorted(members):  # numbered by the age of their oldest member
        made[label] = _new_cluster(members[label], identities.split_from.get(label))
    session.add_all(made.values())
    session.flush()
    given = {label: cluster.id for label, cluster in made.items()}
    return np.array([given.get(label, label) for label in identities.site_ids.tolist()], dtype=np.int64)


def _new_cluster(members: Sequence[Groupable], split_from: int | None) -> Cluster:
    oldest = min(members, key=lambda one: (one.reported_at, one.id))
    counted = [one for one in members if one.is_open] or members
    worst = max(counted, key=lambda one: (one.severity, -one.id))
    is_open = any(one.is_open for one in members)
    return Cluster(
        family=oldest.family,
        service_id=worst.service_id,
        anchor=as_point(oldest.lon, oldest.lat),
        area_id=oldest.area_id,
        address=next((one.address for one in counted if one.address), ""),
        severity=worst.severity,
        open=is_open,
        created_at=clock.now(),
        closed_at=None if is_open else clock.now(),
        split_from_id=split_from,
    )


def _move(session: Session, ids: Ints, old: Ints, site_ids: Ints) -> None:
    moved = np.flatnonzero(old != site_ids)
    if not len(moved):
        return
    requests = cast("Table", ServiceRequest.__table__)
    session.flush()
    session.connection().execute(
        update(requests)
        .where(requests.c.id == bindparam("request"))
        .values(cluster_id=bindparam("cluster"), version=requests.c.version + 1),
        [{"request": int(ids[row]), "cluster": int(site_ids[row])} for row in moved],
    )
    session.expire_all()


def _redirect(session: Session, redirects: Mapping[int, int]) -> None:
    for ended, goes_on in redirects.items():
        for order in orders_of(session, ended):
            order.cluster_id = goes_on  # what was repaired there was repaired here
        cluster = session.get_one(Cluster, ended)
        cluster.joined_into_id, cluster.open, cluster.closed_at = goes_on, False, clock.now()
    session.flush()


def _refresh(
    session: Session,
    requests: Sequence[Groupable],
    old: Ints,
    site_ids: Ints,
    at_work: Collection[int],
    first_free: int,
) -> None:
    """Let clusters that were here before, and lost or gained requests, show their members; who joined a place
    that a crew is on its way to is promised its day, and who left one is not any more.
    """
    moved = np.flatnonzero(old != site_ids).tolist()
    for row in moved:
        if int(old[row]) in at_work:
            withdraw_promise(session, session.get_one(ServiceRequest, requests[row].id))
    changed: set[Any] = {int(number) for row in moved for number in (old[row], site_ids[row])}
    for number in sorted(number for number in changed if 0 <= number < first_free):
        cluster = session.get_one(Cluster, number)
        if cluster.joined_into_id is None:
            refresh_cluster(session, cluster)
            if number in at_work:
                schedule_late(session, number)
