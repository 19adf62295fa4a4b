"""Dispatch: whole days against PyVRP and VROOM, live changes, long routes and the start of a process.

``ours`` and ``peer`` are scores (travel-seconds, lower is better) after T CPU seconds and after 6 T, on one
thread, with the same matrices and the same referee; ``ratio`` is ours over the best peer's. Peers are set up
as `peer_pyvrp` and `peer_vroom` say, their plans tidied as `judging` says. Without peers installed (and no
kept answers) ours is measured alone.
"""

from __future__ import annotations

import fnmatch
import json
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from geo.dispatch.problem import Problem
from geo.dispatch.referee import judge
from geo.dispatch.result import Plan, Progress
from geo.dispatch.search import plan
from tests.benchmarks import dispatch_live, dispatch_public, dispatch_start
from tests.benchmarks.days import Recipe, day, without_sequence
from tests.benchmarks.dispatch_days import (
    FULL,
    GROUPS,
    MATCH_TARGET,
    PEER_SHARE,
    QUICK,
    QUICK_SECONDS,
    SECONDS,
    SEQUENCE_TARGET,
    SEQUENCES,
    TARGETS,
)
from tests.benchmarks.judging import Judged, judge_plan
from tests.benchmarks.peers import CACHE, PEERS, Answer, answer, fingerprint, judged
from tests.benchmarks.road_nets import BALIKPAPAN
from tests.benchmarks.rows import Row, made_row

SEED = 1
BEST = CACHE.parent / "best_plans.json"
"""The best score anyone ever had for a day, by its fingerprint."""


@dataclass(slots=True)
class Ours:
    """Our plan, judged, and how the best score fell over CPU seconds."""

    plan: Plan
    verdict: Judged
    cpu_s: float
    path: list[tuple[float, float]] = field(default_factory=list)

    def reached(self, score: float) -> float | None:
        """CPU seconds until a score was reached; None if it was not."""
        return next((seconds for seconds, best in self.path if best <= score + 1e-6), None)


@dataclass(slots=True)
class Measured:
    """One day: ours, and each peer's answer with its verdict."""

    recipe: Recipe
    ours: Ours
    peers: dict[str, tuple[Answer, Judged]]
    best: float

    @property
    def score(self) -> float:
        """Ours."""
        return self.ours.verdict.score

    @property
    def rival(self) -> str | None:
        """The peer with the best plan."""
        return min(self.peers, key=lambda name: self.peers[name][1].score, default=None)

    @property
    def ratio(self) -> float | None:
        """Ours over the best peer's."""
        return None if self.rival is None else self.score / self.peers[self.rival][1].score

    @property
    def match_s(self) -> float | None:
        """CPU seconds until we were as good as the best peer in the end."""
        return None if self.rival is None else self.ours.reached(self.peers[self.rival][1].score)

    @property
    def match_ratio(self) -> float | None:
        """That over the peer's CPU seconds."""
        if self.rival is None or self.match_s is None:
            return None
        return self.match_s / self.peers[self.rival][0].cpu_s

    @property
    def must_do_lost(self) -> int:
        """Must-do jobs that a peer serves and we do not."""
        served = [verdict.must_do_missed for _, verdict in self.peers.values()]
        return sum(any(job not in missed for missed in served) for job in self.ours.verdict.must_do_missed)


def run(quick: bool, only: str = "*", peer_cache: bool = False) -> Iterator[Row]:
    """Measure; yields a row each. Quick: two days of 100 work orders, shorter, and one live change."""
    yield from dispatch_start.rows(only)
    dispatch_start.warm_up()
    recipes = [recipe for recipe in (QUICK if quick else FULL) if _is_possible(recipe)]
    done: list[Measured] = []
    for recipe in recipes:
        if _is_wanted(recipe, only):
            seconds = QUICK_SECONDS if quick else SECONDS[recipe.n]
            done.append(measure(recipe, seconds, use_cache=peer_cache))
            yield _day_row(done[-1], seconds)
            yield from _sequence_row(done[-1], seconds, only)
    yield from _sums(done)
    yield from dispatch_live.rows(quick, only)
    if not quick:
        yield from dispatch_public.rows(only)


def _is_possible(recipe: Recipe) -> bool:
    return recipe.net != "balikpapan" or BALIKPAPAN.exists()


def _is_wanted(recipe: Recipe, only: str) -> bool:
    """Whether its own row or a sum that it belongs to is asked for."""
    rows = [f"day/{recipe.name}", f"sequence/{recipe.name}", f"family/{recipe.variant}", f"net/{recipe.net}"]
    rows += [f"{what}/{group}" for what in ("mean", "match") for group in GROUPS if recipe.n in GROUPS[group]]
    return any(fnmatch.fnmatch(row, only) for row in [*rows, "must_do/all", "violations/all"])


# ---------------------------------------------------------------- one day


def measure(recipe: Recipe, seconds: float, *, use_cache: bool) -> Measured:
    """Everyone's plans of a day."""
    problem = day(recipe)
    peers: dict[str, tuple[Answer, Judged]] = {}
    for peer in PEERS:
        found = answer(peer, problem, PEER_SHARE * seconds, SEED, use_cache=use_cache)
        if found is not None and found.orders:
            peers[peer] = found, judged(problem, found.orders)[1]
    ours = plan_and_judge(problem, seconds)
    scores = [ours.verdict.score, *(verdict.score for _, verdict in peers.values())]
    return Measured(recipe, ours, peers, _best_ever(problem, min(scores)))


