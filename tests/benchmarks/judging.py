"""Plans of whichever solver, tidied as a careful user would, timed by the rules and priced by the referee.

A peer's answer is an order of jobs per vehicle. Each route gets its break at the best place, and jobs that
break a rule or do not pay are left out: the best selection that keeps the order, found by labels. Crews that
wait for each other are timed together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from geo.dispatch.problem import Break, Job, Problem, Vehicle, Window
from geo.dispatch.referee import judge_order
from geo.dispatch.result import Plan, PlannedRoute, ScoreParts, Step, Unassigned

Orders = dict[int, list[int]]
"""Vehicle id → job ids in order."""

NEVER = 1 << 60
LONGEST_GAP = 8
"""Jobs in a row that are left out at most, as long as that gives a plan."""


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
    known: dict[tuple[int, tuple[int, ...], tuple[int, ...]], _Line] = {}
    for _ in range(4 * len(problem.jobs) + 8):
        timetable = Timetable({})
        for vehicle in problem.vehicles:
            order = left.orders.get(vehicle.id, [])
            key = (vehicle.id, tuple(order), tuple(release.get(job, 0) for job in order))
            if key not in known:
                jobs = [left.jobs[job] for job in order]
                known[key] = _best_line(problem, vehicle, jobs, left.worth, release)
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


# ---------------------------------------------------------------- one route


class _Label(NamedTuple):
    """A way to serve some of the jobs up to one: ready when, at what cost, with the break taken or not."""

    ready_s: int
    cost: float
    rested: bool
    stop: int  # −1 is the start
    start_s: int
    before: _Label | None


@dataclass(slots=True)
class _Line:
    steps: list[tuple[str, int]]
    start_s: dict[int, int]
    end_s: dict[int, int]


def _best_line(
    problem: Problem,
    vehicle: Vehicle,
    jobs: list[Job],
    worth: Mapping[int, int],
    release: Mapping[int, int],
) -> _Line:
    """The cheapest selection in this order: driving, overtime, fixed cost and what is left out."""
    assert len(vehicle.breaks) <= 1, "more than one break is not tidied"
    nothing = sum(worth[job.id] for job in jobs)
    for gap in (LONGEST_GAP, len(jobs)):
        found = _Lines(problem, vehicle, jobs, worth, release).best(gap)
        if found is not None and found.cost < nothing:
            return _traced(vehicle, jobs, found)
    return _Line([], {}, {})


class _Lines:
    """All that is worth looking at, label by label."""

    def __init__(
        self,
        problem: Problem,
        vehicle: Vehicle,
        jobs: list[Job],
        worth: Mapping[int, int],
        release: Mapping[int, int],
    ) -> None:
        self.vehicle, self.jobs = vehicle, jobs
        self.rest = vehicle.breaks[0] if vehicle.breaks else None
        assert vehicle.start_index is not None, "open routes are not tidied"
        assert vehicle.end_index is not None, "open routes are not tidied"
        places = [vehicle.start_index, *(job.location_index for job in jobs), vehicle.end_index]
        matrix = problem.matrices[vehicle.profile].durations_s
        self.drive: list[list[int]] = matrix[places][:, places].tolist()
        self.worth = [worth[job.id] for job in jobs]
        self.release = [release.get(job.id, 0) for job in jobs]
        self.latest_s = vehicle.time_window[1] + vehicle.overtime_max_s

    def best(self, gap: int) -> _Label | None:
        """The cheapest whole day that leaves out at most so many in a row and serves one at least."""
        begin = _Label(
            self.vehicle.time_window[0], float(self.vehicle.fixed_cost), self.rest is None, -1, 0, None
        )
        at: list[list[_Label]] = [[begin]]
        for stop in range(len(self.jobs)):
            labels: list[_Label] = []
            lost = 0
            for before in range(stop - 1, max(-2, stop - gap - 2), -1):
                for label in at[before + 1]:
                    labels += self._served(label, stop, lost)
                lost += self.worth[before] if before >= 0 else 0
            at.append(_undominated(labels))
        ends: list[_Label] = []
        lost = 0
        for before in range(len(self.jobs) - 1, -1, -1):
            for label in at[before + 1]:
                ends += self._ended(label, lost)
            lost += self.worth[before]
        return min(ends, key=lambda label: label.cost, default=None)

    def _arrivals(self, label: _Label, to: int) -> Iterable[tuple[int, bool]]:
        drive = self.drive[label.stop + 1][to + 1]
        yield label.ready_s + drive, label.rested
        if not label.rested and self.rest is not None:
            yield (
                min(
                    rested(self.rest, label.ready_s) + drive,
                    rested(self.rest, label.ready_s + drive),
                ),
                True,
            )

    def _served(self, label: _Label, stop: int, lost: int) -> Iterable[_Label]:
        job = self.jobs[stop]
        cost = label.cost + lost + self.drive[label.stop + 1][stop + 1]
        for arrival, has_rested in self._arrivals(label, stop):
            start = next_start(job.time_windows, max(arrival, self.release[stop]))
            if start + job.service_s <= self.latest_s:
                yield _Label(start + job.service_s, cost, has_rested, stop, start, label)

    def _ended(self, label: _Label, lost: int) -> Iterable[_Label]:
        end = len(self.jobs)
        cost = label.cost + lost + self.drive[label.stop + 1][end + 1]
        for arrival, has_rested in self._arrivals(label, end):
            if has_rested and arrival <= self.latest_s:
                late_s = max(0, arrival - self.vehicle.time_window[1])
                yield _Label(
                    arrival, cost + self.vehicle.overtime_cost * late_s, has_rested, end, arrival, label
                )


def _undominated(labels: list[_Label]) -> list[_Label]:
    kept: list[_Label] = []
    for has_rested in (False, True):
        cheapest = float("inf")
        for label in sorted(label for label in labels if label.rested == has_rested):
            if label.cost < cheapest:
                cheapest = label.cost
                kept.append(label)
    return kept


def _traced(vehicle: Vehicle, jobs: list[Job], last: _Label) -> _Line:
    line = _Line([], {}, {})
    steps: list[tuple[str, int]] = []
    label = last
    while label.before is not None:
        if label.stop < len(jobs):
            job = jobs[label.stop]
            steps.append(("job", job.id))
            line.start_s[job.id], line.end_s[job.id] = label.start_s, label.ready_s
        if label.rested and not label.before.rested:
            steps.append(("break", vehicle.breaks[0].id))
        label = label.before
    line.steps = steps[::-1]
    return line


def next_start(windows: Sequence[Window], moment: int) -> int:
    """First moment inside a window from the given one on."""
    return next((max(moment, start) for start, end in windows if moment <= end), NEVER)


def rested(rest: Break, moment: int) -> int:
    """When a break is over that may begin from the given moment on."""
    return next_start(rest.time_windows, moment) + rest.service_s


def kinds(violations: Iterable[str]) -> dict[str, int]:
    """How many violations of each rule."""
    return dict(Counter(text.split(":")[0] for text in violations))
