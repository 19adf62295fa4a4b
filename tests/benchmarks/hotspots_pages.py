"""A folium page of many requests: ours, drawn from vector tiles, against folium's own FastMarkerCluster.

Both are opened in turn by one Chromium, cache cold, over loopback: our page as the product sends it, under
the product's content security policy, with tiles of a pyramid; folium's as `folium.Map` with the plug-in
renders it, its files served from here too, without a policy, since its inline scripts would not run
under one. Script time is the browser's own account of the page's main thread (`Performance.getMetrics`:
ScriptDuration), from the first byte to the settled map; bytes are those of the page and its tiles, static
files apart, as they went over the wire.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any, ClassVar
from urllib.parse import parse_qs

import folium
import numpy as np
from folium.plugins import FastMarkerCluster
from werkzeug.serving import WSGIRequestHandler, make_server

from fieldops.config import ROOT
from fieldops.domain.map_groups import STAFF_UNFINISHED, MapGroup
from fieldops.maps.open_reports import MapRequest, MapWords, open_reports_document
from fieldops.maps.tile_answers import STAFF_CACHING, tile_answer
from fieldops.web.protection import CONTENT_SECURITY_POLICY
from geo.tiles.positions import map_keys
from geo.tiles.pyramid import Audience, Pyramid, Settings
from geo.tiles.scheme import Scheme
from tests.benchmarks.rounds import is_wanted
from tests.benchmarks.rows import Row, made_row
from tests.benchmarks.tile_cities import SERVICES, TODAY_DAY, city, numbers

SCHEME = Scheme(SERVICES, tuple(group.value for group in MapGroup))
TODAY = date(1970, 1, 1) + timedelta(days=TODAY_DAY)
MARKER_CLUSTER = "leaflet.markercluster@1.5.3"
PATIENCE_MS = 280_000
REST_MS, RESTS = 250, 4
GOALS = {"100k": (20.0, None), "1M": (300.0, 500.0)}
"""How many times less script time, and how many times fewer bytes."""

Respond = Callable[[str, list[tuple[str, str]]], Any]


def measure(quick: bool, only: str) -> Iterator[Row]:
    """Measure; yields two rows a size: script time and bytes."""
    for name, n in (("100k", 100_000), *(() if quick else (("1M", 1_000_000),))):
        if is_wanted(f"page/{name}", only):
            yield from _page(name, n, rounds=1 if quick else 2)


@dataclass
class Seen:
    """What the browser saw of one page."""

    script_s: float
    task_s: float
    wall_s: float
    page_bytes: int
    foreign: list[str]
    violations: list[str]


def _page(name: str, n: int, rounds: int) -> Iterator[Row]:
    ours: list[Seen] = []
    peers: list[Seen] = []
    server_s: list[tuple[float, float]] = []
    for seed in range(1, rounds + 1):
        places = city(n, seed)
        site = _Site(_pyramid(places, n, seed))
        began = time.process_time()
        site.pages["/ours/peta.html"] = site.document().page.encode()
        between = time.process_time()
        site.pages["/peer/peta.html"] = _peer_page(places)
        _peer_files()  # installed before two threads ask for them
        server_s.append((between - began, time.process_time() - between))
        with _served(site) as port:
            ours.append(_opened(port, "/ours/peta.html", ".folium-map[data-ready]", site))
            peers.append(_opened(port, "/peer/peta.html", ".marker-cluster, .leaflet-marker-icon", site))
    script_goal, bytes_goal = GOALS[name]
    broken = [found for one in ours for found in (*one.foreign, *one.violations)]
    if broken:
        raise AssertionError(f"our page asked elsewhere or broke its policy: {broken[:3]}")
    more = {
        "rounds": rounds,
        "foreign_requests": 0,
        "policy_reports": 0,
        "wall_s": float(np.median([one.wall_s for one in ours])),
        "peer_wall_s": float(np.median([one.wall_s for one in peers])),
        "task_s": float(np.median([one.task_s for one in ours])),
        "peer_task_s": float(np.median([one.task_s for one in peers])),
        "server_s": float(np.median([one for one, _peer in server_s])),
        "peer_server_s": float(np.median([peer for _one, peer in server_s])),
    }
    yield _row(f"page/{name}/script", n, [one.script_s for one in ours], [one.script_s for one in peers],
               script_goal, more)  # fmt: skip
    yield _row(f"page/{name}/bytes", n, [one.page_bytes for one in ours], [one.page_bytes for one in peers],
               bytes_goal, {"unit": "bytes", "rounds": rounds})  # fmt: skip


def _row(
    name: str, n: int, ours: list[float], peers: list[float], goal: float | None, more: dict[str, Any]
) -> Row:
    ratios = np.array(peers, dtype=float) / np.array(ours, dtype=float)
    ratio = float(np.median(ratios))
    return made_row(
        name,
        n,
        float(np.median(ours)),
        float(np.median(peers)),
        None if goal is None else f"≥ {goal:g}",
        None if goal is None else ratio >= goal,
        ratio=ratio,
        least=float(ratios.min()),
        most=float(ratios.max()),
        **more,
    )


# ---------------------------------------------------------------- what is served


def _pyramid(places: np.ndarray, n: int, seed: int) -> Pyramid:
    services, _status, severities, days = numbers(n, seed)
    open_ = np.zeros(n, dtype=np.int64)  # all unread: everything is on the map, as it is on folium's
    states = SCHEME.states(services, open_, severities, days)
    keys = map_keys(places[:, 0], places[:, 1])
    made = Pyramid.build(Settings(SCHEME, Audience.STAFF), keys, states, np.arange(1, n + 1), today=TODAY)
    made.tile(0, 0, 0)  # compiled before anything is measured
    return made


def served_here(plugin: Any) -> Any:
    """Return folium's plug-in with its files named where this benchmark serves them; the plug-in itself stays
    as it was.
    """

    class ServedHere(plugin):  # type: ignore[misc]
        default_js: ClassVar = [("markercluster_js", "/markercluster/leaflet.markercluster.js")]
        default_css: ClassVar = [
            ("markercluster", "/markercluster/MarkerCluster.css"),
            ("markercluster_look", "/markercluster/MarkerCluster.Default.css"),
        ]

    return ServedHere


def _peer_page(places: np.ndarray) -> bytes:
    drawn = folium.Map(
        location=[float(places[:, 1].mean()), float(places[:, 0].mean())], zoom_start=11, tiles=None
    )
    drawn.options["max_zoom"] = 20
    served_here(FastMarkerCluster)(places[:, ::-1].tolist()).add_to(drawn)
    return str(drawn.get_root().render()).encode()


@dataclass
class _Site:
    pyramid: Pyramid
    pages: dict[str, bytes] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)

    def document(self) -> Any:
        west, south, east, north = 110.6, -7.75, 111.0, -7.4
        words = MapWords(*(["-"] * 9))
        said = {
            "language": "id",
            "services": {code: ["road", "hole", code] for code in (*SERVICES, "other")},
            "groups": {group.value: group.value for group in MapGroup}
            | {f"severity:{k}": str(k) for k in (1, 2, 3)},
            "choices": {},
            "cluster": "{n}",
            "below": "{n}",
        }
        return open_reports_document(
            MapRequest(
                bounds=(west, south, east, north),
                services=tuple((code, code) for code in SERVICES),
                words=words,
                tiles_url="/tiles/{z}/{x}/{y}.pbf",
                places_url="/places",
                report_url="/report/{id}",
                statuses=",".join(STAFF_UNFINISHED),
                said=json.dumps(said),
                ground_url="/ground",
                icons_url="/static/icons/icons.svg",
                files_prefix="/ours/",
                language="id",
                theme="light",
            )
        )

    def __call__(self, environ: dict[str, Any], respond: Respond) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        status, body, headers = self._answer(path, environ)
        self.sent[path] = self.sent.get(path, 0) + len(body)
        headers = [*headers, ("Content-Length", str(len(body)))]
        if path.startswith("/ours/") and path.endswith(".html"):
            headers.append(("Content-Security-Policy", CONTENT_SECURITY_POLICY))
        respond(status, headers)
        return [body]

    def _answer(self, path: str, environ: dict[str, Any]) -> tuple[str, bytes, list[tuple[str, str]]]:
        if path in self.pages:
            return "200 OK", self.pages[path], [("Content-Type", "text/html; charset=utf-8")]
        if path.startswith("/tiles/"):
            zoom, x, y = (int(part) for part in path.removeprefix("/tiles/").removesuffix(".pbf").split("/"))
            asked = {name: held[0] for name, held in parse_qs(environ.get("QUERY_STRING", "")).items()}
            found = tile_answer(self.pyramid, (zoom, x, y), asked, {"Accept-Encoding": "gzip"}, STAFF_CACHING)
            return f"{found.status} OK", found.body, list(found.headers.items())
        if path == "/ground":
            return (
                "200 OK",
                b'{"type":"FeatureCollection","features":[]}',
                [("Content-Type", "application/json")],
            )
        kind = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}.get(
            path.rpartition(".")[2], ""
        )
        if path.startswith("/ours/"):
            return (
                "200 OK",
                self.document().files[path.removeprefix("/ours/")].encode(),
                [("Content-Type", kind)],
            )
        file = (
            _peer_files() / path.removeprefix("/markercluster/")
            if path.startswith("/markercluster/")
            else None
        )
        file = file or ROOT / path.lstrip("/")
        if not file.is_file() or ".." in path:
            return "404 Not Found", b"", []
        return "200 OK", file.read_bytes(), [("Content-Type", kind)]


class _Quiet(WSGIRequestHandler):
    def log(self, *_words: object) -> None:
        """Say nothing: what is printed are rows."""


@contextmanager
def _served(site: _Site) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, site, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join(10)
    server.server_close()


def _peer_files() -> Any:
    """The folder of markercluster's files, installed if need be."""
    folder = ROOT / ".benchmark" / "pages"
    if not (folder / "node_modules" / "leaflet.markercluster" / "dist").exists():
        npm = shutil.which("npm") or str(next(iter(sorted((ROOT / ".venv" / "bin").glob("npm")))))
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [npm, "install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts",
            MARKER_CLUSTER], check=True, stdout=sys.stderr,
        )  # fmt: skip
    return folder / "node_modules" / "leaflet.markercluster" / "dist"


