"""Planning a day: pose the problem, search, let the referee judge, propose a batch for each crew."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.city import City
from fieldops.domain.day_events import PlanKind
from fieldops.domain.roles import THE_SYSTEM, By
from fieldops.domain.work_order_states import BATCH_MOVES, BatchStatus, StopStatus, WorkOrderStatus
from fieldops.errors import Conflict, InvalidInput
from fieldops.installation import Installation
from fieldops.models import Batch, DayPlan, Shift, Stop
from fieldops.operations.compute_change import compute_waiting_changes
from fieldops.operations.pose_problem import PlanOptions, free_shifts, pose_problem
from fieldops.operations.problem_drives import PLAN_PATIENCE_S, closures_for, read_with_drives
from fieldops.operations.search_plan import (
    MOST_TRIES,
    Budget,
    Limit,
    give_up,
    no_limit,
    search,
    write_answer,
)
from fieldops.outbox import enqueue
from fieldops.queries.plans import batches_of, get_plan, proposed_plans
from fieldops.queries.work_orders import orders_in
from geo.dispatch.result import Progress
from geo.errors import GeoError

UnitOfWork = Callable[[], AbstractContextManager[Session]]

LONGEST_S = 600.0
FURTHEST_DAYS = 14
MOST_DAYS: Final = 3


def plan_batches(
    session: Session,
    installation: Installation,
    day: date,
    by: By,
    *,
    seconds: float,
    seed: int,
    options: PlanOptions | None = None,
) -> DayPlan:
    """Ask for a plan of one day; the worker computes it and its progress can be watched.

    Raises
    ------
    InvalidInput
        The day has passed or lies too far ahead, or the time for the search is not between 1 s and 10 min.
    Conflict
        No crew is free to be planned that day, or no work order is ready.
    """
    today = clock.now().astimezone(ZoneInfo(installation.city.time_zone)).date()
    if not today <= day <= today + timedelta(days=FURTHEST_DAYS):
        raise InvalidInput("Choose a day from today to two weeks ahead.", field="day")
    if not 1 <= seconds <= LONGEST_S:
        raise InvalidInput("The search takes between 1 second and 10 minutes.", field="seconds")
    return ask_for_plan(session, day, by, seconds=seconds, seed=seed, options=options)


def ask_for_plan(
    session: Session, day: date, by: By, *, seconds: float, seed: int, options: PlanOptions | None = None
) -> DayPlan:
    """Queue the computation of a plan; the day is not checked.

    Raises
    ------
    Conflict
        No crew is free to be planned that day, or no work order is ready.
    """
    if not free_shifts(session, day):
        raise Conflict(
            "No crew is free on %(day)s: either nobody has a shift, or every batch is out already.",
            day=day,
        )
    if not orders_in(session, WorkOrderStatus.READY.value):
        raise Conflict("No work order is ready, so there is nothing to plan. Open some from the board.")
    day_plan = DayPlan(
        day=day,
        kind=PlanKind.DAY.value,
        state="queued",
        asked={"options": asdict(options or PlanOptions())},
        seed=seed,
        seconds=seconds,
        user_id=by.user_id,
        created_at=clock.now(),
    )
    session.add(day_plan)
    session.flush()
    enqueue(session, "compute_plan", {"day_plan_id": day_plan.id})
    return day_plan


def compute_plan(
    installation: Installation,
    day_plan_id: int,
    unit_of_work: UnitOfWork,
    *,
    iterations: int | None = None,
    limit: Limit = no_limit,
) -> None:
    """Search for the plan that was asked for and propose its batches. Doing it again replaces nothing
    that was decided since.

    The search runs outside any transaction; what it needs is read before, what it found is written after.
    A problem that cannot be searched, and a search in which a worker died twice, is given up.
    """
    with unit_of_work() as session:
        day_plan = session.get(DayPlan, day_plan_id)
        if day_plan is None or day_plan.state not in ("queued", "computing"):
            return
        day_plan.tries += 1
        if day_plan.tries > MOST_TRIES:
            give_up(day_plan, "stopped")
            return
        options = PlanOptions(**day_plan.asked.get("options", {}))
        posed = pose_problem(session, installation.city, day_plan.day, options)
        day_plan.state, day_plan.problem = "computing", posed.problem
        day_plan.violations = {"left_out": posed.left_out}
        budget = Budget(day_plan.seconds, day_plan.seed, iterations)
        closures = closures_for(session, posed.problem, installation.city.midnight(day_plan.day))
    try:
        problem, roads = read_with_drives(installation, posed.problem, closures, patience_s=PLAN_PATIENCE_S)
    except GeoError as error:
        with unit_of_work() as session:
            give_up(get_plan(session, day_plan_id), "bad_problem", str(error))
        return
    watch = _Watch(installation, day_plan_id, unit_of_work)
    answer, verdict = search(problem, budget, carry_on=watch, limit=limit)
    with unit_of_work() as session:
        day_plan = get_plan(session, day_plan_id)
        if day_plan.state != "computing":
            return
        write_answer(day_plan, problem, answer, verdict, posed.left_out, roads)
        day_plan.progress, day_plan.computed_at = 100, clock.now()
        _discard_older(session, day_plan)
        day_plan.state = "proposed"
        _propose(session, installation.city, day_plan)


class _Watch:
    """Writes the search's progress now and then, steps aside for a change of a running day, and stops the
    search when the plan was given up.
    """

    EVERY_S = 1.0

    def __init__(self, installation: Installation, day_plan_id: int, unit_of_work: UnitOfWork) -> None:
        self.installation = installation
        self.day_plan_id = day_plan_id
        self.unit_of_work = unit_of_work
        self.next_at = time.monotonic() + self.EVERY_S

    def __call__(self, progress: Progress) -> bool:
        if time.monotonic() < self.next_at:
            return True
        with self.unit_of_work() as session:
            day_plan = get_plan(session, self.day_plan_id)
            if day_plan.state != "computing":
                return False
            day_plan.progress = min(99, int(progress.fraction * 100))
        compute_waiting_changes(self.installation, self.unit_of_work)
        self.next_at = time.monotonic() + self.EVERY_S
        return True


def _discard_older(session: Session, day_plan: DayPlan) -> None:
    for older in proposed_plans(session, day_plan.day):
        if older.id != day_plan.id:
            older.state = "discarded"
            for batch in batches_of(session, older.id):
                if batch.status == BatchStatus.PROPOSED.value:
                    BATCH_MOVES.check(BatchStatus.PROPOSED, BatchStatus.RECALLED, THE_SYSTEM.actor)
                    batch.status = BatchStatus.RECALLED.value


def _propose(session: Session, city: City, day_plan: DayPlan) -> None:
    midnight = city.midnight(day_plan.day)
    shifts = {
        shift.crew_id: shift for shift in session.scalars(select(Shift).where(Shift.day == day_plan.day))
    }
    BATCH_MOVES.check(None, BatchStatus.PROPOSED, THE_SYSTEM.actor)
    for route in day_plan.answer.get("routes", []):
        jobs = [step for step in route["steps"] if step["type"] == "job"]
        if not jobs or route["vehicle"] not in shifts:  # a crew's vehicle of a later day
            continue
        batch = Batch(
            day_plan_id=day_plan.id,
            crew_id=route["vehicle"],
            shift_id=shifts[route["vehicle"]].id,
            status=BatchStatus.PROPOSED.value,
            travel_s=int(route["duration"]),
            distance_m=int(route.get("distance", 0)),
        )
        session.add(batch)
        session.flush()
        session.add_all(_stop(batch, place, step, midnight) for place, step in enumerate(jobs, start=1))
    session.flush()


def _stop(batch: Batch, position: int, step: dict[str, Any], midnight: datetime) -> Stop:
    starts_s = step["arrival"] + step.get("waiting_time", 0)
    return Stop(
        batch_id=batch.id,
        work_order_id=step["id"],
        position=position,
        status=StopStatus.PLANNED.value,
        arrives_at=midnight + timedelta(seconds=starts_s),
        ends_at=midnight + timedelta(seconds=starts_s + step["service"]),
    )


def plan_day_now(
    installation: Installation, day: date, unit_of_work: UnitOfWork, *, seconds: float, seed: int
) -> tuple[int, str]:
    """Plan a day at once, without the worker; for the command line.

    Returns
    -------
    The plan's id and its summary in a sentence.
    """
    with unit_of_work() as session:
        day_plan_id = ask_for_plan(session, day, THE_SYSTEM, seconds=seconds, seed=seed).id
    compute_plan(installation, day_plan_id, unit_of_work)
    with unit_of_work() as session:
        day_plan = get_plan(session, day_plan_id)
        if day_plan.state == "failed":
            return day_plan_id, f"no plan came of it: {day_plan.asked.get('fault_words') or 'stopped'}"
        summary = day_plan.answer["summary"]
        verdict = "accepts" if day_plan.accepted else "refuses"
        return day_plan_id, (
            f"{summary['routes']} routes, {len(day_plan.problem['jobs']) - summary['unassigned']} stops, "
            f"{summary['unassigned']} left out; the referee {verdict} the plan"
        )
