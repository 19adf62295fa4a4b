"""A day that is running changes: emergencies, broken vehicles, longer stops; seen before it goes out."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fieldops import clock
from fieldops.domain.day_events import DayEventKind
from fieldops.domain.work_order_states import StopEventKind
from fieldops.errors import Conflict, InvalidInput
from fieldops.extensions import db
from fieldops.models import Batch, BatchRevision, Crew, DayEvent, DayPlan, Shift, Stop, StopEvent, WorkOrder
from fieldops.operations.compute_change import compute_change, compute_waiting_changes
from fieldops.operations.decide_change import (
    DayWentOn,
    approve_change,
    can_undo,
    reject_change,
    undo_change,
)
from fieldops.operations.plan_batches import compute_plan
from fieldops.operations.postpone_stop import PostponeSaid, postpone_stop
from fieldops.operations.reorder_stops import ReorderSaid, reorder_stops
from fieldops.operations.replan_day import Happening, ask_again, replan_day
from fieldops.operations.search_plan import MOST_TRIES
from fieldops.queries.changes import mark_of, proposed_lists, told_lists
from fieldops.queries.running_day import running_crews
from fieldops.transaction import transaction
from tests.integration.conftest import Story
from tests.running_day import Day

Kind = StopEventKind


@pytest.fixture
def day(story: Story) -> Iterator[Day]:
    """Whatever a test does with it, the referee accepted every change that was computed."""
    yield Day(story)
    plans = story._fresh().scalars(select(DayPlan).where(DayPlan.kind == "change")).all()
    assert not [plan.violations for plan in plans if plan.answer and not plan.accepted]


def test_an_emergency_is_proposed_seen_and_sent_out(day: Day) -> None:
    with day.at(9):
        (request,) = day.story.report(lon=110.8260, lat=-7.5680)
        urgent = day.story.order(request)
        before = day.snapshot()
        plan_id = day.happens(DayEventKind.EMERGENCY, order_id=urgent, minutes=60)
        change = day.change(plan_id)
        assert (change.kind, change.state, change.accepted) == ("change", "proposed", True)
        proposed = proposed_lists(change, day.city)
        visit = next(v for visits in proposed.values() for v in visits if v.order_id == urgent)
        assert visit.ends_at <= clock.now() + timedelta(minutes=60), "an emergency comes first"
        assert day.snapshot() == before, "nothing goes out before it was seen"

        changes = day.approve(plan_id)

        assert [c.what for c in changes if c.order_id == urgent] == ["added"]
        assert day.story.work_order(urgent).status == "batched"
        assert day.story.statuses([request]) == ["scheduled"]
        assert urgent in [order for held in day.lists().values() for order, _s, _p in held]
        assert day.change(plan_id).state == "applied"
    for held in day.lists().values():
        assert [position for _o, _s, position in held] == sorted(position for _o, _s, position in held)


def test_crews_that_gain_and_lose_nothing_keep_the_order_they_know(day: Day) -> None:
    with day.at(9):
        (request,) = day.story.report(lon=110.8260, lat=-7.5680)
        change = day.change(day.happens(DayEventKind.EMERGENCY, order_id=day.story.order(request)))
        told, proposed = told_lists(change), proposed_lists(change, day.city)
        for crew_id, visits in told.items():
            before = [visit.order_id for visit in visits]
            after = [visit.order_id for visit in proposed[crew_id]]
            if set(before) == set(after):
                assert before == after


def test_a_broken_crew_loses_what_it_has_not_begun(day: Day) -> None:
    letter = day.crew_with_work()
    first, *rest = [order for order, _state, _position in day.lists()[letter]]
    with day.at(8):
        day.story.arrive(day.stop_of(first).id)
    with day.at(8, 10):
        plan_id = day.happens(DayEventKind.CREW_AWAY, crew_id=day.crew_id(letter))
        change = day.change(plan_id)
        assert all(route["vehicle"] != day.crew_id(letter) for route in change.problem["previous"])
        day.approve(plan_id)
    lists = day.lists()
    assert [order for order, _s, _p in lists[letter]] == [first], "what it stands at stays with it"
    elsewhere = {order for other, held in lists.items() if other != letter for order, _s, _p in held}
    left_out = {order for order in rest if day.story.work_order(order).status == "ready"}
    assert set(rest) == (elsewhere & set(rest)) | left_out
    assert elsewhere & set(rest), "another patching crew takes over"


def test_a_crew_that_comes_back_at_an_hour_keeps_what_fits(day: Day) -> None:
    letter = day.crew_with_work()
    with day.at(8, 10):
        until = clock.now() + timedelta(hours=2)
        plan_id = day.happens(DayEventKind.CREW_AWAY, crew_id=day.crew_id(letter), until=until)
        lists = proposed_lists(day.change(plan_id), day.city)
        assert all(visit.starts_at >= until for visit in lists.get(day.crew_id(letter), []))
        again = day.happens(DayEventKind.CREW_BACK, crew_id=day.crew_id(letter))
        assert day.change(plan_id).state == "discarded", "the newer proposal replaces the older"
        assert day.change(again).state == "proposed"
        shift = day.story._fresh().scalars(
            select(Shift).where(Shift.crew_id == day.crew_id(letter), Shift.day == day.day)
        ).one()  # fmt: skip
        assert shift.away_from is None


def test_a_place_that_a_broken_crew_was_driving_to_is_open_again(day: Day) -> None:
    letter = day.crew_with_work()
    first = day.lists()[letter][0][0]
    with day.at(8):
        day.story.tell(day.stop_of(first).id, Kind.LEFT)
    with day.at(8, 10):
        until = clock.now() + timedelta(hours=5)
        plan_id = day.happens(DayEventKind.CREW_AWAY, crew_id=day.crew_id(letter), until=until)
        vehicle = next(v for v in day.change(plan_id).problem["vehicles"] if v["id"] == day.crew_id(letter))
        assert not [step for step in vehicle.get("steps", []) if step.get("frozen")]
        assert first in [v.order_id for v in told_lists(day.change(plan_id))[day.crew_id(letter)]]
        day.approve(plan_id)
        placed = {order for held in day.lists().values() for order, _state, _position in held}
        assert first in placed or day.story.work_order(first).status == "ready"


def test_what_happened_is_frozen_with_its_true_times(day: Day) -> None:
    letter = day.crew_with_work()
    first, second = [order for order, _s, _p in day.lists()[letter]][:2]
    with day.at(7, 50):
        day.story.arrive(day.stop_of(first).id)
    with day.at(8, 40):
        day.story.complete(day.stop_of(first).id)
    with day.at(8, 45):
        day.story.tell(day.stop_of(second).id, Kind.LEFT)
    with day.at(8, 50):
        change = day.change(day.happens(DayEventKind.AGAIN))
    vehicle = next(v for v in change.problem["vehicles"] if v["id"] == day.crew_id(letter))
    done, on_the_way = [step for step in vehicle["steps"] if step["type"] == "job"]
    assert done == {"type": "job", "id": first, "frozen": True, "service_at": 28200, "end_at": 31200}
    assert on_the_way["id"] == second
    assert on_the_way["service_at"] >= 8 * 3600 + 50 * 60
    assert vehicle["available_at"] >= on_the_way["end_at"]
    steps = next(r for r in change.answer["routes"] if r["vehicle"] == day.crew_id(letter))["steps"]
    assert [step["id"] for step in steps if step["frozen"] and step["type"] == "job"] == [first, second]


def test_a_stop_that_takes_longer_moves_what_follows(day: Day) -> None:
    letter = day.crew_with_work()
    first = day.lists()[letter][0][0]
    with day.at(8):
        day.story.arrive(day.stop_of(first).id)
    with day.at(8, 20):
        plan_id = day.happens(DayEventKind.OVERRUN, stop_id=day.stop_of(first).id, minutes=120)
        lists = proposed_lists(day.change(plan_id), day.city)
        end = clock.now() + timedelta(minutes=120)
        assert all(visit.starts_at >= end for visit in lists.get(day.crew_id(letter), []))
        with pytest.raises(InvalidInput):
            day.happens(DayEventKind.OVERRUN, stop_id=day.stop_of(first).id, minutes=0)
        with pytest.raises(Conflict, match="Nobody is at this stop"):
            day.happens(DayEventKind.OVERRUN, stop_id=day.stop_of(day.orders[-1]).id, minutes=30)


def test_a_rejected_proposal_leaves_the_approved_lists_as_they_were(day: Day) -> None:
    letter = day.crew_with_work()
    before = day.snapshot()
    with day.at(8):
        plan_id = day.happens(DayEventKind.CREW_AWAY, crew_id=day.crew_id(letter))
        with transaction() as session:
            reject_change(session, plan_id, day.story.dispatcher)
        assert day.snapshot() == before
        assert day.change(plan_id).state == "rejected"
        assert day.change(plan_id).answer, "the proposal itself is kept"
        with pytest.raises(Conflict, match="no longer the current one"):
            day.approve(plan_id)
    assert not day.story._fresh().scalars(select(BatchRevision)).all()


def test_approved_versions_are_kept_and_the_newest_can_be_taken_back(day: Day) -> None:
    letter = day.crew_with_work()
    before = day.lists()
    with day.at(8):
        plan_id = day.happens(DayEventKind.CREW_AWAY, crew_id=day.crew_id(letter))
        day.approve(plan_id)
        assert day.lists() != before
        assert can_undo(day.story._fresh(), day.change(plan_id))
        with transaction() as session:
            undo_change(session, day.story.world.installation, plan_id, day.story.dispatcher)
    assert {k: [o for o, _s, _p in v] for k, v in day.lists().items() if v} == {
        k: [o for o, _s, _p in v] for k, v in before.items()
    }
    assert {day.story.work_order(order).status for order in day.orders} == {"batched"}
    assert len({stop.id for stop in map(day.stop_of, day.orders)} & set(day.stops)) == len(day.orders), (
        "the same stops came back, so that forms on the phones still fit"
    )
    versions = day.story._fresh().scalars(
        select(BatchRevision).join(Batch, Batch.id == BatchRevision.batch_id)
        .join(Crew, Crew.id == Batch.crew_id).where(Crew.letter == letter).order_by(BatchRevision.number)
    ).all()  # fmt: skip
    assert [version.reason for version in versions] == ["dispatched", "crew_away", "undone"]
    assert [s["order"] for s in versions[0].stops] == [s["order"] for s in versions[2].stops]


def test_a_change_that_a_crew_has_acted_on_stays(day: Day) -> None:
    letter = day.crew_with_work()
    with day.at(8):
        plan_id = day.happens(DayEventKind.CREW_AWAY, crew_id=day.crew_id(letter))
        day.approve(plan_id)
        taken = next(
            stop for stop in day.story._fresh().scalars(select(Stop).where(Stop.status == "planned"))
            if stop.id not in day.stops
        )  # fmt: skip
    with day.at(8, 5):
        day.story.tell(taken.id, Kind.LEFT)
        assert not can_undo(day.story._fresh(), day.change(plan_id))
        with pytest.raises(Conflict, match="gone by the new list already"), transaction() as session:
            undo_change(session, day.story.world.installation, plan_id, day.story.dispatcher)


def test_a_crew_that_took_its_rest_and_then_breaks_down(day: Day) -> None:
    """The rest that was taken stays known to the plan, although the crew owes none any more."""
    letter = day.crew_with_work()
    first = day.stop_of(day.lists()[letter][0][0]).id
    leader = day.story.world.leader(letter)
    with day.at(7, 40):
        day.story.tell(first, Kind.LEFT, by=leader)
    with day.at(8):
        day.story.tell(first, Kind.ARRIVED, by=leader)
    with day.at(8, 40):
        repair = {"repair_kind": "permanent", "photos": (day.story.photo,), "material_amount": 900}
        day.story.tell(first, Kind.COMPLETED, by=leader, **repair)
    with day.at(14):
        change = day.change(day.happens(DayEventKind.CREW_AWAY, crew_id=day.crew_id(letter)))
    vehicle = next(v for v in change.problem["vehicles"] if v["id"] == day.crew_id(letter))
    assert [step["type"] for step in vehicle["steps"]] == ["job", "break"]
    assert change.state == "proposed", change.asked
    assert change.accepted, change.violations


def test_a_stop_that_a_crew_put_off_since_makes_the_difference_stale(day: Day) -> None:
    letter = next(one for one, held in day.lists().items() if len(held) > 1)
    first = day.stop_of(day.lists()[letter][0][0]).id
    with day.at(8):
        plan_id = day.happens(DayEventKind.AGAIN)
        leader = day.story.leader_of(first)
        with transaction() as session:
            said = PostponeSaid("phone-puts-off", "traffic", override=True)
            postpone_stop(session, day.story.world.installation, first, said, leader)
        put_off = day.lists()[letter]
        assert put_off[0][0] != day.story._fresh().get_one(Stop, first).work_order_id
        with pytest.raises(DayWentOn, match="lists have changed since"):
            day.approve(plan_id)
        assert day.lists()[letter] == put_off


def own_order(day: Day, letter: str) -> list[int]:
    """Let a crew go through its list from the other end; returns the orders as they then stand."""
    own = [day.stop_of(order_id).id for order_id, _state, _place in day.lists()[letter]]
    with transaction() as session:
        said = ReorderSaid(f"phone-orders-{own[0]}-first", tuple(own[::-1]), tuple(own), override=True)
        reorder_stops(session, day.story.world.installation, said, day.story.leader_of(own[0]))
    return [order_id for order_id, _state, _place in day.lists()[letter]]


def test_an_order_that_a_crew_chose_since_makes_the_difference_stale(day: Day) -> None:
    letter = next(one for one, held in day.lists().items() if len(held) > 1)
    with day.at(8):
        plan_id = day.happens(DayEventKind.AGAIN)
        chosen = own_order(day, letter)
        with pytest.raises(DayWentOn, match="lists have changed since"):
            day.approve(plan_id)
        assert [order_id for order_id, _state, _place in day.lists()[letter]] == chosen


def test_a_crews_own_order_has_the_times_that_the_planner_gives_it(day: Day) -> None:
    """Turned round and back again, the list has the plan's own times, the rest and the refills among them."""
    letter = day.crew_with_work()
    orders = [order_id for order_id, _state, _place in day.lists()[letter]]
    with day.at(7, 0):
        before = [day.stop_of(order_id).arrives_at for order_id in orders]
        own_order(day, letter)
        assert [day.stop_of(order_id).arrives_at for order_id in orders] != before
        own_order(day, letter)
        after = [day.stop_of(order_id).arrives_at for order_id in orders]
    assert [order_id for order_id, _state, _place in day.lists()[letter]] == orders
    assert all(abs(one - other) <= timedelta(minutes=1) for one, other in zip(before, after, strict=True))


