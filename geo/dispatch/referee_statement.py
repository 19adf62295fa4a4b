"""The referee's look at what a plan states about itself: times, loads, sums."""

from __future__ import annotations

from geo.dispatch.problem import Break, Window
from geo.dispatch.referee_clock import Clock
from geo.dispatch.referee_orders import Orders, Sheet, amount, legs
from geo.dispatch.result import Step


class Statement:
    """Follows the stated times of each route and checks that each can follow from the one before."""

    def __init__(self, orders: Orders, clock: Clock) -> None:
        self.orders = orders
        self.clock = clock
        self.stated_end = {
            step.id: step.end_s
            for route in orders.plan.routes
            for step in route.steps
            if step.type == "job" and step.id is not None
        }

    def check(self) -> None:
        """Check all routes."""
        for sheet in self.orders.sheets:
            if sheet.route is not None:
                self._check_times(sheet)
                self._check_travel(sheet)
                self._check_loads(sheet)
                self._check_sums(sheet)

    def _complain(self, sheet: Sheet, at: int | None, message: str, code: str = "times") -> None:
        self.orders.complain(code, sheet.vehicle.id, at, message)

    # -------- times

    def _check_times(self, sheet: Sheet) -> None:
        assert sheet.route is not None  # noqa: S101 — narrowed for the type checker; the caller made sure
        steps, vehicle = sheet.route.steps, sheet.vehicle
        ready, place = self.clock.open_start(sheet), self.clock.open_place(sheet)
        if steps and steps[0].type == "start" and not sheet.frozen:
            if steps[0].start_s < ready:
                self._complain(sheet, 0, f"It leaves at {steps[0].start_s}, before {ready}.")
            ready = steps[0].end_s
        rests: list[tuple[Step, Break]] = []
        for stop in sheet.open:
            step = steps[stop.at]
            if step.waiting_s < 0:
                self._complain(sheet, stop.at, "Waiting is negative.")
            if stop.type == "break":
                rests.append((step, self.clock.rest_of(vehicle, stop)))
                continue
            goal = self.clock.place_of(vehicle, stop)
            self._check_arrival(sheet, stop.at, ready, self.clock.drive(vehicle, place, goal), rests)
            self._check_service(sheet, stop.at, step, self.clock.service_of(vehicle, stop))
            ready, place, rests = step.end_s, goal, []
        if steps and steps[-1].type == "end" and not sheet.is_over and sheet.open:
            self._check_arrival(
                sheet, len(steps) - 1, ready, self.clock.drive(vehicle, place, vehicle.end_index), rests
            )
            self._check_end(sheet, steps[-1].arrival_s)
        elif rests:
            self._check_rests_at(sheet, ready, rests)
            self._check_end(sheet, rests[-1][0].end_s)
        else:
            self._check_end(sheet, ready)

    def _check_end(self, sheet: Sheet, done: int) -> None:
        latest = sheet.vehicle.time_window[1] + sheet.vehicle.overtime_max_s
        if sheet.open_jobs and done > latest:
            self._complain(sheet, None, f"It states to be done at {done}, the latest is {latest}.")

    def _check_arrival(
        self, sheet: Sheet, at: int, ready: int, drive: int | None, rests: list[tuple[Step, Break]]
    ) -> None:
        """The arrival is when the crew is there and free, for one way to take the breaks around the drive."""
        assert sheet.route is not None  # noqa: S101 — narrowed for the type checker; the caller made sure
        if drive is None:
            return
        arrival = sheet.route.steps[at].arrival_s
        for before in range(len(rests) + 1):
            if self._holds(ready, drive, rests, before) == arrival:
                return
        self._complain(
            sheet, at, f"It cannot be there and free at {arrival}: ready at {ready}, drive {drive} s."
        )

    def _holds(self, ready: int, drive: int, rests: list[tuple[Step, Break]], before: int) -> int | None:
        now = ready
        for count, (step, rest) in enumerate(rests):
            if count == before:
                now += drive
            if step.arrival_s != now or not self._is_rest(step, rest):
                return None
            now = step.end_s
        return now + drive if before == len(rests) else now

    def _check_rests_at(self, sheet: Sheet, ready: int, rests: list[tuple[Step, Break]]) -> None:
        if self._holds(ready, 0, rests, 0) is None:
            self._complain(sheet, None, "The last break cannot be as stated.")

    @staticmethod
    def _is_rest(step: Step, rest: Break) -> bool:
        return step.service_s == rest.service_s and _is_inside(rest.time_windows, step.start_s)

    def _check_service(self, sheet: Sheet, at: int, step: Step, service_s: int) -> None:
        if step.service_s != service_s:
            self._complain(sheet, at, f"Service takes {service_s} s, stated are {step.service_s}.")
        if step.type != "job" or step.id is None:
            return
        job = self.orders.jobs[step.id]
        if not _is_inside(self.clock.windows_of(job), step.start_s):
            self._complain(sheet, at, f"Job {job.id} starts at {step.start_s}, outside its windows.")
        for other in job.after:
            if self.stated_end.get(other, 0) > step.start_s:
                self._complain(
                    sheet,
                    at,
                    f"Job {job.id} starts at {step.start_s}, before job {other} is finished.",
                    "precedence",
                )
        late_s = 0 if job.due_s is None else max(0, step.end_s - job.due_s)
        if step.lateness_s != late_s:
            self._complain(sheet, at, f"It is {late_s} s late, stated are {step.lateness_s}.")

    # -------- travel and loads

    def _check_travel(self, sheet: Sheet) -> None:
        """``duration_s`` counts the drives up to each step."""
        assert sheet.route is not None  # noqa: S101 — narrowed for the type checker; the caller made sure
        vehicle, travel, place = sheet.vehicle, 0, sheet.vehicle.start_index
        first_open = (
            len(sheet.route.steps) - len(sheet.open) - (sheet.route.steps[-1:] != () and _has_end(sheet))
        )
        for at, step in enumerate(sheet.route.steps):
            if at == first_open and vehicle.position_index is not None:
                place = vehicle.position_index
            if step.type == "start":
                place = step.location_index
            elif step.type != "break" and step.location_index is not None:
                travel += self.clock.drive(vehicle, place, step.location_index) or 0
                place = step.location_index
            if step.duration_s != travel:
                self._complain(
                    sheet, at, f"{travel} s were driven by then, stated are {step.duration_s}.", "sums"
                )

    def _check_loads(self, sheet: Sheet) -> None:
        assert sheet.route is not None  # noqa: S101 — narrowed for the type checker; the caller made sure
        dims = max(len(vehicle.capacity) for vehicle in self.orders.problem.vehicles)
        to_come = list(legs(sheet))[::-1]
        load = self._full(to_come.pop(), dims)
        for at, step in enumerate(sheet.route.steps):
            if step.type == "reload":
                load = self._full(to_come.pop(), dims)
            elif step.type == "job" and step.id is not None:
                job = self.orders.jobs[step.id]
                load = [load[d] + amount(job.pickup, d) - amount(job.delivery, d) for d in range(dims)]
            if tuple(load) != step.load:
                self._complain(sheet, at, f"The load is {load}, stated is {list(step.load)}.", "load")

    def _full(self, leg: list[tuple[int, bool]], dims: int) -> list[int]:
        return [sum(amount(self.orders.jobs[job].delivery, d) for job, _ in leg) for d in range(dims)]

    # -------- sums

    def _check_sums(self, sheet: Sheet) -> None:
        assert sheet.route is not None  # noqa: S101 — narrowed for the type checker; the caller made sure
        route = sheet.route
        jobs = [self.orders.jobs[job] for job in [*sheet.frozen_jobs, *sheet.open_jobs]]
        dims = max(len(vehicle.capacity) for vehicle in self.orders.problem.vehicles)
        expected = {
            "waiting_s": sum(route.steps[stop.at].waiting_s for stop in sheet.open),
            "duration_s": route.steps[-1].duration_s if route.steps else 0,
            "service_s": service_s(self.clock, sheet),
            "delivery": tuple(sum(amount(job.delivery, d) for job in jobs) for d in range(dims)),
            "pickup": tuple(sum(amount(job.pickup, d) for job in jobs) for d in range(dims)),
        }
        for name, value in expected.items():
            if getattr(route, name) != value:
                self._complain(sheet, None, f"{name} is {value}, stated is {getattr(route, name)}.", "sums")


def service_s(clock: Clock, sheet: Sheet) -> int:
    """Planned seconds of service at jobs and reloads, frozen ones included."""
    total = sum(clock.orders.jobs[job].service_s for job in [*sheet.frozen_jobs, *sheet.open_jobs])
    if sheet.vehicle.reload is not None:
        total += sheet.reload_count * sheet.vehicle.reload.service_s
    return total


def _has_end(sheet: Sheet) -> bool:
    return sheet.vehicle.end_index is not None and not sheet.is_over


def _is_inside(windows: tuple[Window, ...], moment: int) -> bool:
    return any(start <= moment <= end for start, end in windows)
