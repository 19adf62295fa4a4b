"""From the order to the repaired place, and every way that goes wrong on the way."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from fieldops import clock
from fieldops.domain.roles import Actor, By, Role
from fieldops.domain.work_order_states import StopEventKind
from fieldops.errors import Conflict, FieldOpsError, InvalidInput, NotAllowed
from fieldops.extensions import db
from fieldops.models import Batch, Cluster, DayPlan, Message, Stop, StopEvent, WorkOrder, WorkOrderDependency
from fieldops.operations.change_order import OrderChanges, cancel_order, change_order, unblock_order
from fieldops.operations.dispatch_batch import dispatch_plan, recall_batch
from fieldops.operations.end_shift import end_overdue_shifts
from fieldops.operations.open_work_order import open_work_order
from fieldops.operations.plan_batches import compute_plan
from fieldops.operations.record_stop_event import StopReport, record_stop_event
from fieldops.operations.triage_requests import acknowledge_requests
from fieldops.queries.requests import get_request
from fieldops.transaction import transaction
from tests.conftest import World
from tests.integration.conftest import STEP_LON, Story

Kind = StopEventKind


def _batch_of(stop_id: int) -> Batch:
    session = db.session()
    session.expire_all()
    return session.get_one(Batch, session.get_one(Stop, stop_id).batch_id)


def _changes(**changed: Any) -> OrderChanges:
    values: dict[str, Any] = {"duration_s": 1800, "material_amount": 10, "must_do": False}
    return OrderChanges(**({"size": "", "dry_weather": False, "note": ""} | values | changed))


# ---------------------------------------------------------------- ordering


def test_an_order_knows_what_its_service_takes_and_reads_the_reports(story: Story) -> None:
    ids = story.report(2)
    order = story.work_order(story.order(ids[0]))
    assert (order.status, order.skills, order.material, order.dry_weather) == (
        "ready", ["patch"], "asphalt_kg", True,
    )  # fmt: skip
    assert order.number.startswith("PK-")
    assert order.rework_of_id is None
    assert story.statuses(ids) == ["acknowledged"] * 2
    assert story.messages(*ids, template="acknowledged") == ["acknowledged"] * 2
    with pytest.raises(Conflict, match="open work order already"):
        story.order(ids[0])


def test_two_dispatchers_open_one_order(world: World, story: Story) -> None:
    (request_id,) = story.report()
    cluster_id = story.cluster_of(request_id)
    start, outcomes = threading.Barrier(2), []

    def order() -> None:
        with world.app.app_context():
            start.wait()
            try:
                with transaction() as session:
                    cluster = session.get_one(Cluster, cluster_id)
                    open_work_order(session, world.installation, cluster, story.dispatcher)
                outcomes.append(201)
            except FieldOpsError as error:
                outcomes.append(error.status)
            db.session.remove()

    threads = [threading.Thread(target=order) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == [201, 409]
    db.session.remove()
    assert len(db.session().scalars(select(WorkOrder)).all()) == 1


def test_two_dispatchers_who_edit_one_order_get_one_conflict(story: Story) -> None:
    (request_id,) = story.report()
    order_id = story.order(request_id)
    version = story.work_order(order_id).version
    with transaction() as session:
        change_order(session, order_id, version, _changes(note="pagi"), story.dispatcher)
    with pytest.raises(Conflict) as caught, transaction() as session:
        change_order(session, order_id, version, _changes(note="sore"), story.dispatcher)
    assert caught.value.status == 409
    assert story.work_order(order_id).note == "pagi"


def test_a_write_behind_anothers_back_is_a_conflict(world: World, story: Story) -> None:
    (request_id,) = story.report()
    order_id = story.order(request_id)
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets one writer in at a time, so nothing can change behind its back")

    def change(note: str, meanwhile: Any = lambda: None) -> None:
        with world.app.app_context():
            with transaction() as session:
                order = session.get_one(WorkOrder, order_id)
                meanwhile()
                order.note = note
            db.session.remove()

    def theirs() -> None:
        thread = threading.Thread(target=change, args=("theirs",))
        thread.start()
        thread.join(30)

    with pytest.raises(Conflict, match="Somebody else changed"):
        change("mine", theirs)
    assert story.work_order(order_id).note == "theirs"


def test_the_drain_is_cleared_before_the_hole_is_patched(story: Story) -> None:
    (hole,) = story.report()
    (drain,) = story.report(service_code="blocked_drain", lon=110.8230 + 2 * STEP_LON)
    (far,) = story.report(service_code="blocked_drain", lon=110.8330)
    patch, clearing, elsewhere = story.order(hole), story.order(drain), story.order(far)
    rows = db.session().scalars(select(WorkOrderDependency)).all()
    assert [(row.work_order_id, row.after_id) for row in rows] == [(patch, clearing)]
    plan = db.session().get_one(DayPlan, story.plan())
    jobs = {job["id"]: job for job in plan.problem["jobs"]}
    assert jobs[patch]["after"] == [clearing]
    assert set(jobs) == {patch, clearing, elsewhere}
    with transaction() as session:  # the dispatcher knows better, and the next report does not undo it
        change_order(session, patch, story.work_order(patch).version, _changes(), story.dispatcher)
    story.report(lon=110.8230 + 3 * STEP_LON)
    assert not db.session().scalars(select(WorkOrderDependency)).all()


def test_orders_never_wait_for_each_other_in_a_circle(story: Story) -> None:
    (hole,) = story.report()
    (drain,) = story.report(service_code="blocked_drain", lon=110.8230 + 2 * STEP_LON)
    patch, clearing = story.order(hole), story.order(drain)
    version = story.work_order(clearing).version
    with pytest.raises(InvalidInput) as caught, transaction() as session:
        change_order(session, clearing, version, _changes(after=(patch,)), story.dispatcher)
    assert caught.value.field == "after"


def test_an_order_whose_predecessor_is_blocked_is_left_out_and_says_so(story: Story) -> None:
    (hole,) = story.report()
    patch = story.order(hole)
    (drain,) = story.report(service_code="blocked_drain", lon=110.8230 + 2 * STEP_LON)
    clearing = story.order(drain)
    with transaction() as session:
        session.get_one(WorkOrder, clearing).status = "blocked"
    plan = db.session().get_one(DayPlan, story.plan())
    assert plan.violations["left_out"] == [
        {"id": patch, "reason": "waits_for_order", "predecessor": clearing}
    ]


def test_a_cancelled_order_leaves_its_reports_open_for_another(story: Story) -> None:
    (request_id,) = story.report()
    order_id = story.order(request_id)
    with transaction() as session:
        cancel_order(
            session, order_id, session.get_one(WorkOrder, order_id).version, "salah titik", story.dispatcher
        )
    assert story.statuses([request_id]) == ["acknowledged"]
    assert story.cluster(story.cluster_of(request_id)).open
    again = story.work_order(story.order(request_id))
    assert again.rework_of_id is None, "nothing was done there before"


# ---------------------------------------------------------------- dispatching


def test_a_plan_is_dispatched_once_and_promises_the_day(story: Story) -> None:
    ids = story.report(2)
    story.order(ids[0])
    day = story.work_days()[0]
    plan_id = story.plan(day)
    story.dispatch(plan_id)
    assert story.statuses(ids) == ["scheduled"] * 2
    assert all(story.request(number).scheduled_for is not None for number in ids)
    assert story.messages(*ids, template="scheduled") == ["scheduled"] * 2
    with pytest.raises(Conflict, match="sent out already"):
        story.dispatch(plan_id)


def test_a_plan_by_another_page_is_stale(story: Story) -> None:
    (request_id,) = story.report()
    story.order(request_id)
    plan_id = story.plan()
    version = db.session().get_one(DayPlan, plan_id).version
    with pytest.raises(Conflict, match="no longer the current one"), transaction() as session:
        dispatch_plan(session, story.world.installation, plan_id, version - 1, story.dispatcher)
    story.plan()
    with pytest.raises(Conflict, match="no longer the current one"):
        story.dispatch(plan_id)
    assert db.session().get_one(DayPlan, plan_id, populate_existing=True).state == "discarded"
    assert {batch.status for batch in db.session().scalars(select(Batch))} == {"recalled", "proposed"}


def test_a_plan_whose_order_changed_names_it(story: Story) -> None:
    (request_id,) = story.report()
    order_id = story.order(request_id)
    plan_id = story.plan()
    with transaction() as session:
        order = session.get_one(WorkOrder, order_id)
        number = order.number
        cancel_order(session, order_id, order.version, "ditunda", story.dispatcher)
    with pytest.raises(Conflict, match=f"No longer ready.*{number}"):
        story.dispatch(plan_id)
    assert {batch.status for batch in db.session().scalars(select(Batch))} == {"proposed"}


def _tampered(answer: dict[str, Any]) -> dict[str, Any]:
    for route in answer["routes"]:
        for step in route["steps"]:
            if step["type"] == "job":
                step["arrival"] -= 4 * 3600
    return answer


def test_a_tampered_plan_is_refused_by_the_referee(story: Story) -> None:
    (request_id,) = story.report()
    story.order(request_id)
    plan_id = story.plan()
    with transaction() as session:
        plan = session.get_one(DayPlan, plan_id)
        assert plan.accepted
        plan.answer = _tampered(dict(plan.answer))
        session.flush()
        flag_modified(plan, "answer")
    with pytest.raises(Conflict, match="independent check refuses"):
        story.dispatch(plan_id)
    assert story.statuses([request_id]) == ["acknowledged"]


def test_a_plan_marked_as_refused_is_not_sent_out(story: Story) -> None:
    (request_id,) = story.report()
    story.order(request_id)
    plan_id = story.plan()
    with transaction() as session:
        session.get_one(DayPlan, plan_id).accepted = False
    with pytest.raises(Conflict, match="independent check refuses"):
        story.dispatch(plan_id)


def test_a_crew_never_has_two_batches_of_one_shift(story: Story) -> None:
    """A plan that was being computed while another one went out may have other orders for the same crews."""
    (first,) = story.report()
    (second,) = story.report(lon=110.8330)
    story.order(first)
    day = story.work_days()[0]
    early = story.plan(day)
    story.order(second)
    late = story.plan(day)
    with transaction() as session:  # as if the later one had been computing all the time
        session.get_one(DayPlan, early).state = "proposed"
        for batch in session.scalars(select(Batch)):
            batch.status = "proposed"
    stops = story.dispatch(early)
    assert len(stops) == 1
    batch = _batch_of(stops[0])
    crew_id, shift_id = batch.crew_id, batch.shift_id
    with transaction() as session:
        ready = session.scalars(select(WorkOrder.id).where(WorkOrder.status == "ready")).one()
        for stop in session.scalars(select(Stop).join(Batch).where(Batch.day_plan_id == late)):
            stop.work_order_id = ready
        for other in session.scalars(select(Batch).where(Batch.day_plan_id == late)):
            other.crew_id, other.shift_id = crew_id, shift_id
    with pytest.raises(Conflict, match="Already out"):
        story.dispatch(late)


def test_yesterdays_plan_is_not_sent_out(story: Story) -> None:
    (request_id,) = story.report()
    story.order(request_id)
    day = story.work_days()[0]
    plan_id = story.plan(day)
    with clock.frozen(clock.now() + timedelta(days=20)), pytest.raises(Conflict, match="has passed"):
        story.dispatch(plan_id)


def test_a_recalled_batch_gives_back_what_was_not_begun(story: Story) -> None:
    (first,) = story.report()
    (second,) = story.report(lon=110.8330)
    orders = [story.order(first), story.order(second)]
    stops = story.dispatch(story.plan())
    by_order = {db.session().get_one(Stop, stop).work_order_id: stop for stop in stops}
    begun = by_order[orders[0]]
    story.tell(begun, Kind.LEFT)
    for batch_id in sorted({_batch_of(stop).id for stop in stops}):
        with transaction() as session:
            recall_batch(session, batch_id, session.get_one(Batch, batch_id).version, story.dispatcher)
    assert [story.work_order(number).status for number in orders] == ["batched", "ready"]
    assert story.statuses([first, second]) == ["scheduled", "acknowledged"]
    with pytest.raises(Conflict, match="was recalled"):
        story.tell(by_order[orders[1]], Kind.LEFT)
    story.arrive(begun)
    story.complete(begun)
    assert story.statuses([first]) == ["done"]
    recalled = _batch_of(begun)
    with pytest.raises(Conflict, match="cannot go from"), transaction() as session:
        recall_batch(session, recalled.id, recalled.version, story.dispatcher)


def test_whoever_was_told_a_day_hears_that_it_no_longer_holds(story: Story) -> None:
    (told,) = story.report(contact="warga@example.org")
    story.order(told)
    (stop,) = story.dispatch(story.plan())
    with transaction() as session:
        batch = session.get_one(Batch, _batch_of(stop).id)
        recall_batch(session, batch.id, batch.version, story.dispatcher)
    sent = (
        db.session()
        .scalars(select(Message.template).where(Message.request_id == told).order_by(Message.id))
        .all()
    )
    assert sent[-2:] == ["scheduled", "unscheduled"]


def test_what_a_shift_did_not_get_to_is_planned_again(story: Story) -> None:
    (request_id,) = story.report()
    order_id, stop_id = story.send_out(request_id)
    story.arrive(stop_id)
    assert story.work_order(order_id).status == "in_progress"
    with transaction() as session:
        assert end_overdue_shifts(session) == 0, "the shift has not even begun"
    with clock.frozen(clock.now() + timedelta(days=7)), transaction() as session:
        assert end_overdue_shifts(session) == 1
    assert (story.work_order(order_id).status, _batch_of(stop_id).status) == ("ready", "finished")
    assert story.statuses([request_id]) == ["acknowledged"]
    with clock.frozen(clock.now() + timedelta(days=7)), transaction() as session:
        assert end_overdue_shifts(session) == 0


# ---------------------------------------------------------------- late reports


def test_whoever_joins_late_is_repaired_and_told_with_the_others(story: Story) -> None:
    """One before the plan goes out, one after, one while the crew works; none is left behind."""
    (first,) = story.report()
    story.order(first)
    (second,) = story.report(lon=110.8230 + STEP_LON)
    assert story.statuses([first, second]) == ["acknowledged", "submitted"]
    (stop,) = story.dispatch(story.plan())
    assert story.statuses([first, second]) == ["scheduled", "scheduled"]
    assert story.messages(second) == ["received", "scheduled"], "one message tells of both"
    (third,) = story.report(lon=110.8230 + 2 * STEP_LON)
    story.arrive(stop)
    (fourth,) = story.report(lon=110.8230 - STEP_LON)
    ids = [first, second, third, fourth]
    assert {story.cluster_of(number) for number in ids} == {story.cluster_of(first)}
    assert story.statuses(ids) == ["in_progress"] * 3 + ["submitted"]
    story.complete(stop)
    assert story.statuses(ids) == ["done"] * 4
    assert all("done" in story.messages(number) for number in ids)
    assert not story.cluster(story.cluster_of(first)).open


def test_a_late_report_that_an_official_reads_hears_the_day_at_once(story: Story) -> None:
    (first,) = story.report()
    story.send_out(first)
    (late,) = story.report(lon=110.8230 + STEP_LON)
    with transaction() as session:
        acknowledge_requests(session, [get_request(session, late)], story.world.by(Role.OFFICER))
    assert story.statuses([late]) == ["scheduled"]
    assert story.request(late).scheduled_for == story.request(first).scheduled_for


# ---------------------------------------------------------------- at the stop


def test_a_blocked_stop_is_told_once_and_can_be_planned_again(story: Story) -> None:
    ids = story.report(2)
    order_id, stop_id = story.send_out(ids[0])
    story.arrive(stop_id)
    report = StopReport(kind=Kind.BLOCKED, client_key="hujan-1", reason="rain", words="deras")
    leader = story.leader_of(stop_id)
    events = set()
    for _replay in range(2):
        with transaction() as session:
            events.add(record_stop_event(session, story.world.installation, stop_id, report, leader).id)
    assert len(events) == 1
    order = story.work_order(order_id)
    assert (order.status, order.blocked_reason) == ("blocked", "rain")
    assert story.statuses(ids) == ["acknowledged"] * 2
    assert story.messages(*ids, template="postponed") == ["postponed"] * 2
    assert _batch_of(stop_id).status == "finished"
    with transaction() as session:
        unblock_order(session, order_id, order.version, "sudah reda", story.dispatcher)
    (again,) = story.dispatch(story.plan(story.work_days()[1]))
    story.arrive(again)
    story.complete(again)
    assert story.statuses(ids) == ["done"] * 2


def test_what_a_crew_cannot_report(story: Story) -> None:
    (request_id,) = story.report()
    _order, stop_id = story.send_out(request_id)
    done = {"kind": Kind.COMPLETED, "photos": (story.photo,)}
    refused: list[tuple[dict[str, Any], str]] = [
        ({"kind": Kind.ARRIVED, "lon": 110.8330, "lat": -7.5660}, "override"),
        ({"kind": Kind.ARRIVED, "lon": 0.0, "lat": 0.0}, "override"),
        ({"kind": Kind.ARRIVED, "lon": float("nan"), "lat": 0.0}, "lon"),
        ({"kind": Kind.ARRIVED, "lon": 0.0, "lat": 91.0}, "lat"),
        ({"kind": Kind.BLOCKED, "reason": "malas"}, "reason"),
        ({"kind": Kind.COMPLETED, "repair_kind": "permanent"}, "photo"),
        (done, "repair_kind"),
        (done | {"repair_kind": "permanent", "material_amount": -1}, "material_amount"),
        ({"kind": Kind.LEFT, "words": "a" * 1001}, "words"),
        ({"kind": Kind.LEFT, "client_key": ""}, "key"),
        ({"kind": Kind.LEFT, "client_key": "k" * 65}, "key"),
    ]  # fmt: skip
    for said, field in refused:
        with pytest.raises(InvalidInput) as caught:
            story.tell(stop_id, **said)
        assert caught.value.field == field, said
    with pytest.raises(NotAllowed):
        story.tell(stop_id, Kind.LEFT, by=By(Actor.CREW_LEADER, story.world.users[Role.DISPATCHER].id))
    assert not db.session().scalars(select(StopEvent)).all(), "a refused report leaves no trace"
    assert story.statuses([request_id]) == ["scheduled"]


def test_the_same_report_twice_is_one_and_its_key_serves_no_other(story: Story) -> None:
    (request_id,) = story.report()
    _order, stop_id = story.send_out(request_id)
    first = story.tell(stop_id, Kind.LEFT, client_key="satu")
    assert story.tell(stop_id, Kind.LEFT, client_key="satu") == first
    with pytest.raises(Conflict, match="used for another"):
        story.tell(stop_id, Kind.ARRIVED, client_key="satu")
    story.arrive(stop_id)
    done = {"client_key": "dua", "repair_kind": "permanent", "photos": (story.photo,)}
    story.tell(stop_id, Kind.COMPLETED, **done)
    again = story.tell(stop_id, Kind.COMPLETED, **done)
    assert db.session().get_one(StopEvent, again).kind == "completed"
    assert story.messages(request_id, template="done") == ["done"]
    with pytest.raises(Conflict, match="has ended"):
        story.tell(stop_id, Kind.MADE_SAFE)


def test_one_report_sent_twice_at_once_is_one(world: World, story: Story) -> None:
    (request_id,) = story.report()
    _order, stop_id = story.send_out(request_id)
    leader, start, events = story.leader_of(stop_id), threading.Barrier(3), []

    def send() -> None:
        with world.app.app_context():
            start.wait()
            with transaction() as session:
                report = StopReport(kind=Kind.ARRIVED, client_key="kembar")
                events.append(record_stop_event(session, world.installation, stop_id, report, leader).id)
            db.session.remove()

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(events) == 3
    assert len(set(events)) == 1
    assert story.statuses([request_id]) == ["in_progress"]


def test_an_override_is_believed_and_written_down(story: Story) -> None:
    (request_id,) = story.report()
    _order, stop_id = story.send_out(request_id)
    event_id = story.tell(stop_id, Kind.ARRIVED, lon=110.8330, lat=-7.5660, override=True)
    facts = db.session().get_one(StopEvent, event_id).facts
    assert facts["override"] is True
    assert facts["distance_m"] > 1000


def test_made_safe_is_told_and_leaves_the_request_open(story: Story) -> None:
    (request_id,) = story.report()
    _order, stop_id = story.send_out(request_id)
    story.tell(stop_id, Kind.MADE_SAFE, means="cone")
    request = story.request(request_id)
    assert (request.status, request.made_safe_at is not None) == ("scheduled", True)
    assert story.messages(request_id, template="made_safe") == ["made_safe"]


def test_the_search_runs_once_however_often_its_task_does(story: Story) -> None:
    (request_id,) = story.report()
    story.order(request_id)
    plan_id = story.plan()
    batches = len(db.session().scalars(select(Batch)).all())
    compute_plan(story.world.installation, plan_id, transaction, iterations=5)
    assert len(db.session().scalars(select(Batch)).all()) == batches
