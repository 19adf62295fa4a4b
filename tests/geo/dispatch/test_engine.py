"""The compiled search: its constant-time answers against slow ones, and going back."""

import random
from dataclasses import replace

import numpy as np
import pytest

from geo.dispatch.drives import BLOCKED
from geo.dispatch.engine.engine import Draft, Engine
from geo.dispatch.engine.layout import ARC, FAR, IN_ZONE, LEAVES, NEAR, ROOM, STOP
from geo.dispatch.engine.nearness import moved_together, near_order
from geo.dispatch.engine.tuning import TUNING
from geo.dispatch.engine.zones import SPARE_VEHICLES
from geo.dispatch.problem import Job, PreviousRoute, Problem, TravelTimes, Vehicle
from geo.dispatch.reasons import rules_there_are
from geo.dispatch.referee import judge
from geo.dispatch.search import plan
from geo.dispatch.tables import lay_out
from tests.geo.dispatch.dispatch_worlds import FEATURES, random_problem

SEEDS = range(40)
SAME_SUMS = ("length", "jobs", "reloads", "finish", "room", "travel", "travel_cost", "service", "is_feasible")


def some_problem(seed):
    """A dozen of jobs under a few kinds of rules. Fairness makes the best gap depend on other crews."""
    chosen = {
        name for name in FEATURES if name != "fairness" and random.Random(f"{name}{seed}").random() < 0.4
    }
    return random_problem(seed, 14, 3, chosen)


@pytest.mark.parametrize("seed", SEEDS)
def test_cheapest_place_is_what_trying_every_place_finds(seed):
    problem = some_problem(seed)
    tables = lay_out(problem)
    engine = Engine(tables, seed)
    engine.complete(everything=False)
    engine.keep()
    engine.improve(50, 300.0)
    draft, base = engine.draft(), engine.cost
    unserved = [job for job in tables.open_jobs if engine.route_of[job] < 0 and not tables.after[job]]
    for job, place in zip(unserved, engine.places(unserved), strict=True):
        # A reload that comes with the job is looked for in fewer places than there are: not compared.
        able = [v for v in np.flatnonzero(tables.able[job]) if tables.crews[v].reload_stop < 0]
        if place.vehicle is not None and place.vehicle not in able:
            continue
        tried = _cheapest_by_trying(engine, draft, job, able) - base + tables.worth[job]
        if place.vehicle is None:
            assert tried > 1e15
        elif len(able) == tables.able[job].sum():
            assert place.cost == pytest.approx(tried, abs=1e-3)
        else:
            assert place.cost <= tried + 1e-3


def _cheapest_by_trying(engine, draft, job, able):
    twin = Engine(engine.tables, like=engine)
    best = float("inf")
    for v in able:
        for gap in range(len(draft.orders[v]) + 1):
            orders = list(draft.orders)
            orders[v] = (*orders[v][:gap], job, *orders[v][gap:])
            twin.load(Draft(tuple(orders), draft.promises, 0.0))
            if twin.is_feasible:
                best = min(best, twin.cost)
    return best if best < float("inf") else 1e18


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_search_counts_is_what_loading_its_plan_counts(seed):
    tables = lay_out(some_problem(1000 + seed))
    # Of three vehicles one at a time, or all.
    tuning = replace(TUNING, zone_size=1, zone_rounds=7) if seed % 2 else TUNING
    engine = Engine(tables, seed, tuning=tuning)
    engine.complete(everything=True)
    engine.keep()
    engine.improve(300, 200.0)
    counted, draft, route_of = engine.cost, engine.draft(), engine.route_of
    twin = Engine(tables, like=engine)
    twin.load(draft)
    assert twin.is_feasible
    assert_tables_are_equal(engine, twin)
    assert twin.cost == pytest.approx(counted)
    assert twin.route_of == route_of
    engine.go_to_best()
    assert engine.cost == pytest.approx(engine.best_cost)
    assert engine.best_cost <= counted + 1e-6


def assert_tables_are_equal(engine, twin):
    """Tables that were renewed where they changed, against tables filled from nothing."""
    rule = engine.world.rule[0]
    for v, crew in enumerate(engine.tables.crews):
        states, length = len(crew.rests) + 1, int(engine.state.sums[v]["length"])
        assert {name: engine.state.sums[v][name] for name in SAME_SUMS} == {
            name: twin.state.sums[v][name] for name in SAME_SUMS
        }
        ours, theirs = engine.state.lines[v], twin.state.lines[v]
        of_stops = [STOP, *(rule[group] + k for group in ("ends", "done") for k in range(states))]
        of_gaps = [
            NEAR,
            FAR,
            ARC,
            ROOM,
            *(first + k for first in (LEAVES, rule["latest"]) for k in range(states)),
        ]
        of_gaps += [rule[group] + d for group in ("before", "after") for d in range(rule["dims"])]
        assert (ours[:length, of_stops] == theirs[:length, of_stops]).all()
        assert (ours[: length + 1, of_gaps] == theirs[: length + 1, of_gaps]).all()


def test_near_places_have_near_rows_and_drives_stay_what_they_are():
    dice = np.random.default_rng(3)
    spots = dice.random((200, 2)) * 3600
    drives = np.hypot(*(spots[:, np.newaxis] - spots).transpose(2, 0, 1)).astype(np.int32)
    drives[17, 5] = BLOCKED
    matrices = np.pad(drives, (0, 1))[np.newaxis]
    row_of, moved, costs, costs_to = moved_together(matrices, matrices, matrices.transpose(0, 2, 1))
    assert sorted(row_of) == list(range(201))
    assert row_of[200] == 200
    assert moved is costs
    assert (moved[0][np.ix_(row_of, row_of)] == matrices[0]).all()
    assert (costs_to[0] == moved[0].T).all()
    order = near_order(drives)
    assert drives[order[:-1], order[1:]].mean() < drives.mean() / 4


