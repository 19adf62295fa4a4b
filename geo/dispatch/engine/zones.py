"""Which part of the day is worked on: some vehicles that serve neighbouring jobs, or all of them.

A round changes three routes at most, but a job's cheapest place is looked for on every route. With two
hundred vehicles nearly all of that is in vain. So on large days the search stays with the routes around one
job for some thousand rounds, then goes on to others: the parts overlap and no border stays.
"""

from __future__ import annotations

from geo.dispatch.engine.compiling import kernel
from geo.dispatch.engine.dice import below
from geo.dispatch.engine.layout import (
    IN_ZONE,
    NOBODY,
    STOP,
    STOPS_SEEN,
    ZONE_JOBS,
    ZONE_VEHICLES,
    State,
    World,
)

WORTH_DIVIDING = 1.5
"""Times the size of a zone: with fewer vehicles everything is one zone."""
SPARE_VEHICLES = 2
"""Unused vehicles in each zone."""


@kernel
def see_everything(world: World, state: State) -> None:
    """All vehicles and all open jobs."""
    totals = state.totals[0]
    for v in range(world.rule[0].vehicles):
        state.zone[ZONE_VEHICLES, v] = v
        state.zone[IN_ZONE, v] = 1
    for i in range(world.rule[0].open_jobs):
        state.zone[ZONE_JOBS, i] = world.open_jobs[i]
    totals.zone_vehicles, totals.zone_jobs = world.rule[0].vehicles, world.rule[0].open_jobs
    totals.zone_left = 0


@kernel
def draw_zone(world: World, state: State) -> None:
    """The routes around a random job, some unused vehicles, the jobs of both and those unserved between."""
    rule, totals = world.rule[0], state.totals[0]
    if rule.vehicles <= WORTH_DIVIDING * rule.zone_size:
        see_everything(world, state)
        totals.zone_left = rule.zone_rounds
        return
    totals.zone_vehicles = totals.zone_jobs = 0
    for v in range(rule.vehicles):
        state.zone[IN_ZONE, v] = 0
    totals.stamp += 1
    add_job(state, world.open_jobs[below(state, rule.open_jobs)])
    at = 0
    while at < totals.zone_jobs and totals.zone_vehicles < rule.zone_size:
        grow(world, state, state.zone[ZONE_JOBS, at])
        at += 1
    add_unused(world, state)
    totals.zone_left = rule.zone_rounds


@kernel
def grow(world: World, state: State, job: int) -> None:
    """Add the routes of a job's neighbours, nearest first, and neighbours that nobody serves."""
    for i in range(world.near.shape[1]):
        other = world.near[job, i]
        if other < 0 or state.totals[0].zone_vehicles >= world.rule[0].zone_size:
            return
        v = state.who[other]
        if v == NOBODY:
            add_job(state, other)
        elif not state.zone[IN_ZONE, v]:
            add_vehicle(world, state, v)


@kernel
def add_vehicle(world: World, state: State, v: int) -> None:
    """Add a vehicle and its jobs."""
    totals = state.totals[0]
    state.zone[IN_ZONE, v] = 1
    state.zone[ZONE_VEHICLES, totals.zone_vehicles] = v
    totals.zone_vehicles += 1
    for gap in range(state.sums[v].length):
        if state.lines[v, gap, STOP] < world.rule[0].jobs:
            add_job(state, state.lines[v, gap, STOP])


@kernel
def add_job(state: State, job: int) -> None:
    """Add a job that is not in the zone yet."""
    totals, mark = state.totals[0], state.mark[STOPS_SEEN]
    if mark[job] != totals.stamp:
        mark[job] = totals.stamp
        state.zone[ZONE_JOBS, totals.zone_jobs] = job
        totals.zone_jobs += 1


@kernel
def add_unused(world: World, state: State) -> None:
    """Add some vehicles that have no work yet."""
    vehicles = world.rule[0].vehicles
    first, added = below(state, vehicles), 0
    for i in range(vehicles):
        v = (first + i) % vehicles
        if added < SPARE_VEHICLES and state.sums[v].length == 0 and not state.zone[IN_ZONE, v]:
            add_vehicle(world, state, v)
            added += 1
