"""First plans, from proposals or from nothing; and the passes with which every plan ends."""

from __future__ import annotations

from geo.dispatch.engine.changes import begin_round, go_back, is_whole, put, renew, take, total_cost
from geo.dispatch.engine.compiling import kernel
from geo.dispatch.engine.ejection import eject
from geo.dispatch.engine.filling import fill
from geo.dispatch.engine.layout import NOBODY, STOP, State, World
from geo.dispatch.engine.memory import LENGTH
from geo.dispatch.engine.recreate import insert, insert_all, sort_queue

EPSILON = 1e-6


@kernel
def complete(world: World, state: State, is_generous: bool) -> None:
    """Insert what is missing: the compulsory jobs first, then by worth per second what pays, or all."""
    begin_round(state, False)
    number = 0
    for i in range(world.rule[0].open_jobs):
        job = world.open_jobs[i]
        if state.who[job] == NOBODY and world.stops[job].is_must:
            number = add_with_needed(world, state, job, number)
    for i in range(number):
        state.keys[0, i] = choice_of(world, state.queue[0, i])
    sort_queue(state, number)
    insert_all(world, state, number, False, False)
    fill(world, state, is_generous)
    finish(world, state)


@kernel
def add_with_needed(world: World, state: State, job: int, number: int) -> int:
    """Add a compulsory job and its direct predecessors to the queue."""
    stop = world.stops[job]
    for i in range(stop.after_at, stop.after_at + stop.afters):
        other = world.links[i]
        if (
            world.stops[other].frozen_end < 0
            and state.who[other] == NOBODY
            and not world.stops[other].is_must
        ):
            state.queue[0, number] = other
            number += 1
    state.queue[0, number] = job
    return number + 1


@kernel
def choice_of(world: World, job: int) -> float:
    """How much choice there is: vehicles first, then the length of the windows."""
    able = 0
    for v in range(world.rule[0].vehicles):
        able += world.able[job, v]
    return able + world.stops[job].choice / (world.stops[job].choice + 1e9)


@kernel
def finish(world: World, state: State) -> None:
    """Make room for compulsory jobs, drop what does not pay, insert what does, until nothing changes."""
    eject(world, state)
    drop_what_does_not_pay(world, state)
    insert_what_pays(world, state)
    state.totals[0].cost = total_cost(world, state)


@kernel
def drop_what_does_not_pay(world: World, state: State) -> None:
    """Empty routes and remove jobs where that lowers the objective."""
    for v in range(world.rule[0].vehicles):
        number = 0
        for gap in range(state.sums[v].length):
            if state.lines[v, gap, STOP] < world.rule[0].jobs:
                state.queue[0, number] = state.lines[v, gap, STOP]
                number += 1
        if number > 0:
            drop(world, state, number)
    for i in range(world.rule[0].open_jobs):
        job = world.open_jobs[i]
        if state.who[job] != NOBODY:
            state.queue[0, 0] = job
            drop(world, state, 1)


@kernel
def drop(world: World, state: State, number: int) -> None:
    """Take jobs off if that lowers the objective."""
    lost, before = state.totals[0].lost, total_cost(world, state)
    begin_round(state, True)
    take(world, state, number)
    if total_cost(world, state) >= before - EPSILON or not is_whole(world, state):
        go_back(world, state, lost)


@kernel
def insert_what_pays(world: World, state: State) -> None:
    """Insert, until nothing changes, every job that is worth more than its cheapest place costs."""
    begin_round(state, False)
    has_changed = True
    while has_changed:
        has_changed = False
        number = 0
        for i in range(world.rule[0].open_jobs):
            job = world.open_jobs[i]
            if state.who[job] == NOBODY:
                state.queue[0, number], state.keys[0, number] = job, -world.stops[job].worth
                number += 1
        sort_queue(state, number)
        for i in range(number):
            job = state.queue[0, i]
            if insert(world, state, job, world.stops[job].worth, False):
                has_changed = True


@kernel
def clear(world: World, state: State) -> None:
    """Serve nobody."""
    begin_round(state, False)
    for v in range(world.rule[0].vehicles):
        renew(world, state, v)
        number = 0
        for gap in range(state.sums[v].length):
            if state.lines[v, gap, STOP] < world.rule[0].jobs:
                state.queue[0, number] = state.lines[v, gap, STOP]
                number += 1
        if number > 0:
            take(world, state, number)


@kernel
def rebuild(world: World, state: State) -> int:
    """Append each vehicle's jobs in the order of the best plan; returns how many did not fit.

    Predecessors on other vehicles are waited for: vehicles take turns until none can go on; then the first
    job that waits is left out.
    """
    clear(world, state)
    rule, at = world.rule[0], state.queue[1]
    for v in range(rule.vehicles):
        at[v] = 0
    left = 0
    has_waiting = True
    while has_waiting:
        has_waiting, has_moved, stuck = False, False, -1
        for v in range(rule.vehicles):
            while at[v] < state.best_sums[v, LENGTH]:
                job = state.best_orders[v, at[v]]
                if not is_ready(world, state, job):
                    has_waiting = True
                    stuck = v if stuck < 0 else stuck
                    break
                has_moved = True
                at[v] += 1
                if state.who[job] == NOBODY and not append(world, state, job, v):
                    left += 1
        if has_waiting and not has_moved:
            at[stuck] += 1
            left += 1
    return left


@kernel
def is_ready(world: World, state: State, job: int) -> bool:
    """Whether all predecessors are served or happened."""
    stop = world.stops[job]
    for i in range(stop.after_at, stop.after_at + stop.afters):
        other = world.links[i]
        if state.who[other] == NOBODY and world.stops[other].frozen_end < 0:
            return False
    return True


@kernel
def append(world: World, state: State, job: int, v: int) -> bool:
    """Put a job at the end of a route, with a reload before it when the load asks for one."""
    if not world.able[job, v]:
        return False
    end = state.sums[v].length
    if put(world, state, job, v, end, -1):
        return True
    crew = world.crews[v]
    if crew.reload_stop < 0 or state.sums[v].reloads >= crew.reloads_left:
        return False
    return put(world, state, job, v, end + 1, end)
