"""Places whose work is done and waits for a second person's look, and the approvals that were given."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from fieldops.domain.approvals import ApprovalState, mark_of
from fieldops.domain.request_states import ClosedReason, RequestStatus
from fieldops.domain.roles import Actor
from fieldops.domain.work_order_states import StopEventKind, StopStatus, WorkOrderStatus
from fieldops.errors import NotFound
from fieldops.models import (
    Area,
    Batch,
    Cluster,
    Crew,
    Photo,
    RepairApproval,
    Service,
    ServiceRequest,
    StatusChange,
    Stop,
    StopEvent,
    User,
    WorkOrder,
    WorkOrderChange,
)
from fieldops.models.base import lon_lat
from fieldops.queries.clusters import OPEN_CODES, members_of_each
from fieldops.queries.crew_day import NOT_AT_THE_PLACE, straight_m
from fieldops.queries.photos import photos_of_requests, photos_of_stops
from fieldops.queries.reporters import me_too_counts
from fieldops.queries.requests import history_of
from fieldops.queries.work_orders import OPEN_ORDER_CODES

DONE: Final = RequestStatus.DONE.value
PAGE: Final = 10
MOST_WAITING: Final = 200


@dataclass(frozen=True)
class Answers:
    """What reporters said of the place: how many that it is fixed, since the last repair; how many that it
    is not, ever, with the last one's words.
    """

    fixed: int = 0
    not_fixed: int = 0
    words: str = ""


@dataclass(frozen=True)
class Evidence:
    """What shows that the work is done. `away_m` is how far from the place the crew's phone said it was when
    it reported so, or the photo after says that it was taken, None where neither knows; `is_by_crew` tells
    whether the photo before is the crew's.
    """

    crew: Crew | None = None
    before: Photo | None = None
    after: Photo | None = None
    is_by_crew: bool = False
    away_m: float | None = None


@dataclass(frozen=True)
class FinishedPlace:
    """One place whose every report has ended and which no work is ordered for: its last finished order, the
    reports that are done, how many people reported it or said "me too", and the evidence.
    """

    cluster: Cluster
    service: Service
    area: str
    order: WorkOrder
    done: tuple[ServiceRequest, ...]
    reports: int
    people: int
    landmark: str
    evidence: Evidence
    answers: Answers

    @property
    def mark(self) -> str:
        """What was looked at, for whoever approves."""
        return mark_of(self.order.id, [request.id for request in self.done])

    @property
    def done_at(self) -> datetime:
        """When the work was done."""
        return self.order.ended_at or self.order.created_at


@dataclass(frozen=True)
class ApprovalShown:
    """An approval with its place, and who gave it."""

    approval: RepairApproval
    cluster: Cluster
    service: Service
    name: str


def count_finished_places(session: Session, department_ids: Collection[int] | None = None) -> int:
    """Return how many places wait to be approved."""
    return session.scalar(select(func.count()).select_from(_waiting(department_ids).subquery())) or 0


def finished_places(
    session: Session, department_ids: Collection[int] | None, most: int, skip: int = 0
) -> list[FinishedPlace]:
    """Return places that wait to be approved, what has waited longest first."""
    ids = session.scalars(_waiting(department_ids).limit(most).offset(skip)).all()
    return _described(session, ids)


def finished_place(
    session: Session, cluster_id: int, department_ids: Collection[int] | None = None
) -> FinishedPlace:
    """Return one place that waits to be approved.

    Raises
    ------
    NotFound
        It does not, or no longer, or another department answers for it.
    """
    if session.scalar(_waiting(department_ids).where(Cluster.id == cluster_id)) is None:
        raise NotFound("Nothing waits to be approved here any more.")
    return _described(session, [cluster_id])[0]


def _waiting(department_ids: Collection[int] | None) -> Select[Any]:
    """Whoever approves answers for every report of the place: of some department's reports no other closes
    any.
    """
    since = (
        select(ServiceRequest.cluster_id, func.min(ServiceRequest.ended_at).label("at"))
        .where(ServiceRequest.status == DONE, ServiceRequest.cluster_id.is_not(None))
        .group_by(ServiceRequest.cluster_id)
        .subquery()
    )
    one, order = aliased(ServiceRequest), aliased(WorkOrder)
    here = one.cluster_id == Cluster.id
    waits: list[ColumnElement[bool]] = [
        ~exists().where(here, one.status.in_(OPEN_CODES)),
        ~exists().where(order.cluster_id == Cluster.id, order.status.in_(OPEN_ORDER_CODES)),
        exists().where(order.cluster_id == Cluster.id, order.status == WorkOrderStatus.DONE.value),
        ~exists().where(RepairApproval.cluster_id == Cluster.id, RepairApproval.ended_at.is_(None)),
    ]
    if department_ids is not None:
        waits.append(~exists().where(here, one.status == DONE, one.department_id.not_in(department_ids)))
    return (
        select(Cluster.id)
        .join(since, since.c.cluster_id == Cluster.id)
        .where(*waits)
        .order_by(since.c.at, Cluster.id)
    )


def _described(session: Session, cluster_ids: Sequence[int]) -> list[FinishedPlace]:
    rows = session.execute(
        select(Cluster, Service, Area.name)
        .join(Service, Service.id == Cluster.service_id)
        .outerjoin(Area, Area.id == Cluster.area_id)
        .where(Cluster.id.in_(cluster_ids))
    ).all()
    found = {cluster.id: (cluster, service, area or "") for cluster, service, area in rows}
    members = members_of_each(session, cluster_ids)
    orders = _last_orders(session, cluster_ids)
    me_too = me_too_counts(session, cluster_ids, [status.value for status in RequestStatus])
    evidence = _evidence(session, orders, members)
    answers = _answers(session, orders, members)
    places = []
    for number in cluster_ids:
        here = [one for one in members[number] if one.status not in NOT_AT_THE_PLACE]
        cluster, service, area = found[number]
        places.append(
            FinishedPlace(
                cluster=cluster,
                service=service,
                area=area,
                order=orders[number],
                done=tuple(one for one in here if one.status == DONE),
                reports=len(here),
                people=len(here) + me_too.get(number, 0),
                landmark=next((one.landmark for one in here if one.landmark), ""),
                evidence=evidence[number],
                answers=answers[number],
            )
        )
    return places


def _last_orders(session: Session, cluster_ids: Collection[int]) -> dict[int, WorkOrder]:
    rows = session.scalars(
        select(WorkOrder)
        .where(WorkOrder.cluster_id.in_(cluster_ids), WorkOrder.status == WorkOrderStatus.DONE.value)
        .order_by(WorkOrder.ended_at, WorkOrder.id)
    )
    return {order.cluster_id: order for order in rows}


def _evidence(
    session: Session, orders: dict[int, WorkOrder], members: dict[int, list[ServiceRequest]]
) -> dict[int, Evidence]:
    by_order = {order.id: order for order in orders.values()}
    stops = session.execute(
        select(Stop, Crew)
        .join(Batch, Batch.id == Stop.batch_id)
        .join(Crew, Crew.id == Batch.crew_id)
        .where(
            Stop.work_order_id.in_(by_order),
            or_(Stop.status == StopStatus.COMPLETED.value, _was_completed()),
        )
        .order_by(Stop.id)
    ).all()
    last = {by_order[stop.work_order_id].cluster_id: (stop, crew) for stop, crew in stops}
    stop_ids = [stop.id for stop, _crew in last.values()]
    crews_photos: dict[int, dict[str, Photo]] = {}
    for photo in photos_of_stops(session, stop_ids):
        crews_photos.setdefault(photo.stop_id or 0, {})[photo.kind] = photo
    reported: dict[int, Photo] = {}
    for photo in photos_of_requests(session, [one.id for held in members.values() for one in held]):
        reported.setdefault(photo.request_id or 0, photo)
    places = _places_of(session, stop_ids)
    found = {}
    for number, order in orders.items():
        stop, crew = last.get(number, (None, None))
        taken = crews_photos.get(stop.id, {}) if stop is not None else {}
        after = taken.get("after")
        at = places.get(stop.id) if stop is not None else None
        if at is None and after is not None and after.offered_place is not None:
            at = lon_lat(after.offered_place)
        of_reporter = next((reported[one.id] for one in members[number] if one.id in reported), None)
        found[number] = Evidence(
            crew=crew,
            before=taken.get("before") or of_reporter,
            after=after,
            is_by_crew="before" in taken,
            away_m=straight_m(lon_lat(order.place), at) if at is not None else None,
        )
    return found


def _was_completed() -> ColumnElement[bool]:
    """A stop may have been taken off a list and the work been done all the same."""
    return exists().where(StopEvent.stop_id == Stop.id, StopEvent.kind == StopEventKind.COMPLETED.value)


def _places_of(session: Session, stop_ids: Collection[int]) -> dict[int, tuple[float, float]]:
    """Return where the crew's phone was when it reported that the work is done, by stop."""
    rows = session.execute(
        select(StopEvent.stop_id, StopEvent.place)
        .where(
            StopEvent.stop_id.in_(stop_ids),
            StopEvent.kind == StopEventKind.COMPLETED.value,
            StopEvent.place.is_not(None),
        )
        .order_by(StopEvent.id)
    )
    return {row.stop_id: lon_lat(row.place) for row in rows}


