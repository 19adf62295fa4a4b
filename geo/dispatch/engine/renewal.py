"""A route's table after one stop was put in or its promises changed: only what changes is computed.

A later departure is felt until some wait swallows it, an earlier latest arrival until a window is tighter
anyway; the rows beyond are as before. The result is what a survey of the whole order would give.
"""

from __future__ import annotations

from geo.dispatch.engine.clocks import drive_between, reach, step, step_back
from geo.dispatch.engine.compiling import kernel
from geo.dispatch.engine.layout import ARC, FAR, LEAVES, NEAR, STOP, State, World
from geo.dispatch.engine.survey import fill_leg, fill_room, price

BEFORE = 2
"""Row of `State.times` with the times of a stop as they were."""


@kernel
def resurvey(world: World, state: State, v: int, gap: int) -> None:
    """Renew the table of a vehicle after the promises of its stop behind a gap changed."""
    name_anew(state, v)
    last = fill_forward(world, state, v, gap, gap)
    first = fill_backward(world, state, v, gap, gap)
    fill_room(world, state, v, v, first, last)
    price(world, state, v, v, state.sums[v].are_loads_kept > 0)


@kernel
def survey_with(world: World, state: State, v: int, gap: int, job: int) -> None:
    """Put a job into a gap of a route that has stops already and renew its table."""
    name_anew(state, v)
    widen(state, v, gap)
    add_up(world, state, v, gap, job)
    fits = load_job(world, state, v, gap, job)
    last = fill_forward(world, state, v, gap, gap + 1)
    first = fill_backward(world, state, v, gap, gap - 1)
    fill_room(world, state, v, v, first, last)
    price(world, state, v, v, fits)


@kernel
def name_anew(state: State, v: int) -> None:
    """Give the content of a route a number of its own."""
    state.totals[0].version += 1
    state.sums[v].version = state.totals[0].version


@kernel
def widen(state: State, v: int, gap: int) -> None:
    """Move the rows from a gap on by one; the gap's own row stays where it was, too."""
    line, sums = state.lines[v], state.sums[v]
    for row in range(sums.length, gap - 1, -1):
        for column in range(line.shape[1]):
            line[row + 1, column] = line[row, column]
    sums.length += 1


@kernel
def add_up(world: World, state: State, v: int, gap: int, job: int) -> None:
    """Places, drives and sums with one more job."""
    crew, line, sums, stop = world.crews[v], state.lines[v], state.sums[v], world.stops[job]
    near, far = line[gap, NEAR], line[gap, FAR]
    line[gap, STOP], line[gap, FAR], line[gap + 1, NEAR] = job, stop.place, stop.place
    sums.travel_cost -= line[gap, ARC]
    line[gap, ARC] = world.costs[crew.matrix, near, stop.place]
    line[gap + 1, ARC] = world.costs[crew.matrix, stop.place, far]
    sums.travel_cost += line[gap, ARC] + line[gap + 1, ARC]
    sums.travel += drive_between(world, crew, near, stop.place) + drive_between(world, crew, stop.place, far)
    sums.travel -= drive_between(world, crew, near, far)
    sums.service += stop.service
    sums.jobs += 1
    if stop.late_cost > 0:
        sums.is_late = 1


@kernel
def load_job(world: World, state: State, v: int, gap: int, job: int) -> bool:
    """Loads of the leg with one more job in it; whether the vehicle carries them.

    A job that brings and takes nothing changes no load: its row has those of the gap it was put in.
    """
    fits = True
    for d in range(world.rule[0].dims):
        if world.goods[job, d, 0] > 0 or world.goods[job, d, 1] > 0:
            first, last = leg_around(world, state, v, gap)
            earlier = (world.holds[v, d, 1], world.holds[v, d, 2]) if first == 0 else (0, 0)
            highest = fill_leg(world, state.lines[v], d, (first, last), earlier)
            fits = fits and highest <= world.holds[v, d, 0]
    return fits


@kernel
def leg_around(world: World, state: State, v: int, gap: int) -> tuple[int, int]:
    """The first gap of the leg in which a gap lies, and the gap before its reload or end."""
    line, jobs = state.lines[v], world.rule[0].jobs
    first, last = gap, gap
    while first > 0 and line[first - 1, STOP] < jobs:
        first -= 1
    while last < state.sums[v].length and line[last, STOP] < jobs:
        last += 1
    return first, last


@kernel
def fill_forward(world: World, state: State, v: int, gap: int, surely: int) -> int:
    """Earliest times from the stop behind a gap on; from the stop `surely` on, until they are as before.

    Returns the last gap whose departure may have changed.
    """
    crew, sums, line, before = world.crews[v], state.sums[v], state.lines[v], state.times[BEFORE]
    ends = world.rule[0].ends
    for row in range(gap, sums.length):
        number = line[row, STOP]
        promise = (state.promise[number, 0], state.promise[number, 1])
        drive = drive_between(world, crew, line[row, NEAR], line[row, FAR])
        for k in range(crew.rests + 1):
            before[k] = line[row + 1, LEAVES + k]
        places = (row, ends), (row + 1, LEAVES)
        step(world, crew, world.stops[number], drive, promise, (line, row, LEAVES), line, places)
        changed = row < surely
        for k in range(crew.rests + 1):
            changed = changed or before[k] != line[row + 1, LEAVES + k]
        if not changed:
            return row
    drive = drive_between(world, crew, line[sums.length, NEAR], crew.end)
    sums.finish = reach(world, crew, drive, (line, sums.length, LEAVES), (state.times, 0))
    return int(sums.length)


@kernel
def fill_backward(world: World, state: State, v: int, gap: int, surely: int) -> int:
    """Latest times from the stop behind a gap back; from the stop `surely` back, until they are as before.

    Returns the first gap whose latest arrival may have changed.
    """
    crew, line, before = world.crews[v], state.lines[v], state.times[BEFORE]
    latest = world.rule[0].latest
    for row in range(gap, -1, -1):
        number = line[row, STOP]
        promise = (state.promise[number, 0], state.promise[number, 1])
        drive = drive_between(world, crew, line[row, FAR], line[row + 1, FAR])
        for k in range(crew.rests + 1):
            before[k] = line[row, latest + k]
        step_back(world, crew, world.stops[number], drive, promise, line, row)
        changed = row > surely
        for k in range(crew.rests + 1):
            changed = changed or before[k] != line[row, latest + k]
        if not changed:
            return row
    return 0
