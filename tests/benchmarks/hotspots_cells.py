"""Hotspots by cells: Gi* against esda, trends against pymannkendall, and emerging hotspots."""

import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import shapely
from scipy import sparse

from geo.grid import Grid
from geo.statistics.emerging import emerging_hot_spots
from geo.statistics.false_discovery import accepted
from geo.statistics.hot_spots import gi_star, hot_spots, two_sided_p
from geo.statistics.neighbourhoods import grid_neighbours
from geo.statistics.study_cells import StudyCells, grid_cells
from geo.statistics.trends import mann_kendall, sen_slopes
from tests.benchmarks.rounds import Sides, compared, cpu_seconds, is_wanted
from tests.benchmarks.rows import Row, made_row

SIZE_M, REACH_M = 100.0, 200.0
"""Hexagons of 100 m; 19 in a neighbourhood."""
MOST_DIFFERENCE = 1e-9


def measure(quick: bool, only: str) -> Iterator[Row]:
    """Measure; yields a row each."""
    for name, work, is_quick in _rows(quick):
        if is_wanted(name, only) and (is_quick or not quick):
            yield work(name)


def _rows(quick: bool) -> Iterator[tuple[str, Callable[[str], Row], bool]]:
    """Name of each row, what measures it, and whether a quick run has time for it."""
    for size, n, goals in (("10k", 10_000, (400.0, 400.0)), ("100k", 100_000, (200.0, 500.0))):
        for permutations, goal in zip((0, 999), goals, strict=True):
            work = partial(_gi_star, n=n, permutations=permutations, goal=goal, quick=quick)
            yield f"gi_star/{size}/{permutations}", work, n == 10_000 or permutations > 0
        if n == 10_000:
            work = partial(_gi_star, n=n, permutations=999, goal=None, quick=quick, apart=3_000)
            yield f"gi_star/{size}/999/few_hot_places", work, True
        yield f"weights/{size}", partial(_weights, n=n, quick=quick), n == 10_000
    series = 500 if quick else 2_000
    yield "mann_kendall/10k", partial(_trends, measured=series, with_slope=False, quick=quick), True
    yield "mann_kendall/10k/slope", partial(_trends, measured=series, with_slope=True, quick=quick), True
    yield "emerging/10k", partial(_emerging, quick=quick), True
    for expected in (1, 5, 20, 50):
        work = partial(_even_maps, expected=expected, maps=100 if quick else 1_000)
        yield f"even_maps/{expected}", work, True


def hexagons(n: int) -> tuple[StudyCells, sparse.csr_array]:
    """About n cells in a square study area, and their neighbourhoods."""
    side_m = np.sqrt(n * Grid(SIZE_M, "hexagon").area_m2)
    cells = grid_cells(Grid(SIZE_M, "hexagon"), shapely.box(0.0, 0.0, side_m, side_m))
    return cells, grid_neighbours(Grid(SIZE_M, "hexagon"), cells.cells, REACH_M)


