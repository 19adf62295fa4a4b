"""What was learnt of how much each reason counts, and the decisions that there are to learn from."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from fieldops.domain.places import LocationState
from fieldops.domain.request_states import RequestStatus
from fieldops.models import GroupingDecision, PairWeighing, Service, ServiceRequest

MOST_OF_AN_ACT: Final = 4
"""Pairs of one merge or split that count: who splits 20 reports from 30 has not decided 200 times (ours)."""


@dataclass(frozen=True, slots=True)
class DecidedPair:
    """Two reports of which people said that they are, or are not, one place, and when."""

    first_id: int
    second_id: int
    together: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Repaired:
    """A report whose place was repaired: where it was, what it told of, and its cluster."""

    id: int
    linked_as: str
    cluster_id: int
    lon: float
    lat: float
    reported_at: datetime


def active_weighing(session: Session) -> PairWeighing | None:
    """Return what counts now, None where the stated weights do."""
    return session.scalar(
        select(PairWeighing).where(PairWeighing.active.is_(True)).order_by(PairWeighing.id.desc()).limit(1)
    )


def latest_weighing(session: Session) -> PairWeighing | None:
    """Return what was learnt last, in use or not."""
    return session.scalar(select(PairWeighing).order_by(PairWeighing.id.desc()).limit(1))


def decided_pairs(session: Session) -> list[DecidedPair]:
    """Return the last word on pairs of reports with a place that staff joined, parted or marked as the same,
    the oldest first; of one merge or split four pairs at most.
    """
    first, second = aliased(ServiceRequest), aliased(ServiceRequest)
    rows = session.execute(
        select(
            GroupingDecision.first_id, GroupingDecision.second_id, GroupingDecision.together,
            GroupingDecision.at, GroupingDecision.user_id,
        )
        .join(first, first.id == GroupingDecision.first_id)
        .join(second, second.id == GroupingDecision.second_id)
        .where(first.place.is_not(None), second.place.is_not(None), GroupingDecision.user_id.is_not(None))
        .order_by(GroupingDecision.id)
    )  # fmt: skip
    said = {(row.first_id, row.second_id): row for row in rows}
    last: dict[tuple[int, int], DecidedPair] = {}
    acts = Counter[tuple[Any, ...]]()
    for pair_ids, row in said.items():
        act = (row.user_id, row.together, row.at.replace(microsecond=0))
        acts[act] += 1
        if acts[act] <= MOST_OF_AN_ACT:
            last[pair_ids] = DecidedPair(*pair_ids, row.together, row.at)
    for pair in _marked_the_same(session):
        if (pair.first_id, pair.second_id) not in said:
            last[pair.first_id, pair.second_id] = pair
    return sorted(last.values(), key=lambda pair: (pair.at, pair.first_id, pair.second_id))


def _marked_the_same(session: Session) -> list[DecidedPair]:
    kept = aliased(ServiceRequest)
    rows = session.execute(
        select(ServiceRequest.id, kept.id, ServiceRequest.ended_at)
        .join(kept, kept.id == ServiceRequest.duplicate_of_id)
        .where(
            ServiceRequest.status == RequestStatus.DUPLICATE.value,
            ServiceRequest.ended_at.is_not(None),
            ServiceRequest.place.is_not(None),
            kept.place.is_not(None),
        )
    )
    return [DecidedPair(min(a, b), max(a, b), True, at) for a, b, at in rows if at is not None]


def repaired_reports(session: Session, most: int) -> list[Repaired]:
    """Return the reports that were repaired last, with a confirmed place and a cluster."""
    rows: Any = session.execute(
        select(
            ServiceRequest.id,
            Service,
            ServiceRequest.cluster_id,
            func.ST_X(ServiceRequest.place),
            func.ST_Y(ServiceRequest.place),
            ServiceRequest.reported_at,
        )
        .join(Service, Service.id == ServiceRequest.service_id)
        .where(
            ServiceRequest.status.in_([RequestStatus.DONE.value, RequestStatus.CLOSED.value]),
            ServiceRequest.place.is_not(None),
            ServiceRequest.cluster_id.is_not(None),
            ServiceRequest.location_state == LocationState.CONFIRMED.value,
        )
        .order_by(ServiceRequest.ended_at.desc(), ServiceRequest.id.desc())
        .limit(most)
    )
    return [
        Repaired(number, service.linked_as, cluster_id, lon, lat, reported_at)
        for number, service, cluster_id, lon, lat, reported_at in rows
    ]
