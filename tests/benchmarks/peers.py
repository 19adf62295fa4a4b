"""What the other solvers answer to a day: each runs in a process of its own, and answers may be kept.

A peer has a budget of CPU seconds. Every answer is tidied and judged like ours; its best one counts.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from importlib import metadata
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from geo.dispatch.problem import Job, Problem
from tests.benchmarks import peer_pyvrp, peer_vroom
from tests.benchmarks.cuts import first_terms, next_terms, within
from tests.benchmarks.judging import Judged, Orders, Timetable, judge_plan, plan_of, tidied
from tests.benchmarks.peer_vroom import MORE_WAYS, WAYS, Way
from tests.benchmarks.zones import zones

Peer = Literal["pyvrp", "vroom"]
PEERS: tuple[Peer, ...] = ("pyvrp", "vroom")
PACKAGES = {"pyvrp": "pyvrp", "vroom": "pyvroom"}
CACHE = Path(__file__).resolve().parents[2] / ".benchmark" / "peer_answers"
SETUP = {"pyvrp": 1, "vroom": 2}
"""Of how the peers are set up; kept answers of another one do not count."""
ROUNDS = {"pyvrp": 6, "vroom": 3}
"""Cuts between work and what waits for it: the first, and others taken from plans. PyVRP starts each round
from its best plan and gained more by six rounds than by three longer ones; VROOM begins anew each time."""
PATIENCE = 2.5
"""A run that cannot be interrupted may take so many budgets before it is ended without an answer."""
GROWTH = 1.8
"""How much longer VROOM takes from one level of exploration to the next."""
HIGHEST_LEVEL = 5
ZONE = 1000
"""Work orders that VROOM plans together; the whole of 3,000 took it over three times its budget."""


@dataclass(slots=True)
class Answer:
    """The best plan of a peer, and what it took.

    Attributes
    ----------
    orders
        As the peer gave them.
    cpu_s
        All of it; ``found_s`` until the best plan was there.
    tries
        Score and CPU seconds of each run.
    """

    orders: Orders
    score: float
    cpu_s: float
    found_s: float
    tries: list[dict[str, Any]] = field(default_factory=list)


def is_installed(peer: Peer) -> bool:
    """Whether it can be asked."""
    return importlib.util.find_spec(peer) is not None


def answer(peer: Peer, problem: Problem, cpu_s: float, seed: int, *, use_cache: bool) -> Answer | None:
    """The peer's answer, kept or new; None when it has none in time or is not installed."""
    file = CACHE / f"{_key(peer, problem, cpu_s, seed)}.json"
    if use_cache and file.exists():
        return _read(file)
    if not is_installed(peer):
        return None
    ask = _ask_pyvrp if peer == "pyvrp" else _ask_vroom
    found = _last_of(lambda: ask(problem, cpu_s, seed), PATIENCE * cpu_s + 10)
    if use_cache and found is not None:
        CACHE.mkdir(parents=True, exist_ok=True)
        told = {"peer": peer, "version": _version(peer), "jobs": len(problem.jobs), "budget_s": cpu_s}
        file.write_text(json.dumps(told | asdict(found)), encoding="utf-8")
    return found


def judged(problem: Problem, orders: Orders) -> tuple[Timetable, Judged]:
    """An answer tidied, and what the referee says to that."""
    timetable = tidied(problem, orders)
    return timetable, judge_plan(problem, plan_of(problem, timetable))


# ---------------------------------------------------------------- kept answers


def fingerprint(problem: Problem) -> str:
    """Changes with everything a plan depends on; not with a new kind of rule that this day has none of."""
    told = [[_told(thing) for thing in things] for things in (problem.jobs, problem.vehicles)]
    digest = hashlib.sha256(repr((told, _told(problem.options))).encode())
    for name, times in sorted(problem.matrices.items()):
        digest.update(name.encode() + times.durations_s.tobytes())
    return digest.hexdigest()[:24]


def _told(thing: Any) -> dict[str, Any]:
    """The fields of a record that are not as they would be without being told."""
    values = {part.name: (getattr(thing, part.name), part) for part in fields(thing)}
    return {name: _plain(value) for name, (value, part) in values.items() if value != part.default}


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return _told(value) if is_dataclass(value) else value


def _key(peer: Peer, problem: Problem, cpu_s: float, seed: int) -> str:
    return f"{peer}-{_version(peer)}-{SETUP[peer]}-{fingerprint(problem)}-{cpu_s:g}-{seed}"


def _version(peer: Peer) -> str:
    """As installed; kept answers of another version do not count."""
    try:
        return metadata.version(PACKAGES[peer])
    except metadata.PackageNotFoundError:
        return "none"


def _read(file: Path) -> Answer:
    kept = json.loads(file.read_text(encoding="utf-8"))
    orders = {int(vehicle): jobs for vehicle, jobs in kept["orders"].items()}
    return Answer(orders, kept["score"], kept["cpu_s"], kept["found_s"], kept["tries"])


# ---------------------------------------------------------------- a process of its own


