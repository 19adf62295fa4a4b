"""What the rows of the dispatch benchmark say about plans that are given."""

from dataclasses import replace

import numpy as np
import pytest

from geo.dispatch.referee import judge
from geo.dispatch.result import Plan, ScoreParts
from geo.dispatch.search import plan
from tests.benchmarks import dispatch, dispatch_live, dispatch_start
from tests.benchmarks.days import DRAIN, PAVING, Recipe, day, without_sequence
from tests.benchmarks.dispatch_days import FULL, GROUPS
from tests.benchmarks.judging import Judged
from tests.benchmarks.peers import Answer


def measured(ours, peers, path=(), missed=(), n=100, best=50.0):
    verdict = Judged(ours, 0, frozenset(missed), ())
    return dispatch.Measured(
        Recipe("surakarta", n, "plain"),
        dispatch.Ours(Plan((), (), ScoreParts()), verdict, 10.0, [*path, (10.0, ours)]),
        {
            name: (Answer({}, score, 60.0, 30.0), Judged(score, 0, frozenset(lost), ()))
            for name, (score, lost) in peers.items()
        },
        best,
    )


def test_the_best_peer_is_compared_with():
    found = measured(90.0, {"pyvrp": (120.0, ()), "vroom": (100.0, ())}, [(0.5, 130.0), (3.0, 99.0)])
    assert found.rival == "vroom"
    assert found.ratio == pytest.approx(0.9)
    assert found.match_s == 3.0
    assert found.match_ratio == pytest.approx(0.05)


def test_a_score_that_was_not_reached_is_not_matched():
    rows = {row["name"]: row for row in dispatch._sums([measured(101.0, {"pyvrp": (100.0, ())})])}
    assert rows["match/100-300"]["met"] is False
    assert rows["match/100-300"]["ratio"] is None
    assert rows["mean/100-300"]["ratio"] == pytest.approx(1.01)
    assert rows["mean/100-300"]["met"] is False


def test_means_are_geometric_and_by_size():
    done = [measured(80.0, {"pyvrp": (100.0, ())}), measured(50.0, {"pyvrp": (40.0, ())}, n=1000)]
    rows = {row["name"]: row for row in dispatch._sums(done)}
    assert rows["mean/100-300"]["ratio"] == pytest.approx(0.8)
    assert rows["mean/1000"]["ratio"] == pytest.approx(1.25)
    assert rows["family/plain"]["ratio"] == pytest.approx(1.0)
    assert rows["family/plain"]["won"] == 1


def test_a_must_do_counts_as_lost_when_any_peer_serves_it():
    found = measured(90.0, {"pyvrp": (95.0, {1, 2}), "vroom": (99.0, {2})}, missed={1, 2})
    assert found.must_do_lost == 1


def test_without_peers_ours_stands_alone():
    found = measured(90.0, {})
    assert found.ratio is None
    rows = [row["name"] for row in dispatch._sums([found])]
    assert rows == ["must_do/all", "violations/all"]


def test_a_sum_asks_for_the_days_that_it_sums_up():
    wanted = [recipe.n for recipe in FULL if dispatch._is_wanted(recipe, "mean/1000")]
    assert wanted == [1000] * 4
    assert not any(dispatch._is_wanted(recipe, "live/*") for recipe in FULL)
    assert {recipe.n for recipe in FULL} == {n for sizes in GROUPS.values() for n in sizes}


# ---------------------------------------------------------------- days over roads


@pytest.mark.slow
def test_a_day_is_what_its_recipe_says():
    recipe = Recipe("surakarta", 100, "sequence")
    problem = day(recipe)
    assert len(problem.jobs) == 100
    followers = [job for job in problem.jobs if job.after]
    assert len(followers) == 10
    by_id = {job.id: job for job in problem.jobs}
    for job in followers:
        (first,) = job.after
        assert by_id[first].location_index == job.location_index
        assert (by_id[first].skills, job.skills) == ({DRAIN}, {PAVING})
    assert all(vehicle.breaks for vehicle in problem.vehicles)
    assert 1 <= sum(job.must_do for job in problem.jobs) <= 5
    assert (
        0.15
        < sum(len(job.time_windows) > 1 or job.time_windows[0][0] > 0 for job in problem.jobs) / 100
        < 0.4
    )
    work_s = sum(job.service_s for job in problem.jobs)
    time_s = sum(vehicle.time_window[1] - vehicle.time_window[0] for vehicle in problem.vehicles)
    assert work_s > time_s, "some of it does not fit"
    assert not any(job.after for job in without_sequence(problem).jobs)
    day.cache_clear()
    again = day(recipe)
    assert again.jobs == problem.jobs
    assert np.array_equal(again.matrices["car"].durations_s, problem.matrices["car"].durations_s)
    assert day(replace(recipe, seed=2)).jobs != problem.jobs


@pytest.mark.slow
@pytest.mark.parametrize("case", dispatch_live.CASES)
def test_changes_freeze_what_happened_and_can_be_planned(case):
    recipe = dispatch_live.QUICK_DAY
    problem = day(recipe)
    morning = plan(problem, iterations=20, seed=1)
    later = dispatch_live.changed(problem, morning, case, recipe)
    frozen = {vehicle.id: [step.id for step in vehicle.frozen_steps] for vehicle in later.vehicles}
    assert sum(map(len, frozen.values())) > 10
    made = plan(later, iterations=0, seed=1)
    assert not judge(later, made).violations
    for route in made.routes:
        kept = [step.id for step in route.steps if step.frozen and step.type != "start"]
        assert kept == frozen[route.vehicle]
    told = {job for route in later.previous for job in route.jobs}
    assert told.isdisjoint({job for held in frozen.values() for job in held})
    if case == "flooded_streets":
        drives, before = later.matrices["car"].durations_s, problem.matrices["car"].durations_s
        assert (drives != before).any()


def test_the_start_of_a_process_is_measured_on_a_day_with_a_bit_of_everything():
    problem = dispatch_start.small_day()
    made = plan(problem, iterations=20, seed=1)
    assert not judge(problem, made).violations
    assert not made.unassigned
    dispatch_start.warm_up()
    assert not list(dispatch_start.rows("day/*"))
