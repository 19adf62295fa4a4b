"""States of a service request and the moves between them."""

from enum import StrEnum
from typing import Final

from fieldops.domain.moves import Move, MoveTable
from fieldops.domain.roles import OFFICIALS, Actor


class RequestStatus(StrEnum):
    """Where a request stands."""

    SUBMITTED = "submitted"
    ACKNOWLEDGED = "acknowledged"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CLOSED = "closed"
    DUPLICATE = "duplicate"
    DECLINED = "declined"
    REFERRED = "referred"
    REOPENED = "reopened"


S = RequestStatus

OPEN: Final = frozenset({S.SUBMITTED, S.ACKNOWLEDGED, S.SCHEDULED, S.IN_PROGRESS, S.REOPENED})
"""Open in the sense of Open311; the rest count as closed."""

ENDED: Final = frozenset(S) - OPEN


class ClosedReason(StrEnum):
    """Why a request ended; the outcomes are counted apart."""

    REPAIRED = "repaired"
    FOUND_FIXED = "found_fixed"
    NOT_FOUND = "not_found"
    WITHDRAWN = "withdrawn"


class DeclinedReason(StrEnum):
    """Why an official turned a request down."""

    NOT_A_DEFECT = "not_a_defect"
    PRIVATE_LAND = "private_land"
    UNCLEAR = "unclear"
    OUT_OF_AREA = "out_of_area"


SYSTEM = frozenset({Actor.SYSTEM})
CREW = frozenset({Actor.CREW_LEADER})
DISPATCHER = frozenset({Actor.DISPATCHER})
REPORTER = frozenset({Actor.REPORTER})


def _moves() -> list[Move[RequestStatus]]:
    moves = [
        Move(
            None,
            S.SUBMITTED,
            REPORTER | OFFICIALS | CREW | SYSTEM,
            frozenset({"channel"}),
            "one intake for all",
        ),
        Move(S.SUBMITTED, S.ACKNOWLEDGED, OFFICIALS, why="a person read it"),
        Move(S.SUBMITTED, S.ACKNOWLEDGED, CREW, frozenset({"order"}), "it came late; the crew stands there"),
        Move(S.ACKNOWLEDGED, S.SCHEDULED, SYSTEM, frozenset({"date"}), "a batch was dispatched"),
        Move(S.SCHEDULED, S.ACKNOWLEDGED, SYSTEM, why="the batch was recalled or the order blocked"),
        Move(S.ACKNOWLEDGED, S.IN_PROGRESS, CREW, why="the crew arrived"),
        Move(S.SCHEDULED, S.IN_PROGRESS, CREW, why="the crew arrived"),
        Move(S.IN_PROGRESS, S.ACKNOWLEDGED, SYSTEM, why="the order was blocked"),
        Move(S.IN_PROGRESS, S.DONE, CREW, frozenset({"evidence"}), "every order of the request is done"),
        Move(S.REFERRED, S.ACKNOWLEDGED, OFFICIALS, why="it came back"),
        Move(S.REOPENED, S.ACKNOWLEDGED, DISPATCHER, why="rework is planned like any work"),
        Move(S.REOPENED, S.ACKNOWLEDGED, CREW, frozenset({"order"}), "opened late; the crew stands there"),
        Move(S.DUPLICATE, S.ACKNOWLEDGED, DISPATCHER, why="unmerge"),
        Move(
            S.DONE,
            S.CLOSED,
            OFFICIALS | REPORTER | SYSTEM | frozenset({Actor.ENGINEER}),
            frozenset({"closed_reason"}),
            "a second person, the reporter, or ten days of silence",
        ),
    ]
    for source in (S.SUBMITTED, S.ACKNOWLEDGED):
        moves += [
            Move(
                source,
                S.CLOSED,
                DISPATCHER | REPORTER,
                frozenset({"closed_reason"}),
                "found fixed, not found, withdrawn",
            ),
            Move(
                source,
                S.DECLINED,
                OFFICIALS,
                frozenset({"reason", "words"}),
                "a coded reason and words to the reporter",
            ),
            Move(
                source,
                S.REFERRED,
                OFFICIALS,
                frozenset({"authority", "words"}),
                "another authority's road or drain",
            ),
        ]
    moves += [
        Move(
            source,
            S.DUPLICATE,
            frozenset({Actor.DISPATCHER, Actor.ENGINEER}),
            frozenset({"duplicate_of"}),
            "the reporter stays a follower of the other",
        )
        for source in sorted(OPEN)
    ]
    for source in (S.DONE, S.CLOSED, S.DECLINED):
        moves += [
            Move(
                source, S.REOPENED, REPORTER, frozenset({fact}), "only the reporter says that it is not fixed"
            )
            for fact in ("words", "photo")
        ]
        moves.append(
            Move(
                source,
                S.REOPENED,
                OFFICIALS,
                frozenset({"words", "reporters_word"}),
                "the reporter said so by telephone or at the counter; where that is recorded",
            )
        )
    return moves


REQUEST_MOVES: Final = MoveTable(_moves())
