"""Putting jobs on routes and taking them off, with the promises between crews, and going back.

Precedence across crews is kept by promises: a follower gets a *release* (it starts no earlier), its
predecessors on other routes the same moment as *deadline* (they end no later). Each route can then be tested
alone, plans stay feasible, and circles cannot arise. On one route the order of stops is enough.
"""

from __future__ import annotations

from geo.dispatch.drives import INF
from geo.dispatch.engine.compiling import kernel
from geo.dispatch.engine.layout import (
    DEADLINE,
    NO_RELEASE,
    NOBODY,
    NOTED,
    RELEASE,
    STOP,
    STOPS_SEEN,
    VEHICLES_SEEN,
    Int64Array,
    State,
    World,
)
from geo.dispatch.engine.renewal import resurvey, survey_with
from geo.dispatch.engine.survey import survey


@kernel
def unevenness(work: Int64Array) -> float:
    """Σ(W − mean)²/mean over crews; 0 when nobody works."""
    total = 0
    for each in work:
        total += each
    if total == 0:
        return 0.0
    mean = total / len(work)
    uneven = 0.0
    for each in work:
        uneven += (each - mean) ** 2
    return uneven / mean


@kernel
def total_cost(world: World, state: State) -> float:
    """The whole objective, added up anew."""
    routed = 0.0
    for v in range(world.rule[0].vehicles):
        routed += state.sums[v].cost
    state.totals[0].routed = routed
    return cost_now(world, state)


@kernel
def cost_now(world: World, state: State) -> float:
    """The whole objective as it was followed since it was last added up."""
    cost = state.totals[0].lost + state.totals[0].routed
    if world.rule[0].fairness > 0:
        cost += world.rule[0].fairness * unevenness(state.work)
    return float(cost)


# ---------------------------------------------------------------- going back


@kernel
def begin_round(state: State, is_undoable: bool) -> None:
    """From here on changes can be taken back."""
    totals = state.totals[0]
    totals.turn += 1
    totals.stashed = totals.logged = 0
    totals.is_undoable = 1 if is_undoable else 0


@kernel
def touch(world: World, state: State, v: int) -> None:
    """Keep a copy of a route before its first change in this round."""
    totals = state.totals[0]
    if not totals.is_undoable or state.stash[0, v] == totals.turn:
        return
    state.stash[0, v] = totals.turn
    state.stash[1, totals.stashed] = v
    copy_route(state, v, world.rule[0].trial + 1 + totals.stashed)
    totals.stashed += 1


@kernel
def copy_route(state: State, source: int, target: int) -> None:
    """Copy a route with its tables and sums."""
    length = state.sums[source].length
    old, new = state.lines[source], state.lines[target]
    for gap in range(length + 1):
        for column in range(old.shape[1]):
            new[gap, column] = old[gap, column]
    state.sums[target] = state.sums[source]


@kernel
def note(state: State, job: int) -> None:
    """Write down a job before it changes."""
    totals = state.totals[0]
    if not totals.is_undoable or state.mark[NOTED, job] == totals.turn:
        return
    state.mark[NOTED, job] = totals.turn
    log = state.log[totals.logged]
    log[0], log[1] = job, state.who[job]
    log[2], log[3] = state.promise[job, RELEASE], state.promise[job, DEADLINE]
    totals.logged += 1


@kernel
def go_back(world: World, state: State, lost: float) -> None:
    """Take back everything since the round began, when the unserved jobs were worth `lost`."""
    totals = state.totals[0]
    for i in range(totals.stashed):
        v = state.stash[1, i]
        count_work(world, state, v, -1)
        totals.routed -= state.sums[v].cost
        copy_route(state, world.rule[0].trial + 1 + i, v)
        totals.routed += state.sums[v].cost
        count_work(world, state, v, 1)
    for i in range(totals.logged - 1, -1, -1):
        log = state.log[i]
        state.who[log[0]] = log[1]
        state.promise[log[0], RELEASE], state.promise[log[0], DEADLINE] = log[2], log[3]
    totals.lost = lost
    totals.stashed = totals.logged = 0
    totals.turn += 1


@kernel
def count_work(world: World, state: State, v: int, sign: int) -> None:
    """Add a route's seconds to its crew, or take them off."""
    state.work[world.crews[v].name] += sign * (state.sums[v].travel + state.sums[v].service)


@kernel
def renew(world: World, state: State, v: int) -> None:
    """Survey a route whose order or promises changed."""
    totals = state.totals[0]
    count_work(world, state, v, -1)
    totals.routed -= state.sums[v].cost
    survey(world, state, v, v)
    totals.routed += state.sums[v].cost
    count_work(world, state, v, 1)


@kernel
def renew_from(world: World, state: State, v: int, job: int) -> None:
    """Renew a route after the promises of one of its jobs changed."""
    totals = state.totals[0]
    totals.routed -= state.sums[v].cost
    resurvey(world, state, v, index_of(state, job, v))
    totals.routed += state.sums[v].cost


