"""Planning a day: a first plan, ruin and recreate until the budget is gone, and the plan with its reasons.

The search itself is compiled (`geo.dispatch.engine`). Compiled code cannot read a clock, so it runs in short
chunks; between them the budget is looked at, progress reported, and a wish to stop heard.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from geo.dispatch.budget import Budget
from geo.dispatch.drives import BLOCKED
from geo.dispatch.engine.engine import Draft, Engine
from geo.dispatch.engine.entry import warm_up
from geo.dispatch.problem import Problem
from geo.dispatch.proposals import previous_orders, proposed_orders
from geo.dispatch.publishing import write_out
from geo.dispatch.reasons import explain, rules_there_are
from geo.dispatch.result import Plan, Progress, Timings
from geo.dispatch.tables import lay_out

DEFAULT_SECONDS = 5.0
REPORT_EVERY_S = 0.2
CHUNK = 200
"""Rounds between two looks at the clock when rounds are counted; else as many as take `CHUNK_S`."""
CHUNK_S = 0.02
COOLING = 16.0
"""The first temperature over the last: below, the search is frozen, above, it only wanders."""
POLISHING, EXPLAINING = 0.5, 0.5
"""What the end takes, in the time of the first plan: polishing, and each rule that may be a reason."""
MOST_RESERVED = 0.5
"""Of the budget; the rest is for the search, even when the end then takes longer than it should."""
ROUNDS_A_JOB = 1_100
"""What one annealing needs: more rounds for the same work orders hardly improve it, another start does, since
two that end within 3 % of each other have little in common."""
MOST_STARTS = 4
FINALE = 0.25
"""Of the budget, for the best of several: it is annealed once more, from where cooling had come to by
`FINALE_FROM`."""
FINALE_FROM = 0.6
PROBE = 0.01
"""Of the budget, after which the number of rounds in it is known."""
UPDATE_HEAT = 100.0
"""A plan that people know already is improved, not shaken up."""
WORTH_SHARE = 1 / 3
DRIVE_TIMES = 9.0
"""The first temperature: this share of the median worth, at most so many mean drives between neighbours."""
CLOSE = 10
"""Neighbours of each job that count for that."""
EPSILON = 1e-6


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
    warming_from = time.perf_counter()
    warm_up()
    loading_from = time.perf_counter()
    if seconds is None and iterations is None:
        seconds = DEFAULT_SECONDS
    tables = lay_out(problem)
    engine = Engine(tables, seed)
    budget = Budget(seconds, iterations, time.process_time if cpu else time.perf_counter)
    search = Search(engine, budget, on_progress)
    loaded = time.perf_counter()
    search.construct()
    first = time.perf_counter()
    search.improve()
    kept = search.finish()
    outcome = write_out(tables, engine.draft())
    unassigned = explain(engine)
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
            warmup_ms=_ms(loading_from - warming_from),
            solving_ms=_ms(done - loaded),
            first_feasible_ms=_ms(first - loaded),
        ),
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


class Search:
    """One run: a first plan, a temperature that falls with the budget, and the best plan made whole."""

    def __init__(
        self, engine: Engine, budget: Budget, on_progress: Callable[[Progress], bool] | None = None
    ) -> None:
        self.engine = engine
        self.tables = engine.tables
        self.budget = budget
        self.on_progress = on_progress
        self.iterations = 0
        self.kept: Draft | None = None
        self.is_cancelled = False
        self.last_report = -REPORT_EVERY_S

    # -------- first plan

    def construct(self) -> None:
        """Start from proposals when there are any, else from nothing in two ways, and keep the better."""
        engine = self.engine
        orders = proposed_orders(self.tables)
        if any(orders):
            engine.rebuild(orders)
            engine.complete(everything=False)
            engine.keep()
        else:
            engine.complete(everything=False)
            engine.keep()
            engine.clear()
            engine.complete(everything=True)
            engine.keep_if_better()
            engine.go_to_best()
        # The end polishes, and looks at every job left out again: once for each rule that may be why.
        share = POLISHING + EXPLAINING * len(rules_there_are(self.tables))
        most = MOST_RESERVED * (self.budget.seconds or 0.0)
        self.budget.reserve_s = min(share * self.budget.elapsed_s, most)
        self._report("construct")

    # -------- improvement

    def improve(self) -> None:
        """Ruin and recreate until the budget is gone."""
        if not self.tables.open_jobs or not self.tables.crews:
            return
        engine, first = self.engine, self.engine.draft()
        hot = temperature(engine)
        if self.tables.problem.is_update:
            hot = min(hot, UPDATE_HEAT)
        starts, start, ejected = 0, 0, False
        chunk = CHUNK
        began = used = self.budget.used(self.iterations)
        while used < 1.0 and not self.is_cancelled:
            now, cooled = at_start(used, max(starts, 1))
            if now != start:
                start, ejected = now, now == starts
                best = self._keep_best()
                engine.load(first if now < starts else best)
            if cooled > 1 / 3 and not ejected:
                ejected = True
                engine.eject()
                engine.keep_if_better()
            chunk, used = self._chunk(chunk, hot * COOLING**-cooled)
            if not starts and used - began > PROBE:
                starts = self._number_of_starts(self.iterations / (used - began))
            self._report("improve")

    def _number_of_starts(self, rounds: float) -> int:
        """How often annealing begins, when so many rounds fit into the budget."""
        if self.tables.problem.is_update:
            return 1
        times = (1 - FINALE) * rounds / (ROUNDS_A_JOB * len(self.tables.open_jobs))
        return max(1, min(MOST_STARTS, int(times)))

    def _chunk(self, chunk: int, heat: float) -> tuple[int, float]:
        """Run one chunk; returns the size of the next one and the fraction of the budget used by then."""
        if self.budget.iterations is not None:
            chunk = min(CHUNK, self.budget.iterations - self.iterations)
        began = time.perf_counter()
        self.engine.improve(chunk, heat)
        self.iterations += chunk
        took = max(time.perf_counter() - began, 1e-6)
        following = max(1, min(2 * chunk, round(chunk * CHUNK_S / took)))
        return following, self.budget.used(self.iterations)

    def _keep_best(self) -> Draft:
        """Write the engine's best plan down, unless one of an earlier start is better."""
        if self.kept is None or self.engine.best_cost < self.kept.cost:
            self.engine.go_to_best()
            self.kept = self.engine.draft()
        return self.kept

    # -------- end

    def finish(self) -> bool:
        """Complete the best plan; go back to the previous one, and say so, when little would be gained."""
        self.engine.load(self._keep_best())
        self.engine.finish()
        kept = self._keep_previous()
        self._report("explain")
        return kept

    def _keep_previous(self) -> bool:
        if not self.tables.problem.previous:
            return False
        engine, new = self.engine, self.engine.draft()
        if engine.rebuild(previous_orders(self.tables)) == 0 and not self._gains(new, engine.draft()):
            return True
        engine.load(new)
        return False

    def _gains(self, new: Draft, old: Draft) -> bool:
        """Whether the new plan is worth telling people; always when the old one drops a pinned job."""
        if not all(old.serves(job) for job in self.tables.pinned_to):
            return True
        gain = old.cost - new.cost
        return gain >= self.tables.problem.options.min_gain * abs(old.cost) and gain > EPSILON

    def _report(self, phase: str) -> None:
        if self.on_progress is None:
            return
        elapsed = self.budget.elapsed_s
        if phase == "improve" and elapsed - self.last_report < REPORT_EVERY_S:
            return
        self.last_report = elapsed
        score, unserved = self.engine.best_cost, self.engine.best_unserved()
        if self.kept is not None and self.kept.cost < score:
            score, unserved = self.kept.cost, self.kept.leaves_out(self.tables.open_jobs)
        progress = Progress(
            phase="construct" if phase == "construct" else "improve" if phase == "improve" else "explain",
            fraction=min(1.0, self.budget.used(self.iterations)),
            iterations=self.iterations,
            elapsed_s=elapsed,
            score=score,
            unserved=len(unserved),
            must_do_missed=sum(self.tables.is_must[job] for job in unserved),
        )
        if self.on_progress(progress) is False:
            self.is_cancelled = True


def at_start(used: float, starts: int) -> tuple[int, float]:
    """Which start it is when this fraction of the budget is used, and how far it has cooled, from 0 to 1.

    Of several starts the last one, numbered `starts`, goes on with the best plan so far.
    """
    if starts == 1:
        return 0, used
    main = 1 - FINALE
    if used >= main:
        return starts, FINALE_FROM + (1 - FINALE_FROM) * (used - main) / FINALE
    start = int(used / main * starts)
    return start, used / main * starts - start


def temperature(engine: Engine) -> float:
    """Where annealing starts: a share of the median worth, at most some mean drives between neighbours."""
    world, tables = engine.world, engine.tables
    open_jobs = world.open_jobs
    warm = WORTH_SHARE * float(np.median(world.stops["worth"][open_jobs]))
    near = world.near[open_jobs, :CLOSE]
    places = world.stops["place"]
    crew = tables.crews[0]
    drives = world.costs[0][places[open_jobs][:, np.newaxis], places[near]]
    known = (near >= 0) & (drives < BLOCKED)
    if known.any():
        warm = min(warm, DRIVE_TIMES * float(drives[known].mean()) * crew.per_second)
    return max(warm, 1.0)
