"""A computed plan as a page shows it: crews with their stops and loads, what was left out, what changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from fieldops.models import Batch, Cluster, Crew, DayPlan, Service, WorkOrder
from fieldops.operations.pose_problem import DAY_STRIDE
from fieldops.queries.orders import orders_described
from fieldops.queries.plans import batches_of
from fieldops.queries.shifts import all_crews

Described = Mapping[int, tuple[WorkOrder, Service, Cluster]]


@dataclass(frozen=True)
class PlannedStop:
    """One stop. Moments are aware; `label` is the crew's letter and the number."""

    label: str
    order: WorkOrder
    service: Service
    cluster: Cluster
    starts_at: datetime
    ends_at: datetime
    is_pinned: bool = False


@dataclass(frozen=True)
class Span:
    """A rest or a reload of a crew."""

    kind: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Load:
    """How much of a material a crew handles, and what its vehicle holds with the reloads planned."""

    material: str
    amount: int
    capacity: int


@dataclass(frozen=True)
class CrewPlan:
    """One crew's day. `busy_s` counts driving, work and waiting, `shift_s` the shift without its rest."""

    crew: Crew
    index: int
    batch: Batch | None
    stops: tuple[PlannedStop, ...]
    spans: tuple[Span, ...]
    leaves_at: datetime
    returns_at: datetime
    shift_from: datetime
    shift_until: datetime
    busy_s: int
    shift_s: int
    loads: tuple[Load, ...]
    distance_m: int

    @property
    def tone(self) -> str:
        """The tone of the crew's hue."""
        return chr(ord("a") + self.index % 12)


@dataclass(frozen=True)
class LeftOut:
    """An order that is not in the plan: the solver's or our own reason, as codes and seconds."""

    order: WorkOrder
    service: Service
    cluster: Cluster
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class LaterDay:
    """What a plan of several days proposes to a crew for a day after the first."""

    day: date
    crew: Crew
    orders: tuple[WorkOrder, ...]


@dataclass(frozen=True)
class PlannedDay:
    """All that a plan's page shows. `orders` describes every order that is named anywhere in it; `before`
    holds stops that must be over before others begin, drain before patch.
    """

    crews: tuple[CrewPlan, ...]
    left_out: tuple[LeftOut, ...]
    orders: Described
    distance_m: int
    later: tuple[LaterDay, ...] = ()
    before: tuple[tuple[PlannedStop, PlannedStop], ...] = ()

    @property
    def pinned(self) -> list[PlannedStop]:
        """The stops that a dispatcher pinned."""
        return [stop for day in self.crews for stop in day.stops if stop.is_pinned]

    @property
    def stops(self) -> int:
        """How many orders are in the plan."""
        return sum(len(day.stops) for day in self.crews)


def planned_day(session: Session, day_plan: DayPlan, time_zone: str) -> PlannedDay:
    """Return a computed plan put together with its orders, crews and batches."""
    day = day_plan.day
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone))
    left = [*day_plan.answer.get("unassigned", []), *day_plan.violations.get("left_out", [])]
    orders = orders_described(session, sorted(_order_ids(day_plan.answer, left)))
    batches = {batch.crew_id: batch for batch in batches_of(session, day_plan.id)}
    vehicles = {vehicle["id"]: vehicle for vehicle in day_plan.problem.get("vehicles", [])}
    routes = {route["vehicle"]: route for route in day_plan.answer.get("routes", [])}
    crews = [crew for crew in all_crews(session) if crew.id in vehicles]
    builder = _Builder(midnight, orders, day_plan.problem)
    days = tuple(
        builder.crew_plan(crew, index, vehicles[crew.id], routes.get(crew.id, {}), batches.get(crew.id))
        for index, crew in enumerate(crews)
    )
    left_out = sorted(
        (LeftOut(*orders[facts["id"]], facts=facts) for facts in left if facts["id"] in orders),
        key=lambda one: (not one.order.must_do, -(one.facts.get("worth") or 0), one.order.id),
    )
    return PlannedDay(
        days,
        tuple(left_out),
        orders,
        sum(day.distance_m for day in days),
        later=tuple(_later(day_plan, orders, {crew.id: crew for crew in all_crews(session)})),
        before=tuple(_before(day_plan, days)),
    )


def _later(day_plan: DayPlan, orders: Described, crews: Mapping[int, Crew]) -> Iterator[LaterDay]:
    for route in sorted(day_plan.answer.get("routes", []), key=lambda route: int(route["vehicle"])):
        ahead, crew_id = divmod(route["vehicle"], DAY_STRIDE)
        jobs = [step["id"] for step in route["steps"] if step["type"] == "job" and step["id"] in orders]
        if ahead and jobs and crew_id in crews:
            held = tuple(orders[number][0] for number in jobs)
            yield LaterDay(day_plan.day + timedelta(days=ahead), crews[crew_id], held)


def _before(day_plan: DayPlan, days: Sequence[CrewPlan]) -> Iterator[tuple[PlannedStop, PlannedStop]]:
    stops = {stop.order.id: stop for day in days for stop in day.stops}
    for job in day_plan.problem.get("jobs", []):
        for first in job.get("after", []):
            if first in stops and job["id"] in stops:
                yield stops[first], stops[job["id"]]


def _order_ids(answer: Mapping[str, Any], left: list[dict[str, Any]]) -> set[int]:
    named = {
        step["id"] for route in answer.get("routes", []) for step in route["steps"] if step["type"] == "job"
    }
    for facts in left:
        best = facts.get("best") or {}
        named |= {facts["id"], facts.get("predecessor"), best.get("after")} - {None}
    return named


