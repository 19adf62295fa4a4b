"""Who is told of what while their page is closed. A notice counts; it never names, quotes or places."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

TELL_EVERY: Final = timedelta(seconds=30)
"""A device is told at most so often; what comes meanwhile goes along with the next notice."""
JOIN_NEWS: Final = timedelta(seconds=3)
"""Text, photo and place that come one after the other are one piece of news."""
SILENT_AFTER: Final = timedelta(days=30)
"""A device on which nobody has signed in for so long is told nothing more, and forgotten."""
MOST_DEVICES: Final = 5
"""Devices of one account; a further one takes the place of the one that was used longest ago."""
MOST_HELD: Final = 99
"""Things that a device is told of at once."""
MOST_FAILURES: Final = 8
FIRST_WAIT_S: Final = 30
LONGEST_WAIT_S: Final = 3600
LONGEST_ASKED_S: Final = 6 * 3600
"""A push service that asks us to wait longer is asked again after this."""


class NewsKind(StrEnum):
    """What may be told."""

    MESSAGE = "message"
    HANDED_OVER = "handed_over"
    ASSIGNED = "assigned"
    WARNED = "warned"
    LATE = "late"
    LIST = "list"
    HELP = "help"
    TEST = "test"


OTHER_THINGS: Final = frozenset({NewsKind.LIST, NewsKind.HELP, NewsKind.TEST})
"""News that are of no conversation."""
WAITING: Final = frozenset({NewsKind.MESSAGE, NewsKind.HANDED_OVER})
"""These count as long as the conversation waits for an answer; the others are told once."""


@dataclass(frozen=True)
class Reach:
    """Departments in which somebody carries a right."""

    ids: frozenset[int] = frozenset()
    everywhere: bool = False

    def holds(self, department_id: int) -> bool:
        """Return whether the right holds in a department."""
        return self.everywhere or department_id in self.ids


@dataclass(frozen=True)
class Listener:
    """A member of staff with a device that is told: where they answer, and where they are the head."""

    user_id: int
    answers: Reach = field(default_factory=Reach)
    heads: Reach = field(default_factory=Reach)


@dataclass(frozen=True)
class Held:
    """Who has a conversation: a department, and perhaps somebody of it."""

    department_id: int
    assignee_id: int | None


def is_told(kind: NewsKind, held: Held, listener: Listener, by_user_id: int | None) -> bool:
    """Return whether somebody is told of a conversation's news. Nobody hears of what they did themselves."""
    if listener.user_id == by_user_id:
        return False
    is_mine = held.assignee_id == listener.user_id
    if kind is NewsKind.ASSIGNED:
        return is_mine
    if kind is NewsKind.LATE and listener.heads.holds(held.department_id):
        return True
    return is_mine or (held.assignee_id is None and listener.answers.holds(held.department_id))


def wait_after(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row."""
    return timedelta(seconds=min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(max(failures - 1, 0), 10)))
