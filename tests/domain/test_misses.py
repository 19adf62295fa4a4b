"""The first thing that was missing when a promise fell due, in the order in which work goes."""

import pytest

from fieldops.domain.misses import AtDue, MissReason, OrderAtDue, PromiseKind, TalkAtDue, why_missed
from fieldops.domain.work_order_states import WorkOrderStatus as W

P, R = PromiseKind, MissReason
NOBODY, TAKEN, HANDED = TalkAtDue(False), TalkAtDue(True), TalkAtDue(True, was_handed_over=True)


@pytest.mark.parametrize(
    ("promise", "held", "reason"),
    [
        (P.FIRST_RESPONSE, AtDue(is_read=False), R.NOT_READ),
        (P.FIRST_RESPONSE, AtDue(NOBODY, has_report=False), R.NOBODY_HAD_IT),
        (P.FIRST_RESPONSE, AtDue(TAKEN, has_report=False), R.NOT_ANSWERED),
        (P.FIRST_RESPONSE, AtDue(HANDED, has_report=False), R.HANDED_OVER),
        (P.FOLLOW_UP, AtDue(NOBODY, has_report=False), R.NOBODY_HAD_IT),
        (P.FOLLOW_UP, AtDue(HANDED, has_report=False), R.HANDED_OVER),
        (P.FOLLOW_UP, AtDue(TAKEN, has_report=False), R.NOT_REPORT),
        (P.FOLLOW_UP, AtDue(TAKEN, is_read=False), R.NOT_READ),
        (P.REPAIR, AtDue(is_read=False, has_place=False), R.NOT_READ),
        (P.REPAIR, AtDue(has_place=False, order=OrderAtDue(W.READY)), R.NO_PLACE),
        (P.REPAIR, AtDue(), R.NO_ORDER),
        (P.REPAIR, AtDue(order=OrderAtDue(W.DRAFT)), R.NOT_READY),
        (P.REPAIR, AtDue(order=OrderAtDue(W.READY)), R.NOT_PLANNED),
        (P.REPAIR, AtDue(order=OrderAtDue(W.READY, was_listed=True)), R.TAKEN_OFF),
        (P.REPAIR, AtDue(order=OrderAtDue(W.BATCHED, was_listed=True)), R.ON_LIST),
        (P.REPAIR, AtDue(order=OrderAtDue(W.IN_PROGRESS, was_listed=True)), R.ON_LIST),
        (P.REPAIR, AtDue(order=OrderAtDue(W.BLOCKED, True, "rain")), R.BLOCKED),
        (P.REPAIR, AtDue(order=OrderAtDue(W.DONE)), R.NO_ORDER),
        (P.REPAIR, AtDue(order=OrderAtDue(W.CANCELLED)), R.NO_ORDER),
    ],
)
def test_names_what_was_missing(promise: PromiseKind, held: AtDue, reason: MissReason) -> None:
    assert why_missed(promise, held) is reason


@pytest.mark.parametrize("status", W)
def test_every_state_of_an_order_says_something(status: W) -> None:
    assert why_missed(P.REPAIR, AtDue(order=OrderAtDue(status))) in MissReason
