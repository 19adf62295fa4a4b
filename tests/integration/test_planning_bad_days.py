"""Days that cannot be planned as they are: each is handled, or refused by a sentence naming the culprit."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from fieldops import clock
from fieldops.errors import Conflict
from fieldops.extensions import db
from fieldops.models import Crew, DayPlan, Shift, WorkOrder
from fieldops.models.base import as_point
from fieldops.operations.plan_batches import ask_for_plan, compute_plan
from fieldops.operations.pose_problem import MOST_ORDERS, PlanOptions, most_pressing, pose_problem
from fieldops.queries.plans import batches_of
from fieldops.queries.work_orders import orders_in
from fieldops.transaction import transaction
from tests.integration.conftest import Story


def ask(story: Story) -> int:
    with transaction() as session:
        day = story.work_days()[0]
        return ask_for_plan(session, day, story.dispatcher, seconds=1, seed=1).id


def alter_orders(**values: Any) -> None:
    with transaction() as session:
        for order in session.scalars(select(WorkOrder)):
            for name, value in values.items():
                setattr(order, name, value)


def computed(story: Story) -> DayPlan:
    number = ask(story)
    compute_plan(story.world.installation, number, transaction, iterations=10)
    return story._fresh().get_one(DayPlan, number)


def test_an_empty_day_is_refused(story: Story) -> None:
    with pytest.raises(Conflict, match="No work order is ready"):
        ask(story)


def test_a_day_without_crews_is_refused(story: Story) -> None:
    (request,) = story.report()
    story.order(request)
    with transaction() as session:
        for crew in session.scalars(select(Crew)):
            crew.active = False
    with pytest.raises(Conflict, match="No crew is free on"):
        ask(story)


def test_crews_without_work_stay_at_home(story: Story) -> None:
    (request,) = story.report()
    story.order(request)
    plan = computed(story)
    assert plan.accepted
    assert len(batches_of(db.session(), plan.id)) == 1
    assert len(plan.problem["vehicles"]) == 6


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"skills": ["fly"]}, "no_skill"),
        ({"material_amount": 19_999}, "capacity"),
        ({"duration_s": 8 * 3600 + 1800}, "time_window"),
        ({"exposure": 0.01, "severity": 1, "due_at": None, "place": as_point(110.879, -7.511)}, "not_worth"),
    ],
)
def test_a_day_on_which_nothing_can_be_done_says_why(
    story: Story, values: dict[str, Any], reason: str
) -> None:
    (request,) = story.report()
    order_id = story.order(request)
    alter_orders(**values)
    plan = computed(story)
    assert plan.accepted
    assert [(left["id"], left["reason"]) for left in plan.answer["unassigned"]] == [(order_id, reason)]
    assert batches_of(db.session(), plan.id) == []
    with pytest.raises(Conflict, match="No crew has a stop in this plan"):
        story.dispatch(plan.id)


def test_a_problem_that_cannot_be_searched_is_given_up_with_the_culprit(story: Story) -> None:
    (request,) = story.report()
    story.order(request)
    with transaction() as session:
        for shift in session.scalars(select(Shift)):  # a rest that lies outside its shift
            shift.break_from = shift.ends_at + timedelta(hours=3)
            shift.break_until = shift.ends_at + timedelta(hours=4)
    plan = computed(story)
    assert plan.state == "failed"
    assert plan.asked["fault"] == "bad_problem"
    assert "breaks[0].time_windows: no window inside the shift" in plan.asked["fault_words"]


def test_places_on_one_spot_and_no_time_at_all_are_planned(story: Story) -> None:
    for number in range(3):
        (request,) = story.report(lon=110.80 + number * 0.01)
        story.order(request)
    alter_orders(place=as_point(110.82, -7.56), duration_s=0)
    plan = computed(story)
    assert plan.accepted
    assert plan.answer["unassigned"] == []


def test_the_most_pressing_are_looked_at(story: Story) -> None:
    orders = []
    for number in range(4):
        (request,) = story.report(lon=110.80 + number * 0.01)
        orders.append(story.order(request))
    with transaction() as session:
        session.get_one(WorkOrder, orders[0]).must_do = True
        session.get_one(WorkOrder, orders[2]).severity = 3
    session = db.session()
    kept, beyond = most_pressing(session, orders_in(session, "ready"), 2)
    assert [order.id for order in kept] == [orders[0], orders[2]]
    assert beyond == [
        {"id": number, "reason": "beyond_limit", "limit": 2} for number in (orders[1], orders[3])
    ]


@pytest.mark.slow
def test_ten_thousand_orders_are_taken_with_the_limit_named(story: Story) -> None:
    (request,) = story.report()
    first = story.work_order(story.order(request))
    values = {
        name: getattr(first, name)
        for name in ("cluster_id", "service_id", "department_id", "material", "skills", "created_at")
    }
    with transaction() as session:
        session.execute(
            insert(WorkOrder),
            [
                values
                | {
                    "number": f"PK-X-{number:05}", "status": "ready", "duration_s": 1800,
                    "material_amount": 80,
                    "place": as_point(110.78 + number % 100 * 0.0005, -7.59 + number // 100 * 0.0005),
                    "severity": 1 + number % 3, "exposure": 1.0, "version": 1, "estimate": {},
                    "dry_weather": False, "must_do": False, "size": "", "note": "",
                    "created_at": clock.now(),
                }
                for number in range(10_000)
            ],
        )  # fmt: skip
    posed = pose_problem(db.session(), story.world.installation.city, story.work_days()[0], PlanOptions())
    assert len(posed.problem["jobs"]) == MOST_ORDERS
    assert len(posed.left_out) == 10_001 - MOST_ORDERS
    assert {left["reason"] for left in posed.left_out} == {"beyond_limit"}
    kept = [job["prize"] for job in posed.problem["jobs"]]
    assert min(kept) > 1800, "the light ones wait"
