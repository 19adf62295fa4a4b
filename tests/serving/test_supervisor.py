"""The process tree, with small commands in the place of the site's own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fieldops.serving.children import Command, Patience
from fieldops.serving.supervisor import Supervisor

HASTY = Patience(first_delay_s=0.05, longest_delay_s=0.2, steady_after_s=60)

SUPERVISE = """
import os, sys
from fieldops.serving.children import Command
from fieldops.serving.supervisor import Supervisor
word = sys.argv[1]
commands = [Command("one", ("sh", "-c", word)), Command("two", ("sh", "-c", word))]
sys.exit(Supervisor(commands, os.environ, stop_within_s=float(sys.argv[2])).run())
"""


def wait_for(condition: Callable[[], bool], *, within_s: float = 10) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def pids_in(folder: Path, count: int) -> list[int]:
    wait_for(lambda: len([p for p in folder.iterdir() if p.read_text().strip()]) >= count)
    return [int(path.read_text()) for path in folder.iterdir()]


@pytest.fixture
def supervise(tmp_path: Path):
    """Start two copies of a shell command under a supervisor of their own; both tell their process ids."""
    started: list[subprocess.Popen[bytes]] = []

    def start(words: str, stop_within_s: float = 5) -> tuple[subprocess.Popen[bytes], list[int]]:
        command = f"echo $$ > {tmp_path}/$$; {words}"
        arguments = [sys.executable, "-c", SUPERVISE, command, str(stop_within_s)]
        process = subprocess.Popen(arguments, cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL)
        started.append(process)
        return process, pids_in(tmp_path, 2)

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stops_all_children_on_a_signal(supervise, number: signal.Signals) -> None:
    process, pids = supervise("exec sleep 60")
    process.send_signal(number)
    assert process.wait(timeout=30) == 0
    assert not any(is_alive(pid) for pid in pids)


def test_kills_children_that_do_not_stop_when_asked(supervise) -> None:
    process, pids = supervise("trap '' TERM; while :; do sleep 0.1; done", stop_within_s=0.3)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=30)
    assert time.monotonic() - began < 8
    assert not any(is_alive(pid) for pid in pids)


def test_a_second_ctrl_c_does_not_wait(supervise) -> None:
    process, pids = supervise("trap '' TERM; while :; do sleep 0.1; done", stop_within_s=60)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=30)
    assert not any(is_alive(pid) for pid in pids)


def test_leaves_no_orphan_when_it_is_killed(supervise) -> None:
    process, pids = supervise("exec sleep 60")
    process.kill()
    process.wait()
    wait_for(lambda: not any(is_alive(pid) for pid in pids))


def test_restarts_a_child_that_crashes_and_slows_down(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    words = f'date +%s%N >> {marks}; [ "$(wc -l < {marks})" -ge 5 ] && sleep 60; exit 3'
    supervisor = Supervisor([Command("crashing", ("sh", "-c", words))], os.environ, patience=HASTY)
    supervisor.is_ready = True  # after that it never gives up

    def look(_number: int, _frame: object) -> None:
        if marks.exists() and len(marks.read_text().splitlines()) >= 5:
            supervisor.finish(7)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
    try:
        assert supervisor.run() == 7
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    times = [int(line) / 1e9 for line in marks.read_text().splitlines()]
    assert times[4] - times[3] >= 0.2
    assert supervisor.children[0].last_status == 3


def test_gives_up_on_a_child_that_never_starts(capfd: pytest.CaptureFixture[str]) -> None:
    good = Command("worker", ("sleep", "60"))
    bad = Command("web server", ("sh", "-c", "exit 5"))
    supervisor = Supervisor([good, bad], os.environ, patience=HASTY)
    assert supervisor.run() == 1
    assert "the web server does not start: it ended 3 times, at last with status 5" in capfd.readouterr().err
    assert not supervisor.children[0].is_running()


def test_starts_the_background_once_the_site_is_ready(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    site = Command("web server", ("sh", "-c", f"echo site >> {marks}; sleep 60"))
    worker = Command("worker", ("sh", "-c", f"echo worker >> {marks}; sleep 60"), after_ready=True)
    supervisor = Supervisor([worker, site], os.environ)
    seen: list[list[str]] = []

    def look(_number: int, _frame: object) -> None:
        lines = marks.read_text().split() if marks.exists() else []
        if lines and not supervisor.is_ready:
            seen.append(lines)
            supervisor.is_ready = True
        elif len(lines) == 2 and len(seen) == 1:  # stopping may take longer than the alarm
            seen.append(lines)
            supervisor.finish(0)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
    try:
        supervisor.run()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    assert seen == [["site"], ["site", "worker"]]


def test_puts_the_signal_handlers_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    supervisor = Supervisor([], {})
    supervisor.finish(0)
    assert supervisor.run() == 0
    assert signal.getsignal(signal.SIGTERM) is before
