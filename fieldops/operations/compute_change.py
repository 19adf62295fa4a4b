"""Computing new lists for a running day: a first proposal at once, a better one soon after."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.day_events import DayEventKind, PlanState
from fieldops.installation import Installation
from fieldops.models import DayEvent, DayPlan
from fieldops.operations.pose_problem import PlanOptions
from fieldops.operations.pose_running_day import RunningDay, pose_running_day
from fieldops.operations.problem_drives import read_with_drives
from fieldops.operations.search_plan import (
    MOST_TRIES,
    Budget,
    Limit,
    give_up,
    no_limit,
    search,
    write_answer,
)
from fieldops.queries.changes import lists_as_facts, waiting_changes
from fieldops.queries.closures import as_closures, closures_between
from fieldops.queries.plans import get_plan
from fieldops.routing.drives import Closures, Place
from fieldops.routing.roads import PATIENCE_S
from geo.dispatch.problem import NO_WAY, PlannedStep, Problem, Vehicle
from geo.dispatch.result import Plan
from geo.dispatch.verdict import Verdict
from geo.errors import GeoError

UnitOfWork = Callable[[], AbstractContextManager[Session]]

QUICK_S: Final = 0.25
"""How long the first proposal is sought."""

WORTH_ANOTHER_ORDER_S: Final = 300.0
"""What another order of a crew's own stops must save for the crew to be bothered with it (ours)."""

QUICK_SHARE: Final = 8
"""Of a count of iterations, the first proposal takes one part in so many."""


def compute_waiting_changes(installation: Installation, unit_of_work: UnitOfWork) -> int:
    """Compute the changes that nobody has begun, so that a long search does not hold them up; return how
    many.
    """
    with unit_of_work() as session:
        waiting = waiting_changes(session)
    for day_plan_id in waiting:
        compute_change(installation, day_plan_id, unit_of_work)
    return len(waiting)


def compute_change(
    installation: Installation,
    day_plan_id: int,
    unit_of_work: UnitOfWork,
    *,
    iterations: int | None = None,
    limit: Limit = no_limit,
) -> None:
    """Search for the change that was asked for. Doing it again replaces nothing that was decided since.

    The searches run outside any transaction. The first proposal is shown while the better one is sought;
    once a dispatcher has decided, the rest is not waited for.
    """
    with unit_of_work() as session:
        day_plan = session.get(DayPlan, day_plan_id)
        if day_plan is None or day_plan.state not in ("queued", "computing", "improving"):
            return
        day_plan.tries += 1
        if day_plan.tries > MOST_TRIES:
            give_up(day_plan, "stopped")
            return
        midnight = installation.city.midnight(day_plan.day)
        closures = as_closures(closures_between(session, clock.now(), midnight + timedelta(days=1)))
        running = _pose(session, installation, day_plan, closures)
        day_plan.state, day_plan.problem = PlanState.COMPUTING.value, running.posed.problem
        day_plan.asked = day_plan.asked | {"lists": lists_as_facts(running.lists)}
        seconds, seed = day_plan.seconds, day_plan.seed
        event = session.get_one(DayEvent, day_plan.asked["event"])
        wants_better = event.kind == DayEventKind.AGAIN.value
    try:
        problem, roads = read_with_drives(
            installation, running.posed.problem, closures, patience_s=PATIENCE_S
        )
    except GeoError as error:
        with unit_of_work() as session:
            give_up(get_plan(session, day_plan_id), "bad_problem", str(error))
        return
    keeper = _Keeper(day_plan_id, unit_of_work, problem, running, wants_better, roads)
    begun = time.monotonic()
    quick = iterations // QUICK_SHARE if iterations is not None else None
    answer, verdict = search(problem, Budget(QUICK_S, seed, quick), limit=limit)
    answer, verdict = keeper.calm(answer, verdict)
    keeper.keep(answer, verdict, PlanState.IMPROVING, round((time.monotonic() - begun) * 1000))
    if keeper.is_wanted():
        further, judged = search(
            from_here(problem, answer),
            Budget(seconds, seed, iterations),
            carry_on=lambda _progress: keeper.is_wanted(),
            limit=limit,
        )
        further, judged = keeper.calm(further, judged)
        if judged.accepted and (not verdict.accepted or further.score.total < answer.score.total):
            answer, verdict = further, judged
    keeper.keep(answer, verdict, PlanState.PROPOSED)


def _pose(session: Session, installation: Installation, day_plan: DayPlan, closures: Closures) -> RunningDay:
    event = session.get_one(DayEvent, day_plan.asked["event"])
    urgent = [event.work_order_id] if event.work_order_id is not None else []
    options = PlanOptions(**day_plan.asked["options"])

    def drive(start: Place, end: Place) -> timedelta:
        return timedelta(seconds=installation.roads.drive_s(start, end, closures))

    return pose_running_day(session, installation.city, day_plan.day, options, urgent, drive=drive)


