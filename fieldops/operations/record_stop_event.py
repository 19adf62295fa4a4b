"""What a crew reports of a stop. Appended; the same report twice is one."""

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.list_changes import ListChange
from fieldops.domain.notices import NewsKind
from fieldops.domain.roles import By
from fieldops.domain.waitings import WaitingKind
from fieldops.domain.work_order_states import (
    BATCH_MOVES,
    ENDED_STOPS,
    BatchStatus,
    BlockedReason,
    StopEventKind,
    StopStatus,
    WorkOrderStatus,
)
from fieldops.errors import Conflict, InvalidInput, NotAllowed
from fieldops.installation import Installation
from fieldops.media.photos import PreparedPhoto
from fieldops.models import Batch, Cluster, Crew, Stop, StopEvent, WorkOrder
from fieldops.models.base import lon_lat
from fieldops.operations.add_news import add_news
from fieldops.operations.append_stop_event import EventSaid, append_stop_event, known_event
from fieldops.operations.attach_photo import attach_photo
from fieldops.operations.bring_along import start_requests, withdraw_schedule
from fieldops.operations.complete_work_order import complete_work_order
from fieldops.operations.notify_reporter import notify_reporters
from fieldops.operations.open_work_order import change_work_order_status
from fieldops.operations.run_waitings import start_waiting
from fieldops.operations.set_lists import append_version, keep_first_version
from fieldops.queries.clusters import open_members_of
from fieldops.queries.crew_day import straight_m
from fieldops.queries.pin_proposals import place_for_crew, proposals_of
from fieldops.queries.plans import get_stop, stop_out_for, stops_of
from fieldops.queries.work_orders import get_order

ARRIVAL_REACH_M: Final = 50.0
MOST_SAME_M: Final = 200.0
"""Beyond this two places are not one; forms offer those within 100 m (`queries.same_places`)."""
MOST_WORDS: Final = 1000
MOST_KEY: Final = 64

Kind = StopEventKind


@dataclass(frozen=True)
class StopReport:
    """One report from the phone.

    `client_key` makes a replay harmless; `at` is the phone's time; `lon`, `lat` its position if known;
    `override` says that the crew is there although the position says otherwise; `means` is what made a
    place safe (a code such as "cone"); `same_as` is the cluster that the crew takes for this one.
    """

    kind: StopEventKind
    client_key: str
    at: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    override: bool = False
    words: str = ""
    reason: str = ""
    same_as: int | None = None
    means: str = ""
    repair_kind: str = ""
    size: str = ""
    material_amount: int | None = None
    photos: tuple[PreparedPhoto, ...] = field(default=())


def record_stop_event(
    session: Session, installation: Installation, stop_id: int, report: StopReport, by: By
) -> StopEvent:
    """Append a report and let the stop, its order and its requests follow.

    Raises
    ------
    NotAllowed
        The stop belongs to another crew.
    Conflict
        The stop is not in a state for this, its batch was recalled, or the key came with another report.
    InvalidInput
        The after-photo, the reason or the kind of repair is missing, or the position cannot be; `field`
        names it.
    """
    stop = get_stop(session, stop_id)
    batch = session.get_one(Batch, stop.batch_id)
    _require_own(session, batch, by)
    known = known_event(session, stop, report.kind, report.client_key)
    if known is not None:
        return known
    require_open(stop, batch)
    _check(report)
    order = get_order(session, stop.work_order_id)
    event = _append(session, stop, report, by)
    if event is None:  # the same report, sent a second time before the first was written
        known = known_event(session, stop, report.kind, report.client_key)
        if known is None:
            raise Conflict("This report was sent twice at once. Reload your list.")
        return known
    for photo in report.photos:
        attach_photo(session, installation, photo, stop=stop, kind=_photo_kind(report.kind))
    follow = _late if stop.status == StopStatus.REMOVED.value else _FOLLOW.get(report.kind, _nothing)
    follow(session, installation, _Case(stop, order, event, report, by))
    _finish_batch_when_ended(session, batch, by)
    session.flush()
    return event


@dataclass(frozen=True)
class _Case:
    stop: Stop
    order: WorkOrder
    event: StopEvent
    report: StopReport
    by: By


def _check(report: StopReport) -> None:
    if not 0 < len(report.client_key) <= MOST_KEY:
        raise InvalidInput("The report's key is missing or too long. Reload your list.", field="key")
    if len(report.words) > MOST_WORDS:
        raise InvalidInput("The note may have at most %(most)s characters.", field="words", most=MOST_WORDS)
    for field_name, degrees, most in (("lon", report.lon, 180), ("lat", report.lat, 90)):
        if degrees is not None and not (math.isfinite(degrees) and abs(degrees) <= most):
            raise InvalidInput("The phone's position is not a place on the globe.", field=field_name)