def test_a_report_while_the_difference_is_read_makes_it_stale(day: Day) -> None:
    letter = day.crew_with_work()
    first = day.lists()[letter][0][0]
    with day.at(8):
        plan_id = day.happens(DayEventKind.CREW_AWAY, crew_id=day.crew_id(letter))
        day.story.arrive(day.stop_of(first).id)
        before = day.snapshot()
        with pytest.raises(DayWentOn, match="has reported PK-") as caught:
            day.approve(plan_id)
        assert caught.value.status == 409
        assert day.snapshot() == before
        with transaction() as session:
            again = ask_again(session, day.change(plan_id), day.story.dispatcher).id
        compute_change(day.story.world.installation, again, transaction, iterations=50)
        told = [visit.order_id for visits in told_lists(day.change(again)).values() for visit in visits]
        assert first not in told
        day.approve(again)


def test_two_dispatchers_decide_once(day: Day) -> None:
    with day.at(8):
        plan_id = day.happens(DayEventKind.CREW_AWAY, crew_id=day.crew_id(day.crew_with_work()))
        mark = mark_of(day.change(plan_id))
        with pytest.raises(Conflict, match="A better proposal came"), transaction() as session:
            approve_change(session, day.story.world.installation, plan_id, "another", day.story.dispatcher)
        day.approve(plan_id)
        with pytest.raises(Conflict, match="no longer the current one"), transaction() as session:
            approve_change(session, day.story.world.installation, plan_id, mark, day.story.dispatcher)


