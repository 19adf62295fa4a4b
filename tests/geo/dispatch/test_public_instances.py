"""The referee reproduces the cost of best-known solutions of public instances exactly."""

import pytest

from geo.dispatch.referee import judge, judge_order
from geo.dispatch.search import plan
from tests.geo.dispatch.dispatch_worlds import order_plan
from tests.geo.dispatch.public_instances import ARCHIVE, read_pcvrptw, read_solomon, routes_of, texts

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not ARCHIVE.exists(), reason="the public VRP instances are not beside the checkout"),
]


@pytest.fixture(scope="module")
def files():
    return texts({"pcvrptw/R1_10_1", "pcvrptw/C1_10_1", "pcvrptw/RC2_10_1", "solomon/RC101", "solomon/R201"})


@pytest.mark.parametrize("name", ["R1_10_1", "C1_10_1", "RC2_10_1"])
def test_the_referee_reproduces_best_known_costs(files, name):
    problem = read_pcvrptw(files[f"pcvrptw/{name}.vrp"]).problem()
    routes, cost = routes_of(files[f"pcvrptw/{name}.sol"])
    orders = [[("job", job) for job in route] for route in routes]
    orders += [[] for _ in range(len(problem.vehicles) - len(orders))]
    left = [job.id for job in problem.jobs if not any(job.id in route for route in routes)]
    verdict = judge_order(problem, order_plan(problem, orders, left))
    assert verdict.accepted, verdict.violations[:3]
    assert verdict.score.total == cost


@pytest.mark.parametrize("name", ["RC101", "R201"])
def test_a_first_plan_of_a_solomon_instance_is_sound(files, name):
    problem = read_solomon(files[f"solomon/{name}.txt"]).problem()
    made = plan(problem, iterations=10)
    assert judge(problem, made).accepted
    assert not made.unassigned
