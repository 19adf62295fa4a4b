"""What a crew leader works through: the day's batch with all that a stop's card shows; never who reported."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldops.domain.priorities import Priority
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.work_order_states import ENDED_STOPS, STARTED_STOPS, BatchStatus, StopStatus
from fieldops.errors import NotAllowed
from fieldops.models import (
    Area,
    Batch,
    Cluster,
    Crew,
    Depot,
    Photo,
    PinProposal,
    Service,
    ServiceRequest,
    Shift,
    Stop,
    WorkOrder,
)
from fieldops.models.base import lon_lat
from fieldops.queries.pin_proposals import place_for_crew, proposals_of
from fieldops.queries.plans import get_batch, get_stop, stops_of
from fieldops.queries.services import services_by_id
from fieldops.queries.spatial import landmarks_near
from fieldops.queries.work_orders import predecessors, priorities_of

EARTH_RADIUS_M: Final = 6_371_008.8
NEAR_M: Final = 150.0
PAST_DAYS: Final = 3
"""How long an unfinished batch of an earlier day is still shown when today has none."""

OUT: Final = (BatchStatus.DISPATCHED.value, BatchStatus.FINISHED.value, BatchStatus.RECALLED.value)
NOT_AT_THE_PLACE: Final = (
    RequestStatus.DUPLICATE.value,
    RequestStatus.DECLINED.value,
    RequestStatus.REFERRED.value,
)

Place = tuple[float, float]


@dataclass(frozen=True)
class Wait:
    """An order that this one has to wait for."""

    number: str
    service: Service
    done_at: datetime | None


@dataclass(frozen=True)
class StopLine:
    """One stop as the crew sees it.

    `place` is (lon, lat) in degrees; `away_m` the straight line from the place before; `near` the nearest
    school, hospital or market with its distance in metres; `pin` the newest correction of the place, which is
    where the crew sees it as long as nobody decided. Nothing here tells who reported.
    """

    stop: Stop
    order: WorkOrder
    service: Service
    place: Place
    away_m: float
    address: str
    kelurahan: str
    landmarks: tuple[str, ...]
    codes: tuple[str, ...]
    photos: tuple[Photo, ...]
    made_safe_at: datetime | None
    priority: Priority
    waits: tuple[Wait, ...]
    near: tuple[str, str, float] | None
    pin: PinProposal | None

    @property
    def is_ended(self) -> bool:
        """Whether nothing is left to do here."""
        return StopStatus(self.stop.status) in ENDED_STOPS


@dataclass(frozen=True)
class CrewDay:
    """A crew's batch of one day, in order."""

    crew: Crew
    shift: Shift
    batch: Batch
    depot: Place
    lines: tuple[StopLine, ...]

    @property
    def ended(self) -> list[StopLine]:
        """The stops with nothing left to do."""
        return [line for line in self.lines if line.is_ended]

    @property
    def left(self) -> list[StopLine]:
        """The stops still to do: one that was begun comes first, the others in order."""
        begun = sorted(STARTED_STOPS)
        open_lines = [line for line in self.lines if not line.is_ended]
        return sorted(open_lines, key=lambda line: line.stop.status not in begun)


def straight_m(one: Place, other: Place) -> float:
    """Return the straight line between two places (lon, lat) in metres."""
    (lon1, lat1), (lon2, lat2) = one, other
    half = (
        sin(radians(lat2 - lat1) / 2) ** 2
        + cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half)))


def batch_to_show(session: Session, crew_id: int, today: date) -> tuple[Batch, Shift] | None:
    """Return the batch a crew works on: today's, else what is unfinished of the last days, else the next one.

    A recalled batch counts as long as one of its stops was begun: the crew finishes that one.
    """
    rows = session.execute(
        select(Batch, Shift)
        .join(Shift, Shift.id == Batch.shift_id)
        .where(
            Batch.crew_id == crew_id, Shift.day >= today - timedelta(days=PAST_DAYS), Batch.status.in_(OUT)
        )
        .order_by(Shift.day, Batch.id.desc())
    ).all()
    stops = stops_of(session, [batch.id for batch, _shift in rows])
    begun = {
        batch.id for batch, _shift in rows if any(stop.status in STARTED_STOPS for stop in stops[batch.id])
    }

    def rank(row: tuple[Batch, Shift]) -> tuple[int, int]:
        batch, shift = row
        is_out = batch.status == BatchStatus.DISPATCHED.value
        order = [
            shift.day == today and (is_out or batch.id in begun),
            shift.day == today and batch.status == BatchStatus.FINISHED.value,
            shift.day < today and (is_out or batch.id in begun),
            shift.day > today and is_out,
        ]
        return next((place for place, fits in enumerate(order) if fits), len(order)), abs(
            (shift.day - today).days
        )

    ranked = sorted(((batch, shift) for batch, shift in rows), key=rank)
    return ranked[0] if ranked and rank(ranked[0])[0] < 4 else None


def crew_day(session: Session, batch: Batch, shift: Shift, now: datetime, also: int | None = None) -> CrewDay:
    """Return a batch with everything its pages show.

    Parameters
    ----------
    also
        A stop that is shown even though it was taken off the list: what was done there is still reported.
    """
    crew = session.get_one(Crew, batch.crew_id)
    depot = lon_lat(session.get_one(Depot, crew.depot_id).place)
    stops = [
        stop
        for stop in stops_of(session, [batch.id])[batch.id]
        if stop.status != StopStatus.REMOVED.value or stop.id == also
    ]
    return CrewDay(crew, shift, batch, depot, tuple(_lines(session, stops, depot, now)))


