"""The worker: takes tasks and carries them out until it is told to stop."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog
from flask import Flask
from sqlalchemy.exc import DBAPIError

from fieldops.errors import FieldOpsError, SetupError
from fieldops.extensions import db
from fieldops.installation import Installation
from fieldops.operations.search_plan import warm_up_search
from fieldops.tasks.intake import take_in_if_free
from fieldops.tasks.leases import (
    LEASE_S,
    Lease,
    finish,
    free_leases,
    give_back,
    renew,
    something_is_due,
    take,
)
from fieldops.tasks.registry import LEASES_S, TASKS
from fieldops.tasks.stopping import StopFlag
from fieldops.tasks.time_limit import may_end_this_process
from fieldops.transaction import as_known, transaction

IDLE_S: Final = 0.5

log = structlog.get_logger("worker")


def run_worker(app: Flask) -> None:
    """Work until stopped. On SQLite a file lock keeps it the only worker."""
    installation: Installation = app.extensions["fieldops"]
    stop = StopFlag()
    may_end_this_process()
    warm_up_search()
    installation.roads.warm_up()
    with only_worker(installation) as is_only_one:
        carry_on = _free_and_work if is_only_one else work_once
        while not stop.is_set():
            try:
                worked = carry_on(installation)
                carry_on = work_once
            except (FieldOpsError, DBAPIError) as error:
                reason = error if isinstance(error, FieldOpsError) else as_known(error)
                if reason is None:
                    raise
                log.warning("the worker waits", reason=str(reason))
                worked = False
            if not worked:
                stop.wait(IDLE_S)


@contextmanager
def only_worker(installation: Installation) -> Iterator[bool]:
    """Hold the lock of the embedded database's one worker; on PostgreSQL there may be many. Yields whether
    this is the only one.
    """
    if installation.settings.database_url.startswith("postgresql"):
        yield False
        return
    path: Path = installation.settings.instance_dir / "worker.lock"
    with path.open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SetupError("Another worker runs on this embedded database; it takes one only.") from None
        yield True


def _free_and_work(installation: Installation) -> bool:
    """Begin as the only worker: what the last one held when it died waits no longer."""
    with transaction() as session:
        free_leases(session)
    return work_once(installation)


def work_once(installation: Installation) -> bool:
    """Take in what vendors sent, where no intake does, or carry out a due task; False when nothing waits."""
    if take_in_if_free(installation):
        return True
    session = db.session()
    due = something_is_due(session)
    session.rollback()
    if not due:
        return False
    with transaction() as writing:
        lease = take(writing)
    if lease is None:
        return False
    if lease.name in LEASES_S:
        _prolong(lease)
    _carry_out(installation, lease)
    db.session.remove()
    return True


def work_until_idle(installation: Installation, most: int = 10_000) -> int:
    """Carry out all that is due and return how many tasks ran; for tests, imports and the demo."""
    for done in range(most):
        if not work_once(installation):
            return done
    return most


def _prolong(lease: Lease) -> None:
    with transaction() as session:
        renew(session, lease, LEASES_S.get(lease.name, LEASE_S))


def _carry_out(installation: Installation, lease: Lease) -> None:
    handler = TASKS.get(lease.name)
    try:
        if handler is None:
            raise SetupError("No operation carries out tasks named %(name)s.", name=lease.name)
        handler(installation, lease.payload)
    except Exception as error:
        db.session.rollback()
        log.warning(
            "task failed", task=lease.name, task_id=lease.task_id, attempt=lease.attempts, exc_info=error
        )
        words = (
            f"{type(error).__name__}: {error}" if isinstance(error, FieldOpsError) else type(error).__name__
        )
        with transaction() as session:
            give_back(session, lease, words)
        return
    with transaction() as session:
        if not finish(session, lease):
            log.warning("lease was lost", task=lease.name, task_id=lease.task_id)
