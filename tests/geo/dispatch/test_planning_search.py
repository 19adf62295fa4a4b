import json
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.dispatch.budget import Budget
from geo.dispatch.engine.engine import Engine
from geo.dispatch.files import plan_to_dict, read_problem
from geo.dispatch.referee import judge
from geo.dispatch.search import FINALE, FINALE_FROM, Search, at_start, plan
from geo.dispatch.tables import lay_out
from tests.geo.dispatch.dispatch_worlds import (
    FEATURES,
    best_score,
    best_score_by_subsets,
    random_file,
    random_problem,
)

LINE = [[abs(a - b) * 100 for b in range(6)] for a in range(6)]
"""Six places on a line, 100 s apart; 0 is the depot."""


def line_file(**changes):
    """Three jobs at 1, 2 and 3 on the line and one crew."""
    data = {
        "matrices": {"car": {"durations": LINE}},
        "jobs": [{"id": n, "location_index": n, "service": 60, "prize": 5000} for n in (1, 2, 3)],
        "vehicles": [{"id": 7, "start_index": 0, "end_index": 0, "time_window": [0, 10_000]}],
    }
    for key, value in changes.items():
        if key == "job":
            data["jobs"][0] |= value
        elif key == "vehicle":
            data["vehicles"][0] |= value
        else:
            data[key] = value
    return data


def planned(data, **budget):
    problem = read_problem(data)
    made = plan(problem, **(budget or {"iterations": 30}))
    verdict = judge(problem, made)
    assert verdict.accepted, verdict.violations
    return made


def stops(made, vehicle=7):
    route = next(route for route in made.routes if route.vehicle == vehicle)
    return [step.id if step.type == "job" else step.type for step in route.steps]


# ---------------------------------------------------------------- known answers


def test_a_line_is_driven_out_and_back():
    made = planned(line_file())
    assert made.score.total == made.score.travel == 600
    assert made.routes[0].duration_s == 600
    assert made.routes[0].service_s == 180
    assert not made.unassigned


def test_a_window_decides_the_order():
    made = planned(line_file(job={"time_windows": [[1000, 1000]]}))
    one = next(step for step in made.routes[0].steps if step.id == 1)
    assert one.start_s == 1000


def test_the_second_window_is_taken_when_the_first_has_passed():
    made = planned(line_file(job={"time_windows": [[0, 50], [400, 450]]}))
    one = next(step for step in made.routes[0].steps if step.id == 1)
    assert 400 <= one.start_s <= 450


def test_a_break_is_taken_between_services():
    rest = {"id": 4, "time_windows": [[250, 260]], "service": 500}
    made = planned(line_file(vehicle={"breaks": [rest]}))
    step = next(step for step in made.routes[0].steps if step.type == "break")
    assert 250 <= step.start_s <= 260
    assert step.id == 4
    assert len(made.routes[0].job_ids) == 3


def test_an_empty_route_has_no_break():
    made = planned(line_file(jobs=[], vehicle={"breaks": [{"id": 1, "service": 60}]}))
    assert made.routes == ()
    assert made.score.total == 0


def test_capacity_needs_a_reload():
    data = line_file(vehicle={"capacity": [2], "reload": {"service": 30}})
    for job in data["jobs"]:
        job["delivery"] = [1]
    made = planned(data)
    assert stops(made).count("reload") == 1
    assert len(made.routes[0].job_ids) == 3


def test_without_reload_the_least_worthy_stays():
    data = line_file(vehicle={"capacity": [2]})
    for job, prize in zip(data["jobs"], (3000, 2000, 4000), strict=True):
        job |= {"delivery": [1], "prize": prize}
    made = planned(data)
    assert [(job.id, job.reason, job.binding) for job in made.unassigned] == [(2, "no_room", "load")]


def test_overtime_costs_what_it_costs():
    made = planned(line_file(vehicle={"time_window": [0, 700], "overtime": {"max": 200, "cost": 2.0}}))
    assert made.score.overtime == 2.0 * 80
    assert not made.unassigned


