"""What can change a day that is running, and which states a computed plan goes through."""

from enum import StrEnum
from typing import Final


class DayEventKind(StrEnum):
    """Something that happened, for which the crews' lists may have to change."""

    EMERGENCY = "emergency"
    CREW_AWAY = "crew_away"
    CREW_BACK = "crew_back"
    OVERRUN = "overrun"
    CLOSURE = "closure"
    AGAIN = "again"


class PlanKind(StrEnum):
    """Whether a plan is of a day that nobody has begun, or changes lists that crews have."""

    DAY = "day"
    CHANGE = "change"


class PlanState(StrEnum):
    """Where a computed plan stands.

    `improving`: a first proposal can be read while a better one is sought. `undone`: it was applied, and the
    lists before it were restored.
    """

    QUEUED = "queued"
    COMPUTING = "computing"
    IMPROVING = "improving"
    PROPOSED = "proposed"
    APPLIED = "applied"
    REJECTED = "rejected"
    UNDONE = "undone"
    DISCARDED = "discarded"
    FAILED = "failed"


BEING_MADE: Final = (PlanState.QUEUED.value, PlanState.COMPUTING.value)
DECIDABLE: Final = (PlanState.IMPROVING.value, PlanState.PROPOSED.value)
UNDECIDED: Final = (*BEING_MADE, *DECIDABLE)
