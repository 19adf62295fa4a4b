"""The exact timetable of one route: earliest times forward, latest times backward, both per breaks taken.

A *state* is how many breaks have been taken. Earlier is never worse in one state, so one time per state is
exact (forward slack after Savelsbergh, 1992, extended by the break states). Breaks are taken after a service
and before leaving, or after arriving and before serving; never during a drive or a service.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from geo.dispatch.problem import Window
from geo.dispatch.tables import INF, Rest, Tables

Times: TypeAlias = list[int]


def earliest_start(windows: Sequence[Window], at: int) -> int:
    """First moment from `at` on inside a window, both ends included; INF when all have passed."""
    for start, end in windows:
        if at <= end:
            return max(start, at)
    return INF


def latest_start(windows: Sequence[Window], bound: int) -> int:
    """Last moment up to `bound` inside a window; −1 when all begin later."""
    for start, end in reversed(windows):
        if start <= bound:
            return min(end, bound)
    return -1


def rest_forward(times: Times, rests: Sequence[Rest]) -> Times:
    """Let the breaks be taken here: each state may grow into the next one. Changes and returns `times`."""
    for state, (windows, length) in enumerate(rests):
        if times[state] < INF:
            start = earliest_start(windows, times[state])
            times[state + 1] = min(times[state + 1], start + length)
    return times


def rest_backward(latest: Times, rests: Sequence[Rest]) -> Times:
    """Latest times before breaks that may be taken here. Changes and returns `latest`."""
    for state in range(len(rests) - 1, -1, -1):
        windows, length = rests[state]
        if latest[state + 1] >= 0:
            latest[state] = max(latest[state], latest_start(windows, latest[state + 1] - length))
    return latest


def step(
    tables: Tables, stop: int, times: Times, drive: int, rests: Sequence[Rest], release: int, deadline: int
) -> tuple[Times, Times]:
    """Drive to a stop and serve it: earliest ends of service and earliest departures, per state."""
    windows, service = tables.windows[stop], tables.service[stop]
    if not rests:
        end = _serve(windows, service, times[0] + drive, release, deadline)
        return [end], [end]
    if len(rests) == 1:
        rest_windows, length = rests[0]
        a, b = times[0] + drive, times[1] + drive
        if a < INF:
            rested = _serve(rest_windows, length, a, 0, INF)
            b = min(b, rested)
            a = _serve(windows, service, a, release, deadline)
        if b < INF:
            b = _serve(windows, service, b, release, deadline)
        if a >= INF:
            return [INF, b], [INF, b]
        rested = _serve(rest_windows, length, a, 0, INF)
        return [a, b], [a, min(b, rested)]
    arrive = rest_forward([time + drive for time in times], rests)
    ends = [_serve(windows, service, time, release, deadline) for time in arrive]
    return ends, rest_forward(list(ends), rests)


def _serve(windows: Sequence[Window], service: int, at: int, release: int, deadline: int) -> int:
    """Earliest end of a service or break that is waited for from `at` on; INF when too late."""
    at = max(at, release)
    for start, end in windows:
        if at <= end:
            done = (max(at, start)) + service
            return done if done <= deadline else INF
    return INF


def reach(times: Times, drive: int, rests: Sequence[Rest]) -> int:
    """Earliest moment at the end with all breaks taken."""
    return rest_forward([time + drive for time in times], rests)[-1]


def step_back(
    tables: Tables, stop: int, latest: Times, drive: int, rests: Sequence[Rest], release: int, deadline: int
) -> tuple[Times, Times]:
    """Latest ends of service at a stop, and latest arrivals, per state; −1 when impossible."""
    windows, service = tables.windows[stop], tables.service[stop]
    done = rest_backward([time - drive for time in latest], rests)
    arrive = [_must_start(windows, service, by, release, deadline) for by in done]
    return done, rest_backward(arrive, rests)


def _must_start(windows: Sequence[Window], service: int, by: int, release: int, deadline: int) -> int:
    """Latest arrival so that the service ends by `by` and by the deadline; −1 when impossible."""
    bound = (min(deadline, by)) - service
    for start, end in reversed(windows):
        if start <= bound:
            latest = min(bound, end)
            return latest if latest >= release else -1
    return -1
