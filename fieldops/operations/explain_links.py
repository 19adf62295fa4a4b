"""Why reports are one place, or may be: distance, time, street, words and photos, and what staff decided."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from fieldops.installation import Installation
from fieldops.models import Cluster, GroupingDecision, Service, ServiceRequest
from fieldops.models.base import lon_lat
from fieldops.operations.gather_evidence import Evidence
from fieldops.operations.measure_places import CANDIDATES_M, distances_m
from fieldops.queries.board import clusters_near
from fieldops.queries.clusters import members_of_each, rows_about
from fieldops.queries.services import services_by_id
from geo.clustering.evidence import Explanation
from geo.clustering.rain_events import RainEvent

MOST_COMPARED: Final = 40
"""So many members are compared with each other; of a larger cluster each with its oldest ones."""
MOST_NEAR: Final = 20
MOST_CANDIDATES: Final = 5


@dataclass(frozen=True)
class Decision:
    """What a member of staff said of two reports, and when."""

    together: bool
    user_id: int | None
    at: datetime


@dataclass(frozen=True)
class Link:
    """Why a report is in its cluster: what ties it to `other`, an older one. Of the oldest report, and of
    those that cannot be compared, nothing is said. `rain` brought both, where their kind goes by rain.
    """

    request: ServiceRequest
    other: ServiceRequest | None = None
    why: Explanation | None = None
    decision: Decision | None = None
    rain: RainEvent | None = None


@dataclass(frozen=True)
class Candidate:
    """Another open cluster of the same kind that may be the same place, by the two reports that say so most;
    `decision` is there where staff kept them apart. `is_likely`: near enough to be suggested to a reporter,
    or what is known speaks for one place; others are just near enough to be looked at.
    """

    cluster: Cluster
    service: Service
    away_m: float
    why: Explanation | None
    decision: Decision | None
    is_likely: bool
    rain: RainEvent | None = None


def links_of(session: Session, installation: Installation, members: Sequence[ServiceRequest]) -> list[Link]:
    """Return what ties each of a cluster's reports to an older one, in their order: the pair that says most,
    or the one that staff decided.
    """
    by_age = sorted(members, key=lambda one: (one.reported_at, one.id))
    evidence = Evidence(session, installation, by_age)
    decided = _decided(session, [one.id for one in members])
    links: dict[int, Link] = {}
    for place, one in enumerate(by_age):
        older = by_age[: min(place, MOST_COMPARED)]
        found = [(other, evidence.of(one, other), decided.get(_pair(one, other))) for other in older]
        together = [item for item in found if item[2] is not None and item[2].together]
        known = [item for item in together or found if item[1] is not None or item[2] is not None]
        if known:
            best = max(known, key=lambda item: item[1].total if item[1] else 0.0)
            is_one_rain = best[1] is not None and best[1].same_event
            links[one.id] = Link(one, *best, rain=evidence.rain_of(one) if is_one_rain else None)
        else:
            links[one.id] = Link(one)
    return [links[one.id] for one in members]


def merge_candidates(session: Session, installation: Installation, cluster: Cluster) -> list[Candidate]:
    """Return open clusters of the same family within 500 m, at most five that are likely the same place and
    then five others, the likeliest first; what staff kept apart comes last.
    """
    near = [
        (other, service, away_m)
        for other, service, away_m in _near(session, installation, cluster)
        if other.id != cluster.id
    ][:MOST_NEAR]
    members = members_of_each(session, [cluster.id, *(other.id for other, _service, _away in near)])
    members = {number: found[:MOST_NEAR] for number, found in members.items()}
    evidence = Evidence(session, installation, [one for found in members.values() for one in found])
    decided = _decided(session, [one.id for found in members.values() for one in found])
    here = members.get(cluster.id, [])
    suggest_m = services_by_id(session)[cluster.service_id].suggest_radius_m
    candidates = []
    for other, service, away_m in near:
        pairs = [(one, there) for one in here for there in members.get(other.id, [])]
        found = [(why, one) for one, there in pairs if (why := evidence.of(one, there)) is not None]
        said = [decided[_pair(*pair)] for pair in pairs if _pair(*pair) in decided]
        why, told = max(found, key=lambda item: item[0].total, default=(None, None))
        reach_m = max(suggest_m, service.suggest_radius_m)
        nearest_m = min((one.distance_m for one, _told in found), default=away_m)
        candidates.append(
            Candidate(
                other,
                service,
                away_m,
                why,
                next((decision for decision in said if not decision.together), None),
                rain=evidence.rain_of(told)
                if told is not None and why is not None and why.same_event
                else None,
                is_likely=min(away_m, nearest_m) <= reach_m or (why is not None and why.total > 0),
            )
        )
    candidates.sort(key=_likeliest_first)
    likely = [one for one in candidates if one.is_likely]
    return likely[:MOST_CANDIDATES] + [one for one in candidates if not one.is_likely][:MOST_CANDIDATES]


def _likeliest_first(candidate: Candidate) -> tuple[bool, float, float, int]:
    total = candidate.why.total if candidate.why else float("-inf")
    return candidate.decision is not None, -total, candidate.away_m, candidate.cluster.id


def _near(
    session: Session, installation: Installation, cluster: Cluster
) -> list[tuple[Cluster, Service, float]]:
    anchor = lon_lat(cluster.anchor)
    found = clusters_near(session, cluster.family, *anchor, CANDIDATES_M)
    away = distances_m(installation.city, anchor, [lon_lat(other.anchor) for other, _service in found])
    near = [
        (other, service, metres)
        for (other, service), metres in zip(found, away, strict=True)
        if metres <= CANDIDATES_M
    ]
    return sorted(near, key=lambda item: (item[2], item[0].id))


def _decided(session: Session, request_ids: Collection[int]) -> dict[tuple[int, int], Decision]:
    rows: list[GroupingDecision] = rows_about(session, request_ids)
    return {(row.first_id, row.second_id): Decision(row.together, row.user_id, row.at) for row in rows}


def _pair(one: ServiceRequest, other: ServiceRequest) -> tuple[int, int]:
    return (min(one.id, other.id), max(one.id, other.id))
