"""The cheapest selection of a route's jobs that keeps their order, with its break at the best place.

Labels go from stop to stop: when the crew is ready, what it cost so far, whether the break is taken. Of those
at one stop only the ones that no other beats in time and cost are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from geo.dispatch.problem import Break, Job, Problem, Vehicle, Window

NEVER = 1 << 60
LONGEST_GAP = 8
"""Jobs in a row that are left out at most, as long as that gives a plan."""


class _Label(NamedTuple):
    """A way to serve some of the jobs up to one: ready when, at what cost, with the break taken or not."""

    ready_s: int
    cost: float
    rested: bool
    stop: int  # −1 is the start
    start_s: int
    before: _Label | None


@dataclass(slots=True)
class Line:
    """Jobs and breaks in order, and when each job starts and ends."""

    steps: list[tuple[str, int]]
    start_s: dict[int, int]
    end_s: dict[int, int]


def best_line(
    problem: Problem,
    vehicle: Vehicle,
    jobs: list[Job],
    worth: Mapping[int, int],
    release: Mapping[int, int],
) -> Line:
    """The cheapest selection in this order: driving, overtime, fixed cost and what is left out."""
    assert len(vehicle.breaks) <= 1, "more than one break is not tidied"
    nothing = sum(worth[job.id] for job in jobs)
    for gap in (LONGEST_GAP, len(jobs)):
        found = _Lines(problem, vehicle, jobs, worth, release).best(gap)
        if found is not None and found.cost < nothing:
            return _traced(vehicle, jobs, found)
    return Line([], {}, {})


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


def _traced(vehicle: Vehicle, jobs: list[Job], last: _Label) -> Line:
    line = Line([], {}, {})
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
