"""The state of the search: one route per vehicle, the promises between them, and what they cost together."""

from __future__ import annotations

from dataclasses import dataclass

from geo.dispatch.route import Route
from geo.dispatch.tables import INF, Tables

NOBODY = -1


@dataclass(slots=True)
class Snapshot:
    """Everything needed to go back: routes are never changed, so references are enough."""

    routes: list[Route]
    route_of: list[int]
    release: dict[int, int]
    deadline: dict[int, int]
    lost: float
    cost: float


class Solution:
    """Routes, who serves what, and the promises that keep order between crews.

    Precedence across crews is kept by promises: a follower gets a *release* (it starts no earlier), its
    predecessors on other routes the same moment as *deadline* (they end no later). Each route can then be
    tested alone, plans stay feasible, and circles cannot arise. On one route the order of stops is enough.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.release: dict[int, int] = {}
        self.deadline: dict[int, int] = {}
        self.route_of = [NOBODY] * tables.n
        self.routes = [self.make(v, []) for v in range(len(tables.crews))]
        self.lost = sum(tables.worth[job] for job in tables.open_jobs)
        self.has_precedence = any(tables.after)
        self.fairness_weight = tables.problem.options.fairness_weight
        self.cost = self.total()

    def make(self, v: int, stops: list[int]) -> Route:
        """The route of a vehicle with these stops, under the promises in force."""
        return Route(self.tables, self.tables.crews[v], stops, self.release, self.deadline)

    # -------- the objective

    def total(self) -> float:
        """The whole objective."""
        return sum(route.cost for route in self.routes) + self.lost + self.fairness()

    def fairness(self) -> float:
        """Price of uneven work among crews, Σ(W − mean)²/mean."""
        if not self.fairness_weight:
            return 0.0
        return self.fairness_weight * unevenness(self.work())

    def work(self) -> list[int]:
        """Seconds of travel and service per crew, over all its days."""
        work = [0] * self.tables.crew_names
        for crew, route in zip(self.tables.crews, self.routes, strict=True):
            work[crew.name] += route.travel_s + route.service_s
        return work

    def claim(self, job: int) -> float:
        """What serving the job may bring: its worth, and that of all unserved jobs that wait for it."""
        if not self.has_precedence:
            return self.tables.worth[job]
        waiting = {job}
        queue = [job]
        for each in queue:
            new = [
                other
                for other in self.tables.followers[each]
                if other not in waiting and self.route_of[other] == NOBODY
            ]
            waiting.update(new)
            queue.extend(new)
        return sum(self.tables.worth[each] for each in queue)

    def unserved(self) -> list[int]:
        """Open jobs without a route, in file order."""
        return [job for job in self.tables.open_jobs if self.route_of[job] == NOBODY]

    # -------- changes

    def save(self) -> Snapshot:
        """Remember this state."""
        return Snapshot(
            list(self.routes),
            list(self.route_of),
            dict(self.release),
            dict(self.deadline),
            self.lost,
            self.cost,
        )

    def restore(self, old: Snapshot) -> None:
        """Go back to a remembered state."""
        self.routes = list(old.routes)
        self.route_of = list(old.route_of)
        self.release = dict(old.release)
        self.deadline = dict(old.deadline)
        self.lost, self.cost = old.lost, old.cost

    def put(self, job: int, v: int, route: Route) -> None:
        """Serve a job by a route that already holds it."""
        self.routes[v] = route
        self.route_of[job] = v
        self.lost -= self.tables.worth[job]
        if self.tables.after[job]:
            self._promise(job, v)

    def _promise(self, job: int, v: int) -> None:
        """Hold the follower to its start and the predecessors elsewhere to end by then."""
        elsewhere = self.predecessors_elsewhere(job, v)
        if not elsewhere:
            return
        start = self.start_of(job, v)
        self.release[job] = start
        touched = {v}
        for other in elsewhere:
            if other in self.tables.frozen_end:
                continue
            self.deadline[other] = min(self.deadline.get(other, INF), start)
            touched.add(self.route_of[other])
        for route in sorted(touched):
            self.routes[route] = self.make(route, self.routes[route].stops)

    def start_of(self, job: int, v: int) -> int:
        """Earliest start of a served job from which the rest of its route is feasible."""
        return self._useful_end(job, v) - self.tables.service[job]

    def _useful_end(self, job: int, v: int) -> int:
        route = self.routes[v]
        at = route.stops.index(job)
        return min(
            (end for end, by in zip(route.ends[at], route.done_by[at], strict=True) if end <= by), default=INF
        )

    def predecessors_elsewhere(self, job: int, v: int) -> list[int]:
        """Predecessors that are not on route v."""
        return [other for other in self.tables.after[job] if self.route_of[other] != v]

    def released_at(self, job: int, v: int) -> int:
        """When the predecessors on other routes are finished; INF when one is not served."""
        latest = 0
        for other in self.tables.after[job]:
            frozen_end = self.tables.frozen_end.get(other)
            if frozen_end is not None:
                latest = max(latest, frozen_end)
            elif self.route_of[other] == NOBODY:
                return INF
            elif self.route_of[other] != v:
                latest = max(latest, self._useful_end(other, self.route_of[other]))
        return latest

    def first_gap(self, job: int, v: int) -> int:
        """The first gap of route v that lies after all predecessors on it."""
        route = self.routes[v]
        return max(
            (route.stops.index(other) + 1 for other in self.tables.after[job] if self.route_of[other] == v),
            default=0,
        )

    def with_followers(self, jobs: list[int]) -> list[int]:
        """The jobs and every served job that waits for one of them, directly or not."""
        out = list(dict.fromkeys(jobs))
        if not self.has_precedence:
            return out
        seen = set(out)
        for job in out:
            for other in self.tables.followers[job]:
                if other not in seen and self.route_of[other] != NOBODY:
                    seen.add(other)
                    out.append(other)
        return out

    def remove(self, jobs: list[int]) -> list[int]:
        """Take jobs off their routes, their followers too; return all that were taken off."""
        gone = self.with_followers(jobs)
        touched = {self.route_of[job] for job in gone}
        gone_set = set(gone)
        for job in gone:
            self.route_of[job] = NOBODY
            self.lost += self.tables.worth[job]
        if self.has_precedence:
            touched |= self._lift_promises(gone)
        for v in sorted(touched):
            self.routes[v] = self._shortened(v, gone_set)
        return gone

    def _lift_promises(self, gone: list[int]) -> set[int]:
        touched = set()
        for job in gone:
            self.release.pop(job, None)
            self.deadline.pop(job, None)
        for job in gone:
            for other in self.tables.after[job]:
                v = self.route_of[other]
                if v == NOBODY or other not in self.deadline:
                    continue
                promises = [
                    self.release[follower]
                    for follower in self.tables.followers[other]
                    if follower in self.release and self.route_of[follower] not in {NOBODY, v}
                ]
                touched.add(v)
                if promises:
                    self.deadline[other] = min(promises)
                else:
                    del self.deadline[other]
        return touched

    def _shortened(self, v: int, gone: set[int]) -> Route:
        """The route without some jobs, and without reloads it no longer needs."""
        stops = [stop for stop in self.routes[v].stops if stop not in gone]
        if all(stop >= self.tables.n for stop in stops):
            stops = []
        route = self.make(v, stops)
        if not route.reloads:
            return route
        return self.without_idle_reloads(v, route)

    def without_idle_reloads(self, v: int, route: Route) -> Route:
        """Drop each reload whose absence keeps the route feasible and does not cost more."""
        at = 0
        while at < len(route.stops):
            if route.stops[at] >= self.tables.n:
                shorter = self.make(v, route.stops[:at] + route.stops[at + 1 :])
                if shorter.is_feasible and shorter.cost <= route.cost:
                    route = shorter
                    continue
            at += 1
        return route


def unevenness(work: list[int]) -> float:
    """Σ(W − mean)²/mean over crews; 0 when nobody works."""
    total = sum(work)
    if not total:
        return 0.0
    mean = total / len(work)
    return sum((each - mean) ** 2 for each in work) / mean
