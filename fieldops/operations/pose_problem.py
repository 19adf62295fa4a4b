"""Turning a day's crews and ready orders into a planning problem, in the file format of geo.dispatch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.city import City
from fieldops.domain.work_order_states import OPEN_ORDERS, BatchStatus, WorkOrderStatus
from fieldops.models import Batch, Crew, Depot, Shift, WorkOrder
from fieldops.models.base import lon_lat
from fieldops.queries.work_orders import get_order, orders_in, predecessors, priorities_of

RELOAD_S: Final = 1200
LEAST_LEFT: Final = timedelta(hours=1)
"""A shift with less left is not planned any more (ours)."""

PICKED_UP: Final = ("sediment_l",)
"""Materials that a crew brings back; all others it takes out."""


@dataclass(frozen=True)
class DayProblem:
    """A day's problem, and the orders left out of it with the reason's code and the order waited for."""

    problem: dict[str, Any]
    left_out: list[dict[str, Any]]


def pose_problem(session: Session, city: City, day: date) -> DayProblem:
    """Return the problem of one day: every free shift, every ready order.

    Times are seconds since the day's local midnight; a crew whose batch of that day is out already is
    not planned again (recall it first). On the day itself crews are free from now on, not from the
    beginning of their shift.
    """
    zone = ZoneInfo(city.time_zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    now = clock.now()
    shifts = free_shifts(session, day)
    orders = orders_in(session, WorkOrderStatus.READY.value)
    jobs, left_out = _plannable(session, orders)
    materials = sorted({order.material for order in jobs if order.material != "none"})
    skills = sorted(
        {skill for order in jobs for skill in order.skills}
        | {s for _shift, crew, _depot in shifts for s in crew.skills}
    )
    codes = {skill: number for number, skill in enumerate(skills, start=1)}
    worth = priorities_of(session, jobs, now)
    waits = predecessors(session, [order.id for order in jobs])
    planned = {order.id for order in jobs}
    problem = {
        "_day": day.isoformat(),
        "_skills": skills,
        "_materials": materials,
        "vehicles": [
            _vehicle(shift, crew, depot, midnight, codes, materials) for shift, crew, depot in shifts
        ],
        "jobs": [
            _job(
                order,
                codes,
                materials,
                worth[order.id].prize_s,
                [n for n in waits.get(order.id, []) if n in planned],
            )
            for order in jobs
        ],
        "options": {"day_decay": 0.93},
    }
    return DayProblem(problem, left_out)


def free_shifts(session: Session, day: date) -> list[tuple[Shift, Crew, Depot]]:
    """Return the day's shifts of active crews whose work is not out already and that have time left."""
    out = select(Batch.shift_id).where(
        Batch.status.in_((BatchStatus.DISPATCHED.value, BatchStatus.FINISHED.value))
    )
    rows = session.execute(
        select(Shift, Crew, Depot)
        .join(Crew, Crew.id == Shift.crew_id)
        .join(Depot, Depot.id == Crew.depot_id)
        .where(
            Shift.day == day,
            Shift.ends_at > clock.now() + LEAST_LEFT,
            Crew.active.is_(True),
            Shift.id.not_in(out),
        )
        .order_by(Crew.letter)
    )
    return [(shift, crew, depot) for shift, crew, depot in rows]


def _plannable(session: Session, orders: Sequence[WorkOrder]) -> tuple[list[WorkOrder], list[dict[str, Any]]]:
    """Leave out orders that wait for one which this plan cannot do."""
    jobs = {order.id: order for order in orders}
    waits = predecessors(session, list(jobs))
    left_out: list[dict[str, Any]] = []
    again = True
    while again:
        again = False
        for order_id in sorted(jobs):
            blocker = next(
                (n for n in waits.get(order_id, []) if n not in jobs and _still_open(session, n)), None
            )
            if blocker is not None:
                order = jobs.pop(order_id)
                left_out.append({"id": order.id, "reason": "waits_for_order", "predecessor": blocker})
                again = True
    return list(jobs.values()), left_out


def _still_open(session: Session, order_id: int) -> bool:
    return WorkOrderStatus(get_order(session, order_id).status) in OPEN_ORDERS


def _seconds(moment: datetime, midnight: datetime) -> int:
    return int((moment - midnight).total_seconds())


def _vehicle(
    shift: Shift, crew: Crew, depot: Depot, midnight: datetime, codes: dict[str, int], materials: list[str]
) -> dict[str, Any]:
    place = list(lon_lat(depot.place))
    vehicle: dict[str, Any] = {
        "id": crew.id,
        "description": crew.name,
        "start": place,
        "end": place,
        "capacity": [int(crew.capacity.get(material, 0)) for material in materials],
        "skills": sorted(codes[skill] for skill in crew.skills),
        "time_window": [
            _seconds(max(shift.starts_at, clock.now()), midnight),
            _seconds(shift.ends_at, midnight),
        ],
        "overtime": {"max": shift.overtime_s, "cost": 1.5},
        "crew": crew.letter,
    }
    if materials:
        vehicle["reload"] = {"service": RELOAD_S, "max": 2}
    if shift.break_from and shift.break_until and shift.break_s and shift.break_until > clock.now():
        window = [
            _seconds(max(shift.break_from, clock.now()), midnight),
            _seconds(shift.break_until, midnight),
        ]
        vehicle["breaks"] = [{"id": crew.id, "time_windows": [window], "service": shift.break_s}]
    return vehicle


def _job(
    order: WorkOrder, codes: dict[str, int], materials: list[str], prize_s: int, after: list[int]
) -> dict[str, Any]:
    amounts = [order.material_amount if order.material == material else 0 for material in materials]
    job: dict[str, Any] = {
        "id": order.id,
        "description": order.number,
        "location": list(lon_lat(order.place)),
        "service": order.duration_s,
        "skills": sorted(codes[skill] for skill in order.skills),
        "prize": prize_s,
        "must_do": order.must_do,
    }
    if materials:
        job["pickup" if order.material in PICKED_UP else "delivery"] = amounts
    if after:
        job["after"] = after
    return job
