"""Tidying: the best selection that keeps the order, by trying them all; and no rule is broken afterwards."""

import itertools
import random
from dataclasses import replace

import pytest

from geo.dispatch.referee import judge_order
from tests.benchmarks.judging import judge_plan, plan_of, tidied
from tests.geo.dispatch.dispatch_worlds import order_plan, random_problem


def best_in_order(problem, order):
    """The least price of any jobs of the one vehicle that keep the order, wherever the break is."""
    (vehicle,) = problem.vehicles
    best = float("inf")
    for size in range(len(order) + 1):
        for chosen in itertools.combinations(order, size):
            line = [("job", job) for job in chosen]
            places = range(size + 1) if chosen and vehicle.breaks else [None]
            for at in places:
                stops = line if at is None else [*line[:at], ("break", 1), *line[at:]]
                left = [job.id for job in problem.jobs if job.id not in chosen]
                verdict = judge_order(problem, order_plan(problem, [stops], left))
                if verdict.accepted:
                    best = min(best, verdict.score.total)
    return best


@pytest.mark.parametrize("seed", range(12))
def test_one_route_is_tidied_to_the_best_there_is_in_its_order(seed):
    features = {"windows", "breaks", "overtime"} if seed % 3 else {"windows"}
    problem = random_problem(seed, 6, 1, features)
    order = [job.id for job in problem.jobs]
    random.Random(seed).shuffle(order)
    judged = judge_plan(problem, plan_of(problem, tidied(problem, {problem.vehicles[0].id: order})))
    assert not judged.violations
    assert judged.score == best_in_order(problem, order)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_the_orders_crews_that_wait_for_each_other_keep_every_rule(seed):
    problem = random_problem(seed, 12, 3, {"windows", "breaks", "after", "skills", "load"})
    problem = replace(
        problem, vehicles=tuple(replace(vehicle, capacity=(99,)) for vehicle in problem.vehicles)
    )
    jobs = [job.id for job in problem.jobs]
    random.Random(seed).shuffle(jobs)
    orders = {vehicle.id: jobs[n::3] for n, vehicle in enumerate(problem.vehicles)}
    timetable = tidied(problem, orders)
    judged = judge_plan(problem, plan_of(problem, timetable))
    assert not judged.violations
    for vehicle, kept in timetable.orders.items():
        asked = iter(orders[vehicle])
        assert all(job in asked for job in kept), "the order is kept"
    for job in problem.jobs:
        if job.id in timetable.start_s:
            assert all(timetable.end_s[other] <= timetable.start_s[job.id] for other in job.after)


def test_crews_that_would_wait_in_a_circle_do_not():
    problem = random_problem(1, 4, 2, set())
    jobs = [
        replace(job, after=after, prize=10_000)
        for job, after in zip(problem.jobs, [(2,), (), (4,), ()], strict=True)
    ]
    vehicles = [replace(vehicle, time_window=(0, 50_000)) for vehicle in problem.vehicles]
    problem = replace(problem, jobs=tuple(jobs), vehicles=tuple(vehicles))
    first, second = (vehicle.id for vehicle in problem.vehicles)
    timetable = tidied(problem, {first: [1, 4], second: [3, 2]})  # 1 waits for 2, 3 for 4
    judged = judge_plan(problem, plan_of(problem, timetable))
    assert not judged.violations
    assert judged.unserved == 1


def test_a_job_that_waits_for_one_left_out_is_left_out_too():
    problem = random_problem(2, 3, 1, set())
    jobs = [replace(job, after=(2,) if job.id == 1 else (), prize=10_000) for job in problem.jobs]
    vehicle = replace(problem.vehicles[0], time_window=(0, 50_000))
    problem = replace(problem, jobs=tuple(jobs), vehicles=(vehicle,))
    assert tidied(problem, {vehicle.id: [1, 3]}).orders == {vehicle.id: [3]}
    assert tidied(problem, {vehicle.id: [2, 1, 3]}).orders == {vehicle.id: [2, 1, 3]}
