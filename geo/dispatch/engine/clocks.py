"""Earliest times forward and latest times backward through one stop, one number per state.

A state is how many breaks have been taken. Earlier is never worse in one state, so one time per state is
exact (forward slack after Savelsbergh, 1992, extended by the break states). Breaks are taken after a service
and before leaving, or after arriving and before serving; never during a drive or a service.
"""

from __future__ import annotations

from typing import Any

from geo.dispatch.drives import BLOCKED, INF
from geo.dispatch.engine.compiling import kernel
from geo.dispatch.engine.layout import Int64Array, World


@kernel
def drive_between(world: World, crew: Any, a: int, b: int) -> int:
    """Seconds from place to place; INF when no road leads there."""
    seconds = world.drives[crew.matrix, a, b]
    return INF if seconds == BLOCKED else int(seconds)


@kernel
def serve(windows: Int64Array, what: Any, length: int, at: int, release: int, deadline: int) -> int:
    """Earliest end of a service or break that is waited for from `at` on; INF when too late."""
    if at >= INF:
        return INF
    at = max(at, release)
    for w in range(what.window_at, what.window_at + what.windows):
        if at <= windows[w, 1]:
            done = max(at, windows[w, 0]) + length
            return done if done <= deadline else INF
    return INF


@kernel
def latest_start(windows: Int64Array, what: Any, bound: int, release: int) -> int:
    """Last moment up to `bound` inside a window; −1 when all begin later or it is before the release."""
    for w in range(what.window_at + what.windows - 1, what.window_at - 1, -1):
        if windows[w, 0] <= bound:
            latest = min(bound, windows[w, 1])
            return latest if latest >= release else -1
    return -1


@kernel
def rest_forward(world: World, crew: Any, times: Int64Array, row: int, at: int) -> None:
    """Let the breaks be taken here: each state may grow into the next one."""
    for k in range(crew.rests):
        if times[row, at + k] < INF:
            rest = world.rests[crew.rest_at + k]
            rested = serve(world.windows, rest, rest.length, times[row, at + k], 0, INF)
            times[row, at + k + 1] = min(times[row, at + k + 1], rested)


@kernel
def rest_backward(world: World, crew: Any, times: Int64Array, row: int, at: int) -> None:
    """Latest times before breaks that may be taken here."""
    for k in range(crew.rests - 1, -1, -1):
        if times[row, at + k + 1] >= 0:
            rest = world.rests[crew.rest_at + k]
            before = latest_start(world.windows, rest, times[row, at + k + 1] - rest.length, 0)
            times[row, at + k] = max(times[row, at + k], before)


@kernel
def step(
    world: World, crew: Any, stop: Any, drive: int, promise: Any, source: Any, target: Any, places: Any
) -> None:
    """Drive to a stop and serve it.

    ``source`` is (array, row, column) of the departures, one column a state; ``target`` an array and
    ``places`` the (row, column) in it of the ends of service and of the departures after it. ``promise`` is
    (release, deadline).
    """
    array, row, at = source
    ends, leaves = places
    for k in range(crew.rests + 1):
        target[leaves[0], leaves[1] + k] = min(array[row, at + k] + drive, INF)
    rest_forward(world, crew, target, leaves[0], leaves[1])
    for k in range(crew.rests + 1):
        arrival = target[leaves[0], leaves[1] + k]
        end = serve(world.windows, stop, stop.service, arrival, promise[0], promise[1])
        target[ends[0], ends[1] + k] = end
        target[leaves[0], leaves[1] + k] = end
    rest_forward(world, crew, target, leaves[0], leaves[1])


@kernel
def reach(world: World, crew: Any, drive: int, source: Any, scratch: Any) -> int:
    """Earliest moment at the end with all breaks taken; `scratch` is (array, row)."""
    array, row, at = source
    times, free = scratch
    for k in range(crew.rests + 1):
        times[free, k] = min(array[row, at + k] + drive, INF)
    rest_forward(world, crew, times, free, 0)
    return int(times[free, crew.rests])


@kernel
def step_back(
    world: World, crew: Any, stop: Any, drive: int, promise: Any, line: Int64Array, gap: int
) -> None:
    """From the latest arrivals behind a stop to the latest ends of its service and arrivals at it."""
    rule = world.rule[0]
    done, latest = rule.done, rule.latest
    for k in range(crew.rests + 1):
        line[gap, done + k] = max(line[gap + 1, latest + k] - drive, -1)
    rest_backward(world, crew, line, gap, done)
    for k in range(crew.rests + 1):
        bound = min(line[gap, done + k], promise[1]) - stop.service
        line[gap, latest + k] = latest_start(world.windows, stop, bound, promise[0])
    rest_backward(world, crew, line, gap, latest)
