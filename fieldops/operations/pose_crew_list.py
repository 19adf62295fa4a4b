"""Turning what one crew has left into a planning problem of its own, to time it in one order or another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.errors import Conflict
from fieldops.installation import Installation
from fieldops.models import OrderPin, WorkOrder
from fieldops.operations.pose_problem import PlanOptions, compose, frame_of, pose_jobs
from fieldops.operations.pose_running_day import (
    open_list,
    orders_of,
    running_vehicle,
    what_happened,
)
from fieldops.operations.problem_drives import read_with_drives
from fieldops.queries.closures import as_closures, closures_between
from fieldops.queries.plans import stop_out_for
from fieldops.queries.running_day import RunningCrew
from fieldops.queries.work_orders import pins_of, predecessors
from fieldops.routing.drives import Closures, Place
from fieldops.routing.roads import PATIENCE_S
from geo.dispatch.own_order import OwnOrder, time_order
from geo.dispatch.problem import Problem
from geo.errors import GeoError

NO_END_S: Final = 30 * 24 * 3600
"""Stands for no limit, in the problem's seconds: what comes late is weighed, not forbidden."""


@dataclass(frozen=True)
class CrewList:
    """What a crew has left: its orders by number, the hours promised of some, and the problem of it."""

    problem: Problem
    midnight: datetime
    orders: Mapping[int, WorkOrder]
    pins: Mapping[int, OrderPin]

    def timed(self, order_ids: Sequence[int]) -> OwnOrder:
        """Return the list's times when it is gone through in this order."""
        return time_order(self.problem, order_ids)

    def moment(self, seconds: int) -> datetime:
        """Return a moment of the problem's seconds."""
        return self.midnight + timedelta(seconds=seconds)


def pose_crew_list(session: Session, installation: Installation, one: RunningCrew) -> CrewList:
    """Return what a crew has left, from where it is now, over roads where they are known.

    What it has begun stays first. An order that waits for one on another crew's list begins when that one is
    to be over.

    Raises
    ------
    Conflict
        The list cannot be reckoned with.
    """
    day, city = one.shift.day, installation.city
    midnight = city.midnight(day)
    closures = as_closures(closures_between(session, clock.now(), midnight + timedelta(days=1)))

    def drive(start: Place, end: Place) -> timedelta:
        return timedelta(seconds=max(0, installation.roads.drive_s(start, end, closures)))

    happened = what_happened(session, one, midnight, drive)
    begun = {thing.id for thing in happened if thing.kind == "job"}
    orders = orders_of(session, {visit.order_id for visit in open_list(one, begun)})
    every = [*orders, *orders_of(session, begun)]
    frame = frame_of(city, day, [(one.shift, one.crew, one.depot)], every, {})
    pins = pins_of(session, [order.id for order in orders])
    jobs = pose_jobs(session, every, frame)
    for job in jobs:
        _let_wait(session, job, pins.get(job["id"]), midnight, {order.id for order in every})
    vehicle = _patient(running_vehicle(one, happened, frame))
    posed = compose(day, frame, [vehicle], jobs, [], PlanOptions())
    return CrewList(_read(installation, posed, closures), midnight, {row.id: row for row in orders}, pins)


def _let_wait(
    session: Session, job: dict[str, Any], pin: OrderPin | None, midnight: datetime, own: set[int]
) -> None:
    """Let a job begin within its promised hours, and after what it waits for on other crews' lists."""
    begins, until = 0, NO_END_S
    if pin is not None and pin.starts_from is not None:
        begins = max(0, int((pin.starts_from - midnight).total_seconds()))
    if pin is not None and pin.starts_until is not None:
        until = int((pin.starts_until - midnight).total_seconds())
    for other in predecessors(session, [job["id"]]).get(job["id"], []):
        out = stop_out_for(session, other) if other not in own else None
        if out is not None:
            begins = max(begins, int((out[0].ends_at - midnight).total_seconds()))
    job["time_windows"] = [[begins, max(begins, until)]]


def _patient(vehicle: dict[str, Any]) -> dict[str, Any]:
    """Let a crew be late: who is over its shift, or broke down, still has a list that takes its time."""
    begins, ends = vehicle["time_window"]
    vehicle.pop("max_tasks", None)
    return vehicle | {
        "time_window": [max(0, begins), max(0, begins, ends)],
        "overtime": {"max": NO_END_S, "cost": 1.0},
    }


def _read(installation: Installation, posed: dict[str, Any], closures: Closures) -> Problem:
    try:
        return read_with_drives(installation, posed, closures, patience_s=PATIENCE_S)[0]
    except GeoError as error:
        raise Conflict("The times of this list cannot be reckoned: %(why)s", why=str(error)) from error