def plan_and_judge(problem: Problem, seconds: float) -> Ours:
    """Our plan after so many CPU seconds; the referee also checks what it states."""
    path: list[tuple[float, float]] = []

    def note(progress: Progress) -> bool:
        path.append((progress.elapsed_s, progress.score))
        return True

    began = time.process_time()
    made = plan(problem, seconds=seconds, seed=SEED, cpu=True, on_progress=note)
    spent = time.process_time() - began
    verdict = judge_plan(problem, made)
    stated = judge(problem, made)
    broken = tuple(f"{broken.code}: {broken.message}" for broken in stated.violations)
    path.append((spent, verdict.score))
    return Ours(made, Judged(verdict.score, verdict.unserved, verdict.must_do_missed, broken), spent, path)


def _best_ever(problem: Problem, score: float) -> float:
    known: dict[str, float] = json.loads(BEST.read_text()) if BEST.exists() else {}
    key = fingerprint(problem)
    if score < known.get(key, math.inf):
        known[key] = score
        BEST.parent.mkdir(parents=True, exist_ok=True)
        BEST.write_text(json.dumps(known, indent=1, sort_keys=True))
    return known[key]


def _day_row(found: Measured, seconds: float) -> Row:
    recipe, ours = found.recipe, found.ours
    row = made_row(
        f"day/{recipe.name}",
        recipe.n,
        ours=found.score,
        peer=None if found.rival is None else found.peers[found.rival][1].score,
        ratio=found.ratio,
        net=recipe.net,
        variant=recipe.variant,
        seed=recipe.seed,
        seconds=seconds,
        ours_cpu_s=ours.cpu_s,
        iterations=ours.plan.iterations,
        served=recipe.n - ours.verdict.unserved,
        must_do_missed=len(ours.verdict.must_do_missed),
        must_do_lost=found.must_do_lost,
        violations=len(ours.verdict.violations),
        first_ms=ours.plan.timings.first_feasible_ms,
        match_s=found.match_s,
        match_ratio=found.match_ratio,
        gap_to_best=found.score / found.best - 1,
        best_peer=found.rival,
    )
    for name, (told, verdict) in found.peers.items():
        row |= {
            name: verdict.score,
            f"{name}_cpu_s": round(told.cpu_s, 2),
            f"{name}_found_s": round(told.found_s, 2),
            f"{name}_served": recipe.n - verdict.unserved,
            f"{name}_must_do_missed": len(verdict.must_do_missed),
            f"{name}_gap_to_best": verdict.score / found.best - 1,
        }
    if ours.verdict.violations:
        row["broken"] = "; ".join(ours.verdict.violations[:3])
    return row


def _sequence_row(found: Measured, seconds: float, only: str) -> Iterator[Row]:
    """What it costs that some jobs wait for others."""
    recipe = found.recipe
    name = f"sequence/{recipe.name}"
    if recipe not in SEQUENCES or not fnmatch.fnmatch(name, only):
        return
    free = plan_and_judge(without_sequence(day(recipe)), seconds)
    ratio = found.score / free.verdict.score
    yield made_row(
        name,
        recipe.n,
        ours=found.score,
        ratio=ratio,
        target=f"≤ {SEQUENCE_TARGET:g}",
        met=ratio <= SEQUENCE_TARGET,
        without=free.verdict.score,
    )


# ---------------------------------------------------------------- all of them


def _sums(done: Sequence[Measured]) -> Iterator[Row]:
    """Means by size, network and family, and what must not be."""
    for group, sizes in GROUPS.items():
        some = [found for found in done if found.recipe.n in sizes and found.ratio is not None]
        if some:
            yield _mean_row(f"mean/{group}", some, TARGETS[group])
            yield _match_row(f"match/{group}", some)
    compared = [found for found in done if found.ratio is not None]
    for variant in sorted({found.recipe.variant for found in compared}):
        yield _mean_row(f"family/{variant}", [one for one in compared if one.recipe.variant == variant])
    for net in sorted({found.recipe.net for found in compared}):
        yield _mean_row(f"net/{net}", [one for one in compared if one.recipe.net == net])
    if done:
        lost = sum(found.must_do_lost for found in done)
        yield made_row("must_do/all", len(done), ours=lost, target="0", met=lost == 0)
        broken = sum(len(found.ours.verdict.violations) for found in done)
        yield made_row("violations/all", len(done), ours=broken, target="0", met=broken == 0)


def _mean_row(name: str, some: Sequence[Measured], limit: float | None = None) -> Row:
    """Geometric mean of the ratios."""
    ratio = geometric_mean(found.ratio for found in some)
    return made_row(
        name,
        len(some),
        ratio=ratio,
        target=None if limit is None else f"≤ {limit:g}",
        met=None if limit is None else ratio <= limit,
        gap_to_best=geometric_mean(found.score / found.best for found in some) - 1,
        worst=max(found.ratio for found in some if found.ratio is not None),
        won=sum(found.ratio <= 1 for found in some if found.ratio is not None),
    )


def _match_row(name: str, some: Sequence[Measured]) -> Row:
    """CPU seconds to be as good as the best peer over its CPU seconds; met only where all are matched."""
    matched = [found for found in some if found.match_ratio is not None]
    ratio = geometric_mean(found.match_ratio for found in matched) if matched else None
    return made_row(
        name,
        len(some),
        ratio=ratio,
        target=f"≤ {MATCH_TARGET:g}",
        met=ratio is not None and len(matched) == len(some) and ratio <= MATCH_TARGET,
        matched=len(matched),
        worst=max((found.match_ratio for found in matched if found.match_ratio is not None), default=None),
    )


def geometric_mean(values: Iterable[float | None]) -> float:
    """Of those there are; 0 counts as a thousandth."""
    logs = [math.log(max(value, 1e-3)) for value in values if value is not None]
    return math.exp(math.fsum(logs) / len(logs))
