"""Hotspots by cells: Gi* with a false discovery rate against esda."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from scipy import sparse

from geo.grid import Grid
from geo.statistics.hot_spots import gi_star, hot_spots, two_sided_p
from geo.statistics.neighbourhoods import grid_neighbours
from geo.statistics.study_cells import StudyCells, grid_cells
from tests.benchmarks.rounds import Sides, compared, is_wanted
from tests.benchmarks.rows import Row

SIZE_M, REACH_M = 100.0, 200.0
"""Hexagons of 100 m; 19 in a neighbourhood."""
MOST_DIFFERENCE = 1e-9


def measure(quick: bool, only: str) -> Iterator[Row]:
    """Measure; yields a row each."""
    for name, n, goals in (("10k", 10_000, (400.0, 400.0)), ("100k", 100_000, (200.0, 500.0))):
        for permutations, goal in zip((0, 999), goals, strict=True):
            row = f"gi_star/{name}/{permutations}"
            if is_wanted(row, only):
                yield _gi_star(row, n, permutations, goal, quick)


def hexagons(n: int) -> tuple[StudyCells, sparse.csr_array]:
    """About n cells in a square study area, and their neighbourhoods."""
    side_m = np.sqrt(n * Grid(SIZE_M, "hexagon").area_m2)
    cells = grid_cells(Grid(SIZE_M, "hexagon"), shapely.box(0.0, 0.0, side_m, side_m))
    return cells, grid_neighbours(Grid(SIZE_M, "hexagon"), cells.cells, REACH_M)


def counts(cells: StudyCells, seed: int) -> np.ndarray:
    """Complaints of a city: two a cell, five times as many around every hundredth cell."""
    dice = np.random.default_rng(seed)
    x_m, y_m = Grid(SIZE_M, "hexagon").centres(cells.cells)
    mean = np.full(len(cells), 2.0)
    for place in dice.integers(0, len(cells), max(len(cells) // 1_000, 1)):
        mean[np.hypot(x_m - x_m[place], y_m - y_m[place]) < 3 * SIZE_M] = 10.0
    return dice.poisson(mean).astype(float)


def _gi_star(name: str, n: int, permutations: int, goal: float, quick: bool) -> Row:
    """Without permutations: z and p of the normal distribution, which both sides give.

    With them, whole answers: ours z, p, discovery rates and bands; esda's z, p and pseudo p-values.
    """
    from esda.getisord import G_Local  # noqa: PLC0415 - a peer
    from libpysal.weights import W  # noqa: PLC0415

    cells, weights = hexagons(n)
    begins = zip(weights.indptr[:-1], weights.indptr[1:], strict=True)
    lists = {row: weights.indices[a:b].tolist() for row, (a, b) in enumerate(begins)}
    found: dict[str, int] = {}

    def peer(values: np.ndarray, w: Any, times: int) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return G_Local(values, w, transform="B", permutations=times, star=True, seed=1, n_jobs=1)

    def mine(values: np.ndarray) -> Any:
        if permutations:
            return hot_spots(values, weights)
        z = gi_star(values, weights)
        return z, two_sided_p(z)

    def compare(ours: Any, theirs: Any) -> dict[str, float]:
        if permutations:
            found["significant"] = int(ours.significant.sum())
            found["at_the_floor"] = int((theirs.p_sim <= 1.0 / (permutations + 1)).sum())
        most = float(np.abs((ours.z if permutations else ours[0]) - theirs.Zs).max())
        if most > MOST_DIFFERENCE:
            raise AssertionError(f"z differs by {most}")
        return {"largest_difference": most}

    def sides(seed: int) -> Sides:
        values, w = counts(cells, seed), W(lists, silence_warnings=True)
        return (lambda: mine(values)), (lambda: peer(values, w, permutations)), compare

    def warm_up() -> None:
        mine(counts(cells, 0))

    small = W({row: [row, (row + 1) % 9] for row in range(9)}, silence_warnings=True)
    peer(np.arange(9.0), small, min(permutations, 9))  # compiled before it is measured
    row = compared(name, len(cells), goal, sides, rounds=1 if quick else 3, repeats=15, warm_up=warm_up)
    return {**row, **found, "neighbours": int(np.median(weights.sum(axis=1)))}
