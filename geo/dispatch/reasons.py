"""Why a job is not on the plan: the first reason that holds, and what the cheapest place would have cost.

The order is fixed, from what no plan could change to what this plan decided: ``no_skill``, ``unreachable``,
``predecessor``, ``pinned``, ``capacity``, ``time_window``, ``no_room``, ``not_worth``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast, get_args

from geo.dispatch.drives import INF
from geo.dispatch.engine.engine import Draft, Engine, Place
from geo.dispatch.problem import ANY_TIME, FOREVER, Job
from geo.dispatch.result import Binding, Reason, Unassigned
from geo.dispatch.tables import Crew, Relaxed, Tables, lay_out

RELAXED: dict[Binding, Relaxed] = {
    "load": Relaxed(load=True),
    "time": Relaxed(time=True),
    "shift": Relaxed(shift=True),
    "break": Relaxed(breaks=True),
    "precedence": Relaxed(precedence=True),
    "limits": Relaxed(limits=True),
}


def rules_there_are(tables: Tables) -> list[Binding]:
    """The rules of which this problem has any: only they can be what keeps a job away."""
    crews = tables.crews
    there: dict[Binding, bool] = {
        "load": any(map(any, tables.delivery)) or any(map(any, tables.pickup)),
        "time": any(windows != ANY_TIME for windows in tables.windows[: tables.n]),
        "shift": any(crew.latest_s < FOREVER for crew in crews),
        "break": any(crew.rests for crew in crews),
        "precedence": any(tables.after),
        "limits": any(min(crew.tasks_left, crew.travel_limit_s) < INF for crew in crews),
    }
    return [name for name, is_there in there.items() if is_there]


def explain(engine: Engine) -> tuple[Unassigned, ...]:
    """Explain every job that the engine's current plan leaves out, in file order."""
    tables = engine.tables
    route_of = engine.route_of
    unserved = [job for job in tables.open_jobs if route_of[job] < 0]
    places = dict(zip(unserved, engine.places(unserved), strict=True))
    explainer = _Explainer(engine)
    found = {job: explainer.explain(job, place) for job, place in places.items()}
    crowded = [job for job, out in found.items() if out.reason == "no_room"]
    found.update(explainer.with_binding({job: found[job] for job in crowded}))
    jobs = tables.problem.jobs
    return tuple(replace(out, text=sentence(out, jobs[job])) for job, out in found.items())


class _Explainer:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.tables = engine.tables
        self.draft = engine.draft()
        self.served = {stop for order in self.draft.orders for stop in order}

    def explain(self, job: int, place: Place) -> Unassigned:
        record = self.tables.problem.jobs[job]
        out = Unassigned(
            id=record.id,
            location_index=record.location_index,
            reason="not_worth",
            worth=self.tables.worth[job],
        )
        if place.vehicle is not None:
            return self._with_place(out, place)
        reason = self._reason(job, place)
        if reason == "predecessor":
            missing = next(
                other
                for other in self.tables.after[job]
                if other not in self.served and other not in self.tables.frozen_end
            )
            return replace(out, reason=reason, predecessor=self.tables.problem.jobs[missing].id)
        return replace(out, reason=reason)

    def _with_place(self, out: Unassigned, place: Place) -> Unassigned:
        if place.vehicle is None:
            return out
        stops = self.draft.orders[place.vehicle]
        before = [stop for stop in stops[: place.gap] if stop < self.tables.n]
        jobs = self.tables.problem.jobs
        return replace(
            out,
            insertion_cost=place.cost,
            best_vehicle=self.tables.problem.vehicles[place.vehicle].id,
            best_position=place.gap,
            best_after=jobs[before[-1]].id if before else None,
        )

    def _reason(self, job: int, place: Place) -> Reason:
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
        if place.release_s >= INF:
            return "predecessor"
        if job in tables.pinned_to and not place.fits_alone:
            return "pinned"
        able = [crew for crew in tables.crews if tables.able[job, crew.number]]
        if able and not any(_is_carried(tables, crew, job) for crew in able):
            return "capacity"
        return "no_room" if place.fits_alone else "time_window"

    def with_binding(self, crowded: dict[int, Unassigned]) -> dict[int, Unassigned]:
        """Name the rule without which the cheapest place would exist, and that place."""
        best: dict[int, tuple[Place, Binding]] = {}
        for name in rules_there_are(self.tables) if crowded else ():
            for job, place in zip(crowded, self._world_without(name).places(list(crowded)), strict=True):
                if place.vehicle is not None and (job not in best or place.cost < best[job][0].cost):
                    best[job] = place, name
        return {
            job: replace(self._with_place(out, best[job][0]), binding=best[job][1])
            for job, out in crowded.items()
            if job in best
        }

    def _world_without(self, name: Binding) -> Engine:
        """The plan in a world without one rule."""
        engine = Engine(lay_out(self.tables.problem, RELAXED[name], self.tables), like=self.engine)
        promises = engine.draft().promises if name == "precedence" else self.draft.promises
        engine.load(Draft(self.draft.orders, promises, self.draft.cost))
        return engine


def _is_reachable(tables: Tables, crew: Crew, job: int) -> bool:
    here = tables.place[job]
    return crew.drives.seconds(crew.start, here) < INF and crew.drives.seconds(here, crew.end) < INF


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
