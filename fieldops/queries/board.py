"""What waits for a person: clusters with unread reports, and work orders to plan or to unblock."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, case, func, or_, select
from sqlalchemy.orm import Session

from fieldops.domain.places import LocationState
from fieldops.domain.priorities import Priority, Severity, held_s, priority, worth_s
from fieldops.domain.references import may_be_in_code
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.searched_words import is_found, searched_words
from fieldops.domain.work_order_states import WorkOrderStatus
from fieldops.models import Area, Cluster, Service, ServiceRequest, WorkOrder
from fieldops.queries.clusters import OPEN_CODES
from fieldops.queries.promises import promises
from fieldops.queries.reporters import me_too_counts
from fieldops.queries.spatial import box_around, within
from fieldops.queries.work_orders import OPEN_ORDER_CODES

CONFIRMED: Final = LocationState.CONFIRMED.value
UNREAD: Final = (RequestStatus.SUBMITTED.value, RequestStatus.REOPENED.value)
ASKED_BY_NUMBER: Final = 500
"""Of so many places a question names the numbers; of more it names what they have in common."""
STATES: Final = ("unread", "verified", "blocked", "ready", "planned")
"""What a cluster waits for, most pressing first: reading, an order, help, a plan, the crew."""

SEVERITIES: Final = {severity.value: severity for severity in Severity}

_STATE_OF_ORDER: Final = {
    WorkOrderStatus.BLOCKED.value: "blocked",
    WorkOrderStatus.DRAFT.value: "ready",
    WorkOrderStatus.READY.value: "ready",
    WorkOrderStatus.BATCHED.value: "planned",
    WorkOrderStatus.IN_PROGRESS.value: "planned",
}


@dataclass(frozen=True)
class OrderBrief:
    """What the board says of a cluster's most pressing order."""

    id: int
    number: str
    status: str
    due_at: datetime | None
    exposure: float
    severity: int
    must_do: bool
    blocked_reason: str | None
    created_at: datetime


@dataclass(frozen=True)
class BoardRow:
    """One place of work. `lon` and `lat` in degrees; `reports` counts open requests, `unread` those that
    nobody has read, `people` reports and those who said "me too"; `due_at` is the deadline of `clock`
    ("first_response" or "repair").
    """

    cluster_id: int
    service: Service
    address: str
    area: str
    lon: float
    lat: float
    severity: int
    reports: int
    unread: int
    people: int
    oldest_at: datetime
    order: OrderBrief | None
    state: str
    clock: str
    due_at: datetime | None

    def priority(self, now: datetime) -> Priority:
        """Return what the place is worth at a moment, and why; deadlines come nearer by themselves."""
        return priority(*self._facts, now)

    def prize_s(self, now: datetime) -> int:
        """Return the same as a figure alone, to put many in order."""
        return held_s(worth_s(*self._facts, now))

    @property
    def _facts(self) -> tuple[Severity, int, float, datetime | None]:
        exposure = self.order.exposure if self.order else 1.0
        return SEVERITIES[self.severity], max(1, self.people), exposure, self.due_at

    def is_overdue(self, now: datetime) -> bool:
        """Return whether its deadline has passed."""
        return self.due_at is not None and self.due_at < now


@dataclass(frozen=True)
class BoardFilter:
    """What to show: empty words and codes mean everything except what is planned already and read."""

    family: str = ""
    state: str = ""
    overdue: bool = False
    words: str = ""


def board(session: Session, now: datetime, cluster_ids: Collection[int] | None = None) -> list[BoardRow]:
    """Return every place with open reports or open orders, by number; with `cluster_ids`, at most a few
    thousand, those of them that are such places.

    A page reads them by `BoardPlaces`, which asks about what has changed alone.
    """
    orders = _orders_by_cluster(session, cluster_ids)
    promised = promises(session, now.date())
    services = {service.id: service for service in session.scalars(select(Service))}
    clusters = session.execute(_clusters(cluster_ids)).all()
    me_too = me_too_counts(session, _ids_with_reports() if cluster_ids is None else cluster_ids)
    return [
        _row(found, services[found.service_id], orders.get(found.id), promised, me_too.get(found.id, 0))
        for found in clusters
    ]


