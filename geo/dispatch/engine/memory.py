"""The best plan so far, and going back to a plan that is written down as orders and promises."""

from __future__ import annotations

from geo.dispatch.engine.changes import total_cost
from geo.dispatch.engine.compiling import kernel
from geo.dispatch.engine.layout import NOBODY, STOP, State, World
from geo.dispatch.engine.survey import survey

LENGTH = 0
VERSION = 1


@kernel
def keep_best(world: World, state: State) -> None:
    """Write down the current plan."""
    for v in range(world.rule[0].vehicles):
        if state.best_sums[v, VERSION] == state.sums[v].version:
            continue
        length = state.sums[v].length
        state.best_sums[v, LENGTH], state.best_sums[v, VERSION] = length, state.sums[v].version
        for gap in range(length):
            state.best_orders[v, gap] = state.lines[v, gap, STOP]
    if world.rule[0].has_after:
        for stop in range(len(state.promise)):
            state.best_promise[stop, 0] = state.promise[stop, 0]
            state.best_promise[stop, 1] = state.promise[stop, 1]
    state.totals[0].best_cost = total_cost(world, state)


@kernel
def load_best(world: World, state: State) -> None:
    """Make the plan written down the current one."""
    jobs, totals = world.rule[0].jobs, state.totals[0]
    for stop in range(len(state.promise)):
        state.promise[stop, 0] = state.best_promise[stop, 0]
        state.promise[stop, 1] = state.best_promise[stop, 1]
    totals.lost = 0.0
    for job in range(jobs):
        state.who[job] = NOBODY
        if world.stops[job].frozen_end < 0:
            totals.lost += world.stops[job].worth
    for name in range(len(state.work)):
        state.work[name] = 0
    for v in range(world.rule[0].vehicles):
        state.sums[v].length = state.best_sums[v, LENGTH]
        for gap in range(state.sums[v].length):
            stop = state.best_orders[v, gap]
            state.lines[v, gap, STOP] = stop
            if stop < jobs:
                state.who[stop] = v
                totals.lost -= world.stops[stop].worth
        survey(world, state, v, v)
        state.best_sums[v, VERSION] = state.sums[v].version
        state.work[world.crews[v].name] += state.sums[v].travel + state.sums[v].service
    totals.cost = totals.best_cost = total_cost(world, state)
