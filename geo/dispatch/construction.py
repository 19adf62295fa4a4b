"""First plans: from what was told before, or from nothing with the compulsory jobs first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from geo.dispatch.insertion import Inserter, Place
from geo.dispatch.problem import FOREVER
from geo.dispatch.route import Route
from geo.dispatch.solution import NOBODY, Solution
from geo.dispatch.tables import INF, Tables

LONGEST_EJECTION = 3
EPSILON = 1e-6


def window_length(tables: Tables, job: int) -> int:
    """Seconds in which the job may start; the tightness of its windows."""
    return sum(min(end, FOREVER) - start for start, end in tables.windows[job])


def insert_must_do(inserter: Inserter) -> None:
    """Insert the compulsory jobs, those with the least choice of time first."""
    solution, tables = inserter.solution, inserter.tables
    jobs = [job for job in solution.unserved() if tables.is_must[job]]
    jobs.sort(key=lambda job: (len(inserter.vehicles_of[job]), window_length(tables, job), job))
    insert_all(inserter, needed_first(tables, jobs), solution.claim)


def needed_first(tables: Tables, jobs: Iterable[int]) -> list[int]:
    """The jobs with all their predecessors, each after what it waits for."""
    out: dict[int, None] = {}

    def visit(job: int) -> None:
        if job in out or job in tables.frozen_end:
            return
        for other in tables.after[job]:
            visit(other)
        out[job] = None

    for job in jobs:
        visit(job)
    return list(out)


def insert_all(inserter: Inserter, jobs: Sequence[int], limit: Callable[[int], float]) -> None:
    """Insert jobs in order where they cost less than their limit; followers get two tries."""
    open_jobs = (job for job in jobs if inserter.solution.route_of[job] == NOBODY)
    again = [job for job in open_jobs if not inserter.insert(job, limit(job))]
    for job in again:
        if inserter.tables.after[job]:
            inserter.insert(job, limit(job))


def insert_by_prize(inserter: Inserter, *, everything: bool = False) -> None:
    """Insert the rest by worth per second; everything that fits, or only what pays."""
    tables, solution = inserter.tables, inserter.solution
    jobs = sorted(
        solution.unserved(), key=lambda job: (-tables.worth[job] / (tables.service[job] + 600), job)
    )
    insert_all(
        inserter, needed_first(tables, jobs), lambda job: float("inf") if everything else solution.claim(job)
    )


def drop_what_does_not_pay(solution: Solution) -> None:
    """Empty routes and remove jobs as long as the objective falls."""
    tables = solution.tables
    solution.cost = solution.total()
    whole_routes = [list(route.jobs) for route in solution.routes]
    single_jobs = [[job] for job in tables.open_jobs if solution.route_of[job] != NOBODY]
    for jobs in [*whole_routes, *single_jobs]:
        here = [job for job in jobs if solution.route_of[job] != NOBODY]
        if not here:
            continue
        before = solution.save()
        solution.remove(here)
        cost = solution.total()
        if cost < before.cost - EPSILON and all(route.is_feasible for route in solution.routes):
            solution.cost = cost
        else:
            solution.restore(before)


def insert_what_pays(inserter: Inserter) -> None:
    """Insert, until nothing changes, every job that is worth more than its cheapest place costs."""
    tables, solution = inserter.tables, inserter.solution
    for _ in range(tables.n + 1):
        jobs = sorted(solution.unserved(), key=lambda job: (-tables.worth[job], job))
        if not [job for job in jobs if inserter.insert(job, tables.worth[job])]:
            break
    solution.cost = solution.total()


# ---------------------------------------------------------------- from an earlier plan


def rebuild(inserter: Inserter, orders: Sequence[Sequence[int]]) -> list[int]:
    """Append each vehicle's jobs in the given order; return those that did not fit, in that order.

    Predecessors on other vehicles are waited for: vehicles take turns until none can go on.
    """
    waiting = [list(order) for order in orders]
    left: list[int] = []
    while any(waiting):
        moved = False
        for v, jobs in enumerate(waiting):
            while jobs and _is_ready(inserter, jobs[0]):
                moved = True
                job = jobs.pop(0)
                if inserter.solution.route_of[job] == NOBODY and not append(inserter, job, v):
                    left.append(job)
        if not moved:
            stuck = next(jobs for jobs in waiting if jobs)
            left.append(stuck.pop(0))
    inserter.solution.cost = inserter.solution.total()
    return left


def _is_ready(inserter: Inserter, job: int) -> bool:
    served = inserter.solution.route_of
    return all(
        served[other] != NOBODY or other in inserter.tables.frozen_end for other in inserter.tables.after[job]
    )


def append(inserter: Inserter, job: int, v: int) -> bool:
    """Put a job at the end of a route, with a reload before it when the load asks for one."""
    solution, crew = inserter.solution, inserter.tables.crews[v]
    if not crew.can_serve[job] or (inserter.tables.after[job] and solution.released_at(job, v) >= INF):
        return False
    stops = solution.routes[v].stops
    if inserter.apply(job, Place(0.0, v, len(stops), [*stops, job])):
        return True
    if crew.reload_stop < 0:
        return False
    return inserter.apply(job, Place(0.0, v, len(stops) + 1, [*stops, crew.reload_stop, job]))


def proposed_orders(tables: Tables) -> list[list[int]]:
    """Open jobs per vehicle from the steps of the file; else from the plan told before."""
    orders = [
        [
            tables.number_of[step.id]
            for step in vehicle.open_steps
            if step.type == "job" and step.id is not None
        ]
        for vehicle in tables.problem.vehicles
    ]
    return orders if any(orders) else previous_orders(tables)


def previous_orders(tables: Tables) -> list[list[int]]:
    """Open jobs per vehicle as they were told before."""
    number = {vehicle.id: v for v, vehicle in enumerate(tables.problem.vehicles)}
    orders: list[list[int]] = [[] for _ in tables.crews]
    for route in tables.problem.previous:
        jobs = [tables.number_of[job] for job in route.jobs]
        orders[number[route.vehicle]].extend(job for job in jobs if job not in tables.frozen_end)
    return orders


# ---------------------------------------------------------------- making room for compulsory jobs


@dataclass(slots=True)
class Ejector:
    """Makes room for a compulsory job by taking up to three neighbouring optional jobs out of a route.

    How often a job could not be placed counts: what was hard to place is dear to eject (after Nagata and
    Bräysy, 2009).
    """

    inserter: Inserter
    tries: dict[int, int] = field(default_factory=dict)

    def run(self, rounds: int = 3) -> None:
        """Try to place every missed compulsory job; never worsens the objective."""
        solution, tables = self.inserter.solution, self.inserter.tables
        for _ in range(rounds):
            missed = [job for job in solution.unserved() if tables.is_must[job]]
            if not missed:
                return
            for job in missed:
                if solution.route_of[job] == NOBODY:
                    self._place(job)

    def _place(self, job: int) -> None:
        solution, tables = self.inserter.solution, self.inserter.tables
        if self.inserter.insert(job, tables.worth[job]):
            return
        self.tries[job] = self.tries.get(job, 0) + 1
        before = solution.save()
        before.cost = solution.total()
        for others in self._candidates(job)[:12]:
            gone = solution.remove(others)
            if self.inserter.insert(job, tables.worth[job] + 1):
                insert_all(self.inserter, needed_first(tables, gone), solution.claim)
            solution.cost = solution.total()
            if solution.cost < before.cost - EPSILON and all(route.is_feasible for route in solution.routes):
                return
            solution.restore(before)

    def _candidates(self, job: int) -> list[list[int]]:
        """Strings of optional jobs whose route could take the job instead, cheapest first."""
        found: list[tuple[float, list[int]]] = []
        for v in self.inserter.vehicles_of[job]:
            route = self.inserter.solution.routes[v]
            for first in range(len(route.jobs)):
                for length in range(1, LONGEST_EJECTION + 1):
                    others = route.jobs[first : first + length]
                    if len(others) == length and self._may_eject(job, others):
                        price = sum(self._price(other) for other in others)
                        if self._would_fit(job, v, route, others):
                            found.append((price, others))
        return [others for _, others in sorted(found)]

    def _price(self, other: int) -> float:
        return self.inserter.tables.worth[other] * (1 + self.tries.get(other, 0))

    def _may_eject(self, job: int, others: list[int]) -> bool:
        tables = self.inserter.tables
        needed = needed_first(tables, [job])
        return all(self._price(other) < tables.worth[job] and other not in needed for other in others)

    def _would_fit(self, job: int, v: int, route: Route, others: list[int]) -> bool:
        solution = self.inserter.solution
        kept = solution.routes[v]
        stops = [stop for stop in route.stops if stop not in others]
        solution.routes[v] = solution.make(v, stops)
        place = self.inserter.best_in(job, v, float("inf"))
        solution.routes[v] = kept
        return place is not None
