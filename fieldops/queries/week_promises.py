"""Promises that fell due in a span of time: whether they were kept, and what was missing where not."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, exists, or_, select
from sqlalchemy.orm import Session

from fieldops.domain.misses import (
    AtDue,
    MissReason,
    OrderAtDue,
    PromiseKind,
    TalkAtDue,
    why_missed,
)
from fieldops.domain.request_states import ClosedReason, RequestStatus
from fieldops.domain.roles import Actor
from fieldops.domain.waitings import WaitingKind
from fieldops.domain.work_order_states import WorkOrderStatus
from fieldops.models import (
    Conversation,
    ConversationChange,
    ConversationClock,
    RequestWaiting,
    ServiceRequest,
    StatusChange,
    WorkOrder,
    WorkOrderChange,
)
from fieldops.queries.promises import promises
from fieldops.queries.tracking import ANSWERING
from fieldops.queries.waitings import IMPORTED

AT_ONCE: Final = 500
"""Numbers in one question."""
REPAIRED: Final = frozenset({ClosedReason.REPAIRED.value, None})
REQUEST: Final = (
    ServiceRequest.id,
    ServiceRequest.code,
    ServiceRequest.service_id,
    ServiceRequest.department_id,
    ServiceRequest.cluster_id,
    ServiceRequest.status,
    ServiceRequest.closed_reason,
    ServiceRequest.address,
    ServiceRequest.landmark,
    ServiceRequest.received_at,
    ServiceRequest.made_safe_at,
)
CHANGE: Final = (
    StatusChange.request_id,
    StatusChange.source,
    StatusChange.target,
    StatusChange.actor,
    StatusChange.at,
)
"""What is read of reports and of their histories: columns alone, since a week of a nation has many."""
Report = Row[Any] | ServiceRequest
UNREPAIRED: Final = frozenset(
    {RequestStatus.DECLINED.value, RequestStatus.DUPLICATE.value, RequestStatus.REFERRED.value}
)
"""States that end a report without a repair of ours: nobody owes one any more."""


@dataclass(frozen=True)
class DuePromise:
    """A promise that fell due. `kept_at` is when what was promised came, None while it has not; `reason` says
    what was missing where it came late or not at all, with the crew's word where a crew could not do it.

    Either `request_id` or `conversation_id` is given: of a conversation that became a report both are.
    """

    promise: PromiseKind
    due_at: datetime
    kept_at: datetime | None
    started_at: datetime
    department_id: int
    service_id: int | None = None
    request_id: int | None = None
    conversation_id: int | None = None
    cluster_id: int | None = None
    code: str = ""
    address: str = ""
    reason: MissReason | None = None
    blocked_reason: str | None = None

    @property
    def is_kept(self) -> bool:
        """Return whether what was promised came in time."""
        return self.kept_at is not None and self.kept_at <= self.due_at

    def late_s(self, now: datetime) -> float:
        """Return by how many seconds it came late, or has been late until `now`."""
        return max(0.0, ((self.kept_at or now) - self.due_at).total_seconds())


def due_promises(
    session: Session,
    since: datetime,
    until: datetime,
    departments: Collection[int] | None = None,
    *,
    with_reasons: bool = True,
) -> list[DuePromise]:
    """Return the promises that fell due in [since, until), those kept and those not, the earliest first.

    What another system loaded, what its reporter took back before, and what is paused is not among them.

    Parameters
    ----------
    departments
        Numbers of the departments whose promises count; None: all.
    with_reasons
        Whether to look up what was missing.
    """
    talks = _of_conversations(session, since, until, departments)
    requests = _of_requests(session, since, until, departments)
    found = sorted([*talks, *requests], key=lambda one: (one.due_at, one.promise.value, one.code))
    return _explained(session, found) if with_reasons else found


# ---------------------------------------------------------------- conversations
def _of_conversations(
    session: Session, since: datetime, until: datetime, departments: Collection[int] | None
) -> list[DuePromise]:
    row = ConversationClock
    query = (
        select(row, Conversation.department_id, ServiceRequest)
        .join(Conversation, Conversation.id == row.conversation_id)
        .outerjoin(ServiceRequest, ServiceRequest.id == Conversation.request_id)
        .where(
            row.due_at >= since,
            row.due_at < until,
            or_(row.paused_at.is_(None), row.stopped_at.is_not(None)),
        )
    )
    if departments is not None:
        query = query.where(Conversation.department_id.in_(departments))
    found = []
    for clock, department_id, request in session.execute(query):
        due = DuePromise(
            PromiseKind(clock.kind),
            clock.due_at,
            clock.stopped_at,
            clock.started_at,
            department_id,
            conversation_id=clock.conversation_id,
        )
        found.append(_of_report(due, request))
    return found


def _of_report(due: DuePromise, request: Report | None) -> DuePromise:
    if request is None:
        return due
    return replace(
        due,
        service_id=request.service_id,
        request_id=request.id,
        cluster_id=request.cluster_id,
        code=request.code,
        address=request.address or request.landmark,
    )


# ---------------------------------------------------------------- reports
def _of_requests(
    session: Session, since: datetime, until: datetime, departments: Collection[int] | None
) -> list[DuePromise]:
    hours = _Hours(session)
    back = since - timedelta(hours=hours.longest(since.date(), until.date()))
    histories: dict[int, list[Any]] = {}
    talked: set[int] = set()
    requests = session.execute(_reported(back, until, departments)).all()
    for numbers in _parts([request.id for request in requests]):
        for change in session.execute(
            select(*CHANGE).where(StatusChange.request_id.in_(numbers)).order_by(StatusChange.id)
        ):
            histories.setdefault(change.request_id, []).append(change)
        talked.update(
            number
            for number in session.scalars(
                select(Conversation.request_id).where(Conversation.request_id.in_(numbers))
            )
            if number is not None
        )
    found: list[DuePromise] = []
    for request in requests:
        history = histories.get(request.id, [])
        kinds = (PromiseKind.REPAIR,) if request.id in talked else tuple(PromiseKind)
        for promise in kinds:
            one = _promise(request, history, promise, hours)
            if one is not None and since <= one.due_at < until:
                found.append(one)
    return found


def _reported(back: datetime, until: datetime, departments: Collection[int] | None) -> Any:
    opened_again = exists().where(
        StatusChange.request_id == ServiceRequest.id,
        StatusChange.target == RequestStatus.REOPENED.value,
        StatusChange.at >= back,
        StatusChange.at < until,
    )
    came = and_(ServiceRequest.received_at >= back, ServiceRequest.received_at < until)
    wanted: list[ColumnElement[bool]] = [
        ServiceRequest.channel != IMPORTED,
        or_(came, and_(ServiceRequest.times_reopened > 0, opened_again)),
    ]
    if departments is not None:
        wanted.append(ServiceRequest.department_id.in_(departments))
    return select(*REQUEST).where(*wanted).order_by(ServiceRequest.id)


class _Answer(NamedTuple):
    """When a promise began, and when what was promised came; `is_owed` if it still was owed then."""

    since: datetime
    kept_at: datetime | None
    is_owed: bool


def _promise(
    request: Row[Any], history: list[Row[Any]], promise: PromiseKind, hours: "_Hours"
) -> DuePromise | None:
    since, kept_at, is_owed = _ANSWERS[promise](request, history)
    promised = hours(promise, request.service_id, since.date())
    if promised is None or not is_owed:
        return None
    due_at = since + timedelta(hours=promised)
    bare = DuePromise(promise, due_at, kept_at, since, request.department_id)
    return _of_report(bare, request)


def _first_response(request: Row[Any], history: list[Row[Any]]) -> _Answer:
    first = next((one for one in history if one.source == RequestStatus.SUBMITTED.value), None)
    if first is None:
        return _Answer(request.received_at, None, True)
    return _Answer(request.received_at, first.at, first.actor != Actor.REPORTER.value)


def _follow_up(request: Row[Any], history: list[Row[Any]]) -> _Answer:
    reopened = [one.at for one in history if one.target == RequestStatus.REOPENED.value]
    since = reopened[-1] if reopened else request.received_at
    told = [(one.at, one.actor) for one in history if one.at >= since and one.target in ANSWERING]
    if request.made_safe_at is not None and request.made_safe_at >= since:
        told.append((request.made_safe_at, Actor.CREW_LEADER.value))
    stopped_at, by = min(told, default=(None, ""))
    return _Answer(since, stopped_at, by != Actor.REPORTER.value)


def _repair(request: Row[Any], history: list[Row[Any]]) -> _Answer:
    done = next((one.at for one in history if one.target == RequestStatus.DONE.value), None)
    if done is None and request.status == RequestStatus.CLOSED.value:
        return _Answer(request.received_at, None, request.closed_reason in REPAIRED)
    return _Answer(request.received_at, done, done is not None or request.status not in UNREPAIRED)


_ANSWERS: Final = {
    PromiseKind.FIRST_RESPONSE: _first_response,
    PromiseKind.FOLLOW_UP: _follow_up,
    PromiseKind.REPAIR: _repair,
}
"""As the reporter's page counts them (`queries.tracking`), for many at once."""