class _Builder:
    def __init__(self, midnight: datetime, orders: Described, problem: Mapping[str, Any]) -> None:
        self.midnight = midnight
        self.orders = orders
        self.materials: list[str] = problem.get("_materials", [])
        self.pinned = {
            step["id"]
            for vehicle in problem.get("vehicles", [])
            for step in vehicle.get("steps", [])
            if step.get("pinned")
        } | {job["id"] for job in problem.get("jobs", []) if "time_windows" in job}
        self.jobs = {job["id"]: job for job in problem.get("jobs", [])}

    def at(self, seconds: float) -> datetime:
        return self.midnight + timedelta(seconds=seconds)

    def crew_plan(
        self, crew: Crew, index: int, vehicle: dict[str, Any], route: dict[str, Any], batch: Batch | None
    ) -> CrewPlan:
        steps = route.get("steps", [])
        jobs = [step for step in steps if step["type"] == "job" and step["id"] in self.orders]
        starts, ends = vehicle["time_window"]
        rest_s = sum(rest["service"] for rest in vehicle.get("breaks", []))
        leaves, returns = (steps[0], steps[-1]) if jobs else (None, None)
        distance = route.get("distance") or (batch.distance_m if batch else 0)
        return CrewPlan(
            crew=crew,
            index=index,
            batch=batch,
            stops=tuple(self._stop(crew, n, step) for n, step in enumerate(jobs, start=1)),
            spans=tuple(self._span(step) for step in steps if step["type"] in ("break", "reload")),
            leaves_at=self.at(leaves["arrival"] if leaves else starts),
            returns_at=self.at(returns["arrival"] if returns else starts),
            shift_from=self.at(starts),
            shift_until=self.at(ends),
            busy_s=_busy_s(jobs, steps, rest_s),
            shift_s=ends - starts - rest_s,
            loads=self._loads(vehicle, steps, jobs),
            distance_m=int(distance) if jobs else 0,
        )

    def _stop(self, crew: Crew, n: int, step: dict[str, Any]) -> PlannedStop:
        order, service, cluster = self.orders[step["id"]]
        starts_s = step["arrival"] + step.get("waiting_time", 0)
        return PlannedStop(
            f"{crew.letter}{n}",
            order,
            service,
            cluster,
            self.at(starts_s),
            self.at(starts_s + step["service"]),
            step["id"] in self.pinned,
        )

    def _span(self, step: dict[str, Any]) -> Span:
        starts_s = step["arrival"] + step.get("waiting_time", 0)
        return Span(step["type"], self.at(starts_s), self.at(starts_s + step["service"]))

    def _loads(
        self, vehicle: dict[str, Any], steps: list[dict[str, Any]], jobs: list[dict[str, Any]]
    ) -> tuple[Load, ...]:
        fills = 1 + sum(step["type"] == "reload" for step in steps)
        found: list[Load] = []
        for place, material in enumerate(self.materials):
            capacity = vehicle.get("capacity", [])[place]
            amount = sum(self._amount(step["id"], place) for step in jobs)
            if capacity:
                found.append(Load(material, amount, capacity * fills))
        return tuple(found)

    def _amount(self, job_id: int, place: int) -> int:
        job = self.jobs.get(job_id, {})
        amounts = job.get("delivery") or job.get("pickup") or []
        return int(amounts[place]) if place < len(amounts) else 0


def _busy_s(jobs: list[dict[str, Any]], steps: list[dict[str, Any]], rest_s: int) -> int:
    if not jobs:
        return 0
    rests = sum(step["type"] == "break" for step in steps)
    last = steps[-1]
    ends_s = last["arrival"] + last.get("waiting_time", 0) + last.get("service", 0)
    return int(max(0, ends_s - steps[0]["arrival"] - (rest_s if rests else 0)))


@dataclass(frozen=True)
class Differences:
    """What changed against another plan of the same day; `moved` holds (order, from, to) with letters."""

    added: tuple[WorkOrder, ...]
    removed: tuple[WorkOrder, ...]
    moved: tuple[tuple[WorkOrder, str, str], ...]
    distance_m: int


def differences(session: Session, now: DayPlan, before: DayPlan, distance_m: int) -> Differences:
    """Return what a plan does otherwise than an earlier one. `distance_m` is the new plan's."""
    new, old = _crew_of_orders(now.answer), _crew_of_orders(before.answer)
    orders = orders_described(session, sorted(set(new) | set(old)))
    letters = {crew.id: crew.letter for crew in all_crews(session)}
    known = {number: described[0] for number, described in orders.items()}
    return Differences(
        tuple(known[number] for number in sorted(set(new) - set(old)) if number in known),
        tuple(known[number] for number in sorted(set(old) - set(new)) if number in known),
        tuple(
            (known[number], letters.get(old[number], "?"), letters.get(new[number], "?"))
            for number in sorted(set(new) & set(old))
            if new[number] != old[number] and number in known
        ),
        distance_m - sum(int(route.get("distance") or 0) for route in before.answer.get("routes", [])),
    )


def _crew_of_orders(answer: Mapping[str, Any]) -> dict[int, int]:
    return {
        step["id"]: route["vehicle"]
        for route in answer.get("routes", [])
        if route["vehicle"] < DAY_STRIDE  # what is proposed for a later day is not in this one
        for step in route["steps"]
        if step["type"] == "job"
    }
