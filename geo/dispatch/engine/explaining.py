"""Places of unserved jobs, for the reasons why they are left out."""

from __future__ import annotations

from geo.dispatch.drives import INF
from geo.dispatch.engine.changes import released_at
from geo.dispatch.engine.compiling import kernel
from geo.dispatch.engine.layout import NOBODY, RELEASE, STOP, FloatArray, State, World
from geo.dispatch.engine.places import best_place
from geo.dispatch.engine.survey import survey

WIDTH = 5
"""Numbers per job: cost, vehicle, index of the job, whether it fits a route alone, release."""


@kernel
def find_places(world: World, state: State, values: FloatArray) -> None:
    """For each job whose number stands in the first column: its cheapest place at any price.

    `values` is flat, ``WIDTH`` a job: the number is replaced by the cost, INF when there is no place.
    """
    for i in range(0, len(values), WIDTH):
        job = int(values[i])
        cost, v, gap, _ = best_place(world, state, job, float(INF), False)
        values[i], values[i + 1], values[i + 2] = cost, v, gap
        release = released_at(world, state, job, NOBODY - 1)[0]
        values[i + 4] = release
        values[i + 3] = 0
        if v == NOBODY and release < INF:
            values[i + 3] = fits_alone(world, state, job, release)


@kernel
def fits_alone(world: World, state: State, job: int, release: int) -> float:
    """Whether a vehicle that can carry the job could do it if that were its only open work."""
    trial = world.rule[0].trial
    before = state.promise[job, RELEASE]
    state.promise[job, RELEASE] = release
    fits = 0.0
    for v in range(world.rule[0].vehicles):
        if world.able[job, v]:
            state.lines[trial, 0, STOP] = job
            state.sums[trial].length = 1
            survey(world, state, trial, v)
            if state.sums[trial].is_feasible:
                fits = 1.0
                break
    state.promise[job, RELEASE] = before
    return fits
