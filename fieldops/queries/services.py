"""Kinds of complaint and what is promised for them."""

from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldops.errors import InvalidInput
from fieldops.models import Crew, Service, ServiceLevel


def active_services(session: Session) -> list[Service]:
    """Return the services on offer, in their order."""
    return list(
        session.scalars(
            select(Service).where(Service.active.is_(True)).order_by(Service.position, Service.id)
        )
    )


def active_service(session: Session, code: str) -> Service:
    """Return one service on offer.

    Raises
    ------
    InvalidInput
        There is none of this code.
    """
    service = session.scalar(select(Service).where(Service.code == code, Service.active.is_(True)))
    if service is None:
        raise InvalidInput("There is no kind of report called “%(code)s”.", field="service", code=code[:40])
    return service


def services_by_id(session: Session) -> dict[int, Service]:
    """Return all services, also those no longer on offer."""
    return {service.id: service for service in session.scalars(select(Service))}


def known_skills(session: Session) -> list[str]:
    """Return every skill that a kind of report asks for or a crew has, by code."""
    needed = {skill for service in session.scalars(select(Service)) for skill in service.skills}
    return sorted(needed | {skill for crew in session.scalars(select(Crew)) for skill in crew.skills})


def level_in_force(session: Session, kind: str, service_id: int, day: date) -> ServiceLevel | None:
    """Return the promise of a kind that held on a day: the service's own, else the one for all."""
    rows = session.scalars(
        select(ServiceLevel)
        .where(
            ServiceLevel.kind == kind,
            or_(ServiceLevel.service_id == service_id, ServiceLevel.service_id.is_(None)),
            ServiceLevel.valid_from <= day,
            or_(ServiceLevel.valid_to.is_(None), ServiceLevel.valid_to >= day),
        )
        .order_by(ServiceLevel.service_id.is_(None), ServiceLevel.valid_from.desc(), ServiceLevel.id.desc())
    )
    return rows.first()


def deadline(session: Session, kind: str, service_id: int, since: datetime) -> datetime | None:
    """Return when a promise of a kind falls due for something that began at `since`, in plain hours."""
    level = level_in_force(session, kind, service_id, since.date())
    return since + timedelta(hours=level.hours) if level else None
