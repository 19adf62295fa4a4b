"""The exact timetable of one route: earliest times forward, latest times backward, both per breaks taken.

A *state* is how many breaks have been taken. Earlier is never worse in one state, so one time per state is
exact (forward slack after Savelsbergh, 1992, extended by the break states). Breaks are taken after a service
and before leaving, or after arriving and before serving; never during a drive or a service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import TypeAlias

from geo.dispatch.problem import Window
from geo.dispatch.tables import INF, Crew, Rest, Tables

Times: TypeAlias = list[int]


def earliest_start(windows: Sequence[Window], at: int) -> int:
    """First moment from `at` on inside a window, both ends included; INF when all have passed."""
    for start, end in windows:
        if at <= end:
            return max(start, at)
    return INF


def latest_start(windows: Sequence[Window], bound: int) -> int:
    """Last moment up to `bound` inside a window; −1 when all begin later."""
    for start, end in reversed(windows):
        if start <= bound:
            return min(end, bound)
    return -1


def rest_forward(times: Times, rests: Sequence[Rest]) -> Times:
    """Let the breaks be taken here: each state may grow into the next one. Changes and returns `times`."""
    for state, (windows, length) in enumerate(rests):
        if times[state] < INF:
            start = earliest_start(windows, times[state])
            times[state + 1] = min(times[state + 1], start + length)
    return times


def rest_backward(latest: Times, rests: Sequence[Rest]) -> Times:
    """Latest times before breaks that may be taken here. Changes and returns `latest`."""
    for state in range(len(rests) - 1, -1, -1):
        windows, length = rests[state]
        if latest[state + 1] >= 0:
            latest[state] = max(latest[state], latest_start(windows, latest[state + 1] - length))
    return latest


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


def step(
    tables: Tables, stop: int, times: Times, drive: int, rests: Sequence[Rest], release: int, deadline: int
) -> tuple[Times, Times]:
    """Drive to a stop and serve it: earliest ends of service and earliest departures, per state."""
    windows, service = tables.windows[stop], tables.service[stop]
    if not rests:
        end = _serve(windows, service, times[0] + drive, release, deadline)
        return [end], [end]
    if len(rests) == 1:
        rest_windows, length = rests[0]
        a, b = times[0] + drive, times[1] + drive
        if a < INF:
            rested = _serve(rest_windows, length, a, 0, INF)
            b = min(b, rested)
            a = _serve(windows, service, a, release, deadline)
        if b < INF:
            b = _serve(windows, service, b, release, deadline)
        if a >= INF:
            return [INF, b], [INF, b]
        rested = _serve(rest_windows, length, a, 0, INF)
        return [a, b], [a, min(b, rested)]
    arrive = rest_forward([time + drive for time in times], rests)
    ends = [_serve(windows, service, time, release, deadline) for time in arrive]
    return ends, rest_forward(list(ends), rests)


def _serve(windows: Sequence[Window], service: int, at: int, release: int, deadline: int) -> int:
    """Earliest end of a service or break that is waited for from `at` on; INF when too late."""
    at = max(at, release)
    for start, end in windows:
        if at <= end:
            done = (max(at, start)) + service
            return done if done <= deadline else INF
    return INF


def reach(times: Times, drive: int, rests: Sequence[Rest]) -> int:
    """Earliest moment at the end with all breaks taken."""
    return rest_forward([time + drive for time in times], rests)[-1]


def step_back(
    tables: Tables, stop: int, latest: Times, drive: int, rests: Sequence[Rest], release: int, deadline: int
) -> tuple[Times, Times]:
    """Latest ends of service at a stop, and latest arrivals, per state; −1 when impossible."""
    windows, service = tables.windows[stop], tables.service[stop]
    done = rest_backward([time - drive for time in latest], rests)
    arrive = [_must_start(windows, service, by, release, deadline) for by in done]
    return done, rest_backward(arrive, rests)


def _must_start(windows: Sequence[Window], service: int, by: int, release: int, deadline: int) -> int:
    """Latest arrival so that the service ends by `by` and by the deadline; −1 when impossible."""
    bound = (min(deadline, by)) - service
    for start, end in reversed(windows):
        if start <= bound:
            latest = min(bound, end)
            return latest if latest >= release else -1
    return -1


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


class Label:
    """A way to come through the day so far: when, at which lateness cost, and by which steps."""

    __slots__ = ("cost", "parent", "step", "time")

    def __init__(self, time: int, cost: float, parent: Label | None, step: int) -> None:
        self.time = time
        self.cost = cost
        self.parent = parent
        self.step = step

    def steps(self) -> list[int]:
        """Stops ≥ 0 and breaks −1, −2, … in the order they come."""
        out: list[int] = []
        label: Label | None = self
        while label is not None and label.parent is not None:
            out.append(label.step)
            label = label.parent
        return out[::-1]


def cheapest_timetable(
    tables: Tables,
    crew: Crew,
    stops: Sequence[int],
    release: Mapping[int, int],
    deadline: Mapping[int, int],
) -> Label:
    """Place the breaks so that overtime and lateness together cost least.

    Where lateness has a price, a later time in the same state may be cheaper: all labels that are not
    dominated in time and cost are kept. Without prices there is one label per state, and it is the earliest.
    Breaks at the end depot count for the shift.

    Returns
    -------
    The last label, cost including overtime; its time is INF when the route is impossible.
    """
    rests = crew.rests
    front: list[list[Label]] = [[Label(crew.departs_s, 0.0, None, 0)]] + [[] for _ in rests]
    _rest_labels(front, rests)
    at = crew.start
    for stop in stops:
        drive = crew.durations[at][tables.place[stop]]
        front = [[Label(x.time + drive, x.cost, x.parent, x.step) for x in labels] for labels in front]
        _rest_labels(front, rests)
        front = [
            _serve_labels(tables, stop, labels, release.get(stop, 0), deadline.get(stop, INF))
            for labels in front
        ]
        _rest_labels(front, rests)
        at = tables.place[stop]
    drive = crew.durations[at][crew.end]
    front = [[Label(x.time + drive, x.cost, x.parent, x.step) for x in labels] for labels in front]
    _rest_labels(front, rests)
    best = Label(INF, float(INF), None, 0)
    for label in front[-1]:
        cost = label.cost + crew.overtime_cost * max(0, label.time - crew.shift_end_s)
        if label.time <= crew.latest_s and cost < best.cost:
            best = Label(label.time, cost, label.parent, label.step)
    return best


def _rest_labels(front: list[list[Label]], rests: Sequence[Rest]) -> None:
    for state, (windows, length) in enumerate(rests):
        for label in front[state]:
            start = earliest_start(windows, label.time)
            if start < INF:
                front[state + 1].append(Label(start + length, label.cost, label, -1 - state))
        front[state + 1] = _undominated(front[state + 1])


def _serve_labels(tables: Tables, stop: int, labels: list[Label], release: int, deadline: int) -> list[Label]:
    out = []
    for label in labels:
        start = earliest_start(tables.windows[stop], max(label.time, release))
        end = start + tables.service[stop]
        if end <= deadline and start < INF:
            cost = label.cost + tables.late_cost[stop] * max(0, end - tables.due[stop])
            out.append(Label(end, cost, label, stop))
    return _undominated(out)


def _undominated(labels: list[Label]) -> list[Label]:
    if len(labels) < 2:
        return labels
    out: list[Label] = []
    for label in sorted(labels, key=lambda x: (x.time, x.cost)):
        if not out or label.cost < out[-1].cost:
            out.append(label)
    return out
