"""An installation as deployed, for benchmarks: two gunicorn workers over an embedded database."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from fieldops.config import ROOT
from fieldops.serving.readiness import wait_until_ready

START_LIMIT_S = 120


@contextmanager
def site(folder: str, env: dict[str, str] | None = None) -> Iterator[tuple[int, float]]:
    """Serve an instance folder; yields the port and how many seconds the start took.

    `env` is the environment of a process of the installation when it differs from `environment(folder)`.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    conf = ROOT / "fieldops/serving/gunicorn_conf.py"
    command = (
        "-m",
        "gunicorn",
        "--config",
        str(conf),
        "--bind",
        f"127.0.0.1:{port}",
        "--access-logfile",
        os.devnull,
    )
    began = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, *command, "fieldops.app:create_app()"], env=env or environment(folder), cwd=ROOT
    )
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", START_LIMIT_S)
        yield port, time.perf_counter() - began
    finally:
        running.terminate()
        running.wait(20)


def environment(folder: str) -> dict[str, str]:
    """Return the environment of a process of the installation."""
    return os.environ | {
        "FIELDOPS_INSTANCE_DIR": folder,
        "DATABASE_URL": "",
        "FIELDOPS_RATE_LIMITS": "false",
        "PYTHONPATH": str(ROOT),
    }