@kernel
def renew_with(world: World, state: State, v: int, gap: int, job: int) -> None:
    """Put a job into a gap of a route that serves others, and renew the route."""
    totals = state.totals[0]
    count_work(world, state, v, -1)
    totals.routed -= state.sums[v].cost
    survey_with(world, state, v, gap, job)
    totals.routed += state.sums[v].cost
    count_work(world, state, v, 1)


# ---------------------------------------------------------------- promises


@kernel
def useful_end(world: World, state: State, job: int, v: int) -> int:
    """Earliest end of a served job from which the rest of its route is feasible."""
    gap = index_of(state, job, v)
    line, rule = state.lines[v], world.rule[0]
    earliest = INF
    for k in range(world.crews[v].rests + 1):
        if line[gap, rule.ends + k] <= line[gap, rule.done + k]:
            earliest = min(earliest, line[gap, rule.ends + k])
    return earliest


@kernel
def index_of(state: State, job: int, v: int) -> int:
    """Where a job stands on its route."""
    line = state.lines[v]
    gap = 0
    while line[gap, STOP] != job:
        gap += 1
    return gap


@kernel
def released_at(world: World, state: State, job: int, v: int) -> tuple[int, int]:
    """When predecessors on other routes are finished, INF when one is not served; the first gap on `v`
    behind those on it.
    """
    stop = world.stops[job]
    release, first = 0, 0
    for i in range(stop.after_at, stop.after_at + stop.afters):
        other = world.links[i]
        if world.stops[other].frozen_end >= 0:
            release = max(release, world.stops[other].frozen_end)
        elif state.who[other] == NOBODY:
            return INF, 0
        elif state.who[other] == v:
            first = max(first, index_of(state, other, v) + 1)
        else:
            release = max(release, useful_end(world, state, other, state.who[other]))
    return release, first


@kernel
def promise(world: World, state: State, job: int, v: int) -> None:
    """Hold a follower just put on `v` to its start and the predecessors elsewhere to end by then."""
    stop = world.stops[job]
    is_elsewhere = False
    for i in range(stop.after_at, stop.after_at + stop.afters):
        is_elsewhere = is_elsewhere or state.who[world.links[i]] != v
    if not is_elsewhere:
        return
    start = useful_end(world, state, job, v) - stop.service
    state.promise[job, RELEASE] = start
    for i in range(stop.after_at, stop.after_at + stop.afters):
        other = world.links[i]
        w = state.who[other]
        if w == v or world.stops[other].frozen_end >= 0 or state.promise[other, DEADLINE] <= start:
            continue
        note(state, other)
        touch(world, state, w)
        state.promise[other, DEADLINE] = start
        renew_from(world, state, w, other)
    renew_from(world, state, v, job)


@kernel
def lift(world: World, state: State, job: int) -> None:
    """Forget the promises of an unserved job; predecessors keep only what other followers hold them to."""
    note(state, job)
    state.promise[job, RELEASE], state.promise[job, DEADLINE] = NO_RELEASE, INF
    stop = world.stops[job]
    for i in range(stop.after_at, stop.after_at + stop.afters):
        other = world.links[i]
        v = state.who[other]
        if v == NOBODY or state.promise[other, DEADLINE] >= INF:
            continue
        earliest = earliest_release(world, state, other)
        if earliest != state.promise[other, DEADLINE]:
            note(state, other)
            touch(world, state, v)
            state.promise[other, DEADLINE] = earliest
            renew_from(world, state, v, other)


@kernel
def earliest_release(world: World, state: State, job: int) -> int:
    """The earliest start promised by a served follower on another route."""
    stop = world.stops[job]
    earliest = INF
    for i in range(stop.follower_at, stop.follower_at + stop.followers):
        other = world.links[i]
        is_elsewhere = state.who[other] != NOBODY and state.who[other] != state.who[job]
        if is_elsewhere and state.promise[other, RELEASE] > NO_RELEASE:
            earliest = min(earliest, state.promise[other, RELEASE])
    return earliest


# ---------------------------------------------------------------- putting and taking


