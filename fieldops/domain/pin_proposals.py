"""A crew stands at the real place and says so; the office takes it or leaves it."""

from enum import StrEnum
from typing import Final

from fieldops.domain.moves import Move, MoveTable
from fieldops.domain.roles import OFFICIALS, Actor

MOST_ACCURACY_M: Final = 50.0
"""A phone that knows its position less well corrects nothing (product reference §8)."""
REACH_M: Final = 1000.0
"""Farther than this from the old place the crew confirms that it stands at the right one (ours)."""


class PinStatus(StrEnum):
    """Where a proposed place stands."""

    PROPOSED = "proposed"
    TAKEN = "taken"
    LEFT = "left"
    REPLACED = "replaced"


P = PinStatus

PIN_MOVES: Final = MoveTable(
    [
        Move(None, P.PROPOSED, frozenset({Actor.CREW_LEADER}), frozenset({"place"}), "the crew stands there"),
        Move(P.PROPOSED, P.TAKEN, OFFICIALS, why="the order and its reports move there"),
        Move(P.PROPOSED, P.LEFT, OFFICIALS, why="the place stays as it was"),
        Move(P.PROPOSED, P.REPLACED, frozenset({Actor.CREW_LEADER}), why="the crew corrected it once more"),
    ]
)
