"""Ruin and recreate by string removal, accepted by simulated annealing.

Strings of neighbouring stops are removed from neighbouring routes, then put back greedily with a few blinks:
slack induction by string removals (Christiaens and Vanden Berghe, Transportation Science 54(2), 2020).
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geo.dispatch.construction import (
    EPSILON,
    Ejector,
    drop_what_does_not_pay,
    insert_all,
    insert_by_prize,
    insert_must_do,
    insert_what_pays,
    needed_first,
    previous_orders,
    proposed_orders,
    rebuild,
    window_length,
)
from geo.dispatch.insertion import Inserter
from geo.dispatch.problem import NO_WAY, Problem
from geo.dispatch.publishing import write_out
from geo.dispatch.reasons import explain
from geo.dispatch.result import Plan, Progress, Timings
from geo.dispatch.solution import NOBODY, Snapshot, Solution
from geo.dispatch.tables import Tables, lay_out

DEFAULT_SECONDS = 5.0
NEIGHBOURS = 120
MOST_STRINGS = 3
LONGEST_STRING = 6
"""Stops removed from one route; a quarter of it when the route is longer than four times that."""
SPLIT_CHANCE = 0.3
BLINK_CHANCE = 0.01
REPORT_EVERY_S = 0.2
OPEN_ROUTE_CHANCE = 0.08
COOLING = 80.0
UPDATE_HEAT = 100.0
"""A plan that people know already is improved, not shaken up."""


def plan(
    problem: Problem,
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
    on_progress: Callable[[Progress], bool] | None = None,
    cpu: bool = False,
) -> Plan:
    """Plan the day.

    Parameters
    ----------
    problem
        Checked by `read_problem` or `check_problem`.
    seconds
        Budget of the search after loading; 5 when neither budget is given.
    iterations
        Budget in rounds of the search: the same problem, seed and number give the same plan.
    seed
        Of the random generator.
    on_progress
        Called a few times a second; returning False ends the search with the best plan so far.
    cpu
        Count seconds of the process instead of the wall.

    Returns
    -------
    The best plan found, feasible by construction. Unserved jobs are explained.
    """
    loading_from = time.perf_counter()
    if seconds is None and iterations is None:
        seconds = DEFAULT_SECONDS
    tables = lay_out(problem)
    budget = Budget(seconds, iterations, time.process_time if cpu else time.perf_counter)
    search = Search(tables, budget, seed, on_progress)
    loaded = time.perf_counter()
    search.construct()
    first = time.perf_counter()
    search.improve()
    solution, kept = search.finish()
    outcome = write_out(solution)
    unassigned = explain(solution)
    done = time.perf_counter()
    return Plan(
        routes=outcome.routes,
        unassigned=unassigned,
        score=outcome.score,
        must_do_missed=outcome.must_do_missed,
        moved=outcome.moved,
        kept_previous=kept,
        seed=seed,
        iterations=search.iterations,
        matrix_source=problem.matrix_source,
        timings=Timings(
            loading_ms=_ms(loaded - loading_from),
            solving_ms=_ms(done - loaded),
            first_feasible_ms=_ms(first - loaded),
        ),
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


@dataclass(slots=True)
class Budget:
    """When to stop: after a time, after a number of iterations, whichever comes first."""

    seconds: float | None
    iterations: int | None
    clock: Callable[[], float]
    started: float = 0.0
    reserve_s: float = 0.0
    """What the end of the run needs."""

    def __post_init__(self) -> None:
        self.started = self.clock()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return self.clock() - self.started

    def used(self, iterations: int) -> float:
        """Fraction of the budget that is gone."""
        used = 0.0
        if self.iterations is not None:
            used = 1.0 if self.iterations <= 0 else iterations / self.iterations
        if self.seconds is not None:
            used = max(used, 1.0 if self.seconds <= 0 else (self.elapsed_s + self.reserve_s) / self.seconds)
        return used


class Search:
    """One run: a current solution, the best one, and a temperature that falls with the budget."""

    def __init__(
        self,
        tables: Tables,
        budget: Budget,
        seed: int,
        on_progress: Callable[[Progress], bool] | None = None,
    ) -> None:
        self.tables = tables
        self.budget = budget
        self.rng = random.Random(seed)  # noqa: S311 — repeatable search, nothing secret
        self.on_progress = on_progress
        self.solution = Solution(tables)
        self.inserter = Inserter(self.solution, self.rng, BLINK_CHANCE)
        self.careful = Inserter(self.solution)
        self.ejector = Ejector(self.careful)
        self.neighbours = neighbours_of(tables)
        self.best: Snapshot = self.solution.save()
        self.iterations = 0
        self.is_cancelled = False
        self.last_report = -REPORT_EVERY_S

    # -------- first plan

    def construct(self) -> None:
        """Start from proposals when there are any, else from nothing in two ways, and keep the better."""
        orders = proposed_orders(self.tables)
        if any(orders):
            rebuild(self.careful, orders)
            self._complete(everything=False)
        else:
            self._complete(everything=False)
            sparing = self.solution.save()
            self.solution.restore(self.best)
            self._complete(everything=True)
            if sparing.cost <= self.solution.cost:
                self.solution.restore(sparing)
        self.best = self.solution.save()
        # The end polishes and explains: about half of what the beginning took.
        self.budget.reserve_s = min(0.5 * self.budget.elapsed_s, 0.25 * (self.budget.seconds or 0.0))
        self._report("construct")

    def _complete(self, *, everything: bool) -> None:
        insert_must_do(self.careful)
        insert_by_prize(self.careful, everything=everything)
        self.ejector.run()
        drop_what_does_not_pay(self.solution)
        insert_what_pays(self.careful)

    # -------- improvement

    def improve(self) -> None:
        """Ruin and recreate until the budget is gone."""
        if not self.tables.open_jobs or not self.tables.crews:
            return
        hot = temperature(self.tables, self.neighbours)
        if self.tables.problem.is_update:
            hot = min(hot, UPDATE_HEAT)
        ejected = False
        while (used := self.budget.used(self.iterations)) < 1.0 and not self.is_cancelled:
            self.iterations += 1
            self._step(hot * COOLING**-used)
            if used > 1 / 3 and not ejected:
                ejected = True
                self._eject()
            self._report("improve")

    def _step(self, heat: float) -> None:
        solution = self.solution
        before = solution.save()
        removed = self._ruin()
        if not all(route.is_feasible for route in solution.routes):
            solution.restore(before)
            return
        self._recreate(removed)
        solution.cost = solution.total()
        threshold = before.cost - heat * math.log(self.rng.random() or EPSILON)
        if solution.cost >= threshold:
            solution.restore(before)
        elif solution.cost < self.best.cost - EPSILON:
            self.best = solution.save()

    def _eject(self) -> None:
        self.ejector.run()
        self.solution.cost = self.solution.total()
        if self.solution.cost < self.best.cost - EPSILON:
            self.best = self.solution.save()

    def _ruin(self) -> list[int]:
        """Remove strings around a random job from a few routes near it."""
        solution, rng = self.solution, self.rng
        open_jobs = self.tables.open_jobs
        seed = open_jobs[rng.randrange(len(open_jobs))]
        strings = rng.randint(1, MOST_STRINGS)
        gone: list[int] = []
        ruined: set[int] = set()
        for job in (seed, *self.neighbours[seed]):
            v = solution.route_of[job]
            if v == NOBODY or v in ruined:
                continue
            ruined.add(v)
            gone.extend(self._string(job, v))
            if len(ruined) >= strings:
                break
        return solution.remove(gone)

    def _string(self, job: int, v: int) -> list[int]:
        """A run of neighbouring jobs around one; sometimes with one in the middle kept."""
        jobs, rng = self.solution.routes[v].jobs, self.rng
        length = rng.randint(1, min(len(jobs), max(LONGEST_STRING, len(jobs) // 4)))
        at = jobs.index(job)
        first = rng.randint(max(0, at - length + 1), min(at, len(jobs) - length))
        string = jobs[first : first + length]
        if len(string) > 2 and rng.random() < SPLIT_CHANCE:
            kept = rng.randrange(len(string))
            del string[kept]
        return string

    def _recreate(self, removed: list[int]) -> None:
        rng, tables = self.rng, self.tables
        jobs = list(dict.fromkeys(removed + self._nearby_unserved(removed)))
        order = rng.randrange(4)
        rng.shuffle(jobs)
        if order == 1:
            jobs.sort(key=lambda job: -tables.worth[job])
        elif order == 2:
            jobs.sort(key=lambda job: -tables.worth[job] / (tables.service[job] + 400))
        elif order == 3:
            jobs.sort(key=lambda job: window_length(tables, job))
        if tables.worth and rng.random() < OPEN_ROUTE_CHANCE:
            self._open_route(jobs)
        if self.solution.has_precedence:
            jobs = needed_first(tables, jobs)
        insert_all(self.inserter, jobs, self.solution.claim)

    def _open_route(self, jobs: list[int]) -> None:
        """Put one job into an unused vehicle whatever it costs: what follows may make the route pay."""
        empty = [v for v, route in enumerate(self.solution.routes) if not route.stops]
        if not empty or not jobs:
            return
        v = self.rng.choice(empty)
        for job in jobs:
            if self.solution.route_of[job] == NOBODY and self.tables.crews[v].can_serve[job]:
                place = self.inserter.best_in(job, v, float("inf"))
                if place is not None:
                    self.inserter.apply(job, place)
                return

    def _nearby_unserved(self, removed: list[int]) -> list[int]:
        served = self.solution.route_of
        around = removed[0] if removed else self.rng.choice(self.tables.open_jobs)
        out = [job for job in (around, *self.neighbours[around]) if served[job] == NOBODY][:25]
        if self.rng.random() < 0.3:
            unserved = self.solution.unserved()
            out += self.rng.sample(unserved, min(5, len(unserved)))
        return out

    # -------- end

    def finish(self) -> tuple[Solution, bool]:
        """The best plan, completed; or the previous one when the gain is too small to bother people."""
        self.solution.restore(self.best)
        self.ejector.run()
        drop_what_does_not_pay(self.solution)
        insert_what_pays(self.careful)
        kept = self._previous_if_good_enough()
        self._report("explain")
        return (self.solution, False) if kept is None else (kept, True)

    def _previous_if_good_enough(self) -> Solution | None:
        if not self.tables.problem.previous:
            return None
        previous = Solution(self.tables)
        if rebuild(Inserter(previous), previous_orders(self.tables)):
            return None
        if any(previous.route_of[job] == NOBODY for job in self.tables.pinned_to):
            return None
        gain = previous.cost - self.solution.cost
        if gain >= self.tables.problem.options.min_gain * abs(previous.cost) and gain > EPSILON:
            return None
        return previous

    def _report(self, phase: str) -> None:
        if self.on_progress is None:
            return
        elapsed = self.budget.elapsed_s
        if phase == "improve" and elapsed - self.last_report < REPORT_EVERY_S:
            return
        self.last_report = elapsed
        served = self.best.route_of
        unserved = [job for job in self.tables.open_jobs if served[job] == NOBODY]
        progress = Progress(
            phase="construct" if phase == "construct" else "improve" if phase == "improve" else "explain",
            fraction=min(1.0, self.budget.used(self.iterations)),
            iterations=self.iterations,
            elapsed_s=elapsed,
            score=self.best.cost,
            unserved=len(unserved),
            must_do_missed=sum(self.tables.is_must[job] for job in unserved),
        )
        if self.on_progress(progress) is False:
            self.is_cancelled = True


def neighbours_of(tables: Tables) -> list[list[int]]:
    """For each job the open jobs nearest by the way there and back, in order."""
    if not tables.n:
        return []
    profile = tables.problem.vehicles[0].profile
    durations = tables.problem.matrices[profile].durations_s
    places = np.array(tables.place[: tables.n])
    there = durations[np.ix_(places, places)].astype(np.int64)
    there[there == NO_WAY] = 1 << 31
    both = there + there.T
    np.fill_diagonal(both, -1)
    order = np.argsort(both, axis=1, kind="stable")[:, 1 : NEIGHBOURS + 1]
    return [[int(job) for job in row if int(job) not in tables.frozen_end] for row in order]


def temperature(tables: Tables, neighbours: list[list[int]]) -> float:
    """Where annealing starts: a tenth of the median worth, at most the mean drive between neighbours."""
    crew = tables.crews[0]
    worths = [tables.worth[job] for job in tables.open_jobs]
    drives = [
        crew.costs[tables.place[job]][tables.place[other]] * crew.per_second
        for job in tables.open_jobs
        for other in neighbours[job][:10]
    ]
    finite = [drive for drive in drives if drive < 1 << 40]
    warm = 0.1 * statistics.median(worths)
    if finite:
        warm = min(warm, statistics.fmean(finite))
    return max(warm, 1.0)
