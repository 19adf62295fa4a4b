"""Tiles: building, reading and changing a map of complaints, against supercluster with vt-pbf and PostGIS.

``ratio`` is the peer's time over ours: how many times faster we are; median of the rounds, each with another
seed, both sides one after the other on the same complaints and tiles, in one thread. Times are CPU seconds,
since the machine is shared; collecting garbage is part of the peer's. Each tile is read once a pass after a
first pass that warms both sides up; p50 and p99 are those of the median pass. Neither side keeps what was
read. Ours writes large tiles without merging at the build: what that takes is in the time of `build` and in
`memory`, and how many of the tiles asked for were stands beside `rough-p50`. Every round first checks that no
complaint is lost, that bubbles keep apart, and that changed tiles are byte for byte those of a fresh build.
Row `build-2` is the build by two threads, in wall time on both sides, the least of several runs: where other
work has the second processor, it says little. PostGIS is another process, so there it is wall time on both
sides, too, the better of two readings.
"""

import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import psycopg
from scipy.spatial import cKDTree

from geo.tiles.cells import Points
from geo.tiles.positions import key_xy, map_keys
from geo.tiles.pyramid import Audience, Point, Pyramid, Settings
from geo.tiles.scheme import Filter, Scheme
from tests.benchmarks.tile_cities import SERVICES, TODAY_DAY, city, island, numbers
from tests.benchmarks.tiles_http import http_row
from tests.postgis import PostgisMissing, cluster

Row = dict[str, Any]

ROOT = Path(__file__).parents[2]
PEERS = ("supercluster@9.1.0", "vt-pbf@3.1.3", "kdbush@4.1.0", "pbf@3.3.0")
SCHEME = Scheme(SERVICES)
TODAY = date(1970, 1, 1) + timedelta(days=TODAY_DAY)
ZOOMS = range(10, 17)
REPEATS = 3
HTTP_S = 30.0
"""How long readers read over HTTP."""


def run(quick: bool, only: str = "*") -> Iterator[Row]:
    """Measure; yields a row each. Quick: 100,000 complaints, one round, no island, no PostGIS."""
    cities = [("100k", 100_000, city)]
    if not quick:
        cities += [("1M", 1_000_000, city), ("island-1M", 1_000_000, island)]
    modules = _installed()
    yield _compiling()
    for name, n, places in cities:
        if any(_wanted(f"{what}/{name}", only) for what in WHAT):
            yield from _against_supercluster(name, n, places, 1 if quick else 3, modules)
    if not quick:
        for name, n in (("100k", 100_000), ("1M", 1_000_000)):
            if _wanted(f"postgis/{name}", only):
                yield _against_postgis(name, n)
    if _wanted("http-p99/1M", only) and not quick:
        yield http_row(1_000_000, HTTP_S)


WHAT = (
    "build",
    "build-2",
    "build-undecided",
    "rough-p50",
    "rough-p99",
    "merged-p50",
    "merged-p99",
    "staff-p50",
    "staff-p99",
    "undecided-p50",
    "undecided-p99",
    "add",
    "close",
    "changed-tile-p50",
    "kept-tile-p50",
    "filter-first",
    "filter-next-p50",
    "memory",
)
"""The public's tiles without and with merging, staff's, and merged ones that were not worked out at the
build."""

GOALS = {
    "100k": {"build": 12, "build-undecided": 12},
    "1M": {
        "build": 8,
        "build-undecided": 8,
        "rough-p50": 15,
        "rough-p99": 50,
        "merged-p50": 4,
        "merged-p99": 10,
        "add": 1e5,
        "close": 1e5,
        "memory": 3,
    },
    "island-1M": {"memory": 3},
}
Found = dict[str, list[tuple[float, float]]]


def _wanted(row: str, only: str) -> bool:
    return fnmatch.fnmatch(row, only)


def _best(times: int, work: Callable[[], Any]) -> float:
    """Least CPU seconds of several runs."""
    return min(_once(work) for _ in range(times))


