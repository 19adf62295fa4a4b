"""A promise of answering, running: what was promised, since when, and whether it is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class ClockState(StrEnum):
    """How a promise stands."""

    KEPT = "kept"
    LATE = "late"
    RUNNING = "running"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class ResponseClock:
    """One promise of `hours` plain hours from `started_at`; `stopped_at` is None while it runs."""

    started_at: datetime
    hours: int
    stopped_at: datetime | None

    @property
    def due_at(self) -> datetime:
        """When the promise falls due."""
        return self.started_at + timedelta(hours=self.hours)

    def elapsed(self, now: datetime) -> timedelta:
        """Return how long it ran, or has run until `now`; never negative."""
        return max(timedelta(), (self.stopped_at or now) - self.started_at)

    def over(self, now: datetime) -> timedelta:
        """Return by how much the promise was or is missed; zero while it is kept."""
        return max(timedelta(), (self.stopped_at or now) - self.due_at)

    def left(self, now: datetime) -> timedelta:
        """Return the time until it falls due; zero afterwards."""
        return max(timedelta(), self.due_at - now)

    def state(self, now: datetime) -> ClockState:
        """Return how the promise stands at `now`."""
        missed = self.over(now) > timedelta()
        if self.stopped_at is not None:
            return ClockState.LATE if missed else ClockState.KEPT
        return ClockState.OVERDUE if missed else ClockState.RUNNING
