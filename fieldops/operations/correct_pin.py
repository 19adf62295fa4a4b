"""A crew stands at the real place: what it proposes, and what the office makes of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.pin_proposals import MOST_ACCURACY_M, PIN_MOVES, REACH_M, PinStatus
from fieldops.domain.roles import Actor, By
from fieldops.domain.work_order_states import OPEN_ORDERS, StopEventKind, WorkOrderStatus
from fieldops.errors import Conflict, InvalidInput, NotAllowed
from fieldops.installation import Installation
from fieldops.models import PinProposal, Stop, WorkOrder
from fieldops.models.base import as_point, lon_lat
from fieldops.operations.append_stop_event import EventSaid, append_stop_event, known_event, phone_time
from fieldops.operations.audit import write_audit
from fieldops.operations.place_request import correct_place
from fieldops.operations.record_stop_event import require_open
from fieldops.operations.submit_request import check_coordinates
from fieldops.outbox import insert_if_absent
from fieldops.queries.clusters import open_members_of
from fieldops.queries.crew_day import own_stop, straight_m
from fieldops.queries.pin_proposals import get_proposal, open_proposals_of, proposal_by_key
from fieldops.queries.work_orders import get_order

MOST_WORDS: Final = 1000


@dataclass(frozen=True)
class PinSaid:
    """Where the crew says that the place is.

    `lon`, `lat` are degrees; `accuracy_m` is how well the phone knows them, None where they were typed.
    `override` confirms a place far from the old one.
    """

    client_key: str
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    is_typed: bool = False
    override: bool = False
    words: str = ""
    at: datetime | None = None


def propose_pin(
    session: Session, installation: Installation, stop_id: int, said: PinSaid, by: By
) -> PinProposal:
    """Take where a stop really is; its crew sees it there from now on, the office decides for the others.

    The same key again returns the proposal that it made. A newer one of the same order takes the place of one
    that waits.

    Raises
    ------
    NotAllowed
        The stop belongs to another crew.
    Conflict
        The stop or its order has ended, its list was recalled, or the key came with another report.
    InvalidInput, OutOfArea
        The position is missing, too rough, far away and not confirmed, or outside the city; `field` names it.
    """
    if by.user_id is None:
        raise NotAllowed("This stop belongs to another crew.")
    stop, batch, _shift = own_stop(session, stop_id, by.user_id)
    known = proposal_by_key(session, said.client_key)
    if known is not None:
        if known.stop_id != stop.id:
            raise Conflict("This report's key was used for another one. Reload your list.")
        return known
    require_open(stop, batch)
    order = get_order(session, stop.work_order_id)
    if WorkOrderStatus(order.status) not in OPEN_ORDERS:
        raise Conflict("This work order has ended, so its place stays as it was.")
    if len(said.words) > MOST_WORDS:
        raise InvalidInput("The note may have at most %(most)s characters.", field="words", most=MOST_WORDS)
    place = _sure_place(installation, order, said)
    return _propose(session, stop, order, place, said, by)


def decide_pin(
    session: Session, installation: Installation, proposal_id: int, by: By, *, take: bool
) -> PinProposal:
    """Take a proposed place, for the order and the open reports of its cluster, or leave it as it was.

    Raises
    ------
    NotFound
        There is no such proposal.
    Conflict
        Somebody decided it.
    NotAllowed
        Whoever decides is no official.
    """
    shown = get_proposal(session, proposal_id)
    proposal, order = shown.proposal, shown.order
    status = PinStatus(proposal.status)
    if status is not PinStatus.PROPOSED:
        raise Conflict("This correction was decided already.")
    target = PinStatus.TAKEN if take else PinStatus.LEFT
    PIN_MOVES.check(status, target, by.actor)
    if take:  # also after the repair: then only where it was done is set right
        _move(session, installation, order, lon_lat(proposal.place), by)
    proposal.status, proposal.decided_at, proposal.decided_by_id = target.value, clock.now(), by.user_id
    write_audit(session, by, f"pin_{target.value}", "work_order", order.id)
    session.flush()
    return proposal


def _sure_place(installation: Installation, order: WorkOrder, said: PinSaid) -> tuple[float, float]:
    if said.lon is None or said.lat is None:
        raise InvalidInput(
            "The phone does not know its position. Switch its location on, or write the coordinates.",
            field="coordinates",
        )
    if not said.is_typed and (said.accuracy_m is None or said.accuracy_m > MOST_ACCURACY_M):
        raise InvalidInput(
            "The phone knows its position to ± %(m)s m only; ± %(most)s m is needed. Stand in the open and "
            "try again.",
            field="coordinates",
            m="?" if said.accuracy_m is None else round(said.accuracy_m),
            most=round(MOST_ACCURACY_M),
        )
    place = check_coordinates(said.lon, said.lat, installation)
    away_m = straight_m(lon_lat(order.place), place)
    if away_m > REACH_M and not said.override:
        raise InvalidInput(
            "This is %(away)s m from the place that was given. Confirm it if you are at the right place.",
            field="override",
            away=round(away_m),
        )
    return place


def _propose(
    session: Session, stop: Stop, order: WorkOrder, place: tuple[float, float], said: PinSaid, by: By
) -> PinProposal:
    PIN_MOVES.check(None, PinStatus.PROPOSED, by.actor, {"place"})
    away_m = round(straight_m(lon_lat(order.place), place))
    is_new = insert_if_absent(
        session,
        PinProposal,
        stop_id=stop.id,
        work_order_id=order.id,
        client_key=said.client_key,
        status=PinStatus.PROPOSED.value,
        was=order.place,
        place=as_point(*place),
        accuracy_m=None if said.is_typed else said.accuracy_m,
        override=said.override,
        words=said.words.strip(),
        user_id=by.user_id,
        at=phone_time(said.at),
        received_at=clock.now(),
        version=1,
    )
    kept = proposal_by_key(session, said.client_key)
    if kept is None:
        raise Conflict("This report was sent twice at once. Reload your list.")
    if not is_new:  # the same form, sent a second time before the first was written
        return kept
    for earlier in open_proposals_of(session, order.id):
        if earlier.id != kept.id:
            PIN_MOVES.check(PinStatus(earlier.status), PinStatus.REPLACED, Actor.CREW_LEADER)
            earlier.status, earlier.decided_at = PinStatus.REPLACED.value, clock.now()
    session.flush()
    facts = {"away_m": away_m, "accuracy_m": kept.accuracy_m}
    stands = None if said.is_typed else place
    event = EventSaid(StopEventKind.PIN_CORRECTED, said.client_key, said.at, stands, said.words, facts)
    if append_stop_event(session, stop, event, by) is None:
        known_event(session, stop, StopEventKind.PIN_CORRECTED, said.client_key)
    return kept


def _move(
    session: Session, installation: Installation, order: WorkOrder, place: tuple[float, float], by: By
) -> None:
    """Move the reports, which stay together since work is ordered there, and the order with them."""
    for request in open_members_of(session, order.cluster_id):
        if request.place is not None:
            correct_place(session, installation, request, *place, by)
    session.refresh(order)
    order.place = as_point(*place)
    session.flush()