def _once(work: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> float:
    began = clock()
    work()
    return clock() - began


def _of_median_pass(passes: Any, percentile: float) -> float:
    return float(np.median([np.percentile(times, percentile) for times in passes]))


# ---------------------------------------------------------------- one map


class Map:
    """One map's complaints and the tiles that are asked for: where complaints are, at zooms 10 to 16."""

    def __init__(self, n: int, places: Callable[[int, int], np.ndarray], seed: int, tiles: int) -> None:
        self.lon_lat = places(n, seed)
        self.keys = map_keys(*self.lon_lat.T)
        self.states = SCHEME.states(*numbers(n, seed))
        self.order = np.random.default_rng(seed).permutation(n)
        zooms = np.random.default_rng(seed + 1).choice(ZOOMS, tiles)
        xy = key_xy(self.keys[self.order[:tiles]]) >> (28 - zooms[:, None])
        self.tiles = np.column_stack([zooms, xy])

    def built(
        self, audience: Audience = Audience.PUBLIC, *, is_decided: bool = True, threads: int = 1
    ) -> Pyramid:
        settings = Settings(SCHEME, audience, is_decided=is_decided)
        return Pyramid.build(settings, self.keys, self.states, today=TODAY, threads=threads)

    def point(self, row: int) -> Point:
        return Point(int(self.keys[self.order[row]]), int(self.states[self.order[row]]))

    def passes_us(self, pyramid: Pyramid, *selection: Filter, is_merged: bool = True) -> np.ndarray:
        """Times of all tiles, pass by pass."""
        tiles = self.tiles.tolist()
        passes = [
            [_once(lambda t=tile: pyramid.tile(*t, *selection, is_merged=is_merged)) for tile in tiles]
            for _ in range(REPEATS + 1)
        ]
        return np.array(passes[1:]) * 1e6


def _against_supercluster(
    name: str, n: int, places: Callable[[int, int], np.ndarray], rounds: int, modules: Path
) -> Iterator[Row]:
    found: Found = {what: [] for what in WHAT}
    more: dict[str, Row] = {what: {} for what in WHAT}
    for seed in range(1, rounds + 1):
        drawn = Map(n, places, seed, 1000)
        _round(drawn, _peer(drawn, modules), found, more)
    goals = GOALS.get(name, {})
    for what in WHAT:
        ours, peers = np.array(found[what]).T
        ratios = peers / ours
        yield {
            "name": f"{what}/{name}",
            "n": n,
            "ours": float(np.median(ours)),
            "peer": None if np.isnan(peers).any() else float(np.median(peers)),
            "ratio": None if np.isnan(peers).any() else float(np.median(ratios)),
            "target": f"≥ {goals[what]:g}" if what in goals else None,
            "met": bool(np.median(ratios) >= goals[what]) if what in goals else None,
            "least": None if np.isnan(peers).any() else float(ratios.min()),
            "most": None if np.isnan(peers).any() else float(ratios.max()),
            **more[what],
        }


def _round(drawn: Map, peer: Row, found: Found, more: dict[str, Row]) -> None:
    drawn.built()  # compiled
    pyramid = drawn.built()
    _check(drawn, pyramid)
    load_s = float(np.median(peer["load_s"]))
    keys_s = _best(3, lambda: map_keys(*drawn.lon_lat.T))
    found["build"].append((float(np.median([_once(drawn.built) for _ in range(3)])), load_s))
    by_two = [_once(lambda: drawn.built(threads=2), time.perf_counter) for _ in range(9)]
    found["build-2"].append((min(by_two), min(peer["load_wall_s"])))
    at_once = [_once(lambda: drawn.built(is_decided=False)) for _ in range(3)]
    found["build-undecided"].append((float(np.median(at_once)), load_s))
    processors = len(os.sched_getaffinity(0))
    more["build"] = {"unit": "s", "threads": 1, "keys_s": keys_s}
    more["build-2"] = {"unit": "s", "clock": "wall", "threads": 2, "processors": processors}
    more["build-undecided"] = {"unit": "s", "threads": 1}
    staff, later = drawn.built(Audience.STAFF), drawn.built(is_decided=False)
    for what, measured, is_merged in (
        ("rough", pyramid, False),
        ("merged", pyramid, True),
        ("staff", staff, True),
        ("undecided", later, True),
    ):
        ours = drawn.passes_us(measured, is_merged=is_merged)
        _, features, size = _drawn(measured, drawn.tiles[:300].tolist(), is_merged)
        for which in (50, 99):
            name = f"{what}-p{which}"
            found[name].append((_of_median_pass(ours, which), _of_median_pass(peer["passes"], which)))
            more[name] = {
                "unit": "µs",
                "features": features,
                "bytes": size,
                "peer_features": peer["features"],
                "peer_bytes": peer["bytes"],
            }
    filed = pyramid._layer.points
    is_written = [_is_written(filed, *tile) for tile in drawn.tiles.tolist()]
    more["rough-p50"]["written_at_build"] = f"{np.mean(is_written):.1%}"
    found["memory"].append((pyramid.nbytes / 1e6, peer["held_mb"]))
    more["memory"] = {
        "unit": "MB",
        "of_it_tiles_written": filed.written.nbytes / 1e6,
        "peer_index_alone": peer["index_mb"],
    }
    _changes(drawn, pyramid, load_s, found, more)


def _is_written(filed: Points, zoom: int, x: int, y: int) -> bool:
    """Whether a tile without merging was written at the build."""
    first, after = filed.levels[zoom, 1], filed.levels[zoom + 1, 1]
    key = sum((x >> bit & 1 | (y >> bit & 1) << 1) << 2 * bit for bit in range(zoom))
    at = first + int(np.searchsorted(filed.tile_keys[first:after], key))
    return bool(filed.tile_keys[at] == key and filed.written_ends[at] < filed.written_ends[at + 1])


def _changes(drawn: Map, pyramid: Pyramid, load_s: float, found: Found, more: dict[str, Row]) -> None:
    """Arrivals and closings, tiles afterwards, filters; then the same from nothing."""
    steps = 1000
    arrivals = [drawn.point(row) for row in range(steps)]
    closing = [row for row in range(steps, 3 * steps) if drawn.point(row).state >> 5 & 7 != 2]
    added = [_once(partial(pyramid.add, point)) for point in arrivals]
    closed = [_once(partial(pyramid.close, drawn.point(row))) for row in closing]
    for what, times in (("add", added), ("close", closed)):
        found[what].append((float(np.median(times)) * 1e6, load_s * 1e6))
        more[what] = {"unit": "µs", "p99_us": float(np.percentile(times, 99)) * 1e6}
    tiles = np.unique(drawn.tiles, axis=0).tolist()
    once = [_once(partial(pyramid.tile, *tile)) * 1e6 for tile in tiles]
    found["changed-tile-p50"].append((float(np.median(once)), np.nan))
    more["changed-tile-p50"] = {"unit": "µs", "changes": len(arrivals) + len(closing), "tiles": len(once)}
    found["kept-tile-p50"].append((_of_median_pass(drawn.passes_us(pyramid), 50), np.nan))
    more["kept-tile-p50"] = {"unit": "µs"}
    selection = Filter(services=frozenset(SERVICES[:2]), statuses=frozenset({"open"}))
    found["filter-first"].append((_once(lambda: pyramid.tile(0, 0, 0, selection)) * 1e3, np.nan))
    more["filter-first"] = {"unit": "ms"}
    once = [_once(partial(pyramid.tile, *tile, selection)) * 1e6 for tile in tiles]
    found["filter-next-p50"].append((float(np.median(once)), np.nan))
    more["filter-next-p50"] = {"unit": "µs"}
    states = drawn.states.copy()
    for row in drawn.order[closing].tolist():
        states[row] = SCHEME.with_status(int(states[row]), "ended")
    mixed = np.random.default_rng(1).permutation(len(states) + steps)
    keys = np.concatenate([drawn.keys, drawn.keys[drawn.order[:steps]]])[mixed]
    states = np.concatenate([states, drawn.states[drawn.order[:steps]]])[mixed]
    fresh = Pyramid.build(Settings(SCHEME, Audience.PUBLIC), keys, states, today=TODAY)
    for tile in drawn.tiles.tolist():
        for chosen in (Filter(), selection):
            if pyramid.tile(*tile, chosen) != fresh.tile(*tile, chosen):
                raise AssertionError(f"tile {tile} differs from that of a fresh build")


def _drawn(
    pyramid: Pyramid, tiles: list[list[int]], is_merged: bool
) -> tuple[list[list[dict[str, Any]]], float, float]:
    """Features of tiles, and how many and how many bytes a tile has, on average."""
    bodies = [pyramid.tile(*tile, is_merged=is_merged) for tile in tiles]
    options = {"y_coord_down": True}
    features = [
        mapbox_vector_tile.decode(body, default_options=options)["requests"]["features"] if body else []
        for body in bodies
    ]
    return features, sum(map(len, features)) / len(tiles), sum(map(len, bodies)) / len(tiles)


def _check(drawn: Map, pyramid: Pyramid) -> None:
    """At one zoom no complaint is lost and no two bubbles are nearer than 40/512 of a tile."""
    zoom = 12
    tiles = np.unique(key_xy(drawn.keys) >> (28 - zoom), axis=0)
    around = [np.array([i, j]) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    near = np.unique(np.concatenate([tiles + step for step in around]), axis=0)
    features, _, _ = _drawn(pyramid, [[zoom, *tile] for tile in near.tolist()], is_merged=True)
    at, total = [], 0
    for tile, listed in zip(near, features, strict=True):
        for it in listed:
            place = np.array(it["geometry"]["coordinates"])
            if (place >= 0).all() and (place < 4096).all():
                at.append(tile * 4096 + place)
                total += it["properties"]["count"]
    if total != len(drawn.keys):
        raise AssertionError(f"{total} of {len(drawn.keys)} complaints are on the map")
    nearest = cKDTree(np.array(at, dtype=float)).query(np.array(at, dtype=float), k=2)[0][:, 1]
    if nearest.min() < 40 * 8 - 1.5:
        raise AssertionError(f"two bubbles are {nearest.min()} / 4096 apart")


# ---------------------------------------------------------------- peers


def _installed() -> Path:
    """The folder of the peers' packages, installed if need be."""
    folder = ROOT / ".benchmark" / "tiles"
    wanted = " ".join(PEERS)
    kept = folder / "installed"
    if not kept.exists() or kept.read_text() != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [_program("npm"), "install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund",
            "--ignore-scripts", *PEERS], check=True, stdout=sys.stderr,
        )  # fmt: skip
        kept.write_text(wanted)
    return folder / "node_modules"


def _program(name: str) -> str:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is needed for the peers")
    return found


def _peer(drawn: Map, modules: Path) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        drawn.lon_lat.tofile(Path(folder) / "places.f8")
        drawn.tiles.astype(np.float64).tofile(Path(folder) / "tiles.f8")
        script = Path(__file__).with_name("tiles_peer.mjs")
        words = [
            _program("node"),
            "--expose-gc",
            "--max-old-space-size=4096",
            script,
            folder,
            modules,
            "3",
            str(REPEATS),
        ]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


QUERY = """
WITH tile AS (SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS box),
cells AS (
  SELECT count(*) AS n, count(*) FILTER (WHERE status = 0) AS open, avg(ST_X(at)) AS x, avg(ST_Y(at)) AS y
  FROM complaints, tile WHERE at && box
  GROUP BY ST_SnapToGrid(at, (ST_XMax(box) - ST_XMin(box)) / 16)
)
SELECT ST_AsMVT(drawn, 'requests') FROM (
  SELECT n, open, ST_AsMVTGeom(ST_SetSRID(ST_MakePoint(x, y), 3857), box) AS geom FROM cells, tile
) AS drawn
"""


def _against_postgis(name: str, n: int) -> Row:
    """Cells of 1/16 of a tile, in one query, neither merged nor filtered; ours are merged."""
    drawn = Map(n, city, 1, 60 if n > 100_000 else 200)
    goal = 1000 if n > 100_000 else 300
    row = {"name": f"postgis/{name}", "n": n, "target": f"≥ {goal}", "unit": "µs"}
    try:
        with cluster() as running, psycopg.connect(_plain(running.create_database("tiles"))) as database:
            _fill(database, drawn)
            tiles = [dict(zip("zxy", tile, strict=True)) for tile in drawn.tiles.tolist()]
            theirs = [_wall_us(lambda t=tile: database.execute(QUERY, t).fetchone()) for tile in tiles]
    except PostgisMissing as missing:
        return {**row, "ours": None, "peer": None, "ratio": None, "met": None, "missing": str(missing)}
    pyramid = drawn.built()
    ours = [_wall_us(lambda t=tile: pyramid.tile(*t)) for tile in drawn.tiles.tolist()]
    found = float(np.median(ours)), float(np.median(theirs))
    ratio = found[1] / found[0]
    return {**row, "ours": found[0], "peer": found[1], "ratio": ratio, "met": ratio >= goal}


def _wall_us(work: Callable[[], Any]) -> float:
    return min(_once(work, time.perf_counter) for _ in range(2)) * 1e6


def _plain(url: str) -> str:
    return url.replace("+psycopg", "", 1)


def _fill(database: psycopg.Connection, drawn: Map) -> None:
    database.execute("CREATE TABLE complaints (lon float8, lat float8, status int, at geometry(Point, 3857))")
    status = (drawn.states >> 5 & 7).tolist()
    with database.cursor().copy("COPY complaints (lon, lat, status) FROM STDIN") as copy:
        for place, state in zip(drawn.lon_lat.tolist(), status, strict=True):
            copy.write_row((*place, state))
    database.execute(
        "UPDATE complaints SET at = ST_Transform(ST_SetSRID(ST_MakePoint(lon, lat), 4326), 3857)"
    )
    database.execute("CREATE INDEX ON complaints USING gist (at)")
    database.commit()
    database.autocommit = True
    database.execute("VACUUM ANALYZE complaints")


MEASURE_COMPILING = """
import time
from datetime import date
from geo.tiles.pyramid import Audience, Pyramid, Settings
from geo.tiles.scheme import Scheme
from geo.tiles.positions import map_keys
began = time.process_time()
scheme = Scheme(("a", "b"))
states = scheme.states([0, 1], [0, 1], [1, 2], [20000, 20001])
keys = map_keys([110.8, 110.9], [-7.5, -7.6])
pyramid = Pyramid.build(Settings(scheme, Audience.PUBLIC), keys, states, today=date(2026, 1, 1))
pyramid.tile(0, 0, 0)
print(time.process_time() - began)
"""


def _compiling() -> Row:
    """CPU seconds from nothing to a first tile in a process that must compile, and in one that finds it
    done."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        cold, warm = (
            float(
                subprocess.run(
                    [sys.executable, "-c", MEASURE_COMPILING],
                    check=True, capture_output=True, text=True, env=environment, cwd=ROOT,
                ).stdout
            )
            for _ in range(2)
        )  # fmt: skip
    return {
        "name": "compiling", "n": 2, "ours": cold, "peer": None, "ratio": None, "target": None, "met": None,
        "unit": "s", "compiled_before_s": warm,
    }  # fmt: skip
