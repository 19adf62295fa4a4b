"""A small city to read as features: streets, water, kelurahan, reports that some may see and others not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from geoalchemy2.shape import from_shape
from shapely.geometry import LineString, MultiPolygon, box
from werkzeug.test import TestResponse

from fieldops import clock
from fieldops.domain.roles import By, Role
from fieldops.extensions import db
from fieldops.models import Area, Cluster, Line, ServiceRequest
from fieldops.operations.give_api_token import give_api_token
from fieldops.operations.open_work_order import open_work_order
from fieldops.operations.submit_request import submit_request
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from tests.conftest import World

LON, LAT = 110.8230, -7.5660
NAME, PHONE, MAIL = "Sumiyati Wiryo", "081234567890", "sumiyati@example.org"
WORDS = f"Rumah {NAME}, telepon {PHONE}"


@dataclass
class City:
    """The city, and what may be found in it; every call is a unit of work or a request of its own."""

    world: World
    submission: Callable[..., Any]
    ids: dict[str, int] = field(default_factory=dict)

    def report(self, name: str, **changes: Any) -> int:
        with transaction() as session:
            made = submit_request(session, self.world.installation, self.submission(**changes))
            self.ids[name] = made.request.id
        return self.ids[name]

    def set(self, name: str, **values: Any) -> None:
        with transaction() as session:
            request = session.get_one(ServiceRequest, self.ids[name])
            for key, value in values.items():
                setattr(request, key, value)

    def code(self, name: str) -> str:
        db.session.remove()
        return db.session.get_one(ServiceRequest, self.ids[name]).code

    def order(self, name: str) -> int:
        with transaction() as session:
            number = session.get_one(ServiceRequest, self.ids[name]).cluster_id
            cluster = session.get_one(Cluster, number)
            return open_work_order(session, self.world.installation, cluster, self.dispatcher).id

    def today(self) -> date:
        """The day of the city's calendar."""
        return clock.now().astimezone(ZoneInfo(self.world.installation.city.time_zone)).date()

    def midnight(self, days_ago: int) -> datetime:
        return self.world.installation.city.midnight(self.today() - timedelta(days=days_ago))

    @property
    def dispatcher(self) -> By:
        return self.world.by(Role.DISPATCHER)

    def token(self, role: Role, name: str = "QGIS") -> str:
        with transaction() as session:
            by = self.world.by(role)
            assert by.user_id is not None
            return give_api_token(session, by.user_id, name, by)[1]

    def get(self, path: str, token: str = "", **headers: str) -> TestResponse:
        home = f"/ogc/{token}" if token else "/ogc"
        client: FlaskClient = self.world.app.test_client()
        return client.get(home + path, headers=headers)

    def items(self, layer: str, query: str = "", token: str = "") -> list[dict[str, Any]]:
        answer = self.get(f"/collections/{layer}/items?{query}", token)
        assert answer.status_code == 200, answer.text
        return list(answer.json["features"])  # type: ignore[index]


def lay_ground() -> None:
    """Streets 330 m apart, a canal, a river, a railway, two kelurahan in a kecamatan."""
    with transaction() as session:
        for kind, name, line_class, jurisdiction, lat in (
            ("street", "Jalan Slamet Riyadi", "arterial", "city", LAT + 0.0001),
            ("street", "Jalan Veteran", "collector", "province", LAT - 0.003),
            ("canal", "Kali Pepe", "secondary", "city", LAT - 0.01),
            ("river", "Bengawan Solo", "primary", "national", LAT - 0.02),
            ("railway", "Jalur Solo", "main", "national", LAT + 0.01),
        ):
            shape = from_shape(LineString([(LON - 0.02, lat), (LON, lat), (LON + 0.02, lat)]), srid=4326)
            session.add(
                Line(kind=kind, name=name, line_class=line_class, jurisdiction=jurisdiction, shape=shape)
            )
        parent = Area(kind="kecamatan", name="Laweyan", shape=_square(LON - 0.03, LON + 0.03))
        session.add(parent)
        session.flush()
        session.add(
            Area(kind="kelurahan", name="Sriwedari", parent_id=parent.id, shape=_square(LON - 0.03, LON))
        )
        session.add(
            Area(kind="kelurahan", name="Penumping", parent_id=parent.id, shape=_square(LON, LON + 0.03))
        )


def _square(west: float, east: float) -> Any:
    return from_shape(MultiPolygon([box(west, LAT - 0.03, east, LAT + 0.03)]), srid=4326)


@pytest.fixture
def city(world: World, submission: Callable[..., Any]) -> City:
    """Reports: open, in_progress, repaired, long_repaired, declined, secret, and a drain beside."""
    made = City(world, submission)
    lay_ground()
    now = clock.now()
    person = {"words": WORDS, "contact": MAIL, "reported_at": now - timedelta(days=3)}
    made.report("open", lon=LON + 0.001, lat=LAT, **person)
    made.report("in_progress", lon=LON + 0.004, lat=LAT, **person)
    made.report("repaired", lon=LON + 0.007, lat=LAT, **person)
    made.report("long_repaired", lon=LON + 0.010, lat=LAT, **person)
    made.report("declined", lon=LON - 0.004, lat=LAT, **person)
    made.report("secret", lon=LON - 0.007, lat=LAT, confidential=True, **person)
    made.report(
        "drain", service_code="blocked_drain", severity=3, lon=LON + 0.0001, lat=LAT - 0.003, **person
    )
    work_until_idle(world.installation)
    made.set("in_progress", status="in_progress")
    made.set("repaired", status="done", ended_at=now - timedelta(days=2))
    made.set("long_repaired", status="done", ended_at=now - timedelta(days=20))
    made.set("declined", status="declined", ended_at=now - timedelta(days=1))
    return made
