"""Filling a plan: always the job next that brings most for the time it takes where it costs least.

What a job brings only falls as routes fill up, nearly always: so the most promising job is looked at again,
and inserted if it still is the most promising (lazy evaluation after Minoux, 1978).
"""

from __future__ import annotations

from geo.dispatch.drives import INF
from geo.dispatch.engine.changes import put
from geo.dispatch.engine.compiling import kernel
from geo.dispatch.engine.layout import NOBODY, State, World
from geo.dispatch.engine.places import best_place, detour_seconds
from geo.dispatch.engine.recreate import claim

HANDLING_S = 300
"""Added to the time a job takes, so that a short job on the way does not look endlessly good."""


@kernel
def fill(world: World, state: State, is_generous: bool) -> None:
    """Insert unserved jobs while some pay, or while some fit."""
    number = 0
    for i in range(world.rule[0].open_jobs):
        job = world.open_jobs[i]
        if state.who[job] == NOBODY:
            state.queue[0, number] = job
            state.keys[0, number] = -float(INF)
            number += 1
    again = True
    while again:
        again = False
        rest = number
        while rest > 0:
            rest, has_changed = fill_next(world, state, rest, is_generous)
            again = again or (has_changed and world.rule[0].has_after > 0)
        if again:
            number = keep_followers(world, state)


@kernel
def keep_followers(world: World, state: State) -> int:
    """Another turn for unserved followers, whose predecessors may have been served after they were tried."""
    number = 0
    for i in range(world.rule[0].open_jobs):
        job = world.open_jobs[i]
        if state.who[job] == NOBODY and world.stops[job].afters > 0:
            state.queue[0, number] = job
            state.keys[0, number] = -float(INF)
            number += 1
    return number


@kernel
def fill_next(world: World, state: State, number: int, is_generous: bool) -> tuple[int, bool]:
    """Look at the most promising job again: insert it, leave it out, or let it wait behind better ones."""
    job = state.queue[0, 0]
    limit = float(INF) if is_generous else claim(world, state, job)
    cost, v, gap, reload_at = best_place(world, state, job, limit, False)
    if v == NOBODY:
        return drop_first(state, number), False
    stop = world.stops[job]
    takes = stop.service + max(0, detour_seconds(world, state, job, v, gap)) + HANDLING_S
    key = (cost - stop.worth) / takes
    runner_up = float(INF)
    for child in range(1, min(3, number)):
        runner_up = min(runner_up, state.keys[0, child])
    if key <= runner_up:
        has_changed = put(world, state, job, v, gap, reload_at)
        return drop_first(state, number), has_changed
    state.keys[0, 0] = key
    sink(state, number)
    return number, False


@kernel
def drop_first(state: State, number: int) -> int:
    """Take the first job out of the heap."""
    state.queue[0, 0], state.keys[0, 0] = state.queue[0, number - 1], state.keys[0, number - 1]
    sink(state, number - 1)
    return number - 1


@kernel
def sink(state: State, number: int) -> None:
    """Let the first job of the heap sink to where it belongs."""
    queue, keys = state.queue[0], state.keys[0]
    at = 0
    while 2 * at + 1 < number:
        child = 2 * at + 1
        if child + 1 < number and keys[child + 1] < keys[child]:
            child += 1
        if keys[at] <= keys[child]:
            return
        queue[at], queue[child] = queue[child], queue[at]
        keys[at], keys[child] = keys[child], keys[at]
        at = child
