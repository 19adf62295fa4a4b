"""What a map tells apart of a request's state, and how long a repair stays on the public one."""

from enum import StrEnum
from typing import Final

from fieldops.domain.request_states import OPEN, ClosedReason, RequestStatus


class MapGroup(StrEnum):
    """Where a request stands, as a map draws it: in the order in which tiles count them. Whether somebody has
    read it is told to staff alone; to everybody else it is open.
    """

    UNREAD = "unread"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    REPAIRED = "repaired"
    ENDED = "ended"


UNREAD: Final = frozenset({RequestStatus.SUBMITTED, RequestStatus.REOPENED})
UNDER_WAY: Final = frozenset({RequestStatus.SCHEDULED, RequestStatus.IN_PROGRESS})

PUBLIC_GROUPS: Final = (MapGroup.UNREAD, MapGroup.OPEN, MapGroup.IN_PROGRESS, MapGroup.REPAIRED)
"""What ended without a repair (declined, referred, joined to another, not found) is not the public's."""

STAFF_UNFINISHED: Final = (MapGroup.UNREAD, MapGroup.OPEN, MapGroup.IN_PROGRESS)
"""What staff still have to do with."""

REPAIRED_SHOWN_DAYS: Final = 14
"""How long a repaired place stays on public pages (ours)."""


def map_group(status: str, closed_reason: str | None) -> MapGroup:
    """Return the group of a request."""
    if status in UNDER_WAY:
        return MapGroup.IN_PROGRESS
    if status in UNREAD:
        return MapGroup.UNREAD
    if status in OPEN:
        return MapGroup.OPEN
    is_repaired = status == RequestStatus.CLOSED and closed_reason == ClosedReason.REPAIRED
    return MapGroup.REPAIRED if is_repaired or status == RequestStatus.DONE else MapGroup.ENDED


def groups_told(*, is_public: bool) -> tuple[MapGroup, ...]:
    """Return the groups that a map tells apart."""
    return tuple(group for group in MapGroup if not (is_public and group is MapGroup.UNREAD))


def told_as(group: MapGroup, *, is_public: bool) -> MapGroup:
    """Return what a map says of a group."""
    return MapGroup.OPEN if is_public and group is MapGroup.UNREAD else group
