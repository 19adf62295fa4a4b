"""How this package's loops are compiled, and kept on disk.

`inner` functions are called by compiled ones alone; without a door from Python they compile faster.

What is compiled holds the code of the functions it calls, but numba looks for changes in its own file alone.
After an upgrade it would go on with parts of the old code; so here it is kept for just this state of all the
package's files.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from numba import njit

Loop = TypeVar("Loop", bound=Callable[..., Any])


def _digest_of_sources() -> str:
    digest = hashlib.blake2s()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


STAMP: Final = _digest_of_sources()


def _compiler(**options: bool) -> Callable[[Loop], Loop]:
    """A decorator that keeps a function's signature for the type checker."""
    made: Any = njit

    def compiled(loop: Loop) -> Loop:
        dispatcher = made(cache=True, error_model="numpy", no_cfunc_wrapper=True, **options)(loop)
        # numba has no door for this; a test shows that it works with the numba that is pinned.
        dispatcher._cache._cache_file._source_stamp = STAMP  # noqa: SLF001
        return cast("Loop", dispatcher)

    return compiled


inner = _compiler(no_cpython_wrapper=True)
outer = _compiler()
"""Called from Python too; holds the interpreter's lock: for work of microseconds."""
long = _compiler(nogil=True)
"""Called from Python, for work of milliseconds: other threads go on."""
