"""The private cluster that the tests run on: fresh databases, and nothing left behind."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.postgis import SHARED_URL, PostgisMissing, cluster

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.postgis


def answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that the server's own user may enter; a killed run cannot tidy up itself."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)  # the dying server may still be removing files of its own


def plain(url: str) -> str:
    return url.replace("+psycopg", "", 1)


def test_a_database_is_spatial_and_fresh_each_time() -> None:
    name = f"fieldops_cluster_{os.getpid()}"
    try:
        with cluster() as running:
            for _ in range(2):
                url = running.create_database(name)
                with psycopg.connect(plain(url)) as connection:
                    point = connection.execute("SELECT ST_AsText(ST_MakePoint(110.8, -7.5))").fetchone()
                    connection.execute("CREATE TABLE left_behind ()")
                assert point == ("POINT(110.8 -7.5)",)
            running.drop_database(name)
    except PostgisMissing as missing:
        pytest.skip(str(missing))


@pytest.mark.slow
def test_a_killed_run_leaves_no_server(tmp_path: Path, open_folder: Path) -> None:
    told = tmp_path / "url"
    words = f"import os, time; open({str(told)!r}, 'w').write(os.environ[{SHARED_URL!r}]); time.sleep(60)"
    environment = {name: value for name, value in os.environ.items() if name != SHARED_URL}
    starter = subprocess.Popen(
        [sys.executable, "-m", "tests.postgis", sys.executable, "-c", words],
        cwd=ROOT,
        env={**environment, "TMPDIR": str(open_folder)},
        process_group=0,
    )
    try:
        deadline = time.monotonic() + 30
        while not told.exists() or not told.read_text():
            if starter.poll() is not None:
                pytest.skip("no cluster could be started here")
            assert time.monotonic() < deadline
            time.sleep(0.05)
        url = plain(told.read_text())
        assert answers(url)
    finally:
        os.killpg(starter.pid, signal.SIGKILL)
        starter.wait()
    deadline = time.monotonic() + 10
    while answers(url):
        assert time.monotonic() < deadline, "the server outlived its run"
        time.sleep(0.1)
