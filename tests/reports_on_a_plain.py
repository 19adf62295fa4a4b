"""A plain city of 4 × 4 km for hotspots: kelurahan, streets, a gauge, reports with one hot corner."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import shapely
from geoalchemy2.shape import from_shape
from shapely.geometry import LineString, MultiPolygon, box
from sqlalchemy.orm import Session

from fieldops.models import (
    Area,
    AreaResidents,
    Cluster,
    Department,
    Line,
    RainDay,
    RainGauge,
    Service,
    ServiceRequest,
)
from fieldops.models.base import SRID, as_point
from geo.crs import projected_crs, to_degrees

CRS = projected_crs([], [], epsg=32749)
WEST_M, SOUTH_M, SIDE_M = 478_000.0, 9_162_000.0, 4_000.0
HOT_X_M, HOT_Y_M, HOT_RADIUS_M = WEST_M + 1_000.0, SOUTH_M + 1_000.0, 350.0
LAST_DAY = date(2026, 11, 20)
DAYS = 84


def degrees(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(
        shape, lambda places: np.column_stack(to_degrees(places[:, 0], places[:, 1], CRS))
    )


def lay_out(session: Session) -> None:
    """Areas, streets, rain and residents."""
    half = SIDE_M / 2
    shapes = {
        ("city", "Kota"): box(WEST_M, SOUTH_M, WEST_M + SIDE_M, SOUTH_M + SIDE_M),
        ("kelurahan", "Barat Daya"): box(WEST_M, SOUTH_M, WEST_M + half, SOUTH_M + half),
        ("kelurahan", "Tenggara"): box(WEST_M + half, SOUTH_M, WEST_M + SIDE_M, SOUTH_M + half),
        ("kelurahan", "Barat Laut"): box(WEST_M, SOUTH_M + half, WEST_M + half, SOUTH_M + SIDE_M),
        ("kelurahan", "Timur Laut"): box(WEST_M + half, SOUTH_M + half, WEST_M + SIDE_M, SOUTH_M + SIDE_M),
    }
    areas = {
        name: Area(kind=kind, name=name, shape=from_shape(MultiPolygon([degrees(shape)]), SRID))
        for (kind, name), shape in shapes.items()
    }
    session.add_all(areas.values())
    session.flush()
    for number, name in enumerate(("Barat Daya", "Tenggara", "Barat Laut", "Timur Laut")):
        session.add(
            AreaResidents(area_id=areas[name].id, year=2025, residents=4_000 + 1_000 * number, source="uji")
        )
    for step in range(20):
        at = 100.0 + 200.0 * step
        for line in (
            LineString([(WEST_M + at, SOUTH_M), (WEST_M + at, SOUTH_M + SIDE_M)]),
            LineString([(WEST_M, SOUTH_M + at), (WEST_M + SIDE_M, SOUTH_M + at)]),
        ):
            session.add(
                Line(
                    kind="street",
                    name=f"Jl. {step}",
                    line_class="local",
                    jurisdiction="city" if step % 2 else "province",
                    shape=from_shape(degrees(line), SRID),
                )
            )
    gauge = RainGauge(name="Pos Uji", source="uji", place=None)
    session.add(gauge)
    session.flush()
    session.add_all(
        RainDay(
            gauge_id=gauge.id, day=LAST_DAY - timedelta(days=back), depth_mm=float(20 if back % 5 == 0 else 0)
        )
        for back in range(DAYS + 10)
    )
    session.flush()


def report_all(
    session: Session, *, spread: int = 240, hot: int = 160, hot_from_day: int = 0, seed: int = 7
) -> None:
    """Reports of the last `DAYS` days: some spread evenly, some in one corner from a day on."""
    dice = np.random.default_rng(seed)
    x = np.concatenate(
        [WEST_M + dice.uniform(0, SIDE_M, spread), HOT_X_M + dice.normal(0, HOT_RADIUS_M / 2, hot)]
    )
    y = np.concatenate(
        [SOUTH_M + dice.uniform(0, SIDE_M, spread), HOT_Y_M + dice.normal(0, HOT_RADIUS_M / 2, hot)]
    )
    day = np.concatenate([dice.integers(0, DAYS, spread), dice.integers(hot_from_day, DAYS, hot)])
    lon, lat = to_degrees(x, y, CRS)
    services = {one.code: one for one in session.query(Service).order_by(Service.id)}
    pothole, drain = services["pothole"], services["blocked_drain"]
    department = session.query(Department).order_by(Department.id).first()
    assert department is not None
    for number in range(spread + hot):
        add_report(
            session,
            pothole if number % 3 else drain,
            department,
            float(lon[number]),
            float(lat[number]),
            LAST_DAY - timedelta(days=DAYS - 1 - int(day[number])),
            number,
        )
    session.flush()


def add_report(
    session: Session,
    service: Service,
    department: Department,
    lon: float,
    lat: float,
    day: date,
    number: int,
    cluster: Cluster | None = None,
) -> ServiceRequest:
    at = datetime(day.year, day.month, day.day, 5, number % 60, tzinfo=UTC)  # noon in the city
    made = ServiceRequest(
        code=f"UJI-{number:06d}",
        link_digest=f"{number:064d}",
        external_key=str(number),
        service_id=service.id,
        department_id=department.id,
        status="acknowledged",
        severity=1 + number % 3,
        words="",
        channel="whatsapp" if number % 4 else "web",
        location_state="confirmed",
        place=as_point(lon, lat),
        public_place=as_point(lon, lat),
        map_key=number + 1,
        public_key=number + 1,
        cluster_id=cluster.id if cluster else None,
        reported_at=at,
        received_at=at,
    )
    session.add(made)
    return made
