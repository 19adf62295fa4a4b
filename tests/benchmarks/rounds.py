"""Rounds of a comparison: ours and the peer in turn, on the same data, with another seed each time."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.benchmarks.rows import Row, made_row

Sides = tuple[Callable[[], Any], Callable[[], Any], Callable[[Any, Any], dict[str, float]]]
"""Ours, the peer's, and what compares their answers: raises when they differ, returns by how much."""


def is_wanted(row: str, only: str) -> bool:
    """Say whether a row, or rows below it, fit the pattern."""
    return fnmatch.fnmatch(row, only) or fnmatch.fnmatch(row + "/", only)


def cpu_seconds(work: Callable[[], Any], repeats: int = 1) -> tuple[float, Any]:
    """Median CPU seconds of this process over some repeats, and the last answer."""
    taken, answer = [], None
    for _ in range(repeats):
        began = time.process_time()
        answer = work()
        taken.append(time.process_time() - began)
    return float(np.median(taken)), answer


def compared(
    name: str,
    n: int,
    goal: float | None,
    sides: Callable[[int], Sides],
    *,
    rounds: int,
    repeats: int = 5,
    warm_up: Callable[[], Any] = lambda: None,
    peer_share: float = 1.0,
    **more: Any,
) -> Row:
    """Measure some rounds.

    Parameters
    ----------
    name, n
        Of the row.
    goal
        How many times faster we must be, at the median; None where nothing is promised.
    sides
        By seed: what both sides do, data ready and anything both need built beforehand.
    rounds
        How many seeds, from 1.
    repeats
        How often ours runs in a round: it is too short to be measured once. The peer runs once.
    warm_up
        What compiles; its time stands apart, in `first_call_s`.
    peer_share
        Part of the work that the peer does; its time is scaled up to the whole.
    **more
        Further columns.
    """
    first_call_s, _ = cpu_seconds(warm_up)
    ours, peers, differences = [], [], []
    for seed in range(1, rounds + 1):
        mine, theirs, compare = sides(seed)
        seconds, answer = cpu_seconds(mine, repeats)
        peer_seconds, peer_answer = cpu_seconds(theirs)
        differences.append(compare(answer, peer_answer))
        ours.append(seconds)
        peers.append(peer_seconds / peer_share)
    ratios = np.array(peers) / np.array(ours)
    ratio = float(np.median(ratios))
    return made_row(
        name,
        n,
        float(np.median(ours)),
        float(np.median(peers)),
        None if goal is None else f"≥ {goal:g}",
        None if goal is None else ratio >= goal,
        ratio=ratio,
        least=float(ratios.min()),
        most=float(ratios.max()),
        rounds=rounds,
        first_call_s=first_call_s,
        **{key: max(difference[key] for difference in differences) for key in differences[0]},
        **more,
    )
