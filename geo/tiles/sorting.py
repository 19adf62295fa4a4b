"""Keys put in order, by digits: only those bits are looked at in which keys differ."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.tiles.compiled import long
from geo.tiles.positions import BITS

I8 = NDArray[np.int64]
I4 = NDArray[np.int32]

DIGIT: Final = 11


@long
def sort_keys(keys: I8) -> tuple[I8, I4]:
    """Sort keys ≥ 0, shape (n,), n < 2³¹, may be empty.

    Returns
    -------
    The keys in order, and the row that each came from; equal keys stay in the order they came in. O(n) for
    each 11 bits between the highest and the lowest bit in which any two keys differ.
    """
    n = len(keys)
    order = np.empty(n, np.int32)
    differing = np.int64(0)
    for row in range(n):
        order[row] = row
        differing |= keys[row] ^ keys[0]
    from_keys, from_order = keys.copy(), order
    to_keys, to_order = np.empty(n, np.int64), np.empty(n, np.int32)
    size = 1 << DIGIT
    counts = np.empty(size, np.int64)
    shift = 0
    # A shift by 64 or more is one by what it exceeds 64: without the first condition, keys that differ in
    # their highest bits, as on either side of Greenwich or the equator, would be sorted for ever.
    while shift < 2 * BITS and differing >> shift != 0:
        if (differing >> shift) & 1 == 0:
            shift += 1
            continue
        counts[:] = 0
        for row in range(n):
            counts[(from_keys[row] >> shift) & (size - 1)] += 1
        total = 0
        for digit in range(size):
            count = counts[digit]
            counts[digit] = total
            total += count
        for row in range(n):
            digit = (from_keys[row] >> shift) & (size - 1)
            at = counts[digit]
            counts[digit] = at + 1
            to_keys[at] = from_keys[row]
            to_order[at] = from_order[row]
        from_keys, to_keys = to_keys, from_keys
        from_order, to_order = to_order, from_order
        shift += DIGIT
    return from_keys, from_order
