"""How loops are compiled and kept on disk: for just one state of all the files they may come from.

What numba keeps holds the code of the functions that are called too, but it looks for changes in a function's
own file alone. After an upgrade it would go on with parts of the old code. Here it is kept under a stamp of
all files of the package.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

Loop = TypeVar("Loop", bound=Callable[..., Any])


def stamp_of(package: Path) -> str:
    """Changes with any source of a package.

    Parameters
    ----------
    package
        Its folder.
    """
    digest = hashlib.blake2s()
    for file in sorted(package.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def compiler(stamp: str, **options: object) -> Callable[[Loop], Loop]:
    """A decorator that compiles a loop, with numba's options, and keeps it under a stamp."""
    made: Any = njit

    def compiled(loop: Loop) -> Loop:
        dispatcher = made(cache=True, **options)(loop)
        # numba has no door for this; a test shows that it works with the numba that is pinned. What is kept
        # under another stamp must not even be unpickled: it may name classes that are no longer there.
        kept = dispatcher._cache._cache_file  # noqa: SLF001
        kept._source_stamp = stamp  # noqa: SLF001
        kept._version = f"{kept._version} {stamp}"  # noqa: SLF001
        return cast("Loop", dispatcher)

    return compiled
