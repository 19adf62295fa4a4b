"""Why a job is not on the plan: the first reason that holds, and what the cheapest place would have cost.

The order is fixed, from what no plan could change to what this plan decided: ``no_skill``, ``unreachable``,
``predecessor``, ``pinned``, ``capacity``, ``time_window``, ``no_room``, ``not_worth``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast, get_args

from geo.dispatch.insertion import Inserter, Place
from geo.dispatch.problem import Job
from geo.dispatch.result import Binding, Reason, Unassigned
from geo.dispatch.route import Route
from geo.dispatch.solution import NOBODY, Solution
from geo.dispatch.tables import INF, Crew, Relaxed, Tables, lay_out

RELAXED: dict[Binding, Relaxed] = {
    "load": Relaxed(load=True),
    "time": Relaxed(time=True),
    "shift": Relaxed(shift=True),
    "break": Relaxed(breaks=True),
    "precedence": Relaxed(precedence=True),
    "limits": Relaxed(limits=True),
}


def explain(solution: Solution) -> tuple[Unassigned, ...]:
    """Explain every unserved job, in file order."""
    explainer = _Explainer(solution)
    return tuple(explainer.explain(job) for job in solution.unserved())


class _Explainer:
    def __init__(self, solution: Solution) -> None:
        self.solution = solution
        self.tables = solution.tables
        self.inserter = Inserter(solution)
        self.relaxed: dict[Binding, Inserter] = {}

    def explain(self, job: int) -> Unassigned:
        place = self.inserter.best_place(job)
        record = self.tables.problem.jobs[job]
        out = Unassigned(
            id=record.id,
            location_index=record.location_index,
            reason="not_worth",
            worth=self.tables.worth[job],
        )
        out = self._without_place(out, job) if place is None else self._with_place(out, place)
        return replace(out, text=sentence(out, record))

    def _with_place(self, out: Unassigned, place: Place) -> Unassigned:
        stops = self.solution.routes[place.vehicle].stops
        before = [stop for stop in stops[: place.gap] if stop < self.tables.n]
        jobs = self.tables.problem.jobs
        return replace(
            out,
            insertion_cost=place.cost,
            best_vehicle=self.tables.problem.vehicles[place.vehicle].id,
            best_position=place.gap,
            best_after=jobs[before[-1]].id if before else None,
        )

    def _without_place(self, out: Unassigned, job: int) -> Unassigned:
        reason = self._reason(job)
        if reason == "predecessor":
            missing = next(
                other
                for other in self.tables.after[job]
                if self.solution.route_of[other] == NOBODY and other not in self.tables.frozen_end
            )
            return replace(out, reason=reason, predecessor=self.tables.problem.jobs[missing].id)
        if reason == "no_room":
            return replace(out, reason=reason, binding=self._binding(job))
        return replace(out, reason=reason)

    def _reason(self, job: int) -> Reason:
        tables = self.tables
        skilled = [
            crew
            for crew, vehicle in zip(tables.crews, tables.problem.vehicles, strict=True)
            if tables.problem.jobs[job].skills <= vehicle.skills
        ]
        if not skilled:
            return "no_skill"
        if not any(_is_reachable(tables, crew, job) for crew in skilled):
            return "unreachable"
        if self.solution.released_at(job, NOBODY - 1) >= INF:
            return "predecessor"
        able = [crew for crew in tables.crews if crew.can_serve[job]]
        if job in tables.pinned_to and not any(self._fits_alone(crew, job) for crew in able):
            return "pinned"
        holding = [crew for crew in able if _is_carried(tables, crew, job)]
        if able and not holding:
            return "capacity"
        if not any(self._fits_alone(crew, job) for crew in holding):
            return "time_window"
        return "no_room"

    def _fits_alone(self, crew: Crew, job: int) -> bool:
        release = self.solution.released_at(job, crew.number)
        return Route(self.tables, crew, [job], {job: release} if release else {}, {}).is_feasible

    def _binding(self, job: int) -> Binding | None:
        """The rule without which the cheapest place would exist."""
        best: tuple[float, Binding] | None = None
        for name in RELAXED:
            place = self._inserter_without(name).best_place(job)
            if place is not None and (best is None or place.cost < best[0]):
                best = place.cost, name
        return None if best is None else best[1]

    def _inserter_without(self, name: Binding) -> Inserter:
        """The plan in a world without one rule; made once."""
        if name not in self.relaxed:
            world = lay_out(self.tables.problem, RELAXED[name], self.tables)
            twin = Solution(world)
            twin.release, twin.deadline = (
                ({}, {})
                if name == "precedence"
                else (
                    self.solution.release,
                    self.solution.deadline,
                )
            )
            twin.route_of = self.solution.route_of
            twin.routes = [twin.make(v, route.stops) for v, route in enumerate(self.solution.routes)]
            self.relaxed[name] = Inserter(twin)
        return self.relaxed[name]


def _is_reachable(tables: Tables, crew: Crew, job: int) -> bool:
    here = tables.place[job]
    return crew.durations[crew.start][here] < INF and crew.durations[here][crew.end] < INF


def _is_carried(tables: Tables, crew: Crew, job: int) -> bool:
    return all(
        max(tables.delivery[job][d], tables.pickup[job][d]) <= crew.capacity[d] for d in range(tables.dims)
    )


# ---------------------------------------------------------------- words


def sentence(out: Unassigned, job: Job) -> str:
    """Say the reason in plain English."""
    if out.reason == "not_worth":
        return _not_worth(out)
    if out.reason == "predecessor":
        return f"It waits for job {out.predecessor}, which is not on the plan."
    if out.reason == "no_room":
        return _no_room(out.binding)
    return {
        "no_skill": f"No crew has all the skills it asks for: {', '.join(map(str, sorted(job.skills)))}.",
        "unreachable": "No road leads there and back from any crew that could do it.",
        "pinned": "The crew it must stay with cannot do it, even alone.",
        "capacity": "It needs more than any able crew can carry.",
        "time_window": "Even an empty route cannot be there in its time.",
    }[out.reason]


def _not_worth(out: Unassigned) -> str:
    where = "first" if out.best_after is None else f"after job {out.best_after}"
    extra = _minutes(out.insertion_cost or 0.0)
    return (
        f"The best place is crew {out.best_vehicle} {where}: {extra} min extra driving or its equal; "
        f"the job is worth {_minutes(out.worth)} min today."
    )


def _no_room(binding: Binding | None) -> str:
    if binding is None:
        return "It could be done alone, but this plan has no room for it: several rules stand in the way."
    rule = {
        "load": "the vehicles are full",
        "time": "the time windows leave no gap",
        "shift": "the shifts are full",
        "break": "the breaks leave no gap",
        "precedence": "it would have to wait too long for other work",
        "limits": "the crews have reached their number of tasks or their travel time",
    }[binding]
    return f"It could be done alone, but not in this plan: {rule}."


def _minutes(seconds: float) -> int:
    return round(seconds / 60)


REASONS = cast("tuple[Reason, ...]", get_args(Reason))
"""All codes, in the order in which they are tried."""
