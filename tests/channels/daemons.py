"""Real servers for a test run: started on ports of their own, ended by their own process id."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

START_S = 120.0  # on a busy machine
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Missing(Exception):
    """This machine lacks what a server needs; the message says what to install."""


def program(name: str, package: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Missing(f"{name} is not installed (on Debian: apt-get install {package})")
    return found


def require_own_mounts() -> None:
    """Some servers keep their files at fixed places: they get a view of the file system of their own."""
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    if tried.returncode:
        raise Missing("this user may not have mounts of its own (unshare --mount needs root)")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def own_folder() -> Iterator[Path]:
    """Yield a folder that servers get into which change to another user: pytest's own are closed to them."""
    folder = Path(tempfile.mkdtemp(prefix="fieldops-channels-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(command: list[str], log: Path, *, cwd: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server for the length of a `with` block; it also ends when this process does."""
    with log.open("ab") as output:
        server = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509  nothing else runs between fork and exec
        )
    try:
        yield server
    finally:
        if server.poll() is None:
            server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for(server: subprocess.Popen[bytes], log: Path, is_ready: Callable[[], bool], what: str) -> None:
    """Return when a server answers."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        if is_ready():
            return
        time.sleep(0.02)
    raise RuntimeError(f"{what} did not start: {log.read_text(errors='replace')[-2000:]}")


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