# ---------------------------------------------------------------- the browser


def _opened(port: int, path: str, settled: str, site: _Site) -> Seen:
    """Open a page in a browser of its own and read what it cost."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  tests have it, benchmarks alone need it

    site.sent.clear()
    chromium = next(found for name in ("chromium", "google-chrome") if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        foreign: list[str] = []
        violations: list[str] = []
        page.on("request", lambda asked: _note_foreign(foreign, asked.url, port))
        page.on("console", partial(_note_violation, violations))
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        began = time.perf_counter()
        page.goto(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE_MS)
        page.locator(settled).first.wait_for(state="attached", timeout=PATIENCE_MS)
        wall_s = time.perf_counter() - began
        held = _at_rest(page, session)
        browser.close()
    counted = sum(size for sent, size in site.sent.items() if sent == path or sent.startswith("/tiles/"))
    return Seen(held["ScriptDuration"], held["TaskDuration"], wall_s, counted, foreign, violations)


def _at_rest(page: Any, session: Any) -> dict[str, float]:
    """Return the browser's account once its scripts have rested for a second."""
    before, rested = -1.0, 0
    held: dict[str, float] = {}
    while rested < RESTS:
        held = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        rested = rested + 1 if held["ScriptDuration"] == before else 0
        before = held["ScriptDuration"]
        page.wait_for_timeout(REST_MS)
    return held


def _note_foreign(foreign: list[str], url: str, port: int) -> None:
    if url.startswith("http") and not url.startswith(f"http://127.0.0.1:{port}/"):
        foreign.append(url)


def _note_violation(violations: list[str], message: Any) -> None:
    if "Content Security Policy" in message.text:
        violations.append(message.text)
