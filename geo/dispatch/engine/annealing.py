"""Ruin and recreate: strings of stops near one job are taken off and put back, accepted by annealing.

Slack induction by string removals (Christiaens and Vanden Berghe, Transportation Science 54(2), 2020) in the
line of Shaw (1998), Schrimpf et al. (2000), and Ropke and Pisinger (2006).
"""

from __future__ import annotations

import math

from geo.dispatch.engine.changes import (
    begin_round,
    cost_now,
    go_back,
    index_of,
    is_still_whole,
    take,
    total_cost,
)
from geo.dispatch.engine.compiling import kernel
from geo.dispatch.engine.dice import below, chance
from geo.dispatch.engine.layout import IN_ZONE, NOBODY, STOP, VEHICLES_SEEN, ZONE_JOBS, State, World
from geo.dispatch.engine.memory import keep_best
from geo.dispatch.engine.recreate import recreate
from geo.dispatch.engine.zones import draw_zone

LEAST = 1e-12
EPSILON = 1e-6


@kernel
def improve(world: World, state: State, rounds: int, heat: float) -> None:
    """Rounds of ruin and recreate at one temperature."""
    if world.rule[0].open_jobs == 0 or world.rule[0].vehicles == 0:
        return
    totals = state.totals[0]
    totals.cost = total_cost(world, state)
    for _ in range(rounds):
        if totals.zone_left <= 0:
            draw_zone(world, state)
        totals.zone_left -= 1
        attempt(world, state, heat)
        totals.rounds += 1


@kernel
def attempt(world: World, state: State, heat: float) -> None:
    """One round: accepted, remembered when best, or taken back."""
    totals = state.totals[0]
    lost = totals.lost
    begin_round(state, True)
    seed = state.zone[ZONE_JOBS, below(state, totals.zone_jobs)]
    number = ruin(world, state, seed)
    if not is_still_whole(state):
        go_back(world, state, lost)
        return
    recreate(world, state, seed, number)
    cost = cost_now(world, state)
    if cost >= totals.cost - heat * math.log(max(chance(state), LEAST)):
        go_back(world, state, lost)
        return
    totals.cost = cost
    if cost < totals.best_cost - EPSILON:
        keep_best(world, state)


@kernel
def ruin(world: World, state: State, seed: int) -> int:
    """Take jobs near the seed off their routes; returns how many stand in the queue."""
    rule = world.rule[0]
    state.totals[0].stamp += 1
    strings = 1 + below(state, rule.most_strings)
    return take(world, state, add_strings(world, state, seed, strings))


@kernel
def add_strings(world: World, state: State, seed: int, strings: int) -> int:
    """Add strings of a few routes near the seed to the queue, of each route one."""
    seen, stamp = state.mark[VEHICLES_SEEN], state.totals[0].stamp
    is_whole_route = chance(state) < world.rule[0].whole_route_chance
    is_able_only = chance(state) < world.rule[0].able_chance
    number = 0
    for i in range(-1, world.near.shape[1]):
        job = seed if i < 0 else world.near[seed, i]
        if job < 0 or strings == 0:
            break
        v = state.who[job]
        if v == NOBODY or seen[v] == stamp or not state.zone[IN_ZONE, v]:
            continue
        if is_able_only and not world.able[seed, v]:
            continue
        seen[v] = stamp
        strings -= 1
        number = add_run(world, state, v, index_of(state, job, v), number, is_whole_route)
    return number


@kernel
def add_run(world: World, state: State, v: int, at: int, number: int, is_whole_route: bool) -> int:
    """Add a run of stops around one to the queue; sometimes all but one in its middle."""
    rule, line, length = world.rule[0], state.lines[v], state.sums[v].length
    longest = min(length, max(rule.longest_string, int(length * rule.long_share)))
    string = length if is_whole_route else 1 + below(state, longest)
    low, high = max(0, at - string + 1), min(at, length - string)
    first = low + below(state, high - low + 1)
    kept = -1
    if string > 2 and chance(state) < rule.split_chance:
        kept = first + below(state, string)
    for gap in range(first, first + string):
        if gap != kept and line[gap, STOP] < rule.jobs:
            state.queue[0, number] = line[gap, STOP]
            number += 1
    return number
