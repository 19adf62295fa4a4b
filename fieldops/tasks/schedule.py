"""The scheduler: what is due by the clock is enqueued, once a period, whoever asks."""

from dataclasses import dataclass
from typing import Final

import structlog
from flask import Flask

from fieldops import clock
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.models import IdempotencyKey
from fieldops.outbox import enqueue, insert_if_absent
from fieldops.tasks.stopping import StopFlag
from fieldops.transaction import transaction

TICK_S: Final = 20

log = structlog.get_logger("scheduler")


@dataclass(frozen=True)
class Entry:
    """A task and how often it runs."""

    name: str
    every_s: int


SCHEDULE: Final = (
    Entry("close_silent_requests", 3600),
    Entry("end_overdue_shifts", 1800),
    Entry("resend_waiting", 3600),
    Entry("hash_photos", 24 * 3600),
    Entry("tidy_tasks", 24 * 3600),
    Entry("tidy_map_changes", 24 * 3600),
)


def tick() -> list[str]:
    """Enqueue what this period has not seen yet and return the names; safe to call from many processes."""
    enqueued: list[str] = []
    now = clock.now()
    for entry in SCHEDULE:
        period = f"{entry.name}:{int(now.timestamp()) // entry.every_s}"
        with transaction() as session:
            if insert_if_absent(
                session, IdempotencyKey, scope="schedule", key=period, body_digest="", answer={}, at=now
            ):
                enqueue(session, entry.name, {}, dedupe_key=entry.name)
                enqueued.append(entry.name)
    return enqueued


def run_scheduler(app: Flask) -> None:
    """Tick until stopped."""
    del app  # its context is what the sessions need
    stop = StopFlag()
    while not stop.is_set():
        try:
            tick()
        except FieldOpsError as error:
            log.warning("the scheduler waits", reason=str(error))
        db.session.remove()
        stop.wait(TICK_S)