def test_a_follower_waits_for_the_other_crew():
    data = line_file()
    data["vehicles"].append(
        {"id": 8, "start_index": 5, "end_index": 5, "skills": [1], "time_window": [0, 10_000]}
    )
    data["jobs"][2] |= {"skills": [1], "service": 900}
    data["jobs"][0] |= {"after": [3]}
    made = planned(data)
    one, three = (
        next(step for route in made.routes for step in route.steps if step.id == job) for job in (1, 3)
    )
    assert three.end_s <= one.start_s
    assert not made.unassigned


def test_frozen_stops_are_reproduced_and_the_rest_planned_after_them():
    frozen = [
        {"type": "start", "frozen": True, "service_at": 0},
        {"type": "job", "id": 3, "frozen": True, "service_at": 20, "end_at": 999},
    ]
    made = planned(line_file(vehicle={"steps": frozen}))
    first = made.routes[0].steps[1]
    assert (first.id, first.start_s, first.end_s, first.frozen) == (3, 20, 999, True)
    assert all(step.arrival_s >= 999 for step in made.routes[0].steps[2:])


def test_a_pinned_job_stays_and_keeps_its_hour():
    data = line_file(vehicle={"steps": [{"type": "job", "id": 2, "pinned": True, "service_at": 3000}]})
    data["vehicles"].append({"id": 8, "start_index": 2, "end_index": 2})
    made = planned(data)
    two = next(step for route in made.routes if route.vehicle == 7 for step in route.steps if step.id == 2)
    assert two.start_s == 3000


def test_later_days_are_worth_less():
    data = line_file(options={"day_decay": 0.5})
    data["vehicles"] = [
        {"id": day, "crew": "A", "day": day, "start_index": 0, "end_index": 0, "max_tasks": 2}
        for day in (0, 1)
    ]
    made = planned(data)
    assert made.score.day == 2500
    assert [len(route.job_ids) for route in made.routes] == [2, 1]


def test_lateness_is_weighed_against_detours():
    made = planned(line_file(jobs=[
        {"id": 1, "location_index": 1, "service": 600},
        {"id": 3, "location_index": 3, "service": 0, "due": 300, "late_cost": 10},
    ]))  # fmt: skip
    assert stops(made) == ["start", 3, 1, "end"]
    assert made.score.lateness == 0


def test_two_jobs_on_one_spot_and_no_jobs_and_no_work():
    data = line_file()
    data["jobs"][1]["location_index"] = 1
    assert planned(data).score.travel == 600
    assert planned(line_file(jobs=[])).score.total == 0
    data = line_file()
    data["vehicles"].append({"id": 8, "start_index": 0, "end_index": 0})
    assert len(planned(data).routes) == 1


# ---------------------------------------------------------------- why not


@pytest.mark.parametrize(
    ("job", "vehicle", "reason"),
    [
        ({"skills": [9]}, {}, "no_skill"),
        ({"location_index": 5}, {}, "unreachable"),
        ({"after": [2]}, {}, "predecessor"),
        ({"time_windows": [[0, 0]]}, {"steps": [{"type": "job", "id": 1, "pinned": True}]}, "pinned"),
        ({"pickup": [5]}, {"capacity": [4]}, "capacity"),
        ({"time_windows": [[0, 0]]}, {}, "time_window"),
        ({"prize": 0}, {"costs": {"fixed": 0, "per_hour": 36_000}}, "not_worth"),
    ],
)
def test_the_first_reason_that_holds_is_given(job, vehicle, reason):
    data = line_file(job=job, vehicle=vehicle)
    data["matrices"] = {
        "car": {
            "durations": [
                [None if 5 in (a, b) and a != b else d for b, d in enumerate(row)]
                for a, row in enumerate(LINE)
            ]
        }
    }
    data["jobs"][1]["skills"] = [8]
    data["jobs"][1]["location_index"] = 4
    made = planned(data)
    why = next(item for item in made.unassigned if item.id == 1)
    assert why.reason == reason
    assert why.text
    assert (why.predecessor == 2) == (reason == "predecessor")
    assert (why.insertion_cost is not None) == (reason == "not_worth")


