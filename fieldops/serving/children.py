"""Child processes: started on a tether, restarted when they crash, stopped as a group."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger("serving")


@dataclass(frozen=True)
class Command:
    """What to run, under which name, and the file descriptors that it inherits."""

    name: str
    words: tuple[str, ...]
    descriptors: tuple[int, ...] = ()
    after_ready: bool = False
    """Started once the site is ready: visitors need not wait for what works in the background."""


@dataclass(frozen=True)
class Patience:
    """How a crashed child is restarted: at once, then ever more slowly."""

    first_delay_s: float = 0.5
    longest_delay_s: float = 30.0
    steady_after_s: float = 60.0
    """A child that ran this long starts again with the first delay."""


@dataclass
class Child:
    """One command and the process that runs it at the moment."""

    command: Command
    environment: Mapping[str, str]
    patience: Patience = Patience()
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    quick_ends: int = field(default=0, init=False)
    """How many times in a row it ended before it was steady."""
    last_status: int | None = field(default=None, init=False)
    _started_at: float = field(default=0.0, init=False)
    _start_at: float = field(default=0.0, init=False)

    def start(self) -> None:
        """Start the process, in a process group of its own: Ctrl-C reaches the supervisor alone."""
        self._started_at = time.monotonic()
        tether = (sys.executable, "-m", "fieldops.serving.tether", str(os.getpid()))
        self.process = subprocess.Popen(
            [*tether, *self.command.words],
            env=dict(self.environment),
            pass_fds=self.command.descriptors,
            stdin=subprocess.DEVNULL,
            process_group=0,
        )

    def tend(self) -> None:
        """Notice that the process ended; start it again when its delay is over."""
        if self.process is None:
            if time.monotonic() >= self._start_at:
                self.start()
            return
        status = self.process.poll()
        if status is None:
            return
        self.kill()  # what it left behind in its group
        self.process, self.last_status = None, status
        steady = time.monotonic() - self._started_at >= self.patience.steady_after_s
        self.quick_ends = 0 if steady else self.quick_ends + 1
        delay_s = self._delay_s()
        self._start_at = time.monotonic() + delay_s
        log.warning("restarting", child=self.command.name, status=status, delay_s=delay_s)

    def _delay_s(self) -> float:
        doublings = min(max(self.quick_ends - 1, 0), 16)
        return min(self.patience.first_delay_s * 2.0**doublings, self.patience.longest_delay_s)

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the process itself, which ends its own children in order."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def is_running(self) -> bool:
        """Tell whether the process has not ended yet."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """Kill the whole process group; nothing to kill is fine."""
        if self.process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
