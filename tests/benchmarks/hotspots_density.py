"""Density: our surface against KDEpy's FFT, both judged by the exact sum; and density along a network."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely

from geo.statistics.density import DensitySurface, density, exact_density
from geo.statistics.network_density import LineNetwork, network_density
from tests.benchmarks.rounds import Sides, compared, cpu_seconds, is_wanted
from tests.benchmarks.rows import Row, made_row

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
    if is_wanted("density/network", only):
        yield _network("density/network", quick)


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


def _network(name: str, quick: bool) -> Row:
    """A town of 30,012 sections of 80 m, 10,000 events, 300 m of reach, lixels of 27 m; no peer in Python."""
    side, block_m, events = 123, 80.0, 10_000
    corner = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij"), -1) * block_m
    ends = [
        np.stack([corner[:-1].reshape(-1, 2), corner[1:].reshape(-1, 2)], axis=1),
        np.stack([corner[:, :-1].reshape(-1, 2), corner[:, 1:].reshape(-1, 2)], axis=1),
    ]
    lines = shapely.linestrings(np.concatenate(ends))
    build_s, network = cpu_seconds(lambda: LineNetwork.of(lines, lixel_m=25.0))
    first_call_s, _ = cpu_seconds(lambda: network_density(network, *_spots(50, side * block_m, 0), 100.0))
    taken, lost = [], []
    for seed in range(1, 2 if quick else 4):
        x_m, y_m = _spots(events, (side - 1) * block_m, seed)
        seconds, found = cpu_seconds(lambda x_m=x_m, y_m=y_m: network_density(network, x_m, y_m, 300.0))
        taken.append(seconds)
        lost.append(abs(float((found.per_km * network.lixel_m).sum()) / 1_000.0 - events) / events)
    return made_row(
        name,
        events,
        float(np.median(taken)),
        rounds=len(taken),
        build_s=build_s,
        first_call_s=first_call_s,
        sections=len(lines),
        lixels=int(network.lixel_starts[-1]),
        mass_lost=max(lost),
    )


def _spots(n: int, side_m: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.0, side_m, (2, n))