def _last_of(work: Callable[[], Iterator[Answer]], limit_s: float) -> Answer | None:
    """The last answer of a child that is ended after so many CPU seconds."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_tell, args=(work, there, limit_s))
    child.start()
    there.close()
    last: Answer | None = None
    try:
        while True:
            last = here.recv()
    except EOFError:
        child.join()
    return last


def _tell(work: Callable[[], Iterator[Answer]], there: Connection, limit_s: float) -> None:
    spent = math.ceil(time.process_time() + limit_s)
    resource.setrlimit(resource.RLIMIT_CPU, (spent, spent + 5))
    for found in work():
        there.send(found)


class _Best:
    """Keeps the best of several runs. What tidying and judging take is not the peer's time."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.answer = Answer({}, float("inf"), 0.0, 0.0)
        self.timetable = Timetable({})

    def hear(self, orders: Orders, cpu_s: float, found_s: float, **what: Any) -> tuple[Timetable, float]:
        """Note a run; its plan and the score of that."""
        timetable, verdict = judged(self.problem, orders)
        if verdict.violations:
            raise AssertionError(f"the plan breaks rules: {verdict.violations[:3]}")
        before, self.answer.cpu_s = self.answer.cpu_s, self.answer.cpu_s + cpu_s
        self.answer.tries.append({**what, "score": verdict.score, "cpu_s": round(cpu_s, 3)})
        if verdict.score < self.answer.score:
            self.answer.orders, self.answer.score = orders, verdict.score
            self.answer.found_s = before + found_s
            self.timetable = timetable
        return timetable, verdict.score


def _ask_pyvrp(problem: Problem, cpu_s: float, seed: int) -> Iterator[Answer]:
    """Round by round, each from the best plan so far under new terms."""
    rounds = ROUNDS["pyvrp"] if any(job.after for job in problem.jobs) else 1
    best, terms = _Best(problem), first_terms(problem)
    for number in range(rounds):
        model = peer_pyvrp.build(problem, within(problem, terms))
        start = best.timetable.orders if number else None
        run = peer_pyvrp.solve(model, cpu_s / rounds, seed + number, start)
        best.hear(run.orders, run.cpu_s, run.found_s, claims=run.cost, iterations=run.iterations)
        yield best.answer
        terms = next_terms(terms, run.orders, best.timetable)


Scores = dict[tuple[Way, bool], float]


def _ask_vroom(problem: Problem, cpu_s: float, seed: int) -> Iterator[Answer]:
    """Each way to weigh prizes at a low level, then the better ones at the highest there is time for."""
    stays = (True, False) if any(vehicle.overtime_max_s for vehicle in problem.vehicles) else (False,)
    low = 0 if len(problem.jobs) > 600 else 1
    best, pace = _Best(problem), _Pace()
    for until, jobs, note in _terms_in_turn(problem, cpu_s):
        scores: Scores = {}
        parts = zones(problem, jobs, round(len(problem.jobs) / ZONE) if len(problem.jobs) > 1.5 * ZONE else 1)
        for way, level, late in _tries(stays, scores, pace, low):
            if pace.guess(level) > until - best.answer.cpu_s:
                continue
            began = time.process_time()
            orders: Orders = {}
            for part in parts:
                orders |= peer_vroom.solve(part, part.jobs, way(jobs), level, stay_late=late)
            took = time.process_time() - began
            pace.note(level, took)
            timetable, score = best.hear(
                orders, took, took, way=way.name, level=level, late=late, until=until, seed=seed
            )
            if score < min(scores.values(), default=math.inf):
                note(orders, timetable)
            scores[way, late] = min(score, scores.get((way, late), math.inf))
            yield best.answer


def _terms_in_turn(
    problem: Problem, cpu_s: float
) -> Iterator[tuple[float, list[Job], Callable[[Orders, Timetable], None]]]:
    """Until when, the jobs under the terms of that time, and whom to tell the best plan under them.

    Where work waits for other work: the rounds, and on small days again from earlier and later cuts.
    """
    if not any(job.after for job in problem.jobs):
        yield cpu_s, list(problem.jobs), lambda *_: None
        return
    shares = (0.5, 0.4, 0.6) if len(problem.jobs) <= 200 else (0.5,)
    rounds = ROUNDS["vroom"]
    for chain, share in enumerate(shares):
        terms = first_terms(problem, share)
        for number in range(rounds):
            told: list[tuple[Orders, Timetable]] = []
            until = cpu_s * (chain * rounds + number + 1) / (len(shares) * rounds)
            yield until, within(problem, terms), lambda *best, told=told: told.append(best)
            if told:
                terms = next_terms(terms, *told[-1])


def _tries(stays: tuple[bool, ...], scores: Scores, pace: _Pace, low: int) -> Iterator[tuple[Way, int, bool]]:
    """What to try next, if there is time.

    The ways at a low level, then each from the best on at the highest level that is not too long, then more
    ways with what was best to do about overtime.
    """
    for late in stays:
        for way in WAYS:
            yield way, low, late
    best_first = sorted(scores, key=lambda tried: scores[tried])
    more = [(way, late) for _, late in best_first[:1] for way in MORE_WAYS]
    for way, late in [*best_first, *more]:
        for level in range(HIGHEST_LEVEL, low, -1):
            before = pace.runs
            yield way, level, late
            if pace.runs > before:
                break


class _Pace:
    """How long a run of each level took so far, guessed from others where it did not run yet."""

    def __init__(self) -> None:
        self.took: dict[int, float] = {}
        self.runs = 0

    def note(self, level: int, seconds: float) -> None:
        """Keep the longest run of a level."""
        self.runs += 1
        self.took[level] = max(seconds, self.took.get(level, 0.0))

    def guess(self, level: int) -> float:
        """Seconds; 0 before the first run, which always may."""
        if not self.took:
            return 0.0
        near = min(self.took, key=lambda known: abs(known - level))
        return self.took[near] * GROWTH ** (level - near)
