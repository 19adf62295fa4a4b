"""Whatever the day: a plan of the search passes the referee, and the same plan broken in any way does not."""

import random
from collections import Counter
from dataclasses import fields, replace

from geo.dispatch.problem import Problem
from geo.dispatch.referee import judge
from geo.dispatch.result import Plan, PlannedRoute, Step
from geo.dispatch.search import plan
from tests.geo.dispatch.dispatch_worlds import FEATURES, random_problem

DAYS = 150


def test_broken_plans_are_refused():
    seen = Counter()
    for seed in range(DAYS):
        rng = random.Random(seed)
        problem = random_problem(seed, 8, 3, {name for name in FEATURES if rng.random() < 0.3})
        made = plan(problem, iterations=30, seed=seed)
        assert judge(problem, made).accepted, seed
        for breaking in BREAKINGS:
            broken = breaking(problem, made, rng)
            if broken is not None:
                seen[breaking.__name__] += 1
                assert not judge(problem, broken).accepted, (seed, breaking.__name__)
    assert min(seen[breaking.__name__] for breaking in BREAKINGS) >= 15, seen


def serve_twice(_problem: Problem, made: Plan, rng: random.Random) -> Plan | None:
    route, at = _open_job(made, rng)
    return None if route is None else _with_steps(made, route, [*route.steps[: at + 1], *route.steps[at:]])


def forget(_problem: Problem, made: Plan, rng: random.Random) -> Plan | None:
    route, at = _open_job(made, rng)
    return None if route is None else _with_steps(made, route, [*route.steps[:at], *route.steps[at + 1 :]])


def be_there_too_early(_problem: Problem, made: Plan, rng: random.Random) -> Plan | None:
    """The crew cannot be faster than the road; what it does first it may do at any time it is there."""
    route, at = _open_job(made, rng)
    if route is None or route.steps[at - 1].type not in {"job", "reload"}:
        return None
    step = route.steps[at]
    earlier = replace(step, arrival_s=step.arrival_s - 1)
    return _with_steps(made, route, [*route.steps[:at], earlier, *route.steps[at + 1 :]])


def work_less(_problem: Problem, made: Plan, rng: random.Random) -> Plan | None:
    route, at = _open_job(made, rng)
    if route is None or route.steps[at].service_s == 0:
        return None
    shorter = replace(route.steps[at], service_s=route.steps[at].service_s - 1)
    return _with_steps(made, route, [*route.steps[:at], shorter, *route.steps[at + 1 :]])


def skip_a_break(_problem: Problem, made: Plan, rng: random.Random) -> Plan | None:
    found = [
        (route, at)
        for route in made.routes
        for at, step in enumerate(route.steps)
        if step.type == "break" and not step.frozen
    ]
    if not found:
        return None
    route, at = rng.choice(found)
    return _with_steps(made, route, [*route.steps[:at], *route.steps[at + 1 :]])


def flatter(_problem: Problem, made: Plan, rng: random.Random) -> Plan | None:
    part = rng.choice([field.name for field in fields(made.score)])
    return replace(made, score=replace(made.score, **{part: getattr(made.score, part) - 1.0}))


def give_to_the_unskilled(problem: Problem, made: Plan, rng: random.Random) -> Plan | None:
    skills = {job.id: job.skills for job in problem.jobs}
    able = {vehicle.id: vehicle.skills for vehicle in problem.vehicles}
    route, at = _open_job(made, rng)
    if route is None:
        return None
    step = route.steps[at]
    others = [other for other in made.routes if not skills[step.id or 0] <= able[other.vehicle]]
    if not others:
        return None
    shorter = _with_steps(made, route, [*route.steps[:at], *route.steps[at + 1 :]])
    other = rng.choice(others)
    return _with_steps(shorter, other, [*other.steps[:-1], step, other.steps[-1]])


BREAKINGS = (
    serve_twice,
    forget,
    be_there_too_early,
    work_less,
    skip_a_break,
    flatter,
    give_to_the_unskilled,
)


def _open_job(made: Plan, rng: random.Random) -> tuple[PlannedRoute | None, int]:
    """A job that did not happen yet, and where it stands."""
    found = [
        (route, at)
        for route in made.routes
        for at, step in enumerate(route.steps)
        if step.type == "job" and not step.frozen and at > 0
    ]
    return rng.choice(found) if found else (None, -1)


def _with_steps(made: Plan, route: PlannedRoute, steps: list[Step]) -> Plan:
    """The plan with other steps on one route."""
    changed = replace(route, steps=tuple(steps))
    return replace(made, routes=tuple(changed if each is route else each for each in made.routes))
