"""Which cells become bubbles, and which of them every other cell joins.

The cells are taken in order of rank: of more points first (by powers of four), then by a hash of their place.
A cell becomes a bubble when no bubble is nearer than the reach, and otherwise joins the nearest: a maximal
independent set, greedily, in an order that is random within each size. So no two bubbles are nearer than the
reach, and every cell is within it of its own. The outcome is a property of the points alone: not of tiles,
nor of the order in which points came (K. Censor-Hillel, E. Haramaty, Z. Karnin, "Optimal dynamic distributed
MIS", PODC 2016).

Whether a cell is a bubble depends on nearer cells of lower rank alone, and so on theirs, which is never far.
So cells are not put in order: each asks those that it depends on, and they theirs, and a part of the map is
decided on its own. What depends on cells outside of it is left undecided, and is known to be.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.tiles.cells import CELL_BITS, SIDE
from geo.tiles.compiled import inner
from geo.tiles.lanes import NEAR, first_bit, lower_bits, near_bits
from geo.tiles.positions import BITS
from geo.tiles.windows import AT_X, AT_Y, NO_OWNER, NOWHERE, OWNER, PLACE, Found, N, Window

I8 = NDArray[np.int64]
I1 = NDArray[np.int8]
I4 = NDArray[np.int32]

REACH_512: Final = 40
"""Least distance of two bubbles' middles, in 1/512 of a tile's side: pixels, on most maps. Cells within reach
of each other are at most `NEAR` columns and rows apart: 40/512 is 1.25 cells."""
_APART: Final = np.array([max(abs((which >> 3) - NEAR), abs((which & 7) - NEAR)) for which in range(64)])
"""How many columns or rows a numbered neighbour is away."""

UNSEEN, BUBBLE, JOINS, UNSURE = range(4)
"""What is known of a cell, in two bits: nothing yet; it is a bubble; it joins one; cells outside of the
window could matter."""
STANDING: Final = 3
"""These bits. Above them: how many cells away, at most, those are on which it depends."""
FARTHEST: Final = 255
"""That many or more, or not known."""
_EASY: Final = NEAR << 2 | BUBBLE
"""What is known of a bubble that depends on the cells around it alone."""
_NOT_ASKED: Final = -1
"""No neighbours, but those of which nobody asked."""
_BESIDE: Final = sum(1 << which for which in range(64) if _APART[which] == 1)
"""The numbers of those that are one column or row away."""


class Notes(NamedTuple):
    """Room to note things of the cells of a window.

    Attributes
    ----------
    known
        (cells,) int32: what is known of each.
    rest, joining, asked
        (cells + 1,) int32: cells not yet settled, those that join others, those that wait for others.
    bits
        (cells,) int64: neighbours, as `near_bits` has them.
    is_other
        (places + `LANES`,) int8, by place: 0 for bubbles that were found first.
    """

    known: I4
    rest: I4
    joining: I4
    asked: I4
    bits: I8
    is_other: I1


class Inside(NamedTuple):
    """Bounds of a square in a window, in world units: x and y from `low` to below `high`."""

    low_x: int
    high_x: int
    low_y: int
    high_y: int


@inner
def reach_of(zoom: int) -> int:
    """Least distance of two bubbles' middles, in world units."""
    return ((1 << (BITS - zoom)) * REACH_512) >> 9


@inner
def far_of(zoom: int) -> int:
    """From this distance on, in world units, two bubbles do not hinder each other from moving."""
    reach = reach_of(zoom)
    return reach + reach // 2


@inner
def notes_for(number: int, found: Found) -> Notes:
    """Room for so many cells."""
    return Notes(
        np.empty(number, np.int32),
        np.empty(number + 1, np.int32),
        np.empty(number + 1, np.int32),
        np.empty(number + 1, np.int32),
        np.empty(number, np.int64),
        np.empty(len(found.xs), np.int8),
    )


@inner
def neighbour(here: int, which: int, stride: int) -> int:
    """The place of a numbered neighbour: 8 × (rows down + 2) + columns right + 2, as `near_bits` has it."""
    return here + ((which >> 3) - NEAR) * stride + (which & 7) - NEAR


@inner
def _inside(window: Window, edge: int) -> Inside:
    """The cells of a window that are not within so many columns and rows of its edge."""
    shift = BITS - CELL_BITS - window.zoom
    after = window.side - edge
    return Inside(
        ((window.left + edge) << shift),
        ((window.left + after) << shift),
        ((window.top + edge) << shift),
        ((window.top + after) << shift),
    )


