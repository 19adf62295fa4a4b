"""Asking an OSRM-compatible server: real HTTP against a stand-in, and every way in which it can fail."""

from collections.abc import Iterator

import numpy as np
import pytest

from fieldops.config import Settings
from fieldops.errors import SetupError
from fieldops.routing import route_server as asked_module
from fieldops.routing.drives import Fault, Source, Turn
from fieldops.routing.route_server import RouteServer, ServerFault, route_server_of
from tests.routing.osrm_stand_in import SPEED_M_S, StandIn, metres, osrm_stand_in

PLACES = [(110.82 + 0.003 * n, -7.566 - 0.002 * (n % 3)) for n in range(7)]


@pytest.fixture
def osrm() -> Iterator[StandIn]:
    with osrm_stand_in() as running:
        yield running


def test_a_table_is_asked_for_in_blocks_and_put_together(osrm: StandIn) -> None:
    found = RouteServer(osrm.url, most_places=4).table(PLACES, 10)
    wanted = np.array([[metres(one, other) for other in PLACES] for one in PLACES])
    assert found.source is Source.SERVER
    assert found.durations_s.dtype == np.int32
    assert np.abs(found.durations_s - wanted / SPEED_M_S).max() <= 1
    assert np.abs(found.distances_m - wanted).max() <= 1
    assert len(osrm.asked) == 16, "seven places in blocks of two rows and two columns"
    assert all(path.count(";") >= 1 for path in osrm.asked)
    whole = RouteServer(osrm.url, most_places=14).table(PLACES, 10)
    assert (whole.durations_s == found.durations_s).all()


def test_places_without_a_way_are_marked(osrm: StandIn) -> None:
    osrm.mode = "no_way"
    found = RouteServer(osrm.url).table(PLACES, 10)
    off_diagonal = ~np.eye(len(PLACES), dtype=bool)
    assert (found.durations_s[off_diagonal] == -1).all()
    assert (np.diag(found.durations_s) == 0).all()
    assert RouteServer(osrm.url).way(PLACES[0], PLACES[4], 5) is None


def test_a_place_far_from_any_road_is_reached_by_nobody(osrm: StandIn) -> None:
    osrm.mode = "far"
    found = RouteServer(osrm.url).table(PLACES, 10)
    assert found.away_m is not None
    assert (found.away_m == 1200).all()
    assert found.durations_s[0, 1] == -1


def test_a_route_has_its_line_and_our_turns(osrm: StandIn) -> None:
    way = RouteServer(osrm.url).way(PLACES[0], PLACES[4], 5)
    assert way is not None
    far = metres(PLACES[0], PLACES[4])
    assert way.distance_m == pytest.approx(far)
    assert way.line[0] == PLACES[0]
    assert way.line[-1] == PLACES[4]
    assert way.walk_m == 7.5
    assert [step.code for step in way.steps] == ["depart", "left", "roundabout", "arrive"]
    depart, _left, ring, _arrive = way.steps
    assert depart.heading_deg == 90
    assert ring == Turn("roundabout", "Jalan Utara", ring.distance_m, exit_number=2)
    assert ring.distance_m > 20, "leaving the ring belongs to entering it"


@pytest.mark.parametrize(
    ("mode", "fault"),
    [
        ("broken", Fault.SERVER_WRONG),
        ("no_json", Fault.SERVER_WRONG),
        ("other_code", Fault.SERVER_WRONG),
        ("short", Fault.SERVER_WRONG),
        ("negative", Fault.SERVER_WRONG),
        ("words", Fault.SERVER_WRONG),
        ("no_distances", Fault.SERVER_WRONG),
        ("slow", Fault.SERVER_SLOW),
        ("trickle", Fault.SERVER_SLOW),
    ],
)
def test_what_cannot_be_used_says_why(osrm: StandIn, mode: str, fault: Fault) -> None:
    osrm.mode = mode
    with pytest.raises(ServerFault) as caught:
        RouteServer(osrm.url).table(PLACES, 0.5)
    assert caught.value.fault is fault


def test_a_route_that_is_none_is_wrong(osrm: StandIn) -> None:
    osrm.mode = "empty_route"
    with pytest.raises(ServerFault) as caught:
        RouteServer(osrm.url).way(PLACES[0], PLACES[1], 5)
    assert caught.value.fault is Fault.SERVER_WRONG


def test_a_server_that_is_not_there_is_down(free_tcp_port: int) -> None:
    with pytest.raises(ServerFault) as caught:
        RouteServer(f"http://127.0.0.1:{free_tcp_port}").table(PLACES, 2)
    assert caught.value.fault is Fault.SERVER_DOWN


def test_an_answer_without_end_is_cut_off(osrm: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked_module, "MOST_BYTES", 100)
    with pytest.raises(ServerFault) as caught:
        RouteServer(osrm.url).table(PLACES, 5)
    assert caught.value.fault is Fault.SERVER_WRONG


def test_after_a_fault_it_is_left_alone_for_a_while(osrm: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    server = RouteServer(osrm.url)
    osrm.mode = "broken"
    for _ in range(3):
        with pytest.raises(ServerFault):
            server.table(PLACES, 5)
    assert len(osrm.asked) == 1
    osrm.mode = "ok"
    monkeypatch.setattr(server, "_rests_until", 0.0)
    assert server.table(PLACES, 5).durations_s[0, 1] > 0


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1:5000", "file:///etc/passwd", "osrm", "http://", "http://a?b=c"]
)
def test_only_web_addresses_are_asked(url: str) -> None:
    with pytest.raises(SetupError, match="FIELDOPS_ROUTE_SERVER_URL"):
        route_server_of(Settings(route_server_url=url))


def test_no_server_is_asked_unless_one_is_named() -> None:
    assert route_server_of(Settings()) is None
    named = route_server_of(Settings(route_server_url="https://user:secret@rute.example/osrm/"))
    assert named is not None
    assert named.url == "https://user:secret@rute.example/osrm"
    assert "secret" not in named.key
