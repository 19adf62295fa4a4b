"""What everybody may see: kind, street, status, date and a point on the street. Private requests never."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from geoalchemy2.shape import to_shape
from shapely.geometry import Point
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from fieldops.domain.map_groups import REPAIRED_SHOWN_DAYS
from fieldops.domain.places import Channel
from fieldops.domain.request_states import OPEN, ClosedReason, RequestStatus
from fieldops.domain.roles import Actor
from fieldops.models import Area, Line, Service, ServiceLevel, ServiceRequest, StatusChange
from fieldops.queries.base_map import MAIN_CLASSES
from fieldops.queries.spatial import Box, kelurahan_at, streets_near, within

STREET_FOOT_M: Final = 10.0
"""Public points lie on their street; within this distance it is theirs."""


@dataclass(frozen=True)
class PublicRequest:
    """One request as the public sees it. `id` stays inside the building; `lon`, `lat` lie on the street."""

    id: int
    cluster_id: int | None
    service_id: int
    family: str
    icon: str
    name_id: str
    name_en: str
    status: str
    reported_at: datetime
    ended_at: datetime | None
    scheduled_for: datetime | None
    lon: float
    lat: float

    def name(self, language: str) -> str:
        """Return the service's name in a language."""
        return self.name_en if language == "en" else self.name_id

    @property
    def repaired(self) -> bool:
        """Whether it counts as repaired."""
        return self.status in (RequestStatus.DONE.value, RequestStatus.CLOSED.value)


@dataclass(frozen=True)
class WeekFigures:
    """A span of days: received, answered in time of those judged, and unanswered beyond the promise."""

    received: int
    answered_in_time: int
    judged: int
    overdue: int


def public_requests(session: Session, now: datetime, box: Box | None = None) -> list[PublicRequest]:
    """Return what may be shown in a box, one a place of work: the open one first, else the youngest."""
    query = _public(now)
    if box is not None:
        query = within(session, query, ServiceRequest.public_place, box)
    found = [PublicRequest(*row) for row in session.execute(query)]
    seen: set[int] = set()
    shown = []
    for one in sorted(found, key=lambda one: (one.repaired, -one.reported_at.timestamp(), one.id)):
        if one.cluster_id is not None:
            if one.cluster_id in seen:
                continue
            seen.add(one.cluster_id)
        shown.append(one)
    return shown


def public_request(session: Session, request_id: int, now: datetime) -> PublicRequest | None:
    """Return one request as the public sees it, or None when it may not be shown."""
    row = session.execute(_public(now).where(ServiceRequest.id == request_id)).first()
    return PublicRequest(*row) if row else None


def public_request_by_code(session: Session, code: str) -> tuple[ServiceRequest, Service] | None:
    """Return the request of a code unless it is private, whatever its state."""
    row = session.execute(
        select(ServiceRequest, Service)
        .join(Service, Service.id == ServiceRequest.service_id)
        .where(ServiceRequest.code == code, ServiceRequest.confidential.is_(False))
    ).first()
    return (row[0], row[1]) if row else None


def street_at(session: Session, lon: float, lat: float) -> str:
    """Return the name of the street that a public point lies on, empty when it lies on none."""
    point = Point(lon, lat)
    near = streets_near(session, lon, lat, STREET_FOOT_M)
    return min(near, key=lambda street: street[1].distance(point))[0].name if near else ""


def area_words(session: Session, lon: float, lat: float) -> str:
    """Return "kelurahan, kecamatan" of a point, empty outside all."""
    area = kelurahan_at(session, lon, lat)
    if area is None:
        return ""
    parent = session.get(Area, area.parent_id) if area.parent_id else None
    return f"{area.name}, {parent.name}" if parent else area.name


def kelurahan_choices(session: Session) -> list[tuple[int, str, str]]:
    """Return (id, name, kecamatan) of every kelurahan, by kecamatan and name."""
    rows = session.execute(select(Area.id, Area.name, Area.parent_id).where(Area.kind == "kelurahan"))
    kecamatan = session.execute(select(Area.id, Area.name).where(Area.kind == "kecamatan"))
    parents: dict[int | None, str] = {number: name for number, name in kecamatan}  # noqa: C416  widens the key
    return sorted(
        ((number, name, parents.get(parent_id, "")) for number, name, parent_id in rows),
        key=lambda area: (area[2], area[1]),
    )


