"""Cause and effect: a blocked drain, the water that stands there, the hole that it makes. Drain first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.domain.work_order_states import WorkOrderStatus
from fieldops.errors import Conflict, InvalidInput
from fieldops.installation import Installation
from fieldops.models import CauseDecision, Cluster, WorkOrder, WorkOrderDependency
from fieldops.models.base import lon_lat
from fieldops.operations.audit import write_audit
from fieldops.operations.linking_rules import city_crs
from fieldops.operations.measure_places import CANDIDATES_M, distances_m
from fieldops.operations.refresh_cluster import lock_grouping
from fieldops.outbox import insert_if_absent
from fieldops.queries.causes import OpenPlace, cause_decisions, open_places, other_places
from fieldops.queries.clusters import get_cluster
from fieldops.queries.spatial import box_around
from fieldops.queries.work_orders import open_orders_of, waits_for
from geo.clustering.causes import CauseRule, find_causes
from geo.crs import to_metres

CAUSE_REACH_M: Final = 40.0
"""Water and the hole under it are reported this far apart (ours)."""
CAUSE_DAYS: Final = 90.0
"""How long after the cause, or before somebody told of it, its effect may be reported (ours)."""

CAUSES: Final = tuple(
    CauseRule(cause, effect, CAUSE_REACH_M, CAUSE_DAYS)
    for cause, effect in (("drain", "water"), ("water", "road"), ("drain", "road"))
)
FAMILIES: Final = sorted({str(rule.cause) for rule in CAUSES} | {str(rule.effect) for rule in CAUSES})
MOST_CHOICES: Final = 8
WAITING: Final = (WorkOrderStatus.DRAFT.value, WorkOrderStatus.READY.value)


@dataclass(frozen=True)
class CauseLink:
    """Two open places of different kinds at one spot: work at the cause goes first. `undone` holds the
    decision of whoever said that they have nothing to do with each other, `tied` that of whoever said that
    they have, where the rules would not have found it.
    """

    cause: Cluster
    effect: Cluster
    distance_m: float
    undone: CauseDecision | None
    tied: CauseDecision | None = None


def causes_of(session: Session, installation: Installation, cluster: Cluster) -> list[CauseLink]:
    """Return what brings forth a place and what it brings forth, nearest first: what the rules find, and what
    staff tied.
    """
    if not cluster.open:
        return []
    decided = cause_decisions(session, cluster.id)
    links = {}
    if cluster.family in FAMILIES:
        places = open_places(session, box_around(*lon_lat(cluster.anchor), CAUSE_REACH_M), FAMILIES)
        for cause, effect, distance_m in _found(installation, places):
            if cluster.id in (cause.id, effect.id):
                said = decided.get((cause.id, effect.id))
                undone = said if said and not said.linked else None
                links[cause.id, effect.id] = CauseLink(cause, effect, distance_m, undone)
    for (cause_id, effect_id), said in decided.items():
        if said.linked and cause_id != effect_id and (cause_id, effect_id) not in links:
            cause, effect = session.get_one(Cluster, cause_id), session.get_one(Cluster, effect_id)
            if cause.open and effect.open:
                away_m = _away_m(installation, cause, effect)
                links[cause_id, effect_id] = CauseLink(cause, effect, away_m, None, said)
    return sorted(links.values(), key=lambda link: (link.distance_m, link.cause.id, link.effect.id))


def _away_m(installation: Installation, one: Cluster, other: Cluster) -> float:
    return distances_m(installation.city, lon_lat(one.anchor), [lon_lat(other.anchor)])[0]


def _found(installation: Installation, places: Sequence[OpenPlace]) -> list[tuple[Cluster, Cluster, float]]:
    at = [lon_lat(place.cluster.anchor) for place in places]
    x, y = to_metres([lon for lon, _lat in at], [lat for _lon, lat in at], city_crs(installation.city))
    pairs, distance_m = find_causes(
        x,
        y,
        [place.since.timestamp() for place in places],
        [place.cluster.family for place in places],
        CAUSES,
    )
    return [
        (places[cause].cluster, places[effect].cluster, metres)
        for (cause, effect), metres in zip(pairs.tolist(), distance_m.tolist(), strict=True)
    ]


def order_drain_before_patch(session: Session, installation: Installation, order: WorkOrder) -> int:
    """Let a new order wait for those at the causes of its place, and those at its effects wait for it; return
    how many rows were added.

    Only the new order is linked: what a dispatcher has untied between two others stays untied. Executed or
    batched orders keep their order, and nothing is added that would make two orders wait for each other.
    """
    added = 0
    for link in causes_of(session, installation, session.get_one(Cluster, order.cluster_id)):
        if link.undone is None:
            added += _let_wait(session, link.cause.id, link.effect.id)
    return added


def _let_wait(session: Session, cause_id: int, effect_id: int) -> int:
    added = 0
    for first in _waiting(session, cause_id):
        for second in _waiting(session, effect_id):
            if not waits_for(session, first.id, second.id):
                added += insert_if_absent(
                    session, WorkOrderDependency, work_order_id=second.id, after_id=first.id
                )
    return added


def _waiting(session: Session, cluster_id: int) -> list[WorkOrder]:
    return [order for order in open_orders_of(session, cluster_id) if order.status in WAITING]


def ties_to_choose(
    session: Session, installation: Installation, cluster: Cluster, most: int = MOST_CHOICES
) -> list[tuple[Cluster, float]]:
    """Return open clusters of other families within 500 m that are not shown as cause or effect already, with
    their distances, the nearest first.
    """
    if not cluster.open:
        return []
    shown = {
        one.id for link in causes_of(session, installation, cluster) for one in (link.cause, link.effect)
    }
    at = lon_lat(cluster.anchor)
    found = [
        one
        for one in other_places(session, box_around(*at, CANDIDATES_M), cluster.family)
        if one.id not in shown
    ]
    away = distances_m(installation.city, at, [lon_lat(one.anchor) for one in found])
    near = [(one, metres) for one, metres in zip(found, away, strict=True) if metres <= CANDIDATES_M]
    return sorted(near, key=lambda pair: (pair[1], pair[0].id))[:most]


def tie_cause(session: Session, installation: Installation, cause_id: int, effect_id: int, by: By) -> None:
    """Say that one place brings forth another, whether the rules would have found it or not.

    Raises
    ------
    InvalidInput
        They are of one family, or more than 500 m apart.
    Conflict
        They are one cluster, one of them has ended, or the effect brings forth the cause already, directly
        or through others.
    """
    lock_grouping(session)  # two who tie two places the opposite ways at once would both find no circle
    cause, effect = get_cluster(session, cause_id), get_cluster(session, effect_id)
    if cause.id == effect.id:
        raise Conflict("These two are one cluster by now.", field="other")
    for one in (cause, effect):
        if not one.open:
            raise Conflict(
                "Cluster %(number)s has ended: it brings forth nothing.", field="other", number=one.id
            )
    if cause.family == effect.family:
        raise InvalidInput(
            "Cluster %(number)s is of the same kind. What is one place is merged; two places of one kind are "
            "not cause and effect.",
            field="other",
            number=effect.id if cause_id == cause.id else cause.id,
        )
    away_m = _away_m(installation, cause, effect)
    if away_m > CANDIDATES_M:
        raise InvalidInput(
            "Clusters %(one)s and %(other)s are %(away)s m apart; cause and effect are at most %(most)s m "
            "apart.",
            field="other", one=cause.id, other=effect.id, away=round(away_m), most=round(CANDIDATES_M),
        )  # fmt: skip
    if _brings_forth(session, installation, effect, cause):
        raise Conflict(
            "Cluster %(effect)s brings forth cluster %(cause)s already, directly or through others: work "
            "would go round in a circle.",
            field="other", effect=effect.id, cause=cause.id,
        )  # fmt: skip
    decide_cause(session, cause.id, effect.id, True, by)


def _brings_forth(session: Session, installation: Installation, one: Cluster, other: Cluster) -> bool:
    """Whether a place brings forth another, directly or through others that are open."""
    seen, waiting = {one.id}, [one]
    while waiting:
        here = waiting.pop()
        for link in causes_of(session, installation, here):
            if link.undone is None and link.cause.id == here.id and link.effect.id not in seen:
                if link.effect.id == other.id:
                    return True
                seen.add(link.effect.id)
                waiting.append(link.effect)
    return False


def decide_cause(session: Session, cause_id: int, effect_id: int, linked: bool, by: By) -> None:
    """Say that two places are, or are not, cause and effect. Their orders wait for each other accordingly, as
    far as no crew has them.

    Raises
    ------
    Conflict
        They are one place by now, or an order would wait for itself in a circle.
    """
    cause, effect = get_cluster(session, cause_id), get_cluster(session, effect_id)
    if cause.id == effect.id:
        raise Conflict("These two are one cluster by now.")
    session.add(
        CauseDecision(
            cause_id=cause.id, effect_id=effect.id, linked=linked, user_id=by.user_id, at=clock.now()
        )
    )
    if linked:
        _let_wait(session, cause.id, effect.id)
    else:
        session.execute(
            delete(WorkOrderDependency)
            .where(
                WorkOrderDependency.work_order_id.in_([order.id for order in _waiting(session, effect.id)]),
                WorkOrderDependency.after_id.in_([order.id for order in open_orders_of(session, cause.id)]),
            )
            .execution_options(synchronize_session=False)
        )
    write_audit(
        session, by, "cause_linked" if linked else "cause_undone", "cluster", effect.id, cause=cause.id
    )
    session.flush()
