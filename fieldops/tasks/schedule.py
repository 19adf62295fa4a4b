"""The scheduler: what is due by the clock is enqueued, once a period, whoever asks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
    """A task and how often it runs.

    With `nightly_at_s`, seconds after midnight UTC, it is put off to that time of the day to come: what takes
    a minute of the only worker must not stand in the way of the day's work.
    """

    name: str
    every_s: int
    nightly_at_s: int | None = None


SCHEDULE: Final = (
    Entry("close_silent_requests", 3600),
    Entry("end_overdue_shifts", 1800),
    Entry("resend_waiting", 3600),
    Entry("hash_photos", 24 * 3600),
    Entry("poll_accounts", 60),
    Entry("refresh_all_templates", 6 * 3600),
    Entry("tick_response_clocks", 300),
    Entry("tick_waitings", 900),
    Entry("carry_out_deletions", 900),
    Entry("tidy_own_data", 3600),
    Entry("tidy_events", 24 * 3600),
    Entry("tidy_tasks", 24 * 3600),
    Entry("tidy_devices", 24 * 3600),
    Entry("tidy_map_changes", 24 * 3600),
    Entry("train_triage", 24 * 3600, nightly_at_s=19 * 3600),  # two in the morning, western Indonesia
    Entry("learn_weighing", 24 * 3600, nightly_at_s=20 * 3600),
    Entry("run_retention", 24 * 3600, nightly_at_s=21 * 3600),
    Entry("refresh_hotspots", 24 * 3600, nightly_at_s=18 * 3600),
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
                enqueue(session, entry.name, {}, due_at=_due(entry, now), dedupe_key=entry.name)
                enqueued.append(entry.name)
    return enqueued


def _due(entry: Entry, now: datetime) -> datetime:
    """Return when an entry's task may begin: now, or at its time of the night."""
    if entry.nightly_at_s is None:
        return now
    midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
    due = midnight + timedelta(seconds=entry.nightly_at_s)
    return due if due >= now else due + timedelta(days=1)


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