@kernel
def put(world: World, state: State, job: int, v: int, gap: int, reload_at: int) -> bool:
    """Serve a job at a place; False, with nothing changed, when the full timetable refuses it after all."""
    touch(world, state, v)
    note(state, job)
    if world.stops[job].afters > 0:
        state.promise[job, RELEASE] = released_at(world, state, job, v)[0]
    first, second = (gap, reload_at) if reload_at < 0 or gap < reload_at else (reload_at, gap)
    if reload_at < 0 and state.sums[v].jobs > 0 and state.sums[v].is_feasible:
        renew_with(world, state, v, gap, job)
    else:
        reload_stop = world.crews[v].reload_stop
        insert_stop(state, v, first, job if first == gap else reload_stop)
        if reload_at >= 0:
            insert_stop(state, v, second, job if second == gap else reload_stop)
        renew(world, state, v)
    if not state.sums[v].is_feasible:
        if reload_at >= 0:
            remove_stop(state, v, second)
        remove_stop(state, v, first)
        state.promise[job, RELEASE] = NO_RELEASE
        renew(world, state, v)
        return False
    state.who[job] = v
    state.totals[0].lost -= world.stops[job].worth
    if state.sums[v].reloads > 0:
        drop_idle_reloads(world, state, v)
    if world.stops[job].afters > 0:
        promise(world, state, job, v)
    return True


@kernel
def insert_stop(state: State, v: int, gap: int, stop: int) -> None:
    """Put a stop into an order."""
    line, sums = state.lines[v], state.sums[v]
    for at in range(sums.length, gap, -1):
        line[at, STOP] = line[at - 1, STOP]
    line[gap, STOP] = stop
    sums.length += 1


@kernel
def remove_stop(state: State, v: int, gap: int) -> None:
    """Take a stop out of an order."""
    line, sums = state.lines[v], state.sums[v]
    for at in range(gap, sums.length - 1):
        line[at, STOP] = line[at + 1, STOP]
    sums.length -= 1


@kernel
def drop_idle_reloads(world: World, state: State, v: int) -> None:
    """Drop each reload whose absence keeps the route feasible and does not cost more."""
    jobs, sums = world.rule[0].jobs, state.sums[v]
    gap = 0
    while gap < sums.length:
        stop = state.lines[v][gap, STOP]
        if stop < jobs:
            gap += 1
            continue
        cost, was_feasible = sums.cost, sums.is_feasible
        remove_stop(state, v, gap)
        renew(world, state, v)
        if was_feasible and (not sums.is_feasible or sums.cost > cost):
            insert_stop(state, v, gap, stop)
            renew(world, state, v)
            gap += 1


@kernel
def take(world: World, state: State, number: int) -> int:
    """Take the first `number` jobs of the queue off their routes, and their followers too.

    Returns how many were taken; the queue holds them, the followers last.
    """
    queue, mark, totals = state.queue[0], state.mark[STOPS_SEEN], state.totals[0]
    totals.stamp += 1
    for i in range(number):
        mark[queue[i]] = totals.stamp
    at = 0
    while at < number:
        stop = world.stops[queue[at]]
        for i in range(stop.follower_at, stop.follower_at + stop.followers):
            other = world.links[i]
            if mark[other] != totals.stamp and state.who[other] != NOBODY:
                mark[other] = totals.stamp
                queue[number] = other
                number += 1
        at += 1
    routes = shorten(world, state, number)
    if world.rule[0].has_after:
        for i in range(number):
            lift(world, state, queue[i])
    for i in range(routes):
        if state.sums[state.queue[1, i]].reloads > 0:
            drop_idle_reloads(world, state, state.queue[1, i])
    return number


@kernel
def shorten(world: World, state: State, number: int) -> int:
    """Leave the queue's jobs out of their routes; the routes are listed in the second queue."""
    queue, seen, totals = state.queue[0], state.mark[VEHICLES_SEEN], state.totals[0]
    routes = 0
    for i in range(number):
        job = queue[i]
        v = state.who[job]
        note(state, job)
        state.who[job] = NOBODY
        totals.lost += world.stops[job].worth
        if seen[v] != totals.stamp:
            seen[v] = totals.stamp
            state.queue[1, routes] = v
            routes += 1
    for i in range(routes):
        v = state.queue[1, i]
        touch(world, state, v)
        keep_unmarked(state, v, totals.stamp)
        renew(world, state, v)
        if state.sums[v].jobs == 0 and state.sums[v].length > 0:
            state.sums[v].length = 0
            renew(world, state, v)
    return routes


@kernel
def keep_unmarked(state: State, v: int, stamp: int) -> None:
    """Leave the marked stops out of an order."""
    line, sums = state.lines[v], state.sums[v]
    kept = 0
    for gap in range(sums.length):
        if state.mark[STOPS_SEEN, line[gap, STOP]] != stamp:
            line[kept, STOP] = line[gap, STOP]
            kept += 1
    sums.length = kept


@kernel
def is_still_whole(state: State) -> bool:
    """Whether every route that changed in this round is feasible."""
    feasible = 0
    for i in range(state.totals[0].stashed):
        feasible += state.sums[state.stash[1, i]].is_feasible
    return bool(feasible == state.totals[0].stashed)


@kernel
def is_whole(world: World, state: State) -> bool:
    """Whether every route is feasible."""
    feasible = 0
    for v in range(world.rule[0].vehicles):
        feasible += state.sums[v].is_feasible
    return bool(feasible == world.rule[0].vehicles)
