"""One crew's list in an order of its own: the same times as the search has, and what comes late is said."""

import random
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from geo.dispatch.files import read_problem
from geo.dispatch.own_order import time_order
from geo.dispatch.search import plan
from geo.errors import BadProblem
from tests.geo.dispatch.dispatch_worlds import random_problem

METRES = [[abs(a - b) * 100 for b in range(6)] for a in range(6)]


def world(**vehicle: Any) -> dict[str, Any]:
    """One crew on a line, 100 s from place to place; jobs of 60 s stand at their number."""
    return {
        "matrices": {"car": {"durations": METRES, "distances": METRES}},
        "jobs": [{"id": n, "location_index": n, "service": 60} for n in (1, 2, 3, 4)],
        "vehicles": [{"id": 7, "start_index": 0, "end_index": 0, "time_window": [0, 5000], **vehicle}],
    }


def rest(*window: int) -> list[dict[str, Any]]:
    return [{"id": 9, "time_windows": [list(window)], "service": 100}]


def test_jobs_are_begun_as_early_as_the_order_lets_them() -> None:
    own = time_order(read_problem(world()), [1, 3, 2, 4])
    assert own.spans == {1: (100, 160), 3: (360, 420), 2: (520, 580), 4: (780, 840)}
    assert (own.back_s, own.drive_s, own.drive_m) == (1240, 1000, 1000)
    assert not own.late_jobs | own.late_rests | own.broken


def test_a_rest_is_taken_where_it_delays_least_and_within_its_hours() -> None:
    own = time_order(read_problem(world(breaks=rest(300, 500))), [1, 2, 3, 4])
    assert own.rests == ((320, 420),)
    assert own.spans == {1: (100, 160), 2: (260, 320), 3: (520, 580), 4: (680, 740)}
    assert own.back_s == 1140


def test_a_rest_that_no_longer_fits_is_late_and_not_left_out() -> None:
    long = world(breaks=rest(300, 320))
    long["jobs"][0]["service"] = 600
    own = time_order(read_problem(long), [1, 2, 3, 4])
    assert (own.rests, own.late_rests) == (((300, 400),), frozenset()), "waited for: nothing comes late"
    long["vehicles"][0] |= {"available_at": 400, "steps": []}
    own = time_order(read_problem(long), [1, 2, 3, 4])
    assert (own.rests[0], own.late_rests) == ((400, 500), frozenset({9}))


def test_a_job_past_its_hours_is_late_and_early_ones_are_waited_for() -> None:
    posed = world()
    posed["jobs"][3]["time_windows"] = [[500, 600]]
    problem = read_problem(posed)
    assert time_order(problem, [4, 1, 2, 3]).spans[4] == (500, 560)
    late = time_order(problem, [3, 1, 2, 4])
    assert (late.spans[4][0], late.late_jobs) == (980, frozenset({4}))


def test_the_vehicle_is_filled_before_what_it_cannot_carry() -> None:
    posed = world(capacity=[4], reload={"location_index": 0, "service": 30, "max": 2})
    for job in posed["jobs"]:
        job["delivery"] = [2]
    own = time_order(read_problem(posed), [1, 2, 3, 4])
    assert own.spans[3] == (320 + 200 + 30 + 300, 910)
    assert not own.broken
    posed["vehicles"][0]["reload"]["max"] = 0
    assert time_order(read_problem(posed), [1, 2, 3, 4]).broken == {"reload"}


def test_what_was_on_board_for_begun_stops_counts() -> None:
    frozen = [{"type": "job", "id": 1, "frozen": True, "service_at": 100, "end_at": 160}]
    posed = world(capacity=[4], reload={"location_index": 0, "service": 30, "max": 2}, steps=frozen)
    for job in posed["jobs"]:
        job["delivery"] = [2]
    own = time_order(read_problem(posed), [2, 3, 4])
    assert own.spans[2] == (260, 320)
    assert own.spans[3] == (320 + 200 + 30 + 300, 910)
    assert not own.broken


def test_a_way_that_does_not_exist_takes_no_time() -> None:
    posed = world()
    posed["matrices"]["car"]["durations"] = [
        [None if 2 in (a, b) and a != b else t for b, t in enumerate(row)] for a, row in enumerate(METRES)
    ]
    own = time_order(read_problem(posed), [1, 2, 3, 4])
    assert own.spans[2][0] == own.spans[1][1]


def test_wrong_orders_are_refused() -> None:
    problem = read_problem(world())
    for jobs in ([1, 2, 3], [1, 2, 3, 3], [1, 2, 3, 4, 5]):
        with pytest.raises(BadProblem):
            time_order(problem, jobs)
    posed = world()
    posed["jobs"][0]["after"] = [2]
    with pytest.raises(BadProblem):
        time_order(read_problem(posed), [1, 2, 3, 4])
    assert time_order(read_problem(posed), [2, 1, 3, 4]).spans[1][0] >= 320


def test_nothing_left_is_a_way_home() -> None:
    posed = world()
    posed["jobs"] = []
    own = time_order(read_problem(posed), [])
    assert (own.spans, own.drive_s, own.rests) == ({}, 0, ())


@pytest.mark.parametrize("jobs", list(permutations((1, 2, 3)))[:3])
def test_times_are_those_of_the_search(jobs: tuple[int, ...]) -> None:
    """The search's own best plan, timed here, has the search's times."""
    posed = world(breaks=rest(300, 900), capacity=[4], reload={"location_index": 0, "service": 30, "max": 2})
    posed["jobs"] = posed["jobs"][:3]
    for job, amount in zip(posed["jobs"], jobs, strict=True):
        job["delivery"] = [amount]
    problem = read_problem(posed)
    made = plan(problem, iterations=50)
    (route,) = made.routes
    own = time_order(problem, route.job_ids)
    assert own.back_s == route.steps[-1].arrival_s
    assert own.drive_s == route.duration_s


@pytest.mark.parametrize("seed", range(30))
def test_a_plan_of_the_search_is_timed_as_well_as_the_search_does(seed: int) -> None:
    """Whatever rules there are: nothing comes late, nothing is broken, and the crew is back as early."""
    rng = random.Random(seed)
    known = ("windows", "breaks", "load", "overtime", "after", "late", "frozen", "two_breaks", "detours")
    problem = random_problem(seed, 7, 1, {name for name in known if rng.random() < 0.5})
    made = plan(problem, iterations=60)
    left = {job.id for job in made.unassigned}
    served = tuple(
        replace(job, after=tuple(other for other in job.after if other not in left))
        for job in problem.jobs
        if job.id not in left
    )
    (vehicle,) = problem.vehicles
    frozen = {step.id for step in vehicle.frozen_steps if step.type == "job"}
    routes = [route for route in made.routes if route.vehicle == vehicle.id]
    jobs = [job for route in routes for job in route.job_ids if job not in frozen]
    if not jobs:
        return
    own = time_order(replace(problem, jobs=served, previous=()), jobs)
    assert (own.late_jobs, own.late_rests, own.broken) == (frozenset(), frozenset(), frozenset())
    assert own.back_s <= routes[0].steps[-1].end_s
    assert list(own.spans) == jobs