@pytest.mark.parametrize(
    ("changes", "binding"),
    [
        ({"time_window": [0, 670]}, "shift"),
        ({"max_tasks": 2}, "limits"),
    ],
)
def test_no_room_names_the_rule_in_the_way(changes, binding):
    made = planned(line_file(vehicle=changes))
    assert {job.reason for job in made.unassigned} == {"no_room"}
    assert {job.binding for job in made.unassigned} == {binding}


def test_not_worth_says_where_it_would_have_gone():
    data = line_file(jobs=[
        {"id": 1, "location_index": 1, "prize": 9000},
        {"id": 2, "location_index": 3, "prize": 399},
    ])  # fmt: skip
    why = planned(data).unassigned[0]
    assert (why.reason, why.insertion_cost, why.worth, why.best_vehicle) == ("not_worth", 400, 399, 7)
    assert why.text == (
        "The best place is crew 7 first: 7 min extra driving or its equal; the job is worth 7 min today."
    )


# ---------------------------------------------------------------- publishing rule and proposals


def test_a_small_gain_keeps_the_previous_plan():
    previous = [{"vehicle": 7, "jobs": [2, 1, 3]}]
    kept = planned(line_file(previous=previous, options={"min_gain": 0.9}))
    assert kept.kept_previous
    assert kept.routes[0].job_ids == (2, 1, 3)
    fresh = planned(line_file(previous=previous, options={"min_gain": 0.0}))
    assert not fresh.kept_previous
    assert fresh.score.total == 600


def test_moving_a_job_to_another_crew_has_its_price():
    data = line_file(previous=[{"vehicle": 8, "jobs": [1, 2, 3, 99]}], options={"reassign_penalty": 1000})
    data["vehicles"].append({"id": 8, "start_index": 5, "end_index": 5})
    made = planned(data)
    assert made.moved == 0
    assert planned(data | {"options": {"reassign_penalty": 1}}).moved == 3


def test_fairness_spreads_the_work():
    data = line_file(options={"fairness_weight": 5})
    data["vehicles"].append({"id": 8, "start_index": 0, "end_index": 0})
    assert len(planned(data).routes) == 2


# ---------------------------------------------------------------- properties


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1 << 30),
    jobs=st.integers(0, 9),
    crews=st.integers(1, 3),
    features=st.sets(st.sampled_from(FEATURES)),
)
def test_every_plan_passes_the_referee(seed, jobs, crews, features):
    problem = random_problem(seed, jobs, crews, features)
    made = plan(problem, iterations=6, seed=seed)
    verdict = judge(problem, made)
    assert verdict.accepted, verdict.violations
    for job in made.unassigned:
        if job.reason == "not_worth":
            assert job.insertion_cost >= job.worth - 1e-6


@pytest.mark.parametrize("features", [{"breaks", "load"}, {"after", "overtime", "previous"}])
def test_same_seed_and_iterations_give_the_same_bytes(features):
    def once():
        problem = random_problem(5, 9, 3, features)
        data = plan_to_dict(plan(problem, iterations=40, seed=3), problem)
        del data["summary"]["computing_times"]
        return json.dumps(data)

    assert once() == once()


SEPARATE = ("windows", "breaks", "load", "overtime", "late", "open_end", "open_start", "two_breaks", "costs")
JOINT = (
    "after",
    "windows",
    "breaks",
    "overtime",
    "days",
    "skills",
    "limits",
    "pinned",
    "detours",
    "fairness",
)


@pytest.mark.parametrize("seed", range(8))
def test_the_search_finds_the_best_of_all_plans(seed):
    rng = random.Random(seed)
    features = {name for name in (SEPARATE if seed % 2 else JOINT) if rng.random() < 0.4}
    problem = random_problem(seed, 4, 2, features - ({"two_breaks"} if "breaks" in features else set()))
    assert plan(problem, iterations=400, seed=seed).score.total == pytest.approx(best_score(problem))


def test_six_jobs_with_windows_and_loads_are_solved_exactly():
    problem = random_problem(11, 6, 2, {"windows", "load"})
    assert plan(problem, iterations=400).score.total == pytest.approx(best_score(problem))


