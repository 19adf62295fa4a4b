"""Everything the search wants to know about one route, in one pass forward and one back."""

from __future__ import annotations

from typing import Any

from geo.dispatch.drives import INF
from geo.dispatch.engine.clocks import drive_between, reach, rest_backward, rest_forward, step, step_back
from geo.dispatch.engine.compiling import kernel
from geo.dispatch.engine.lateness import cheapest_timetable
from geo.dispatch.engine.layout import ARC, FAR, LEAVES, NEAR, ROOM, STOP, State, World


@kernel
def survey(world: World, state: State, row: int, v: int) -> None:
    """Fill the table and the sums of the order in a row, as vehicle `v` would drive it."""
    sums = state.sums[row]
    state.totals[0].version += 1
    sums.version = state.totals[0].version
    sum_up(world, state, row, v)
    fits = fill_loads(world, state, row, v)
    fill_times(world, state, row, v)
    fill_room(world, state, row, v, 0, state.sums[row].length)
    price(world, state, row, v, fits)


@kernel
def price(world: World, state: State, row: int, v: int, fits: bool) -> None:
    """Whether the order keeps every rule, and what it costs, once its times and sums are known."""
    crew, sums = world.crews[v], state.sums[row]
    within = sums.jobs <= crew.tasks_left and sums.reloads <= crew.reloads_left
    within = within and sums.travel <= crew.travel_limit
    is_feasible = sums.length == 0 or (within and fits and sums.finish <= crew.latest)
    sums.is_feasible = 1 if is_feasible else 0
    sums.are_loads_kept = 1 if fits else 0
    sums.extra = 0.0
    if is_feasible and sums.length > 0:
        if sums.is_late:
            sums.extra = cheapest_timetable(world, state, row, v)
        else:
            sums.extra = crew.overtime_cost * max(0, sums.finish - crew.shift_end)
    sums.cost = route_cost(world, state, row, v)


@kernel
def sum_up(world: World, state: State, row: int, v: int) -> None:
    """Places, drives and what they add up to."""
    crew, sums, line = world.crews[v], state.sums[row], state.lines[row]
    sums.jobs = sums.reloads = sums.is_late = 0
    sums.travel, sums.travel_cost = crew.frozen_travel, crew.frozen_travel_cost
    sums.service = crew.frozen_service
    at = crew.start
    for gap in range(sums.length + 1):
        line[gap, NEAR] = at
        place = crew.end
        if gap < sums.length:
            stop = world.stops[line[gap, STOP]]
            place = stop.place
            sums.service += stop.service
            if line[gap, STOP] < world.rule[0].jobs:
                sums.jobs += 1
                if stop.late_cost > 0:
                    sums.is_late = 1
            else:
                sums.reloads += 1
        line[gap, FAR] = place
        line[gap, ARC] = 0
        if sums.length > 0 or crew.drives_home:
            line[gap, ARC] = world.costs[crew.matrix, at, place]
            sums.travel_cost += line[gap, ARC]
            sums.travel += drive_between(world, crew, at, place)
        at = place


@kernel
def fill_times(world: World, state: State, row: int, v: int) -> None:
    """Earliest and latest times of every gap and stop."""
    crew, sums, line = world.crews[v], state.sums[row], state.lines[row]
    rule = world.rule[0]
    length = sums.length
    for k in range(crew.rests + 1):
        line[0, LEAVES + k] = INF
    line[0, LEAVES] = crew.departs
    rest_forward(world, crew, line, 0, LEAVES)
    for gap in range(length):
        number = line[gap, STOP]
        promise = (state.promise[number, 0], state.promise[number, 1])
        drive = drive_between(world, crew, line[gap, NEAR], line[gap, FAR])
        places = (gap, rule.ends), (gap + 1, LEAVES)
        step(world, crew, world.stops[number], drive, promise, (line, gap, LEAVES), line, places)
    drive = drive_between(world, crew, line[length, NEAR], crew.end)
    sums.finish = reach(world, crew, drive, (line, length, LEAVES), (state.times, 0))
    for k in range(crew.rests + 1):
        line[length, rule.latest + k] = -1
    line[length, rule.latest + crew.rests] = crew.latest
    rest_backward(world, crew, line, length, rule.latest)
    for gap in range(length - 1, -1, -1):
        number = line[gap, STOP]
        promise = (state.promise[number, 0], state.promise[number, 1])
        drive = drive_between(world, crew, line[gap, FAR], line[gap + 1, FAR])
        step_back(world, crew, world.stops[number], drive, promise, line, gap)


