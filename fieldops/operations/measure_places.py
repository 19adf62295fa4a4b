"""How far places are from each other, in the city's projected CRS."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from sqlalchemy.orm import Session

from fieldops.domain.city import City
from fieldops.models import Cluster, Service, ServiceRequest
from fieldops.models.base import lon_lat
from fieldops.queries.board import clusters_near
from fieldops.queries.landmarks import all_landmarks
from geo.crs import projected_crs, to_metres

LonLat = tuple[float, float]

BESIDE_M: Final = 150.0
"""A landmark this near makes damage worse (the reach that exposure uses)."""

CANDIDATES_M: Final = 500.0
"""How far staff look for a cluster to merge with (product reference §6)."""


def _metres(city: City, places: Sequence[LonLat]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    lon, lat = [place[0] for place in places], [place[1] for place in places]
    x, y = to_metres(lon, lat, projected_crs(lon, lat, epsg=city.epsg))
    return np.column_stack([x, y])


def distances_m(city: City, origin: LonLat, places: Sequence[LonLat]) -> list[float]:
    """Return how far each place (lon, lat) is from the origin, in metres."""
    if not places:
        return []
    at = _metres(city, [origin, *places])
    return [float(away) for away in np.hypot(*(at[1:] - at[0]).T)]


@dataclass(frozen=True)
class Beside:
    """A landmark and how far it is."""

    name: str
    kind: str
    away_m: float


def landmarks_beside(session: Session, city: City, places: Sequence[LonLat]) -> list[Beside | None]:
    """Return the nearest landmark within reach of each place (lon, lat), None where there is none."""
    marks = all_landmarks(session)
    if not marks or not places:
        return [None] * len(places)
    at = _metres(city, [*places, *((lon, lat) for _mark, lon, lat in marks)])
    found: list[Beside | None] = []
    for place in at[: len(places)]:
        away = np.hypot(*(at[len(places) :] - place).T)
        nearest = int(away.argmin())
        mark = marks[nearest][0]
        found.append(
            Beside(mark.name, mark.kind, float(away[nearest])) if away[nearest] <= BESIDE_M else None
        )
    return found


@dataclass(frozen=True)
class Link:
    """Why a report is in its cluster: how far from the nearest other one, and how many days after it.

    Both are None for a cluster's only report.
    """

    request: ServiceRequest
    from_anchor_m: float | None
    to_nearest_m: float | None
    days_after: float | None


def links_of(city: City, cluster: Cluster, members: Sequence[ServiceRequest]) -> list[Link]:
    """Return what ties each of a cluster's reports to it, in their order."""
    placed = [member for member in members if member.place is not None]
    places = [lon_lat(member.place) for member in placed if member.place is not None]
    from_anchor = dict(
        zip([m.id for m in placed], distances_m(city, lon_lat(cluster.anchor), places), strict=True)
    )
    nearest: dict[int, float] = {}
    if len(places) > 1:
        at = _metres(city, places)
        between = np.hypot(at[:, None, 0] - at[None, :, 0], at[:, None, 1] - at[None, :, 1])
        np.fill_diagonal(between, np.inf)
        nearest = dict(
            zip([m.id for m in placed], (float(away) for away in between.min(axis=1)), strict=True)
        )
    after: dict[int, float] = {}
    for earlier, later in pairwise(sorted(members, key=lambda member: member.reported_at)):
        after[later.id] = (later.reported_at - earlier.reported_at).total_seconds() / 86_400
    return [
        Link(member, from_anchor.get(member.id), nearest.get(member.id), after.get(member.id))
        for member in members
    ]


@dataclass(frozen=True)
class Candidate:
    """Another open cluster of the same kind, and how far it is."""

    cluster: Cluster
    service: Service
    away_m: float


def merge_candidates(session: Session, city: City, cluster: Cluster, most: int = 5) -> list[Candidate]:
    """Return the open clusters of the same family within 500 m, nearest first."""
    anchor = lon_lat(cluster.anchor)
    near = [
        (other, service)
        for other, service in clusters_near(session, cluster.family, *anchor, CANDIDATES_M)
        if other.id != cluster.id
    ]
    away = distances_m(city, anchor, [lon_lat(other.anchor) for other, _service in near])
    found = [
        Candidate(other, service, metres)
        for (other, service), metres in zip(near, away, strict=True)
        if metres <= CANDIDATES_M
    ]
    return sorted(found, key=lambda candidate: (candidate.away_m, candidate.cluster.id))[:most]