class _Hours:
    """The hours promised, by kind, service and day; each day is asked once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._days: dict[date, dict[tuple[str, int | None], int]] = {}

    def __call__(self, promise: PromiseKind, service_id: int, day: date) -> int | None:
        held = self._of(day)
        return held.get((promise.value, service_id), held.get((promise.value, None)))

    def longest(self, *days: date) -> int:
        """Return the most hours that any of these promises has on some days."""
        kinds = {one.value for one in PromiseKind}
        return max(
            (hours for day in days for (kind, _), hours in self._of(day).items() if kind in kinds), default=0
        )

    def _of(self, day: date) -> dict[tuple[str, int | None], int]:
        if day not in self._days:
            self._days[day] = promises(self.session, day)
        return self._days[day]


# ---------------------------------------------------------------- what was missing
def _explained(session: Session, found: list[DuePromise]) -> list[DuePromise]:
    missed = [one for one in found if not one.is_kept]
    past = _Past(session, missed)
    return [one if one.is_kept else past.explained(one) for one in found]


class _Past:
    """What was true at which time of the things whose promises were missed."""

    def __init__(self, session: Session, missed: list[DuePromise]) -> None:
        self._talks = _by(
            ConversationChange.conversation_id,
            _changes_of_talks(session, _numbers(missed, "conversation_id")),
        )
        requests = _numbers(missed, "request_id")
        self._read = _by(StatusChange.request_id, _readings(session, requests))
        self._placeless = _by(RequestWaiting.request_id, _placeless(session, requests))
        self._orders, self._changes = _orders(session, _numbers(missed, "cluster_id"))

    def explained(self, one: DuePromise) -> DuePromise:
        held = self._at_due(one)
        reason = why_missed(one.promise, held)
        blocked = held.order.blocked_reason if held.order and reason is MissReason.BLOCKED else None
        return replace(one, reason=reason, blocked_reason=blocked)

    def _at_due(self, one: DuePromise) -> AtDue:
        due = one.due_at
        talk, has_report = None, True
        if one.conversation_id is not None:
            before = [line for line in self._talks.get(one.conversation_id, []) if line.at <= due]
            given = [line for line in before if line.kind == "assigned"]
            talk = TalkAtDue(
                bool(given and given[-1].facts.get("to")),
                any(line.kind == "handed_over" and line.at >= one.started_at for line in before),
            )
            has_report = any(line.kind in ("became_request", "joined_request") for line in before)
        number = one.request_id or 0
        return AtDue(
            talk,
            has_report,
            any(line.at <= due for line in self._read.get(number, [])),
            not any(
                line.since <= due and (line.ended_at is None or line.ended_at > due)
                for line in self._placeless.get(number, [])
            ),
            self._order(one.cluster_id, due),
        )

    def _order(self, cluster_id: int | None, due: datetime) -> OrderAtDue | None:
        made = [one for one in self._orders.get(cluster_id or 0, []) if one.created_at <= due]
        if not made:
            return None
        lines = [line for line in self._changes.get(made[-1].id, []) if line.at <= due]
        if not lines:
            return None
        last = lines[-1]
        return OrderAtDue(
            WorkOrderStatus(last.target),
            any(line.target == WorkOrderStatus.BATCHED.value for line in lines),
            last.facts.get("reason"),
        )


def _changes_of_talks(session: Session, numbers: list[int]) -> Iterable[ConversationChange]:
    kinds = ("assigned", "handed_over", "became_request", "joined_request")
    row = ConversationChange
    for part in _parts(numbers):
        yield from session.scalars(
            select(row).where(row.conversation_id.in_(part), row.kind.in_(kinds)).order_by(row.at, row.id)
        )


def _readings(session: Session, numbers: list[int]) -> Iterable[StatusChange]:
    for part in _parts(numbers):
        yield from session.scalars(
            select(StatusChange).where(
                StatusChange.request_id.in_(part), StatusChange.source == RequestStatus.SUBMITTED.value
            )
        )


def _placeless(session: Session, numbers: list[int]) -> Iterable[RequestWaiting]:
    for part in _parts(numbers):
        yield from session.scalars(
            select(RequestWaiting).where(
                RequestWaiting.request_id.in_(part), RequestWaiting.kind == WaitingKind.PLACE.value
            )
        )


def _orders(
    session: Session, clusters: list[int]
) -> tuple[dict[int, list[WorkOrder]], dict[int, list[WorkOrderChange]]]:
    orders: dict[int, list[WorkOrder]] = {}
    changes: dict[int, list[WorkOrderChange]] = {}
    for part in _parts(clusters):
        of_places = WorkOrder.cluster_id.in_(part)
        for order in session.scalars(select(WorkOrder).where(of_places).order_by(WorkOrder.id)):
            orders.setdefault(order.cluster_id, []).append(order)
        for line in session.scalars(
            select(WorkOrderChange)
            .join(WorkOrder, WorkOrder.id == WorkOrderChange.work_order_id)
            .where(of_places)
            .order_by(WorkOrderChange.id)
        ):
            changes.setdefault(line.work_order_id, []).append(line)
    return orders, changes


def _numbers(found: Iterable[DuePromise], name: str) -> list[int]:
    return sorted({getattr(one, name) for one in found} - {None})


def _parts(numbers: list[int]) -> Iterable[list[int]]:
    return (numbers[begin : begin + AT_ONCE] for begin in range(0, len(numbers), AT_ONCE))


def _by(column: Any, rows: Iterable[Any]) -> Mapping[int, list[Any]]:
    groups: dict[int, list[Any]] = {}
    for row in rows:
        groups.setdefault(getattr(row, column.key), []).append(row)
    return groups
