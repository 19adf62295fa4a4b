"""A second person approves a repair, takes it back, or sends it back; what comes in between stops it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from fieldops import clock
from fieldops.domain.approvals import UNDO_FOR
from fieldops.domain.roles import Actor, By, Role
from fieldops.domain.work_order_states import StopEventKind, WorkOrderStatus
from fieldops.errors import Conflict, FieldOpsError, InvalidInput, NotAllowed, NotFound
from fieldops.extensions import db
from fieldops.models import (
    AuditEntry,
    Crew,
    Department,
    Message,
    Photo,
    RepairApproval,
    ServiceRequest,
    StatusChange,
    Stop,
    Task,
    UserRole,
    WorkOrder,
    WorkOrderChange,
)
from fieldops.models.base import as_point
from fieldops.operations.answer_if_fixed import answer_if_fixed
from fieldops.operations.approve_repair import approve_repair, read_stopped, withdraw_approval
from fieldops.operations.ask_if_fixed import ASK_AFTER
from fieldops.operations.change_order import make_order_ready
from fieldops.operations.close_approved import close_approved
from fieldops.operations.close_silent_requests import close_silent_requests
from fieldops.operations.follow_request import follow_request
from fieldops.operations.mark_duplicate import mark_duplicate
from fieldops.operations.merge_clusters import merge_clusters, split_cluster
from fieldops.operations.open_work_order import change_work_order_status
from fieldops.operations.send_back_repair import send_back_repair
from fieldops.queries.approvals import (
    FinishedPlace,
    count_finished_places,
    finished_place,
    finished_places,
    stopped_approvals,
    waiting_approvals,
)
from fieldops.transaction import transaction
from tests.integration.conftest import STEP_LON, Story

FAR_LON = 110.8330


def _head(story: Story) -> By:
    return story.world.by(Role.HEAD)


def _place(story: Story, request_id: int) -> FinishedPlace:
    return finished_place(db.session(), story.cluster_of(request_id))


def _approve(story: Story, request_id: int, by: By | None = None) -> int:
    """Approve the place of a request as it is now; return the approval."""
    mark = _place(story, request_id).mark
    number = story.cluster_of(request_id)
    with transaction() as session:
        return approve_repair(session, number, mark, by or _head(story)).id


def _withdraw(story: Story, approval_id: int, by: By | None = None) -> None:
    with transaction() as session:
        withdraw_approval(session, approval_id, by or _head(story))


def _approval(approval_id: int) -> RepairApproval:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(RepairApproval, approval_id)


def _answer(story: Story, request_id: int, answer: str, words: str = "") -> None:
    with transaction() as session:
        request = session.get_one(ServiceRequest, request_id)
        answer_if_fixed(session, story.world.installation, request, answer, words)


def _send_back(story: Story, request_id: int, words: str = "Tepinya retak.", by: By | None = None) -> int:
    number = story.cluster_of(request_id)
    with transaction() as session:
        return send_back_repair(session, story.world.installation, number, words, by or _head(story)).id


@contextmanager
def _minutes_later(minutes: float = 6) -> Iterator[None]:
    with clock.frozen(clock.now() + timedelta(minutes=minutes)):
        yield


def _outcome(approval_id: int) -> tuple[str, str | None]:
    found = _approval(approval_id)
    return found.state, found.reason


def _waiting(story: Story) -> list[int]:
    story.work()
    return [place.cluster.id for place in finished_places(db.session(), None, 50)]


# ---------------------------------------------------------------- what waits


def test_a_place_waits_from_its_repair_until_it_is_approved(story: Story) -> None:
    ids = story.report(2)
    assert _waiting(story) == []
    order_id, stop_id = story.send_out(ids[0])
    story.arrive(stop_id)
    assert _waiting(story) == []
    story.tell(
        stop_id,
        StopEventKind.COMPLETED,
        repair_kind="permanent",
        photos=(story.photo,),
        size="1,2 × 0,8 m",
        material_amount=40,
        lon=110.8231,
        lat=-7.5660,
    )
    assert _waiting(story) == [story.cluster_of(ids[0])]
    place = _place(story, ids[0])
    assert (place.order.id, place.order.size, place.order.material_amount) == (order_id, "1,2 × 0,8 m", 40)
    assert [request.id for request in place.done] == ids
    assert (place.reports, place.people) == (2, 2)
    crew = place.evidence.crew
    assert crew is not None
    assert crew.leader_id == story.leader_of(stop_id).user_id
    assert place.evidence.after is not None
    assert place.evidence.before is None
    assert place.evidence.away_m == pytest.approx(11, abs=3)
    approved = _approve(story, ids[0])
    assert _waiting(story) == []
    assert [one.approval.id for one in waiting_approvals(db.session())] == [approved]
    with _minutes_later():
        story.work()
    assert _waiting(story) == []
    assert waiting_approvals(db.session()) == []


def test_without_a_position_of_the_phone_the_photos_own_counts(story: Story) -> None:
    (request_id,) = story.report()
    story.repair(request_id)
    evidence = _place(story, request_id).evidence
    assert evidence.away_m is None
    assert evidence.after is not None
    number = evidence.after.id
    with transaction() as session:
        session.get_one(Photo, number).offered_place = as_point(110.8240, -7.5660)
    away_m = _place(story, request_id).evidence.away_m
    assert away_m == pytest.approx(110, abs=3)


def test_the_longest_waiting_comes_first_and_pages_follow_each_other(story: Story) -> None:
    (first,) = story.report()
    (second,) = story.report(lon=FAR_LON)
    story.order(second)
    order_id = story.order(first)
    stops = story.dispatch(story.plan())
    for number, stop_id in enumerate(sorted(stops, key=lambda one: _order_of(one) != order_id)):
        with clock.frozen(clock.now() + timedelta(minutes=number)):
            story.arrive(stop_id)
            story.complete(stop_id)
    places = [story.cluster_of(first), story.cluster_of(second)]
    assert _waiting(story) == places
    session = db.session()
    assert count_finished_places(session) == 2
    assert [finished_places(session, None, 1, skip)[0].cluster.id for skip in (0, 1)] == places
    assert finished_places(session, None, 1, 2) == []


def _order_of(stop_id: int) -> int:
    return db.session.get_one(Stop, stop_id).work_order_id


def test_what_reporters_answered_and_who_else_waits_is_told(story: Story) -> None:
    first, second, third = story.report(3)
    story.repair(first)
    _answer(story, first, "no", "masih berlubang")
    story.order(first)
    (stop,) = story.dispatch(story.plan(story.work_days()[1]))
    story.arrive(stop)
    story.complete(stop)
    with transaction() as session:
        follow_request(
            session,
            story.world.installation,
            session.get_one(ServiceRequest, second),
            "tetangga@example.org",
            part="me_too",
            language="id",
        )
    _answer(story, third, "yes")
    place = _place(story, first)
    assert (place.answers.fixed, place.answers.not_fixed) == (1, 1)
    assert place.answers.words == "masih berlubang"
    assert (place.reports, place.people) == (3, 4)
    assert [request.id for request in place.done] == [first, second]


def test_open_reports_open_work_and_temporary_repairs_do_not_wait(story: Story) -> None:
    first, second = story.report(2)
    story.repair(first, "temporary")
    assert _waiting(story) == []
    number = story.cluster_of(first)
    with pytest.raises(Conflict, match="temporary"), transaction() as session:
        approve_repair(session, number, "", _head(story))
    permanent = db.session().scalars(select(WorkOrder).where(WorkOrder.status == "draft")).one().id
    with transaction() as session:
        make_order_ready(session, permanent, session.get_one(WorkOrder, permanent).version, story.dispatcher)
    (stop,) = story.dispatch(story.plan(story.work_days()[1]))
    story.arrive(stop)
    story.complete(stop)
    assert _waiting(story) == [number]
    _answer(story, second, "no", "ambles lagi")
    assert _waiting(story) == []
    with pytest.raises(Conflict, match="is open"), transaction() as session:
        approve_repair(session, number, "", _head(story))


def test_a_temporary_repair_whose_permanent_order_was_cancelled_waits(story: Story) -> None:
    (request_id,) = story.report()
    story.repair(request_id, "temporary")
    with transaction() as session:
        permanent = session.scalars(select(WorkOrder).where(WorkOrder.status == "draft")).one()
        change_work_order_status(
            session, permanent, WorkOrderStatus.CANCELLED, story.dispatcher, facts={"reason": "other"}
        )
    assert _place(story, request_id).order.repair_kind == "temporary"


# ---------------------------------------------------------------- approving


def test_minutes_after_the_approval_every_report_is_closed_and_every_reporter_told_once(story: Story) -> None:
    ids = story.report(3)
    (other,) = story.report(lon=None, lat=None, landmark="depan SD 3")
    with transaction() as session:
        mark_duplicate(session, session.get_one(ServiceRequest, other), ids[0], story.dispatcher)
    order_id = story.repair(ids[0])
    _answer(story, ids[2], "yes")
    approval_id = _approve(story, ids[0])
    with _minutes_later(4):
        story.work()
        assert story.statuses(ids) == ["done", "done", "closed"]
        assert story.messages(*ids, other, template="closed") == []
    with _minutes_later():
        story.work()
        story.work()
        with transaction() as session:
            assert close_approved(session, approval_id) == 0, "twice is once"
    assert story.statuses([*ids, other]) == ["closed", "closed", "closed", "duplicate"]
    assert {story.request(number).closed_reason for number in ids} == {"repaired"}
    told = story.messages(*ids[:2], other, template="closed")
    assert told == ["closed"] * 3
    assert story.messages(ids[2], template="closed") == [], "they said so themselves"
    assert _outcome(approval_id) == ("closed", None)
    head = _head(story)
    lines = db.session().scalars(
        select(StatusChange).where(StatusChange.request_id.in_(ids[:2]), StatusChange.target == "closed")
    )
    assert {(line.actor, line.user_id) for line in lines} == {("head", head.user_id)}
    audited = db.session().scalars(select(AuditEntry).where(AuditEntry.act == "repair_approved")).one()
    assert (audited.user_id, audited.facts) == (head.user_id, {"order": order_id, "reports": 2})


def test_reporters_can_still_open_again_what_was_approved(story: Story) -> None:
    (request_id,) = story.report()
    story.repair(request_id)
    _approve(story, request_id)
    with _minutes_later():
        story.work()
    _answer(story, request_id, "no", "ambles lagi")
    assert story.statuses([request_id]) == ["reopened"]


def test_until_it_takes_effect_an_approval_is_taken_back_without_a_trace(story: Story) -> None:
    ids = story.report(2)
    story.repair(ids[0])
    before = story.messages(*ids)
    approval_id = _approve(story, ids[0])
    _withdraw(story, approval_id, story.world.by(Role.OFFICER))
    _withdraw(story, approval_id)
    assert _waiting(story) == [story.cluster_of(ids[0])]
    with _minutes_later():
        story.work()
        assert story.statuses(ids) == ["done", "done"]
        assert story.messages(*ids) == before
        again = _approve(story, ids[0])
    with _minutes_later(12):
        story.work()
    assert story.statuses(ids) == ["closed", "closed"]
    assert [_outcome(number)[0] for number in (approval_id, again)] == ["withdrawn", "closed"]
    with pytest.raises(Conflict, match="closed already"):
        _withdraw(story, again)
    with pytest.raises(NotFound):
        _withdraw(story, 10**6)


def test_whoever_did_the_work_or_leads_that_crew_does_not_approve_it(story: Story) -> None:
    (request_id,) = story.report()
    _order_id, stop_id = story.send_out(request_id)
    story.arrive(stop_id)
    story.complete(stop_id)
    worked = story.leader_of(stop_id).user_id
    assert worked is not None
    with transaction() as session:
        session.add(UserRole(user_id=worked, role=Role.HEAD.value))
    with pytest.raises(NotAllowed, match="yourself"):
        _approve(story, request_id, By(Actor.HEAD, worked))
    with transaction() as session:  # another one leads the crew by now; the work is still theirs
        crew = session.scalars(select(Crew).where(Crew.leader_id == worked)).one()
        crew.leader_id = story.world.users[Role.OFFICER].id
    with pytest.raises(NotAllowed, match="yourself"):
        _approve(story, request_id, By(Actor.HEAD, worked))
    with pytest.raises(NotAllowed, match="lead the crew"):
        _approve(story, request_id, story.world.by(Role.OFFICER))
    _approve(story, request_id)


def test_the_leader_of_the_temporary_repair_does_not_approve_the_permanent_one(story: Story) -> None:
    (request_id,) = story.report()
    _order, stop_id = story.send_out(request_id)
    story.arrive(stop_id)
    story.complete(stop_id, "temporary")
    first = story.leader_of(stop_id).user_id
    assert first is not None
    permanent = db.session().scalars(select(WorkOrder).where(WorkOrder.status == "draft")).one().id
    with transaction() as session:
        make_order_ready(session, permanent, session.get_one(WorkOrder, permanent).version, story.dispatcher)
        session.execute(update(Crew).where(Crew.leader_id == first).values(active=False))
    (stop,) = story.dispatch(story.plan(story.work_days()[1]))
    story.arrive(stop)
    story.complete(stop)
    assert story.leader_of(stop).user_id != first
    with transaction() as session:
        session.add(UserRole(user_id=first, role=Role.HEAD.value))
    with pytest.raises(NotAllowed, match="yourself"):
        _approve(story, request_id, By(Actor.HEAD, first))


def _limit(story: Story, role: Role, department_id: int) -> None:
    with transaction() as session:
        session.execute(
            update(UserRole)
            .where(UserRole.user_id == story.world.users[role].id)
            .values(department_id=department_id)
        )


def test_heads_approve_take_back_and_send_back_in_their_own_departments_only(story: Story) -> None:
    first, second = story.report(2)
    story.repair(first)
    mine = story.request(first).department_id
    other = next(one for one in db.session().scalars(select(Department.id)) if one != mine)
    assert count_finished_places(db.session(), {other}) == 0
    assert count_finished_places(db.session(), {mine}) == 1
    _limit(story, Role.HEAD, other)
    with pytest.raises(NotAllowed, match="another department"):
        _approve(story, first)
    with pytest.raises(NotAllowed, match="another department"):
        _send_back(story, first)
    approval_id = _approve(story, first, story.dispatcher)
    with pytest.raises(NotAllowed, match="another department"):
        _withdraw(story, approval_id)
    assert waiting_approvals(db.session(), {other}) == []
    assert len(waiting_approvals(db.session(), {mine})) == 1
    _withdraw(story, approval_id, story.dispatcher)
    _limit(story, Role.HEAD, mine)
    with transaction() as session:  # one place, reports of two departments
        session.get_one(ServiceRequest, second).department_id = other
    assert count_finished_places(db.session(), {mine}) == 0
    assert count_finished_places(db.session(), {mine, other}) == 1
    with pytest.raises(NotAllowed, match="another department"):
        _approve(story, first)


def test_what_changed_since_it_was_shown_is_looked_at_again(story: Story) -> None:
    first, second = story.report(2)
    story.repair(first)
    place = _place(story, first)
    _answer(story, second, "yes")
    with pytest.raises(Conflict, match="has changed"), transaction() as session:
        approve_repair(session, place.cluster.id, place.mark, _head(story))
    _approve(story, first)
    with pytest.raises(Conflict, match="Head approved"), transaction() as session:
        approve_repair(session, place.cluster.id, place.mark, _head(story))


def test_of_two_who_approve_at_once_one_does(story: Story) -> None:
    (request_id,) = story.report()
    story.repair(request_id)
    place = _place(story, request_id)
    number, mark = place.cluster.id, place.mark
    people = [story.world.by(Role.HEAD), story.world.by(Role.OFFICER)]
    refused: list[FieldOpsError] = []
    start = threading.Barrier(2)

    def approve(by: By) -> None:
        with story.world.app.app_context():
            start.wait()
            try:
                with transaction() as session:
                    approve_repair(session, number, mark, by)
            except FieldOpsError as error:
                refused.append(error)
            db.session.remove()

    threads = [threading.Thread(target=approve, args=(by,)) for by in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [type(error) for error in refused] == [Conflict]
    db.session.rollback()  # what was read before they did
    assert len(waiting_approvals(db.session())) == 1
    with _minutes_later():
        story.work()
    assert story.messages(request_id, template="closed") == ["closed"]


# ---------------------------------------------------------------- what comes in between


def _stopped(story: Story, approval_id: int, reason: str, ids: list[int]) -> None:
    """Minutes later nothing is closed, nobody told, and the head is."""
    with _minutes_later():
        story.work()
    assert _outcome(approval_id) == ("stopped", reason)
    assert "closed" not in story.statuses(ids)
    assert story.messages(*ids, template="closed") == []
    head = story.world.users[Role.HEAD]
    session = db.session()
    assert [one.approval.id for one in stopped_approvals(session, head.id)] == [approval_id]
    assert stopped_approvals(session, story.world.users[Role.OFFICER].id) == []
    with pytest.raises(NotFound), transaction() as writing:
        read_stopped(writing, approval_id, story.world.by(Role.OFFICER))
    with transaction() as writing:
        read_stopped(writing, approval_id, _head(story))
    assert stopped_approvals(db.session(), head.id) == []
    with pytest.raises(Conflict, match="Nothing was closed"):
        _withdraw(story, approval_id)


def test_not_fixed_said_in_between_closes_nothing(story: Story) -> None:
    ids = story.report(2)
    story.repair(ids[0])
    approval_id = _approve(story, ids[0])
    _answer(story, ids[1], "no", "masih berlubang")
    _stopped(story, approval_id, "not_fixed", ids)
    assert story.statuses(ids) == ["done", "reopened"]


def test_fixed_said_in_between_closes_the_others_all_the_same(story: Story) -> None:
    ids = story.report(2)
    story.repair(ids[0])
    approval_id = _approve(story, ids[0])
    _answer(story, ids[1], "yes")
    with _minutes_later():
        story.work()
    assert story.statuses(ids) == ["closed", "closed"]
    assert _outcome(approval_id) == ("closed", None)
    assert story.messages(*ids, template="closed") == ["closed"]


def test_reports_split_off_in_between_stop_it_and_both_places_wait_anew(story: Story) -> None:
    ids = story.report(3)
    story.repair(ids[0])
    approval_id = _approve(story, ids[0])
    number = story.cluster_of(ids[0])
    with transaction() as session:
        split_cluster(session, story.world.installation, number, [ids[2]], story.dispatcher)
    _stopped(story, approval_id, "changed", ids)
    assert number in _waiting(story)


@pytest.mark.parametrize("kept", ["approved", "other"])
def test_another_place_joined_in_between_stops_it(story: Story, kept: str) -> None:
    (first,) = story.report()
    (second,) = story.report(lon=110.8230 + 12 * STEP_LON)
    assert story.cluster_of(first) != story.cluster_of(second)
    story.order(first)
    story.order(second)
    for stop_id in story.dispatch(story.plan()):
        story.arrive(stop_id)
        story.complete(stop_id)
    approval_id = _approve(story, first)
    numbers = [story.cluster_of(first), story.cluster_of(second)]
    with transaction() as session:
        merge_clusters(
            session,
            story.world.installation,
            *(numbers if kept == "approved" else numbers[::-1]),
            story.dispatcher,
        )
    _stopped(story, approval_id, "changed", [first, second])
    assert [len(place.done) for place in finished_places(db.session(), None, 9)] == [2]


def test_a_new_report_of_the_place_in_between_stops_it(story: Story) -> None:
    (first,) = story.report()
    story.repair(first)
    approval_id = _approve(story, first)
    number = story.cluster_of(first)
    (second,) = story.report(lon=FAR_LON)
    with transaction() as session:
        session.get_one(ServiceRequest, second).cluster_id = number
    _stopped(story, approval_id, "reported_again", [first, second])


def test_work_ordered_in_between_stops_it(story: Story) -> None:
    (first,) = story.report()
    order_id = story.repair(first)
    approval_id = _approve(story, first)
    with pytest.raises(Conflict, match="Head approved"):
        _send_back(story, first)
    with transaction() as session:  # as when both were written at once
        done = session.get_one(WorkOrder, order_id)
        approval = session.get_one(RepairApproval, approval_id)
        approval.ended_at = clock.now()
        session.flush()
        send_back_repair(session, story.world.installation, done.cluster_id, "Retak.", _head(story))
        approval.ended_at = None
    _stopped(story, approval_id, "work_ordered", [first])


def test_a_reporter_who_answers_while_it_is_closed_is_heard_first_or_opens_it_again(story: Story) -> None:
    ids = story.report(2)
    story.repair(ids[0])
    approval_id = _approve(story, ids[0])
    start = threading.Barrier(2)
    failed: list[str] = []

    def run(what: Any) -> None:
        with story.world.app.app_context():
            start.wait()
            try:
                what()
            except FieldOpsError as error:
                failed.append(str(error))
            db.session.remove()

    def close() -> None:
        with transaction() as session:
            close_approved(session, approval_id)

    with _minutes_later():
        threads = [
            threading.Thread(target=run, args=(what,))
            for what in (close, lambda: _answer(story, ids[1], "no", "masih berlubang"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        story.work()
    state, reason = _outcome(approval_id)
    statuses = story.statuses(ids)
    if state == "stopped":
        assert (reason, statuses) == ("not_fixed", ["done", "reopened"])
        assert failed == []
        assert story.messages(*ids, template="closed") == []
    else:
        assert state == "closed"
        assert statuses[0] == "closed"
        assert statuses[1] == ("closed" if failed else "reopened")


# ---------------------------------------------------------------- not good enough


def test_what_is_sent_back_is_a_draft_of_its_own_and_no_report_moves(story: Story) -> None:
    ids = story.report(2)
    done = story.repair(ids[0])
    before = story.messages(*ids)
    order_id = _send_back(story, ids[0], "  Tepinya retak, air masuk.  ")
    order = story.work_order(order_id)
    assert (order.status, order.rework_of_id, order.note) == ("draft", done, "Tepinya retak, air masuk.")
    line = (
        db.session().scalars(select(WorkOrderChange).where(WorkOrderChange.work_order_id == order_id)).one()
    )
    assert (line.actor, line.user_id, line.words) == (
        "head",
        _head(story).user_id,
        "Tepinya retak, air masuk.",
    )
    assert story.statuses(ids) == ["done", "done"]
    assert story.messages(*ids) == before, "nobody is told before there is something to tell"
    assert story.cluster(story.cluster_of(ids[0])).open, "it stands on the dispatcher's board"
    assert _waiting(story) == []
    with pytest.raises(Conflict, match="is not finished"):
        _send_back(story, ids[0])
    with clock.frozen(clock.now() + timedelta(days=30)), transaction() as session:
        assert close_silent_requests(session, story.world.installation) == 0
    with clock.frozen(clock.now() + ASK_AFTER + timedelta(hours=1)):
        story.work()
        assert story.messages(*ids, template="ask_if_fixed") == []
        with transaction() as session:
            make_order_ready(
                session, order_id, session.get_one(WorkOrder, order_id).version, story.dispatcher
            )
        (stop,) = story.dispatch(story.plan(story.work_days()[3]))
        story.arrive(stop)
        story.complete(stop)
        assert story.statuses(ids) == ["done", "done"]
        assert story.messages(*ids, template="done") == ["done"] * 4, "told that it was done again"
        place = _place(story, ids[0])
        assert place.order.id == order_id
        _approve(story, ids[0])
        with _minutes_later():
            story.work()
    assert story.statuses(ids) == ["closed", "closed"]


def test_a_cancelled_rework_lets_the_place_wait_again(story: Story) -> None:
    (request_id,) = story.report()
    done = story.repair(request_id)
    order_id = _send_back(story, request_id)
    with transaction() as session:
        change_work_order_status(
            session,
            session.get_one(WorkOrder, order_id),
            WorkOrderStatus.CANCELLED,
            story.dispatcher,
            facts={"reason": "other"},
        )
    assert _place(story, request_id).order.id == done


def test_sending_back_needs_words_and_something_that_waits(story: Story) -> None:
    (request_id,) = story.report()
    with pytest.raises(Conflict, match="is open"):
        _send_back(story, request_id)
    story.repair(request_id)
    for words in ("", "   ", "x" * 501):
        with pytest.raises(InvalidInput) as caught:
            _send_back(story, request_id, words)
        assert caught.value.field == "words"
    _answer(story, request_id, "yes")
    with pytest.raises(Conflict, match="Nothing waits"):
        _send_back(story, request_id)
    assert db.session().scalars(select(WorkOrder).where(WorkOrder.status == "draft")).all() == []


def test_crews_engineers_and_administrators_have_no_right_to_approve(story: Story) -> None:
    (request_id,) = story.report()
    story.repair(request_id)
    for role in (Role.CREW_LEADER, Role.ENGINEER, Role.ADMIN):
        with pytest.raises(NotAllowed):
            _approve(story, request_id, story.world.by(role))
    assert timedelta(minutes=5) == UNDO_FOR, "the guide says so"
    assert db.session().scalars(select(Task).where(Task.name == "close_approved")).all() == []
    assert db.session().scalars(select(Message).where(Message.template == "closed")).all() == []
