"""Keys put in order, by digits: only those bits are looked at in which keys differ."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.tiles.compiled import inner, long
from geo.tiles.positions import BITS

I8 = NDArray[np.int64]
I4 = NDArray[np.int32]

DIGIT: Final = 11
"""Bits that one pass looks at, at most: more places to write to than a processor keeps at hand cost more."""


@long
def sort_keys(keys: I8) -> tuple[I8, I4]:
    """Sort keys ≥ 0, shape (n,), n < 2³¹, may be empty.

    Returns
    -------
    The keys in order, and the row that each came from; equal keys stay in the order they came in. O(n) for
    each 11 bits between the highest and the lowest bit in which any two keys differ.
    """
    n = len(keys)
    differing = np.int64(0)
    for row in range(n):
        differing |= keys[row] ^ keys[0]
    low, high, row_bits = 0, 0, 0
    while low < 2 * BITS and (differing >> low) & 1 == 0:
        low += 1
    while high < 2 * BITS and differing >> high != 0:
        high += 1
    while n >> row_bits != 0:
        row_bits += 1
    width = max(high - low, 0)
    if width + row_bits < 63:
        return _sort_packed(keys, low, width, row_bits)
    return _sort_beside(keys, low, width)


@inner
def _passes(width: int) -> tuple[int, int]:
    """How many passes sort so many bits, and how many bits each looks at."""
    passes = max((width + DIGIT - 1) // DIGIT, 1)
    return passes, (width + passes - 1) // passes


@inner
def _starts(keys: I8, low: int, width: int) -> I8:
    """Where the keys of each digit begin, a row for each pass."""
    passes, digit = _passes(width)
    counts = np.zeros((passes, 1 << digit), np.int64)
    mask, differing = (1 << digit) - 1, (1 << width) - 1
    for row in range(len(keys)):
        key = (keys[row] >> low) & differing
        for turn in range(passes):
            counts[turn, key & mask] += 1
            key >>= digit
    for turn in range(passes):
        total = 0
        for value in range(1 << digit):
            count = counts[turn, value]
            counts[turn, value] = total
            total += count
    return counts


@inner
def _sort_packed(keys: I8, low: int, width: int, row_bits: int) -> tuple[I8, I4]:
    """Sort with the row beside the bits that differ, in one number."""
    n, (passes, digit) = len(keys), _passes(width)
    counts, mask = _starts(keys, low, width), (1 << digit) - 1
    here, there = np.empty(n, np.int64), np.empty(n, np.int64)
    differing = (1 << width) - 1
    for row in range(n):
        here[row] = ((keys[row] >> low) & differing) << row_bits | row
    for turn in range(passes):
        shift, at = row_bits + turn * digit, counts[turn]
        for row in range(n):
            value = (here[row] >> shift) & mask
            there[at[value]] = here[row]
            at[value] += 1
        here, there = there, here
    order = np.empty(n, np.int32)
    for row in range(n):
        order[row] = here[row] & ((1 << row_bits) - 1)
        there[row] = keys[order[row]] if low > 0 else keys[0] >> width << width | here[row] >> row_bits
    return there, order


@inner
def _sort_beside(keys: I8, low: int, width: int) -> tuple[I8, I4]:
    """Sort where keys and rows do not fit into one number."""
    n, (passes, digit) = len(keys), _passes(width)
    counts, mask = _starts(keys, low, width), (1 << digit) - 1
    from_keys, from_order = keys.copy(), np.arange(n).astype(np.int32)
    differing = (1 << width) - 1
    to_keys, to_order = np.empty(n, np.int64), np.empty(n, np.int32)
    for turn in range(passes):
        shift, at = turn * digit, counts[turn]
        for row in range(n):
            value = (((from_keys[row] >> low) & differing) >> shift) & mask
            to_keys[at[value]] = from_keys[row]
            to_order[at[value]] = from_order[row]
            at[value] += 1
        from_keys, to_keys = to_keys, from_keys
        from_order, to_order = to_order, from_order
    return from_keys, from_order
