"""The requests that can be one place with others, and what staff decided about them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from fieldops.domain.places import LocationState
from fieldops.domain.request_states import RequestStatus
from fieldops.models import GroupingDecision, Service, ServiceRequest
from fieldops.queries.clusters import OPEN_CODES
from fieldops.queries.spatial import Box, within

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Groupable:
    """A request with a confirmed place, lon and lat in degrees; `linked_as` is its service's."""

    id: int
    service_id: int
    family: str
    linked_as: str
    area_id: int | None
    address: str
    severity: int
    accuracy_m: float | None
    status: str
    cluster_id: int | None
    lon: float
    lat: float
    reported_at: datetime
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Return whether it has not ended."""
        return self.status in OPEN_CODES

    def closed_at(self, at_work: Collection[int]) -> datetime | None:
        """Return when it ended. A repair that another order is to follow, such as one after a temporary
        repair, has not ended its place: new reports join it.
        """
        if self.is_open or (self.status == RequestStatus.DONE.value and self.cluster_id in at_work):
            return None
        return self.ended_at


def groupable(
    session: Session,
    *,
    box: Box | None = None,
    ids: Collection[int] | None = None,
    cluster_ids: Collection[int] | None = None,
    ended_too: bool = False,
) -> list[Groupable]:
    """Return the requests that are grouped, by id: those that are open or have a cluster.

    Parameters
    ----------
    box
        Only those in it, in degrees.
    ids, cluster_ids
        Only these, or those of these clusters.
    ended_too
        Also what ended before it was ever grouped, such as imported history.
    """
    query = _located()
    if not ended_too:
        query = query.where(
            or_(ServiceRequest.cluster_id.is_not(None), ServiceRequest.status.in_(OPEN_CODES))
        )
    if box is not None:
        query = within(session, query, ServiceRequest.place, box)
    if ids is not None:
        return _in_parts(session, query, ServiceRequest.id, ids)
    if cluster_ids is not None:
        return _in_parts(session, query, ServiceRequest.cluster_id, cluster_ids)
    return [Groupable(*row) for row in session.execute(query)]


def _located() -> Select[*tuple[Any, ...]]:
    return (
        select(
            ServiceRequest.id,
            ServiceRequest.service_id,
            Service.family,
            case((Service.links_alone, Service.family + "/" + Service.code), else_=Service.family),
            ServiceRequest.area_id,
            ServiceRequest.address,
            ServiceRequest.severity,
            ServiceRequest.accuracy_m,
            ServiceRequest.status,
            ServiceRequest.cluster_id,
            func.ST_X(ServiceRequest.place),
            func.ST_Y(ServiceRequest.place),
            ServiceRequest.reported_at,
            ServiceRequest.ended_at,
        )
        .join(Service, Service.id == ServiceRequest.service_id)
        .where(
            ServiceRequest.place.is_not(None),
            ServiceRequest.location_state == LocationState.CONFIRMED.value,
        )
        .order_by(ServiceRequest.id)
    )


def _in_parts(
    session: Session, query: Select[*tuple[Any, ...]], column: Any, wanted: Collection[int]
) -> list[Groupable]:
    numbers, found = sorted(wanted), []
    for start in range(0, len(numbers), AT_ONCE):
        some = query.where(column.in_(numbers[start : start + AT_ONCE]))
        found += [Groupable(*row) for row in session.execute(some)]
    return sorted(found, key=lambda one: one.id)


def decisions_naming(session: Session, request_ids: Collection[int]) -> dict[tuple[int, int], bool]:
    """Return what staff decided on pairs in which any of these requests is: True together, False apart; the
    last word on a pair counts.
    """
    numbers = sorted(request_ids)
    rows: dict[int, GroupingDecision] = {}
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        for column in (GroupingDecision.first_id, GroupingDecision.second_id):
            rows |= {row.id: row for row in session.scalars(select(GroupingDecision).where(column.in_(some)))}
    return {(row.first_id, row.second_id): row.together for _number, row in sorted(rows.items())}
