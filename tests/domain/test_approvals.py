"""What keeps an approval from closing a place, and what does not."""

import pytest

from fieldops.domain.approvals import Standing, StopReason, mark_of, stop_reason
from fieldops.domain.request_states import ENDED, OPEN, RequestStatus

S = RequestStatus


def _stands(status: RequestStatus, *, approved: bool = True, there: bool = True) -> Standing:
    return Standing(status, is_approved=approved, is_there=there)


DONE = _stands(S.DONE)


@pytest.mark.parametrize("status", sorted(OPEN))
def test_a_report_of_it_that_is_open_again_says_it_is_not_fixed(status: RequestStatus) -> None:
    reports = [DONE, _stands(status), _stands(S.DONE, approved=False)]
    assert stop_reason(reports, has_open_order=True) is StopReason.NOT_FIXED


def test_a_report_that_was_closed_before_and_is_open_again_says_so_too() -> None:
    reports = [DONE, _stands(S.REOPENED, approved=False)]
    assert stop_reason(reports, has_open_order=False) is StopReason.NOT_FIXED


@pytest.mark.parametrize(
    "other", [_stands(S.DONE, there=False), _stands(S.DONE, approved=False)], ids=["left", "came"]
)
def test_a_place_with_other_reports_is_not_the_one_that_was_looked_at(other: Standing) -> None:
    assert stop_reason([DONE, other], has_open_order=False) is StopReason.CHANGED


def test_a_new_report_and_ordered_work_keep_it_too() -> None:
    new = _stands(S.SUBMITTED, approved=False)
    assert stop_reason([DONE, new], has_open_order=True) is StopReason.REPORTED_AGAIN
    assert stop_reason([DONE], has_open_order=True) is StopReason.WORK_ORDERED


@pytest.mark.parametrize("status", sorted(ENDED - {S.DONE}))
@pytest.mark.parametrize("approved", [True, False])
@pytest.mark.parametrize("there", [True, False])
def test_what_ended_by_itself_keeps_nothing(status: RequestStatus, approved: bool, there: bool) -> None:
    reports = [DONE, _stands(status, approved=approved, there=there)]
    assert stop_reason(reports, has_open_order=False) is None


def test_the_mark_tells_the_order_and_the_reports_whatever_their_order() -> None:
    assert mark_of(7, [3, 1]) == mark_of(7, [1, 3])
    assert len({mark_of(7, [1, 3]), mark_of(8, [1, 3]), mark_of(7, [1]), mark_of(71, [3])}) == 4
