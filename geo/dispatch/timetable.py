"""From orders to clock times: breaks are placed, promises dropped, every crew starts as early as it may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geo.dispatch.drives import INF
from geo.dispatch.engine.engine import Draft
from geo.dispatch.labels import cheapest_timetable, earliest_start
from geo.dispatch.tables import Crew, Tables


@dataclass(slots=True)
class Visit:
    """A timed stop ≥ 0 or break −1, −2, …"""

    what: int
    arrival_s: int
    start_s: int
    end_s: int


@dataclass(slots=True)
class DayPlan:
    """The timed visits of one vehicle and the moment it is back, or done."""

    visits: list[Visit]
    back_s: int


def orders_of(tables: Tables, draft: Draft) -> list[list[int]]:
    """Stops and breaks per vehicle, the breaks where overtime and lateness cost least under the promises."""
    release, deadline = draft.releases(), draft.deadlines()
    return [
        cheapest_timetable(tables, crew, stops, release, deadline).steps() if stops else []
        for crew, stops in zip(tables.crews, draft.orders, strict=True)
    ]


def settle(tables: Tables, orders: Sequence[Sequence[int]]) -> list[DayPlan]:
    """Earliest times of all crews together: the least fixed point of drives, windows and precedence.

    Promises kept the plan feasible, so the least fixed point exists and is no later than they were.
    """
    release: dict[int, int] = {}
    for _ in range(tables.n + 2):
        days = [_day(tables, crew, order, release) for crew, order in zip(tables.crews, orders, strict=True)]
        ends = dict(tables.frozen_end)
        ends.update(
            (visit.what, visit.end_s) for day in days for visit in day.visits if 0 <= visit.what < tables.n
        )
        renewed = {
            job: max(ends.get(other, INF) for other in tables.after[job])
            for job in range(tables.n)
            if tables.after[job]
        }
        if renewed == release:
            break
        release = renewed
    return days


def _day(tables: Tables, crew: Crew, order: Sequence[int], release: dict[int, int]) -> DayPlan:
    visits: list[Visit] = []
    now, at = crew.departs_s, crew.start
    waiting: list[int] = []
    for what in order:
        if what < 0:
            waiting.append(what)
            continue
        now = _travel(crew, visits, waiting, now, crew.drives.seconds(at, tables.place[what]))
        start = earliest_start(tables.windows[what], max(now, release.get(what, 0)))
        visits.append(Visit(what, now, start, start + tables.service[what]))
        now, at, waiting = visits[-1].end_s, tables.place[what], []
    back = _travel(crew, visits, waiting, now, crew.drives.seconds(at, crew.end))
    return DayPlan(visits, back)


def _travel(crew: Crew, visits: list[Visit], waiting: list[int], now: int, drive: int) -> int:
    """Drive on and take the waiting breaks before or after the drive, so as to be ready earliest."""
    options = [_with_breaks(crew, waiting, now, drive, before) for before in range(len(waiting), -1, -1)]
    ready, taken = min(options, key=lambda option: option[0])
    visits.extend(taken)
    return ready


def _with_breaks(
    crew: Crew, waiting: list[int], now: int, drive: int, before: int
) -> tuple[int, list[Visit]]:
    taken = []
    for count, what in enumerate(waiting):
        if count == before:
            now += drive
        windows, length = crew.rests[-1 - what]
        start = earliest_start(windows, now)
        taken.append(Visit(what, now, start, start + length))
        now = start + length
    return (now + drive if before == len(waiting) else now), taken
