import copy
from dataclasses import replace

import pytest

from geo.dispatch.files import read_problem
from geo.dispatch.referee import judge, judge_order
from geo.dispatch.search import plan
from tests.geo.dispatch.dispatch_worlds import order_plan, random_problem

METRES = [[abs(a - b) * 100 for b in range(6)] for a in range(6)]


def world():
    """Two crews on a line; crew 1 digs (skill 5) and job 4 waits for job 2. Both take a break."""
    return {
        "matrices": {"car": {"durations": METRES}},
        "jobs": [
            {"id": 1, "location_index": 1, "service": 60, "delivery": [2], "due": 500, "late_cost": 0.1},
            {"id": 2, "location_index": 2, "service": 60, "delivery": [2], "skills": [5]},
            {"id": 3, "location_index": 3, "service": 60, "delivery": [2], "time_windows": [[300, 900]]},
            {"id": 4, "location_index": 4, "service": 60, "delivery": [2], "after": [2], "skills": [6]},
        ],
        "vehicles": [
            {
                "id": crew,
                "start_index": 0,
                "end_index": 0,
                "capacity": [4],
                "skills": [4 + crew],
                "time_window": [0, 2000],
                "breaks": [{"id": 9, "time_windows": [[600, 1400]], "service": 100}],
            }
            for crew in (1, 2)
        ],
    }


@pytest.fixture(scope="module")
def problem():
    return read_problem(world())


@pytest.fixture(scope="module")
def good(problem):
    made = plan(problem, iterations=50)
    assert judge(problem, made).accepted
    assert not made.unassigned
    return made


def codes(problem, made):
    return {violation.code for violation in judge(problem, made).violations}


def with_steps(made, vehicle, change):
    """The plan with one route's steps changed."""
    routes = []
    for route in made.routes:
        steps = list(route.steps)
        if route.vehicle == vehicle:
            steps = change(steps)
        routes.append(replace(route, steps=tuple(steps)))
    return replace(made, routes=tuple(routes))


def changed(made, kind, number=None, **values):
    """The plan with some values of one step replaced."""
    vehicle = holder(made, kind, number)
    return with_steps(
        made,
        vehicle,
        lambda steps: [
            replace(step, **values) if (step.type, step.id) == (kind, number) else step for step in steps
        ],
    )


def holder(made, kind, number):
    return next(
        route.vehicle
        for route in made.routes
        for step in route.steps
        if (step.type, step.id) == (kind, number)
    )


def step_of(made, kind, number=None):
    return next(
        step for route in made.routes for step in route.steps if (step.type, step.id) == (kind, number)
    )


# ---------------------------------------------------------------- broken orders


def test_a_job_with_a_crew_without_its_skill(problem):
    made = order_plan(problem, [[("break", 9)], [("job", 2), ("break", 9)]], [1, 3, 4])
    assert "skills" in codes(problem, made)


def test_a_dropped_break(problem, good):
    vehicle = holder(good, "break", 9)
    made = with_steps(good, vehicle, lambda steps: [step for step in steps if step.type != "break"])
    assert "break" in codes(problem, made)


def test_a_job_served_twice_and_a_job_forgotten(problem, good):
    doubled = with_steps(good, 1, lambda steps: [*steps[:2], *steps[1:]])
    assert "structure" in codes(problem, doubled)
    forgotten = with_steps(good, 1, lambda steps: [step for step in steps if step.id != 2])
    assert {"structure", "precedence"} <= codes(problem, forgotten)


def test_a_follower_before_its_predecessor(problem):
    orders = [[("break", 9), ("job", 2)], [("job", 4), ("break", 9)]]
    late = judge_order(problem, order_plan(problem, orders, [1, 3]))
    assert late.accepted  # the crew waits for the other one
    left = judge_order(problem, order_plan(problem, [[], [("job", 4), ("break", 9)]], [1, 2, 3]))
    assert {violation.code for violation in left.violations} == {"precedence"}


def test_crews_that_wait_for_each_other():
    data = world()
    data["jobs"][0] |= {"after": [4]}
    problem = read_problem(data)
    orders = [[("job", 1), ("job", 2), ("break", 9)], [("job", 4), ("break", 9)]]
    verdict = judge(problem, order_plan(problem, orders, [3]))
    assert any("circle" in violation.message for violation in verdict.violations)


def test_too_much_load(problem):
    made = order_plan(problem, [[("job", 2), ("job", 1), ("job", 3), ("break", 9)], []], [4])
    assert "load" in codes(problem, made)


def test_a_window_that_has_passed():
    data = world()
    data["jobs"][2]["time_windows"] = [[300, 300]]
    problem = read_problem(data)
    made = order_plan(problem, [[("job", 1), ("job", 3), ("break", 9)], []], [2, 4])
    assert "window" in codes(problem, made)


def test_a_break_that_comes_too_late():
    data = world()
    data["vehicles"][0]["breaks"][0]["time_windows"] = [[100, 120]]
    problem = read_problem(data)
    made = order_plan(problem, [[("job", 1), ("job", 3), ("break", 9)], []], [2, 4])
    assert "break" in codes(problem, made)


def test_a_shift_that_is_too_short():
    data = world()
    data["vehicles"][0]["time_window"] = [0, 690]
    problem = read_problem(data)
    made = order_plan(problem, [[("job", 3), ("break", 9)], []], [1, 2, 4])
    assert "shift" in codes(problem, made)


def test_a_road_that_is_missing():
    data = world()
    data["matrices"]["car"]["durations"] = copy.deepcopy(METRES)
    data["matrices"]["car"]["durations"][3][0] = None
    problem = read_problem(data)
    made = order_plan(problem, [[("job", 3), ("break", 9)], []], [1, 2, 4])
    assert "road" in codes(problem, made)