def _require_own(session: Session, batch: Batch, by: By) -> None:
    crew = session.get_one(Crew, batch.crew_id)
    if crew.leader_id != by.user_id:
        raise NotAllowed("This stop belongs to another crew.")


def require_open(stop: Stop, batch: Batch) -> None:
    """Let a crew report of a stop only while it is theirs.

    Raises
    ------
    Conflict
        It has ended, its shift has, or its list was recalled before it was begun.
    """
    if stop.status == StopStatus.REMOVED.value:
        return  # the phone may not have heard of it; nothing that a crew did is lost
    if stop.status == StopStatus.RETURNED.value and batch.status == BatchStatus.FINISHED.value:
        raise Conflict("The shift has ended, and this stop went back to be planned.")
    if stop.status == StopStatus.RETURNED.value:
        raise Conflict("This batch was recalled. Reload your list.")
    if StopStatus(stop.status) in ENDED_STOPS:
        raise Conflict("This stop has ended already.")
    started = StopStatus(stop.status) is not StopStatus.PLANNED
    if batch.status != BatchStatus.DISPATCHED.value and not (
        started and batch.status == BatchStatus.RECALLED.value
    ):
        raise Conflict("This batch was recalled. Reload your list.")


def _append(session: Session, stop: Stop, report: StopReport, by: By) -> StopEvent | None:
    facts: dict[str, Any] = {}
    if report.reason:
        facts["reason"] = report.reason
    if report.same_as is not None:
        facts["same_as"] = report.same_as
    if report.means:
        facts["means"] = report.means
    if report.override:
        facts["override"] = True
    if report.material_amount is not None:
        facts["material_amount"] = report.material_amount
    place = (report.lon, report.lat) if report.lon is not None and report.lat is not None else None
    said = EventSaid(report.kind, report.client_key, report.at, place, report.words, facts)
    return append_stop_event(session, stop, said, by)


def _photo_kind(kind: StopEventKind) -> str:
    return {Kind.COMPLETED: "after", Kind.MADE_SAFE: "made_safe", Kind.BLOCKED: "blocked"}.get(kind, "before")


def _nothing(_session: Session, _installation: Installation, _case: _Case) -> None:
    return


def _left(_session: Session, _installation: Installation, case: _Case) -> None:
    if case.stop.status == StopStatus.PLANNED.value:
        case.stop.status = StopStatus.ON_THE_WAY.value


def _arrived(session: Session, _installation: Installation, case: _Case) -> None:
    away_m = _distance_m(session, case)
    if away_m is not None:
        case.event.facts = case.event.facts | {"distance_m": round(away_m)}
        if away_m > ARRIVAL_REACH_M and not case.report.override:
            raise InvalidInput(
                "You are %(away)s m from the place. Go nearer, or confirm that you are there.",
                field="override",
                away=round(away_m),
            )
    case.stop.status = StopStatus.ARRIVED.value
    if case.order.status == WorkOrderStatus.BATCHED.value:
        change_work_order_status(
            session, case.order, WorkOrderStatus.IN_PROGRESS, case.by, facts={"arrival": case.event.id}
        )
    start_requests(session, case.order, case.by)


def _distance_m(session: Session, case: _Case) -> float | None:
    if case.report.lon is None or case.report.lat is None:
        return None
    # On the sphere, not in the city's CRS: a phone that has not found itself yet says (0, 0).
    place = place_for_crew(case.order, proposals_of(session, [case.order.id]).get(case.order.id))
    return straight_m(place, (case.report.lon, case.report.lat))


def _completed(session: Session, installation: Installation, case: _Case) -> None:
    if case.stop.status != StopStatus.ARRIVED.value:
        _arrived(session, installation, case)
    complete_work_order(session, installation, case.order, case.stop, case.report, case.by)
    case.stop.status = StopStatus.COMPLETED.value


def _blocked(session: Session, _installation: Installation, case: _Case) -> None:
    try:
        reason = BlockedReason(case.report.reason)
    except ValueError:
        raise InvalidInput("Say why it could not be done.", field="reason") from None
    same = _same_place(session, case) if reason is BlockedReason.SAME_PLACE else {}
    change_work_order_status(
        session,
        case.order,
        WorkOrderStatus.BLOCKED,
        case.by,
        words=case.report.words,
        facts={"reason": reason.value} | same,
    )
    withdraw_schedule(session, case.order)
    case.stop.status = StopStatus.BLOCKED.value
    case.event.facts = case.event.facts | same
    if same:
        return  # whether there is less to do than they were told is not decided yet
    for request in open_members_of(session, case.order.cluster_id):
        notify_reporters(session, request, "postponed", {"reason": reason.value}, occasion=str(case.event.id))