@inner
def _complete(window: Window) -> Inside:
    """The cells whose neighbours are all in the window, or would lie off the map."""
    shift, last = BITS - CELL_BITS - window.zoom, SIDE << window.zoom
    right, below = window.left + window.side, window.top + window.side
    return Inside(
        ((window.left + NEAR) << shift) if window.left > 0 else 0,
        (right - NEAR if right < last else last) << shift,
        ((window.top + NEAR) << shift) if window.top > 0 else 0,
        (below - NEAR if below < last else last) << shift,
    )


@inner
def decide(window: Window, edge: int, most: int, found: Found, number: int, notes: Notes) -> bool:
    """Say of cells which bubble they join: fills their column OWNER; a bubble joins itself.

    What takes no decision is done for all cells before what does: a processor that guesses wrongly has then
    little to do again.

    Parameters
    ----------
    window
        The window.
    edge
        Those cells are wanted that are at least so many columns and rows, no fewer than 2 × `NEAR`, from the
        window's edge; owners of others may be missing.
    most
        How many cells away, at most, is what may matter.
    found, number
        The window's cells; those that join others are taken off `xs`.
    notes
        Room for as many.

    Returns
    -------
    Whether all cells that are wanted have an owner, and depend on nothing farther than `most` cells away.
    """
    rows, xs, ys, known, joining = found.rows, found.xs, found.ys, notes.known, notes.joining
    stride, reach_2 = window.stride, reach_of(window.zoom) ** 2
    rest, joins = _settle_first(window, _inside(window, edge - NEAR), found, number, notes)
    joins, is_near = _settle_rest(rest, joins, window, most, found, notes)
    for cell in range(number):
        rows[OWNER, cell] = cell if known[cell] & STANDING == BUBBLE else NO_OWNER
    for at in range(joins):
        xs[rows[PLACE, joining[at]]] = NOWHERE
    for at in range(joins):
        cell = joining[at]
        place = int(rows[PLACE, cell])
        notes.bits[at] = near_bits(xs, ys, place, stride, rows[AT_X, cell], rows[AT_Y, cell], reach_2)
    _join(joins, stride, found, notes)
    return is_near and _have_owners(_inside(window, edge), found, number)


@inner
def _settle_first(window: Window, wanted: Inside, found: Found, number: int, notes: Notes) -> tuple[int, int]:
    """Settle the cells that are wanted and have no earlier one near them, which are bubbles, and those near
    one of these, which join.

    Notes which cells are earlier than each and near it. Returns how many of those wanted are listed in
    `rest`, not yet settled, and in `joining`.
    """
    rows, xs, ys, ranks = found.rows, found.xs, found.ys, found.ranks
    known, rest, joining, bits, is_other = notes.known, notes.rest, notes.joining, notes.bits, notes.is_other
    stride, reach_2 = window.stride, reach_of(window.zoom) ** 2
    others = 0
    for cell in range(number):
        place = int(rows[PLACE, cell])
        x, y = xs[place], ys[place]
        known[cell], bits[cell], is_other[place] = UNSEEN, _NOT_ASKED, 1
        if not (wanted.low_x <= x < wanted.high_x and wanted.low_y <= y < wanted.high_y):
            continue
        earlier = near_bits(xs, ys, place, stride, x, y, reach_2) & lower_bits(ranks, place, stride)
        bits[cell], is_other[place] = earlier, earlier != 0
        known[cell] = UNSEEN if earlier else _EASY
        rest[others] = cell
        others += earlier != 0
    left, joins = 0, 0
    for at in range(others):
        cell = rest[at]
        cause = bits[cell] & lower_bits(is_other, int(rows[PLACE, cell]), stride)
        # Nothing that is settled later can be a nearer cause.
        reach = NEAR + 1 if cause & _BESIDE else NEAR + 2
        known[cell] = reach << 2 | JOINS if cause else UNSEEN
        joining[joins] = cell
        joins += cause != 0
        rest[left] = cell
        left += cause == 0
    return left, joins


