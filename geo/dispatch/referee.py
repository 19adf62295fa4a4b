"""The independent referee: takes the order of the stops and recomputes everything else.

It imports the problem and the plan, nothing of the solver, and was written from the rules, not from the
solver's code: a fault in one should not hide in the other. It judges by the least fixed point over all crews
and by the stated times, and it prices the plan itself.
"""

from __future__ import annotations

import math
from dataclasses import fields
from itertools import pairwise

from geo.dispatch.problem import Problem
from geo.dispatch.referee_clock import Clock
from geo.dispatch.referee_orders import Orders, Sheet
from geo.dispatch.referee_statement import Statement, service_s
from geo.dispatch.result import Plan, ScoreParts
from geo.dispatch.verdict import Verdict, Violation

TOLERANCE = 1e-6


def judge(problem: Problem, plan: Plan) -> Verdict:
    """Check a plan against every rule.

    Parameters
    ----------
    problem
        As the plan was made from.
    plan
        From whichever solver; only the order of its steps is trusted.

    Returns
    -------
    All violations found and the recomputed score.
    """
    orders, clock, accounts = _recompute(problem, plan)
    score = accounts.score()
    if not clock.has_circle:
        Statement(orders, clock).check()
        accounts.check_statement(score)
    return Verdict(tuple(orders.violations), score)


def judge_order(problem: Problem, plan: Plan) -> Verdict:
    """Check and price the order of the steps alone, whatever times, loads and sums the plan states."""
    orders, _, accounts = _recompute(problem, plan)
    return Verdict(tuple(orders.violations), accounts.score())


def _recompute(problem: Problem, plan: Plan) -> tuple[Orders, Clock, _Accounts]:
    orders = Orders(problem, plan)
    orders.check()
    clock = Clock(orders)
    clock.check()
    accounts = _Accounts(orders, clock)
    accounts.check_travel_limits()
    return orders, clock, accounts


