"""From the tables of a problem to the arrays of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from geo.dispatch.drives import BLOCKED, INF, Drives
from geo.dispatch.engine.layout import (
    CREWS,
    LEAVES,
    RESTS,
    RULE,
    STOPS,
    Int32Array,
    Int64Array,
    RecordArray,
    World,
)
from geo.dispatch.engine.nearness import moved_together
from geo.dispatch.engine.tuning import TUNING, Tuning
from geo.dispatch.problem import FOREVER, Window
from geo.dispatch.tables import Crew, Tables

NEIGHBOURS = 120
MOST_MOVED = 6_000
"""Places up to which matrices are laid out anew; beyond, the copies would take too much memory."""
BLOCK = 512
"""Rows of the matrix that are ranked at once, to hold little memory."""


def world_of(tables: Tables, like: World | None = None, tuning: Tuning = TUNING) -> World:
    """Lay a problem out; matrices and neighbours can be taken from the world of the same problem."""
    windows = _Windows()
    links: list[int] = []
    stops = _stops(tables, windows, links)
    crews, rests = _crews(tables, windows)
    if like is None:
        drives, costs, costs_to = _matrices(tables)
        near = _neighbours(tables, drives)
        row_of = np.arange(drives.shape[1])
        if len(row_of) <= MOST_MOVED:
            row_of, drives, costs, costs_to = moved_together(drives, costs, costs_to)
    else:
        drives, costs, costs_to, near = like.drives, like.costs, like.costs_to, like.near
        row_of = like.row_of
    for records, fields in ((stops, ("place",)), (crews, ("start", "end"))):
        for field in fields:
            records[field] = row_of[records[field]]
    return World(
        rule=_rule(tables, tuning),
        stops=stops,
        crews=crews,
        rests=rests,
        windows=np.array(windows.rows or [(0, 0)], dtype=np.int64).reshape(-1, 2),
        links=np.array(links or [0], dtype=np.int64),
        goods=_goods(tables),
        holds=_holds(tables),
        drives=drives,
        costs=costs,
        costs_to=costs_to,
        row_of=row_of,
        able=np.ascontiguousarray(tables.able.astype(np.int64)),
        near=near,
        open_jobs=np.array(tables.open_jobs, dtype=np.int64),
    )


class _Windows:
    """All windows in one list; equal ones stand there once."""

    def __init__(self) -> None:
        self.rows: list[Window] = []
        self.places: dict[tuple[Window, ...], int] = {}

    def place(self, windows: Sequence[Window]) -> tuple[int, int]:
        """Where the windows stand and how many they are."""
        key = tuple(windows)
        if key not in self.places:
            self.places[key] = len(self.rows)
            self.rows.extend(key)
        return self.places[key], len(key)


def _rule(tables: Tables, tuning: Tuning) -> RecordArray:
    rule = np.zeros(1, dtype=RULE)
    states = max((len(crew.rests) for crew in tables.crews), default=0) + 1
    options = tables.problem.options
    for name, value in {
        "jobs": tables.n,
        "vehicles": len(tables.crews),
        "dims": tables.dims,
        "open_jobs": len(tables.open_jobs),
        "latest": LEAVES + states,
        "ends": LEAVES + 2 * states,
        "done": LEAVES + 3 * states,
        "before": LEAVES + 4 * states,
        "after": LEAVES + 4 * states + tables.dims,
        "trial": len(tables.crews),
        "has_after": any(tables.after),
        "has_previous": bool(tables.previous),
        "names": tables.crew_names,
        "fairness": options.fairness_weight,
        "reassign": options.reassign_penalty,
        **asdict(tuning),
    }.items():
        rule[0][name] = value
    return rule


def _stops(tables: Tables, windows: _Windows, links: list[int]) -> RecordArray:
    size = tables.n + len(tables.crews)
    stops = np.zeros(size, dtype=STOPS)
    stops["place"], stops["service"] = tables.place, tables.service
    stops["due"], stops["late_cost"] = tables.due, tables.late_cost
    stops["worth"][: tables.n] = tables.worth
    stops["is_must"][: tables.n] = tables.is_must
    stops["previous"] = stops["frozen_end"] = -1
    for job, name in tables.previous.items():
        stops["previous"][job] = name
    for job, end_s in tables.frozen_end.items():
        stops["frozen_end"][job] = end_s
    places = [windows.place(each) for each in tables.windows]
    stops["window_at"], stops["windows"] = zip(*places, strict=True) if places else ((), ())
    length = [sum(min(end, FOREVER) - start for start, end in each) for each in tables.windows]
    stops["choice"] = length
    for job in range(tables.n):
        stops["after_at"][job], stops["afters"][job] = len(links), len(tables.after[job])
        links.extend(tables.after[job])
        stops["follower_at"][job], stops["followers"][job] = len(links), len(tables.followers[job])
        links.extend(tables.followers[job])
    return stops


def _crews(tables: Tables, windows: _Windows) -> tuple[RecordArray, RecordArray]:
    crews = np.zeros(len(tables.crews), dtype=CREWS)
    rests: list[tuple[int, int, int]] = []
    matrices = {id(drives): number for number, drives in enumerate(_profiles(tables))}
    for v, crew in enumerate(tables.crews):
        for name, value in _crew_numbers(tables, crew).items():
            crews[v][name] = value
        crews[v]["matrix"] = matrices[id(crew.drives)]
        crews[v]["rest_at"], crews[v]["rests"] = len(rests), len(crew.rests)
        rests.extend((*windows.place(each), length) for each, length in crew.rests)
    return crews, np.array(rests or [(0, 0, 0)], dtype=RESTS)


def _crew_numbers(tables: Tables, crew: Crew) -> dict[str, float]:
    frozen = crew.frozen
    return {
        "name": crew.name,
        "start": crew.start,
        "end": crew.end,
        "departs": crew.departs_s,
        "shift_end": crew.shift_end_s,
        "latest": crew.latest_s,
        "reload_stop": crew.reload_stop,
        "reloads_left": crew.reloads_left,
        "tasks_left": crew.tasks_left,
        "travel_limit": crew.travel_limit_s,
        "frozen_travel": frozen.travel_s,
        "frozen_travel_cost": frozen.travel_cost,
        "frozen_service": frozen.service_s,
        "is_used": crew.is_used,
        "drives_home": crew.drives_home,
        "overtime_cost": crew.overtime_cost,
        "per_second": crew.per_second,
        "fixed": crew.fixed,
        "day_factor": crew.day_factor,
        "frozen_lateness": frozen.lateness_cost,
        "frozen_worth": sum(tables.worth[job] for job in frozen.jobs),
    }


def _goods(tables: Tables) -> Int64Array:
    goods = np.zeros((tables.n + len(tables.crews), tables.dims, 2), dtype=np.int64)
    if tables.n and tables.dims:
        goods[: tables.n, :, 0], goods[: tables.n, :, 1] = tables.delivery, tables.pickup
    return goods


def _holds(tables: Tables) -> Int64Array:
    holds = np.zeros((len(tables.crews), tables.dims, 3), dtype=np.int64)
    for v, crew in enumerate(tables.crews):
        for d in range(tables.dims):
            loads = [load[d] for load in crew.frozen_load]
            holds[v, d] = min(crew.capacity[d], INF), loads[-1], max(loads)
    return holds


def _profiles(tables: Tables) -> list[Drives]:
    """Matrices that differ, in order; vehicles of equal matrices share one."""
    return list({id(crew.drives): crew.drives for crew in tables.crews}.values())


def _matrices(tables: Tables) -> tuple[Int32Array, Int32Array, Int32Array]:
    profiles = _profiles(tables)
    if not profiles:
        empty = np.zeros((0, 1, 1), dtype=np.int32)
        return empty, empty, empty
    drives = _stack([profile.durations_s for profile in profiles])
    are_times = all(profile.costs is profile.durations_s for profile in profiles)
    costs = drives if are_times else _stack([profile.costs for profile in profiles])
    is_symmetric = all(np.array_equal(each, each.T) for each in costs)
    return drives, costs, costs if is_symmetric else np.ascontiguousarray(costs.transpose(0, 2, 1))


def _stack(matrices: list[Int32Array]) -> Int32Array:
    """One array of all; of a single matrix no copy."""
    return matrices[0][np.newaxis] if len(matrices) == 1 else np.stack(matrices)


def _neighbours(tables: Tables, drives: Int32Array) -> Int64Array:
    """For each job the open jobs nearest by the way there and back, in order."""
    open_jobs = np.array(tables.open_jobs, dtype=np.int64)
    width = min(NEIGHBOURS, len(open_jobs))
    near = np.full((tables.n, width), -1, dtype=np.int64)
    if not len(open_jobs) or not tables.crews:
        return near
    places = np.array(tables.place[: tables.n])
    goals = places[open_jobs]
    for first in range(0, tables.n, BLOCK):
        rows = places[first : first + BLOCK]
        both = drives[0][np.ix_(rows, goals)].astype(np.int64) + drives[0][np.ix_(goals, rows)].T
        itself = open_jobs[np.newaxis, :] == np.arange(first, first + len(rows))[:, np.newaxis]
        both[itself] = 2 * BLOCKED + 1
        both = both * len(open_jobs) + np.arange(len(open_jobs))
        nearest = np.argpartition(both, width - 1, axis=1)[:, :width]
        order = np.argsort(np.take_along_axis(both, nearest, axis=1), axis=1)
        chosen = open_jobs[np.take_along_axis(nearest, order, axis=1)]
        chosen[chosen == np.arange(first, first + len(rows))[:, np.newaxis]] = -1
        near[first : first + BLOCK] = chosen
    return near