def _answers(
    session: Session, orders: dict[int, WorkOrder], members: dict[int, list[ServiceRequest]]
) -> dict[int, Answers]:
    lines: dict[int, list[StatusChange]] = {}
    for line in history_of(session, [one.id for held in members.values() for one in held]):
        lines.setdefault(line.request_id, []).append(line)
    found = {}
    for number, order in orders.items():
        said = [line for one in members[number] for line in lines.get(one.id, [])]
        fixed = {line.request_id for line in said if _says_fixed(line) and _is_since(line, order)}
        not_fixed = sorted(
            (line for line in said if line.target == RequestStatus.REOPENED.value),
            key=lambda line: (line.at, line.id),
        )
        found[number] = Answers(
            len(fixed),
            len({line.request_id for line in not_fixed}),
            not_fixed[-1].words if not_fixed else "",
        )
    return found


def _says_fixed(line: StatusChange) -> bool:
    return (
        line.target == RequestStatus.CLOSED.value
        and line.actor == Actor.REPORTER.value
        and line.facts.get("closed_reason") == ClosedReason.REPAIRED.value
    )


def _is_since(line: StatusChange, order: WorkOrder) -> bool:
    return order.ended_at is None or line.at >= order.ended_at


def workers_at(session: Session, order_ids: Collection[int]) -> set[int]:
    """Return the accounts of those who did the work of some orders: who leads the crew now, who reported
    from the place, and who said that it is done.
    """
    stops = select(Stop.id).where(Stop.work_order_id.in_(order_ids))
    leaders = (
        select(Crew.leader_id).join(Batch, Batch.crew_id == Crew.id).join(Stop, Stop.batch_id == Batch.id)
    )
    asked = (
        leaders.where(Stop.work_order_id.in_(order_ids), Crew.leader_id.is_not(None), _was_completed()),
        select(StopEvent.user_id).where(StopEvent.stop_id.in_(stops)),
        select(WorkOrderChange.user_id).where(
            WorkOrderChange.work_order_id.in_(order_ids),
            WorkOrderChange.actor == Actor.CREW_LEADER.value,
            WorkOrderChange.user_id.is_not(None),
        ),
    )
    return {number for query in asked for number in session.scalars(query) if number is not None}


