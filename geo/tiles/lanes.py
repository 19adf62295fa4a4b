"""The cells around a cell, looked at eight at a time.

Whether a cell is near cannot be foretold, and a processor that guesses wrongly takes longer than to look at
all: so five rows of eight places are compared at once, and the answer is one number with a bit for each
place. numba makes no such code of a loop; here it is written for LLVM, which turns it into what a processor
has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from geo.tiles.compiled import inner

I1 = NDArray[np.int8]
I4 = NDArray[np.int32]

NEAR: Final = 2
"""Columns and rows that are looked at on each side of a place."""
LANES: Final = 8
"""Places compared at once. Those beyond the fifth are left out of every answer, but are read."""

_LANE = ir.IntType(32)
_ANSWER = ir.IntType(64)


def _in_all(builder: Any, value: Any) -> Any:
    """One value in all lanes."""
    nothing = ir.Constant(ir.VectorType(value.type, LANES), ir.Undefined)
    first = builder.insert_element(nothing, value, ir.Constant(_LANE, 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(_LANE, LANES), [0] * LANES))


def _data(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    """Where an array's values are."""
    return context.make_array(kind)(context, builder, array).data


def _from(builder: Any, array: Any, at: Any) -> Any:
    """Eight values of an array, from a place on."""
    begin = builder.gep(array, [at])
    lanes = builder.load(builder.bitcast(begin, ir.VectorType(begin.type.pointee, LANES).as_pointer()))
    lanes.align = 1  # a place may be anywhere
    return lanes


def _around(builder: Any, here: Any, stride: Any, compare: Callable[[Any], Any]) -> Any:
    """A bit for each place around one where a comparison of lanes says so; none for the place itself."""
    found = ir.Constant(_ANSWER, 0)
    corner = builder.mul(builder.add(stride, ir.Constant(_ANSWER, 1)), ir.Constant(_ANSWER, NEAR))
    at = builder.sub(here, corner)
    for down in range(2 * NEAR + 1):
        asked = sum(1 << right for right in range(2 * NEAR + 1) if (down, right) != (NEAR, NEAR))
        # Left out among the bits, not among the lanes: else processors without masks go through one by one.
        bits = builder.zext(builder.bitcast(compare(at), ir.IntType(LANES)), _ANSWER)
        bits = builder.and_(bits, ir.Constant(_ANSWER, asked))
        found = builder.or_(found, builder.shl(bits, ir.Constant(_ANSWER, LANES * down)))
        at = builder.add(at, stride)
    return found


@intrinsic
def _near(_typing: Any, xs: Any, ys: Any, _here: Any, _stride: Any, _x: Any, _y: Any, _limit_2: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        arrays = [_data(context, builder, signature.args[which], arguments[which]) for which in (0, 1)]
        here, stride = arguments[2:4]
        *middle, limit_2 = (_in_all(builder, value) for value in arguments[4:])

        def compare(at: Any) -> Any:
            squares = []
            for array, of in zip(arrays, middle, strict=True):
                apart = builder.sub(_from(builder, array, at), of)
                # Whole numbers below 2⁵³ are what they are as floats, too, and these are multiplied faster.
                apart = builder.sitofp(apart, limit_2.type)
                squares.append(builder.fmul(apart, apart))
            return builder.fcmp_ordered("<", builder.fadd(*squares), limit_2)

        return _around(builder, here, stride, compare)

    asked = (xs, ys, types.int64, types.int64, types.int32, types.int32, types.float64)
    return types.int64(*asked), generate


@intrinsic
def _below(_typing: Any, values: Any, _here: Any, _stride: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = _data(context, builder, signature.args[0], arguments[0])
        here, stride = arguments[1:]
        limit = _in_all(builder, builder.load(builder.gep(array, [here])))

        def compare(at: Any) -> Any:
            return builder.icmp_signed("<", _from(builder, array, at), limit)

        return _around(builder, here, stride, compare)

    return types.int64(values, types.int64, types.int64), generate


@intrinsic
def _first(_typing: Any, _bits: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), generate


@intrinsic
def _last(_typing: Any, _bits: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        before = builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 1))
        return builder.sub(ir.Constant(_ANSWER, 63), before)

    return types.int64(types.int64), generate


@intrinsic
def _ones(_typing: Any, _bits: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.int64), generate


@inner
def near_bits(xs: I4, ys: I4, here: int, stride: int, x: int, y: int, limit_2: int) -> int:
    """Say which of the places around a place hold something nearer to (x, y) than a squared distance.

    Parameters
    ----------
    xs, ys
        (places + `LANES`,): where something is, by place; rows of places are `stride` apart. No two may be
        farther apart than 2³¹, those to be found less than 2²⁶.
    here
        The place.

    Returns
    -------
    Bit 8 × (rows down + 2) + columns right + 2 for each; the place itself is left out.
    """
    return _near(xs, ys, here, stride, x, y, limit_2)  # type: ignore[call-arg]


@inner
def lower_bits(values: I1 | I4, here: int, stride: int) -> int:
    """Say at which of the places around a place a value is below the place's own, as `near_bits` does."""
    return _below(values, here, stride)  # type: ignore[call-arg]


@inner
def first_bit(bits: int) -> int:
    """Number of the lowest bit that is set; some must be."""
    return _first(bits)  # type: ignore[call-arg]


@inner
def last_bit(bits: int) -> int:
    """Number of the highest bit that is set; some must be."""
    return _last(bits)  # type: ignore[call-arg]


@inner
def ones(bits: int) -> int:
    """How many bits are set."""
    return _ones(bits)  # type: ignore[call-arg]
