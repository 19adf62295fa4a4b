"""Where a job fits best: one constant-time test per gap, timetables only where a cost depends on them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from geo.dispatch.route import Route, finish_with
from geo.dispatch.schedule import step
from geo.dispatch.solution import Solution, unevenness
from geo.dispatch.tables import INF, Crew, Tables

RELOAD_PAIRS_UP_TO = 8
"""Routes up to this length try a reload in every gap for every place of the job, longer ones next to it."""

RELOAD_GAPS = 3
"""How many full gaps of a vehicle the search tries with a reload, the cheapest ones."""


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


@dataclass(slots=True)
class _Trial:
    """One job beside one route: what all its gaps share."""

    crew: Crew
    route: Route
    release: int
    first: int
    base: float
    has_extra: bool

    @property
    def may_reload(self) -> bool:
        """Whether one more reload is allowed."""
        return self.crew.reload_stop >= 0 and self.route.reloads < self.crew.reloads_left


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
        return self._best_of(job, self.vehicles_of[job], below)

    def best_in(self, job: int, v: int, below: float) -> Place | None:
        """The cheapest place on one vehicle that costs less than `below`."""
        return self._best_of(job, [v], below)

    def _best_of(self, job: int, vehicles: list[int], below: float) -> Place | None:
        """Try gaps from the cheapest detour up: the first one that fits is the best, extra costs apart."""
        trials: dict[int, _Trial] = {}
        gaps: list[tuple[float, int, int]] = []
        for v in vehicles:
            trial = self._trial(job, v)
            if trial is not None:
                trials[v] = trial
                gaps += self._detours(job, v, trial, below)
        gaps.sort()
        best: Place | None = None
        full: dict[int, list[int]] = {}
        for cost, v, gap in gaps:
            if cost >= below:
                break
            fits = self._fits_load(job, trials[v], gap)
            if (
                self._blinks()
                or not (fits or trials[v].may_reload)
                or not self._fits_time(job, trials[v], gap)
            ):
                continue
            if not fits:
                full.setdefault(v, []).append(gap)
                continue
            exact = cost + self._extra(job, v, gap, trials[v]) if trials[v].has_extra else cost
            if exact < below:
                best, below = Place(exact, v, gap), exact
        for v, blocked in full.items():
            tried = blocked if self.rng is None else blocked[:RELOAD_GAPS]
            best = self._with_reload(job, v, tried, trials[v], below) or best
            below = below if best is None else min(below, best.cost)
        return best

    def _trial(self, job: int, v: int) -> _Trial | None:
        """What all gaps of a vehicle share; None when it cannot take the job at all."""
        solution, crew = self.solution, self.tables.crews[v]
        route = solution.routes[v]
        release = solution.released_at(job, v) if self.tables.after[job] else 0
        if release >= INF or len(route.jobs) >= crew.tasks_left:
            return None
        first = solution.first_gap(job, v) if self.tables.after[job] else 0
        has_extra = crew.latest_s > crew.shift_end_s or route.needs_labels or self.tables.late_cost[job] > 0
        return _Trial(crew, route, release, first, self._fixed_part(job, crew, route), has_extra)

    def _detours(self, job: int, v: int, trial: _Trial, below: float) -> list[tuple[float, int, int]]:
        """(cost, vehicle, gap) of every gap whose detour alone costs less than `below`."""
        crew, route, base = trial.crew, trial.route, trial.base
        here = self.tables.place[job]
        out_to, back_from = crew.costs_to[here], crew.costs[here]
        way, price = route.way, crew.per_second
        costs = [
            (base + (out_to[before] + back_from[behind] - arc) * price, v, gap)
            for gap, (before, behind, arc) in enumerate(zip(way, way[1:], route.arcs, strict=False))
        ]
        if self.solution.fairness_weight:
            costs = [(cost + self._fairness_part(job, trial, gap), v, gap) for cost, _, gap in costs]
        return [item for item in costs[trial.first :] if item[0] < below]

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

    def _detour_s(self, job: int, trial: _Trial, gap: int) -> int:
        """Seconds of travel that the job adds in a gap."""
        drives, route, here = trial.crew.durations, trial.route, self.tables.place[job]
        before, behind = route.way[gap], route.way[gap + 1]
        more = drives[before][here] + drives[here][behind]
        if route.stops:
            return more - drives[before][behind]
        return more + trial.crew.frozen.travel_s - route.travel_s

    def _fairness_part(self, job: int, trial: _Trial, gap: int) -> float:
        work = self.solution.work()
        now = unevenness(work)
        work[trial.crew.name] += self._detour_s(job, trial, gap) + self.tables.service[job]
        return self.solution.fairness_weight * (unevenness(work) - now)

    def _fits_load(self, job: int, trial: _Trial, gap: int) -> bool:
        route, capacity = trial.route, trial.crew.capacity
        for dim in range(self.tables.dims):
            out, back = self.tables.delivery[job][dim], self.tables.pickup[job][dim]
            if out and route.load_before[dim][gap] + out > capacity[dim]:
                return False
            if back and route.load_after[dim][gap] + back > capacity[dim]:
                return False
        return True

    def _fits_time(self, job: int, trial: _Trial, gap: int) -> bool:
        """One forward step into the job, one out of it, against the latest arrivals behind the gap."""
        crew, route, here = trial.crew, trial.route, self.tables.place[job]
        drive = crew.durations[route.way[gap]][here]
        onward = crew.durations[here][route.way[gap + 1]]
        if drive >= INF or onward >= INF:
            return False
        _, leaves = step(self.tables, job, route.leaves[gap], drive, crew.rests, trial.release, INF)
        if not any(time + onward <= late for time, late in zip(leaves, route.latest[gap], strict=True)):
            return False
        return (
            crew.travel_limit_s >= INF
            or route.travel_s + self._detour_s(job, trial, gap) <= crew.travel_limit_s
        )

    def _extra(self, job: int, v: int, gap: int, trial: _Trial) -> float:
        """Overtime and lateness that the job adds."""
        solution, crew, route = self.solution, trial.crew, trial.route
        if not route.needs_labels and self.tables.late_cost[job] <= 0:
            promises = {**solution.release, job: trial.release} if trial.release else solution.release
            done = finish_with(self.tables, crew, route, gap, job, promises, solution.deadline)
            return crew.overtime_cost * max(0, done - crew.shift_end_s) - route.extra
        stops = list(route.stops)
        stops.insert(gap, job)
        tried = self._tried(job, v, stops, trial.release)
        return tried.extra - route.extra if tried.is_feasible else INF

    def _tried(self, job: int, v: int, stops: list[int], release: int) -> Route:
        solution = self.solution
        promises = {**solution.release, job: release} if release else solution.release
        return Route(self.tables, self.tables.crews[v], stops, promises, solution.deadline, trial=True)

    # -------- with a reload

    def _with_reload(self, job: int, v: int, gaps: list[int], trial: _Trial, below: float) -> Place | None:
        """The cheapest place together with one more reload."""
        solution, crew, route = self.solution, trial.crew, trial.route
        best: Place | None = None
        fairness = solution.fairness()
        for gap, stops in self._reload_orders(job, crew, route, gaps):
            detour = _travel_cost(self.tables, crew, stops) - route.travel_cost
            if trial.base + detour * crew.per_second >= below and not solution.fairness_weight:
                continue
            tried = self._tried(job, v, stops, trial.release)
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
