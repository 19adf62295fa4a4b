"""Pairs of points that are near in space and live in time, and what they connect: compiled.

The plane is cut into strips as high as the radius, each strip into slots of an eighth of it. Points are
sorted by strip and slot (a radix sort), then each is compared with those that follow it in its own strip and
with those within reach in the next one: two pointers move along, nothing is hashed and no tree is built.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

F8 = npt.NDArray[np.float64]
I8 = npt.NDArray[np.int64]
I4 = npt.NDArray[np.int32]

SLOTS: Final = 8
"""Slots per radius: more of them compare fewer points and sort more digits."""
MOST_STRIPS: Final = 1 << 24
DIGIT: Final = 11
UNITE, COUNT, LIST = 0, 1, 2
NO_PAIRS: Final = np.empty((0, 2), dtype=np.int32)


class Points(NamedTuple):
    """What is compared, one entry a point, all (n,); those that the bounds do not read may be empty.

    `from_s` and `to_s` are the times of the first and the last report that the point stands for; `closed_s`
    is infinite while open; `event` negative for none.
    """

    x_m: F8
    y_m: F8
    from_s: F8
    to_s: F8
    accuracy_m: F8
    closed_s: F8
    event: I8


class Bounds(NamedTuple):
    """One family's predicate: `geo.clustering.rules.LinkRule` in numbers for compiled code."""

    least_m: float
    most_m: float
    window_s: float
    closings: bool
    while_open: bool
    events: bool


def components_of(points: Points, bounds: Bounds, most_compared: int) -> tuple[I4, int]:
    """Connect what is near and live.

    Returns
    -------
    label
        (n,) int32: the row of one member, the same for all members of a component. Empty when more pairs than
        `most_compared` would have to be compared.
    compared
        How many pairs that are.
    """
    order, starts, slot = _sorted(points, bounds.most_m)
    compared = int(reachable(starts, slot))
    if compared > most_compared:
        return np.empty(0, dtype=np.int32), compared
    parent = np.arange(len(order), dtype=np.int32)
    sweep(some_of(points, order), bounds, starts, slot, parent, NO_PAIRS, UNITE)
    label = np.empty(len(order), dtype=np.int32)
    label[order] = order[flattened(parent)]
    return label, compared


def pairs_of(points: Points, bounds: Bounds, most: int, most_compared: int) -> tuple[I4, int]:
    """List the pairs, (m, 2) int32, rows i < j in no particular order; none when there are more than `most`.

    The second value is how many there are, or would have to be compared where those are too many.
    """
    order, starts, slot = _sorted(points, bounds.most_m)
    compared = int(reachable(starts, slot))
    if compared > most_compared:
        return NO_PAIRS, compared
    rows, parent = some_of(points, order), np.empty(0, dtype=np.int32)
    found = int(sweep(rows, bounds, starts, slot, parent, NO_PAIRS, COUNT))
    if found > most:
        return NO_PAIRS, found
    pairs = np.empty((found, 2), dtype=np.int32)
    sweep(rows, bounds, starts, slot, parent, pairs, LIST)
    return np.sort(order[pairs], axis=1), found


def some_of(points: Points, rows: npt.NDArray[np.integer]) -> Points:
    """Some of the points; a point whose first time is its last keeps it so."""
    first = points.from_s[rows]
    return Points(
        x_m=points.x_m[rows],
        y_m=points.y_m[rows],
        from_s=first,
        to_s=first if points.to_s is points.from_s else points.to_s[rows],
        accuracy_m=points.accuracy_m[rows] if len(points.accuracy_m) else points.accuracy_m,
        closed_s=points.closed_s[rows] if len(points.closed_s) else points.closed_s,
        event=points.event[rows] if len(points.event) else points.event,
    )


def _sorted(points: Points, radius_m: float) -> tuple[I4, I4, I4]:
    """Sort the points by strip and slot: their order, where strips start, and the slot of each, sorted."""
    x, y = points.x_m, points.y_m
    if not len(x):
        return np.empty(0, np.int32), np.zeros(2, np.int32), np.empty(0, np.int32)
    left, low = float(x.min()), float(y.min())
    # A little higher than the radius, so that rounding never puts a near pair two strips apart.
    height_m = max(radius_m * (1.0 + 1e-9), 1e-3, (float(y.max()) - low) / MOST_STRIPS)
    width_m = max(height_m / SLOTS, (float(x.max()) - left) / (1 << 30))
    strips = int((float(y.max()) - low) / height_m) + 1
    slots = int((float(x.max()) - left) / width_m) + 1
    key = keys_of(x, y, left, low, width_m, height_m, slots)
    order = radix_order(key, (strips * slots - 1).bit_length())
    starts, slot = split(key, order, slots, strips)
    return order, starts, slot


@njit(cache=True, nogil=True)
def keys_of(x: F8, y: F8, left: float, low: float, width: float, height: float, slots: int) -> I8:
    """Number each point's slot, strip by strip."""
    key = np.empty(len(x), np.int64)
    for k in range(len(x)):
        key[k] = np.int64((y[k] - low) / height) * slots + np.int64((x[k] - left) / width)
    return key