def _take_over(day: Day) -> tuple[str, int, int]:
    """A crew breaks down while its phone has no network; return it, its removed stop and the order."""
    letter = day.crew_with_work()
    with day.at(8):
        day.approve(day.happens(DayEventKind.CREW_AWAY, crew_id=day.crew_id(letter)))
    removed = day.story._fresh().scalars(
        select(Stop).join(WorkOrder, WorkOrder.id == Stop.work_order_id)
        .where(Stop.status == "removed", WorkOrder.status == "batched")
    ).first()  # fmt: skip
    assert removed is not None
    return letter, removed.id, removed.work_order_id


def test_a_repair_reported_late_of_a_removed_stop_counts(day: Day) -> None:
    letter, stop_id, order_id = _take_over(day)
    others = day.stop_of(order_id)
    leader = day.story.world.leader(letter)
    with day.at(9):
        day.story.tell(stop_id, Kind.ARRIVED, by=leader)
        day.story.tell(stop_id, Kind.COMPLETED, by=leader, repair_kind="permanent", photos=(day.story.photo,))
    session = day.story._fresh()
    assert session.get_one(WorkOrder, order_id).status == "done"
    assert session.get_one(Stop, stop_id).status == "completed"
    assert session.get_one(Stop, others.id).status == "removed", "nobody drives there for nothing"
    newest = session.scalars(
        select(BatchRevision).where(BatchRevision.batch_id == others.batch_id)
        .order_by(BatchRevision.number.desc())
    ).first()  # fmt: skip
    assert newest is not None
    assert newest.reason == "done_by_other"
    assert newest.changes[0]["order"] == order_id