def _same_place(session: Session, case: _Case) -> dict[str, Any]:
    """Return which place a crew takes for this one, and how far it is. It may have ended meanwhile: a report
    that was kept on the phone is not lost for that.
    """
    other = session.get(Cluster, case.report.same_as) if case.report.same_as is not None else None
    own = session.get_one(Cluster, case.order.cluster_id)
    if other is None or other.id == own.id or other.family != own.family:
        raise InvalidInput("Choose which place it is the same as.", field="same_as")
    away_m = straight_m(lon_lat(case.order.place), lon_lat(other.anchor))
    if away_m > MOST_SAME_M:
        raise InvalidInput(
            "That place is %(away)s m from here, too far to be the same one.",
            field="same_as",
            away=round(away_m),
        )
    return {"same_as": other.id, "away_m": round(away_m)}


def _made_safe(session: Session, _installation: Installation, case: _Case) -> None:
    for request in open_members_of(session, case.order.cluster_id):
        request.made_safe_at = request.made_safe_at or case.event.at
        start_waiting(session, request, WaitingKind.REPAIR, case.by, since=case.event.at)
        notify_reporters(session, request, "made_safe", {}, occasion=str(case.event.id))


def _late(session: Session, installation: Installation, case: _Case) -> None:
    """Take what a crew reports of a stop that was taken off its list meanwhile.

    Work that is done is done, unless another crew is at it or did it: then the report is kept for the
    dispatcher to look at.
    """
    kept: dict[str, Any] = {"removed": True}
    if case.report.kind is Kind.MADE_SAFE:
        _made_safe(session, installation, case)
    elif case.report.kind is Kind.COMPLETED:
        if case.order.status in (WorkOrderStatus.READY.value, WorkOrderStatus.BATCHED.value):
            _complete_late(session, installation, case)
        else:
            kept["conflict"] = True
    elif case.report.kind is Kind.BLOCKED:
        kept["conflict"] = True
    case.event.facts = case.event.facts | kept


def _complete_late(session: Session, installation: Installation, case: _Case) -> None:
    others = stop_out_for(session, case.order.id)
    shortened = [] if others is None else [_take_off(session, others[0], case)]
    change_work_order_status(
        session,
        case.order,
        WorkOrderStatus.IN_PROGRESS,
        case.by,
        facts={"arrival": case.event.id, "removed_stop": case.stop.id},
    )
    start_requests(session, case.order, case.by)
    complete_work_order(session, installation, case.order, case.stop, case.report, case.by)
    case.stop.status = StopStatus.COMPLETED.value
    add_news(session, NewsKind.LIST, shortened, case.by.user_id)


def _take_off(session: Session, stop: Stop, case: _Case) -> int:
    """Take a stop off the list of the crew that would have gone there; returns its batch, to be told of."""
    batch = session.get_one(Batch, stop.batch_id)
    mine = session.get_one(Batch, case.stop.batch_id)
    keep_first_version(session, batch)
    stop.status = StopStatus.REMOVED.value
    session.flush()
    left = [
        one for one in stops_of(session, [batch.id])[batch.id] if StopStatus(one.status) not in ENDED_STOPS
    ]
    change = ListChange("removed", stop.work_order_id, batch.crew_id, mine.crew_id, stop.arrives_at, None)
    append_version(session, batch, left, "done_by_other", case.by, [change.as_facts()])
    _finish_batch_when_ended(session, batch, case.by)
    return batch.id


_FOLLOW: Final = {
    Kind.LEFT: _left,
    Kind.ARRIVED: _arrived,
    Kind.COMPLETED: _completed,
    Kind.BLOCKED: _blocked,
    Kind.MADE_SAFE: _made_safe,
}


def _finish_batch_when_ended(session: Session, batch: Batch, by: By) -> None:
    session.flush()
    if batch.status != BatchStatus.DISPATCHED.value:
        return
    if all(StopStatus(stop.status) in ENDED_STOPS for stop in stops_of(session, [batch.id])[batch.id]):
        BATCH_MOVES.check(BatchStatus.DISPATCHED, BatchStatus.FINISHED, by.actor)
        batch.status, batch.finished_at = BatchStatus.FINISHED.value, clock.now()
