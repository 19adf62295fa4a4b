"""Tiles over HTTP, as deployed: two gunicorn workers over an embedded database of a million requests.

Fifty readers pan a map: each asks for tiles one after the other over a connection of its own, with pauses
between them, while twenty requests a second arrive through the same operation that the report form uses. What
is measured is the time from a reader's question to the last byte of its answer. Server, writer, readers and
database share the machine.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from flask_migrate import upgrade
from sqlalchemy import text

from fieldops.app import create_app
from fieldops.config import ROOT, Settings
from fieldops.extensions import db
from fieldops.operations.establish_city import establish_city
from fieldops.operations.submit_request import Submission, submit_request
from fieldops.transaction import transaction
from geo.tiles.positions import map_keys
from tests.benchmarks.served import environment, site
from tests.benchmarks.tile_cities import TODAY_DAY, city

READERS = 50
ARRIVALS_PER_S = 20
TARGET_MS = 5.0
ZOOMS = range(10, 17)
SETTLING_S = 5.0
"""How long everybody takes part before it counts: both workers have their readers, the writer is at work."""
PAUSE_S = 0.25
"""Mean pause of a reader between two tiles: 50 of them ask for about 200 a second."""
INSERT = """INSERT INTO service_request (code, link_digest, source, external_key, service_id, department_id,
 status, severity, words, channel, language, location_state, address, landmark, anonymous, confidential,
 reported_at, received_at, times_reopened, version, public_place, public_key)
 VALUES (:code, :code, 'benchmark', :code, :service, :department, :status, 2, '', 'import', 'id', 'confirmed',
 '', '', 0, 0, :day, :day, 0, 1, MakePoint(:lon, :lat, 4326), :key)"""


def http_row(n: int, seconds: float) -> dict[str, Any]:
    """Measure for so many seconds; the row says what else happened meanwhile."""
    with tempfile.TemporaryDirectory(prefix="fieldops-tiles-") as folder:
        settings = Settings(instance_dir=Path(folder), database_url="", rate_limits=False)
        began = time.perf_counter()
        lon, lat = _filled(settings, n)
        filled_s = time.perf_counter() - began
        with site(folder) as (port, ready_s), _writer(folder) as writer:
            asyncio.run(_readers(port, _tiles(lon, lat), SETTLING_S))
            before_s = _server_cpu_s()
            measured = asyncio.run(_readers(port, _tiles(lon, lat), seconds))
            cpu_ms = 1e3 * (_server_cpu_s() - before_s) / len(measured)
            arrived = _stopped(writer)
    times, codes = np.array([one for one, _code, _n in measured]) * 1e3, [code for _one, code, _n in measured]
    p99 = float(np.percentile(times, 99))
    return {
        "name": f"http-p99/{'1M' if n == 1_000_000 else n}",
        "n": n,
        "ours": f"{p99:.2f} ms",
        "peer": None,
        "ratio": None,
        "target": f"{TARGET_MS:g} ms",
        "met": p99 < TARGET_MS,
        "p50_ms": round(float(np.percentile(times, 50)), 2),
        "p90_ms": round(float(np.percentile(times, 90)), 2),
        "most_ms": round(float(times.max()), 1),
        "tiles": len(times),
        "tiles_per_s": round(len(times) / seconds, 1),
        "bytes_mean": round(float(np.mean([size for _one, _code, size in measured]))),
        "statuses": {code: codes.count(code) for code in sorted(set(codes))},
        "server_cpu_ms_per_tile": round(cpu_ms, 3),
        "arrived": arrived,
        "readers": READERS,
        "filled_s": round(filled_s, 1),
        "ready_s": round(ready_s, 1),
        "load": os.getloadavg()[0],
        "cores": len(os.sched_getaffinity(0)),
    }


def _filled(settings: Settings, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Make the installation; requests lie on public points alone, which is all that public tiles read."""
    app = create_app(settings, pages=False)
    places = city(n, 1)
    lon, lat = np.ascontiguousarray(places[:, 0]), np.ascontiguousarray(places[:, 1])
    keys = map_keys(lon, lat)
    with app.app_context():
        upgrade()
        with transaction() as session:
            establish_city(session, app.extensions["fieldops"].city)
            services = session.execute(text("SELECT id, department_id FROM service ORDER BY id")).all()
        rng = np.random.default_rng(1)
        days = [str(date(1970, 1, 1) + timedelta(days=int(TODAY_DAY - back))) for back in range(400)]
        age, status, kind = rng.integers(0, 400, n), rng.integers(0, 5, n), rng.integers(0, len(services), n)
        for start in range(0, n, 50_000):
            rows = [
                {
                    "code": f"B{row}",
                    "service": services[kind[row]][0],
                    "department": services[kind[row]][1],
                    "status": ("submitted", "acknowledged", "scheduled", "in_progress", "reopened")[
                        status[row]
                    ],
                    "day": f"{days[age[row]]} 03:00:00.000000",
                    "lon": float(lon[row]),
                    "lat": float(lat[row]),
                    "key": int(keys[row]),
                }
                for row in range(start, min(start + 50_000, n))
            ]
            with transaction() as session:
                session.execute(text(INSERT), rows)
        db.session.remove()
        db.engine.dispose()
    return lon, lat


