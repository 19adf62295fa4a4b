"""Putting jobs back: greedily, in an order drawn each time, each at its cheapest place if it pays."""

from __future__ import annotations

from typing import Any

from geo.dispatch.drives import INF
from geo.dispatch.engine.changes import put
from geo.dispatch.engine.compiling import kernel
from geo.dispatch.engine.dice import below, chance
from geo.dispatch.engine.layout import NOBODY, STOPS_SEEN, ZONE_VEHICLES, State, World
from geo.dispatch.engine.places import best_in, best_place

FEW = 40
HANDLING_S = 400
"""Added to the service when jobs are compared by worth per second: the way to a job takes time too."""


@kernel
def claim(world: World, state: State, job: int) -> float:
    """What serving the job may bring: its worth, and that of all unserved jobs that wait for it."""
    worth = world.stops[job].worth
    if world.stops[job].followers == 0:
        return float(worth)
    waiting, mark, totals = state.queue[2], state.mark[STOPS_SEEN], state.totals[0]
    totals.stamp += 1
    waiting[0], number, at = job, 1, 0
    while at < number:
        stop = world.stops[waiting[at]]
        for i in range(stop.follower_at, stop.follower_at + stop.followers):
            other = world.links[i]
            if mark[other] != totals.stamp and state.who[other] == NOBODY:
                mark[other] = totals.stamp
                waiting[number] = other
                number += 1
                worth += world.stops[other].worth
        at += 1
    return float(worth)


@kernel
def insert(world: World, state: State, job: int, limit: float, blinks: bool) -> bool:
    """Serve a job at its cheapest place if that costs less than `limit`."""
    _, v, gap, reload_at = best_place(world, state, job, limit, blinks)
    return v != NOBODY and put(world, state, job, v, gap, reload_at)


@kernel
def insert_all(world: World, state: State, number: int, is_generous: bool, blinks: bool) -> None:
    """Insert the first `number` jobs of the queue in order: those that pay, or all that fit.

    Followers wait until their predecessors are served, and get two tries.
    """
    queue = state.queue[0]
    rounds = 3 if world.rule[0].has_after else 1
    for again in range(rounds):
        for i in range(number):
            job = queue[i]
            if state.who[job] != NOBODY or (again > 0 and world.stops[job].afters == 0):
                continue
            limit = float(INF) if is_generous else claim(world, state, job)
            insert(world, state, job, limit, blinks)


@kernel
def sort_queue(state: State, number: int) -> None:
    """Sort the queue by its keys, smallest first; equal keys keep their order."""
    queue, keys = state.queue[0], state.keys[0]
    if number <= FEW:
        sort_few(queue, keys, number)
        return
    step = 1
    while step < number:
        merge_runs(queue, keys, state.queue[3], state.keys[2], (number, step))
        step *= 2


@kernel
def sort_few(queue: Any, keys: Any, number: int) -> None:
    """Sort by insertion, which is quicker for a few."""
    for i in range(1, number):
        job, key, at = queue[i], keys[i], i
        while at > 0 and keys[at - 1] > key:
            queue[at], keys[at] = queue[at - 1], keys[at - 1]
            at -= 1
        queue[at], keys[at] = job, key


@kernel
def merge_runs(queue: Any, keys: Any, spare: Any, spare_keys: Any, size: tuple[int, int]) -> None:
    """Merge neighbouring sorted runs of one length."""
    number, step = size
    for first in range(0, number, 2 * step):
        middle, last = min(first + step, number), min(first + 2 * step, number)
        i, j = first, middle
        for at in range(first, last):
            if i < middle and (j >= last or keys[i] <= keys[j]):
                spare[at], spare_keys[at] = queue[i], keys[i]
                i += 1
            else:
                spare[at], spare_keys[at] = queue[j], keys[j]
                j += 1
    for at in range(number):
        queue[at], keys[at] = spare[at], spare_keys[at]


@kernel
def draw_order(world: World, state: State, number: int) -> None:
    """Sort the queue by one of four rules drawn for this round."""
    rule = world.rule[0]
    drawn = chance(state)
    by_worth = drawn < rule.by_worth
    by_rate = not by_worth and drawn < rule.by_worth + rule.by_rate
    by_choice = not by_worth and not by_rate and drawn < rule.by_worth + rule.by_rate + rule.by_choice
    for i in range(number):
        stop = world.stops[state.queue[0, i]]
        key = chance(state)
        if by_worth:
            key = -stop.worth
        elif by_rate:
            key = -stop.worth / (stop.service + HANDLING_S)
        elif by_choice:
            key = stop.choice
        state.keys[0, i] = key
    sort_queue(state, number)


@kernel
def add_candidates(world: World, state: State, seed: int, number: int, nearby: int) -> int:
    """Add unserved jobs near the seed, now and then some from anywhere, and what they all wait for."""
    queue, mark, totals = state.queue[0], state.mark[STOPS_SEEN], state.totals[0]
    totals.stamp += 1
    for i in range(number):
        mark[queue[i]] = totals.stamp
    number = add_candidate(state, seed, number)
    goal = number + nearby
    for i in range(world.near.shape[1]):
        if world.near[seed, i] < 0 or number >= goal:
            break
        number = add_candidate(state, world.near[seed, i], number)
    if chance(state) < world.rule[0].far_away_chance:
        for _ in range(world.rule[0].far_away):
            number = add_candidate(state, world.open_jobs[below(state, world.rule[0].open_jobs)], number)
    return add_needed(world, state, number)


@kernel
def add_candidate(state: State, job: int, number: int) -> int:
    """Add a job to the queue if it is unserved and not in it."""
    mark, stamp = state.mark[STOPS_SEEN], state.totals[0].stamp
    if state.who[job] == NOBODY and mark[job] != stamp:
        mark[job] = stamp
        state.queue[0, number] = job
        number += 1
    return number


@kernel
def add_needed(world: World, state: State, number: int) -> int:
    """Add the unserved predecessors of all jobs in the queue."""
    if not world.rule[0].has_after:
        return number
    at = 0
    while at < number:
        stop = world.stops[state.queue[0, at]]
        for i in range(stop.after_at, stop.after_at + stop.afters):
            if world.stops[world.links[i]].frozen_end < 0:
                number = add_candidate(state, world.links[i], number)
        at += 1
    return number


@kernel
def recreate(world: World, state: State, seed: int, number: int) -> None:
    """Insert the jobs just taken off and unserved ones near them."""
    is_opening = chance(state) < world.rule[0].opening_chance
    nearby = world.rule[0].opening_nearby if is_opening else world.rule[0].nearby
    number = add_candidates(world, state, seed, number, nearby)
    draw_order(world, state, number)
    if is_opening:
        open_route(world, state, number)
    insert_all(world, state, number, False, True)


@kernel
def open_route(world: World, state: State, number: int) -> None:
    """Put one job into an unused vehicle whatever it costs: what follows may make the route pay."""
    vehicles = state.totals[0].zone_vehicles
    first = below(state, vehicles)
    for i in range(vehicles):
        v = state.zone[ZONE_VEHICLES, (first + i) % vehicles]
        if state.sums[v].length > 0:
            continue
        for j in range(number):
            job = state.queue[0, j]
            if state.who[job] == NOBODY and world.able[job, v]:
                cost, gap, reload_at = best_in(world, state, job, v)
                if cost < INF:
                    put(world, state, job, v, gap, reload_at)
                return
        return
