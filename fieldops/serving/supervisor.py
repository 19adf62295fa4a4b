"""The supervisor: web server, intake, worker and scheduler in one process tree."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import click

from fieldops.errors import SetupError
from fieldops.serving.children import Child, Command, Patience
from fieldops.serving.listening import address_of, listen
from fieldops.serving.readiness import wait_until_ready

READY_WITHIN_S: Final = 120.0
STOP_WITHIN_S: Final = 10.0
LOOK_EVERY_S: Final = 0.05
USUAL_PATIENCE: Final = Patience()
GIVE_UP_AFTER: Final = 3  # quick ends of one child before the site was ever ready

WhenReady = Callable[[str], int | None]


class Supervisor:
    """Keeps commands running until it is told to stop.

    Parameters
    ----------
    commands
        Started together, in this order.
    environment
        The whole environment of every child.
    patience
        How crashed children are restarted.
    stop_within_s
        Children still running this long after they were asked to stop are killed.
    """

    def __init__(
        self,
        commands: Sequence[Command],
        environment: Mapping[str, str],
        *,
        patience: Patience = USUAL_PATIENCE,
        stop_within_s: float = STOP_WITHIN_S,
    ) -> None:
        self.children = [Child(command, environment, patience) for command in commands]
        self.is_ready = False
        self._stop_within_s = stop_within_s
        self._status: int | None = None
        self._interruptions = 0

    def finish(self, status: int) -> None:
        """Stop everything and let `run` return `status`; the first call counts."""
        if self._status is None:
            self._status = status

    def run(self) -> int:
        """Start the children and tend them until `finish` is called or SIGINT or SIGTERM arrives.

        Call it from the main thread: the kernel ties the children to the thread that started them.
        """
        with self._signals():
            try:
                while self._status is None:
                    self._tend_all()
                    time.sleep(LOOK_EVERY_S)
            finally:
                self._stop_all()
        return self._status

    def _tend_all(self) -> None:
        for child in self.children:
            if child.command.after_ready and not self.is_ready:
                continue
            child.tend()
            if not self.is_ready and child.quick_ends >= GIVE_UP_AFTER:
                click.echo(
                    f"fieldops: the {child.command.name} does not start: it ended {child.quick_ends} times, "
                    f"at last with status {child.last_status} (see the lines above).",
                    err=True,
                )
                self.finish(1)

    def _stop_all(self) -> None:
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + self._stop_within_s
        while any(child.is_running() for child in self.children):
            if time.monotonic() > deadline or self._interruptions > 1:
                break
            time.sleep(LOOK_EVERY_S)
        for child in self.children:
            child.kill()

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self._interruptions += 1  # the second one stops waiting
        self.finish(0)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        before = {
            number: signal.signal(number, self._interrupt) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def site_commands(descriptor: int) -> tuple[Command, ...]:
    """Return the commands of the whole site; the web server serves the socket behind `descriptor`."""
    python = sys.executable
    conf = Path(__file__).with_name("gunicorn_conf.py")
    gunicorn = ("-m", "gunicorn", "--config", str(conf), "--bind", f"fd://{descriptor}")
    return (
        Command("web server", (python, *gunicorn, "fieldops.app:create_app()"), (descriptor,)),
        Command("intake", (python, "-m", "fieldops", "intake"), after_ready=True),
        Command("worker", (python, "-m", "fieldops", "worker"), after_ready=True),
        Command("scheduler", (python, "-m", "fieldops", "scheduler"), after_ready=True),
    )


def run_all(host: str, port: int, *, env: Mapping[str, str], when_ready: WhenReady | None = None) -> int:
    """Serve the site and run its intake, worker and scheduler until Ctrl-C or SIGTERM.

    Parameters
    ----------
    host, port
        Where to listen; port 0 chooses a free one.
    env
        The whole environment of the children.
    when_ready
        Called once with the site's address when it is ready; a number that it returns stops everything
        and becomes the exit status.

    Returns
    -------
    int
        Exit status: 0 after a wished stop, 1 when the site could not be started.

    Raises
    ------
    SetupError
        The port is taken or may not be used. Nothing was started.
    """
    with listen(host, port) as listener:
        supervisor = Supervisor(site_commands(listener.fileno()), env)
        url = address_of(listener)
        threading.Thread(target=_announce, args=(supervisor, url, when_ready), daemon=True).start()
        return supervisor.run()


def _announce(supervisor: Supervisor, url: str, when_ready: WhenReady | None) -> None:
    try:
        seconds = wait_until_ready(url, READY_WITHIN_S)
    except SetupError as error:
        click.echo(f"fieldops: {error}", err=True)
        supervisor.finish(1)
        return
    supervisor.is_ready = True
    click.echo(f"ready: {url} (after {seconds:.1f} s; Ctrl-C stops)")
    if when_ready is None:
        return
    try:
        status = when_ready(url)
    except Exception as error:  # noqa: BLE001  whatever it was, the process tree has to come down with it
        click.echo(f"fieldops: {type(error).__name__}: {error}", err=True)
        status = 1
    if status is not None:
        supervisor.finish(status)
