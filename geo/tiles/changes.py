"""What has changed since points were filed: differences by cell, for all zooms, in one table."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.tiles.cells import CELL_BITS, SUM_ID, SUM_STATE, SUM_X, SUM_Y, SUMS, N
from geo.tiles.compiled import inner, outer
from geo.tiles.handles import ENTRY, column_i8, handle_of, table_i4, table_i8
from geo.tiles.positions import BITS, gather
from geo.tiles.scheme import SEVERITY_SHIFT, STATUS_BITS, STATUS_SHIFT, Columns

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
    """

    slots: I8
    sums: I8
    counts: I4
    stamps: I8


class Changes:
    """Differences that grow.

    Attributes
    ----------
    table
        The differences.
    handle
        Where they are; what `differences_of` and `columns_of` read.
    number
        Changes so far.
    used
        Rows taken. A cell once named stays named, even when its differences are 0 again.
    """

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self.table = Differences(
            np.zeros((SMALLEST, 2), dtype=np.int64),
            np.zeros((SMALLEST // 2, SUMS), dtype=np.int64),
            np.zeros((SMALLEST // 2, columns.total), dtype=np.int32),
            np.zeros(SMALLEST // 2, dtype=np.int64),
        )
        self.handle = handle_of(self.table, *columns)
        self.used = 0
        self.number = 0

    def record(self, key: int, state: int, number: int, sign: int) -> None:
        """Add (sign 1) or take away (sign −1) one point in every zoom."""
        if self.used + ZOOMS > len(self.table.sums):
            self._grow()
        self.number += 1
        self.used = _record(self.handle, self.used, self.number, key, state, number, sign)

    def replace(self, key: int, old: tuple[int, int], new: tuple[int, int]) -> None:
        """Give one point another state and id, where it is."""
        if self.used + ZOOMS > len(self.table.sums):
            self._grow()
        self.number += 1
        self.used = _replace(self.handle, self.used, self.number, key, *old, *new)

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
        self.handle = handle_of(self.table, *self._columns)

    @property
    def nbytes(self) -> int:
        """Bytes that it holds."""
        return sum(array.nbytes for array in self.table)


@inner
def differences_of(handle: I8) -> Differences:
    """The differences of a handle."""
    return Differences(
        table_i8(handle, 0),
        table_i8(handle, ENTRY),
        table_i4(handle, 2 * ENTRY),
        column_i8(handle, 3 * ENTRY),
    )


@inner
def columns_of(handle: I8) -> Columns:
    """What the counts of a handle count."""
    at = 4 * ENTRY
    return Columns(handle[at], handle[at + 1], handle[at + 2])


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
def _record(handle: I8, used: int, stamp: int, key: int, state: int, number: int, sign: int) -> int:
    table, columns = differences_of(handle), columns_of(handle)
    slots, sums, counts, stamps = table.slots, table.sums, table.counts, table.stamps
    x, y = gather(key), gather(key >> 1)
    status = columns.first_status + ((state >> STATUS_SHIFT) & STATUS_BITS)
    severity = columns.first_severity + ((state >> SEVERITY_SHIFT) & 3)
    for zoom in range(-CELL_BITS, LAST_ZOOM + 2):
        code = _code(zoom, key >> (2 * (BITS - CELL_BITS - zoom)))
        slot = _find_slot(slots, code)
        if slots[slot, 0] == 0:
            slots[slot, 0], slots[slot, 1] = code, used
            used += 1
        row = slots[slot, 1]
        stamps[row] = stamp
        sums[row, N] += sign
        sums[row, SUM_X] += sign * x
        sums[row, SUM_Y] += sign * y
        sums[row, SUM_STATE] += sign * state
        sums[row, SUM_ID] += sign * number
        counts[row, status] += sign
        if columns.first_status > 0:
            counts[row, state & 31] += sign
            counts[row, severity] += sign
    return used


@outer
def _replace(
    handle: I8,
    used: int,
    stamp: int,
    key: int,
    old_state: int,
    old_number: int,
    state: int,
    number: int,
) -> int:
    """`_record` twice, in half the time: the cells are looked for once, and places do not change."""
    table, columns = differences_of(handle), columns_of(handle)
    slots, sums, counts, stamps = table.slots, table.sums, table.counts, table.stamps
    old_status = columns.first_status + ((old_state >> STATUS_SHIFT) & STATUS_BITS)
    status = columns.first_status + ((state >> STATUS_SHIFT) & STATUS_BITS)
    old_severity = columns.first_severity + ((old_state >> SEVERITY_SHIFT) & 3)
    severity = columns.first_severity + ((state >> SEVERITY_SHIFT) & 3)
    for zoom in range(-CELL_BITS, LAST_ZOOM + 2):
        code = _code(zoom, key >> (2 * (BITS - CELL_BITS - zoom)))
        slot = _find_slot(slots, code)
        if slots[slot, 0] == 0:
            slots[slot, 0], slots[slot, 1] = code, used
            used += 1
        row = slots[slot, 1]
        stamps[row] = stamp
        sums[row, SUM_STATE] += state - old_state
        sums[row, SUM_ID] += number - old_number
        counts[row, old_status] -= 1
        counts[row, status] += 1
        if columns.first_status > 0:
            counts[row, old_state & 31] -= 1
            counts[row, state & 31] += 1
            counts[row, old_severity] -= 1
            counts[row, severity] += 1
    return used
