"""Why a promise was not kept: the first thing that was missing when it fell due."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fieldops.domain.work_order_states import WorkOrderStatus


class PromiseKind(StrEnum):
    """The promises whose keeping a week's review tells. The codes are those of service levels."""

    FIRST_RESPONSE = "first_response"
    FOLLOW_UP = "follow_up"
    REPAIR = "repair"


class MissReason(StrEnum):
    """What was missing when a promise fell due, in the order in which work goes."""

    NOBODY_HAD_IT = "nobody_had_it"
    """No one had taken the conversation."""
    HANDED_OVER = "handed_over"
    """It went from one department to another while the time ran."""
    NOT_ANSWERED = "not_answered"
    """Somebody had it, and had not answered."""
    NOT_REPORT = "not_report"
    """The conversation had not become a report."""
    NOT_READ = "not_read"
    """Nobody had read the report."""
    NO_PLACE = "no_place"
    """The place was not sure."""
    NO_ORDER = "no_order"
    """There was no open work order."""
    NOT_READY = "not_ready"
    """The order was a draft."""
    NOT_PLANNED = "not_planned"
    """The order had been on no crew's list."""
    TAKEN_OFF = "taken_off"
    """It had been on a list that ended, or was recalled, before the crew came to it."""
    BLOCKED = "blocked"
    """A crew could not do it."""
    ON_LIST = "on_list"
    """It was on a crew's list, for later than promised."""


@dataclass(frozen=True)
class OrderAtDue:
    """A work order as it stood when a promise fell due; `was_listed` if it had been on a list before."""

    status: WorkOrderStatus
    was_listed: bool = False
    blocked_reason: str | None = None


@dataclass(frozen=True)
class TalkAtDue:
    """A conversation as it stood when a promise fell due."""

    is_taken: bool
    was_handed_over: bool = False


@dataclass(frozen=True)
class AtDue:
    """What was true when a promise fell due.

    `talk` is None where no conversation is concerned; else whether somebody had it, and whether it was handed
    to another department. `has_report`, `is_read` and `has_place` are of the report; `order` is the newest
    work order of its place, None where there was none.
    """

    talk: TalkAtDue | None = None
    has_report: bool = True
    is_read: bool = True
    has_place: bool = True
    order: OrderAtDue | None = None


OF_ORDER: Final = {
    WorkOrderStatus.DRAFT: MissReason.NOT_READY,
    WorkOrderStatus.READY: MissReason.NOT_PLANNED,
    WorkOrderStatus.BATCHED: MissReason.ON_LIST,
    WorkOrderStatus.IN_PROGRESS: MissReason.ON_LIST,
    WorkOrderStatus.BLOCKED: MissReason.BLOCKED,
    WorkOrderStatus.DONE: MissReason.NO_ORDER,
    WorkOrderStatus.CANCELLED: MissReason.NO_ORDER,
}


def why_missed(promise: PromiseKind, held: AtDue) -> MissReason:
    """Return the first thing that was missing when a promise fell due that was not kept."""
    talk = _why_not_answered(held.talk) if held.talk else None
    if promise is PromiseKind.FIRST_RESPONSE:
        return talk or MissReason.NOT_READ
    if not held.has_report:
        return talk if talk and talk in _BEFORE_ANSWER else MissReason.NOT_REPORT
    if not held.is_read:
        return MissReason.NOT_READ
    if not held.has_place:
        return MissReason.NO_PLACE
    if held.order is None:
        return MissReason.NO_ORDER
    if held.order.status is WorkOrderStatus.READY and held.order.was_listed:
        return MissReason.TAKEN_OFF
    return OF_ORDER[held.order.status]


_BEFORE_ANSWER: Final = (MissReason.NOBODY_HAD_IT, MissReason.HANDED_OVER)


def _why_not_answered(talk: TalkAtDue) -> MissReason:
    if talk.was_handed_over:
        return MissReason.HANDED_OVER
    return MissReason.NOT_ANSWERED if talk.is_taken else MissReason.NOBODY_HAD_IT
