"""Where a job fits best: a constant-time test per gap, and a memory of what did not change since."""

from __future__ import annotations

from typing import Any

from geo.dispatch.drives import INF
from geo.dispatch.engine.changes import insert_stop, released_at, unevenness
from geo.dispatch.engine.clocks import drive_between, reach, step
from geo.dispatch.engine.compiling import kernel
from geo.dispatch.engine.dice import chance
from geo.dispatch.engine.lateness import cheapest_timetable
from geo.dispatch.engine.layout import (
    ARC,
    FAR,
    LEAVES,
    NEAR,
    NO_RELEASE,
    NOBODY,
    RELEASE,
    ROOM,
    STOP,
    TO_LOOK_AT,
    ZONE_VEHICLES,
    State,
    World,
)
from geo.dispatch.engine.survey import move_cost, survey

NEVER = -2
"""A release that no job has."""
RELOAD_PAIRS_UP_TO = 8
"""Routes up to this length try a reload in every gap for every place of the job, longer ones next to it."""


Place = tuple[float, int, int, int]
"""(cost, vehicle, index of the job, index of a reload that comes with it or −1)."""


@kernel
def best_place(world: World, state: State, job: int, limit: float, is_rough: bool) -> Place:
    """The cheapest place in the zone that costs less than `limit`; vehicle ``NOBODY`` when none does.

    A rough look now and then overlooks a place (a blink), and does not look again at routes that changed some
    rounds ago and were no good place before.
    """
    best = (limit, NOBODY, -1, -1)
    zone, vehicles = state.zone[ZONE_VEHICLES], state.totals[0].zone_vehicles
    release, follows = NO_RELEASE, world.stops[job].afters > 0
    if follows:
        release = released_at(world, state, job, NOBODY - 1)[0]
        if release >= INF:
            return best
    number = 0
    for i in range(vehicles):
        v = zone[i]
        hit = state.memory[job, v]
        if not is_known(state, v, hit, release):
            state.zone[TO_LOOK_AT, number] = v
            number += 1
        elif hit.cost < best[0]:
            best = better(world, state, job, v, (hit.cost, hit.gap, hit.reload_at), best, is_rough)
    for i in range(number):
        v = state.zone[TO_LOOK_AT, i]
        hit = state.memory[job, v]
        if not world.able[job, v] or (is_rough and is_skipped(world, state, v, hit.cost, best[0])):
            continue
        since, first = released_at(world, state, job, v) if follows else (NO_RELEASE, 0)
        hit.cost, hit.gap, hit.reload_at = best_behind(world, state, job, v, since, first)
        hit.version = state.sums[v].version
        hit.release = release if world.stops[job].afters <= 1 else NEVER
        best = better(world, state, job, v, (hit.cost, hit.gap, hit.reload_at), best, is_rough)
    return best


@kernel
def is_known(state: State, v: int, hit: Any, release: int) -> bool:
    """Whether a place that was found before is still the best on its route: neither the route nor the end of
    the predecessor has changed since. Jobs that wait for several others are looked for anew each time.
    """
    return bool(hit.version == state.sums[v].version and hit.release == release)


@kernel
def better(
    world: World, state: State, job: int, v: int, place: tuple[float, int, int], best: Place, is_rough: bool
) -> Place:
    """The better of a place on one vehicle and the best so far."""
    if place[0] >= best[0]:
        return best
    cost = place[0] + fairness_change(world, state, job, v, place[1])
    if cost < best[0] and not (is_rough and chance(state) < world.rule[0].blink_chance):
        return cost, v, place[1], place[2]
    return best


@kernel
def is_skipped(world: World, state: State, v: int, cost_before: float, best: float) -> bool:
    """Whether a route that changed since it was looked at is left alone this time."""
    has_just_changed = state.stash[0, v] == state.totals[0].turn
    return not has_just_changed and cost_before >= best * world.rule[0].stale_factor


@kernel
def fairness_change(world: World, state: State, job: int, v: int, gap: int) -> float:
    """What the job changes in the price of uneven work."""
    weight = world.rule[0].fairness
    if weight <= 0:
        return 0.0
    name = world.crews[v].name
    more = detour_seconds(world, state, job, v, gap) + world.stops[job].service
    now = unevenness(state.work)
    state.work[name] += more
    then = unevenness(state.work)
    state.work[name] -= more
    return float(weight * (then - now))


