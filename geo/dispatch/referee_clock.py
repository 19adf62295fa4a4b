"""The referee's clock: earliest times of all crews together, recomputed from the orders alone.

The starts of jobs that wait for other crews are the least fixed point of drives, windows, breaks and waiting:
rounds of all routes until nothing moves. A circle of waiting is found beforehand as a circle in the graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter

from geo.dispatch.problem import FOREVER, NO_WAY, Break, Job, TravelTimes, Vehicle, Window
from geo.dispatch.referee_orders import Orders, Sheet, Stop


class Clock:
    """Earliest start and end of every open stop, and the moment each vehicle is done."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.problem = orders.problem
        self.job_end: dict[int, int] = self._frozen_ends()
        self.done_s: dict[int, int] = {}
        self.has_circle = self._find_circle()
        if not self.has_circle:
            self._settle()

    # -------- one place for distances

    def times_of(self, vehicle: Vehicle) -> TravelTimes:
        """The matrices the vehicle drives by."""
        return self.problem.matrices[vehicle.profile]

    def drive(self, vehicle: Vehicle, origin: int | None, goal: int | None) -> int | None:
        """Seconds from place to place; 0 from or to nowhere, None when there is no way."""
        if origin is None or goal is None:
            return 0
        seconds = int(self.times_of(vehicle).durations_s[origin, goal])
        return None if seconds == NO_WAY else seconds

    def place_of(self, vehicle: Vehicle, stop: Stop) -> int | None:
        """Where a job or reload is."""
        if stop.type == "job" and stop.id is not None:
            return self.orders.jobs[stop.id].location_index
        return vehicle.reload.location_index if vehicle.reload is not None else None

    def service_of(self, vehicle: Vehicle, stop: Stop) -> int:
        """How long a job or reload takes."""
        if stop.type == "job" and stop.id is not None:
            return self.orders.jobs[stop.id].service_s
        return vehicle.reload.service_s if vehicle.reload is not None else 0

    def rest_of(self, vehicle: Vehicle, stop: Stop) -> Break:
        """The break a step stands for."""
        return next(rest for rest in vehicle.breaks if rest.id == stop.id)

    # -------- where the open part begins

    def _frozen_ends(self) -> dict[int, int]:
        return {
            step.id: self.orders.frozen_end(sheet.vehicle, step)
            for sheet in self.orders.sheets
            for step in sheet.frozen
            if step.type == "job" and step.id is not None
        }

    def open_start(self, sheet: Sheet) -> int:
        """Earliest departure of the open part."""
        ends = [self.orders.frozen_end(sheet.vehicle, step) for step in sheet.frozen]
        return max([sheet.vehicle.time_window[0], sheet.vehicle.available_at_s or 0, *ends])

    def open_place(self, sheet: Sheet) -> int | None:
        """Where the open part begins."""
        if sheet.vehicle.position_index is not None:
            return sheet.vehicle.position_index
        return self.last_frozen_place(sheet)

    def last_frozen_place(self, sheet: Sheet) -> int | None:
        """Where the last frozen stop was, or the start."""
        return self.frozen_places(sheet)[-1]

    def frozen_places(self, sheet: Sheet) -> list[int | None]:
        """Start and frozen stops in order, breaks apart."""
        vehicle = sheet.vehicle
        places: list[int | None] = [vehicle.start_index]
        for step in sheet.frozen:
            if step.type == "job" and step.id is not None:
                places.append(self.orders.jobs[step.id].location_index)
            elif step.type == "reload" and vehicle.reload is not None:
                places.append(vehicle.reload.location_index)
            elif step.type == "end" and vehicle.end_index is not None:
                places.append(vehicle.end_index)
        return places

    # -------- waiting circles

    def _find_circle(self) -> bool:
        graph: dict[int, set[int]] = {}
        for sheet in self.orders.sheets:
            before: int | None = None
            for job in sheet.open_jobs:
                waits = set(self.orders.jobs[job].after) & set(self.orders.vehicle_of)
                graph[job] = waits | ({before} if before is not None else set())
                before = job
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            names = " → ".join(str(job) for job in error.args[1])
            self.orders.complain("precedence", None, None, f"Crews wait for each other in a circle: {names}.")
            return True
        return False

    # -------- earliest times

    def _settle(self) -> None:
        """Rounds over all vehicles until no end moves; each round can only move ends later."""
        for _ in range(len(self.problem.jobs) + 2):
            known = dict(self.job_end)
            for sheet in self.orders.sheets:
                self._run(sheet)
            if known == self.job_end:
                return

    def _run(self, sheet: Sheet) -> None:
        vehicle = sheet.vehicle
        ready, place = self.open_start(sheet), self.open_place(sheet)
        rests: list[Break] = []
        for stop in sheet.open:
            if stop.type == "break":
                rests.append(self.rest_of(vehicle, stop))
                continue
            goal = self.place_of(vehicle, stop)
            arrival = self._arrive(ready, self.drive(vehicle, place, goal), rests)
            ready = self._serve(vehicle, stop, arrival)
            place, rests = goal, []
        self.done_s[vehicle.id] = self._arrive(ready, self.drive(vehicle, place, vehicle.end_index), rests)

    def _arrive(self, ready: int, drive: int | None, rests: Sequence[Break]) -> int:
        """Earliest moment at the goal with all breaks taken; each before the drive or after it."""
        if drive is None:
            return FOREVER * 2
        moments = []
        for before in range(len(rests) + 1):
            now = _rest(ready, rests[:before]) + drive
            moments.append(_rest(now, rests[before:]))
        return min(moments)

    def _serve(self, vehicle: Vehicle, stop: Stop, arrival: int) -> int:
        service_s = self.service_of(vehicle, stop)
        if stop.type != "job" or stop.id is None:
            return arrival + service_s
        job = self.orders.jobs[stop.id]
        waits = [self.job_end.get(other, 0) for other in job.after]
        start = next_start(self.windows_of(job), max([arrival, *waits]))
        self.job_end[job.id] = start + service_s
        return start + service_s

    def windows_of(self, job: Job) -> tuple[Window, ...]:
        """When the job may start, a pin included."""
        windows = job.time_windows
        for vehicle in self.problem.vehicles:
            for step in vehicle.steps:
                if step.pinned and step.id == job.id:
                    windows = _cut(windows, step.service_after_s, step.service_before_s)
                    windows = _cut(windows, step.service_at_s, step.service_at_s)
        return windows

    # -------- verdict on the recomputed times

    def check(self) -> None:
        """Complain about what cannot be in time whatever the stated times are."""
        if self.has_circle:
            return
        for sheet in self.orders.sheets:
            if sheet.open_jobs:
                self._check_roads(sheet)
                self._check_day(sheet)

    def _check_roads(self, sheet: Sheet) -> None:
        place = self.open_place(sheet)
        for stop in sheet.open:
            if stop.type == "break":
                continue
            goal = self.place_of(sheet.vehicle, stop)
            if self.drive(sheet.vehicle, place, goal) is None:
                self.orders.complain(
                    "road", sheet.vehicle.id, stop.at, f"No road leads from place {place} to {goal}."
                )
            place = goal
        if self.drive(sheet.vehicle, place, sheet.vehicle.end_index) is None:
            self.orders.complain(
                "road", sheet.vehicle.id, None, f"No road leads from place {place} to the end."
            )

    def _check_day(self, sheet: Sheet) -> None:
        vehicle = sheet.vehicle
        for stop in sheet.open:
            if stop.type == "job" and stop.id is not None and self.job_end[stop.id] >= FOREVER:
                self.orders.complain(
                    "window", vehicle.id, stop.at, f"Job {stop.id} cannot start inside a window."
                )
                return
        latest = vehicle.time_window[1] + vehicle.overtime_max_s
        done = self.done_s[vehicle.id]
        if done >= 2 * FOREVER:
            self.orders.complain("break", vehicle.id, None, "A break cannot start inside its windows.")
        elif done > latest:
            self.orders.complain(
                "shift", vehicle.id, None, f"The crew is done at {done}, the latest is {latest}."
            )


def next_start(windows: Sequence[Window], moment: int) -> int:
    """First moment inside a window from the given one on; beyond FOREVER when there is none."""
    starts = [max(moment, start) for start, end in windows if max(moment, start) <= end]
    return min(starts, default=2 * FOREVER)


def _rest(moment: int, rests: Sequence[Break]) -> int:
    for rest in rests:
        moment = next_start(rest.time_windows, moment) + rest.service_s
    return moment


def _cut(windows: tuple[Window, ...], low: int | None, high: int | None) -> tuple[Window, ...]:
    first = 0 if low is None else low
    last = FOREVER if high is None else high
    return tuple(
        (max(start, first), min(end, last)) for start, end in windows if max(start, first) <= min(end, last)
    )
