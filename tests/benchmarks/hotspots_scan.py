"""The circular scan: its time as promised, and against the plain way of doing it in numpy."""

from collections.abc import Iterator

import numpy as np
from scipy.spatial import cKDTree

from geo.statistics.scan import ScanResult, ScanRules, scan
from geo.statistics.scan_circles import LANES
from tests.benchmarks.rounds import Sides, compared, cpu_seconds, is_wanted
from tests.benchmarks.rows import Row, made_row

SIDE, STEP_M = 100, 100.0
COMPLAINTS = 20_000
GOAL_S = 15.0
RADIUS_M = 1_000.0

World = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def measure(quick: bool, only: str) -> Iterator[Row]:
    """Measure; yields a row each."""
    if is_wanted("scan/10k/999", only):
        yield _whole("scan/10k/999", quick)
    if is_wanted("scan/10k/numpy", only):
        yield _against_numpy("scan/10k/numpy", quick)


def world(seed: int) -> World:
    """10,000 cells of 100 m with uneven exposure, 20,000 complaints, one place with twice as many."""
    dice = np.random.default_rng(seed)
    line = np.arange(SIDE) * STEP_M
    x_m, y_m = (axis.ravel() for axis in np.meshgrid(line, line))
    exposure = dice.gamma(2.0, 1.0, len(x_m))
    rate = exposure * np.where(np.hypot(x_m - 5_000.0, y_m - 3_000.0) < 400.0, 2.0, 1.0)
    return x_m, y_m, dice.multinomial(COMPLAINTS, rate / rate.sum()), exposure


def _whole(name: str, quick: bool) -> Row:
    """Lists of neighbours, 999 worlds of chance and the clusters; one thread."""
    rules = ScanRules(most_radius_m=RADIUS_M)
    first_call_s, _ = cpu_seconds(
        lambda: scan(*world(0), rules=ScanRules(most_radius_m=200.0, replicates=99))
    )
    taken, results = [], []
    for seed in range(1, 2 if quick else 4):
        given = world(seed)
        seconds, result = cpu_seconds(lambda given=given: scan(*given, rules=rules))
        taken.append(seconds)
        results.append(result)
    median = float(np.median(taken))
    return made_row(
        name,
        SIDE * SIDE,
        median,
        None,
        f"< {GOAL_S:g} s",
        median < GOAL_S,
        least=min(taken),
        most=max(taken),
        rounds=len(taken),
        first_call_s=first_call_s,
        circles=results[0].circles,
        seed=rules.seed,
        planted_found=sum(
            any(np.hypot(c.x_m - 5_000, c.y_m - 3_000) < 600 for c in r.clusters) for r in results
        ),
    )


def _against_numpy(name: str, quick: bool) -> Row:
    """Greatest ratios of 99 worlds; the plain way looks at sixteen, one by one, and is counted for 99.

    Ours builds its lists of neighbours within the time, the plain way has them beforehand.
    """
    replicates = 99

    def sides(seed: int) -> Sides:
        x_m, y_m, count, exposure = world(seed)
        rules = ScanRules(most_radius_m=RADIUS_M, replicates=replicates, seed=seed)
        near = _near(x_m, y_m)
        share = exposure / exposure.sum()
        worlds = np.random.default_rng(seed).multinomial(count.sum(), share, size=LANES)

        def peer() -> list[float]:
            greatest = [_greatest(near, one, share * count.sum()) for one in worlds]
            for _ in range(replicates - LANES):
                _greatest(near, worlds[0], share * count.sum())
            return greatest

        def compare(ours: ScanResult, theirs: list[float]) -> dict[str, float]:
            most = float(np.abs(ours.greatest[:LANES] - theirs).max())
            if most > 1e-8:
                raise AssertionError(f"the greatest ratios differ by {most}")
            return {"largest_difference": most}

        return (lambda: scan(x_m, y_m, count, exposure, rules=rules)), peer, compare

    return compared(name, SIDE * SIDE, None, sides, rounds=1 if quick else 3, repeats=1)


def _near(x_m: np.ndarray, y_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cells by distance from each, and where a circle ends; cells beyond the radius are none (-1)."""
    points = np.column_stack([x_m, y_m])
    most = int(cKDTree(points).query_ball_point(points, RADIUS_M + 1e-6, return_length=True).max())
    away, cells = cKDTree(points).query(points, k=most + 1)
    is_inside = away <= RADIUS_M + 1e-6
    is_end = np.diff(away, axis=1) > 1e-6
    return np.where(is_inside, cells, -1)[:, :most], (is_end & is_inside[:, :most])


def _greatest(near: tuple[np.ndarray, np.ndarray], count: np.ndarray, expected: np.ndarray) -> float:
    cells, is_end = near
    total = count.sum()
    # What lies beyond the radius stands last: a row of nothing.
    observed = np.append(count, 0)[cells].cumsum(axis=1)[is_end].astype(float)
    inside = np.append(expected, 0.0)[cells].cumsum(axis=1)[is_end]
    is_high = (observed > inside) & (observed >= 2)
    observed, inside = observed[is_high], inside[is_high]
    outside = (total - observed) * np.log((total - observed) / (total - inside))
    return float((observed * np.log(observed / inside) + outside).max())
