"""Merges that pairs make, and those of them that closing words contradict."""

import numpy as np


def merges_of(pairs: np.ndarray, right: np.ndarray, wrong: np.ndarray) -> tuple[int, int]:
    """Count the merges that pairs, best first, make, and those of them that are wrong."""
    verdict = {tuple(pair): (r, w) for pair, r, w in zip(pairs.tolist(), right, wrong, strict=True)}
    group: dict[int, list[int]] = {}
    merges = bad = 0
    for a, b in pairs.tolist():
        one, other = group.setdefault(a, [a]), group.setdefault(b, [b])
        if one is other:
            continue
        across = [verdict[key] for i in one for j in other if (key := (min(i, j), max(i, j))) in verdict]
        merges += 1
        bad += any(w for _, w in across) and not any(r for r, _ in across)
        one.extend(other)
        for member in other:
            group[member] = one
    return merges, bad
