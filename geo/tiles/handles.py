"""Arrays handed to compiled loops by their addresses.

numba looks at every array of a call from Python anew, which for a dozen of them takes longer than a tile. A
handle is one array that says where the others are. Whoever makes one keeps the arrays alive as long as it is
used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import carray, types  # type: ignore[attr-defined]
from numba.extending import intrinsic
from numpy.typing import NDArray

from geo.tiles.compiled import inner

I8 = NDArray[np.int64]
I4 = NDArray[np.int32]
U1 = NDArray[np.uint8]

ENTRY: Final = 3
"""Numbers that stand for one array: address, rows, columns."""


def handle_of(arrays: Iterable[NDArray[Any]], *more: int) -> I8:
    """Write down where arrays of one or two dimensions are, in C order; and more numbers after them.

    Raises
    ------
    ValueError
        An array is not in C order.
    """
    numbers: list[int] = []
    for array in arrays:
        if not array.flags.c_contiguous:
            raise ValueError(f"An array of shape {array.shape} is not in C order.")
        numbers += [array.ctypes.data, array.shape[0], array.shape[1] if array.ndim > 1 else 1]
    return np.array([*numbers, *more], dtype=np.int64)


@intrinsic
def _pointer(_context: Any, _address: Any) -> tuple[Any, Callable[..., Any]]:
    """The place in memory of a number."""

    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.int64), generate


@inner
def column_i8(handle: I8, at: int) -> I8:
    """The array, shape (n,), whose entry begins at a number of a handle."""
    return carray(_pointer(handle[at]), (handle[at + 1],), np.int64)  # type: ignore[call-arg]


@inner
def table_i8(handle: I8, at: int) -> I8:
    """The array, shape (n, columns)."""
    return carray(_pointer(handle[at]), (handle[at + 1], handle[at + 2]), np.int64)  # type: ignore[call-arg]


@inner
def column_i4(handle: I8, at: int) -> I4:
    """The array, shape (n,)."""
    return carray(_pointer(handle[at]), (handle[at + 1],), np.int32)  # type: ignore[call-arg]


@inner
def table_i4(handle: I8, at: int) -> I4:
    """The array, shape (n, columns)."""
    return carray(_pointer(handle[at]), (handle[at + 1], handle[at + 2]), np.int32)  # type: ignore[call-arg]


@inner
def column_u1(handle: I8, at: int) -> U1:
    """The array, shape (n,)."""
    return carray(_pointer(handle[at]), (handle[at + 1],), np.uint8)  # type: ignore[call-arg]
