"""Closing roads and opening them again, on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from geoalchemy2.shape import to_shape
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box
from sqlalchemy import select

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.errors import Conflict, InvalidInput, NotFound, OutOfArea
from fieldops.extensions import db
from fieldops.models import AuditEntry, RoadClosure, RoadClosureChange
from fieldops.operations.close_road import close_road
from fieldops.operations.closed_area import RoadToClose
from fieldops.operations.reopen_road import reopen_road
from fieldops.queries.closures import (
    as_closures,
    changes_of,
    closures_between,
    ended_closures,
    is_in_force,
    standing_closures,
)
from fieldops.transaction import transaction
from tests.conftest import World
from tests.integration.conftest import Story
from tests.routing.streets import BENGAWAN_AND_MERAPI, lay_roads

ALONG_BENGAWAN = LineString([(110.8240, -7.5660), (110.8280, -7.5660)])


def close(world: World, **what: Any) -> int:
    with transaction() as session:
        return close_road(session, world.installation, RoadToClose(**what), world.by(Role.DISPATCHER)).id


def closure(closure_id: int) -> RoadClosure:
    db.session.rollback()
    db.session.expire_all()
    return db.session().get_one(RoadClosure, closure_id)


@pytest.fixture
def town(world: World) -> World:
    lay_roads(world.installation.settings)
    return world


def test_a_drawn_line_becomes_the_ground_of_the_street(town: World) -> None:
    made = closure(close(town, drawn=ALONG_BENGAWAN, note="Air setinggi lutut"))
    shape = to_shape(made.shape)
    assert isinstance(shape, MultiPolygon)
    assert shape.covers(Point(110.826, -7.566))
    assert not shape.covers(Point(110.826, -7.5665))
    assert (made.origin, made.streets, made.note) == ("drawn", "Jalan Bengawan", "Air setinggi lutut")
    assert is_in_force(made, clock.now())
    (line,) = changes_of(db.session(), [made.id])[made.id]
    assert (line.what, line.actor) == ("closed", "dispatcher")
    assert line.facts["metres"] > 300
    acts = set(db.session().scalars(select(AuditEntry.act)))
    assert "road_closed" in acts


def test_what_is_stored_is_what_roads_are_asked_with(town: World) -> None:
    close(town, drawn=ALONG_BENGAWAN)
    held = as_closures(standing_closures(db.session(), clock.now()))
    roads = town.installation.roads
    ends = (110.8235, -7.5660), (110.8287, -7.5660)
    straight, around = roads.way(*ends), roads.way(*ends, held)
    assert straight is not None
    assert around is not None
    assert around.distance_m > 2 * straight.distance_m


def test_a_street_is_closed_by_its_name_and_its_crossings_stay_open(town: World) -> None:
    made = closure(close(town, street="jalan bengawan", place=(110.826, -7.566), radius_m=250))
    held = as_closures([made])
    taken = town.installation.roads.closed_roads(held)
    assert taken is not None
    assert taken.streets == ("Jalan Bengawan",), "no side street is closed with it"
    over = town.installation.roads.way((110.823, -7.5630), (110.823, -7.5690), held)
    assert over is not None
    assert over.distance_m < 700, "straight over the crossing along Jalan Merapi"


def test_a_whole_street_without_a_place(town: World) -> None:
    made = closure(close(town, street="Jalan Semeru"))
    shape = to_shape(made.shape)
    assert shape.covers(Point(110.805, -7.556))
    assert shape.covers(Point(110.805, -7.583))


def test_a_circle_closes_everything_in_it(town: World) -> None:
    made = closure(close(town, place=BENGAWAN_AND_MERAPI, radius_m=80))
    assert made.origin == "place"
    assert set(made.streets.split(", ")) == {"Jalan Bengawan", "Jalan Merapi"}


def test_an_orders_ground_is_closed_once(town: World, story: Story) -> None:
    ids = story.report(3, service_code="standing_water")
    order = story.order(ids[0])
    made = closure(close(town, order_id=order))
    assert (made.origin, made.work_order_id) == ("order", order)
    shape = to_shape(made.shape)
    assert all(shape.covers(Point(110.8230 + n * 4e-5, -7.5660)) for n in range(3))
    with pytest.raises(Conflict, match="closed already"):
        close(town, order_id=order)
    with transaction() as session:
        reopen_road(session, made.id, made.version, town.by(Role.DISPATCHER))
    assert close(town, order_id=order) != made.id


def test_opening_again_is_appended_and_happens_once(town: World) -> None:
    number = close(town, drawn=ALONG_BENGAWAN)
    version = closure(number).version
    with transaction() as session:
        reopen_road(session, number, version, town.by(Role.DISPATCHER))
    found = closure(number)
    assert found.reopened_at is not None
    assert not is_in_force(found, clock.now())
    assert [change.what for change in changes_of(db.session(), [number])[number]] == ["closed", "reopened"]
    assert standing_closures(db.session(), clock.now()) == []
    assert [row.id for row in ended_closures(db.session(), clock.now())] == [number]
    with pytest.raises(Conflict, match="ended already"), transaction() as session:
        reopen_road(session, number, found.version, town.by(Role.DISPATCHER))
    with pytest.raises(NotFound), transaction() as session:
        reopen_road(session, 999, 1, town.by(Role.DISPATCHER))


def test_a_stale_page_opens_nothing(town: World) -> None:
    number = close(town, drawn=ALONG_BENGAWAN)
    with pytest.raises(Conflict, match="Somebody else"), transaction() as session:
        reopen_road(session, number, closure(number).version - 1, town.by(Role.DISPATCHER))
    assert closure(number).reopened_at is None


def test_hours_limit_a_closure(town: World) -> None:
    now = clock.now()
    later = close(
        town, drawn=ALONG_BENGAWAN, starts_at=now + timedelta(hours=2), ends_at=now + timedelta(hours=4)
    )
    session = db.session()
    assert not is_in_force(closure(later), now)
    assert [row.id for row in closures_between(session, now, now + timedelta(hours=3))] == [later]
    assert closures_between(session, now, now + timedelta(hours=1)) == []
    assert closures_between(session, now + timedelta(hours=5), now + timedelta(hours=6)) == []
    past = close(town, drawn=ALONG_BENGAWAN, starts_at=now - timedelta(days=1))
    assert closure(past).starts_at >= now, "what was driven yesterday was open"


@pytest.mark.parametrize(
    ("what", "error", "field"),
    [
        ({}, InvalidInput, "street"),
        ({"street": "Jalan Khayalan"}, InvalidInput, "street"),
        ({"street": "Jalan Semeru", "place": (110.835, -7.566)}, InvalidInput, "radius_m"),
        ({"place": BENGAWAN_AND_MERAPI, "radius_m": 1}, InvalidInput, "radius_m"),
        ({"place": (112.0, -7.5)}, OutOfArea, "lat"),
        ({"drawn": Polygon()}, InvalidInput, "shape"),
        ({"drawn": LineString([(0.0, 0.0), (0.1, 0.0)])}, OutOfArea, "shape"),
        ({"drawn": LineString([(500.0, 0.0), (0.1, 0.0)])}, InvalidInput, "shape"),
        ({"drawn": LineString([(110.82 + n * 1e-6, -7.566) for n in range(2100)])}, InvalidInput, "shape"),
        ({"drawn": box(110.8132, -7.5632, 110.8138, -7.5628)}, InvalidInput, "shape"),
        ({"drawn": box(110.78, -7.60, 110.86, -7.53)}, InvalidInput, "shape"),
        ({"drawn": ALONG_BENGAWAN, "note": "x" * 301}, InvalidInput, "note"),
        ({"drawn": ALONG_BENGAWAN, "ends_at": timedelta(hours=-1)}, InvalidInput, "ends_at"),
        ({"drawn": ALONG_BENGAWAN, "ends_at": timedelta(days=900)}, InvalidInput, "ends_at"),
        ({"order_id": 999}, NotFound, None),
    ],
)
def test_what_cannot_be_closed_is_refused_by_name(
    town: World, what: dict[str, Any], error: type[Exception], field: str | None
) -> None:
    if "ends_at" in what:
        what = what | {"ends_at": clock.now() + what["ends_at"]}
    with pytest.raises(error) as caught:
        close(town, **what)
    assert caught.value.field == field  # type: ignore[attr-defined]
    assert db.session().scalars(select(RoadClosure)).all() == []
    assert db.session().scalars(select(RoadClosureChange)).all() == []


def test_without_a_graph_closures_are_kept_all_the_same(world: World) -> None:
    made = closure(close(world, drawn=ALONG_BENGAWAN, note="banjir"))
    assert made.streets == ""
    (line,) = changes_of(db.session(), [made.id])[made.id]
    assert line.facts["metres"] is None
    with pytest.raises(InvalidInput) as caught:
        close(world, street="Jalan Bengawan")
    assert caught.value.field == "street"


def test_a_crossed_out_area_is_mended(town: World) -> None:
    bow = Polygon([(110.822, -7.567), (110.824, -7.565), (110.824, -7.567), (110.822, -7.565)])
    made = closure(close(town, drawn=bow))
    assert to_shape(made.shape).is_valid
