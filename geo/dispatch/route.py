"""One vehicle's stops and everything the search wants to know about them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate, pairwise

from geo.dispatch.labels import cheapest_timetable
from geo.dispatch.schedule import Times, reach, rest_backward, rest_forward, step, step_back
from geo.dispatch.tables import INF, Crew, Tables


class Route:
    """The open stops of one vehicle and what can be known about them in one forward and one backward pass.

    Gap g lies before stop g; the last gap lies before the end. Never changed after it is made: the search
    keeps old routes to go back to.

    Attributes
    ----------
    stops
        Stop numbers in order, jobs and reloads.
    leaves
        Per gap, earliest departure into it per state, breaks before leaving included.
    latest
        Per gap, latest arrival at its far side per state, from which the rest is feasible.
    ends
        Per stop, earliest end of service per state, before any break there.
    done_by
        Per stop, latest end of service per state from which the rest is feasible.
    load_before, load_after
        Per gap and dimension, highest load of the leg up to the gap and from the gap on.
    way, arcs
        Places from the start over all stops to the end, and the cost of driving through each gap.
    travel_s, travel_cost
        Open part and frozen part together.
    extra
        Overtime and lateness costs; exact.
    cost
        Everything the route adds to the objective, fairness apart.
    """

    __slots__ = (
        "arcs",
        "cost",
        "done_by",
        "ends",
        "extra",
        "finish_s",
        "is_feasible",
        "jobs",
        "latest",
        "leaves",
        "load_after",
        "load_before",
        "needs_labels",
        "reloads",
        "service_s",
        "stops",
        "travel_cost",
        "travel_s",
        "way",
    )

    def __init__(
        self,
        tables: Tables,
        crew: Crew,
        stops: list[int],
        release: Mapping[int, int],
        deadline: Mapping[int, int],
        *,
        trial: bool = False,
    ) -> None:
        self.stops = stops
        self.jobs = [stop for stop in stops if stop < tables.n]
        self.reloads = len(stops) - len(self.jobs)
        self.needs_labels = any(tables.late_cost[job] > 0 for job in self.jobs)
        self.extra = self.cost = float(INF)
        self._sum_up(tables, crew)
        self.is_feasible = not stops or self._is_within_limits(crew)
        if trial and not self.is_feasible:
            return
        self.is_feasible &= self._load(tables, crew)
        if trial and not self.is_feasible:
            return
        self._forward(tables, crew, release, deadline)
        self.is_feasible &= not stops or self.finish_s <= crew.latest_s
        if not trial:
            self._backward(tables, crew, release, deadline)
        self.extra = self._extra(tables, crew, release, deadline)
        self.cost = self._cost(tables, crew)

    # -------- sums

    def _sum_up(self, tables: Tables, crew: Crew) -> None:
        frozen, drives, costs = crew.frozen, crew.durations, crew.costs
        self.way = [crew.start, *[tables.place[stop] for stop in self.stops], crew.end]
        drives_home = bool(self.stops) or _drives_home(crew)
        self.arcs = [costs[a][b] for a, b in pairwise(self.way)] if drives_home else [0]
        self.travel_cost = frozen.travel_cost + sum(self.arcs)
        self.travel_s = frozen.travel_s
        if drives_home:
            self.travel_s += sum([drives[a][b] for a, b in pairwise(self.way)])
        self.service_s = frozen.service_s + sum([tables.service[stop] for stop in self.stops])

    def _is_within_limits(self, crew: Crew) -> bool:
        return (
            len(self.jobs) <= crew.tasks_left
            and self.travel_s <= crew.travel_limit_s
            and self.reloads <= crew.reloads_left
        )

    # -------- times

    def _forward(
        self, tables: Tables, crew: Crew, release: Mapping[int, int], deadline: Mapping[int, int]
    ) -> None:
        rests = crew.rests
        times = rest_forward([crew.departs_s] + [INF] * len(rests), rests)
        at = crew.start
        self.leaves = [times]
        self.ends: list[Times] = []
        for stop in self.stops:
            place = tables.place[stop]
            drive = crew.durations[at][place]
            ends, times = step(
                tables, stop, times, drive, rests, release.get(stop, 0), deadline.get(stop, INF)
            )
            self.ends.append(ends)
            self.leaves.append(times)
            at = place
        self.finish_s = reach(times, crew.durations[at][crew.end], rests)

    def _backward(
        self, tables: Tables, crew: Crew, release: Mapping[int, int], deadline: Mapping[int, int]
    ) -> None:
        rests = crew.rests
        gaps = len(self.stops)
        latest = rest_backward([-1] * len(rests) + [crew.latest_s], rests)
        at = crew.end
        self.latest = [latest] * (gaps + 1)
        self.done_by = [latest] * gaps
        for gap in range(gaps - 1, -1, -1):
            stop = self.stops[gap]
            place = tables.place[stop]
            drive = crew.durations[place][at]
            done, latest = step_back(
                tables, stop, latest, drive, rests, release.get(stop, 0), deadline.get(stop, INF)
            )
            self.done_by[gap] = done
            self.latest[gap] = latest
            at = place

    # -------- load

    def _load(self, tables: Tables, crew: Crew) -> bool:
        gaps = len(self.stops) + 1
        self.load_before: list[list[int]] = [[0] * gaps for _ in range(tables.dims)]
        self.load_after: list[list[int]] = [[0] * gaps for _ in range(tables.dims)]
        fits = True
        for dim in range(tables.dims):
            fits &= self._load_of(tables, crew, dim)
        return fits

    def _load_of(self, tables: Tables, crew: Crew, dim: int) -> bool:
        """Fill both load lists of one dimension, leg by leg. A gap belongs to the leg it lies in."""
        before, after = self.load_before[dim], self.load_after[dim]
        capacity = crew.capacity[dim]
        first = 0
        highest = 0
        earlier = [loads[dim] for loads in crew.frozen_load]
        for last in [*(g for g, stop in enumerate(self.stops) if stop >= tables.n), len(self.stops)]:
            brought = sum([tables.delivery[stop][dim] for stop in self.stops[first:last]])
            now = earlier[-1] + brought
            # What is still to be delivered was on board during the frozen drives too.
            peak = max(earlier) + brought if brought else now
            loads = [now]
            for stop in self.stops[first:last]:
                now += tables.pickup[stop][dim] - tables.delivery[stop][dim]
                loads.append(now)
            highest = max(highest, peak, *loads)
            so_far = accumulate(loads, max, initial=max(peak, *earlier))
            before[first : last + 1] = list(so_far)[1:]
            after[first : last + 1] = list(accumulate(reversed(loads), max))[::-1]
            first, earlier = last + 1, [0]
        return highest <= capacity or not self.jobs

    # -------- costs

    def _extra(
        self, tables: Tables, crew: Crew, release: Mapping[int, int], deadline: Mapping[int, int]
    ) -> float:
        if not self.is_feasible or not self.stops:
            return 0.0
        if self.needs_labels:
            return cheapest_timetable(tables, crew, self.stops, release, deadline).cost
        return crew.overtime_cost * max(0, self.finish_s - crew.shift_end_s)

    def _cost(self, tables: Tables, crew: Crew) -> float:
        cost = self.travel_cost * crew.per_second + self.extra + crew.frozen.lateness_cost
        if self.jobs or crew.is_used:
            cost += crew.fixed
        if crew.day_factor:
            cost += crew.day_factor * sum(tables.worth[job] for job in self.jobs)
            cost += crew.day_factor * sum(tables.worth[job] for job in crew.frozen.jobs)
        if tables.previous:
            cost += sum(tables.move_cost(job, crew.number) for job in self.jobs)
        return cost


def _drives_home(crew: Crew) -> bool:
    """Whether a vehicle without open stops still has a way to its end: it is out, and not back yet."""
    return crew.has_started and not crew.frozen.is_over and crew.durations[crew.start][crew.end] < INF


def finish_with(
    tables: Tables,
    crew: Crew,
    route: Route,
    gap: int,
    job: int,
    release: Mapping[int, int],
    deadline: Mapping[int, int],
) -> int:
    """When the route would be done with one more job in a gap; stops looking where nothing changes."""
    stops, place, drives = route.stops, tables.place, crew.durations
    at = crew.start if gap == 0 else place[stops[gap - 1]]
    here = place[job]
    _, times = step(tables, job, route.leaves[gap], drives[at][here], crew.rests, release.get(job, 0), INF)
    at = here
    for later in range(gap, len(stops)):
        stop = stops[later]
        drive = drives[at][place[stop]]
        _, times = step(tables, stop, times, drive, crew.rests, release.get(stop, 0), deadline.get(stop, INF))
        if times == route.leaves[later + 1]:
            return route.finish_s
        at = place[stop]
    return reach(times, drives[at][crew.end], crew.rests)
