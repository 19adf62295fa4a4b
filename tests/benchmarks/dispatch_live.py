"""A day that is running: an emergency, a crew that drops out, flooded streets.

At ten in the morning what happened and where crews are heading is frozen, the rest may change. Measured are
the wall milliseconds to a first sound plan, how far a plan after two CPU seconds is behind one after sixty,
and how many of the open jobs it gives to another crew.
"""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from geo.dispatch.problem import PlannedStep, PreviousRoute, Problem, TravelTimes, Vehicle
from geo.dispatch.referee import judge
from geo.dispatch.result import Plan, PlannedRoute
from geo.dispatch.search import plan
from geo.roads.closures import closed_segments
from geo.roads.travel_times import road_travel_times
from tests.benchmarks.days import HOUR, Recipe, day
from tests.benchmarks.road_nets import net

NOW = 10 * HOUR
DAY = Recipe("surakarta", 300, "breaks", 3)
QUICK_DAY = Recipe("surakarta", 100, "breaks", 3)
FIRST_MS, BEHIND, MOVED = 300.0, 1.02, 0.10
"""A first plan in so many milliseconds, the plan after 2 s so close to the one after 60 s, moving so few."""
CASES = ("emergency", "broken_crew", "flooded_streets")
TRIES = 3
EMERGENCY_PRIZE = 30_000
FLOOD_DEGREES = 0.0025
"""Radius of the water, about 280 m."""


def rows(quick: bool, only: str) -> Iterator[dict[str, Any]]:
    """A row for each case; quick: the emergency alone, with seconds instead of minutes."""
    cases = [case for case in CASES[: 1 if quick else None] if fnmatch.fnmatch(f"live/{case}", only)]
    if not cases:
        return
    recipe, before_s, better_s, long_s = (QUICK_DAY, 2.0, 1.0, 4.0) if quick else (DAY, 10.0, 2.0, 60.0)
    problem = day(recipe)
    morning = plan(problem, seconds=before_s, seed=1, cpu=True)
    for case in cases:
        yield _row(case, changed(problem, morning, case, recipe), better_s, long_s)


def _row(case: str, problem: Problem, better_s: float, long_s: float) -> dict[str, Any]:
    first, first_ms = _first(problem)
    better = plan(problem, seconds=better_s, seed=1, cpu=True)
    longer = plan(problem, seconds=long_s, seed=1, cpu=True)
    plans = {"first": first, "better": better, "longer": longer}
    verdicts = {name: judge(problem, made) for name, made in plans.items()}
    score = {name: verdict.score.total for name, verdict in verdicts.items()}
    broken = sum(len(verdict.violations) for verdict in verdicts.values())
    told = sum(len(route.jobs) for route in problem.previous)
    moved = better.moved / max(told, 1)
    ratio = score["better"] / score["longer"]
    return {
        "name": f"live/{case}",
        "n": len(problem.jobs),
        "ours": score["better"],
        "peer": None,
        "ratio": ratio,
        "target": f"< {FIRST_MS:g} ms, ≤ {BEHIND:g} of {long_s:g} s, ≤ {MOVED:.0%} moved",
        "met": first_ms < FIRST_MS and ratio <= BEHIND and moved <= MOVED and not broken,
        "first_ms": first_ms,
        "first_score": score["first"],
        "longer_score": score["longer"],
        "open_jobs": told,
        "moved": better.moved,
        "moved_share": moved,
        "must_do_missed": better.must_do_missed,
        "violations": broken,
    }


def _first(problem: Problem) -> tuple[Plan, float]:
    """The plan without any search, and the least wall milliseconds of a few tries."""
    best = float("inf")
    for _ in range(TRIES):
        began = time.perf_counter()
        made = plan(problem, iterations=0, seed=1)
        best = min(best, (time.perf_counter() - began) * 1000)
    return made, best


# ---------------------------------------------------------------- what happens


def changed(problem: Problem, morning: Plan, case: str, recipe: Recipe) -> Problem:
    """The problem at ten o'clock after something happened. Gains however small count: `min_gain` is 0."""
    routes = {route.vehicle: route for route in morning.routes}
    vehicles = [_running(vehicle, routes.get(vehicle.id)) for vehicle in problem.vehicles]
    previous = [
        PreviousRoute(vehicle.id, tuple(step.id for step in vehicle.open_steps if step.id is not None))
        for vehicle in vehicles
    ]
    options = replace(problem.options, min_gain=0.0)
    running = replace(problem, vehicles=tuple(vehicles), previous=tuple(previous), options=options)
    if case == "emergency":
        return _with_emergency(running, morning)
    if case == "broken_crew":
        return _without_a_crew(running)
    return _flooded(running, recipe)


def _running(vehicle: Vehicle, route: PlannedRoute | None) -> Vehicle:
    """Frozen is what a crew has set out for; the rest is proposed."""
    vehicle = replace(vehicle, available_at_s=NOW)
    if route is None:
        return vehicle
    steps: list[PlannedStep] = []
    free_s = vehicle.time_window[0]
    for step in route.steps[1:-1]:
        begun = step.start_s <= NOW if step.type == "break" else free_s < NOW
        if begun and all(before.frozen for before in steps):
            steps.append(
                PlannedStep(step.type, step.id, frozen=True, service_at_s=step.start_s, end_at_s=step.end_s)
            )
            free_s = step.end_s
        elif step.type == "job":
            steps.append(PlannedStep(step.type, step.id))
    return replace(vehicle, steps=tuple(steps), available_at_s=max(NOW, free_s))


def _with_emergency(problem: Problem, morning: Plan) -> Problem:
    """A job that was left out becomes one that must be begun within ninety minutes."""
    number = morning.unassigned[0].id if morning.unassigned else problem.jobs[0].id
    jobs = [
        replace(
            job,
            prize=EMERGENCY_PRIZE,
            must_do=True,
            skills=frozenset(),
            time_windows=((NOW, NOW + HOUR * 3 // 2),),
        )
        if job.id == number
        else job
        for job in problem.jobs
    ]
    return replace(problem, jobs=tuple(jobs))


def _without_a_crew(problem: Problem) -> Problem:
    """The crew with most open jobs finishes what it has begun and does no more."""
    out = max(problem.vehicles, key=lambda vehicle: len(vehicle.open_steps)).id
    vehicles = [
        replace(
            vehicle,
            steps=vehicle.frozen_steps,
            max_tasks=sum(step.type == "job" for step in vehicle.frozen_steps),
            skills=frozenset(),
            breaks=(),
        )
        if vehicle.id == out
        else vehicle
        for vehicle in problem.vehicles
    ]
    previous = [route for route in problem.previous if route.vehicle != out]
    return replace(problem, vehicles=tuple(vehicles), previous=tuple(previous))


def _flooded(problem: Problem, recipe: Recipe) -> Problem:
    """Water stands around the middle of the open jobs; everyone drives around it."""
    assert problem.places is not None, "a generated day knows its places"
    points = np.array(problem.places)
    graph = net(recipe.net)
    middle = np.median([points[job.location_index] for job in problem.jobs], axis=0)
    closed = closed_segments(graph, [shapely.Point(*middle).buffer(FLOOD_DEGREES)])
    durations = road_travel_times(graph, points, closed=closed).durations_s
    return replace(problem, matrices={"car": TravelTimes(durations)})
