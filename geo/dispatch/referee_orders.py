"""The referee's reading of a plan: from steps to orders, and the rules that need no clock.

Written apart from the solver; it shares nothing with it but the problem and the plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from geo.dispatch.problem import Job, PlannedStep, Problem, Vehicle
from geo.dispatch.result import Plan, PlannedRoute, Step
from geo.dispatch.verdict import Violation


@dataclass(slots=True)
class Stop:
    """A job, break or reload of the part still to be planned; ``at`` is its index among the steps."""

    at: int
    type: str
    id: int | None


@dataclass(slots=True)
class Sheet:
    """One vehicle's route as the referee reads it."""

    vehicle: Vehicle
    route: PlannedRoute | None
    frozen: tuple[PlannedStep, ...]
    open: list[Stop] = field(default_factory=list)

    @property
    def open_jobs(self) -> list[int]:
        """Ids of jobs still to be done, in order."""
        return [stop.id for stop in self.open if stop.type == "job" and stop.id is not None]

    @property
    def frozen_jobs(self) -> list[int]:
        """Ids of jobs done or running, in order."""
        return [step.id for step in self.frozen if step.type == "job" and step.id is not None]

    @property
    def reload_count(self) -> int:
        """Reloads of the whole day."""
        kinds = [step.type for step in self.frozen] + [stop.type for stop in self.open]
        return kinds.count("reload")

    @property
    def is_over(self) -> bool:
        """Whether the day has ended already."""
        return any(step.type == "end" for step in self.frozen)


