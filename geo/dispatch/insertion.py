"""Where a job fits best: one constant-time test per gap, timetables only where a cost depends on them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from geo.dispatch.schedule import Route, finish_with, step
from geo.dispatch.solution import Solution, unevenness
from geo.dispatch.tables import INF, Crew, Tables

RELOAD_PAIRS_UP_TO = 8
"""Routes up to this length try a reload in every gap for every place of the job, longer ones next to it."""


@dataclass(slots=True)
class Place:
    """A feasible place for a job.

    Attributes
    ----------
    cost
        Increase of the whole objective, the job's own worth apart.
    vehicle
        Vehicle number.
    gap
        Index the job would have among the stops.
    stops
        The whole order, when more than the job itself changes (a reload comes with it).
    """

    cost: float
    vehicle: int
    gap: int
    stops: list[int] | None = None

    def order(self, solution: Solution, job: int) -> list[int]:
        """All stops of the vehicle with the job in place."""
        if self.stops is not None:
            return self.stops
        stops = list(solution.routes[self.vehicle].stops)
        stops.insert(self.gap, job)
        return stops


class Inserter:
    """Finds places. Holds the random generator that makes it blink."""

    def __init__(self, solution: Solution, rng: random.Random | None = None, blink: float = 0.0) -> None:
        self.solution = solution
        self.tables = solution.tables
        self.rng = rng
        self.blink = blink
        self.vehicles_of = [
            [v for v, crew in enumerate(self.tables.crews) if crew.can_serve[job]]
            for job in range(self.tables.n)
        ]

    def insert(self, job: int, below: float) -> bool:
        """Insert a job at its cheapest place if that costs less than `below`."""
        place = self.best_place(job, below)
        if place is None:
            return False
        return self.apply(job, place)

    def apply(self, job: int, place: Place) -> bool:
        """Make the place real; False when the full timetable refuses it after all."""
        solution, v = self.solution, place.vehicle
        earlier = solution.release.get(job)
        self._release(job, v)
        route = solution.make(v, place.order(solution, job))
        if not route.is_feasible:
            self._restore_release(job, earlier)
            return False
        if route.reloads:
            route = solution.without_idle_reloads(v, route)
        solution.put(job, v, route)
        return True

    def _release(self, job: int, v: int) -> None:
        if self.tables.after[job]:
            self.solution.release[job] = self.solution.released_at(job, v)

    def _restore_release(self, job: int, earlier: int | None) -> None:
        if earlier is None:
            self.solution.release.pop(job, None)
        else:
            self.solution.release[job] = earlier

    def best_place(self, job: int, below: float = float("inf")) -> Place | None:
        """The cheapest place over all vehicles and gaps that costs less than `below`."""
        best: Place | None = None
        for v in self.vehicles_of[job]:
            place = self.best_in(job, v, below)
            if place is not None:
                best, below = place, place.cost
        return best

    # -------- one vehicle

    def best_in(self, job: int, v: int, below: float) -> Place | None:
        """The cheapest place on one vehicle that costs less than `below`."""
        solution, crew = self.solution, self.tables.crews[v]
        route = solution.routes[v]
        release = solution.released_at(job, v) if self.tables.after[job] else 0
        if release >= INF or len(route.jobs) >= crew.tasks_left:
            return None
        first = solution.first_gap(job, v) if self.tables.after[job] else 0
        base = self._fixed_part(job, crew, route)
        exact = crew.latest_s > crew.shift_end_s or route.needs_labels or self.tables.late_cost[job] > 0
        best: Place | None = None
        full: list[int] = []
        for gap in range(first, len(route.stops) + 1):
            cost = base + self._travel_part(job, crew, route, gap)
            if cost >= below or self._blinks():
                continue
            if not self.fits_time(job, crew, route, gap, release):
                continue
            if not self._fits_load(job, crew, route, gap):
                full.append(gap)
                continue
            if exact:
                cost += self._extra(job, v, gap, release)
            if cost < below:
                best, below = Place(cost, v, gap), cost
        if full and crew.reload_stop >= 0 and route.reloads < crew.reloads_left:
            best = self._with_reload(job, v, full, release, below) or best
        return best

    def _blinks(self) -> bool:
        return self.rng is not None and self.blink > 0 and self.rng.random() < self.blink

    def _fixed_part(self, job: int, crew: Crew, route: Route) -> float:
        """What does not depend on the gap: opening the vehicle, the day, the change of crew."""
        cost = 0.0
        if not route.jobs and not crew.is_used:
            cost += crew.fixed
        if crew.day_factor:
            cost += crew.day_factor * self.tables.worth[job]
        if self.tables.previous:
            cost += self.tables.move_cost(job, crew.number)
        return cost

    def _travel_part(self, job: int, crew: Crew, route: Route, gap: int) -> float:
        """Cost of the detour, with what it does to fairness; infinite when a road is missing."""
        place, stops = self.tables.place, route.stops
        before = crew.start if gap == 0 else place[stops[gap - 1]]
        behind = crew.end if gap == len(stops) else place[stops[gap]]
        here = place[job]
        cost = crew.costs[before][here] + crew.costs[here][behind]
        if cost >= INF:
            return float("inf")
        travel_s = crew.durations[before][here] + crew.durations[here][behind]
        if stops:
            cost -= crew.costs[before][behind]
            travel_s += route.travel_s - crew.durations[before][behind]
        else:
            cost += crew.frozen.travel_cost - route.travel_cost
            travel_s += crew.frozen.travel_s
        if travel_s > crew.travel_limit_s:
            return float("inf")
        result = cost * crew.per_second
        if self.solution.fairness_weight:
            result += self._fairness_part(job, crew, travel_s - route.travel_s)
        return result

    def _fairness_part(self, job: int, crew: Crew, detour_s: int) -> float:
        work = self.solution.work()
        now = unevenness(work)
        work[crew.name] += detour_s + self.tables.service[job]
        return self.solution.fairness_weight * (unevenness(work) - now)

    def _fits_load(self, job: int, crew: Crew, route: Route, gap: int) -> bool:
        for dim in range(self.tables.dims):
            out, back = self.tables.delivery[job][dim], self.tables.pickup[job][dim]
            if out and route.load_before[dim][gap] + out > crew.capacity[dim]:
                return False
            if back and route.load_after[dim][gap] + back > crew.capacity[dim]:
                return False
        return True

    def fits_time(self, job: int, crew: Crew, route: Route, gap: int, release: int) -> bool:
        """One forward step into the job, one out of it, against the latest arrivals behind the gap."""
        place, stops = self.tables.place, route.stops
        here = place[job]
        drive = crew.durations[crew.start if gap == 0 else place[stops[gap - 1]]][here]
        onward = crew.durations[here][crew.end if gap == len(stops) else place[stops[gap]]]
        _, leaves = step(self.tables, job, route.leaves[gap], drive, crew.rests, release, INF)
        latest = route.latest[gap]
        return any(time + onward <= latest[state] for state, time in enumerate(leaves))

    def _extra(self, job: int, v: int, gap: int, release: int) -> float:
        """Overtime and lateness that the job adds."""
        solution, crew = self.solution, self.tables.crews[v]
        route = solution.routes[v]
        if not route.needs_labels and self.tables.late_cost[job] <= 0:
            promises = {**solution.release, job: release} if release else solution.release
            done = finish_with(self.tables, crew, route, gap, job, promises, solution.deadline)
            return crew.overtime_cost * max(0, done - crew.shift_end_s) - route.extra
        stops = list(route.stops)
        stops.insert(gap, job)
        tried = self._tried(job, v, stops, release)
        return tried.extra - route.extra if tried.is_feasible else INF

    def _tried(self, job: int, v: int, stops: list[int], release: int) -> Route:
        solution = self.solution
        promises = {**solution.release, job: release} if release else solution.release
        return Route(self.tables, self.tables.crews[v], stops, promises, solution.deadline, trial=True)

    # -------- with a reload

    def _with_reload(self, job: int, v: int, gaps: list[int], release: int, below: float) -> Place | None:
        """The cheapest place together with one more reload."""
        solution, crew = self.solution, self.tables.crews[v]
        route, best = solution.routes[v], None
        fairness = solution.fairness()
        base = self._fixed_part(job, crew, route)
        for gap, stops in self._reload_orders(job, crew, route, gaps):
            cheapest = base + (_travel_cost(self.tables, crew, stops) - route.travel_cost) * crew.per_second
            if cheapest >= below and not solution.fairness_weight:
                continue
            tried = self._tried(job, v, stops, release)
            if not tried.is_feasible:
                continue
            cost = tried.cost - route.cost
            if solution.fairness_weight:
                solution.routes[v] = tried
                cost += solution.fairness() - fairness
                solution.routes[v] = route
            if cost < below:
                best, below = Place(cost, v, gap, stops), cost
        return best

    def _reload_orders(
        self, job: int, crew: Crew, route: Route, gaps: list[int]
    ) -> Iterator[tuple[int, list[int]]]:
        """All orders with the job and one more reload, on long routes only those with both side by side."""
        length = len(route.stops)
        for gap in gaps:
            with_job = [*route.stops[:gap], job, *route.stops[gap:]]
            for at in range(length + 2) if length <= RELOAD_PAIRS_UP_TO else (gap, gap + 1):
                yield gap + (at <= gap), [*with_job[:at], crew.reload_stop, *with_job[at:]]


def _travel_cost(tables: Tables, crew: Crew, stops: list[int]) -> int:
    """Cost of driving an order, frozen part included, before the price per second."""
    cost, at = crew.frozen.travel_cost, crew.start
    for stop in stops:
        place = tables.place[stop]
        cost += crew.costs[at][place]
        at = place
    return cost + crew.costs[at][crew.end]
