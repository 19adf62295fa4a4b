"""Days planned over real streets: closures, far places, a replaced network, a route server."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import LineString, box

from fieldops import clock
from fieldops.domain.day_events import DayEventKind
from fieldops.domain.roles import Role
from fieldops.errors import Conflict
from fieldops.extensions import db
from fieldops.models import DayPlan
from fieldops.operations.close_road import close_road
from fieldops.operations.closed_area import RoadToClose
from fieldops.operations.problem_drives import RoadsChanged, read_again
from fieldops.operations.reopen_road import reopen_road
from fieldops.queries.closures import standing_closures
from fieldops.routing.route_server import RouteServer
from fieldops.transaction import transaction
from geo.roads.importing import import_roads
from tests.conftest import World
from tests.integration.conftest import Story
from tests.routing.osrm_stand_in import StandIn, osrm_stand_in
from tests.routing.streets import EXTRACT, lay_roads
from tests.running_day import HOLES, Day

BRIDGE = box(110.8255, -7.5665, 110.8265, -7.5655)
"""On Jalan Bengawan, between Jalan Merapi and Jalan Sumbing."""


@pytest.fixture
def town(world: World) -> World:
    lay_roads(world.installation.settings)
    return world


@pytest.fixture
def osrm() -> Iterator[StandIn]:
    with osrm_stand_in() as running:
        yield running


def close(world: World, **what: Any) -> int:
    what = what or {"drawn": BRIDGE}
    with transaction() as session:
        return close_road(session, world.installation, RoadToClose(**what), world.by(Role.DISPATCHER)).id


def planned(story: Story, plan_id: int) -> DayPlan:
    found: DayPlan = story._fresh().get_one(DayPlan, plan_id)
    return found


def orders(story: Story, places: list[tuple[float, float]] = HOLES) -> list[int]:
    return [story.order(story.report(lon=lon, lat=lat)[0]) for lon, lat in places]


def test_a_day_is_planned_over_streets_and_sent_out(town: World, story: Story) -> None:
    orders(story)
    plan = planned(story, story.plan())
    roads = plan.problem["_roads"]
    assert plan.answer["summary"]["matrix_source"] == "roads"
    assert (roads["source"], roads["closures"], roads["extract"]) == ("roads", [], "streets.osm")
    assert roads["key"] == town.installation.roads.state().key
    assert plan.accepted
    assert "matrices" not in plan.problem
    assert len(json.dumps(plan.problem)) < 1000 * len(HOLES) + 3000, "the stored problem stays small"
    assert story.dispatch(plan.id)


def test_without_roads_it_is_said_why(world: World, story: Story) -> None:
    orders(story, HOLES[:2])
    plan = planned(story, story.plan())
    assert plan.answer["summary"]["matrix_source"] == "affine"
    assert plan.problem["_roads"] == {
        "source": "estimate", "key": "", "closures": [], "fault": "no_roads",
    }  # fmt: skip
    assert story.dispatch(plan.id)


def test_a_closure_in_force_is_driven_around_and_recorded(town: World, story: Story) -> None:
    ends = [(110.8240, -7.5660), (110.8280, -7.5660)]
    orders(story, ends)
    free = planned(story, story.plan())
    number = close(town)
    shut = planned(story, story.plan())
    assert shut.problem["_roads"]["closures"] == [number]
    assert shut.answer["summary"]["travel"] > free.answer["summary"]["travel"]
    again = read_again(db.session(), town.installation, shut)
    first, second = (job.location_index for job in again.jobs)
    assert again.matrices["car"].distances_m is not None
    assert again.matrices["car"].distances_m[first, second] > 1000
    assert story.dispatch(shut.id)


def test_a_street_closed_since_stops_a_plan_and_an_opened_one_does_not(town: World, story: Story) -> None:
    orders(story, HOLES[:3])
    plan_id = story.plan()
    number = close(town, street="Jalan Merapi", place=(110.823, -7.569), radius_m=400)
    with pytest.raises(RoadsChanged, match="Jalan Merapi"):
        story.dispatch(plan_id)
    with_it = story.plan()
    with transaction() as session:
        (row,) = standing_closures(session, clock.now())
        reopen_road(session, number, row.version, story.dispatcher)
    assert story.dispatch(with_it), "its times hold: what is open is driven no slower"


def test_a_closure_of_tonight_does_not_concern_tomorrow(town: World, story: Story) -> None:
    orders(story, HOLES[:3])
    day = story.work_days()[0]
    with clock.frozen(town.installation.city.midnight(day) - timedelta(hours=5)):
        close(town, drawn=BRIDGE, ends_at=town.installation.city.midnight(day))
        later = close(
            town, drawn=BRIDGE, starts_at=town.installation.city.midnight(day) + timedelta(hours=10)
        )
        plan = planned(story, story.plan(day))
    assert plan.problem["_roads"]["closures"] == [later]


def test_a_replaced_network_asks_for_a_new_plan(town: World, story: Story, tmp_path: Path) -> None:
    orders(story, HOLES[:3])
    plan_id = story.plan()
    changed = tmp_path / "changed.osm"
    changed.write_text(EXTRACT.read_text().replace('v="primary"', 'v="service"'))
    import_roads(changed, town.installation.settings.roads_path)
    with pytest.raises(Conflict, match="road network was replaced"):
        story.dispatch(plan_id)
    assert story.dispatch(story.plan())


def test_far_places_are_named_and_unreachable_ones_left_out(town: World, story: Story) -> None:
    meadow, near = (110.870, -7.566), (110.8260, -7.5690)
    far, close_by, _street = orders(story, [meadow, near, HOLES[2]])
    plan = planned(story, story.plan())
    away = dict(plan.problem["_roads"]["far"])
    assert set(away) == {far, close_by}
    assert away[far] > 1000
    assert 150 < away[close_by] < 1000
    (left,) = plan.answer["unassigned"]
    assert (left["id"], left["reason"]) == (far, "unreachable")


def test_a_closure_can_cut_a_place_off(town: World, story: Story) -> None:
    corner, middle = (110.8410, -7.5855), (110.823, -7.566)
    island, _street = orders(story, [corner, middle])
    close(town, drawn=LineString([(110.8400, -7.5865), (110.8400, -7.5840), (110.8420, -7.5840)]))
    plan = planned(story, story.plan())
    left = {one["id"]: one["reason"] for one in plan.answer["unassigned"]}
    assert left == {island: "unreachable"}
    assert plan.accepted


def test_a_graph_of_another_city_leaves_estimates(world: World, story: Story, data: Path) -> None:
    source = next((data / "roads_balikpapan_osm2025").glob("*.json*"))
    import_roads(source, world.installation.settings.roads_path)
    orders(story, HOLES[:2])
    plan = planned(story, story.plan())
    assert plan.answer["summary"]["matrix_source"] == "affine"
    assert plan.problem["_roads"]["fault"] == "outside"


# ---------------------------------------------------------------- a running day


def test_a_flooded_street_changes_the_running_day(town: World, story: Story) -> None:
    day = Day(story)
    with day.at(9):
        number = close(town, street="Jalan Bengawan", place=(110.826, -7.566), radius_m=300)
        change = day.change(day.happens(DayEventKind.CLOSURE))
        assert change.problem["_roads"]["closures"] == [number]
        assert change.answer["summary"]["matrix_source"] == "roads"
        assert change.accepted
        day.approve(change.id)


def test_a_change_computed_before_a_closure_is_computed_again(town: World, story: Story) -> None:
    day = Day(story)
    with day.at(9):
        change = day.happens(DayEventKind.AGAIN)
        close(town, street="Jalan Bengawan", place=(110.826, -7.566), radius_m=300)
        with pytest.raises(RoadsChanged, match="Jalan Bengawan"):
            day.approve(change)


# ---------------------------------------------------------------- a route server


def with_server(world: World, osrm: StandIn) -> None:
    world.installation.roads.server = RouteServer(osrm.url)


def test_a_day_is_planned_by_a_route_server(world: World, story: Story, osrm: StandIn) -> None:
    with_server(world, osrm)
    orders(story, HOLES[:3])
    plan = planned(story, story.plan())
    roads = plan.problem["_roads"]
    assert (roads["source"], plan.answer["summary"]["matrix_source"]) == ("server", "roads")
    assert osrm.url not in json.dumps(plan.problem)
    osrm.mode = "broken"
    assert story.dispatch(plan.id), "what it said is kept for the check"


def test_a_route_server_that_fails_leaves_the_streets(town: World, story: Story, osrm: StandIn) -> None:
    with_server(town, osrm)
    osrm.mode = "broken"
    orders(story, HOLES[:3])
    plan = planned(story, story.plan())
    roads = plan.problem["_roads"]
    assert (roads["source"], roads["fault"]) == ("roads", "server_wrong")
    assert story.dispatch(plan.id)
