"""Turning a day's crews and ready orders into a planning problem, in the file format of geo.dispatch."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.city import City
from fieldops.domain.work_order_states import OPEN_ORDERS, BatchStatus, WorkOrderStatus
from fieldops.models import Batch, Crew, Depot, OrderPin, Shift, WorkOrder
from fieldops.models.base import lon_lat
from fieldops.queries.day_plans import last_lists
from fieldops.queries.work_orders import get_order, orders_in, pins_of, predecessors, priorities_of

RELOAD_S: Final = 1200
LEAST_LEFT: Final = timedelta(hours=1)
"""A shift with less left is not planned any more (ours)."""

PICKED_UP: Final = ("sediment_l",)
"""Materials that a crew brings back; all others it takes out."""

LATE_COST: Final = 2.0
"""What a second costs that an emergency ends after its hour, in seconds of driving (ours)."""

MOST_ORDERS: Final = 3000
"""How many orders one plan looks at; a day's crews get to a small part of them."""

DAY_STRIDE: Final = 1_000_000
"""A crew's vehicle of the day after has this much added to its number, a day later twice as much."""

Crewed = tuple[Shift, Crew, Depot]


@dataclass(frozen=True)
class PlanOptions:
    """What a dispatcher wishes of a day's plan.

    `days` counts this day and those after it to which leftovers are proposed; `fairness` weighs unequal
    work; `reassign_s` is what another crew for a stop costs, in seconds of driving; a plan that gains less
    than `min_gain` of the price leaves what was told; `fill` takes ready orders beside what is out already.
    """

    days: int = 1
    fairness: float = 0.0
    reassign_s: int = 300
    min_gain: float = 0.02
    fill: bool = False


@dataclass(frozen=True)
class DayProblem:
    """A day's problem, and the orders left out of it with the reason's code and the order waited for."""

    problem: dict[str, Any]
    left_out: list[dict[str, Any]]


@dataclass(frozen=True)
class Frame:
    """What numbers stand for in one problem: seconds since `midnight`, skills, materials by their place."""

    midnight: datetime
    skills: dict[str, int]
    materials: list[str]
    pins: dict[int, OrderPin] = field(default_factory=dict)

    def seconds(self, moment: datetime) -> int:
        """Return a moment in the problem's seconds."""
        return int((moment - self.midnight).total_seconds())


def pose_problem(session: Session, city: City, day: date, options: PlanOptions | None = None) -> DayProblem:
    """Return the problem of one day: every free shift, every ready order.

    Times are seconds since the day's local midnight; a crew whose batch of that day is out already is
    not planned again (recall it first, or change the running day). On the day itself crews are free from now
    on, not from the beginning of their shift. What an earlier plan of the day told is `previous`.
    """
    options = options or PlanOptions()
    shifts = [free_shifts(session, day + timedelta(days=ahead)) for ahead in range(options.days)]
    crews = [crewed for held in shifts for crewed in held]
    ready = orders_in(session, WorkOrderStatus.READY.value)
    pins = pins_of(session, [order.id for order in ready])
    here, elsewhere = not_pinned_elsewhere(ready, pins, crews, city.midnight(day), options.days)
    pressing, beyond = most_pressing(session, here)
    jobs, left_out = plannable(session, pressing)
    frame = frame_of(city, day, crews, jobs, {order.id: pins[order.id] for order in jobs if order.id in pins})
    vehicles = [pose_vehicle(crewed, frame, ahead) for ahead, held in enumerate(shifts) for crewed in held]
    previous = previous_of(last_lists(session, day), vehicles)
    problem = compose(day, frame, vehicles, pose_jobs(session, jobs, frame), previous, options)
    pin_to_vehicles(vehicles, frame)
    return DayProblem(problem, [*left_out, *elsewhere, *beyond])


def compose(
    day: date,
    frame: Frame,
    vehicles: list[dict[str, Any]],
    jobs: list[dict[str, Any]],
    previous: list[dict[str, Any]],
    options: PlanOptions,
) -> dict[str, Any]:
    """Return the problem's file, of a day to come and of one that is running alike."""
    return {
        "_day": day.isoformat(),
        "_skills": list(frame.skills),
        "_materials": frame.materials,
        "vehicles": vehicles,
        "jobs": jobs,
        "previous": previous,
        "options": options_of(options),
    }


