"""What has changed since points were filed: differences by cell, for all zooms, in one table."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.tiles.cells import CELL_BITS, SUM_ID, SUM_STATE, SUM_X, SUM_Y, SUMS, N
from geo.tiles.compiled import inner, outer
from geo.tiles.positions import BITS, gather
from geo.tiles.scheme import SEVERITY_SHIFT, STATUS_BITS, STATUS_SHIFT, Scheme

I8 = NDArray[np.int64]
I4 = NDArray[np.int32]

LAST_ZOOM: Final = 20
"""The last zoom with tiles: a cell is 16 units there, 2.4 m at the equator."""
ZOOMS: Final = LAST_ZOOM + CELL_BITS + 2
"""Cells of zoom −4 to 21: a tile of zoom z is the cell of zoom z − 4 of the same key, and a quarter of a cell
is one of zoom z + 1."""
SMALLEST: Final = 1 << 10


class Differences(NamedTuple):
    """Differences by cell: an open-addressing table from cells to rows of sums and counts.

    Attributes
    ----------
    slots
        (2ᵏ, 2) int64: code of a cell (0 where free), row.
    sums, counts
        (m, 5) int64 and (m, columns) int32, by row; they may be below 0.
    stamps
        (m,) int64, by row: number of the last change, from 1.
    first_status, first_severity
        Columns of counts.
    """

    slots: I8
    sums: I8
    counts: I4
    stamps: I8
    first_status: int
    first_severity: int


class Changes:
    """Differences that grow.

    Attributes
    ----------
    table
        The differences.
    number
        Changes so far.
    used
        Rows taken. A cell once named stays named, even when its differences are 0 again.
    """

    def __init__(self, scheme: Scheme) -> None:
        self.table = Differences(
            np.zeros((SMALLEST, 2), dtype=np.int64),
            np.zeros((SMALLEST // 2, SUMS), dtype=np.int64),
            np.zeros((SMALLEST // 2, scheme.columns), dtype=np.int32),
            np.zeros(SMALLEST // 2, dtype=np.int64),
            scheme.first_status,
            scheme.first_severity,
        )
        self.used = 0
        self.number = 0

    def record(self, key: int, state: int, number: int, sign: int) -> None:
        """Add (sign 1) or take away (sign −1) one point in every zoom."""
        if self.used + ZOOMS > len(self.table.sums):
            self._grow()
        self.number += 1
        self.used = _record(self.table, self.used, self.number, key, state, number, sign)

    def replace(self, key: int, old: tuple[int, int], new: tuple[int, int]) -> None:
        """Give one point another state and id, where it is."""
        if self.used + ZOOMS > len(self.table.sums):
            self._grow()
        self.number += 1
        self.used = _replace(self.table, self.used, self.number, key, *old, *new)

    def _grow(self) -> None:
        old = self.table
        slots = np.zeros((len(old.slots) * 2, 2), dtype=np.int64)
        _refill(old.slots, slots)
        self.table = old._replace(
            slots=slots,
            sums=np.concatenate([old.sums, np.zeros_like(old.sums)]),
            counts=np.concatenate([old.counts, np.zeros_like(old.counts)]),
            stamps=np.concatenate([old.stamps, np.zeros_like(old.stamps)]),
        )

    @property
    def nbytes(self) -> int:
        """Bytes that it holds."""
        return sum(array.nbytes for array in self.table if isinstance(array, np.ndarray))


@inner
def _code(zoom: int, cell: int) -> int:
    """Name a cell by zoom (−4 to 21) and key (below 2⁵⁰); above 0."""
    return (np.int64(zoom + CELL_BITS + 1) << 52) | cell  # type: ignore[return-value]


@inner
def _find_slot(slots: I8, code: int) -> int:
    """The slot that holds a cell, or the free one where it would go."""
    mask = len(slots) - 1
    mixed = code * -7046029254386353131  # 2⁶⁴ ÷ golden ratio
    slot = (mixed ^ (mixed >> 29)) >> 16 & mask
    while slots[slot, 0] != 0 and slots[slot, 0] != code:
        slot = (slot + 1) & mask
    return slot


@inner
def find_row(slots: I8, zoom: int, cell: int) -> int:
    """The row of a cell's differences, or −1."""
    code = _code(zoom, cell)
    slot = _find_slot(slots, code)
    return slots[slot, 1] if slots[slot, 0] == code else -1


@outer
def _refill(slots: I8, to: I8) -> None:
    for slot in range(len(slots)):
        if slots[slot, 0] != 0:
            free = _find_slot(to, slots[slot, 0])
            to[free, 0], to[free, 1] = slots[slot, 0], slots[slot, 1]


@outer
def _record(table: Differences, used: int, stamp: int, key: int, state: int, number: int, sign: int) -> int:
    slots, sums, counts = table.slots, table.sums, table.counts
    x, y = gather(key), gather(key >> 1)
    status = table.first_status + ((state >> STATUS_SHIFT) & STATUS_BITS)
    severity = table.first_severity + ((state >> SEVERITY_SHIFT) & 3)
    for zoom in range(-CELL_BITS, LAST_ZOOM + 2):
        code = _code(zoom, key >> (2 * (BITS - CELL_BITS - zoom)))
        slot = _find_slot(slots, code)
        if slots[slot, 0] == 0:
            slots[slot, 0], slots[slot, 1] = code, used
            used += 1
        row = slots[slot, 1]
        table.stamps[row] = stamp
        sums[row, N] += sign
        sums[row, SUM_X] += sign * x
        sums[row, SUM_Y] += sign * y
        sums[row, SUM_STATE] += sign * state
        sums[row, SUM_ID] += sign * number
        counts[row, state & 31] += sign
        counts[row, status] += sign
        counts[row, severity] += sign
    return used


@outer
def _replace(
    table: Differences,
    used: int,
    stamp: int,
    key: int,
    old_state: int,
    old_number: int,
    state: int,
    number: int,
) -> int:
    """`_record` twice, in half the time: the cells are looked for once, and places do not change."""
    slots, sums, counts = table.slots, table.sums, table.counts
    for zoom in range(-CELL_BITS, LAST_ZOOM + 2):
        code = _code(zoom, key >> (2 * (BITS - CELL_BITS - zoom)))
        slot = _find_slot(slots, code)
        if slots[slot, 0] == 0:
            slots[slot, 0], slots[slot, 1] = code, used
            used += 1
        row = slots[slot, 1]
        table.stamps[row] = stamp
        sums[row, SUM_STATE] += state - old_state
        sums[row, SUM_ID] += number - old_number
        counts[row, old_state & 31] -= 1
        counts[row, state & 31] += 1
        counts[row, table.first_status + ((old_state >> STATUS_SHIFT) & STATUS_BITS)] -= 1
        counts[row, table.first_status + ((state >> STATUS_SHIFT) & STATUS_BITS)] += 1
        counts[row, table.first_severity + ((old_state >> SEVERITY_SHIFT) & 3)] -= 1
        counts[row, table.first_severity + ((state >> SEVERITY_SHIFT) & 3)] += 1
    return used
