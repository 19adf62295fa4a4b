"""Public points on the road graph: on the road, in steps, and the same for neighbours."""

from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import LineString, Point

from fieldops.config import Settings
from fieldops.extensions import db
from fieldops.operations.locate_request import STREET_REACH_M, locate
from fieldops.operations.locate_requests import locate_many
from fieldops.routing.roads import roads_of
from geo.crs import projected_crs, to_metres
from tests.conftest import World
from tests.routing.streets import roads_in

BESIDE = (110.8262, -7.56615)
"""Some 17 m south of Jalan Bengawan, 350 m east of its crossing with Jalan Merapi."""


def metres(*places: tuple[float, float]) -> list[Point]:
    x, y = to_metres(
        [one[0] for one in places], [one[1] for one in places], projected_crs([], [], epsg=32749)
    )
    return [Point(one) for one in zip(x.tolist(), y.tolist(), strict=True)]


def test_a_station_lies_on_the_road_within_half_a_step(tmp_path: Path) -> None:
    roads = roads_in(tmp_path)
    (found,) = roads.stations([BESIDE], 50.0, STREET_REACH_M)
    assert found is not None
    assert found.street == "Jalan Bengawan"
    road, shown, beside = metres((110.823, -7.566), (found.lon, found.lat), BESIDE)
    assert shown.distance(LineString([road, metres((110.835, -7.566))[0]])) < 1.0
    assert 10.0 < shown.distance(beside) <= 32.0


def test_neighbours_share_a_station_and_its_steps_are_fifty_metres(tmp_path: Path) -> None:
    roads = roads_in(tmp_path)
    along = [(BESIDE[0] + step * 2e-5, BESIDE[1]) for step in range(100)]  # every 2 m or so
    found = [one for one in roads.stations(along, 50.0, STREET_REACH_M) if one is not None]
    places = sorted({(one.lon, one.lat) for one in found})
    assert len(found) == 100
    assert 4 <= len(places) <= 8
    steps = [a.distance(b) for a, b in zip(metres(*places), metres(*places)[1:], strict=False)]
    assert max(steps) <= 50.5


def test_far_from_all_roads_and_without_a_graph_there_is_none(tmp_path: Path) -> None:
    assert roads_in(tmp_path).stations([(110.9, -7.6)], 50.0, STREET_REACH_M) == [None]
    assert roads_of(Settings(instance_dir=tmp_path / "none")).stations([BESIDE], 50.0, 120.0) == [None]


def test_a_public_point_is_on_the_graph_one_by_one_and_for_many(world: World, tmp_path: Path) -> None:
    roads, city = roads_in(tmp_path), world.installation.city
    one = locate(db.session(), city, *BESIDE, roads)
    (station,) = roads.stations([BESIDE], 50.0, STREET_REACH_M)
    assert station is not None
    assert one.public == pytest.approx((station.lon, station.lat), abs=1e-6)
    assert one.street
    many = locate_many(db.session(), city, np.array([BESIDE[0]]), np.array([BESIDE[1]]), roads)
    assert (many.public_lon[0], many.public_lat[0]) == one.public
    assert many.street == [one.street]
    stored = locate(db.session(), city, *BESIDE)
    assert stored.public != one.public, "without the graph it is the stored streets, or the square"
