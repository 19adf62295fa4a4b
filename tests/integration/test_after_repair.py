"""What happens after the crew has left: asked, closed, opened again, told; nobody twice, nobody forgotten."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from fieldops import clock
from fieldops.domain.request_states import ClosedReason, RequestStatus
from fieldops.domain.roles import THE_REPORTER, Role
from fieldops.errors import Conflict, InvalidInput, NotAllowed
from fieldops.extensions import db
from fieldops.models import Message, Service, ServiceRequest, Task, WorkOrder
from fieldops.operations.answer_if_fixed import answer_if_fixed
from fieldops.operations.change_order import make_order_ready
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.close_silent_requests import close_silent_requests
from fieldops.operations.follow_request import follow_request
from fieldops.operations.mark_duplicate import mark_duplicate, unmark_duplicate
from fieldops.operations.notify_reporter import notify_reporters
from fieldops.operations.triage_requests import decline_requests
from fieldops.operations.write_message import write_chat, write_message
from fieldops.transaction import transaction
from tests.integration.conftest import STEP_LON, Story


def _answer(story: Story, request_id: int, answer: str, words: str = "") -> None:
    with transaction() as session:
        request = session.get_one(ServiceRequest, request_id)
        answer_if_fixed(session, story.world.installation, request, answer, words)


def _close_silent(story: Story) -> int:
    with transaction() as session:
        return close_silent_requests(session, story.world.installation)


def test_three_days_after_the_repair_reporters_are_asked_once(story: Story) -> None:
    ids = story.report(2)
    story.repair(ids[0])
    story.work()
    assert story.messages(*ids, template="ask_if_fixed") == []
    waiting = db.session().scalars(select(Task).where(Task.name == "ask_if_fixed")).all()
    assert len(waiting) == 2
    with clock.frozen(clock.now() + timedelta(days=3, minutes=1)):
        story.work()
        story.work()
    assert story.messages(*ids, template="ask_if_fixed") == ["ask_if_fixed"] * 2


def test_who_opened_again_meanwhile_is_not_asked(story: Story) -> None:
    (request_id,) = story.report()
    story.repair(request_id)
    _answer(story, request_id, "no", "masih berlubang")
    with clock.frozen(clock.now() + timedelta(days=3, minutes=1)):
        story.work()
    assert story.messages(request_id, template="ask_if_fixed") == []


def test_the_question_counts_from_the_last_repair(story: Story) -> None:
    (request_id,) = story.report()
    story.repair(request_id)
    _answer(story, request_id, "no", "masih berlubang")
    with clock.frozen(clock.now() + timedelta(days=2)):
        order_id = story.order(request_id)
        (stop,) = story.dispatch(story.plan(story.work_days()[3]))
        story.arrive(stop)
        story.complete(stop)
    assert story.work_order(order_id).status == "done"
    with clock.frozen(clock.now() + timedelta(days=3, hours=1)):
        story.work()
    assert story.messages(request_id, template="ask_if_fixed") == [], "the second repair is a day old"
    with clock.frozen(clock.now() + timedelta(days=5, hours=1)):
        story.work()
    assert story.messages(request_id, template="ask_if_fixed") == ["ask_if_fixed"]


def test_ten_days_of_silence_close_and_nothing_sooner(story: Story) -> None:
    ids = story.report(2)
    story.repair(ids[0])
    with clock.frozen(clock.now() + timedelta(days=9, hours=23)):
        assert _close_silent(story) == 0
    with clock.frozen(clock.now() + timedelta(days=10, minutes=1)):
        assert _close_silent(story) == 2
        assert _close_silent(story) == 0
    assert [story.request(number).closed_reason for number in ids] == ["repaired"] * 2
    assert story.messages(*ids, template="closed") == ["closed"] * 2


def test_silence_closes_also_what_lies_in_no_cluster(story: Story) -> None:
    done, working = story.report()[0], story.report(lon=110.8330)[0]
    story.repair(done)
    story.order(working)
    with transaction() as session:
        session.get_one(ServiceRequest, done).cluster_id = None
    with clock.frozen(clock.now() + timedelta(days=11)):
        assert _close_silent(story) == 1


def test_not_fixed_opens_again_worse_and_the_next_order_is_rework(story: Story) -> None:
    first, second = story.report(2)
    done = story.repair(first)
    cluster = story.cluster_of(first)
    assert not story.cluster(cluster).open
    with pytest.raises(InvalidInput) as caught:
        _answer(story, first, "no", "  ")
    assert caught.value.field == "words"
    _answer(story, first, "no", "ambles lagi setelah hujan")
    request = story.request(first)
    assert (request.status, request.severity, request.times_reopened) == ("reopened", 3, 1)
    assert (request.ended_at, request.closed_reason) == (None, None)
    assert story.cluster(cluster).open
    assert story.cluster(cluster).severity == 3
    rework = story.work_order(story.order(first))
    assert rework.rework_of_id == done
    assert story.statuses([first, second]) == ["acknowledged", "done"], "the other one said nothing"
    (stop,) = story.dispatch(story.plan(story.work_days()[1]))
    story.arrive(stop)
    story.complete(stop)
    assert story.statuses([first, second]) == ["done", "done"]
    assert story.messages(first, template="done") == ["done", "done"]


def test_yes_closes_unknown_changes_nothing_and_nonsense_is_refused(story: Story) -> None:
    first, second = story.report(2)
    story.repair(first)
    _answer(story, second, "unknown")
    assert story.statuses([second]) == ["done"]
    with pytest.raises(InvalidInput):
        _answer(story, second, "maybe")
    _answer(story, first, "yes")
    assert story.request(first).closed_reason == "repaired"
    with pytest.raises(Conflict):
        _answer(story, first, "yes")
    _answer(story, first, "no", "ternyata belum")
    assert story.statuses([first]) == ["reopened"]


def test_only_the_reporter_opens_again_or_staff_on_their_recorded_word(story: Story) -> None:
    (request_id,) = story.report()
    story.repair(request_id)

    def reopen(role: Role, **facts: str) -> None:
        with transaction() as session:
            request, by = session.get_one(ServiceRequest, request_id), story.world.by(role)
            change_request_status(session, request, RequestStatus.REOPENED, by, words="masih", facts=facts)

    with pytest.raises(InvalidInput, match="reporters_word"):
        reopen(Role.OFFICER)
    with pytest.raises(NotAllowed):
        reopen(Role.ENGINEER, reporters_word="call 12")
    reopen(Role.OFFICER, reporters_word="call 12")
    assert story.statuses([request_id]) == ["reopened"]


def test_a_declined_report_is_opened_again_once(story: Story) -> None:
    (request_id,) = story.report()

    def decline() -> None:
        with transaction() as session:
            request = session.get_one(ServiceRequest, request_id)
            decline_requests(session, [request], "unclear", "Fotonya tidak jelas.", story.dispatcher)

    def reopen() -> None:
        with transaction() as session:
            request = session.get_one(ServiceRequest, request_id)
            change_request_status(session, request, RequestStatus.REOPENED, THE_REPORTER, words="ini fotonya")

    decline()
    assert not story.cluster(story.cluster_of(request_id)).open
    reopen()
    decline()
    with pytest.raises(Conflict, match="once only"):
        reopen()
    assert story.statuses([request_id]) == ["declined"]


def test_a_temporary_repair_asks_for_a_permanent_one_and_waits_for_it(story: Story) -> None:
    (request_id,) = story.report()
    first = story.repair(request_id, "temporary")
    permanent = db.session().scalars(select(WorkOrder).where(WorkOrder.rework_of_id == first)).one()
    assert (permanent.status, permanent.cluster_id) == ("draft", story.cluster_of(request_id))
    assert permanent.due_at is not None
    assert timedelta(days=29) < permanent.due_at - clock.now() <= timedelta(days=30)
    (told,) = db.session().scalars(select(Message).where(Message.template == "done"))
    assert told.facts["repair_kind"] == "temporary"
    with clock.frozen(clock.now() + timedelta(days=30)):
        assert _close_silent(story) == 0
    with pytest.raises(Conflict, match="temporary"):
        _answer(story, request_id, "yes")
    assert story.statuses([request_id]) == ["done"]
    number = permanent.id
    with transaction() as session:
        make_order_ready(session, number, session.get_one(WorkOrder, number).version, story.dispatcher)
    (stop,) = story.dispatch(story.plan(story.work_days()[1]))
    story.arrive(stop)
    story.complete(stop)
    assert story.statuses([request_id]) == ["done"]
    assert story.messages(request_id, template="done") == ["done", "done"], "told of the permanent one too"
    assert not story.cluster(story.cluster_of(request_id)).open
    with clock.frozen(clock.now() + timedelta(days=9)):
        assert _close_silent(story) == 0
    with clock.frozen(clock.now() + timedelta(days=11)):
        assert _close_silent(story) == 1


def test_not_fixed_after_a_temporary_repair_goes_along_with_the_permanent_order(story: Story) -> None:
    (request_id,) = story.report()
    first = story.repair(request_id, "temporary")
    _answer(story, request_id, "no", "tambalannya lepas")
    permanent = db.session().scalars(select(WorkOrder.id).where(WorkOrder.rework_of_id == first)).one()
    with transaction() as session:
        make_order_ready(session, permanent, session.get_one(WorkOrder, permanent).version, story.dispatcher)
    (stop,) = story.dispatch(story.plan(story.work_days()[1]))
    assert story.statuses([request_id]) == ["scheduled"]
    story.arrive(stop)
    story.complete(stop)
    assert story.statuses([request_id]) == ["done"]


def test_a_duplicates_reporter_hears_of_the_repair_under_their_own_code(story: Story) -> None:
    (kept,) = story.report()
    (other,) = story.report(lon=None, lat=None, landmark="depan SD 3")
    (third,) = story.report(lon=110.8330)
    with transaction() as session:
        mark_duplicate(session, session.get_one(ServiceRequest, third), other, story.dispatcher)
    with transaction() as session:
        mark_duplicate(session, session.get_one(ServiceRequest, other), kept, story.dispatcher)
    assert story.statuses([other, third]) == ["duplicate", "duplicate"]
    assert [story.request(number).duplicate_of_id for number in (other, third)] == [kept, kept]
    assert not story.cluster(story.cluster_of(third)).open
    story.repair(kept)
    for number in (other, third):
        assert story.messages(number) == ["received", "merged", "scheduled", "done"]
    assert story.statuses([kept, other]) == ["done", "duplicate"]


def test_a_duplicate_is_made_and_unmade_with_care(story: Story) -> None:
    first, second = story.report(2)
    with pytest.raises(InvalidInput, match="of itself"), transaction() as session:
        mark_duplicate(session, session.get_one(ServiceRequest, first), first, story.dispatcher)
    with transaction() as session:
        mark_duplicate(session, session.get_one(ServiceRequest, second), first, story.dispatcher)
    with pytest.raises(InvalidInput, match="of itself"), transaction() as session:
        mark_duplicate(session, session.get_one(ServiceRequest, first), second, story.dispatcher)
    with pytest.raises(Conflict), transaction() as session:
        mark_duplicate(session, session.get_one(ServiceRequest, second), first, story.dispatcher)
    with transaction() as session:
        unmark_duplicate(session, session.get_one(ServiceRequest, second), story.dispatcher)
    assert story.statuses([first, second]) == ["submitted", "acknowledged"]
    assert story.request(second).duplicate_of_id is None
    with pytest.raises(Conflict), transaction() as session:
        unmark_duplicate(session, session.get_one(ServiceRequest, second), story.dispatcher)
    story.repair(first)
    (late,) = story.report(lon=110.8330)
    with pytest.raises(Conflict, match="has ended"), transaction() as session:
        mark_duplicate(session, session.get_one(ServiceRequest, late), first, story.dispatcher)


def test_nobody_is_told_one_thing_twice(story: Story) -> None:
    (request_id,) = story.report()
    for _again in range(3):
        with transaction() as session:
            request = session.get_one(ServiceRequest, request_id)
            notify_reporters(session, request, "postponed", {"reason": "rain"}, occasion="7")
    assert story.messages(request_id, template="postponed") == ["postponed"]
    with transaction() as session:
        request = session.get_one(ServiceRequest, request_id)
        notify_reporters(session, request, "postponed", {"reason": "rain"}, occasion="8")
    assert len(story.messages(request_id, template="postponed")) == 2


def test_a_neighbour_hears_of_the_repair_but_gets_no_key_to_the_report(story: Story) -> None:
    (request_id,) = story.report()
    with transaction() as session:
        request = session.get_one(ServiceRequest, request_id)
        for _again in range(2):
            follow_request(
                session,
                story.world.installation,
                request,
                "tetangga@example.org",
                part="me_too",
                language="en",
            )
    story.repair(request_id)
    assert story.messages(request_id, template="done") == ["done", "done"]
    session = db.session()
    request = session.get_one(ServiceRequest, request_id)
    letters = {
        message.language: write_message(session, story.world.installation, message, request, "x@y.id")
        for message in session.scalars(select(Message).where(Message.template == "done"))
    }
    assert "/lacak/" in letters["id"].body
    assert "/lacak/" not in letters["en"].body
    assert request.code in letters["en"].subject


def test_every_outcome_is_counted_apart() -> None:
    assert {reason.value for reason in ClosedReason} == {"repaired", "found_fixed", "not_found", "withdrawn"}


def test_a_report_near_a_reopened_place_joins_it(story: Story) -> None:
    (first,) = story.report()
    story.repair(first)
    _answer(story, first, "no", "masih berlubang")
    (later,) = story.report(lon=110.8230 + STEP_LON)
    assert story.cluster_of(later) == story.cluster_of(first)


@pytest.mark.parametrize("language", ["id", "jv", "en"])
def test_an_answer_by_itself_has_one_empty_line_between_its_paragraphs(story: Story, language: str) -> None:
    service = db.session().scalars(select(Service)).first()
    words = write_chat("received", language, service=service, place="Jl. Veteran", asks_place=True, link="")
    assert "\n\n" in words
    assert "\n\n\n" not in words