@kernel
def fill_room(world: World, state: State, row: int, v: int, first: int, last: int) -> None:
    """How much time there is in some gaps, between leaving with some breaks taken and arriving with more."""
    crew, sums, line = world.crews[v], state.sums[row], state.lines[row]
    latest = world.rule[0].latest
    for gap in range(first, last + 1):
        room = -1
        for k in range(crew.rests + 1):
            rests = 0
            for later in range(k, crew.rests + 1):
                room = max(room, line[gap, latest + later] - line[gap, LEAVES + k] - rests)
                if later < crew.rests:
                    rests += world.rests[crew.rest_at + later].length
        line[gap, ROOM] = room
    most = -1
    for gap in range(sums.length + 1):
        most = max(most, line[gap, ROOM])
    sums.room = most


@kernel
def fill_loads(world: World, state: State, row: int, v: int) -> bool:
    """Highest loads before and after each gap, leg by leg; whether the vehicle carries them."""
    sums, line = state.sums[row], state.lines[row]
    fits = True
    for d in range(world.rule[0].dims):
        capacity = world.holds[v, d, 0]
        now, peak = world.holds[v, d, 1], world.holds[v, d, 2]
        first = 0
        while first <= sums.length:
            last = first
            while last < sums.length and line[last, STOP] < world.rule[0].jobs:
                last += 1
            highest = fill_leg(world, line, d, (first, last), (now, peak))
            fits = fits and highest <= capacity
            first, now, peak = last + 1, 0, 0
    return fits or sums.jobs == 0


@kernel
def fill_leg(world: World, line: Any, d: int, leg: tuple[int, int], earlier: tuple[int, int]) -> int:
    """Loads of one leg, from a gap to the gap before its reload or end; the highest of them.

    What is still to be delivered was on board during the frozen drives too: ``earlier`` is the load after
    them and the highest in them.
    """
    rule = world.rule[0]
    brought = 0
    for gap in range(leg[0], leg[1]):
        brought += world.goods[line[gap, STOP], d, 0]
    now = earlier[0] + brought
    highest = earlier[1] + brought if brought > 0 else now
    so_far = max(now, earlier[1] + brought)
    for gap in range(leg[0], leg[1] + 1):
        highest, so_far = max(highest, now), max(so_far, now)
        line[gap, rule.before + d] = so_far
        line[gap, rule.after + d] = now
        if gap < leg[1]:
            number = line[gap, STOP]
            now += world.goods[number, d, 1] - world.goods[number, d, 0]
    for gap in range(leg[1] - 1, leg[0] - 1, -1):
        line[gap, rule.after + d] = max(line[gap, rule.after + d], line[gap + 1, rule.after + d])
    return highest


@kernel
def move_cost(world: World, job: Any, crew: Any) -> float:
    """What giving the job to another crew than before costs."""
    if job.previous < 0 or job.previous == crew.name:
        return 0.0
    return float(world.rule[0].reassign)


@kernel
def route_cost(world: World, state: State, row: int, v: int) -> float:
    """Everything the route adds to the objective, fairness apart."""
    crew, sums, line = world.crews[v], state.sums[row], state.lines[row]
    cost = sums.travel_cost * crew.per_second + sums.extra + crew.frozen_lateness
    if sums.jobs > 0 or crew.is_used:
        cost += crew.fixed
    if crew.day_factor > 0 or world.rule[0].has_previous:
        cost += crew.day_factor * crew.frozen_worth
        for gap in range(sums.length):
            if line[gap, STOP] < world.rule[0].jobs:
                job = world.stops[line[gap, STOP]]
                cost += crew.day_factor * job.worth + move_cost(world, job, crew)
    return cost
