"""The drives of a planning problem: computed from roads, closures and places, and again when it is checked.

A stored problem holds places only. Under `_roads` it says what its drives were computed from, so that nothing
large is stored and the same drives can be had again.
"""

from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.errors import Conflict
from fieldops.installation import Installation
from fieldops.models import DayPlan
from fieldops.queries.closures import as_closures, closures_between, closures_by_id
from fieldops.routing.drives import FAR_M, NOTHING_CLOSED, Closures, Drives, Fault, Source
from geo.dispatch.problem import Matrix, MatrixSource, Problem
from geo.dispatch.reading import read_problem

PLAN_PATIENCE_S: Final = 30.0
"""How long the plan of a day waits for a route server."""

NOWHERE_M: Final = -1
"""Stands for a place with no road in any reach."""


class RoadsChanged(Conflict):
    """Roads are others by now than those that a plan was computed over."""


def closures_for(session: Session, problem: dict[str, Any], midnight: datetime) -> Closures:
    """Return the closures that hold at some time while the problem's crews are out, from now on."""
    windows = [vehicle["time_window"] for vehicle in problem["vehicles"] if "time_window" in vehicle]
    if not windows:
        return NOTHING_CLOSED
    since = max(clock.now(), midnight + timedelta(seconds=min(window[0] for window in windows)))
    until = midnight + timedelta(seconds=max(window[1] for window in windows))
    return as_closures(closures_between(session, since, max(since, until)))


def read_with_drives(
    installation: Installation, problem: dict[str, Any], closures: Closures, *, patience_s: float
) -> tuple[Problem, dict[str, Any]]:
    """Read a stored problem and complete it with drives from the best source.

    Returns
    -------
    The problem, and what to store under `_roads`: source, key, closures, why no better source was used, and
    which orders lie far from any road.

    Raises
    ------
    BadProblem
        The problem cannot be read.
    """
    asked = _Asked(lambda places: installation.roads.drives(places, closures, patience_s=patience_s))
    read = read_problem(problem, roads=asked)
    return read, _facts(installation, read, asked.drives, closures)


def read_again(session: Session, installation: Installation, day_plan: DayPlan) -> Problem:
    """Read a plan's stored problem with the drives that it was computed with.

    Raises
    ------
    RoadsChanged
        The road network was replaced since, a street was closed, or the route server cannot be asked.
    """
    facts = day_plan.problem.get("_roads")
    if facts is None:
        return read_problem(day_plan.problem)
    source = Source(facts["source"])
    if source is Source.ROADS:
        _require_no_new_closure(session, installation, day_plan, facts)
    closures = as_closures(closures_by_id(session, facts["closures"]))

    def drives(places: Any) -> Drives:
        found = installation.roads.drives_again(
            places, closures, source, facts["key"], patience_s=PLAN_PATIENCE_S
        )
        if found is None and source is Source.SERVER:
            raise RoadsChanged(
                "The route server does not answer, so the plan cannot be checked. Compute the plan again."
            )
        if found is None:
            raise RoadsChanged(
                "The road network was replaced since the plan was computed. Compute the plan again."
            )
        return found

    return read_problem(day_plan.problem, roads=_Asked(drives))


def _require_no_new_closure(
    session: Session, installation: Installation, day_plan: DayPlan, facts: dict[str, Any]
) -> None:
    midnight = installation.city.midnight(day_plan.day)
    new = set(closures_for(session, day_plan.problem, midnight).ids) - set(facts["closures"])
    if new:
        rows = closures_by_id(session, new)
        named = "; ".join(row.streets or row.note[:80] or f"#{row.id}" for row in rows)
        raise RoadsChanged(
            "Closed since the plan was computed: %(streets)s. Compute the plan again.", streets=named
        )


class _Asked:
    """Answers the reader's question for drives, and keeps the answer."""

    def __init__(self, ask: Any) -> None:
        self.ask = ask
        self.drives: Drives | None = None

    def __call__(self, places: np.ndarray) -> tuple[Matrix, Matrix, MatrixSource]:
        self.drives = found = self.ask([(float(lon), float(lat)) for lon, lat in places])
        source: MatrixSource = "affine" if found.source is Source.ESTIMATE else "roads"
        return found.durations_s, found.distances_m, source


def _facts(
    installation: Installation, problem: Problem, drives: Drives | None, closures: Closures
) -> dict[str, Any]:
    if drives is None:  # it came with matrices of its own; ours never do
        return {"source": Source.ESTIMATE.value, "key": "", "closures": []}
    state = installation.roads.state()
    facts: dict[str, Any] = {"source": drives.source.value, "key": drives.key, "closures": list(closures.ids)}
    if drives.fault is not None:
        facts["fault"] = drives.fault.value
    if drives.source is Source.ROADS:
        facts |= {"extract": state.extract, "as_of": state.as_of}
    if drives.away_m is not None:
        facts["far"] = [
            [job.id, _metres(float(drives.away_m[job.location_index]))]
            for job in problem.jobs
            if drives.away_m[job.location_index] > FAR_M
        ]
        facts["far_crews"] = [
            [vehicle.id, _metres(float(drives.away_m[vehicle.start_index]))]
            for vehicle in problem.vehicles
            if vehicle.start_index is not None and drives.away_m[vehicle.start_index] > FAR_M
        ]
    return facts


def _metres(away_m: float) -> int:
    return round(away_m) if np.isfinite(away_m) else NOWHERE_M


def fault_of(day_plan: DayPlan) -> Fault | None:
    """Return why a plan's drives are not from a better source, None where they are from the best."""
    fault = day_plan.problem.get("_roads", {}).get("fault")
    return Fault(fault) if fault else None
