"""Why reports are one place, or may be: distance, time, street, words and photos, and what staff decided."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from sqlalchemy.orm import Session

from fieldops.installation import Installation
from fieldops.models import Cluster, GroupingDecision, Service, ServiceRequest
from fieldops.models.base import lon_lat
from fieldops.operations.hash_photos import scene_of
from fieldops.operations.linking_rules import city_crs, link_rules, ways_of
from fieldops.operations.measure_places import CANDIDATES_M, distances_m
from fieldops.queries.board import clusters_near
from fieldops.queries.clusters import members_of_each, rows_about
from fieldops.queries.photos import photos_of_requests
from fieldops.queries.public import street_at
from fieldops.queries.services import services_by_id
from geo.clustering.duplicates import NewReport
from geo.clustering.evidence import Explanation, Sight, explain
from geo.clustering.ways import WAY_FACTOR
from geo.crs import to_metres

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
    those that cannot be compared, nothing is said.
    """

    request: ServiceRequest
    other: ServiceRequest | None = None
    why: Explanation | None = None
    decision: Decision | None = None


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


class _Evidence:
    """What is known of reports, gathered once."""

    def __init__(
        self, session: Session, installation: Installation, requests: Sequence[ServiceRequest]
    ) -> None:
        services = services_by_id(session)
        self._rules = link_rules(services)
        self._linked_as = {one.id: services[one.service_id].linked_as for one in requests}
        placed = [one for one in requests if one.place is not None]
        places = [lon_lat(one.place) for one in placed if one.place is not None]
        x, y = to_metres(
            [place[0] for place in places],
            [place[1] for place in places],
            city_crs(installation.city),
        )
        self._at = {one.id: (x_m, y_m) for one, x_m, y_m in zip(placed, x.tolist(), y.tolist(), strict=True)}
        self._way = ways_of(installation)
        scenes: dict[int, list[int]] = {}
        for photo in photos_of_requests(session, [one.id for one in requests]):
            scenes.setdefault(photo.request_id or 0, []).append(scene_of(photo))
        self._sights = {
            one.id: _sight(one, self._street(session, one), tuple(scenes.get(one.id, ()))) for one in placed
        }

    def _street(self, session: Session, request: ServiceRequest) -> str:
        if self._way is not None:
            return self._way.streets(np.array([self._at[request.id]]))[0]
        return street_at(session, *lon_lat(request.public_place)) if request.public_place is not None else ""

    def of(self, one: ServiceRequest, other: ServiceRequest) -> Explanation | None:
        """Explain a pair; None where one of them has no place."""
        if one.id not in self._at or other.id not in self._at:
            return None
        rule = self._rules[self._linked_as[one.id]]
        return explain(
            self._report(one),
            self._report(other),
            rule,
            sights=(self._sights[one.id], self._sights[other.id]),
            way_m=self._way_m(one, other, WAY_FACTOR * max(rule.suggest_m, rule.auto_link_m)),
        )

    def _way_m(self, one: ServiceRequest, other: ServiceRequest, most_m: float) -> float | None:
        if self._way is None:
            return None
        return float(self._way(np.array([self._at[one.id]]), np.array([self._at[other.id]]), most_m)[0])

    def _report(self, one: ServiceRequest) -> NewReport:
        x_m, y_m = self._at[one.id]
        return NewReport(
            x_m=x_m,
            y_m=y_m,
            reported_at_s=one.reported_at.timestamp(),
            family=self._linked_as[one.id],
            accuracy_m=float("nan") if one.accuracy_m is None else one.accuracy_m,
        )


def _sight(request: ServiceRequest, street: str, photos: tuple[int, ...]) -> Sight:
    """Return what may support a link. The street counts on its own, so its name is no word shared."""
    named = set(re.findall(r"\w+", f"{street} {request.address}".casefold()))
    words = " ".join(
        word for word in request.words.split() if not named & set(re.findall(r"\w+", word.casefold()))
    )
    return Sight(words, street, photos)


def links_of(session: Session, installation: Installation, members: Sequence[ServiceRequest]) -> list[Link]:
    """Return what ties each of a cluster's reports to an older one, in their order: the pair that says most,
    or the one that staff decided.
    """
    by_age = sorted(members, key=lambda one: (one.reported_at, one.id))
    evidence = _Evidence(session, installation, by_age)
    decided = _decided(session, [one.id for one in members])
    links: dict[int, Link] = {}
    for place, one in enumerate(by_age):
        older = by_age[: min(place, MOST_COMPARED)]
        found = [(other, evidence.of(one, other), decided.get(_pair(one, other))) for other in older]
        together = [item for item in found if item[2] is not None and item[2].together]
        known = [item for item in together or found if item[1] is not None or item[2] is not None]
        if known:
            links[one.id] = Link(one, *max(known, key=lambda item: item[1].total if item[1] else 0.0))
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
    evidence = _Evidence(session, installation, [one for found in members.values() for one in found])
    decided = _decided(session, [one.id for found in members.values() for one in found])
    here = members.get(cluster.id, [])
    suggest_m = services_by_id(session)[cluster.service_id].suggest_radius_m
    candidates = []
    for other, service, away_m in near:
        pairs = [(one, there) for one in here for there in members.get(other.id, [])]
        found = [why for why in (evidence.of(one, there) for one, there in pairs) if why is not None]
        said = [decided[_pair(*pair)] for pair in pairs if _pair(*pair) in decided]
        why = max(found, key=lambda why: why.total, default=None)
        reach_m = max(suggest_m, service.suggest_radius_m)
        nearest_m = min((one.distance_m for one in found), default=away_m)
        candidates.append(
            Candidate(
                other,
                service,
                away_m,
                why,
                next((decision for decision in said if not decision.together), None),
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
