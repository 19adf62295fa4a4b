"""A crew asks the office for help: why, and how a call stands."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from fieldops.domain.moves import Move, MoveTable
from fieldops.domain.roles import OFFICIALS, Actor


class HelpReason(StrEnum):
    """What a crew needs help for; `OTHER` says it in words."""

    HURT = "hurt"
    POLICE = "police"
    BROKEN = "broken"
    OTHER = "other"


class HelpStatus(StrEnum):
    """Whether the office has answered."""

    ASKED = "asked"
    ANSWERED = "answered"


HELP_MOVES: Final = MoveTable(
    [
        Move(None, HelpStatus.ASKED, frozenset({Actor.CREW_LEADER}), frozenset({"reason"}), "one press"),
        Move(HelpStatus.ASKED, HelpStatus.ANSWERED, OFFICIALS, why="somebody in the office has seen it"),
    ]
)

SHOWN_ANSWERED: Final = timedelta(hours=2)
"""How long an answered call stays on the crew's pages and the board (ours)."""
LATE_AFTER: Final = timedelta(minutes=10)
"""A call that came in so much later than it was made waited on a phone without a signal (ours)."""
