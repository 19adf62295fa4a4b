"""Asking an OSRM-compatible server (HTTP API v1: table and route) for travel times and ways."""

import hashlib
import json
import time
from collections.abc import Sequence
from itertools import product
from threading import Lock, Timer
from typing import Any, Final, Self

import httpx
import numpy as np
import structlog

from fieldops.config import Settings
from fieldops.errors import SetupError
from fieldops.routing.drives import UNREACHABLE_M, Drives, Fault, Place, Source, Way
from fieldops.routing.osrm_steps import turns_of

log = structlog.get_logger("roads")

WALKING_KMH: Final = 5.0
CONNECT_S: Final = 2.0
REST_S: Final = 60.0
"""How long a server that failed is left alone."""

MOST_BYTES: Final = 64_000_000
LARGEST: Final = 1 << 30
NO_WAY: Final = -1


class ServerFault(Exception):
    """The server cannot be used now: `fault` says why."""

    def __init__(self, fault: Fault, words: str) -> None:
        super().__init__(words)
        self.fault = fault


class RouteServer:
    """An OSRM-compatible server. After a fault it is left alone for a minute, so that pages need not wait.

    Parameters
    ----------
    url
        Where it is, with whatever path stands before `/table/v1/driving`.
    most_places
        How many places one question may name.

    Attributes
    ----------
    key
        Stands for the address where that could hold a password.
    """

    def __init__(self, url: str, most_places: int = 100) -> None:
        self.url = url.rstrip("/")
        self.key = hashlib.blake2b(self.url.encode(), digest_size=12).hexdigest()
        self.most_places = most_places
        self._lock = Lock()
        self._rests_until = 0.0
        self._last: Fault | None = None

    def table(self, places: Sequence[Place], patience_s: float) -> Drives:
        """Return travel times between all places.

        Rows and columns are asked for in blocks, since servers limit how many places one question names.

        Raises
        ------
        ServerFault
            It is down, slower than `patience_s` in all, or answers what cannot be.
        """
        with self._asking(patience_s) as asking:
            seconds = np.full((len(places), len(places)), np.nan)
            metres = np.full_like(seconds, np.nan)
            away = np.zeros(len(places))
            size = max(1, self.most_places // 2)
            blocks = [range(first, min(first + size, len(places))) for first in range(0, len(places), size)]
            for rows, columns in product(blocks, blocks):
                answer = asking.get(_table_path([places[n] for n in rows], [places[n] for n in columns]))
                at = np.ix_(rows, columns)
                seconds[at] = _matrix(answer, "durations", len(rows), len(columns))
                metres[at] = _matrix(answer, "distances", len(rows), len(columns))
                if rows.start == columns.start:
                    away[rows] = _distances_to_road(answer, len(rows))
        return _drives(seconds, metres, away, self.key)

    def way(self, start: Place, end: Place, patience_s: float) -> Way | None:
        """Return the fastest way with its steps; None when no road leads there.

        Raises
        ------
        ServerFault
            As for `table`.
        """
        path = f"/route/v1/driving/{_words([start, end])}?steps=true&geometries=geojson&overview=full"
        with self._asking(patience_s) as asking:
            answer = asking.get(path, no_way=("NoRoute", "NoSegment"))
            if answer is None:
                return None
            try:
                return _way(answer)
            except (KeyError, IndexError, TypeError, ValueError) as error:
                raise ServerFault(Fault.SERVER_WRONG, f"a route that cannot be read: {error!r}") from error

    @property
    def host(self) -> str:
        """The machine it runs on."""
        return httpx.URL(self.url).host

    @property
    def resting(self) -> Fault | None:
        """Why it is left alone at the moment, None when it would be asked."""
        return self._last if time.monotonic() < self._rests_until else None

    def _asking(self, patience_s: float) -> "_Asking":
        if self.resting is not None:
            raise ServerFault(self.resting, "it failed within the last minute")
        return _Asking(self, patience_s)

    def note(self, fault: ServerFault) -> None:
        """Leave the server alone for a while; said once in the log."""
        with self._lock:
            self._rests_until = time.monotonic() + REST_S
            self._last = fault.fault
        log.warning("route server not used", fault=fault.fault.value, reason=str(fault))


class _Asking:
    """Some questions that together must not take longer than somebody's patience."""

    def __init__(self, server: RouteServer, patience_s: float) -> None:
        self.server = server
        self.until = time.monotonic() + patience_s
        # No proxy from the environment: the operator named this server, and places of work orders go there.
        timeout = httpx.Timeout(patience_s, connect=min(CONNECT_S, patience_s))
        self.client = httpx.Client(timeout=timeout, trust_env=False, follow_redirects=False)
        # Timeouts are of single reads; a server that trickles is cut off as a whole.
        self.cut_off = Timer(patience_s, self.client.close)
        self.cut_off.daemon = True

    def __enter__(self) -> Self:
        self.cut_off.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.cut_off.cancel()
        self.client.close()
        if isinstance(error, ServerFault):
            self.server.note(error)

    def get(self, path: str, no_way: Sequence[str] = ()) -> Any:
        """Return the decoded answer; None when its code is one of `no_way`."""
        try:
            with self.client.stream("GET", self.server.url + path) as answer:
                body = self._body(answer)
                status = answer.status_code
        except httpx.TimeoutException as error:
            raise ServerFault(Fault.SERVER_SLOW, "no answer in time") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError, RuntimeError) as error:
            late = time.monotonic() >= self.until
            fault = Fault.SERVER_SLOW if late else Fault.SERVER_DOWN
            raise ServerFault(fault, type(error).__name__) from error
        try:
            found = json.loads(body)
        except ValueError as error:
            raise ServerFault(Fault.SERVER_WRONG, f"status {status}, and no JSON") from error
        code = found.get("code") if isinstance(found, dict) else None
        if code in no_way:
            return None
        if code != "Ok" or status != 200:
            raise ServerFault(Fault.SERVER_WRONG, f"status {status}, code {str(code)[:40]}")
        return found

    def _body(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        for part in answer.iter_bytes():
            body += part
            if time.monotonic() > self.until:
                raise ServerFault(Fault.SERVER_SLOW, "its answers take too long")
            if len(body) > MOST_BYTES:
                raise ServerFault(Fault.SERVER_WRONG, "the answer has no end")
        return bytes(body)


def route_server_of(settings: Settings) -> RouteServer | None:
    """Return the server that the operator named, None without one.

    Raises
    ------
    SetupError
        The setting is no http or https address.
    """
    if not settings.route_server_url:
        return None
    try:
        url = httpx.URL(settings.route_server_url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host or url.query:
        raise SetupError(
            "FIELDOPS_ROUTE_SERVER_URL must be an address such as http://127.0.0.1:5000; only http and https "
            "are asked."
        )
    return RouteServer(settings.route_server_url, settings.route_server_places)


def _words(places: Sequence[Place]) -> str:
    return ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in places)


def _table_path(rows: Sequence[Place], columns: Sequence[Place]) -> str:
    sources = ";".join(str(n) for n in range(len(rows)))
    destinations = ";".join(str(n) for n in range(len(rows), len(rows) + len(columns)))
    return (
        f"/table/v1/driving/{_words([*rows, *columns])}?annotations=duration,distance"
        f"&sources={sources}&destinations={destinations}"
    )


def _matrix(answer: dict[str, Any], name: str, height: int, width: int) -> np.ndarray:
    """Return a block of an answer as (height, width) float64, NaN where no road leads."""
    try:
        block = np.array(answer[name], dtype=np.float64)
    except (KeyError, TypeError, ValueError) as error:
        raise ServerFault(Fault.SERVER_WRONG, f"{name} cannot be read") from error
    if block.shape != (height, width):
        raise ServerFault(Fault.SERVER_WRONG, f"{name} has another size than was asked for")
    if (block < 0).any() or (block > LARGEST).any():
        raise ServerFault(Fault.SERVER_WRONG, f"{name} holds what no drive takes")
    return block


def _distances_to_road(answer: dict[str, Any], count: int) -> np.ndarray:
    """Return how far each source lies from its road; 0 where the server does not say."""
    try:
        away = np.array([one.get("distance", 0.0) for one in answer["sources"]], dtype=np.float64)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ServerFault(Fault.SERVER_WRONG, "sources cannot be read") from error
    if away.shape != (count,) or not (away >= 0).all():
        raise ServerFault(Fault.SERVER_WRONG, "sources hold what cannot be")
    return away


def _drives(seconds: np.ndarray, metres: np.ndarray, away: np.ndarray, key: str) -> Drives:
    """Put walks between roads and places on top, and whole numbers in place of fractions."""
    walk = np.where(away > UNREACHABLE_M, np.nan, away * 3.6 / WALKING_KMH)
    total = seconds + walk[:, None] + walk[None, :]
    is_way = np.isfinite(total) & np.isfinite(metres)
    durations = np.where(is_way, np.rint(np.where(is_way, total, 0)), NO_WAY).astype(np.int32)
    distances = np.where(is_way, np.rint(np.where(is_way, metres, 0)), NO_WAY).astype(np.int32)
    np.fill_diagonal(durations, 0)
    np.fill_diagonal(distances, 0)
    return Drives(durations, distances, Source.SERVER, key=key, away_m=away)


def _way(answer: dict[str, Any]) -> Way:
    route = answer["routes"][0]
    line = tuple((float(lon), float(lat)) for lon, lat, *_height in route["geometry"]["coordinates"])
    steps = [step for leg in route["legs"] for step in leg["steps"]]
    if len(line) < 2:
        line = (*line, *line)
    if not line or not steps:
        raise ValueError("it has no line or no steps")
    distance_m, duration_s = float(route["distance"]), float(route["duration"])
    if not (0 <= distance_m <= LARGEST and 0 <= duration_s <= LARGEST):
        raise ValueError("its length cannot be")
    away = [float(point.get("distance", 0.0)) for point in answer.get("waypoints", [])]
    return Way(
        line,
        distance_m,
        duration_s,
        Source.SERVER,
        turns_of(steps),
        walk_m=away[-1] if away else 0.0,
    )
