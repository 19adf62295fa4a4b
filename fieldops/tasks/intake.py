"""The intake: what vendors sent goes from the spool into conversations, at once and beside all other work.

A process of its own, since the worker may be busy with a plan for minutes. Whichever process holds the file
lock takes in; the worker does when nobody else does.
"""

import fcntl
import os
import time
from typing import Final

import structlog
from flask import Flask
from sqlalchemy.exc import DBAPIError

from fieldops import clock
from fieldops.config import Settings
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.installation import Installation
from fieldops.operations.drain_spool import drain_spool
from fieldops.operations.read_waiting import EventReader
from fieldops.operations.suggest_triage import open_reader
from fieldops.spool.segments import DAMAGED, SpoolReader, spool_state
from fieldops.tasks.stopping import StopFlag
from fieldops.tasks.time_limit import may_end_this_process, time_limit
from fieldops.transaction import as_known, transaction

IDLE_S: Final = 0.05
LOOK_EVERY_S: Final = 0.5
"""How often the database is asked for events that did not come by the spool, such as letters."""
TROUBLE_S: Final = 1.0
LATE_S: Final = 60
"""What waits longer in the spool is not being taken in."""

log = structlog.get_logger("intake")


class Intake:
    """Takes in for one installation while it holds the lock; `free` lets go."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._path = installation.settings.instance_dir / "intake.lock"
        self._lock: int | None = None
        self._spool = SpoolReader(installation.settings.spool_dir)
        self._reader: EventReader | None = None
        self._has_more, self._looked_at = True, 0.0

    def take_in(self) -> int:
        """Carry over and read what waits, a portion of it; return how many events moved.

        0 also when another process takes in.
        """
        if not self.has_lock():
            return 0
        if self._reader is None:
            self._reader = EventReader(self._installation, transaction, time_limit)
        moved = drain_spool(self._installation, self._spool, transaction)
        if moved or self._has_more or time.monotonic() - self._looked_at > LOOK_EVERY_S:
            read = self._reader.read(db.session())
            self._has_more, self._looked_at = bool(read), time.monotonic()
            moved += read
        if moved:
            db.session.remove()
        return moved

    def has_lock(self) -> bool:
        """Return whether this process is the one that takes in, and become it when nobody is."""
        if self._lock is not None:
            return True
        lock = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    def free(self) -> None:
        """Let another process take in."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = self._reader = None


def take_in_if_free(installation: Installation) -> int:
    """Take in a portion unless another process does; return how many events moved.

    What goes wrong is logged: whoever asks has other work to do.
    """
    intake = Intake(installation)
    try:
        return max(0, _take_in(intake))
    finally:
        intake.free()


def run_intake(app: Flask) -> None:
    """Take in until stopped."""
    installation: Installation = app.extensions["fieldops"]
    stop = StopFlag()
    may_end_this_process()
    intake = Intake(installation)
    try:
        _warm_up(installation)
        while not stop.is_set():
            moved = _take_in(intake)
            if moved <= 0:
                stop.wait(IDLE_S if moved == 0 else TROUBLE_S)
    finally:
        intake.free()


def intake_lines(settings: Settings) -> list[str]:
    """Return what is to be said of the spool: what waits, and what could not be read."""
    state = spool_state(settings.spool_dir)
    lines = ["intake: nothing waits in the spool"]
    if state.oldest_at is not None:
        waited_s = max(0.0, (clock.now() - state.oldest_at).total_seconds())
        lines = [f"intake: {state.bytes:,} bytes wait in the spool, the oldest for {waited_s:.0f} s"]
        if waited_s > LATE_S:
            lines.append("intake: it does not keep up, or does not run: see the lines of its log")
    if state.damaged:
        where = settings.spool_dir / DAMAGED
        lines.append(f"intake: {state.damaged} damaged files were set aside in {where}: look at the disk")
    return lines


def _take_in(intake: Intake) -> int:
    """Take in a portion; return how many events moved, -1 when that is not possible now."""
    try:
        return intake.take_in()
    except Exception as error:
        db.session.rollback()
        known = error if isinstance(error, FieldOpsError) else as_known(error)
        if known is not None:
            log.warning("the intake waits", reason=str(known))
        else:
            log.exception("the intake fails and tries again", exc_info=error)
        return -1


def _warm_up(installation: Installation) -> None:
    """Open what reading words needs, so that the first message does not wait for it."""
    try:
        open_reader(db.session(), installation).read("jalan berlubang cedhak pasar, please repair")
    except (FieldOpsError, DBAPIError) as error:
        log.warning("the intake begins unprepared", reason=type(error).__name__)
    db.session.remove()