@dataclass(frozen=True)
class _Keeper:
    """Keeps what was found, as long as it is wanted."""

    day_plan_id: int
    unit_of_work: UnitOfWork
    problem: Problem
    running: RunningDay
    wants_better: bool
    roads: dict[str, Any]

    def keep(self, answer: Plan, verdict: Verdict, state: PlanState, first_ms: int | None = None) -> None:
        with self.unit_of_work() as session:
            day_plan = get_plan(session, self.day_plan_id)
            if day_plan.state not in (PlanState.COMPUTING.value, PlanState.IMPROVING.value):
                return
            write_answer(day_plan, self.problem, answer, verdict, self.running.posed.left_out, self.roads)
            facts: dict[str, Any] = {"drives": self._drives(answer)}
            if first_ms is not None:
                facts["first_ms"] = first_ms
            day_plan.asked = day_plan.asked | facts
            day_plan.state, day_plan.computed_at = state.value, clock.now()
            day_plan.progress = 100 if state is PlanState.PROPOSED else 50

    def calm(self, answer: Plan, verdict: Verdict) -> tuple[Plan, Verdict]:
        """Let crews that gain and lose nothing keep the order that they know, unless another one saves much.

        Not when nothing happened and better lists were asked for.
        """
        told = {crew: [visit.order_id for visit in held] for crew, held in self.running.lists.items()}
        new = self._open_jobs(answer)
        same = [
            crew for crew in told if told[crew] != new.get(crew) and set(told[crew]) == set(new.get(crew, ()))
        ]
        if self.wants_better or not same:
            return answer, verdict
        kept = with_proposal(self.problem, new | {crew: told[crew] for crew in same})
        calmer, judged = search(kept, Budget(QUICK_S, 0, iterations=0))
        unmoved = self._open_jobs(calmer)
        if (
            judged.accepted
            and calmer.score.total - answer.score.total <= WORTH_ANOTHER_ORDER_S * len(same)
            and {crew: set(jobs) for crew, jobs in unmoved.items()}
            == {crew: set(jobs) for crew, jobs in new.items()}
        ):
            return replace(
                calmer, seed=answer.seed, iterations=answer.iterations, timings=answer.timings
            ), judged
        return answer, verdict

    def _open_jobs(self, answer: Plan) -> dict[int, list[int]]:
        frozen = {
            vehicle.id: {step.id for step in vehicle.frozen_steps if step.type == "job"}
            for vehicle in self.problem.vehicles
        }
        return {
            route.vehicle: [job for job in route.job_ids if job not in frozen[route.vehicle]]
            for route in answer.routes
        }

    def is_wanted(self) -> bool:
        with self.unit_of_work() as session:
            return get_plan(session, self.day_plan_id).state == PlanState.IMPROVING.value

    def _drives(self, answer: Plan) -> list[dict[str, Any]]:
        """Return how long and how far each crew drives from now on, as it was told and as proposed."""
        told = {crew_id: [visit.order_id for visit in held] for crew_id, held in self.running.lists.items()}
        new = self._open_jobs(answer)
        return [
            {
                "crew": vehicle.id,
                "before": drive_of(self.problem, vehicle, told.get(vehicle.id, [])),
                "after": drive_of(self.problem, vehicle, new.get(vehicle.id, [])),
            }
            for vehicle in self.problem.vehicles
        ]


def drive_of(problem: Problem, vehicle: Vehicle, orders: Sequence[int]) -> list[int]:
    """Return [seconds, metres] of driving from where a vehicle is now through orders to its end.

    Orders that the problem does not know and ways that do not exist count nothing; metres are 0 without
    distances.
    """
    times = problem.matrices[vehicle.profile]
    index = {job.id: job.location_index for job in problem.jobs}
    done = [step.id for step in vehicle.frozen_steps if step.type == "job"]
    at = vehicle.position_index
    if at is None:
        at = index[done[-1]] if done and done[-1] in index else vehicle.start_index
    path = [at, *(index.get(order) for order in orders), vehicle.end_index]
    legs = list(pairwise(place for place in path if place is not None)) if orders else []
    seconds = sum(max(0, int(times.durations_s[leg])) for leg in legs if times.durations_s[leg] != NO_WAY)
    metres = 0 if times.distances_m is None else sum(max(0, int(times.distances_m[leg])) for leg in legs)
    return [seconds, metres]


def from_here(problem: Problem, answer: Plan) -> Problem:
    """Return the problem with an answer's routes as the proposal to start from."""
    return with_proposal(problem, {route.vehicle: route.job_ids for route in answer.routes})


def with_proposal(problem: Problem, routes: Mapping[int, Sequence[int]]) -> Problem:
    """Return the problem with orders by vehicle as the proposal to start from; pins stay pins."""
    fixed = {
        step.id
        for vehicle in problem.vehicles
        for step in vehicle.steps
        if step.type == "job" and (step.frozen or step.pinned)
    }

    def proposed(vehicle: Vehicle) -> tuple[PlannedStep, ...]:
        ids = [job for job in routes.get(vehicle.id, ()) if job not in fixed]
        return (*vehicle.steps, *(PlannedStep("job", job) for job in ids))

    return replace(
        problem, vehicles=tuple(replace(vehicle, steps=proposed(vehicle)) for vehicle in problem.vehicles)
    )
