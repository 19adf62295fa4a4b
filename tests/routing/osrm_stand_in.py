"""A real HTTP server that answers as OSRM does, with travel times of its own; it can be made to fail."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

METRES_PER_DEGREE = 111_195.0
SPEED_M_S = 10.0


class StandIn:
    """What the server was asked, and how it behaves: `mode` is ok, broken, slow, trickle, or the name of a
    wrong answer.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.mode = "ok"
        self.asked: list[str] = []


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Along streets that run east and north."""
    return (abs(one[0] - other[0]) + abs(one[1] - other[1])) * METRES_PER_DEGREE


@contextmanager
def osrm_stand_in() -> Iterator[StandIn]:
    """Serve on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            stand_in.asked.append(self.path)
            if stand_in.mode == "slow":
                time.sleep(1.5)
            if stand_in.mode == "trickle":
                self._trickle()
                return
            status, body = _answer(self.path, stand_in.mode)
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return  # whoever asked has gone

        def _trickle(self) -> None:
            try:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slowly: ")
                for _ in range(20):
                    self.wfile.write(b"x")
                    time.sleep(0.1)
            except OSError:
                return

        def log_message(self, *words: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stand_in = StandIn(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield stand_in
    server.shutdown()
    thread.join(10)
    server.server_close()


def _answer(path: str, mode: str) -> tuple[int, bytes]:
    if mode == "broken":
        return 500, b'{"code": "InternalError"}'
    if mode == "no_json":
        return 200, b"<html>It works!</html>"
    parts = urlsplit(path)
    service, _version, _profile, words = parts.path.strip("/").split("/")
    places = [(float(lon), float(lat)) for lon, lat in (pair.split(",") for pair in words.split(";"))]
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    found = _table(places, query) if service == "table" else _route(places)
    return 200, json.dumps(_spoiled(found, mode)).encode()


def _table(places: list[tuple[float, float]], query: dict[str, str]) -> dict[str, Any]:
    rows = [places[int(n)] for n in query["sources"].split(";")]
    columns = [places[int(n)] for n in query["destinations"].split(";")]
    away = [[metres(one, other) for other in columns] for one in rows]
    return {
        "code": "Ok",
        "durations": [[round(far / SPEED_M_S, 1) for far in row] for row in away],
        "distances": [[round(far, 1) for far in row] for row in away],
        "sources": [{"location": one, "distance": 0.0, "name": ""} for one in rows],
        "destinations": [{"location": one, "distance": 0.0, "name": ""} for one in columns],
    }


def _route(places: list[tuple[float, float]]) -> dict[str, Any]:
    start, end = places
    corner = (end[0], start[1])
    first, second = metres(start, corner), metres(corner, end)
    steps = [
        {"maneuver": {"type": "depart", "bearing_after": 90}, "name": "Jalan Timur", "distance": first / 2},
        {"maneuver": {"type": "new name", "modifier": "straight"}, "name": "", "distance": first / 2},
        {"maneuver": {"type": "turn", "modifier": "left"}, "name": "Jalan Utara", "distance": second / 2},
        {"maneuver": {"type": "roundabout", "exit": 2}, "name": "", "distance": 20.0},
        {"maneuver": {"type": "exit roundabout"}, "name": "Jalan Utara", "distance": second / 2},
        {"maneuver": {"type": "arrive"}, "name": "Jalan Utara", "distance": 0},
    ]
    return {
        "code": "Ok",
        "routes": [
            {
                "distance": first + second,
                "duration": (first + second) / SPEED_M_S,
                "geometry": {"type": "LineString", "coordinates": [start, corner, end]},
                "legs": [{"steps": steps}],
            }
        ],
        "waypoints": [{"location": start, "distance": 1.0}, {"location": end, "distance": 7.5}],
    }


def _filled(found: dict[str, Any], entry: Any) -> dict[str, Any]:
    return found | {"durations": [[entry] * len(row) for row in found["durations"]]}


def _spoiled(found: dict[str, Any], mode: str) -> dict[str, Any]:
    """Make an answer wrong in the way that the mode names."""
    if mode == "other_code":
        return {"code": "TooBig", "message": "Too many table coordinates"}
    if "durations" not in found:
        route = {"no_way": {"code": "NoRoute", "routes": []}, "empty_route": found | {"routes": []}}
        return route.get(mode, found)
    table = {
        "no_way": _filled(found, None),
        "negative": _filled(found, -1.0),
        "words": _filled(found, "soon"),
        "short": found | {"durations": found["durations"][:-1]},
        "no_distances": {key: held for key, held in found.items() if key != "distances"},
        "far": found | {"sources": [one | {"distance": 1200.0} for one in found["sources"]]},
    }
    return table.get(mode, found)