# ---------------------------------------------------------------- approvals


def waiting_approval(session: Session, cluster_id: int) -> tuple[RepairApproval, str] | None:
    """Return the approval that waits at a place, with the name of who gave it."""
    row = session.execute(
        select(RepairApproval, User.name)
        .join(User, User.id == RepairApproval.user_id)
        .where(RepairApproval.cluster_id == cluster_id, RepairApproval.ended_at.is_(None))
    ).first()
    return None if row is None else (row[0], row[1])


def locked_approval(session: Session, approval_id: int) -> RepairApproval:
    """Return an approval that nobody else changes until the unit of work ends, or raise NotFound."""
    found = session.scalar(
        select(RepairApproval)
        .where(RepairApproval.id == approval_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("There is no such approval.")
    return found


def locked_reports(
    session: Session, cluster_id: int, request_ids: Collection[int] = ()
) -> list[ServiceRequest]:
    """Return a place's reports, and some others, as they are now; nobody else changes them until the unit of
    work ends.
    """
    return list(
        session.scalars(
            select(ServiceRequest)
            .where(or_(ServiceRequest.cluster_id == cluster_id, ServiceRequest.id.in_(request_ids)))
            .order_by(ServiceRequest.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def departments_approved(session: Session, approvals: Collection[RepairApproval]) -> dict[int, set[int]]:
    """Return whose reports each approval is of, by the approval's number."""
    numbers = {number for one in approvals for number in one.facts["requests"]}
    rows = session.execute(
        select(ServiceRequest.id, ServiceRequest.department_id).where(ServiceRequest.id.in_(numbers))
    )
    held = {row.id: row.department_id for row in rows}
    return {one.id: {held[n] for n in one.facts["requests"] if n in held} for one in approvals}


def waiting_approvals(session: Session, department_ids: Collection[int] | None = None) -> list[ApprovalShown]:
    """Return the approvals that can still be taken back, the next to take effect first."""
    shown = _shown(session, RepairApproval.ended_at.is_(None), RepairApproval.closes_at)
    if department_ids is None:
        return shown
    held = departments_approved(session, [one.approval for one in shown])
    return [one for one in shown if held[one.approval.id] <= set(department_ids)]


def stopped_approvals(session: Session, user_id: int) -> list[ApprovalShown]:
    """Return somebody's approvals by which nothing was closed, as far as they have not read so."""
    return _shown(
        session,
        (RepairApproval.user_id == user_id)
        & (RepairApproval.state == ApprovalState.STOPPED.value)
        & RepairApproval.seen_at.is_(None),
        RepairApproval.ended_at,
    )


def _shown(session: Session, condition: ColumnElement[bool], order: Any) -> list[ApprovalShown]:
    rows = session.execute(
        select(RepairApproval, Cluster, Service, User.name)
        .join(Cluster, Cluster.id == RepairApproval.cluster_id)
        .join(Service, Service.id == Cluster.service_id)
        .join(User, User.id == RepairApproval.user_id)
        .where(condition)
        .order_by(order, RepairApproval.id)
        .limit(MOST_WAITING)
    )
    return [ApprovalShown(approval, cluster, service, name) for approval, cluster, service, name in rows]