def own_stop(session: Session, stop_id: int, user_id: int) -> tuple[Stop, Batch, Shift]:
    """Return a stop of a crew that a user leads, with its batch and shift.

    Raises
    ------
    NotFound
        There is no such stop.
    NotAllowed
        It belongs to another crew.
    """
    stop = get_stop(session, stop_id)
    batch = get_batch(session, stop.batch_id)
    if (
        session.get_one(Crew, batch.crew_id).leader_id != user_id
        or batch.status == BatchStatus.PROPOSED.value
    ):
        raise NotAllowed("This stop belongs to another crew.")
    return stop, batch, session.get_one(Shift, batch.shift_id)


def may_see_photo(session: Session, photo: Photo, user_id: int) -> bool:
    """Return whether a photo is of a stop, or of a request at a stop, of a crew that a user leads."""
    stops = (
        select(Stop.id)
        .join(Batch, Batch.id == Stop.batch_id)
        .join(Crew, Crew.id == Batch.crew_id)
        .join(WorkOrder, WorkOrder.id == Stop.work_order_id)
        .outerjoin(ServiceRequest, ServiceRequest.cluster_id == WorkOrder.cluster_id)
        .where(Crew.leader_id == user_id, Batch.status.in_(OUT))
        .where(or_(Stop.id == photo.stop_id, ServiceRequest.id == photo.request_id))
    )
    return session.scalar(stops.limit(1)) is not None


def _lines(session: Session, stops: Sequence[Stop], depot: Place, now: datetime) -> list[StopLine]:
    order_ids = [stop.work_order_id for stop in stops]
    orders = {
        order.id: order for order in session.scalars(select(WorkOrder).where(WorkOrder.id.in_(order_ids)))
    }
    cluster_ids = [order.cluster_id for order in orders.values()]
    clusters = {row.id: row for row in session.scalars(select(Cluster).where(Cluster.id.in_(cluster_ids)))}
    area_ids = [cluster.area_id for cluster in clusters.values() if cluster.area_id]
    areas = {area.id: area.name for area in session.scalars(select(Area).where(Area.id.in_(area_ids)))}
    services = services_by_id(session)
    members = _members(session, cluster_ids)
    photos = _photos(
        session, [row.id for rows in members.values() for row in rows], [stop.id for stop in stops]
    )
    worth = priorities_of(session, list(orders.values()), now)
    waits = _waits(session, order_ids, services)
    pins = proposals_of(session, order_ids)
    lines: list[StopLine] = []
    before = depot
    for stop in stops:
        order = orders[stop.work_order_id]
        cluster, reports = clusters[order.cluster_id], members.get(order.cluster_id, [])
        pin = pins.get(order.id)
        place = place_for_crew(order, pin)
        safe = [row.made_safe_at for row in reports if row.made_safe_at]
        lines.append(
            StopLine(
                stop=stop,
                order=order,
                service=services[order.service_id],
                place=place,
                away_m=straight_m(before, place),
                address=cluster.address or next((row.address for row in reports if row.address), ""),
                kelurahan=areas.get(cluster.area_id or 0, ""),
                landmarks=tuple(dict.fromkeys(row.landmark for row in reports if row.landmark))[:3],
                codes=tuple(row.code for row in reports),
                photos=(
                    *(p for row in reports for p in photos.get(("request", row.id), [])),
                    *photos.get(("stop", stop.id), []),
                ),
                made_safe_at=min(safe) if safe else None,
                priority=worth[order.id],
                waits=waits.get(order.id, ()),
                near=_near(session, place),
                pin=pin,
            )
        )
        before = place
    return lines


def _members(session: Session, cluster_ids: Collection[int]) -> dict[int, list[ServiceRequest]]:
    found: dict[int, list[ServiceRequest]] = {}
    rows = session.scalars(
        select(ServiceRequest)
        .where(ServiceRequest.cluster_id.in_(cluster_ids), ServiceRequest.status.not_in(NOT_AT_THE_PLACE))
        .order_by(ServiceRequest.reported_at, ServiceRequest.id)
    )
    for row in rows:
        found.setdefault(row.cluster_id or 0, []).append(row)
    return found


def _photos(
    session: Session, request_ids: Collection[int], stop_ids: Collection[int]
) -> dict[tuple[str, int], list[Photo]]:
    found: dict[tuple[str, int], list[Photo]] = {}
    rows = session.scalars(
        select(Photo)
        .where(or_(Photo.request_id.in_(request_ids), Photo.stop_id.in_(stop_ids)))
        .order_by(Photo.id)
    )
    for photo in rows:
        key = ("request", photo.request_id) if photo.request_id else ("stop", photo.stop_id or 0)
        found.setdefault(key, []).append(photo)
    return found


def _waits(
    session: Session, order_ids: Collection[int], services: dict[int, Service]
) -> dict[int, tuple[Wait, ...]]:
    before = predecessors(session, order_ids)
    numbers = [number for row in before.values() for number in row]
    orders = {
        order.id: order for order in session.scalars(select(WorkOrder).where(WorkOrder.id.in_(numbers)))
    }
    return {
        order_id: tuple(
            Wait(orders[n].number, services[orders[n].service_id], orders[n].ended_at)
            for n in row
            if n in orders
        )
        for order_id, row in before.items()
    }


def _near(session: Session, place: Place) -> tuple[str, str, float] | None:
    marks = [
        (straight_m(place, lon_lat(mark.place)), mark.kind, mark.name)
        for mark, _shape in landmarks_near(session, *place, NEAR_M)
    ]
    away_m, kind, name = min(marks, default=(NEAR_M + 1, "", ""))
    return (kind, name, away_m) if away_m <= NEAR_M else None
