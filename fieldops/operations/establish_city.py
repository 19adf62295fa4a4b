"""Give an empty database the rows of its city's profile."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.city import City
from fieldops.domain.waitings import STARTING_HOURS, STARTING_SOURCE
from fieldops.models import Crew, Department, Depot, Service, ServiceLevel, Shift
from fieldops.models.base import as_point
from fieldops.operations.change_hazards import add_first_hazards
from fieldops.operations.change_replies import add_first_replies

SHIFT_DAYS = 14
WAITINGS_FROM = date(2019, 1, 1)
"""Before any report: how long a waiting may last that the profile says nothing of."""


def establish_city(session: Session, city: City) -> bool:
    """Insert departments, services, promises, depots and crews, unless a service exists already.

    Returns
    -------
    Whether anything was inserted.
    """
    add_first_hazards(session)
    if session.scalar(select(func.count()).select_from(Service)):
        return False
    departments = {seed.code: Department(code=seed.code, name=seed.name) for seed in city.departments}
    depots = {seed.name: Depot(name=seed.name, place=as_point(seed.lon, seed.lat)) for seed in city.depots}
    session.add_all([*departments.values(), *depots.values()])
    session.flush()
    _add_services(session, city, departments)
    session.add_all(
        Crew(
            letter=seed.letter,
            name=seed.name,
            department_id=departments[seed.department].id,
            depot_id=depots[seed.depot].id,
            skills=seed.skills,
            capacity=seed.capacity,
        )
        for seed in city.crews
    )
    add_first_replies(session)
    session.flush()
    return True


def _add_services(session: Session, city: City, departments: dict[str, Department]) -> None:
    services = {
        seed.code: Service(
            code=seed.code,
            family=seed.family,
            icon=seed.icon,
            name_id=seed.name_id,
            name_en=seed.name_en,
            department_id=departments[seed.department].id,
            suggest_radius_m=seed.suggest_radius_m,
            link_radius_m=seed.link_radius_m,
            window_days=seed.window_days,
            while_open=seed.while_open,
            same_rain=seed.same_rain,
            duration_s=seed.duration_minutes * 60,
            material=seed.material,
            material_amount=seed.material_amount,
            skills=seed.skills,
            dry_weather=seed.dry_weather,
            position=position,
            external_names=seed.external_names,
        )
        for position, seed in enumerate(city.services)
    }
    session.add_all(services.values())
    session.flush()
    session.add_all(
        ServiceLevel(
            service_id=services[seed.service].id if seed.service else None,
            kind=seed.kind,
            hours=seed.hours,
            source=seed.source,
            valid_from=seed.valid_from,
        )
        for seed in city.service_levels
    )
    named = {seed.kind for seed in city.service_levels if seed.service is None}
    session.add_all(
        ServiceLevel(kind=kind, hours=hours, source=STARTING_SOURCE, valid_from=WAITINGS_FROM)
        for kind, hours in STARTING_HOURS.items()
        if kind not in named
    )


def ensure_shifts(session: Session, city: City, first: datetime | None = None, days: int = SHIFT_DAYS) -> int:
    """Give every active crew its usual shift on each of the coming days that has none; Sundays are free.

    Returns
    -------
    How many shifts were added.
    """
    zone = ZoneInfo(city.time_zone)
    start = (first or clock.now()).astimezone(zone).date()
    crews = list(session.scalars(select(Crew).where(Crew.active.is_(True)).order_by(Crew.id)))
    known = {(shift.crew_id, shift.day) for shift in session.scalars(select(Shift).where(Shift.day >= start))}
    hours, added = city.shift, 0
    for day in (start + timedelta(days=ahead) for ahead in range(days)):
        if day.weekday() == 6:
            continue

        def at(hour: time, day=day) -> datetime:  # type: ignore[no-untyped-def]
            return datetime.combine(day, hour, zone).astimezone(UTC)

        for crew in crews:
            if (crew.id, day) in known:
                continue
            session.add(
                Shift(
                    crew_id=crew.id,
                    day=day,
                    starts_at=at(hours.starts),
                    ends_at=at(hours.ends),
                    break_from=at(hours.break_from),
                    break_until=at(hours.break_until),
                    break_s=hours.break_minutes * 60,
                    overtime_s=hours.overtime_minutes * 60,
                )
            )
            added += 1
    session.flush()
    return added
