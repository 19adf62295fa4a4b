"""How this package's loops are compiled.

`inner` functions are called by compiled ones alone; without a door from Python they compile faster.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Loop = TypeVar("Loop", bound=Callable[..., Any])


def _compiler(**options: bool) -> Callable[[Loop], Loop]:
    """A decorator that keeps a function's signature for the type checker."""
    made: Any = njit
    return cast(
        "Callable[[Loop], Loop]", made(cache=True, error_model="numpy", no_cfunc_wrapper=True, **options)
    )


inner = _compiler(no_cpython_wrapper=True)
outer = _compiler()
"""Called from Python too; holds the interpreter's lock: for work of microseconds."""
long = _compiler(nogil=True)
"""Called from Python, for work of milliseconds: other threads go on."""
