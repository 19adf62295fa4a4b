"""Density: our surface against KDEpy's FFT, both judged by the exact sum at places of some density."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from geo.statistics.density import DensitySurface, density, exact_density
from tests.benchmarks.rounds import Sides, compared, is_wanted
from tests.benchmarks.rows import Row

SIDE = 512
CELLS_PER_BANDWIDTH = 4.0
PLACES = 300
"""Where both are judged: drawn among cells of at least a hundredth of the greatest density."""
MOST_ERROR = 0.01


def measure(quick: bool, only: str) -> Iterator[Row]:
    """Measure; yields a row each."""
    for name, n, goal in (("100k", 100_000, 3.0), ("1M", 1_000_000, 10.0)):
        if is_wanted(f"density/{name}", only):
            yield _density(f"density/{name}", n, goal, quick)


def points(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """300 heaps of 600 m in a city of 20 km."""
    dice = np.random.default_rng(seed)
    middle = dice.uniform(0.0, 20_000.0, (2, 300))
    at = dice.integers(0, 300, n)
    return tuple(axis[at] + dice.normal(0.0, 600.0, n) for axis in middle)


def _density(name: str, n: int, goal: float, quick: bool) -> Row:
    """The same bandwidth and the same 512 × 512 places; each side is given its points as it likes them."""
    from KDEpy import FFTKDE  # noqa: PLC0415 - a peer

    def sides(seed: int) -> Sides:
        x_m, y_m = points(n, seed)
        cell = (max(np.ptp(x_m), np.ptp(y_m)) + 2_400.0) / SIDE
        west, south, bandwidth = x_m.min() - 1_200.0, y_m.min() - 1_200.0, CELLS_PER_BANDWIDTH * cell
        bounds = (west, south, west + SIDE * cell, south + SIDE * cell)
        middles = (np.arange(SIDE) + 0.5) * cell
        # KDEpy measures in bandwidths, and wants its places in order of x, then y.
        scaled = np.column_stack([x_m, y_m]) / bandwidth
        places = np.stack(np.meshgrid(west + middles, south + middles, indexing="ij"), -1).reshape(-1, 2)
        scaled_places = places / bandwidth

        def mine() -> DensitySurface:
            return density(x_m, y_m, bandwidth, cell_m=cell, bounds=bounds)

        def peer() -> np.ndarray:
            return np.asarray(FFTKDE(kernel="gaussian", bw=1.0).fit(scaled)(scaled_places))

        def compare(ours: DensitySurface, theirs: np.ndarray) -> dict[str, float]:
            theirs = theirs.reshape(SIDE, SIDE).T * (n * 1e6 / bandwidth**2)
            rows, columns = np.nonzero(ours.per_km2 >= 0.01 * ours.per_km2.max())
            some = np.random.default_rng(seed).choice(len(rows), PLACES, replace=False)
            row, column = rows[some], columns[some]
            at = np.column_stack([west + middles[column], south + middles[row]])
            exact = exact_density(x_m, y_m, bandwidth, at)
            found = {}
            for side, values in (("", ours.per_km2), ("peer_", theirs)):
                off = np.abs(values[row, column] / exact - 1.0)
                found |= {f"{side}error_median": float(np.median(off)), f"{side}error_p99": _p99(off)}
            if found["error_median"] > MOST_ERROR:
                raise AssertionError(f"the median error is {found['error_median']:.4f}")
            return found

        return mine, peer, compare

    def warm_up() -> Any:
        x_m, y_m = points(1_000, 0)
        FFTKDE(bw=1.0).fit(np.column_stack([x_m, y_m]) / 500.0).evaluate((64, 64))
        return density(x_m, y_m, 500.0)

    return compared(name, n, goal, sides, rounds=1 if quick else 5, warm_up=warm_up, places=SIDE * SIDE)


def _p99(off: np.ndarray) -> float:
    return float(np.quantile(off, 0.99))
