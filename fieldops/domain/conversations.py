"""The rules of private conversations: what belongs together, who waits for whom, when somebody is warned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from fieldops.domain.response_clocks import ResponseClock

JOIN_WITHIN: Final = timedelta(minutes=10)
"""Text, photo and place that one person sends within this time are one complaint."""
MOST_QUESTIONS: Final = 2
"""What we ask by ourselves; after that a person asks."""
ANSWERING_FOR: Final = timedelta(seconds=90)
"""How long a sign that somebody writes an answer holds."""
WARN_AT: Final = (50, 80, 100)
"""Shares of a promised time, in percent, at which somebody is warned."""
MAIL_ANSWER_EVERY: Final = timedelta(hours=24)
"""An automatic answer to one person on a channel of letters at most so often."""
MOST_WORDS: Final = 20_000
"""Characters of one message that are kept."""
STOP_WORDS: Final = frozenset({"stop", "berhenti", "unsubscribe", "mandheg", "mandeg"})

DATA_WORDS: Final = frozenset({"data saya", "dataku", "my data", "data kulo", "data kula"})


class Tray(StrEnum):
    """Where a conversation lies. In doubt it is a complaint."""

    COMPLAINTS = "complaints"
    GREETINGS = "greetings"


class ClockKind(StrEnum):
    """The two promises of answering."""

    FIRST_RESPONSE = "first_response"
    FOLLOW_UP = "follow_up"


class FollowUp(StrEnum):
    """What counts as following up."""

    MADE_SAFE = "made_safe"
    STARTED = "started"
    DONE = "done"
    DATED_PLAN = "dated_plan"
    DECLINED = "declined"
    REFERRED = "referred"


@dataclass(frozen=True)
class PausedClock:
    """A promise that may have been paused; `stopped_at` and `paused_at` are None while it runs."""

    hours: int
    started_at: datetime
    paused_s: int = 0
    paused_at: datetime | None = None
    stopped_at: datetime | None = None

    def running(self, now: datetime) -> ResponseClock:
        """Return the promise as it stands at `now`, as if it had begun later by all pauses."""
        pause = timedelta(seconds=self.paused_s)
        if self.paused_at is not None and self.stopped_at is None:
            pause += max(timedelta(), now - self.paused_at)
        return ResponseClock(self.started_at + pause, self.hours, self.stopped_at)

    def used(self, now: datetime) -> int:
        """Return how much of the promised time is gone, in percent."""
        clock = self.running(now)
        return int(100 * clock.elapsed(now) / timedelta(hours=self.hours)) if self.hours else 100


def is_stop(words: str) -> bool:
    """Return whether a whole message says stop and nothing else."""
    return words.strip().strip(".!").casefold() in STOP_WORDS


def asks_for_data(words: str) -> bool:
    """Return whether a whole message asks what is held about its sender, and says nothing else."""
    return " ".join(words.split()).strip(" .!?\"'“”").casefold() in DATA_WORDS


def due_warning(used: int, warned: int, shares: Sequence[int] = WARN_AT) -> int | None:
    """Return the highest share that is reached and was not warned of, or None."""
    return max((share for share in shares if warned < share <= used), default=None)