@inner
def _settle_rest(
    rest: int, joins: int, window: Window, most: int, found: Found, notes: Notes
) -> tuple[int, bool]:
    """Settle the cells that are listed in `rest`, and those they depend on.

    Returns how many are in `joining` then, and whether none depends on cells more than `most` away.
    """
    rows, grid, xs, ys, ranks = found
    known, asked, bits = notes.known, notes.asked, notes.bits
    stride, complete, reach_2 = window.stride, _complete(window), reach_of(window.zoom) ** 2
    is_near, depth = True, 0
    while depth > 0 or rest > 0:
        if depth == 0:
            rest -= 1
            asked[0] = notes.rest[rest]
            depth = 1
        cell = asked[depth - 1]
        place = int(rows[PLACE, cell])
        x, y = xs[place], ys[place]
        if bits[cell] == _NOT_ASKED:
            near = near_bits(xs, ys, place, stride, x, y, reach_2)
            bits[cell] = near & lower_bits(ranks, place, stride)
        is_complete = complete.low_x <= x < complete.high_x and complete.low_y <= y < complete.high_y
        standing = BUBBLE if is_complete else UNSURE
        # A bubble depends on all that each earlier cell depends on; one that joins, on its nearest cause.
        bubbles, cause = NEAR, FARTHEST
        earlier = bits[cell]
        while earlier:
            which = first_bit(earlier)
            other = grid[neighbour(place, which, stride)] - 1
            what = known[other]
            if what == UNSEEN:
                asked[depth] = other
                break
            earlier &= earlier - 1
            away = (what >> 2) + _APART[which]
            bubbles = max(bubbles, away)
            if what & STANDING == BUBBLE:
                standing = JOINS
                cause = min(cause, away)
            elif what & STANDING == UNSURE and standing == BUBBLE:
                standing = UNSURE
        if earlier:
            depth += 1
            continue
        depth -= 1
        reach = min(bubbles if standing == BUBBLE else cause, FARTHEST)
        if known[cell] == UNSEEN:
            known[cell] = reach << 2 | standing
            is_near &= reach <= most
            notes.joining[joins] = cell
            joins += standing == JOINS
    return joins, is_near


@inner
def _join(joins: int, stride: int, found: Found, notes: Notes) -> None:
    """Find the nearest bubble of the cells in `joining`, where all near them are known to be bubbles."""
    rows, grid, xs, ys, ranks = found
    for at in range(joins):
        cell, near = notes.joining[at], notes.bits[at]
        place = int(rows[PLACE, cell])
        x, y = rows[AT_X, cell], rows[AT_Y, cell]
        nearest, rank, owner = np.int64(1) << 62, 0, NO_OWNER
        while near:
            there = neighbour(place, first_bit(near), stride)
            near &= near - 1
            other = grid[there] - 1
            if notes.known[other] & STANDING != BUBBLE:
                owner = NO_OWNER
                break
            dx, dy = np.int64(xs[there]) - x, np.int64(ys[there]) - y
            distance = dx * dx + dy * dy
            if distance < nearest or (distance == nearest and ranks[there] < rank):
                nearest, rank, owner = distance, ranks[there], other
        rows[OWNER, cell] = owner


@inner
def _have_owners(wanted: Inside, found: Found, number: int) -> bool:
    """Whether all cells that are wanted have an owner."""
    rows = found.rows
    for cell in range(number):
        x, y = rows[AT_X, cell], rows[AT_Y, cell]
        is_wanted = wanted.low_x <= x < wanted.high_x and wanted.low_y <= y < wanted.high_y
        if is_wanted and rows[OWNER, cell] == NO_OWNER and rows[N, cell] > 0:
            return False
    return True


@inner
def gap_2_of(place: int, others: int, stride: int, xs: I4, ys: I4) -> int:
    """Squared distance of a bubble to the nearest of some others; `near_bits` gives both as places."""
    gap_2 = np.int64(1) << 62
    while others:
        at = neighbour(place, first_bit(others), stride)
        others &= others - 1
        dx, dy = np.int64(xs[at]) - xs[place], np.int64(ys[at]) - ys[place]
        gap_2 = min(gap_2, dx * dx + dy * dy)
    return gap_2  # type: ignore[return-value]


@inner
def middle_of(x: int, y: int, mean_x: int, mean_y: int, gap_2: int, zoom: int) -> tuple[int, int]:
    """Where a bubble is drawn: the middle of its cell's fullest quarter, moved towards the mean of all it
    holds.

    It moves by at most 1/4 of the reach, and by half of what it has to spare to the nearest other, whose
    squared distance `gap_2` is: so bubbles stay as far apart as the reach.
    """
    move_x, move_y = mean_x - x, mean_y - y
    spare = (math.sqrt(np.float64(min(gap_2, far_of(zoom) ** 2))) - reach_of(zoom)) / 2.0
    length = math.sqrt(np.float64(move_x * move_x + move_y * move_y))
    if length > spare:  # towards zero, so that rounding never brings two bubbles nearer
        move_x, move_y = int(move_x * spare / length), int(move_y * spare / length)
    return x + move_x, y + move_y
