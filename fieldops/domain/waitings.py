"""Waitings: a report waits for somebody else. Each has a deadline, after which a person decides what next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from fieldops.domain.request_states import OPEN, RequestStatus

WARN_SHARE: Final = 0.8
"""The share of the time that is gone when staff are warned."""


class WaitingKind(StrEnum):
    """What a report waits for."""

    AUTHORITY = "authority"
    """The answer of the authority it was passed on to."""
    PLACE = "place"
    """A sure place: from the reporter, or from staff who find it."""
    REPAIR = "repair"
    """The repair of what was made safe."""


class WaitingEnd(StrEnum):
    """How a waiting ended."""

    ANSWERED = "answered"
    """What was waited for came, or the report went on without it."""
    ASKED_AGAIN = "asked_again"
    """A new waiting took its place."""


PROMISE_OF: Final = {
    WaitingKind.AUTHORITY: "authority_answer",
    WaitingKind.PLACE: "reporter_answer",
    WaitingKind.REPAIR: "secured_repair",
}
"""Which kind of promise says how long."""

REPORTER_ANSWER: Final = PROMISE_OF[WaitingKind.PLACE]
"""How long the clocks of a conversation wait for the person, too."""
FIXED_ANSWER: Final = "fixed_answer"
"""How long a repair waits for the reporter's word before silence closes it."""

STARTING_HOURS: Final = {
    REPORTER_ANSWER: 5 * 24,
    PROMISE_OF[WaitingKind.AUTHORITY]: 14 * 24,
    FIXED_ANSWER: 10 * 24,
    PROMISE_OF[WaitingKind.REPAIR]: 7 * 24,
}
"""Plain hours to start with (product reference §4; seven days for what is made safe are ours)."""
STARTING_SOURCE: Final = "ours, a starting value"


@dataclass(frozen=True)
class Deadline:
    """When a waiting that began at `since` is warned of, and when its time is over."""

    since: datetime
    hours: int

    @property
    def warn_at(self) -> datetime:
        """When most of the time is gone."""
        return self.since + WARN_SHARE * timedelta(hours=self.hours)

    @property
    def due_at(self) -> datetime:
        """When the time is over."""
        return self.since + timedelta(hours=self.hours)


def goes_on(kind: WaitingKind, status: RequestStatus) -> bool:
    """Return whether a report still waits in this state."""
    return status is RequestStatus.REFERRED if kind is WaitingKind.AUTHORITY else status in OPEN