@pytest.mark.parametrize(("key", "value"), [("max_tasks", 1), ("max_travel_time", 100)])
def test_limits_of_a_vehicle(key, value):
    data = world()
    data["vehicles"][0][key] = value
    problem = read_problem(data)
    made = order_plan(problem, [[("job", 1), ("job", 2), ("break", 9)], []], [3, 4])
    assert "limits" in codes(problem, made)


def test_too_many_reloads():
    data = world()
    data["vehicles"][0]["reload"] = {"service": 5, "max": 1}
    problem = read_problem(data)
    orders = [[("job", 1), ("reload", None), ("job", 2), ("reload", None), ("job", 3), ("break", 9)], []]
    assert "reload" in codes(problem, order_plan(problem, orders, [4]))


def test_a_pinned_job_with_another_crew():
    data = world()
    data["vehicles"][1]["steps"] = [{"type": "job", "id": 1, "pinned": True}]
    problem = read_problem(data)
    made = order_plan(problem, [[("job", 1), ("break", 9)], []], [2, 3, 4])
    assert "pinned" in codes(problem, made)


def test_frozen_stops_that_are_changed_or_missing():
    data = world()
    data["vehicles"][0]["steps"] = [{"type": "job", "id": 1, "frozen": True, "service_at": 100}]
    problem = read_problem(data)
    made = plan(problem, iterations=20)
    assert judge(problem, made).accepted
    moved = with_steps(
        made, 1, lambda steps: [replace(s, arrival_s=s.arrival_s + (s.id == 1)) for s in steps]
    )
    assert "frozen" in codes(problem, moved)
    gone = replace(made, routes=tuple(route for route in made.routes if route.vehicle != 1))
    assert "frozen" in codes(problem, gone)


def test_an_unknown_vehicle_and_a_route_from_elsewhere(problem, good):
    strange = replace(good, routes=(replace(good.routes[0], vehicle=77), *good.routes[1:]))
    assert "structure" in codes(problem, strange)
    moved = with_steps(good, 1, lambda steps: [replace(steps[0], location_index=3), *steps[1:]])
    assert "structure" in codes(problem, moved)


# ---------------------------------------------------------------- tampered statements


def test_swapped_stops_no_longer_hold(problem, good):
    for route in good.routes:
        jobs = [at for at, step in enumerate(route.steps) if step.type == "job"]
        if len(jobs) > 1:
            a, b = jobs[:2]
            swapped = list(route.steps)
            swapped[a], swapped[b] = swapped[b], swapped[a]
            assert "times" in codes(problem, with_steps(good, route.vehicle, lambda _, s=swapped: s))


@pytest.mark.parametrize("field", ["arrival_s", "waiting_s", "service_s", "duration_s", "lateness_s"])
@pytest.mark.parametrize("job", [1, 2, 3, 4])
@pytest.mark.parametrize("shift", [-1, 1])
def test_no_stated_number_of_a_job_can_be_changed(problem, good, field, job, shift):
    value = getattr(step_of(good, "job", job), field) + shift
    assert codes(problem, changed(good, "job", job, **{field: value}))


@pytest.mark.parametrize("field", ["arrival_s", "service_s", "duration_s"])
def test_no_stated_number_of_a_break_or_end_can_be_changed(problem, good, field):
    for kind, number in (("break", 9), ("end", None)):
        if (kind, field) != ("end", "service_s"):
            value = getattr(step_of(good, kind, number), field) + 1
            assert codes(problem, changed(good, kind, number, **{field: value}))


def test_a_wrong_load(problem, good):
    assert "load" in codes(problem, changed(good, "job", 2, load=(99,)))


def test_a_start_before_the_shift(problem, good):
    first = step_of(good, "start")
    assert "times" in codes(problem, changed(good, "start", None, arrival_s=first.arrival_s - 1))


@pytest.mark.parametrize(
    "part", ["travel", "fixed", "lost", "overtime", "lateness", "day", "reassign", "fairness"]
)
def test_a_flattering_score(problem, good, part):
    flattered = replace(good, score=replace(good.score, **{part: getattr(good.score, part) - 1}))
    assert codes(problem, flattered) == {"score"}


@pytest.mark.parametrize("name", ["must_do_missed", "moved"])
def test_wrong_counts(problem, good, name):
    assert codes(problem, replace(good, **{name: 3})) == {"score"}


@pytest.mark.parametrize("name", ["cost", "service_s", "duration_s", "waiting_s", "delivery", "pickup"])
def test_wrong_sums_of_a_route(problem, good, name):
    route = good.routes[0]
    value = getattr(route, name)
    value = (value[0] + 1,) if isinstance(value, tuple) else value + 1
    made = replace(good, routes=(replace(route, **{name: value}), *good.routes[1:]))
    assert codes(problem, made) <= {"score", "sums"} != set()
    assert codes(problem, made)


def test_a_wrong_worth_of_a_job_left_out(problem):
    made = plan(problem, iterations=0)
    data = world()
    data["jobs"][0]["skills"] = [99]
    other = read_problem(data)
    made = plan(other, iterations=0)
    assert judge(other, made).accepted
    left = replace(made.unassigned[0], worth=1.0)
    assert codes(other, replace(made, unassigned=(left,))) == {"score"}


def test_any_break_place_the_times_allow_is_accepted():
    problem = random_problem(2, 6, 2, {"breaks", "windows", "two_breaks"})
    made = plan(problem, iterations=20)
    verdict = judge(problem, made)
    assert verdict.accepted
    assert verdict.score.total == pytest.approx(made.score.total)
