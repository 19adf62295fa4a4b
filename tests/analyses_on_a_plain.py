"""What analyses are tried on beside reports on a plain: repairs, water after damage, people, kelurahan."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
from geoalchemy2.shape import from_shape
from shapely.geometry import MultiPolygon, box
from sqlalchemy import delete
from sqlalchemy.orm import Session

from fieldops.models import (
    Area,
    AreaResidents,
    Cluster,
    Department,
    Follower,
    Reporter,
    Service,
    ServiceRequest,
    WorkOrder,
)
from fieldops.models.base import SRID, as_point
from geo.crs import to_degrees
from tests.reports_on_a_plain import CRS, DAYS, LAST_DAY, SIDE_M, SOUTH_M, WEST_M, add_report, degrees

STRIPS = 12
QUIET_STRIP = 3


def at(x_m: float, y_m: float) -> tuple[float, float]:
    lon, lat = to_degrees(np.array([WEST_M + x_m]), np.array([SOUTH_M + y_m]), CRS)
    return float(lon[0]), float(lat[0])


def first_of(session: Session, code: str) -> tuple[Service, Department]:
    service = session.query(Service).filter_by(code=code).one()
    department = session.query(Department).order_by(Department.id).first()
    assert department is not None
    return service, department


def water_follows_damage(session: Session, places: int = 60, *, turned: bool = False) -> None:
    """At each place a pothole, and standing water 10 m beside it four days later (before it, when turned)."""
    dice = np.random.default_rng(3)
    pothole, department = first_of(session, "pothole")
    water, _ = first_of(session, "standing_water")
    for number in range(places):
        x_m, y_m = dice.uniform(50, SIDE_M - 50, 2)
        day = LAST_DAY - timedelta(days=int(dice.integers(10, DAYS - 10)))
        later = day + timedelta(days=-4 if turned else 4)
        add_report(session, pothole, department, *at(x_m, y_m), day, 5_000 + 2 * number)
        add_report(session, water, department, *at(x_m + 10.0, y_m), later, 5_001 + 2 * number)
    session.flush()


def finished(
    session: Session,
    number: int,
    place: tuple[float, float],
    day: date,
    *,
    kind: str = "permanent",
    code: str = "pothole",
    after: WorkOrder | None = None,
) -> WorkOrder:
    """A repair that a crew finished on a day."""
    service, department = first_of(session, code)
    point = as_point(*place)
    moment = datetime(day.year, day.month, day.day, 5, number % 60, tzinfo=UTC)
    cluster = Cluster(
        service_id=service.id, family=service.family, anchor=point, severity=1, open=False,
        address=f"Jl. Uji {number}", created_at=moment,
    )  # fmt: skip
    session.add(cluster)
    session.flush()
    order = WorkOrder(
        number=f"PK-UJI-{number:04d}", cluster_id=cluster.id, service_id=service.id,
        department_id=department.id, status="done", place=point, duration_s=1800, material="asphalt",
        material_amount=10, skills=[], repair_kind=kind, created_at=moment, ended_at=moment,
        rework_of_id=after.id if after else None,
    )  # fmt: skip
    session.add(order)
    session.flush()
    return order


def repairs(session: Session) -> None:
    """One place mended three times, a temporary repair with its permanent one, a drain beside a hole, and
    one repair alone.
    """
    for number, back in enumerate((40, 25, 5)):
        finished(session, number, at(1_000 + 5 * number, 1_000), LAST_DAY - timedelta(days=back))
    quick = finished(session, 10, at(2_000, 2_000), LAST_DAY - timedelta(days=30), kind="temporary")
    finished(session, 11, at(2_000, 2_000), LAST_DAY - timedelta(days=20), after=quick)
    finished(session, 20, at(3_000, 3_000), LAST_DAY - timedelta(days=30))
    finished(session, 21, at(3_010, 3_000), LAST_DAY - timedelta(days=20), code="blocked_drain")
    finished(session, 30, at(3_500, 500), LAST_DAY - timedelta(days=20))
    finished(session, 40, at(3_500, 500), LAST_DAY - timedelta(days=19), kind="resident_work")


def strips(session: Session) -> None:
    """Twelve kelurahan of equal size instead of four."""
    session.execute(delete(AreaResidents))
    session.execute(delete(Area).where(Area.kind == "kelurahan"))
    width = SIDE_M / STRIPS
    for number in range(STRIPS):
        shape = box(WEST_M + number * width, SOUTH_M, WEST_M + (number + 1) * width, SOUTH_M + SIDE_M)
        area = Area(
            kind="kelurahan", name=f"Kelurahan {number}",
            shape=from_shape(MultiPolygon([degrees(shape)]), SRID),
        )  # fmt: skip
        session.add(area)
        session.flush()
        session.add(AreaResidents(area_id=area.id, year=2025, residents=5_000, source="uji"))
    session.flush()


def reports_by_strip(session: Session, a_strip: int = 60) -> None:
    """As many reports in every strip, on even days, but three in the quiet one."""
    service, department = first_of(session, "pothole")
    width, number = SIDE_M / STRIPS, 9_000
    for strip in range(STRIPS):
        for one in range(3 if strip == QUIET_STRIP else a_strip):
            place = at((strip + 0.5) * width, 100.0 + 3_800.0 * one / a_strip)
            add_report(session, service, department, *place, LAST_DAY - timedelta(days=one % 40), number)
            number += 1
    session.flush()


def people_behind(session: Session, requests: list[ServiceRequest], of_keen: int) -> None:
    """One keen person is behind some of the reports, everybody else behind one each."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    reporters = [Reporter(channel="web", language="id", created_at=now) for _ in range(len(requests))]
    session.add_all(reporters)
    session.flush()
    neighbour = reporters[-1].id
    session.add(Follower(request_id=requests[0].id, reporter_id=neighbour, part="me_too", since=now))
    for number, request in enumerate(requests):
        author = reporters[0] if number < of_keen else reporters[number]
        session.add(Follower(request_id=request.id, reporter_id=author.id, part="author", since=now))
    session.flush()
