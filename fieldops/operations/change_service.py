"""Kinds of complaint: what an administrator sets about them, and new promises for them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.roles import By
from fieldops.domain.waitings import STARTING_HOURS
from fieldops.errors import Conflict, InvalidInput, NotFound
from fieldops.models import Department, Service, ServiceLevel
from fieldops.operations.audit import write_audit
from fieldops.outbox import enqueue

MOST_RADIUS_M: Final = 1000
"""Hard cap of product reference §6."""

PROMISES: Final = ("first_response", "follow_up", "repair", "make_safe", *STARTING_HOURS)
"""What is promised, and how long each waiting may last."""
LINKING: Final = ("link_radius_m", "window_days", "while_open", "same_rain", "links_alone")
SKILLS: Final = ("patch", "heavy", "drain", "pump")
MATERIALS: Final = ("asphalt_kg", "sediment_l", "none")


@dataclass(frozen=True)
class ServiceChanges:
    """What may be set. Radii in metres (0 is off), the window in days, the duration in seconds."""

    name_id: str
    name_en: str
    department_id: int
    suggest_radius_m: int
    link_radius_m: int
    window_days: int
    while_open: bool
    same_rain: bool
    links_alone: bool
    duration_s: int
    material: str
    material_amount: int
    skills: tuple[str, ...]
    dry_weather: bool
    active: bool


def change_service(session: Session, service_id: int, changes: ServiceChanges, by: By) -> Service:
    """Set what a kind of complaint takes and how its reports are grouped. Open orders keep what they have;
    where reports are linked otherwise from now on, all are grouped anew in a moment.

    Raises
    ------
    NotFound
        There is no such service or department.
    InvalidInput
        A name is missing, a radius is beyond 1 km, or reports would be linked further than suggested.
    """
    service = session.get(Service, service_id)
    if service is None:
        raise NotFound("There is no such kind of report.")
    _check(session, changes)
    if any(getattr(service, field) != getattr(changes, field) for field in LINKING):
        enqueue(session, "regroup_requests", {}, dedupe_key="regroup_requests")
    for field in ServiceChanges.__dataclass_fields__:
        value = getattr(changes, field)
        setattr(service, field, list(value) if field == "skills" else value)
    write_audit(
        session, by, "service_changed", "service", service.id,
        suggest_radius_m=changes.suggest_radius_m, link_radius_m=changes.link_radius_m,
    )  # fmt: skip
    session.flush()
    return service


def _check(session: Session, changes: ServiceChanges) -> None:
    for field in ("name_id", "name_en"):
        if not getattr(changes, field):
            raise InvalidInput("This is needed.", field=field)
    for field in ("suggest_radius_m", "link_radius_m"):
        if not 0 <= getattr(changes, field) <= MOST_RADIUS_M:
            raise InvalidInput("A radius is between 0 and 1,000 m.", field=field)
    if changes.link_radius_m > changes.suggest_radius_m > 0:
        raise InvalidInput(
            "Reports cannot be linked from further away than they are suggested.", field="link_radius_m"
        )
    if session.get(Department, changes.department_id) is None:
        raise InvalidInput("Choose a department.", field="department_id")


def add_service_level(
    session: Session,
    *,
    service_id: int | None,
    kind: str,
    hours: int,
    source: str,
    valid_from: date,
    by: By,
) -> ServiceLevel:
    """Add a promise that holds from a day on; the one before ends the day before and stays on record.

    Raises
    ------
    InvalidInput
        An unknown kind or service, or no source.
    Conflict
        A promise of this kind begins on that day or later already.
    """
    if kind not in PROMISES:
        raise InvalidInput("Choose one of the answers.", field="kind")
    if service_id is not None and session.get(Service, service_id) is None:
        raise InvalidInput("There is no such kind of report.", field="service_id")
    if not source:
        raise InvalidInput("Name the rule or contract that this comes from.", field="source")
    newest = session.scalar(
        select(ServiceLevel)
        .where(ServiceLevel.kind == kind, ServiceLevel.service_id == service_id)
        .order_by(ServiceLevel.valid_from.desc(), ServiceLevel.id.desc())
        .limit(1)
    )
    if newest is not None:
        if newest.valid_from >= valid_from:
            raise Conflict(
                "A newer promise begins on %(day)s already.", field="valid_from", day=newest.valid_from
            )
        if newest.valid_to is None or newest.valid_to >= valid_from:
            newest.valid_to = valid_from - timedelta(days=1)
    level = ServiceLevel(service_id=service_id, kind=kind, hours=hours, source=source, valid_from=valid_from)
    session.add(level)
    session.flush()
    write_audit(session, by, "service_level_added", "service_level", level.id, kind=kind, hours=hours)
    return level