def test_zones_reach_every_vehicle_and_job_and_no_more_vehicles_than_they_may():
    tables = lay_out(random_problem(5, 60, 12, {"windows", "skills"}))
    engine = Engine(tables, 5, tuning=replace(TUNING, zone_size=4, zone_rounds=1))
    engine.complete(everything=False)
    engine.keep()
    seen_vehicles, seen_jobs = set(), set()
    for _ in range(200):
        engine.improve(1, 100.0)
        totals, zone = engine.state.totals[0], engine.state.zone
        vehicles = zone[0, : totals["zone_vehicles"]].tolist()
        assert sorted(vehicles) == np.flatnonzero(zone[IN_ZONE]).tolist()
        used = [v for v in vehicles if engine.state.sums[v]["length"]]
        assert len(used) <= 4 + SPARE_VEHICLES
        seen_vehicles |= set(vehicles)
        seen_jobs |= set(zone[1, : totals["zone_jobs"]].tolist())
    assert seen_vehicles == set(range(12))
    assert seen_jobs == set(tables.open_jobs)


def test_a_round_in_a_zone_leaves_the_routes_of_others_alone():
    tables = lay_out(random_problem(6, 60, 12, {"windows"}))
    engine = Engine(tables, 6, tuning=replace(TUNING, zone_size=3, zone_rounds=50))
    engine.complete(everything=False)
    engine.keep()
    changed = 0
    for _ in range(20):
        before = engine.draft().orders
        engine.improve(50, 300.0)
        zone = engine.state.zone[IN_ZONE]
        for v, (old, new) in enumerate(zip(before, engine.draft().orders, strict=True)):
            changed += old != new
            assert old == new or zone[v]
    assert changed > 20


def test_finish_leaves_no_job_out_that_would_pay():
    for seed in range(20):
        tables = lay_out(some_problem(2000 + seed))
        engine = Engine(tables, seed)
        engine.complete(everything=False)
        unserved = [job for job in tables.open_jobs if engine.route_of[job] < 0]
        for job, place in zip(unserved, engine.places(unserved), strict=True):
            assert place.vehicle is None or place.cost >= tables.worth[job] - 1e-6


def test_a_proposal_longer_than_any_route_is_cut_to_what_fits():
    jobs = tuple(Job(number, 1, service_s=1000) for number in range(50))
    problem = Problem(
        vehicles=(Vehicle(1, 0, 0, time_window=(0, 4000)),),
        jobs=jobs,
        matrices={"car": TravelTimes(np.full((2, 2), 100, dtype=np.int32))},
        previous=(PreviousRoute(1, tuple(range(50))),),
    )
    made = plan(problem, iterations=10)
    assert judge(problem, made).accepted
    assert len(made.routes[0].job_ids) == 3


def test_same_seed_and_rounds_give_the_same_plan_however_long_they_take():
    problem = some_problem(7)
    first, second = (plan(problem, iterations=700, seed=5) for _ in range(2))
    assert first == second
    assert first.iterations == 700


def test_no_room_names_the_rule_the_best_place_and_its_cost():
    day = (0, 3600)
    jobs = (
        Job(1, 1, service_s=3000, prize=9000),
        Job(2, 1, service_s=3000, prize=5000),
    )
    problem = Problem(
        vehicles=(Vehicle(4, 0, 0, time_window=day),),
        jobs=jobs,
        matrices={"car": TravelTimes(np.array([[0, 60], [60, 0]], dtype=np.int32))},
    )
    (left,) = plan(problem, iterations=10).unassigned
    assert (left.id, left.reason, left.binding) == (2, "no_room", "shift")
    assert (left.best_vehicle, left.insertion_cost) == (4, 0.0)


@pytest.mark.parametrize(
    ("features", "rules"),
    [
        (set(), {"shift"}),
        ({"windows", "breaks"}, {"shift", "time", "break"}),
        ({"load", "limits"}, {"shift", "load", "limits"}),
        ({"after"}, {"shift", "precedence"}),
    ],
)
def test_only_rules_that_the_day_has_are_looked_at_for_reasons(features, rules):
    assert set(rules_there_are(lay_out(random_problem(3, 20, 4, features)))) == rules


def test_ten_thousand_jobs_are_planned_within_their_time():
    dice = np.random.default_rng(3)
    places = dice.uniform(0, 20_000, (10_001, 2)).astype(np.float32)
    drives = np.empty((10_001, 10_001), dtype=np.int32)
    for row, place in enumerate(places):
        drives[row] = np.abs(places - place).sum(axis=1) / 8
    jobs = tuple(
        Job(n, n + 1, service_s=int(dice.integers(600, 3600)), prize=int(dice.integers(900, 12_000)))
        for n in range(10_000)
    )
    vehicles = tuple(Vehicle(v, 0, 0, time_window=(0, 8 * 3600)) for v in range(300))
    problem = Problem(vehicles, jobs, {"car": TravelTimes(drives)})
    made = plan(problem, seconds=5.0)
    served = sum(len(route.job_ids) for route in made.routes)
    assert served + len(made.unassigned) == 10_000
    assert served > 2_000
    assert judge(problem, made).accepted
