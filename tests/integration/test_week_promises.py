"""Promises that fell due: kept or not, and what was missing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from fieldops import clock
from fieldops.domain.misses import MissReason, PromiseKind
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.roles import Actor, By, Role
from fieldops.domain.work_order_states import StopEventKind
from fieldops.extensions import db
from fieldops.models import Conversation, Department, ServiceRequest
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.hand_conversation import assign_conversation, hand_over_conversation
from fieldops.queries.week_promises import DuePromise, due_promises
from fieldops.transaction import transaction
from tests.channels import whatsapp_fixtures as said
from tests.integration.channels import Channels, channels
from tests.integration.conftest import Story

P, R = PromiseKind, MissReason
COMPLAINT = "Lubang besar di depan pasar, dalam sekali"
AFTER = timedelta(days=14)
"""By then each promise for a pothole (24, 48 and 168 hours) has fallen due."""


@pytest.fixture
def channel(world: Any) -> Iterator[Channels]:
    with channels(world) as made:
        yield made


def due(**asked: Any) -> list[DuePromise]:
    """What falls due from now on, a day before to be sure of what began a moment ago."""
    db.session.rollback()
    now = clock.now()
    return due_promises(db.session(), now - timedelta(days=1), now + AFTER, **asked)


def reasons(found: list[DuePromise]) -> dict[PromiseKind, MissReason | None]:
    return {one.promise: one.reason for one in found if not one.is_kept}


def move(number: int, target: RequestStatus, by: By, **facts: Any) -> None:
    with transaction() as session:
        change_request_status(session, session.get_one(ServiceRequest, number), target, by, facts=facts)


def test_a_report_that_nobody_reads_misses_all_three(story: Story) -> None:
    (number,) = story.report()
    found = due()
    assert reasons(found) == dict.fromkeys(P, R.NOT_READ)
    assert {one.request_id for one in found} == {number}
    request = story.request(number)
    hours = [round((one.due_at - request.received_at) / timedelta(hours=1)) for one in found]
    assert hours == [24, 48, 168]
    assert due(with_reasons=False)[0].reason is None


def test_a_promise_counts_in_the_week_in_which_its_time_is_up(story: Story) -> None:
    story.report()
    now = clock.now()
    session = db.session()
    assert due_promises(session, now, now + timedelta(hours=23)) == []
    one_day = due_promises(session, now + timedelta(hours=23), now + timedelta(hours=25))
    assert [one.promise for one in one_day] == [P.FIRST_RESPONSE]
    assert [one.promise for one in due_promises(session, now + timedelta(hours=25), now + AFTER)] == [
        P.FOLLOW_UP,
        P.REPAIR,
    ]


def test_what_was_read_waits_for_an_order_and_then_for_a_list(story: Story) -> None:
    (number,) = story.report()
    move(number, RequestStatus.ACKNOWLEDGED, story.dispatcher)
    assert reasons(due()) == {P.FOLLOW_UP: R.NO_ORDER, P.REPAIR: R.NO_ORDER}
    story.order(number)
    assert reasons(due()) == {P.FOLLOW_UP: R.NOT_PLANNED, P.REPAIR: R.NOT_PLANNED}
    story.dispatch(story.plan())
    assert reasons(due()) == {P.REPAIR: R.ON_LIST}, "who is told a date was followed up"


def test_a_crew_that_cannot_is_named_with_its_reason(story: Story) -> None:
    (number,) = story.report()
    _order, stop = story.send_out(number)
    story.tell(stop, StopEventKind.BLOCKED, reason="no_material")
    (missed,) = [one for one in due() if not one.is_kept]
    assert (missed.promise, missed.reason, missed.blocked_reason) == (P.REPAIR, R.BLOCKED, "no_material")


def test_what_is_repaired_in_time_is_kept(story: Story) -> None:
    (number,) = story.report()
    story.repair(number)
    found = due()
    assert [one.is_kept for one in found] == [True, True, True]
    assert all(one.late_s(clock.now() + AFTER) == 0 for one in found)


def test_what_its_reporter_took_back_is_owed_no_more(story: Story) -> None:
    (number,) = story.report()
    move(number, RequestStatus.CLOSED, By(Actor.REPORTER, None), closed_reason="withdrawn")
    assert due() == []


def test_what_was_declined_is_no_missed_repair(story: Story) -> None:
    (number,) = story.report()
    with transaction() as session:
        request = session.get_one(ServiceRequest, number)
        change_request_status(
            session, request, RequestStatus.DECLINED, story.dispatcher, words="Bukan jalan kota.",
            facts={"reason": "not_a_defect"},
        )  # fmt: skip
    assert {one.promise: one.is_kept for one in due()} == {P.FIRST_RESPONSE: True, P.FOLLOW_UP: True}


def test_a_report_without_a_sure_place_says_so(story: Story) -> None:
    (number,) = story.report(lon=None, lat=None, landmark="dekat pasar")
    move(number, RequestStatus.ACKNOWLEDGED, story.dispatcher)
    assert set(reasons(due()).values()) == {R.NO_PLACE}


def test_departments_count_their_own(story: Story) -> None:
    (number,) = story.report()
    own = story.request(number).department_id
    assert len(due(departments={own})) == len(P)
    assert due(departments={own + 1000}) == []
    assert due(departments=set()) == []


def test_what_another_system_loaded_is_not_ours(story: Story) -> None:
    (number,) = story.report()
    with transaction() as session:
        session.get_one(ServiceRequest, number).channel = "import"
    assert due() == []


def test_a_conversation_that_nobody_takes(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    found = due()
    assert reasons(found) == {P.FIRST_RESPONSE: R.NOBODY_HAD_IT, P.FOLLOW_UP: R.NOBODY_HAD_IT}
    assert {one.conversation_id for one in found} == {channel.only().id}


def test_a_conversation_that_somebody_has_or_had(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    officer = channel.world.by(Role.OFFICER)
    with transaction() as session:
        held = session.get_one(Conversation, channel.only().id)
        assign_conversation(session, held, officer.user_id, officer)
    assert reasons(due()) == {P.FIRST_RESPONSE: R.NOT_ANSWERED, P.FOLLOW_UP: R.NOT_REPORT}
    with transaction() as session:
        held = session.get_one(Conversation, channel.only().id)
        other = session.query(Department).filter(Department.id != held.department_id).first()
        assert other is not None
        hand_over_conversation(session, held, other.id, "Bukan bidang kami", officer)
    assert reasons(due()) == dict.fromkeys((P.FIRST_RESPONSE, P.FOLLOW_UP), R.HANDED_OVER)


def test_what_happens_after_the_time_is_up_changes_no_reason(story: Story) -> None:
    (number,) = story.report()
    with clock.frozen(clock.now() + timedelta(hours=30)):
        move(number, RequestStatus.ACKNOWLEDGED, story.dispatcher)
    first = next(one for one in due() if one.promise is P.FIRST_RESPONSE)
    assert first.reason is R.NOT_READ
    assert round(first.late_s(clock.now()) / 3600) == 6


def test_nothing_due_is_an_empty_week(story: Story) -> None:
    assert due() == []