@kernel
def detour_seconds(world: World, state: State, job: int, v: int, gap: int) -> int:
    """Seconds of travel that the job adds in a gap."""
    crew, line, here = world.crews[v], state.lines[v], world.stops[job].place
    gap = min(gap, state.sums[v].length)
    near, far = line[gap, NEAR], line[gap, FAR]
    more = drive_between(world, crew, near, here) + drive_between(world, crew, here, far)
    if state.sums[v].length > 0 or crew.drives_home:
        more -= drive_between(world, crew, near, far)
    return more


@kernel
def best_in(world: World, state: State, job: int, v: int) -> tuple[float, int, int]:
    """The cheapest place on one vehicle: (cost, index of the job, index of its reload or −1)."""
    release, first = NO_RELEASE, 0
    if world.stops[job].afters > 0:
        release, first = released_at(world, state, job, v)
        if release >= INF:
            return float(INF), -1, -1
    return best_behind(world, state, job, v, release, first)


@kernel
def best_behind(
    world: World, state: State, job: int, v: int, release: int, first: int
) -> tuple[float, int, int]:
    """The cheapest place on one vehicle from a gap on, not before the release."""
    best = (float(INF), -1, -1)
    crew, sums = world.crews[v], state.sums[v]
    if sums.jobs >= crew.tasks_left or world.stops[job].service > sums.room:
        return best
    may_reload = crew.reload_stop >= 0 and sums.reloads < crew.reloads_left
    base = fixed_part(world, state, job, v)
    best = scan(world, state, job, v, base, release, first)
    if may_reload and world.rule[0].dims > 0:
        best = with_reload(world, state, job, v, base, release, first, best)
    return best


@kernel
def fixed_part(world: World, state: State, job: int, v: int) -> float:
    """What does not depend on the gap: opening the vehicle, the day, the change of crew."""
    crew = world.crews[v]
    cost = move_cost(world, world.stops[job], crew) + crew.day_factor * world.stops[job].worth
    if state.sums[v].jobs == 0 and not crew.is_used:
        cost += crew.fixed
    return float(cost)


@kernel
def scan(
    world: World, state: State, job: int, v: int, base: float, release: int, first: int
) -> tuple[float, int, int]:
    """All gaps from `first` on, without any reload."""
    crew, sums, line = world.crews[v], state.sums[v], state.lines[v]
    here = world.stops[job].place
    out_to, back_from = world.costs_to[crew.matrix, here], world.costs[crew.matrix, here]
    has_extra = sums.is_late or world.stops[job].late_cost > 0 or crew.latest > crew.shift_end
    best, best_gap = float(INF), -1
    for gap in range(first, sums.length + 1):
        detour = out_to[line[gap, NEAR]] + back_from[line[gap, FAR]] - line[gap, ARC]
        cost = base + detour * crew.per_second
        if cost >= best:
            continue
        if not fits_load(world, line, job, v, gap) or not fits_time(world, state, job, v, gap, release):
            continue
        if has_extra:
            cost += extra_cost(world, state, job, v, gap, release)
            if cost >= best:
                continue
        best, best_gap = cost, gap
    return best, best_gap, -1


@kernel
def fits_load(world: World, line: Any, job: int, v: int, gap: int) -> bool:
    """Whether the leg of the gap can take the job's load."""
    rule = world.rule[0]
    for d in range(rule.dims):
        out, back = world.goods[job, d, 0], world.goods[job, d, 1]
        if out > 0 and line[gap, rule.before + d] + out > world.holds[v, d, 0]:
            return False
        if back > 0 and line[gap, rule.after + d] + back > world.holds[v, d, 0]:
            return False
    return True


@kernel
def fits_time(world: World, state: State, job: int, v: int, gap: int, release: int) -> bool:
    """One step into the job and one out of it, against the latest arrivals behind the gap."""
    crew, line, stop = world.crews[v], state.lines[v], world.stops[job]
    drive = drive_between(world, crew, line[gap, NEAR], stop.place)
    onward = drive_between(world, crew, stop.place, line[gap, FAR])
    if drive + stop.service + onward > line[gap, ROOM]:
        return False
    times = state.times
    step(world, crew, stop, drive, (release, INF), (line, gap, LEAVES), times, ((0, 0), (1, 0)))
    latest = world.rule[0].latest
    fits = False
    for k in range(crew.rests + 1):
        fits = fits or times[1, k] + onward <= line[gap, latest + k]
    if not fits or crew.travel_limit >= INF:
        return fits
    return bool(state.sums[v].travel + detour_seconds(world, state, job, v, gap) <= crew.travel_limit)