class _Accounts:
    """What the plan costs, from the orders and the recomputed times."""

    def __init__(self, orders: Orders, clock: Clock) -> None:
        self.orders, self.clock, self.problem = orders, clock, orders.problem
        self.travel = {sheet.vehicle.id: self._travel(sheet) for sheet in orders.sheets}

    def _travel(self, sheet: Sheet) -> tuple[int, int]:
        """Seconds driven and their cost before per_hour, frozen part included."""
        pairs = self._frozen_pairs(sheet) + self._open_pairs(sheet)
        times = self.clock.times_of(sheet.vehicle)
        costs = times.durations_s if times.costs is None else times.costs
        driven = [(a, b) for a, b in pairs if self.clock.drive(sheet.vehicle, a, b) is not None]
        return (
            sum(int(times.durations_s[a, b]) for a, b in driven),
            sum(int(costs[a, b]) for a, b in driven),
        )

    def _frozen_pairs(self, sheet: Sheet) -> list[tuple[int, int]]:
        places = [place for place in self.clock.frozen_places(sheet) if place is not None]
        return list(pairwise(places))

    def _open_pairs(self, sheet: Sheet) -> list[tuple[int, int]]:
        vehicle = sheet.vehicle
        if sheet.is_over or (not sheet.open and not sheet.frozen):
            return []
        stops = [self.clock.place_of(vehicle, stop) for stop in sheet.open if stop.type != "break"]
        places = [
            place for place in [self.clock.open_place(sheet), *stops, vehicle.end_index] if place is not None
        ]
        return list(pairwise(places))

    def check_travel_limits(self) -> None:
        """Check ``max_travel_time`` of vehicles with open stops."""
        for sheet in self.orders.sheets:
            limit, seconds = sheet.vehicle.max_travel_time_s, self.travel[sheet.vehicle.id][0]
            if limit is not None and sheet.open and seconds > limit:
                self.orders.complain(
                    "limits", sheet.vehicle.id, None, f"{seconds} s of driving, at most {limit}."
                )

    # -------- the price

    def score(self) -> ScoreParts:
        """The objective by parts."""
        options = self.problem.options
        return ScoreParts(
            travel=sum(self._travel_cost(sheet) for sheet in self.orders.sheets),
            fixed=float(sum(self._fixed(sheet) for sheet in self.orders.sheets)),
            lost=float(sum(self.worth(job) for job in self.orders.jobs if job not in self.orders.vehicle_of)),
            overtime=sum(self._overtime(sheet) for sheet in self.orders.sheets),
            lateness=sum(self._lateness(job) for job in self.clock.job_end),
            day=sum(self._day(sheet) for sheet in self.orders.sheets),
            reassign=self.moved() * options.reassign_penalty,
            fairness=self._fairness(),
        )

    def worth(self, job: int) -> int:
        """Prize, and the penalty of a compulsory job."""
        record = self.orders.jobs[job]
        return record.prize + self.problem.options.must_do_penalty * self.is_must(job)

    def is_must(self, job: int) -> bool:
        """Whether leaving it out counts as missed."""
        return self.orders.jobs[job].must_do or self.orders.pinned_vehicle(job) is not None

    def _travel_cost(self, sheet: Sheet) -> float:
        return self.travel[sheet.vehicle.id][1] * sheet.vehicle.per_hour / 3600.0

    @staticmethod
    def _fixed(sheet: Sheet) -> int:
        return sheet.vehicle.fixed_cost if sheet.open_jobs or sheet.frozen_jobs else 0

    def _overtime(self, sheet: Sheet) -> float:
        if not sheet.open_jobs or self.clock.has_circle:
            return 0.0
        late_s = self.clock.done_s[sheet.vehicle.id] - sheet.vehicle.time_window[1]
        return sheet.vehicle.overtime_cost * max(0, late_s)

    def _lateness(self, job: int) -> float:
        record = self.orders.jobs[job]
        if record.due_s is None:
            return 0.0
        return record.late_cost * max(0, self.clock.job_end[job] - record.due_s)

    def _day(self, sheet: Sheet) -> float:
        decay = 1.0 - self.problem.options.day_decay**sheet.vehicle.day
        return decay * sum(self.worth(job) for job in [*sheet.frozen_jobs, *sheet.open_jobs])

    def moved(self) -> int:
        """Open jobs with another crew than they were told."""
        crew = {vehicle.id: vehicle.crew_name for vehicle in self.problem.vehicles}
        told = {job: crew[route.vehicle] for route in self.problem.previous for job in route.jobs}
        return sum(
            job in told and told[job] != sheet.vehicle.crew_name
            for sheet in self.orders.sheets
            for job in sheet.open_jobs
        )

    def _fairness(self) -> float:
        work: dict[str, int] = {}
        for sheet in self.orders.sheets:
            seconds = self.travel[sheet.vehicle.id][0] + service_s(self.clock, sheet)
            work[sheet.vehicle.crew_name] = work.get(sheet.vehicle.crew_name, 0) + seconds
        mean = sum(work.values()) / len(work)
        if not mean:
            return 0.0
        spread = sum((seconds - mean) ** 2 for seconds in work.values()) / mean
        return self.problem.options.fairness_weight * spread

    # -------- what the plan states

    def check_statement(self, score: ScoreParts) -> None:
        """Compare stated prices and counts with the recomputed ones."""
        plan = self.orders.plan
        for part in fields(ScoreParts):
            self._compare(f"The part {part.name}", getattr(score, part.name), getattr(plan.score, part.name))
        missed = sum(self.is_must(job) for job in self.orders.jobs if job not in self.orders.vehicle_of)
        self._compare("The number of missed must-do jobs", missed, plan.must_do_missed)
        self._compare("The number of moved jobs", self.moved(), plan.moved)
        for job in plan.unassigned:
            if job.id in self.orders.jobs:
                self._compare(f"The worth of job {job.id}", self.worth(job.id), job.worth)
        for sheet in self.orders.sheets:
            if sheet.route is not None:
                cost = self._travel_cost(sheet) + self._fixed(sheet)
                self._compare(f"The cost of vehicle {sheet.vehicle.id}", cost, sheet.route.cost)

    def _compare(self, what: str, expected: float, stated: float) -> None:
        if not math.isclose(expected, stated, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
            self.orders.complain("score", None, None, f"{what} is {expected:g}, stated is {stated:g}.")


__all__ = ["Verdict", "Violation", "judge", "judge_order"]