def test_a_late_report_of_work_that_another_crew_is_at_is_kept_for_the_dispatcher(day: Day) -> None:
    letter, stop_id, order_id = _take_over(day)
    with day.at(9):
        day.story.arrive(day.stop_of(order_id).id)
        event = day.story.tell(
            stop_id, Kind.COMPLETED, by=day.story.world.leader(letter), repair_kind="permanent",
            photos=(day.story.photo,),
        )  # fmt: skip
    session = day.story._fresh()
    assert session.get_one(StopEvent, event).facts["conflict"] is True
    assert session.get_one(WorkOrder, order_id).status == "in_progress"
    assert session.get_one(Stop, stop_id).status == "removed"


def test_a_moved_order_keeps_its_promised_day(day: Day) -> None:
    _letter, _stop, order_id = _take_over(day)
    request = day.requests[day.orders.index(order_id)]
    assert day.story.statuses([request]) == ["scheduled"]
    assert day.story.messages(request, template="unscheduled") == []
    assert day.story.request(request).scheduled_for == day.stop_of(order_id).arrives_at


def test_a_long_search_steps_aside_for_a_change(day: Day) -> None:
    with day.at(8):
        with transaction() as session:
            asked = replan_day(
                session, day.story.world.installation, Happening(DayEventKind.AGAIN, seconds=0.2),
                day.story.dispatcher,
            ).id  # fmt: skip
        assert compute_waiting_changes(day.story.world.installation, transaction) == 1
        assert day.change(asked).state == "proposed"
        assert compute_waiting_changes(day.story.world.installation, transaction) == 0
        day.story.work()  # the task finds it done already
        assert day.change(asked).tries == 1