@njit(cache=True, nogil=True)
def radix_order(key: I8, bits: int) -> I4:
    """Order the rows by their keys' lowest `bits`, equal ones as they came."""
    n = len(key)
    order, other = np.arange(n).astype(np.int32), np.empty(n, np.int32)
    keys, other_keys = key.copy(), np.empty(n, np.int64)
    passes = (bits + DIGIT - 1) // DIGIT
    digit = (bits + passes - 1) // passes if passes > 0 else 0
    mask = (1 << digit) - 1
    for step in range(passes):
        shift = step * digit
        at = np.zeros((1 << digit) + 1, np.int64)
        for k in range(n):
            at[((keys[k] >> shift) & mask) + 1] += 1
        for k in range(1 << digit):
            at[k + 1] += at[k]
        for k in range(n):
            bucket = (keys[k] >> shift) & mask
            place = at[bucket]
            at[bucket] = place + 1
            order_k = order[k]
            other[place] = order_k
            other_keys[place] = keys[k]
        order, other = other, order
        keys, other_keys = other_keys, keys
    return order


@njit(cache=True, nogil=True)
def split(key: I8, order: I4, slots: int, strips: int) -> tuple[I4, I4]:
    """Find where each strip starts in the sorted rows, and each row's slot."""
    starts = np.zeros(strips + 2, np.int32)
    slot = np.empty(len(order), np.int32)
    for k in range(len(order)):
        strip = key[order[k]] // slots
        slot[k] = key[order[k]] - strip * slots
        starts[strip + 1] += 1
    for strip in range(strips + 1):
        starts[strip + 1] += starts[strip]
    return starts, slot


@njit(cache=True, nogil=True)
def reachable(starts: I4, slot: I4) -> int:
    """Count the pairs that `sweep` compares."""
    total = 0
    for strip in range(len(starts) - 2):
        end, above_end = starts[strip + 1], starts[strip + 2]
        here, first, last = starts[strip], end, end
        for k in range(starts[strip], end):
            while here < end and slot[here] <= slot[k] + SLOTS:
                here += 1
            while first < above_end and slot[first] < slot[k] - SLOTS:
                first += 1
            last = max(last, first)
            while last < above_end and slot[last] <= slot[k] + SLOTS:
                last += 1
            total += (here - k - 1) + (last - first)
    return total


@njit(cache=True, nogil=True)
def sweep(points: Points, bounds: Bounds, starts: I4, slot: I4, parent: I4, pairs: I4, purpose: int) -> int:
    """Compare every point with those within reach, and unite, count or list the pairs that belong together.

    Returns
    -------
    How many pairs were compared (`UNITE`) or found.
    """
    x, y = points.x_m, points.y_m
    most_squared = bounds.most_m * bounds.most_m
    compared, found = 0, 0
    for strip in range(len(starts) - 2):
        end, above_end = starts[strip + 1], starts[strip + 2]
        first = end
        for k in range(starts[strip], end):
            while first < above_end and slot[first] < slot[k] - SLOTS:
                first += 1
            for part in range(2):
                other, stop = (k + 1, end) if part == 0 else (first, above_end)
                while other < stop and slot[other] <= slot[k] + SLOTS:
                    off_x, off_y = x[other] - x[k], y[other] - y[k]
                    squared = off_x * off_x + off_y * off_y
                    compared += 1
                    if squared <= most_squared and belongs(points, bounds, k, other, squared):
                        if purpose == UNITE:
                            unite(parent, k, other)
                        else:
                            if purpose == LIST:
                                pairs[found, 0], pairs[found, 1] = k, other
                            found += 1
                    other += 1
    return compared if purpose == UNITE else found


@njit(cache=True, nogil=True)
def belongs(points: Points, bounds: Bounds, a: int, b: int, squared: float) -> bool:
    """Say whether two points, their squared distance given, are one place by the rule."""
    if bounds.least_m < bounds.most_m:
        of_a, of_b = points.accuracy_m[a], points.accuracy_m[b]
        radius = max(2.0 * np.sqrt(of_a * of_a + of_b * of_b), bounds.least_m)
        if radius < bounds.most_m and squared > radius * radius:
            return False
    gap: float = max(points.from_s[a] - points.to_s[b], points.from_s[b] - points.to_s[a])
    is_near: bool = gap <= bounds.window_s
    if bounds.events and points.event[a] >= 0 and points.event[b] >= 0:
        is_near = bool(points.event[a] == points.event[b])
    if not bounds.closings:
        return is_near
    if not (is_near or bounds.while_open):
        return False
    since_a, since_b = points.from_s[a], points.from_s[b]
    if since_a == since_b:
        return bool(min(points.closed_s[a], points.closed_s[b]) > since_a)
    return bool(points.closed_s[a] > since_b if since_a < since_b else points.closed_s[b] > since_a)


@njit(cache=True, nogil=True)
def unite(parent: I4, a: int, b: int) -> None:
    """Join two sets under the lower of their roots, halving the ways there."""
    while parent[a] != a:
        parent[a] = parent[parent[a]]
        a = parent[a]
    while parent[b] != b:
        parent[b] = parent[parent[b]]
        b = parent[b]
    if a < b:
        parent[b] = a
    elif b < a:
        parent[a] = b


@njit(cache=True, nogil=True)
def flattened(parent: I4) -> I4:
    """Point every row at its root; roots are lower than what hangs from them, so one pass does."""
    for k in range(len(parent)):
        parent[k] = parent[parent[k]]
    return parent
