"""Making room for a compulsory job: up to three neighbouring optional jobs leave a route for it.

How often a job could not be placed counts: what was hard to place is dear to eject (after Nagata and Bräysy,
2009).
"""

from __future__ import annotations

from geo.dispatch.drives import INF
from geo.dispatch.engine.changes import begin_round, go_back, is_whole, put, released_at, take, total_cost
from geo.dispatch.engine.compiling import kernel
from geo.dispatch.engine.layout import NOBODY, STOP, State, World
from geo.dispatch.engine.places import best_in
from geo.dispatch.engine.recreate import insert, insert_all

LONGEST_EJECTION = 3
ROUNDS = 3
EPSILON = 1e-6


@kernel
def eject(world: World, state: State) -> None:
    """Try to place every missed compulsory job; never worsens the objective."""
    for _ in range(ROUNDS):
        has_changed = False
        for i in range(world.rule[0].open_jobs):
            job = world.open_jobs[i]
            if state.who[job] == NOBODY and world.stops[job].is_must:
                has_changed = place_compulsory(world, state, job) or has_changed
        if not has_changed:
            return


@kernel
def place_compulsory(world: World, state: State, job: int) -> bool:
    """Place one compulsory job, at the price of optional ones if need be."""
    begin_round(state, False)
    if insert(world, state, job, world.stops[job].worth, False):
        return True
    state.keys[1, job] += 1
    price, v, first, length = cheapest_ejection(world, state, job)
    if v == NOBODY or price >= world.stops[job].worth:
        return False
    lost, before = state.totals[0].lost, total_cost(world, state)
    begin_round(state, True)
    number = 0
    for gap in range(first, first + length):
        if state.lines[v, gap, STOP] < world.rule[0].jobs:
            state.queue[0, number] = state.lines[v, gap, STOP]
            number += 1
    number = take(world, state, number)
    cost, gap, reload_at = best_in(world, state, job, v)
    if cost < INF and put(world, state, job, v, gap, reload_at):
        insert_all(world, state, number, False, False)
        if total_cost(world, state) < before - EPSILON and is_whole(world, state):
            return True
    go_back(world, state, lost)
    return False


@kernel
def cheapest_ejection(world: World, state: State, job: int) -> tuple[float, int, int, int]:
    """(price, vehicle, first gap, stops) of the string whose worth and place for the job cost least."""
    best = (float(INF), NOBODY, -1, 0)
    for v in range(world.rule[0].vehicles):
        if not world.able[job, v] or released_at(world, state, job, v)[0] >= INF:
            continue
        for first in range(state.sums[v].length):
            worth = 0.0
            for length in range(1, LONGEST_EJECTION + 1):
                gap = first + length - 1
                if gap >= state.sums[v].length or worth >= best[0]:
                    break
                worth += price_of(world, state, job, state.lines[v, gap, STOP])
                if worth < best[0]:
                    cost = worth + place_without(world, state, job, v, first, length)
                    if cost < best[0]:
                        best = (cost, v, first, length)
    return best


@kernel
def price_of(world: World, state: State, job: int, other: int) -> float:
    """What taking a stop off for the job costs; INF when it may not be."""
    if other >= world.rule[0].jobs:
        return 0.0
    stop = world.stops[job]
    for i in range(stop.after_at, stop.after_at + stop.afters):
        if world.links[i] == other:
            return float(INF)
    price = world.stops[other].worth * (1 + state.keys[1, other])
    return price if price < world.stops[job].worth else float(INF)


@kernel
def place_without(world: World, state: State, job: int, v: int, first: int, length: int) -> float:
    """What the job costs on a route that leaves out some stops; INF when it does not fit."""
    lost = state.totals[0].lost
    begin_round(state, True)
    number = 0
    for gap in range(first, first + length):
        if state.lines[v, gap, STOP] < world.rule[0].jobs:
            state.queue[0, number] = state.lines[v, gap, STOP]
            number += 1
    before = state.sums[v].cost
    take(world, state, number)
    cost = best_in(world, state, job, v)[0]
    if cost < INF:
        cost += state.sums[v].cost - before
    go_back(world, state, lost)
    return cost
