"""One pointer for many arrays.

Numba hands a tuple of arrays from function to function by value, nine numbers for a matrix: with thirty
arrays compiling takes minutes and each call copies two kilobytes. A handle is one pointer to a table of
addresses and shapes; `world.stops` reads the array out of it, in code compiled as one load.

The owner on the Python side keeps the arrays alive and in place: they are made once and never resized.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import NativeValue, infer_getattr, models, register_model, typeof_impl, unbox
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate
from numba.core.typing.typeof import Purpose
from numba.np.arrayobj import make_array, populate_array
from numba.np.numpy_support import from_dtype

MOST_AXES = 3
SLOTS = 1 + MOST_AXES
"""Numbers per array in the table: its address, then its shape."""


class HandleType(types.Type):
    """The type of a handle: names, item types and axes of its arrays."""

    def __init__(self, name: str, fields: Sequence[tuple[str, np.dtype[Any], int]]) -> None:
        self.fields = {
            field: (place, types.Array(from_dtype(dtype), axes, "C"))
            for place, (field, dtype, axes) in enumerate(fields)
        }
        self.dtypes = {field: (dtype, axes) for field, dtype, axes in fields}
        super().__init__(name=f"{name}{zlib.crc32(repr(self.fields).encode())}")


class Handle:
    """Arrays by name, and where compiled code finds them.

    Raises
    ------
    ValueError
        When an array is not of the kind its type promises.
    """

    def __init__(self, kind: HandleType, arrays: Any) -> None:
        self.kind = kind
        self.arrays = arrays
        self.table = np.zeros((len(kind.fields), SLOTS), dtype=np.int64)
        for field, (place, _) in kind.fields.items():
            array = getattr(arrays, field)
            if (array.dtype, array.ndim) != kind.dtypes[field] or not array.flags.c_contiguous:
                raise ValueError(f"{field}: {array.dtype} of {array.ndim} axes does not fit")
            self.table[place, 0] = array.ctypes.data
            self.table[place, 1 : 1 + array.ndim] = array.shape
        self.address = self.table.ctypes.data


@register_model(HandleType)
class HandleModel(models.PrimitiveModel):
    """A handle is a pointer to its table."""

    def __init__(self, manager: Any, kind: HandleType) -> None:
        super().__init__(manager, kind, ir.IntType(64).as_pointer())


@typeof_impl.register(Handle)
def handle_type(handle: Handle, _: Purpose) -> HandleType:
    """The type of a handle."""
    return handle.kind


@unbox(HandleType)
def unbox_handle(_: HandleType, handle: Any, c: Any) -> NativeValue:
    """Take the pointer out of a handle."""
    address = c.pyapi.object_getattr_string(handle, "address")
    number = c.pyapi.long_as_longlong(address)
    c.pyapi.decref(address)
    return NativeValue(c.builder.inttoptr(number, ir.IntType(64).as_pointer()))


@infer_getattr
class HandleAttributes(AttributeTemplate):
    """The arrays of a handle are its attributes."""

    key = HandleType

    def generic_resolve(self, kind: Any, field: str) -> Any:  # type: ignore[override]
        """The type of one array."""
        place = kind.fields.get(field)
        return None if place is None else place[1]


@lower_getattr_generic(HandleType)
def read_array(context: Any, builder: Any, kind: HandleType, table: Any, field: str) -> Any:
    """Read an array out of the table; the table never changes, so the load may move."""
    place, kind_of_array = kind.fields[field]
    never_changes = builder.module.add_metadata([])

    def read(slot: int) -> Any:
        where = builder.gep(table, [ir.Constant(ir.IntType(64), place * SLOTS + slot)])
        number = builder.load(where)
        number.set_metadata("invariant.load", never_changes)
        return number

    shape = [read(1 + axis) for axis in range(kind_of_array.ndim)]
    item_type = context.get_data_type(kind_of_array.dtype)
    item_size = context.get_constant(types.intp, context.get_abi_sizeof(item_type))
    strides = [item_size]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    array = make_array(kind_of_array)(context, builder)
    populate_array(
        array,
        data=builder.inttoptr(read(0), item_type.as_pointer()),
        shape=cgutils.pack_array(builder, shape),
        strides=cgutils.pack_array(builder, strides),
        itemsize=item_size,
        meminfo=None,
    )
    return array._getvalue()  # noqa: SLF001 — numba's own way to hand a struct on