def most_pressing_first(rows: Iterable[BoardRow], now: datetime) -> list[BoardRow]:
    """Return the rows as a dispatcher takes them: decisions first, then by worth and deadline."""

    def press(row: BoardRow) -> tuple[int, int, float, int]:
        due = row.due_at.timestamp() if row.due_at else float("inf")
        # Reading and opening orders are both decisions, so they share a rank.
        rank = max(0, STATES.index(row.state) - 1)
        return rank, -row.prize_s(now), due, row.cluster_id

    return sorted(rows, key=press)


def _is_one_of(column: Any, numbers: Collection[int] | None) -> list[ColumnElement[bool]]:
    return [] if numbers is None else [column.in_(numbers)]


def _clusters(cluster_ids: Collection[int] | None) -> Any:
    facts = (
        select(
            ServiceRequest.cluster_id,
            func.count().label("reports"),
            func.sum(case((ServiceRequest.status.in_(UNREAD), 1), else_=0)).label("unread"),
            func.min(ServiceRequest.reported_at).label("oldest_at"),
            func.min(case((ServiceRequest.status.in_(UNREAD), ServiceRequest.reported_at), else_=None)).label(
                "unread_since"
            ),
        )
        .where(
            ServiceRequest.status.in_(OPEN_CODES),
            ServiceRequest.cluster_id.is_not(None),
            *_is_one_of(ServiceRequest.cluster_id, cluster_ids),
        )
        .group_by(ServiceRequest.cluster_id)
        .subquery()
    )
    return (
        select(
            Cluster.id,
            Cluster.service_id,
            Cluster.address,
            Cluster.severity,
            Cluster.created_at,
            Area.name.label("area"),
            func.ST_X(Cluster.anchor).label("lon"),
            func.ST_Y(Cluster.anchor).label("lat"),
            facts.c.reports,
            facts.c.unread,
            facts.c.oldest_at,
            facts.c.unread_since,
        )
        .outerjoin(facts, facts.c.cluster_id == Cluster.id)
        .outerjoin(Area, Area.id == Cluster.area_id)
        # A temporary repair leaves an order at a place where no report is open any more.
        .where(
            Cluster.joined_into_id.is_(None),
            or_(facts.c.reports.is_not(None), Cluster.id.in_(_ids_with_orders(cluster_ids))),
            *_is_one_of(Cluster.id, cluster_ids),
        )
        .order_by(Cluster.id)
    )


def _ids_with_orders(cluster_ids: Collection[int] | None = None) -> Any:
    return select(WorkOrder.cluster_id).where(
        WorkOrder.status.in_(OPEN_ORDER_CODES), *_is_one_of(WorkOrder.cluster_id, cluster_ids)
    )


def _ids_with_reports() -> Any:
    return select(ServiceRequest.cluster_id).where(
        ServiceRequest.status.in_(OPEN_CODES), ServiceRequest.cluster_id.is_not(None)
    )


def _orders_by_cluster(session: Session, cluster_ids: Collection[int] | None = None) -> dict[int, OrderBrief]:
    rank = {status: place for place, status in enumerate(_STATE_OF_ORDER)}
    found: dict[int, OrderBrief] = {}
    for order in session.scalars(
        select(WorkOrder)
        .where(WorkOrder.status.in_(OPEN_ORDER_CODES), *_is_one_of(WorkOrder.cluster_id, cluster_ids))
        .order_by(WorkOrder.id)
    ):
        held = found.get(order.cluster_id)
        if held is None or rank[order.status] < rank[held.status]:
            found[order.cluster_id] = OrderBrief(
                order.id, order.number, order.status, order.due_at, order.exposure, order.severity,
                order.must_do, order.blocked_reason, order.created_at,
            )  # fmt: skip
    return found


def _row(
    found: Row[Any],
    service: Service,
    order: OrderBrief | None,
    promised: dict[tuple[str, int | None], int],
    me_too: int,
) -> BoardRow:
    oldest_at = found.oldest_at or (order.created_at if order else found.created_at)
    state, clock, since = "verified", "repair", oldest_at
    if order is not None:
        state = _STATE_OF_ORDER[order.status]
    elif found.unread:
        state, clock, since = "unread", "first_response", found.unread_since
    hours = promised.get((clock, service.id), promised.get((clock, None)))
    due_at = order.due_at if order else (since + timedelta(hours=hours) if hours else None)
    severity = max(found.severity, order.severity) if order else found.severity
    return BoardRow(
        cluster_id=found.id,
        service=service,
        address=found.address,
        area=found.area or "",
        lon=float(found.lon),
        lat=float(found.lat),
        severity=severity,
        reports=found.reports or 0,
        unread=found.unread or 0,
        people=(found.reports or 0) + me_too,
        oldest_at=oldest_at,
        order=order,
        state=state,
        clock=clock,
        due_at=due_at,
    )


