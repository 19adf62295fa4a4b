"""Work that waits for other work, for solvers that know nothing of it: terms under which none needs to wait.

The work waited for ends by a moment, the work that waits starts from it, so any plan within those windows
keeps the order. First one moment for all, then for each pair a moment taken from the last plan. Where a plan
served the second of a pair without the first, the first is made to pay for both, and if that does not help,
the second is taken out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from geo.dispatch.problem import Job, Problem, Window
from tests.benchmarks.judging import Timetable

Pair = tuple[int, int]
"""(job waited for, job that waits)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The moment that parts each pair, pairs whose first pays for both, and jobs that are taken out."""

    moments: Mapping[Pair, int]
    raised: frozenset[Pair] = frozenset()
    out: frozenset[int] = frozenset()


def first_terms(problem: Problem, share: float = 0.5) -> Terms:
    """One moment for every pair: a share of the working day, its middle unless told."""
    opens = min(vehicle.time_window[0] for vehicle in problem.vehicles)
    closes = max(vehicle.time_window[1] for vehicle in problem.vehicles)
    return Terms(dict.fromkeys(_pairs(problem), round(opens + share * (closes - opens))))


def next_terms(terms: Terms, orders: Mapping[int, Sequence[int]], timetable: Timetable) -> Terms:
    """From the last answer, as given and as tidied.

    The moment lies between the two where both are served, right after the first where it alone is, and stays
    where neither is.
    """
    moments = dict(terms.moments)
    raised, out = set(terms.raised), set(terms.out)
    asked = {job for order in orders.values() for job in order}
    for pair in moments:
        first, second = pair
        if first in timetable.end_s:
            done = timetable.end_s[first]
            moments[pair] = (done + timetable.start_s.get(second, done)) // 2
        elif second in asked and pair in raised:
            out.add(second)
        elif second in asked:
            raised.add(pair)
    return Terms(moments, frozenset(raised), frozenset(out))


def within(problem: Problem, terms: Terms) -> list[Job]:
    """The jobs under these terms, none of which waits; without those that have no window left."""
    earliest: dict[int, int] = {}
    latest_end: dict[int, int] = {}
    extra: dict[int, int] = {}
    prize = {job.id: job.prize for job in problem.jobs}
    for (first, second), moment in terms.moments.items():
        if second in terms.out:
            continue
        latest_end[first] = min(moment, latest_end.get(first, moment))
        earliest[second] = max(moment, earliest.get(second, moment))
        extra[first] = extra.get(first, 0) + prize[second] * ((first, second) in terms.raised)
    made = []
    for job in problem.jobs:
        last = latest_end[job.id] - job.service_s if job.id in latest_end else None
        windows = tuple(clip(job.time_windows, earliest.get(job.id, 0), last))
        if windows and job.id not in terms.out:
            made.append(replace(job, time_windows=windows, after=(), prize=job.prize + extra.get(job.id, 0)))
    return made


def clip(windows: tuple[Window, ...], first: int, last: int | None) -> Iterator[Window]:
    """What of the windows lies between two moments."""
    for start, end in windows:
        low, high = max(start, first), end if last is None else min(end, last)
        if low <= high:
            yield low, high


def _pairs(problem: Problem) -> Iterator[Pair]:
    for job in problem.jobs:
        for other in job.after:
            yield other, job.id
