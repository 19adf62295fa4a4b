"""A private PostgreSQL + PostGIS cluster for the tests: made in a temporary folder, gone afterwards.

One cluster serves a whole run. `script/test` starts it with

    python -m tests.postgis pytest …

which tells its address to the command in FIELDOPS_TEST_POSTGIS_URL; a plain `pytest` starts one a process.
Every test process takes a database of its own with `PostgisCluster.create_database`.
"""

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

SHARED_URL = "FIELDOPS_TEST_POSTGIS_URL"
TEMPLATE = "fieldops_template"
START_TRIES = 5
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class PostgisMissing(Exception):
    """This machine has no PostgreSQL with PostGIS; the message says what to install."""


class PostgisCluster:
    """A running cluster, known by the address of its `postgres` database (postgresql+psycopg://…)."""

    def __init__(self, url: str) -> None:
        self.url = url

    def create_database(self, name: str) -> str:
        """Return the address of a fresh database with PostGIS; an old one of that name is dropped."""
        with self._connection() as connection:
            _drop(connection, name)
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(TEMPLATE)
                )
            )
        return self.url.rsplit("/", 1)[0] + f"/{name}"

    def drop_database(self, name: str) -> None:
        """Drop a database and end whatever is still connected to it."""
        with self._connection() as connection:
            _drop(connection, name)

    def _connection(self) -> psycopg.Connection:
        return psycopg.connect(self.url.replace("+psycopg", "", 1), autocommit=True)


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def shared_cluster_url() -> str | None:
    """Return the address of the cluster that the run's starter holds, if there is one."""
    return os.environ.get(SHARED_URL) or None


@contextmanager
def cluster() -> Iterator[PostgisCluster]:
    """Yield the run's shared cluster, or one that lives as long as the `with` block.

    Raises
    ------
    PostgisMissing
        There is none to start.
    """
    url = shared_cluster_url()
    if url:
        yield PostgisCluster(url)
        return
    folder = Path(tempfile.mkdtemp(prefix="fieldops-postgis-"))
    server: subprocess.Popen[bytes] | None = None
    try:
        server, url = _start(find_programs(), folder)
        yield PostgisCluster(url)
    finally:
        if server is not None:
            _stop(server)
        shutil.rmtree(folder, ignore_errors=True)


def find_programs() -> Path:
    """Return the folder of the newest PostgreSQL that has PostGIS.

    Raises
    ------
    PostgisMissing
        There is none.
    """
    found = [
        Path(f"/usr/lib/postgresql/{control.parent.parent.name}/bin")
        for control in Path("/usr/share/postgresql").glob("*/extension/postgis.control")
    ]
    usable = [folder for folder in found if (folder / "postgres").exists()]
    if not usable:
        raise PostgisMissing(
            "PostgreSQL with PostGIS is not installed "
            "(on Debian 12: apt-get install postgresql-15-postgis-3; elsewhere the version your system has)"
        )
    return max(usable, key=lambda folder: float(folder.parent.name))


def _owner() -> str | None:
    """Return the user to run the server as: PostgreSQL refuses root."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _as_owner() -> dict[str, object]:
    owner = _owner()
    if owner is None:
        return {}
    entry = pwd.getpwnam(owner)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _start(programs: Path, folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    password = secrets.token_hex(12)
    secret = folder / "password"
    secret.write_text(password)
    data = folder / "data"
    if owner := _owner():
        for path in (folder, secret):
            shutil.chown(path, owner)
    access = ["--pwfile", str(secret), "-A", "scram-sha-256", "-E", "UTF8"]
    _run(
        [
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "fieldops",
            *access,
            "--locale=C.UTF-8",
            "--no-sync",
        ],
        folder,
    )
    for attempt in range(START_TRIES):
        port = _free_port()
        url = f"postgresql+psycopg://fieldops:{password}@127.0.0.1:{port}/postgres"
        server = _launch(programs, data, folder, port)
        if _answers(server, url):
            _make_template(url)
            return server, url
        _stop(server)
        time.sleep(0.5 * 2**attempt)  # the port was taken meanwhile, or a lock file is still there
    log = (folder / "log").read_text(errors="replace")
    raise RuntimeError(f"the test cluster did not start in {START_TRIES} tries: {log[-500:]}")


def _launch(programs: Path, data: Path, folder: Path, port: int) -> subprocess.Popen[bytes]:
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": folder,
        "max_connections": 100,
        "fsync": "off",  # the data need not outlive the run
        "full_page_writes": "off",
        "synchronous_commit": "off",
        "shared_buffers": "64MB",
        "jit": "off",
        "log_min_messages": "warning",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [str(programs / "postgres"), "-D", str(data), *options],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,  # Ctrl-C is for the tests; they stop the cluster
            preexec_fn=_die_with_parent,  # noqa: PLW1509  set after the change of user, which would undo it
            **_as_owner(),  # type: ignore[call-overload]
        )


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0)


def _answers(server: subprocess.Popen[bytes], url: str) -> bool:
    deadline = time.monotonic() + 20
    while server.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    return False


def _make_template(url: str) -> None:
    plain = url.replace("+psycopg", "", 1)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    with psycopg.connect(plain.rsplit("/", 1)[0] + f"/{TEMPLATE}", autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGQUIT)  # immediate: nothing in it is worth a checkpoint
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _run(words: list[str], folder: Path) -> None:
    done = subprocess.run(
        words,
        cwd=folder,
        check=False,
        capture_output=True,
        **_as_owner(),  # type: ignore[call-overload]
    )
    if done.returncode:
        raise RuntimeError(f"{Path(words[0]).name} failed: {done.stderr.decode(errors='replace').strip()}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def main(command: list[str]) -> int:
    """Run a command with a cluster, stop the cluster whatever happens, and return the command's status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with cluster() as running:
        child = subprocess.Popen(command, env={**os.environ, SHARED_URL: running.url})
        try:
            return child.wait()
        except BaseException:
            child.terminate()
            child.wait()
            raise


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except PostgisMissing as missing:
        sys.exit(f"{missing}.")