def frame_of(
    city: City,
    day: date,
    shifts: Collection[Crewed],
    orders: Collection[WorkOrder],
    pins: dict[int, OrderPin],
) -> Frame:
    """Return the frame that these crews and orders need."""
    skills = sorted(
        {skill for order in orders for skill in order.skills}
        | {skill for shift, crew, _depot in shifts for skill in (*crew.skills, *shift.extra_skills)}
    )
    return Frame(
        city.midnight(day),
        {skill: number for number, skill in enumerate(skills, start=1)},
        sorted({order.material for order in orders if order.material != "none"}),
        pins,
    )


def options_of(options: PlanOptions) -> dict[str, Any]:
    """Return a problem's options."""
    return {
        "day_decay": 0.93,
        "fairness_weight": options.fairness,
        "reassign_penalty": options.reassign_s,
        "min_gain": options.min_gain,
    }


def previous_of(lists: dict[int, list[int]], vehicles: Collection[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return lists of order ids by crew as a problem's `previous`, for the crews that it has."""
    known = {vehicle["id"] for vehicle in vehicles}
    return [
        {"vehicle": crew_id, "jobs": jobs} for crew_id, jobs in lists.items() if crew_id in known and jobs
    ]


def not_pinned_elsewhere(
    orders: Collection[WorkOrder],
    pins: dict[int, OrderPin],
    crews: Collection[Crewed],
    midnight: datetime,
    days: int = 1,
) -> tuple[list[WorkOrder], list[dict[str, Any]]]:
    """Leave out orders that are pinned to hours outside these days or to a crew that is not there."""
    present = {crew.id for _shift, crew, _depot in crews}
    kept: list[WorkOrder] = []
    left_out: list[dict[str, Any]] = []
    for order in orders:
        pin = pins.get(order.id)
        if (
            pin is not None
            and pin.starts_from is not None
            and not midnight <= pin.starts_from < midnight + timedelta(days=days)
        ):
            left_out.append({"id": order.id, "reason": "pinned_elsewhen"})
        elif pin is not None and pin.crew_id is not None and pin.crew_id not in present:
            left_out.append({"id": order.id, "reason": "pinned_absent", "crew": pin.crew_id})
        else:
            kept.append(order)
    return kept, left_out


def free_shifts(session: Session, day: date) -> list[Crewed]:
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
    return [(shift, crew, depot) for shift, crew, depot in rows if not is_away_for_good(shift)]


def is_away_for_good(shift: Shift) -> bool:
    """Return whether a crew cannot go on for the rest of its shift."""
    return shift.away_from is not None and (
        shift.away_until is None or shift.away_until > shift.ends_at - LEAST_LEFT
    )


def most_pressing(
    session: Session, orders: Sequence[WorkOrder], most: int = MOST_ORDERS
) -> tuple[list[WorkOrder], list[dict[str, Any]]]:
    """Keep the orders that one plan can look at: what must be done, then what is worth most."""
    if len(orders) <= most:
        return list(orders), []
    worth = priorities_of(session, orders, clock.now())
    ranked = sorted(orders, key=lambda order: (not order.must_do, -worth[order.id].prize_s, order.id))
    kept = {order.id for order in ranked[:most]}
    beyond = [{"id": order.id, "reason": "beyond_limit", "limit": most} for order in ranked[most:]]
    return [order for order in orders if order.id in kept], beyond


def plannable(
    session: Session, orders: Sequence[WorkOrder], under_way: Collection[int] = ()
) -> tuple[list[WorkOrder], list[dict[str, Any]]]:
    """Leave out orders that wait for one which this plan cannot do; those under way are done by a crew."""
    jobs = {order.id: order for order in orders}
    waits = predecessors(session, list(jobs))
    left_out: list[dict[str, Any]] = []
    again = True
    while again:
        again = False
        for order_id in sorted(jobs):
            blocker = next(
                (
                    n
                    for n in waits.get(order_id, [])
                    if n not in jobs and n not in under_way and _still_open(session, n)
                ),
                None,
            )
            if blocker is not None:
                order = jobs.pop(order_id)
                left_out.append({"id": order.id, "reason": "waits_for_order", "predecessor": blocker})
                again = True
    return list(jobs.values()), left_out


def _still_open(session: Session, order_id: int) -> bool:
    return WorkOrderStatus(get_order(session, order_id).status) in OPEN_ORDERS


def pose_vehicle(crewed: Crewed, frame: Frame, ahead: int = 0) -> dict[str, Any]:
    """Return a crew's vehicle, free from now on. `ahead` counts days after the problem's first one."""
    shift, crew, depot = crewed
    place = list(lon_lat(depot.place))
    free_from = max(shift.starts_at, clock.now(), shift.away_until or shift.starts_at)
    vehicle: dict[str, Any] = {
        "id": crew.id + ahead * DAY_STRIDE,
        "description": crew.name,
        "start": place,
        "end": place,
        "capacity": [int(crew.capacity.get(material, 0)) for material in frame.materials],
        "skills": sorted({frame.skills[skill] for skill in (*crew.skills, *shift.extra_skills)}),
        "time_window": [frame.seconds(free_from), frame.seconds(shift.ends_at)],
        "overtime": {"max": shift.overtime_s, "cost": 1.5},
        "crew": crew.letter,
    }
    if ahead:
        vehicle["day"] = ahead
    if frame.materials:
        vehicle["reload"] = {"service": RELOAD_S, "max": 2}
    if shift.break_from and shift.break_until and shift.break_s and shift.break_until > free_from:
        window = [
            frame.seconds(max(shift.break_from, free_from)),
            frame.seconds(shift.break_until),
        ]
        vehicle["breaks"] = [{"id": crew.id, "time_windows": [window], "service": shift.break_s}]
    return vehicle


def pose_jobs(session: Session, orders: Sequence[WorkOrder], frame: Frame) -> list[dict[str, Any]]:
    """Return orders as jobs, with what each is worth today and which of the others it waits for."""
    worth = priorities_of(session, orders, clock.now())
    waits = predecessors(session, [order.id for order in orders])
    planned = {order.id for order in orders}
    return [
        _job(order, frame, worth[order.id].prize_s, [n for n in waits.get(order.id, []) if n in planned])
        for order in orders
    ]


def _job(order: WorkOrder, frame: Frame, prize_s: int, after: list[int]) -> dict[str, Any]:
    amounts = [order.material_amount if order.material == material else 0 for material in frame.materials]
    job: dict[str, Any] = {
        "id": order.id,
        "description": order.number,
        "location": list(lon_lat(order.place)),
        "service": order.duration_s,
        "skills": sorted(frame.skills[skill] for skill in order.skills),
        "prize": prize_s,
        "must_do": order.must_do,
    }
    if frame.materials:
        job["pickup" if order.material in PICKED_UP else "delivery"] = amounts
    if after:
        job["after"] = after
    if order.urgent_by is not None:
        job |= {"due": max(0, frame.seconds(order.urgent_by)), "late_cost": LATE_COST}
    pin = frame.pins.get(order.id)
    if pin is not None and pin.starts_from is not None and pin.starts_until is not None:
        job["time_windows"] = [[max(0, frame.seconds(pin.starts_from)), frame.seconds(pin.starts_until)]]
    return job


def pin_to_vehicles(vehicles: Sequence[dict[str, Any]], frame: Frame) -> None:
    """Tie pinned orders to their crews' vehicles, each of the first day that has one."""
    of_crew = {vehicle["id"] % DAY_STRIDE: vehicle for vehicle in reversed(vehicles)}
    for order_id, pin in sorted(frame.pins.items()):
        if pin.crew_id is None:
            continue
        step: dict[str, Any] = {"type": "job", "id": order_id, "pinned": True}
        if pin.starts_from is not None and pin.starts_until is not None:
            step["service_after"] = max(0, frame.seconds(pin.starts_from))
            step["service_before"] = frame.seconds(pin.starts_until)
        of_crew[pin.crew_id].setdefault("steps", []).append(step)
