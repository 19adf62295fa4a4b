"""What overtime and lateness cost at least, where the place of a break trades one for the other."""

from __future__ import annotations

from typing import Any

from geo.dispatch.drives import INF
from geo.dispatch.engine.clocks import drive_between, serve
from geo.dispatch.engine.compiling import kernel
from geo.dispatch.engine.layout import MOST_LABELS, MOST_STATES, STOP, State, World

NUMBER = MOST_LABELS
"""Column in which the number of labels of a state stands."""


@kernel
def add_label(state: State, k: int, time: int, cost: float) -> None:
    """Keep a way through the day unless another is no later and no dearer.

    Those it beats are dropped, and the latest when there are too many.
    """
    times, costs = state.label_times, state.label_costs
    number = times[k, NUMBER]
    at = 0
    while at < number and (times[k, at] < time or (times[k, at] == time and costs[k, at] <= cost)):
        if costs[k, at] <= cost:
            return
        at += 1
    kept = at
    while kept < number and costs[k, kept] >= cost:
        kept += 1
    if kept == at and number == MOST_LABELS:
        if at == number:
            return
        number -= 1
    shift = at + 1 - kept
    if shift > 0:
        for i in range(number - 1, kept - 1, -1):
            times[k, i + shift] = times[k, i]
            costs[k, i + shift] = costs[k, i]
    elif shift < 0:
        for i in range(kept, number):
            times[k, i + shift] = times[k, i]
            costs[k, i + shift] = costs[k, i]
    times[k, at] = time
    costs[k, at] = cost
    times[k, NUMBER] = number + shift


@kernel
def rest_labels(world: World, state: State, crew: Any) -> None:
    """Let breaks be taken here."""
    for k in range(crew.rests):
        rest = world.rests[crew.rest_at + k]
        for i in range(state.label_times[k, NUMBER]):
            rested = serve(world.windows, rest, rest.length, state.label_times[k, i], 0, INF)
            if rested < INF:
                add_label(state, k + 1, rested, state.label_costs[k, i])


@kernel
def serve_labels(world: World, state: State, crew: Any, stop: Any, drive: int, promise: Any) -> None:
    """Drive to a stop and serve it, in all ways kept."""
    times, costs = state.label_times, state.label_costs
    for k in range(crew.rests + 1):
        for i in range(times[k, NUMBER]):
            times[k, i] = min(times[k, i] + drive, INF)
    rest_labels(world, state, crew)
    spare = MOST_STATES
    for k in range(crew.rests + 1):
        number = times[k, NUMBER]
        for i in range(number):
            times[spare, i] = times[k, i]
            costs[spare, i] = costs[k, i]
        times[k, NUMBER] = 0
        for i in range(number):
            end = serve(world.windows, stop, stop.service, times[spare, i], promise[0], promise[1])
            if end < INF:
                late = stop.late_cost * max(0, end - stop.due) if stop.late_cost > 0 else 0.0
                add_label(state, k, end, costs[spare, i] + late)
    rest_labels(world, state, crew)


@kernel
def cheapest_timetable(world: World, state: State, row: int, v: int) -> float:
    """Overtime and lateness of the order in a row, breaks placed for the best; INF when impossible."""
    crew = world.crews[v]
    line, times = state.lines[row], state.label_times
    for k in range(crew.rests + 1):
        times[k, NUMBER] = 0
    add_label(state, 0, crew.departs, 0.0)
    rest_labels(world, state, crew)
    at = crew.start
    for gap in range(state.sums[row].length):
        number = line[gap, STOP]
        stop = world.stops[number]
        promise = (state.promise[number, 0], state.promise[number, 1])
        serve_labels(world, state, crew, stop, drive_between(world, crew, at, stop.place), promise)
        at = stop.place
    drive = drive_between(world, crew, at, crew.end)
    for k in range(crew.rests + 1):
        for i in range(times[k, NUMBER]):
            times[k, i] = min(times[k, i] + drive, INF)
    rest_labels(world, state, crew)
    best = float(INF)
    for i in range(times[crew.rests, NUMBER]):
        time = times[crew.rests, i]
        if time <= crew.latest:
            cost = state.label_costs[crew.rests, i] + crew.overtime_cost * max(0, time - crew.shift_end)
            best = min(best, cost)
    return best
