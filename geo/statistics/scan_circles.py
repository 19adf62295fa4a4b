"""Circles around cells, and the greatest likelihood ratio among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.compiled import compiler
from geo.errors import GeoError
from geo.statistics.compiled import STAMP, loop

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LANES: Final = 16
"""Replicates that are scanned side by side."""
MOST_MEMBERS: Final = 60_000_000
"""Of all circles together; 240 MB."""
TIE: Final = 1e-9
SLACK: Final = 1e-3
# NaN never comes up here, and without it the compiler may look at all replicates of a circle in one go.
_side_by_side = compiler(STAMP, nogil=True, fastmath={"nnan", "nsz", "contract"})


@dataclass(frozen=True, slots=True)
class Circles:
    """Cells by distance from each centre; ~cell where no circle ends, as the next one is as far."""

    starts: Ints
    members: NDArray[np.int32]


def circles_of(x: Floats, y: Floats, exposure: Floats, most_radius_m: float, most_share: float) -> Circles:
    """List the circles around each cell.

    Parameters
    ----------
    x, y, exposure
        Of the cells, shape (n,).
    most_radius_m, most_share
        The largest circle: its radius, and its share of the whole exposure.

    Raises
    ------
    GeoError
        Circles of more than 60 million cells together.
    """
    points = np.column_stack([x, y])
    tree = cKDTree(points)
    n = len(x)
    if np.isfinite(most_radius_m):
        sizes = tree.query_ball_point(points, most_radius_m * (1.0 + TIE), return_length=True)
    else:
        sizes = np.full(n, n)
    _refuse_too_many(int(sizes.sum()), n)
    most = most_share * float(exposure.sum()) * (1.0 + TIE)
    parts, lengths = [], np.empty(n, dtype=np.int64)
    step = max(1, 4_000_000 // int(sizes.max()))
    for first in range(0, n, step):
        rows = slice(first, min(n, first + step))
        k = min(n, int(sizes[rows].max()) + 1)  # one more, to see whether the last of a circle has a tie
        away, cells = tree.query(points[rows], k=np.arange(1, k + 1))
        apart = np.diff(away, axis=1) > TIE * (1.0 + away[:, 1:])
        is_end = np.column_stack([apart, np.ones(len(away), dtype=bool)])
        held = np.cumsum(exposure[cells], axis=1) <= most
        fits = held & (away <= most_radius_m * (1.0 + TIE))
        # A circle of a tie holds all of it or none.
        last = np.where(fits & is_end, np.arange(k), -1).max(axis=1)
        inside = np.arange(k) <= last[:, None]
        parts.append(np.where(is_end, cells, ~cells)[inside].astype(np.int32))
        lengths[rows] = last + 1
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Circles(starts, np.concatenate(parts))


@loop
def _ratio(observed: float, expected: float, total: float) -> float:
    """Logarithm of the likelihood ratio of a rate inside and another outside against one rate."""
    if observed <= expected or expected >= total:
        return 0.0
    ratio: float = observed * np.log(observed / expected)
    if observed < total:
        ratio += (total - observed) * np.log((total - observed) / (total - expected))
    return ratio


@_side_by_side
def scan_worlds(
    starts: Ints,
    members: NDArray[np.int32],
    worlds: NDArray[np.float32],
    expected: Floats,
    limits: tuple[float, int],
    most: Floats,
) -> None:
    """Raise each world's greatest ratio.

    The ratio is at most (c − e)² · C / (e · (C − e)): only circles whose bound exceeds the greatest so far
    are reckoned with logarithms.
    """
    total, least = limits
    count = np.zeros(LANES, np.float32)
    bar = np.zeros(LANES, np.float32)
    for centre in range(len(starts) - 1):
        count[:] = 0.0
        inside = 0.0
        for at in range(starts[centre], starts[centre + 1]):
            code = members[at]
            cell = code if code >= 0 else ~code
            inside += expected[cell]
            world = worlds[cell]
            for k in range(LANES):
                count[k] += world[k]
            if code < 0:
                continue
            spread = np.float32(inside * (total - inside) / total * (1.0 - SLACK))
            chance = np.float32(inside)
            above = np.float32(-1.0)
            for k in range(LANES):
                excess = count[k] - chance
                above = max(above, excess * abs(excess) - bar[k] * spread)
            if above > 0.0:
                for k in range(LANES):
                    ratio = _ratio(np.float64(count[k]), inside, total) if count[k] >= least else 0.0
                    if ratio > most[k]:
                        most[k] = ratio
                        bar[k] = ratio


@loop
def best_circle(
    starts: Ints,
    members: NDArray[np.int32],
    count: Floats,
    expected: Floats,
    is_taken: NDArray[np.bool_],
    total: float,
    least: int,
) -> tuple[float, int, int]:
    """Return the greatest ratio of circles without a cell that is taken, its centre, and how many cells."""
    best, best_centre, best_size = 0.0, 0, 0
    for centre in range(len(starts) - 1):
        observed, inside = 0.0, 0.0
        for at in range(starts[centre], starts[centre + 1]):
            code = members[at]
            cell = code if code >= 0 else ~code
            if is_taken[cell]:
                break
            observed += count[cell]
            inside += expected[cell]
            if code >= 0 and observed >= least:
                ratio = _ratio(observed, inside, total)
                if ratio > best:
                    best, best_centre, best_size = ratio, centre, at - starts[centre] + 1
    return best, best_centre, best_size


def _refuse_too_many(members: int, n: int) -> None:
    if members > MOST_MEMBERS:
        raise GeoError(
            f"The circles of {n:,} cells hold {members:,} cells together, more than {MOST_MEMBERS:,}: "
            "take a smaller radius or larger cells."
        )