@pytest.mark.parametrize("kind", ["change", "day"])
def test_a_search_in_which_a_worker_died_twice_is_given_up(day: Day, kind: str) -> None:
    with day.at(8), transaction() as session:
        asked = replan_day(
            session, day.story.world.installation, Happening(DayEventKind.AGAIN), day.story.dispatcher
        )
        asked.tries, asked.state, asked.kind = MOST_TRIES, "computing", kind
        number = asked.id
    compute = compute_change if kind == "change" else compute_plan
    with day.at(8):
        compute(day.story.world.installation, number, transaction)
    given_up = day.change(number)
    assert given_up.state == "failed"
    assert given_up.asked["fault"] == "stopped"
    with transaction() as session:
        session.get_one(DayPlan, number).kind = "day"


def test_without_a_crew_out_there_is_nothing_to_change(story: Story) -> None:
    with pytest.raises(Conflict, match="No crew is out today"), transaction() as session:
        replan_day(session, story.world.installation, Happening(DayEventKind.AGAIN), story.dispatcher)


def test_what_cannot_happen_is_refused(day: Day) -> None:
    session = db.session()
    with day.at(9):
        for what, field in (
            ({"kind": DayEventKind.CREW_AWAY}, "crew"),
            ({"kind": DayEventKind.EMERGENCY}, "order"),
            ({"kind": DayEventKind.EMERGENCY, "order_id": day.orders[0], "minutes": 100_000}, "minutes"),
            ({"kind": DayEventKind.CREW_AWAY, "crew_id": day.crew_id("A"), "until": clock.now()}, "until"),
            ({"kind": DayEventKind.AGAIN, "seconds": 1e9}, "seconds"),
            ({"kind": DayEventKind.AGAIN, "words": "x" * 999}, "words"),
        ):
            with pytest.raises(InvalidInput) as caught:
                day.happens(**what)
            assert caught.value.field == field
        assert not day.story._fresh().scalars(select(DayEvent)).all()
    session.rollback()


