"""Plans of whichever solver, tidied as a careful user would, timed by the rules and priced by the referee.

A peer's answer is an order of jobs per vehicle. Each route gets its break at the best place, and jobs that
break a rule or do not pay are left out: the best selection that keeps the order, found by labels. Crews that
wait for each other are timed together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from geo.dispatch.problem import Problem
from geo.dispatch.referee import judge_order
from geo.dispatch.result import Plan, PlannedRoute, ScoreParts, Step, Unassigned
from tests.benchmarks.best_line import Line, best_line

Orders = dict[int, list[int]]
"""Vehicle id → job ids in order."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A plan's price, what it misses and what is wrong with it."""

    score: float
    unserved: int
    must_do_missed: frozenset[int]
    violations: tuple[str, ...]


@dataclass(slots=True)
class Timetable:
    """What is left of the orders: jobs and breaks per vehicle, and when each job starts and ends."""

    lines: dict[int, list[tuple[str, int]]]
    start_s: dict[int, int] = field(default_factory=dict)
    end_s: dict[int, int] = field(default_factory=dict)

    @property
    def orders(self) -> Orders:
        """The jobs alone."""
        return {
            vehicle: [number for kind, number in line if kind == "job"]
            for vehicle, line in self.lines.items()
        }


def judge_plan(problem: Problem, plan: Plan) -> Judged:
    """What the referee says to the order of a plan's steps."""
    verdict = judge_order(problem, plan)
    served = {job for route in plan.routes for job in route.job_ids}
    return Judged(
        score=verdict.score.total,
        unserved=sum(job.id not in served for job in problem.jobs),
        must_do_missed=frozenset(job.id for job in problem.jobs if job.must_do and job.id not in served),
        violations=tuple(f"{broken.code}: {broken.message}" for broken in verdict.violations),
    )


def plan_of(problem: Problem, timetable: Timetable) -> Plan:
    """A plan of which only the order is filled in."""
    places = {job.id: job.location_index for job in problem.jobs}
    routes = []
    for vehicle in problem.vehicles:
        line = timetable.lines.get(vehicle.id)
        if not line:
            continue
        steps = [Step("start", 0, location_index=vehicle.start_index)]
        for kind, number in line:
            steps.append(
                Step("job", 0, id=number, location_index=places[number])
                if kind == "job"
                else Step("break", 0, id=number)
            )
        steps.append(Step("end", 0, location_index=vehicle.end_index))
        routes.append(PlannedRoute(vehicle.id, tuple(steps)))
    served = {number for line in timetable.lines.values() for kind, number in line if kind == "job"}
    left = [Unassigned(job, place, "not_worth", 0.0) for job, place in places.items() if job not in served]
    return Plan(tuple(routes), tuple(left), ScoreParts())


# ---------------------------------------------------------------- tidying


def tidied(problem: Problem, orders: Mapping[int, Sequence[int]]) -> Timetable:
    """Leave out what breaks a rule or does not pay, place the breaks and time all crews together."""
    left = _Left(problem, orders)
    release: dict[int, int] = {}
    known: dict[tuple[int, tuple[int, ...], tuple[int, ...]], Line] = {}
    for _ in range(4 * len(problem.jobs) + 8):
        timetable = Timetable({})
        for vehicle in problem.vehicles:
            order = left.orders.get(vehicle.id, [])
            key = (vehicle.id, tuple(order), tuple(release.get(job, 0) for job in order))
            if key not in known:
                jobs = [left.jobs[job] for job in order]
                known[key] = best_line(problem, vehicle, jobs, left.worth, release)
            line = known[key]
            timetable.lines[vehicle.id] = line.steps
            timetable.start_s |= line.start_s
            timetable.end_s |= line.end_s
        if left.keep(timetable.orders):
            release = {}  # what waited for a job left out no longer does
            continue
        renewed = left.releases(timetable.end_s)
        if renewed == release:
            return timetable
        release = renewed
    raise AssertionError("the crews' times do not settle")


class _Left:
    """The orders that are left, and what each job is worth with those that wait for it."""

    def __init__(self, problem: Problem, orders: Mapping[int, Sequence[int]]) -> None:
        self.jobs = {job.id: job for job in problem.jobs}
        penalty = problem.options.must_do_penalty
        self.price = {job.id: job.prize + penalty * job.must_do for job in problem.jobs}
        self.orders: Orders = {}
        seen: set[int] = set()
        for vehicle in problem.vehicles:
            able = [job for job in orders.get(vehicle.id, ()) if self.jobs[job].skills <= vehicle.skills]
            self.orders[vehicle.id] = [job for job in dict.fromkeys(able) if job not in seen]
            seen.update(able)
        self.worth: dict[int, int] = {}
        self._break_circles()
        self._drop_followers()
        self._weigh()

    def keep(self, orders: Orders) -> bool:
        """Go on with what is left of the orders; whether anything changed."""
        before = {vehicle: list(order) for vehicle, order in self.orders.items()}
        self.orders = orders
        self._drop_followers()
        self._weigh()
        return any(order != self.orders.get(vehicle, []) for vehicle, order in before.items())

    def releases(self, end_s: Mapping[int, int]) -> dict[int, int]:
        """When each job that waits may start."""
        return {
            job: max(end_s[other] for other in self.jobs[job].after)
            for order in self.orders.values()
            for job in order
            if self.jobs[job].after
        }

    def _drop_followers(self) -> None:
        """Leave out jobs that wait for one that is left out, and those that wait for these."""
        while True:
            served = {job for order in self.orders.values() for job in order}
            lost = {job for job in served if not set(self.jobs[job].after) <= served}
            if not lost:
                return
            self._remove(lost)

    def _break_circles(self) -> None:
        while True:
            served = {job for order in self.orders.values() for job in order}
            waits: dict[int, set[int]] = {}
            for order in self.orders.values():
                for before, job in zip([None, *order], order, strict=False):
                    waits[job] = set(self.jobs[job].after) & served
                    if before is not None:
                        waits[job].add(before)
            try:
                TopologicalSorter(waits).prepare()
            except CycleError as error:
                circle = [job for job in error.args[1] if self.jobs[job].after]
                self._remove({min(circle, key=lambda job: (self.price[job], job))})
                continue
            return

    def _remove(self, lost: set[int]) -> None:
        self.orders = {
            vehicle: [job for job in order if job not in lost] for vehicle, order in self.orders.items()
        }

    def _weigh(self) -> None:
        self.worth = dict(self.price)
        for order in self.orders.values():
            for job in order:
                for other in self.jobs[job].after:
                    self.worth[other] += self.price[job]
