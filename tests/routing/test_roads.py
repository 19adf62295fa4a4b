"""Where travel times and ways come from: server, road graph, estimate, in that order, each said."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import Point, box

from fieldops.config import Settings
from fieldops.routing.drives import Closures, Fault, Source
from fieldops.routing.roads import roads_of
from geo.roads.importing import import_roads
from tests.routing.osrm_stand_in import StandIn, osrm_stand_in
from tests.routing.streets import (
    BENGAWAN_AND_MERAPI,
    BENGAWAN_AND_SLAMET,
    EXTRACT,
    MELATI_AND_MERAPI,
    roads_in,
)

PLACES = [BENGAWAN_AND_MERAPI, BENGAWAN_AND_SLAMET, MELATI_AND_MERAPI]
FLOODED = Closures((1,), (box(110.8255, -7.5665, 110.8265, -7.5655),))
"""A stretch of Jalan Bengawan between Jalan Merapi and Jalan Sumbing."""


@pytest.fixture
def osrm() -> Iterator[StandIn]:
    with osrm_stand_in() as running:
        yield running


def test_without_anything_it_is_an_estimate_and_says_so(tmp_path: Path) -> None:
    roads = roads_of(Settings(instance_dir=tmp_path))
    found = roads.drives(PLACES)
    assert (found.source, found.fault) == (Source.ESTIMATE, Fault.NO_ROADS)
    way = roads.way(*PLACES[:2])
    assert way is not None
    assert way.is_estimate
    assert way.line == (PLACES[0], PLACES[1])
    assert way.steps == ()
    assert roads.state().fault is Fault.NO_ROADS
    assert roads.away_m(PLACES[0]) is None


def test_with_a_graph_it_is_the_streets(tmp_path: Path) -> None:
    roads = roads_in(tmp_path)
    found = roads.drives(PLACES)
    assert (found.source, found.fault) == (Source.ROADS, None)
    assert found.key == roads.state().key
    assert found.distances_m[0, 1] == pytest.approx(1324, abs=10)
    way = roads.way(PLACES[2], PLACES[1])
    assert way is not None
    assert way.source is Source.ROADS
    assert [step.code for step in way.steps][:1] == ["depart"]
    assert {step.street for step in way.steps} >= {"Jalan Bengawan"}
    assert way.duration_s == pytest.approx(int(found.durations_s[2, 1]), abs=1)


def test_a_closure_leads_around_and_opening_leads_back(tmp_path: Path) -> None:
    roads = roads_in(tmp_path)
    before, closed, after = roads.drives(PLACES), roads.drives(PLACES, FLOODED), roads.drives(PLACES)
    assert closed.durations_s[0, 1] > before.durations_s[0, 1]
    assert closed.durations_s[0, 2] == before.durations_s[0, 2]
    assert (after.durations_s == before.durations_s).all()
    around = roads.way(PLACES[0], PLACES[1], FLOODED)
    assert around is not None
    assert not any(FLOODED.shapes[0].covers(Point(spot)) for spot in around.line)
    taken = roads.closed_roads(FLOODED)
    assert taken is not None
    assert 100 < taken.metres < 300
    assert taken.streets == ("Jalan Bengawan",)


def test_a_replaced_graph_is_picked_up_by_itself(tmp_path: Path) -> None:
    roads = roads_in(tmp_path)
    old, graph = roads.state(), roads.file.graph()
    slower = tmp_path / "slow.osm"
    slower.write_text(EXTRACT.read_text().replace('v="primary"', 'v="service"'))
    before = roads.drives(PLACES)
    import_roads(slower, roads.file.path)
    after = roads.drives(PLACES)
    assert roads.state().key != old.key
    assert after.durations_s[0, 1] > before.durations_s[0, 1]
    assert roads.drives_again(PLACES, Closures(), Source.ROADS, old.key, patience_s=1) is None
    again = roads.drives_again(PLACES, Closures(), Source.ROADS, after.key, patience_s=1)
    assert again is not None
    assert (again.durations_s == after.durations_s).all()
    assert graph is not None
    assert graph.nodes.shape[1] == 2, "whoever still reads the old one may"


def test_a_damaged_file_leaves_the_open_graph_in_use(tmp_path: Path) -> None:
    roads = roads_in(tmp_path)
    key = roads.state().key
    shutil.copy(roads.file.path, tmp_path / "good")
    data = bytearray(roads.file.path.read_bytes())
    data[-1] ^= 0xFF
    (tmp_path / "bad").write_bytes(data)
    (tmp_path / "bad").replace(roads.file.path)
    assert roads.drives(PLACES).source is Source.ROADS
    state = roads.state()
    assert (state.fault, state.key) == (Fault.DAMAGED, key)
    assert "damaged" in state.words
    fresh = roads_of(Settings(instance_dir=tmp_path))
    assert fresh.drives(PLACES).fault is Fault.DAMAGED
    (tmp_path / "good").replace(roads.file.path)
    assert roads.state().fault is None
    assert fresh.drives(PLACES).source is Source.ROADS


def test_an_extract_of_another_city_is_no_help(tmp_path: Path) -> None:
    roads = roads_in(tmp_path)
    boston = [(-71.06, 42.36), (-71.07, 42.35)]
    found = roads.drives(boston)
    assert (found.source, found.fault) == (Source.ESTIMATE, Fault.OUTSIDE)
    way = roads.way(*boston)
    assert way is not None
    assert way.is_estimate
    assert roads.away_m(boston[0]) is None


def test_a_place_in_the_fields_has_no_way(tmp_path: Path) -> None:
    roads = roads_in(tmp_path)
    meadow, near = (110.870, -7.566), (110.8255, -7.5690)
    found = roads.drives([*PLACES, meadow, near])
    assert found.source is Source.ROADS
    assert (found.durations_s[3, :3] == -1).all()
    assert found.away_m is not None
    assert found.away_m[3] > 1000
    assert 150 < found.away_m[4] < 1000
    assert found.durations_s[0, 4] > 0
    assert roads.way(PLACES[0], meadow) is None


# ---------------------------------------------------------------- a route server


def test_the_server_comes_first_and_the_graph_when_streets_are_closed(osrm: StandIn, tmp_path: Path) -> None:
    roads = roads_in(tmp_path, route_server_url=osrm.url)
    assert roads.drives(PLACES).source is Source.SERVER
    way = roads.way(*PLACES[:2])
    assert way is not None
    assert way.source is Source.SERVER
    asked = len(osrm.asked)
    closed = roads.drives(PLACES, FLOODED)
    assert (closed.source, closed.fault) == (Source.ROADS, Fault.SERVER_KNOWS_NO_CLOSURES)
    around = roads.way(*PLACES[:2], FLOODED)
    assert around is not None
    assert around.source is Source.ROADS
    assert len(osrm.asked) == asked


def test_without_a_graph_the_server_is_used_though_it_knows_no_closures(
    osrm: StandIn, tmp_path: Path
) -> None:
    roads = roads_of(Settings(instance_dir=tmp_path, route_server_url=osrm.url))
    found = roads.drives(PLACES, FLOODED)
    assert (found.source, found.fault) == (Source.SERVER, Fault.SERVER_KNOWS_NO_CLOSURES)


@pytest.mark.parametrize(("mode", "fault"), [("broken", Fault.SERVER_WRONG), ("slow", Fault.SERVER_SLOW)])
def test_a_server_that_fails_is_replaced_by_the_graph(
    osrm: StandIn, tmp_path: Path, mode: str, fault: Fault
) -> None:
    roads = roads_in(tmp_path, route_server_url=osrm.url)
    osrm.mode = mode
    found = roads.drives(PLACES, patience_s=0.5)
    assert (found.source, found.fault) == (Source.ROADS, fault)
    way = roads.way(*PLACES[:2])
    assert way is not None
    assert way.source is Source.ROADS, "and pages do not wait for it again"
    assert len(osrm.asked) == 1


def test_a_server_that_fails_without_a_graph_leaves_the_estimate(osrm: StandIn, tmp_path: Path) -> None:
    roads = roads_of(Settings(instance_dir=tmp_path, route_server_url=osrm.url))
    osrm.mode = "broken"
    found = roads.drives(PLACES)
    assert (found.source, found.fault) == (Source.ESTIMATE, Fault.SERVER_WRONG)


def test_what_a_server_said_can_be_had_again_when_it_is_down(osrm: StandIn, tmp_path: Path) -> None:
    roads = roads_of(Settings(instance_dir=tmp_path, route_server_url=osrm.url))
    first = roads.drives(PLACES)
    osrm.mode = "broken"
    later = roads_of(Settings(instance_dir=tmp_path, route_server_url=osrm.url))
    again = later.drives_again(PLACES, Closures(), Source.SERVER, first.key, patience_s=1)
    assert again is not None
    assert (again.durations_s == first.durations_s).all()
    others = [(lon + 0.01, lat) for lon, lat in PLACES]
    assert later.drives_again(others, Closures(), Source.SERVER, first.key, patience_s=1) is None


def test_names_of_streets_lead_to_their_lines(tmp_path: Path) -> None:
    roads = roads_in(tmp_path)
    assert "Jalan Bengawan" in roads.street_names()
    lines = roads.street_lines("jalan bengawan")
    assert np.array(lines[0]).shape[1] == 2
    assert all(lat == pytest.approx(-7.566) for line in lines for _lon, lat in line)
    assert roads.street_lines("Jalan Tidak Ada") == []
