"""Near places in near rows of the matrices: what the search reads together lies together in memory."""

from __future__ import annotations

import numpy as np

from geo.dispatch.engine.layout import Int32Array, Int64Array

FEW = 8
"""Places that need no order among them."""


def moved_together(
    drives: Int32Array, costs: Int32Array, costs_to: Int32Array
) -> tuple[Int64Array, Int32Array, Int32Array, Int32Array]:
    """Exchange rows and columns of matrices so that near places are neighbours.

    Parameters
    ----------
    drives, costs, costs_to
        (profiles, P + 1, P + 1) each; the last place, nowhere, stays the last. Equal ones stay one array.

    Returns
    -------
    The new row of each place, (P + 1,), and the matrices.
    """
    order = np.append(near_order(drives[0][:-1, :-1]), drives.shape[1] - 1)
    row_of = np.empty_like(order)
    row_of[order] = np.arange(len(order))
    moved: dict[int, Int32Array] = {}
    for matrices in (drives, costs, costs_to):
        if id(matrices) not in moved:
            moved[id(matrices)] = np.ascontiguousarray(matrices[:, order[:, np.newaxis], order])
    return row_of, moved[id(drives)], moved[id(costs)], moved[id(costs_to)]


def near_order(drives: Int32Array) -> Int64Array:
    """Places in an order in which near ones follow each other: halved again and again between two far ends.

    Parameters
    ----------
    drives
        (P, P) seconds; not symmetric where streets are one-way.
    """
    parts = [np.arange(len(drives))]
    while max(len(part) for part in parts) > FEW:
        parts = [half for part in parts for half in (_halves(drives, part) if len(part) > FEW else [part])]
    return np.concatenate(parts)


def _halves(drives: Int32Array, part: Int64Array) -> tuple[Int64Array, Int64Array]:
    one = part[_reached(drives, part[0], part).argmax()]
    other = part[_reached(drives, one, part).argmax()]
    nearer = _reached(drives, one, part) - _reached(drives, other, part)
    part = part[np.argsort(nearer, kind="stable")]
    return part[: len(part) // 2], part[len(part) // 2 :]


def _reached(drives: Int32Array, start: int, goals: Int64Array) -> Int64Array:
    return drives[start, goals].astype(np.int64)