def filtered(
    session: Session, rows: Iterable[BoardRow], wanted: BoardFilter, now: datetime
) -> list[BoardRow]:
    """Return the rows that a filter lets through, in their order."""
    rows, words = list(rows), searched_words(wanted.words)
    codes = _codes_found(session, words, rows)
    return [row for row in rows if _passes(row, wanted, now) and _says(row, wanted, words, codes)]


def _says(
    row: BoardRow, wanted: BoardFilter, words: list[tuple[str, ...]], codes: Mapping[int, Collection[str]]
) -> bool:
    if not wanted.words:
        return True
    number = row.order.number if row.order else ""
    found = " ".join(codes.get(row.cluster_id, ()))
    return is_found(words, f"{row.address} {row.area} {number} {row.cluster_id} {found}")


def _passes(row: BoardRow, wanted: BoardFilter, now: datetime) -> bool:
    if wanted.family and row.service.family != wanted.family:
        return False
    if wanted.state and wanted.state not in waits_for(row):
        return False
    if wanted.overdue and not row.is_overdue(now):
        return False
    # Where a crew is on its way a late report still waits for a reader.
    return bool(wanted.words or wanted.state) or wanted.overdue or row.state != "planned" or row.unread > 0


def waits_for(row: BoardRow) -> set[str]:
    """Return what a place waits for: a late report waits for its reader wherever its place stands."""
    return {row.state, "unread"} if row.unread else {row.state}


def _codes_found(
    session: Session, words: list[tuple[str, ...]], rows: Collection[BoardRow]
) -> dict[int, list[str]]:
    """Return the codes of reports that hold any of the words, by the place they belong to."""
    pieces = {one for group in words for one in group if may_be_in_code(one)}
    if not pieces or not rows:
        return {}
    few = {row.cluster_id for row in rows} if len(rows) <= ASKED_BY_NUMBER else None
    found: dict[int, list[str]] = {}
    for number, code in session.execute(
        select(ServiceRequest.cluster_id, ServiceRequest.code).where(
            or_(*(ServiceRequest.code.icontains(one, autoescape=True) for one in sorted(pieces))),
            # only places on the board: the codes of years of ended reports need not be read
            ServiceRequest.cluster_id.in_(few)
            if few is not None
            else or_(
                ServiceRequest.cluster_id.in_(_ids_with_reports()),
                ServiceRequest.cluster_id.in_(_ids_with_orders()),
            ),
        )
    ):
        if number is not None:
            found.setdefault(number, []).append(code)
    return found


def counts_by_state(rows: Iterable[BoardRow], now: datetime) -> dict[str, int]:
    """Return how many rows wait for what, and under "overdue" how many are late."""
    counts = dict.fromkeys((*STATES, "overdue"), 0)
    for row in rows:
        for state in waits_for(row):
            counts[state] += 1
        counts["overdue"] += row.is_overdue(now)
    return counts


def without_place(session: Session) -> int:
    """Return how many open requests have no location yet, or only an estimated one: nothing joins those."""
    return (
        session.scalar(
            select(func.count())
            .select_from(ServiceRequest)
            .where(ServiceRequest.status.in_(OPEN_CODES), ServiceRequest.location_state != CONFIRMED)
        )
        or 0
    )


def clusters_near(
    session: Session, family: str, lon: float, lat: float, radius_m: float
) -> list[tuple[Cluster, Service]]:
    """Return the open clusters of a family in the box around a point, each with its service."""
    query: Any = (
        select(Cluster, Service)
        .join(Service, Service.id == Cluster.service_id)
        .where(Cluster.family == family, Cluster.open.is_(True))
        .order_by(Cluster.id)
    )
    rows = session.execute(within(session, query, Cluster.anchor, box_around(lon, lat, radius_m)))
    return [(cluster, service) for cluster, service in rows]
