"""When a waiting is warned of, when its time is over, and in which states it goes on."""

from datetime import UTC, datetime, timedelta

import pytest

from fieldops.domain.request_states import OPEN, RequestStatus
from fieldops.domain.waitings import PROMISE_OF, STARTING_HOURS, Deadline, WaitingKind, goes_on

NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)


def test_a_warning_comes_when_a_fifth_is_left() -> None:
    deadline = Deadline(NOON, 120)
    assert deadline.warn_at == NOON + timedelta(days=4)
    assert deadline.due_at == NOON + timedelta(days=5)


def test_the_product_names_five_and_fourteen_days() -> None:
    assert STARTING_HOURS["reporter_answer"] == 5 * 24
    assert STARTING_HOURS["authority_answer"] == 14 * 24


@pytest.mark.parametrize("kind", WaitingKind)
def test_every_waiting_has_a_promise_and_states_in_which_it_ends(kind: WaitingKind) -> None:
    assert PROMISE_OF[kind] in STARTING_HOURS
    assert any(goes_on(kind, status) for status in RequestStatus)
    assert not goes_on(kind, RequestStatus.CLOSED)


def test_only_what_was_passed_on_waits_for_another_authority() -> None:
    waits = {status for status in RequestStatus if goes_on(WaitingKind.AUTHORITY, status)}
    assert waits == {RequestStatus.REFERRED}
    assert {status for status in RequestStatus if goes_on(WaitingKind.REPAIR, status)} == OPEN