@kernel
def extra_cost(world: World, state: State, job: int, v: int, gap: int, release: int) -> float:
    """Overtime and lateness that the job adds."""
    crew, sums = world.crews[v], state.sums[v]
    if not sums.is_late and world.stops[job].late_cost <= 0:
        finish = finish_with(world, state, job, v, gap, release)
        return float(crew.overtime_cost * max(0, finish - crew.shift_end) - sums.extra)
    trial = world.rule[0].trial
    lay_trial(state, trial, v, gap, job)
    before = state.promise[job, RELEASE]
    state.promise[job, RELEASE] = release
    cost = cheapest_timetable(world, state, trial, v)
    state.promise[job, RELEASE] = before
    return cost - float(sums.extra)


@kernel
def finish_with(world: World, state: State, job: int, v: int, gap: int, release: int) -> int:
    """When the route would be done with one more job; stops looking where nothing changes."""
    crew, sums, line, times = world.crews[v], state.sums[v], state.lines[v], state.times
    stop = world.stops[job]
    drive = drive_between(world, crew, line[gap, NEAR], stop.place)
    step(world, crew, stop, drive, (release, INF), (line, gap, LEAVES), times, ((0, 0), (1, 0)))
    at = stop.place
    for later in range(gap, sums.length):
        number = line[later, STOP]
        promise = (state.promise[number, 0], state.promise[number, 1])
        drive = drive_between(world, crew, at, line[later, FAR])
        step(world, crew, world.stops[number], drive, promise, (times, 1, 0), times, ((0, 0), (1, 0)))
        is_same = True
        for k in range(crew.rests + 1):
            is_same = is_same and times[1, k] == line[later + 1, LEAVES + k]
        if is_same:
            return int(sums.finish)
        at = line[later, FAR]
    return reach(world, crew, drive_between(world, crew, at, crew.end), (times, 1, 0), (times, 2))


@kernel
def lay_trial(state: State, trial: int, v: int, gap: int, stop: int) -> None:
    """Copy the order of a vehicle into the row for trials, with one more stop in a gap."""
    line, trying, length = state.lines[v], state.lines[trial], state.sums[v].length
    for at in range(gap):
        trying[at, STOP] = line[at, STOP]
    trying[gap, STOP] = stop
    for at in range(gap, length):
        trying[at + 1, STOP] = line[at, STOP]
    state.sums[trial].length = length + 1


# ---------------------------------------------------------------- with a reload


@kernel
def with_reload(
    world: World, state: State, job: int, v: int, base: float, release: int, first: int,
    best: tuple[float, int, int],
) -> tuple[float, int, int]:  # fmt: skip
    """The cheapest place together with one more reload, among the gaps too full without; or `best`."""
    crew, sums, line = world.crews[v], state.sums[v], state.lines[v]
    here = world.stops[job].place
    for gap in range(first, sums.length + 1):
        detour = (
            world.costs_to[crew.matrix, here, line[gap, NEAR]]
            + world.costs[crew.matrix, here, line[gap, FAR]]
            - line[gap, ARC]
        )
        if base + detour * crew.per_second >= best[0] or fits_load(world, line, job, v, gap):
            continue
        if not fits_time(world, state, job, v, gap, release):
            continue
        best = with_reload_near(world, state, job, v, gap, release, best)
    return best


@kernel
def with_reload_near(
    world: World, state: State, job: int, v: int, gap: int, release: int, best: tuple[float, int, int]
) -> tuple[float, int, int]:
    """The job in one gap, a reload in every gap of a short route or beside the job in a long one."""
    length = state.sums[v].length
    low, high = (0, length + 1) if length <= RELOAD_PAIRS_UP_TO else (gap, gap + 1)
    trial = world.rule[0].trial
    before = state.promise[job, RELEASE]
    state.promise[job, RELEASE] = release
    for at in range(low, high + 1):
        lay_trial(state, trial, v, gap, job)
        insert_stop(state, trial, at, world.crews[v].reload_stop)
        survey(world, state, trial, v)
        cost = state.sums[trial].cost - state.sums[v].cost
        if state.sums[trial].is_feasible and cost < best[0]:
            best = (cost, gap + (1 if at <= gap else 0), at)
    state.promise[job, RELEASE] = before
    return best