def counts(cells: StudyCells, seed: int, apart: int = 1_000) -> np.ndarray:
    """Complaints of a city: two a cell, five times as many around one cell in so many."""
    dice = np.random.default_rng(seed)
    x_m, y_m = Grid(SIZE_M, "hexagon").centres(cells.cells)
    mean = np.full(len(cells), 2.0)
    for place in dice.integers(0, len(cells), max(len(cells) // apart, 1)):
        mean[np.hypot(x_m - x_m[place], y_m - y_m[place]) < 3 * SIZE_M] = 10.0
    return dice.poisson(mean).astype(float)


def _gi_star(
    name: str, n: int, permutations: int, goal: float | None, quick: bool, *, apart: int = 1_000
) -> Row:
    """Without permutations: z and p of the normal distribution, which both sides give.

    With them, whole answers: ours z, p, discovery rates and bands; esda's z, p and pseudo p-values. Beside
    them, how many cells stand at a rate of 5 %, ours and by esda's pseudo p-values made two-sided.
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
            found["significant_permuted"] = int(accepted(np.minimum(2.0 * theirs.p_sim, 1.0)).sum())
        most = float(np.abs((ours.z if permutations else ours[0]) - theirs.Zs).max())
        if most > MOST_DIFFERENCE:
            raise AssertionError(f"z differs by {most}")
        return {"largest_difference": most}

    def sides(seed: int) -> Sides:
        values, w = counts(cells, seed, apart), W(lists, silence_warnings=True)
        return (lambda: mine(values)), (lambda: peer(values, w, permutations)), compare

    def warm_up() -> None:
        mine(counts(cells, 0))

    small = W({row: [row, (row + 1) % 9] for row in range(9)}, silence_warnings=True)
    peer(np.arange(9.0), small, min(permutations, 9))  # compiled before it is measured
    row = compared(name, len(cells), goal, sides, rounds=1 if quick else 3, repeats=15, warm_up=warm_up)
    return {**row, **found, "neighbours": int(np.median(weights.sum(axis=1)))}


def _weights(name: str, n: int, quick: bool) -> Row:
    """Neighbourhoods of a grid, against libpysal's by distance (a KD-tree)."""
    from libpysal.weights import DistanceBand  # noqa: PLC0415 - a peer

    cells, weights = hexagons(n)
    grid = Grid(SIZE_M, "hexagon")
    places = np.column_stack(grid.centres(cells.cells))

    def compare(ours: sparse.csr_array, theirs: Any) -> dict[str, float]:
        if (abs(ours - sparse.eye_array(len(cells)) - theirs.sparse) > 0).nnz:
            raise AssertionError("the neighbours differ")
        return {"neighbours": float(np.median(weights.sum(axis=1)))}

    def sides(_: int) -> Sides:
        return (
            lambda: grid_neighbours(grid, cells.cells, REACH_M),
            lambda: DistanceBand(places, REACH_M * (1 + 1e-9), silence_warnings=True),
            compare,
        )

    return compared(name, len(cells), None, sides, rounds=1 if quick else 3)


def _trends(name: str, measured: int, with_slope: bool, quick: bool) -> Row:
    """10,000 series of 52 counts; the peer does some of them, and its time is scaled up.

    Without the slope, the peer is asked for its score, variance and z alone, as we are; its public function
    estimates Sen's slope each time, which the second row compares.
    """
    from pymannkendall import pymannkendall as peer  # noqa: PLC0415 - a peer

    score, variance, deviate = (getattr(peer, f"__{what}") for what in ("mk_score", "variance_s", "z_score"))
    n, steps = 10_000, 52

    def mine(series: np.ndarray) -> Any:
        return mann_kendall(series), sen_slopes(series) if with_slope else None

    def theirs(series: np.ndarray) -> Any:
        if with_slope:
            return [peer.original_test(row) for row in series]
        found = []
        for row in series:
            s = score(row, steps)
            found.append(deviate(s, variance(row, steps)))
        return found

    def compare(ours: Any, others: Any) -> dict[str, float]:
        trends, slopes = ours
        z = [other.z for other in others] if with_slope else others
        most = float(np.abs(trends.z[: len(z)] - z).max())
        if with_slope:
            most = max(most, float(np.abs(slopes[: len(z)] - [other.slope for other in others]).max()))
        if most > 0.0:
            raise AssertionError(f"z or slopes differ by {most}")
        return {"largest_difference": most}

    def sides(seed: int) -> Sides:
        series = np.random.default_rng(seed).poisson(3.0, (n, steps)).astype(float)
        return (lambda: mine(series)), (lambda: theirs(series[:measured])), compare

    few = np.arange(24.0).reshape(2, 12) % 5
    goal = None if with_slope else 300.0
    return compared(
        name,
        n,
        goal,
        sides,
        rounds=1 if quick else 3,
        warm_up=lambda: mine(few),
        peer_share=measured / n,
        peer_measured=measured,
    )


def _emerging(name: str, quick: bool) -> Row:
    """10,000 cells × 52 weeks, whole: Gi* in space and time, discovery rate, trends, classes. No peer."""
    cells, weights = hexagons(10_000)
    emerging_hot_spots(np.arange(640.0).reshape(64, 10) % 7, sparse.eye_array(64, format="csr"))
    taken = []
    for seed in range(1, 4):
        dice = np.random.default_rng(seed)
        cube = dice.poisson(1.0, (len(cells), 52))
        cube[: len(cells) // 20] += dice.poisson(2.0, (len(cells) // 20, 52))
        seconds, found = cpu_seconds(lambda cube=cube: emerging_hot_spots(cube, weights), 3 if quick else 9)
        taken.append(seconds)
    classes = len(np.unique(found.kind))
    ours = float(np.median(taken))
    return made_row(
        name, len(cells) * 52, ours, None, "< 0.05 s", ours < 0.05, most=max(taken), rounds=3, classes=classes
    )


def _even_maps(name: str, expected: int, maps: int) -> Row:
    """Maps of chance alone, by what a neighbourhood expects: how many have any cell called hot or cold.

    ``ours`` is their share; a false discovery rate of 5 % allows 0.05.
    """
    cells, weights = hexagons(2_000)
    dice = np.random.default_rng(expected)
    mean = expected / float(np.median(weights.sum(axis=1)))
    found, alone = [], []
    for _ in range(maps):
        p = two_sided_p(gi_star(dice.poisson(mean, len(cells)).astype(float), weights))
        found.append(int(accepted(p).sum()))
        alone.append(float((p <= 0.05).mean()))
    return made_row(
        name,
        len(cells),
        float(np.mean(np.array(found) > 0)),
        cells_a_map=float(np.mean(found)),
        share_at_95_alone=float(np.mean(alone)),
        maps=maps,
    )