def test_phones_say_where_crews_are_but_no_track_is_kept(day: Day) -> None:
    letter = day.crew_with_work()
    first = day.lists()[letter][0][0]
    place = {"lon": 110.8105, "lat": -7.5570}
    with day.at(8):
        day.story.tell(day.stop_of(first).id, Kind.ARRIVED, override=True, **place)
    with day.at(8, 5):
        crew = next(one for one in running_crews(db.session(), day.day) if one.crew.letter == letter)
        assert crew.seen_at is not None
        assert crew.seen_at[1:] == pytest.approx((110.8105, -7.5570))


@pytest.mark.parametrize("seed", range(6))
def test_whatever_a_day_has_come_to_its_rest_can_be_planned(day: Day, seed: int) -> None:
    """Crews are anywhere in their lists; the referee accepts every change, and what happened stays."""
    rng = random.Random(seed)
    hour = rng.uniform(7.2, 14.5)
    for letter, held in day.lists().items():
        at = 7.0 + rng.random()
        leader = day.story.world.leader(letter)
        for order, _state, _position in held[: rng.randint(0, len(held))]:
            stop = day.stop_of(order).id
            for kind in (Kind.LEFT, Kind.ARRIVED, rng.choice((Kind.COMPLETED, Kind.COMPLETED, Kind.BLOCKED))):
                at += rng.uniform(0.02, 0.6)
                if at > hour:
                    break
                facts: dict[str, Any] = {}
                if kind is Kind.COMPLETED:
                    facts = {"repair_kind": "permanent", "photos": (day.story.photo,), "material_amount": 900}
                elif kind is Kind.BLOCKED:
                    facts = {"reason": "no_access"}
                elif rng.random() < 0.5:
                    facts = {"lon": 110.80 + rng.random() / 20, "lat": -7.57, "override": True}
                with day.at(int(at), int(at % 1 * 60)):
                    day.story.tell(stop, kind, by=leader, **facts)
            if at > hour:
                break
    before = day.snapshot()
    with day.at(int(hour), int(hour % 1 * 60)):
        kinds = [
            (DayEventKind.AGAIN, {"fill": True}),
            (DayEventKind.CREW_AWAY, {"crew_id": day.crew_id(rng.choice("ABE"))}),
            (DayEventKind.AGAIN, {}),
        ]
        for kind, what in kinds:
            change = day.change(day.happens(kind, **what))
            assert change.state == "proposed", change.asked
            assert change.accepted, change.violations
            frozen = {
                (vehicle["id"], step.get("id"), step["service_at"])
                for vehicle in change.problem["vehicles"]
                for step in vehicle.get("steps", [])
                if step.get("frozen") and step["type"] == "job"
            }
            kept = {
                (route["vehicle"], step["id"], step["arrival"] + step["waiting_time"])
                for route in change.answer["routes"]
                for step in route["steps"]
                if step["frozen"] and step["type"] == "job"
            }
            assert kept == frozen
        assert day.snapshot() == before
        day.approve(change.id)
        proposed = {v.order_id for held in proposed_lists(change, day.city).values() for v in held}
        placed = {
            o for held in day.lists().values() for o, state, _p in held if state in ("planned", "on_the_way")
        }
        assert proposed <= placed
