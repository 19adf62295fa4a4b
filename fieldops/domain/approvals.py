"""Approving a repair: a second person looks at the evidence, and minutes later its reports are closed."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from fieldops.domain.request_states import ENDED, RequestStatus

UNDO_FOR: Final = timedelta(minutes=5)
"""How long an approval waits before anything is closed or anybody told; until then it can be taken back."""
MOST_AT_ONCE: Final = 50
"""Places that one press approves at most."""


class ApprovalState(StrEnum):
    """What became of an approval."""

    WAITING = "waiting"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    STOPPED = "stopped"
    """Something came in between, so nothing was closed."""


class StopReason(StrEnum):
    """What came in between."""

    NOT_FIXED = "not_fixed"
    """A reporter said that it is not fixed."""
    CHANGED = "changed"
    """Reports were joined to the place or taken out of it: it is not what was looked at."""
    REPORTED_AGAIN = "reported_again"
    """A new report of the place came in."""
    WORK_ORDERED = "work_ordered"
    """Work is ordered there."""


@dataclass(frozen=True)
class Standing:
    """Where one report of a place stands, and whether the approval was of it and it is still there."""

    status: RequestStatus
    is_approved: bool
    is_there: bool


def stop_reason(reports: Collection[Standing], *, has_open_order: bool) -> StopReason | None:
    """Return what keeps an approval from closing anything, the weightiest first; None where nothing does.

    Reports that ended meanwhile, such as by their reporter's own word, keep nothing from it.
    """
    open_ones = [one for one in reports if one.status not in ENDED]
    if any(one.is_approved or one.status is RequestStatus.REOPENED for one in open_ones):
        return StopReason.NOT_FIXED
    done = [one for one in reports if one.status is RequestStatus.DONE]
    if any(one.is_approved != one.is_there for one in done):
        return StopReason.CHANGED
    if open_ones:
        return StopReason.REPORTED_AGAIN
    return StopReason.WORK_ORDERED if has_open_order else None


def mark_of(order_id: int, request_ids: Collection[int]) -> str:
    """Return a short mark of what somebody looked at: the finished order and the reports that it answered.

    What has another mark by now is looked at again before it is approved.
    """
    shown = f"{order_id}:{','.join(map(str, sorted(request_ids)))}"
    return hashlib.sha256(shown.encode()).hexdigest()[:12]
