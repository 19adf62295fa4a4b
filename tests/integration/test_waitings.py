"""Every waiting has a deadline: warned of once, passed once, told to whom it concerns; nothing closes."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.domain.waitings import WaitingKind
from fieldops.domain.work_order_states import StopEventKind
from fieldops.errors import Conflict, InvalidInput, NotAllowed
from fieldops.extensions import db
from fieldops.models import Message, RequestWaiting, Service, ServiceLevel, ServiceRequest
from fieldops.operations.answer_if_fixed import answer_if_fixed
from fieldops.operations.answer_referral import answer_referral
from fieldops.operations.change_service import add_service_level
from fieldops.operations.close_silent_requests import close_silent_requests
from fieldops.operations.mark_duplicate import mark_duplicate
from fieldops.operations.place_request import place_request
from fieldops.operations.tick_waitings import tick_waitings
from fieldops.operations.triage_requests import acknowledge_requests, close_requests, refer_requests
from fieldops.operations.write_message import write_message
from fieldops.queries.waitings import WaitingCount, count_waitings, list_waitings
from fieldops.tasks.schedule import SCHEDULE
from fieldops.transaction import transaction
from tests.integration.conftest import Story

AUTHORITY = "BBPJN"


def _refer(story: Story, *ids: int) -> None:
    with transaction() as session:
        requests = [session.get_one(ServiceRequest, number) for number in ids]
        refer_requests(session, requests, AUTHORITY, "Ini jalan nasional.", story.dispatcher)


def _answer(
    story: Story, request_id: int, answer: str, words: str = "", role: Role = Role.DISPATCHER
) -> None:
    with transaction() as session:
        request = session.get_one(ServiceRequest, request_id)
        answer_referral(session, [request], answer, words, story.world.by(role))


def _tick() -> int:
    with transaction() as session:
        return tick_waitings(session)


def _tick_without_power() -> None:
    with transaction() as session:
        tick_waitings(session)
        raise RuntimeError("the power went")


def _waitings(request_id: int) -> list[RequestWaiting]:
    session = db.session()
    session.rollback()
    session.expire_all()
    query = select(RequestWaiting).where(RequestWaiting.request_id == request_id).order_by(RequestWaiting.id)
    return list(session.scalars(query))


def _only(request_id: int) -> RequestWaiting:
    (one,) = _waitings(request_id)
    return one


def _counts(kind: WaitingKind) -> WaitingCount:
    return count_waitings(db.session(), clock.now())[kind]


def _letter(story: Story, request_id: int, template: str) -> str:
    """The words of the newest message of a template about a request, in English."""
    session = db.session()
    message = session.scalars(
        select(Message)
        .where(Message.request_id == request_id, Message.template == template)
        .order_by(Message.id.desc())
    ).first()
    assert message is not None
    message.language = "en"
    request = session.get_one(ServiceRequest, request_id)
    letter = write_message(session, story.world.installation, message, request, "x@y.id")
    session.rollback()
    return f"{letter.subject}\n{letter.body}"


# ---------------------------------------------------------------- another authority


def test_a_referred_report_waits_fourteen_days_for_the_authority(story: Story) -> None:
    (request_id,) = story.report()
    with clock.frozen(clock.now()):
        _refer(story, request_id)
        row = _only(request_id)
        assert (row.kind, row.facts["authority"]) == ("authority", AUTHORITY)
        assert row.due_at - row.since == timedelta(days=14)
        assert _counts(WaitingKind.AUTHORITY) == WaitingCount(1, 0, 0)
    with clock.frozen(row.since + timedelta(days=11)):
        assert _tick() == 0
        assert _only(request_id).warned_at is None
    with clock.frozen(row.since + timedelta(days=12)):
        assert _tick() == 0
        assert _only(request_id).warned_at == clock.now()
        assert _counts(WaitingKind.AUTHORITY) == WaitingCount(1, 0, 1)
    with clock.frozen(row.since + timedelta(days=14)):
        assert _tick() == 1
        assert _counts(WaitingKind.AUTHORITY) == WaitingCount(1, 1, 0)
    assert story.request(request_id).status == "referred", "nothing closes by itself"


def test_a_deadline_passes_once_and_is_told_once(story: Story) -> None:
    ids = story.report(2)
    _refer(story, *ids)
    with clock.frozen(clock.now() + timedelta(days=15)):
        assert _tick() == 2
        passed = _only(ids[0]).passed_at
    with clock.frozen(clock.now() + timedelta(days=16)):
        assert _tick() == 0
        story.work()
    assert _only(ids[0]).passed_at == passed
    assert story.messages(*ids, template="no_answer") == ["no_answer"] * 2
    words = _letter(story, ids[0], "no_answer")
    assert AUTHORITY in words
    assert "has not answered us by" in words


def test_a_tick_that_broke_off_is_done_again_whole(story: Story) -> None:
    (request_id,) = story.report()
    _refer(story, request_id)
    with clock.frozen(clock.now() + timedelta(days=15)):
        with pytest.raises(RuntimeError):
            _tick_without_power()
        assert _only(request_id).passed_at is None
        assert story.messages(request_id, template="no_answer") == []
        assert _tick() == 1
    assert story.messages(request_id, template="no_answer") == ["no_answer"]


def test_two_who_tick_at_once_tell_once(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    (request_id,) = story.report()
    _refer(story, request_id)
    with clock.frozen(clock.now() + timedelta(days=15)):
        session = db.session()
        seen = [session.get_one(RequestWaiting, _only(request_id).id)]
        assert _tick() == 1
        # The second one had read the row before the first one wrote.
        monkeypatch.setattr(
            "fieldops.operations.tick_waitings.due_waitings", lambda _session, _now, _most: seen
        )
        assert _tick() == 0
    assert story.messages(request_id, template="no_answer") == ["no_answer"]


def test_asked_again_the_authority_has_as_long_as_before(story: Story) -> None:
    (request_id,) = story.report()
    _refer(story, request_id)
    with clock.frozen(clock.now() + timedelta(days=15)):
        _tick()
        _answer(story, request_id, "again", "Surat 12/2026.")
        first, second = _waitings(request_id)
        assert (first.outcome, first.ended_at) == ("asked_again", clock.now())
        assert (second.since, second.due_at) == (clock.now(), clock.now() + timedelta(days=14))
        assert second.user_id == story.dispatcher.user_id
        assert _counts(WaitingKind.AUTHORITY) == WaitingCount(1, 0, 0)
        assert _tick() == 0
    words = _letter(story, request_id, "asked_again")
    assert "Surat 12/2026." in words
    with clock.frozen(clock.now() + timedelta(days=30)):
        assert _tick() == 1
    assert story.messages(request_id, template="no_answer") == ["no_answer"] * 2


def test_what_comes_back_is_open_here_again(story: Story) -> None:
    (request_id,) = story.report()
    _refer(story, request_id)
    cluster = story.cluster_of(request_id)
    assert not story.cluster(cluster).open
    _answer(story, request_id, "ours", "Ternyata jalan kota.")
    assert story.request(request_id).status == "acknowledged"
    assert story.request(request_id).ended_at is None
    assert story.cluster(cluster).open
    assert _only(request_id).outcome == "answered"
    assert story.messages(request_id, template="acknowledged") == []
    assert "Ternyata jalan kota." in _letter(story, request_id, "came_back")
    story.order(request_id)
    with clock.frozen(clock.now() + timedelta(days=30)):
        assert _tick() == 0


def test_what_the_authority_repaired_ends_as_found_fixed(story: Story) -> None:
    (request_id,) = story.report()
    _refer(story, request_id)
    with pytest.raises(NotAllowed):
        _answer(story, request_id, "repaired", role=Role.OFFICER)
    assert story.request(request_id).status == "referred"
    _answer(story, request_id, "repaired")
    request = story.request(request_id)
    assert (request.status, request.closed_reason) == ("closed", "found_fixed")
    assert story.messages(request_id)[-1] == "closed"
    assert _counts(WaitingKind.AUTHORITY) == WaitingCount()


def test_an_answer_needs_something_that_was_passed_on(story: Story) -> None:
    (request_id,) = story.report()
    with pytest.raises(Conflict):
        _answer(story, request_id, "again")
    _refer(story, request_id)
    with pytest.raises(InvalidInput) as caught:
        _answer(story, request_id, "perhaps")
    assert caught.value.field == "answer"
    with pytest.raises(InvalidInput) as caught:
        _answer(story, request_id, "again", "x" * 1001)
    assert caught.value.field == "words"


def test_who_was_merged_hears_of_the_silence_too(story: Story) -> None:
    kept, merged = story.report()[0], story.report(lon=110.8330)[0]
    with transaction() as session:
        mark_duplicate(session, session.get_one(ServiceRequest, merged), kept, story.dispatcher)
    _refer(story, kept)
    with clock.frozen(clock.now() + timedelta(days=15)):
        assert _tick() == 1
    assert story.messages(merged, template="no_answer") == ["no_answer"]


# ---------------------------------------------------------------- what waited before there were rows


def test_what_was_referred_before_is_listed_from_its_own_day(story: Story) -> None:
    (request_id,) = story.report()
    _refer(story, request_id)
    since = _only(request_id).since
    with transaction() as session:
        session.execute(delete(RequestWaiting))
    with clock.frozen(since + timedelta(days=20)):
        assert _tick() == 1
        row = _only(request_id)
        assert abs(row.since - since) < timedelta(seconds=5)
        assert row.facts["authority"] == AUTHORITY
        assert _tick() == 0
    assert story.messages(request_id, template="no_answer") == [], "six days late it is no news"


def test_another_system_s_past_is_not_counted_here(story: Story) -> None:
    (request_id,) = story.report()
    _refer(story, request_id)
    with transaction() as session:
        session.execute(delete(RequestWaiting))
        session.get_one(ServiceRequest, request_id).channel = "import"
    _tick()
    assert _waitings(request_id) == []


# ---------------------------------------------------------------- a sure place


def test_a_report_without_a_place_waits_five_days_for_one(story: Story) -> None:
    (request_id,) = story.report(lon=None, lat=None, address="dekat pasar")
    row = _only(request_id)
    assert (row.kind, row.due_at - row.since) == ("place", timedelta(days=5))
    with clock.frozen(row.since + timedelta(days=5)):
        assert _tick() == 1
        assert _tick() == 0
        (listed,) = list_waitings(db.session(), WaitingKind.PLACE)
        assert listed.request.id == request_id
    assert story.request(request_id).status == "submitted", "a person decides"
    with transaction() as session:
        request = session.get_one(ServiceRequest, request_id)
        place_request(session, story.world.installation, request, 110.823, -7.566, story.dispatcher)
    assert _only(request_id).outcome == "answered"


def test_a_report_that_ends_waits_for_nothing(story: Story) -> None:
    (request_id,) = story.report(lon=None, lat=None, address="dekat pasar")
    with transaction() as session:
        request = session.get_one(ServiceRequest, request_id)
        acknowledge_requests(session, [request], story.dispatcher)
    assert _only(request_id).ended_at is None, "reading it gives it no place"
    with transaction() as session:
        close_requests(
            session, [session.get_one(ServiceRequest, request_id)], "not_found", "", story.dispatcher
        )
    assert _only(request_id).outcome == "answered"


# ---------------------------------------------------------------- made safe


def test_what_was_made_safe_waits_for_its_repair(story: Story) -> None:
    ids = story.report(2)
    _order, stop = story.send_out(ids[0])
    story.arrive(stop)
    story.tell(stop, StopEventKind.MADE_SAFE, photos=(story.photo,))
    row = _only(ids[0])
    assert (row.kind, row.due_at - row.since) == ("repair", timedelta(days=7))
    story.tell(stop, StopEventKind.MADE_SAFE, photos=(story.photo,))
    assert len(_waitings(ids[0])) == 1
    assert _counts(WaitingKind.REPAIR).waiting == 2
    with clock.frozen(row.since + timedelta(days=8)):
        assert _tick() == 2
    story.complete(stop)
    assert _only(ids[0]).outcome == "answered"
    assert _counts(WaitingKind.REPAIR) == WaitingCount()


# ---------------------------------------------------------------- how long, an administrator says


def _promise(story: Story, kind: str, hours: int, service_id: int | None = None) -> None:
    with transaction() as session:
        add_service_level(
            session, service_id=service_id, kind=kind, hours=hours, source="SK 1/2027",
            valid_from=clock.now().date(), by=story.world.by(Role.ADMIN),
        )  # fmt: skip


def test_a_fresh_city_has_a_row_for_every_waiting(story: Story) -> None:
    rows = db.session().execute(select(ServiceLevel.kind, ServiceLevel.hours, ServiceLevel.source)).all()
    assert {(kind, hours) for kind, hours, _source in rows} >= {
        ("reporter_answer", 120), ("authority_answer", 336), ("fixed_answer", 240), ("secured_repair", 168),
    }  # fmt: skip
    assert all(source.startswith("ours") for kind, _hours, source in rows if kind == "authority_answer")


def test_a_new_promise_holds_for_what_begins_from_then_on(story: Story) -> None:
    first, second = story.report()[0], story.report(lon=110.8330)[0]
    _refer(story, first)
    _promise(story, "authority_answer", 72)
    _refer(story, second)
    before, after = _only(first), _only(second)
    assert before.due_at - before.since == timedelta(days=14)
    assert after.due_at - after.since == timedelta(days=3)


def test_silence_closes_when_the_table_says_so(story: Story) -> None:
    pothole, other = story.report()[0], story.report(lon=110.8330, service_code="blocked_drain")[0]
    service_id = db.session().scalars(select(Service.id).where(Service.code == "pothole")).one()
    _promise(story, "fixed_answer", 48, service_id)
    for request_id in (pothole, other):
        story.repair(request_id)
    done_at = story.request(pothole).ended_at
    assert done_at is not None
    with clock.frozen(clock.now() + timedelta(days=2, hours=1)), transaction() as session:
        assert close_silent_requests(session, story.world.installation) == 1
    assert story.statuses([pothole, other]) == ["closed", "done"]


def test_the_question_says_when_silence_ends_it(story: Story) -> None:
    fixed, temporary = story.report()[0], story.report(lon=110.8330)[0]
    story.repair(fixed)
    story.repair(temporary, "temporary")
    with clock.frozen(clock.now() + timedelta(days=3, minutes=1)):
        story.work()
    assert "If we hear nothing, the report is finished on" in _letter(story, fixed, "ask_if_fixed")
    assert "If we hear nothing" not in _letter(story, temporary, "ask_if_fixed")


def test_opened_again_nothing_is_waited_for(story: Story) -> None:
    (request_id,) = story.report()
    story.repair(request_id)
    with transaction() as session:
        request = session.get_one(ServiceRequest, request_id)
        answer_if_fixed(session, story.world.installation, request, "no", "masih")
    with clock.frozen(clock.now() + timedelta(days=30)):
        assert _tick() == 0
    assert story.request(request_id).status == "reopened"


def test_the_task_runs_by_itself() -> None:
    assert "tick_waitings" in {entry.name for entry in SCHEDULE}