@pytest.mark.parametrize("seed", range(6))
def test_eight_jobs_of_two_crews_are_solved_exactly(seed):
    features = [{"windows", "load"}, {"windows", "skills", "overtime"}][seed % 2]
    problem = random_problem(seed, 8, 2, features)
    made = plan(problem, iterations=2000, seed=seed)
    assert made.score.total == pytest.approx(best_score_by_subsets(problem))


@pytest.mark.parametrize("seed", range(10, 14))
def test_both_ways_of_enumerating_agree(seed):
    problem = random_problem(seed, 4, 2, {"windows", "load", "overtime"})
    assert best_score_by_subsets(problem) == pytest.approx(best_score(problem))


@pytest.mark.parametrize("seed", range(4))
def test_reloads_are_placed_as_well_as_can_be(seed):
    data = random_file(seed, 3, 2, {"reload", "load", "breaks"})
    for job in data["jobs"]:
        job |= {"delivery": [3], "prize": 9000}
    problem = read_problem(data)
    assert plan(problem, iterations=200).score.total == pytest.approx(best_score(problem))


def test_more_budget_is_never_worse():
    problem = random_problem(3, 14, 3, {"windows", "breaks", "load"})
    few, many = (plan(problem, iterations=count, seed=1).score.total for count in (0, 150))
    assert many <= few


def test_the_caller_can_stop_it():
    seen = []

    def stop(progress):
        seen.append(progress)
        return False

    problem = random_problem(3, 12, 2, set())
    made = plan(problem, seconds=60, on_progress=stop)
    assert made.iterations == 0
    assert judge(problem, made).accepted
    assert [progress.phase for progress in seen] == ["construct", "explain"]


def test_a_time_budget_is_kept():
    problem = random_problem(3, 12, 2, {"breaks"})
    made = plan(problem, seconds=0.3)
    assert made.timings.solving_ms <= 300 * 1.05 + 200
    assert made.iterations > 0


def test_must_do_jobs_push_optional_ones_out():
    data = line_file(vehicle={"time_window": [0, 330]})
    data["jobs"] = [
        {"id": 1, "location_index": 1, "service": 100, "prize": 30_000},
        {"id": 2, "location_index": 1, "service": 100, "prize": 100, "must_do": True},
    ]
    made = planned(data, iterations=0)
    assert made.routes[0].job_ids == (2,)
    assert made.must_do_missed == 0


def test_several_starts_cool_each_and_the_best_is_annealed_once_more():
    assert at_start(0.3, 1) == (0, 0.3)
    told = [at_start(used / 1000, 4) for used in range(1000)]
    assert [number for number, _ in told] == sorted(number for number, _ in told)
    assert {number for number, _ in told} == {0, 1, 2, 3, 4}
    for start in range(4):
        cooled = [degree for number, degree in told if number == start]
        assert cooled[0] == pytest.approx(0.0, abs=0.01)
        assert cooled[-1] == pytest.approx(1.0, abs=0.01)
        assert cooled == sorted(cooled)
    finale = [degree for number, degree in told if number == 4]
    assert finale[0] == pytest.approx(FINALE_FROM)
    assert finale[-1] == pytest.approx(1.0, abs=0.01)
    assert len(finale) == pytest.approx(FINALE * 1000, abs=1)


def test_a_small_day_with_time_begins_several_times_and_keeps_the_best_of_all():
    problem = random_problem(11, 12, 3, {"windows", "breaks"})
    told = []
    made = plan(
        problem, iterations=100_000, seed=3, on_progress=lambda progress: told.append(progress) or True
    )
    scores = [progress.score for progress in told]
    assert scores == sorted(scores, reverse=True)
    assert made.score.total <= scores[-1] + 1e-6
    assert judge(problem, made).accepted
    engine = Engine(lay_out(problem), 3)
    search = Search(engine, Budget(None, 100_000, time.perf_counter))
    search.construct()
    search.improve()
    assert search.kept is not None  # the best of more than one start
    search.finish()
    assert engine.cost == pytest.approx(made.score.total)