class Orders:
    """All sheets, and complaints collected on the way."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem = problem
        self.plan = plan
        self.jobs: dict[int, Job] = {job.id: job for job in problem.jobs}
        self.violations: list[Violation] = []
        self.sheets = self._read()
        self.vehicle_of = {
            job: sheet.vehicle.id for sheet in self.sheets for job in [*sheet.frozen_jobs, *sheet.open_jobs]
        }

    def complain(self, code: str, vehicle: int | None, step: int | None, message: str) -> None:
        """Note a violation."""
        self.violations.append(Violation(code, vehicle, step, message))

    # -------- reading

    def _read(self) -> list[Sheet]:
        routes: dict[int, PlannedRoute] = {}
        known = {vehicle.id for vehicle in self.problem.vehicles}
        for route in self.plan.routes:
            if route.vehicle not in known or route.vehicle in routes:
                self.complain("structure", route.vehicle, None, "The vehicle is unknown or has two routes.")
            else:
                routes[route.vehicle] = route
        return [self._read_sheet(vehicle, routes.get(vehicle.id)) for vehicle in self.problem.vehicles]

    def _read_sheet(self, vehicle: Vehicle, route: PlannedRoute | None) -> Sheet:
        frozen = tuple(step for step in vehicle.steps if step.frozen)
        sheet = Sheet(vehicle, route, frozen)
        if route is None:
            if frozen:
                self.complain("frozen", vehicle.id, None, "The frozen stops of the vehicle are missing.")
            return sheet
        steps = list(enumerate(route.steps))
        if not (frozen and frozen[0].type == "start"):
            steps = self._strip_start(vehicle, steps, bool(frozen))
        steps = self._strip_frozen(sheet, steps)
        if not sheet.is_over:
            steps = self._strip_end(vehicle, steps)
        for at, step in steps:
            self._read_stop(sheet, at, step)
        return sheet

    def _strip_start(
        self, vehicle: Vehicle, steps: list[tuple[int, Step]], has_frozen: bool
    ) -> list[tuple[int, Step]]:
        place = vehicle.start_index
        if not has_frozen and vehicle.position_index is not None:
            place = vehicle.position_index
        has_start = bool(steps) and steps[0][1].type == "start"
        if has_start != (place is not None) or (has_start and steps[0][1].location_index != place):
            self.complain("structure", vehicle.id, 0, "The route does not start where the vehicle does.")
        return steps[1:] if has_start else steps

    def _strip_end(self, vehicle: Vehicle, steps: list[tuple[int, Step]]) -> list[tuple[int, Step]]:
        has_end = bool(steps) and steps[-1][1].type == "end"
        place = vehicle.end_index
        if has_end != (place is not None) or (has_end and steps[-1][1].location_index != place):
            self.complain("structure", vehicle.id, None, "The route does not end where the vehicle does.")
        return steps[:-1] if has_end else steps

    def _strip_frozen(self, sheet: Sheet, steps: list[tuple[int, Step]]) -> list[tuple[int, Step]]:
        count = len(sheet.frozen)
        if len(steps) < count:
            self.complain(
                "frozen", sheet.vehicle.id, None, "Frozen stops are missing at the head of the route."
            )
            return steps
        for given, (at, stated) in zip(sheet.frozen, steps, strict=False):
            if not self._is_reproduced(sheet.vehicle, given, stated):
                self.complain(
                    "frozen", sheet.vehicle.id, at, "A frozen stop is not reproduced as it happened."
                )
        return steps[count:]

    def _is_reproduced(self, vehicle: Vehicle, given: PlannedStep, stated: Step) -> bool:
        if stated.type != given.type or not stated.frozen:
            return False
        if given.type in {"job", "break"} and stated.id != given.id:
            return False
        if given.service_at_s is None:
            return True
        return stated.start_s == given.service_at_s and stated.end_s == self.frozen_end(vehicle, given)

    def frozen_end(self, vehicle: Vehicle, step: PlannedStep) -> int:
        """When a frozen stop was over; 0 when no time was given."""
        if step.end_at_s is not None:
            return step.end_at_s
        if step.service_at_s is None:
            return 0
        if step.type == "job" and step.id is not None:
            return step.service_at_s + self.jobs[step.id].service_s
        if step.type == "break":
            return step.service_at_s + next(rest.service_s for rest in vehicle.breaks if rest.id == step.id)
        if step.type == "reload" and vehicle.reload is not None:
            return step.service_at_s + vehicle.reload.service_s
        return step.service_at_s

    def _read_stop(self, sheet: Sheet, at: int, step: Step) -> None:
        vehicle = sheet.vehicle
        if step.frozen:
            self.complain("frozen", vehicle.id, at, "The stop is not frozen in the problem.")
        if sheet.is_over:
            self.complain("frozen", vehicle.id, at, "The vehicle's day is over.")
        if step.type == "job" and step.id in self.jobs:
            if step.location_index != self.jobs[step.id].location_index:
                self.complain("structure", vehicle.id, at, f"Job {step.id} is at another place.")
        elif step.type == "reload" and vehicle.reload is not None:
            if step.location_index != vehicle.reload.location_index:
                self.complain("structure", vehicle.id, at, "The reload is at another place.")
        elif step.type != "break" or step.id not in {rest.id for rest in vehicle.breaks}:
            self.complain("structure", vehicle.id, at, f"There is no {step.type} {step.id} to stop for.")
            return
        sheet.open.append(Stop(at, step.type, step.id))

    # -------- rules without a clock

    def check(self) -> None:
        """Check everything that depends on order and assignment alone."""
        self._check_partition()
        for sheet in self.sheets:
            for stop in sheet.open:
                if stop.type == "job" and stop.id is not None:
                    self._check_job(sheet.vehicle, stop, self.jobs[stop.id])
            self._check_breaks(sheet)
            self._check_counts(sheet)
            self._check_load(sheet)

    def _check_partition(self) -> None:
        served = [job for sheet in self.sheets for job in [*sheet.frozen_jobs, *sheet.open_jobs]]
        left = [job.id for job in self.plan.unassigned]
        for job in self.jobs:
            count = served.count(job) + left.count(job)
            if count != 1:
                self.complain(
                    "structure", None, None, f"Job {job} stands {count} times in the plan, not once."
                )
        for job in left:
            if job not in self.jobs:
                self.complain("structure", None, None, f"There is no job {job} to leave out.")

    def _check_job(self, vehicle: Vehicle, stop: Stop, job: Job) -> None:
        if not job.skills <= vehicle.skills:
            missing = ", ".join(map(str, sorted(job.skills - vehicle.skills)))
            self.complain(
                "skills", vehicle.id, stop.at, f"Job {job.id} asks for skills the crew lacks: {missing}."
            )
        holder = self.pinned_vehicle(job.id)
        if holder is not None and holder != vehicle.id:
            self.complain("pinned", vehicle.id, stop.at, f"Job {job.id} must stay with vehicle {holder}.")
        for other in job.after:
            if other not in self.vehicle_of:
                self.complain(
                    "precedence",
                    vehicle.id,
                    stop.at,
                    f"Job {job.id} waits for job {other}, which is not served.",
                )

    def pinned_vehicle(self, job: int) -> int | None:
        """The vehicle a job must stay with."""
        for vehicle in self.problem.vehicles:
            if any(step.pinned and step.id == job for step in vehicle.steps):
                return vehicle.id
        return None

    def _check_breaks(self, sheet: Sheet) -> None:
        if not sheet.open_jobs:
            return
        taken = {step.id for step in sheet.frozen if step.type == "break"}
        due = [rest.id for rest in sheet.vehicle.breaks if rest.id not in taken]
        stated = [stop.id for stop in sheet.open if stop.type == "break"]
        if due != stated:
            self.complain(
                "break", sheet.vehicle.id, None, f"Breaks {due} are due in this order, stated are {stated}."
            )

    def _check_counts(self, sheet: Sheet) -> None:
        vehicle = sheet.vehicle
        if not sheet.open:
            return
        tasks = len(sheet.frozen_jobs) + len(sheet.open_jobs)
        if vehicle.max_tasks is not None and tasks > vehicle.max_tasks:
            self.complain(
                "limits", vehicle.id, None, f"{tasks} jobs, at most {vehicle.max_tasks} are allowed."
            )
        reloads = sheet.reload_count
        limit = vehicle.reload.max_count if vehicle.reload is not None else 0
        if limit is not None and reloads > limit and any(stop.type == "reload" for stop in sheet.open):
            self.complain("reload", vehicle.id, None, f"{reloads} reloads, at most {limit} are allowed.")

    def _check_load(self, sheet: Sheet) -> None:
        """Every drive that is still to come, and earlier ones with open deliveries on board."""
        for leg in legs(sheet):
            if not any(is_open for _, is_open in leg):
                continue
            dims = max(len(vehicle.capacity) for vehicle in self.problem.vehicles)
            for dim in range(dims):
                self._check_leg(sheet.vehicle, leg, dim)

    def _check_leg(self, vehicle: Vehicle, leg: list[tuple[int, bool]], dim: int) -> None:
        capacity = amount(vehicle.capacity, dim)
        jobs = [(self.jobs[job], is_open) for job, is_open in leg]
        load = sum(amount(job.delivery, dim) for job, _ in jobs)
        delivers = any(amount(job.delivery, dim) for job, is_open in jobs if is_open)
        first_open = next(n for n, (_, is_open) in enumerate(jobs) if is_open)
        on_drives = [load]
        for job, _ in jobs:
            load += amount(job.pickup, dim) - amount(job.delivery, dim)
            on_drives.append(load)
        checked = on_drives if delivers else on_drives[first_open:]
        if max(checked) > capacity:
            self.complain(
                "load", vehicle.id, None, f"Load {max(checked)} in dimension {dim}, capacity is {capacity}."
            )


def amount(amounts: tuple[int, ...], dim: int) -> int:
    """One dimension; missing ones are 0."""
    return amounts[dim] if dim < len(amounts) else 0


def legs(sheet: Sheet) -> Iterator[list[tuple[int, bool]]]:
    """Jobs between reloads, each with whether it is still open."""
    leg: list[tuple[int, bool]] = []
    for step in sheet.frozen:
        if step.type == "reload":
            yield leg
            leg = []
        elif step.type == "job" and step.id is not None:
            leg.append((step.id, False))
    for stop in sheet.open:
        if stop.type == "reload":
            yield leg
            leg = []
        elif stop.type == "job" and stop.id is not None:
            leg.append((stop.id, True))
    yield leg