def _tiles(lon: np.ndarray, lat: np.ndarray) -> list[str]:
    """Addresses of tiles where requests are: a zoom at random, then a request at random."""
    rng = np.random.default_rng(2)
    found = []
    for row in rng.integers(0, len(lon), 20_000).tolist():
        zoom = int(rng.choice(ZOOMS))
        sine = np.sin(np.radians(lat[row]))
        x = int((lon[row] / 360 + 0.5) * 2**zoom)
        y = int((0.5 - 0.25 * np.log((1 + sine) / (1 - sine)) / np.pi) * 2**zoom)
        found.append(f"/tiles/requests/{zoom}/{x}/{y}.pbf")
    return found


# ---------------------------------------------------------------- who takes part
@contextmanager
def _writer(folder: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.benchmarks.tiles_http", folder]
    writer = subprocess.Popen(command, env=environment(folder), cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert writer.stdout is not None
        writer.stdout.readline()  # it has begun
        yield writer
    finally:
        if writer.poll() is None:
            writer.kill()
            writer.wait()


def _stopped(writer: "subprocess.Popen[str]") -> str:
    writer.send_signal(signal.SIGTERM)
    return writer.communicate(timeout=20)[0].strip()


def _server_cpu_s() -> float:
    """CPU seconds that the web server's processes have taken so far."""
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if b"\0gunicorn\0" in (folder / "cmdline").read_bytes() and _is_ours(folder):
                after_name = (folder / "stat").read_text().rpartition(")")[2].split()
                ticks += int(after_name[11]) + int(after_name[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _is_ours(folder: Path) -> bool:
    """Whether a process is this one's child, or that one's."""
    parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    if parent <= 1:
        return False
    return parent == os.getpid() or _is_ours(Path("/proc") / str(parent))


async def _readers(port: int, tiles: list[str], seconds: float) -> list[tuple[float, int, int]]:
    measured: list[tuple[float, int, int]] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(*(_read(port, tiles, until, seed, measured) for seed in range(READERS)))
    return measured


async def _read(
    port: int, tiles: list[str], until: float, seed: int, measured: list[tuple[float, int, int]]
) -> None:
    chance = random.Random(seed)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.sleep(chance.uniform(0, PAUSE_S))
    while time.perf_counter() < until:
        question = f"GET {chance.choice(tiles)} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n"
        began = time.perf_counter()
        writer.write(question.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"), 0
        )
        await reader.readexactly(length)
        measured.append((time.perf_counter() - began, int(head[9:12]), length))
        if b"connection: close" in head.lower():  # a server's process has taken its share of readers
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(chance.expovariate(1 / PAUSE_S))
    writer.close()


def write(folder: str) -> None:
    """Submit twenty requests a second until told to stop, then say how many and how long one took."""
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    app = create_app(Settings(instance_dir=Path(folder), database_url=""), pages=False)
    chance, taken = random.Random(3), []
    with app.app_context():
        sys.stdout.write("begun\n")
        sys.stdout.flush()
        began = time.perf_counter()
        while not stopped:
            made = time.perf_counter()
            with transaction() as session:
                said = Submission(
                    "pothole",
                    "Lubang",
                    f"arrival-{len(taken)}",
                    lon=chance.uniform(110.79, 110.85),
                    lat=chance.uniform(-7.59, -7.54),
                )
                submit_request(session, app.extensions["fieldops"], said)
            taken.append(time.perf_counter() - made)
            time.sleep(max(0.0, began + len(taken) / ARRIVALS_PER_S - time.perf_counter()))
        lasted_s = time.perf_counter() - began
    each_ms = 1e3 * sum(taken) / len(taken)
    sys.stdout.write(f"{len(taken)} in {lasted_s:.1f} s, {each_ms:.1f} ms each\n")


if __name__ == "__main__":
    write(sys.argv[1])