def kelurahan_centre(session: Session, area_id: int) -> tuple[str, float, float] | None:
    """Return (name, lon, lat) of a point inside a kelurahan, None when there is none of this number."""
    area = session.get(Area, area_id)
    if area is None or area.kind != "kelurahan":
        return None
    inside = to_shape(area.shape).representative_point()
    return area.name, float(inside.x), float(inside.y)


def main_streets(session: Session) -> list[str]:
    """Return the names of the city's larger streets, for filling in an address."""
    found = session.scalars(
        select(Line.name)
        .where(Line.kind == "street", Line.line_class.in_(MAIN_CLASSES), Line.name != "")
        .distinct()
        .order_by(Line.name)
    )
    return list(found)


def week_figures(
    session: Session, since: datetime, until: datetime, hours: int, now: datetime
) -> WeekFigures:
    """Count the public requests received in a span and how soon somebody answered them. One that its
    reporter took back unanswered counts as received alone.

    Parameters
    ----------
    since, until
        Half-open span of the time of report.
    hours
        The promise of a first answer.
    """
    first = (
        select(StatusChange.request_id, func.min(StatusChange.at).label("at"))
        .where(
            StatusChange.source == RequestStatus.SUBMITTED.value,
            StatusChange.actor != Actor.REPORTER.value,  # who takes a report back has not answered it
        )
        .group_by(StatusChange.request_id)
        .join(ServiceRequest, ServiceRequest.id == StatusChange.request_id)
        .where(ServiceRequest.reported_at >= since, ServiceRequest.reported_at < until)
        .subquery()
    )
    rows = session.execute(
        select(ServiceRequest.reported_at, first.c.at, ServiceRequest.closed_reason)
        .outerjoin(first, first.c.request_id == ServiceRequest.id)
        .where(
            ServiceRequest.confidential.is_(False),
            ServiceRequest.channel != Channel.IMPORT.value,
            ServiceRequest.reported_at >= since,
            ServiceRequest.reported_at < until,
        )
    ).all()
    promise = timedelta(hours=hours)
    in_time = sum(at is not None and at - reported <= promise for reported, at, _reason in rows)
    answered = sum(at is not None for _reported, at, _reason in rows)
    overdue = sum(
        at is None and reason != ClosedReason.WITHDRAWN.value and now - reported > promise
        for reported, at, reason in rows
    )
    return WeekFigures(len(rows), in_time, answered + overdue, overdue)


def promised_hours(session: Session, kind: str, day: date) -> int:
    """Return the hours of the promise that holds for all services on a day; 24 when none does."""
    hours = session.scalar(
        select(ServiceLevel.hours)
        .where(
            ServiceLevel.kind == kind,
            ServiceLevel.service_id.is_(None),
            ServiceLevel.valid_from <= day,
            or_(ServiceLevel.valid_to.is_(None), ServiceLevel.valid_to >= day),
        )
        .order_by(ServiceLevel.valid_from.desc(), ServiceLevel.id.desc())
    )
    return hours or 24


def _public(now: datetime) -> Select[*tuple[Any, ...]]:
    open_codes = sorted(status.value for status in OPEN)
    recent = now - timedelta(days=REPAIRED_SHOWN_DAYS)
    repaired = and_(
        ServiceRequest.ended_at >= recent,
        or_(
            ServiceRequest.status == RequestStatus.DONE.value,
            and_(
                ServiceRequest.status == RequestStatus.CLOSED.value,
                ServiceRequest.closed_reason == ClosedReason.REPAIRED.value,
            ),
        ),
    )
    return (
        select(
            ServiceRequest.id,
            ServiceRequest.cluster_id,
            Service.id,
            Service.family,
            Service.icon,
            Service.name_id,
            Service.name_en,
            ServiceRequest.status,
            ServiceRequest.reported_at,
            ServiceRequest.ended_at,
            ServiceRequest.scheduled_for,
            func.ST_X(ServiceRequest.public_place),
            func.ST_Y(ServiceRequest.public_place),
        )
        .join(Service, Service.id == ServiceRequest.service_id)
        .where(
            ServiceRequest.confidential.is_(False),
            ServiceRequest.public_place.is_not(None),
            or_(ServiceRequest.status.in_(open_codes), repaired),
        )
        .order_by(ServiceRequest.id)
    )
