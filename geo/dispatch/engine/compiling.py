"""How the kernels are compiled: one library with one entry, kept on disk for the next process.

A kernel is code that only other kernels call. It gets no Python wrapper and no reference counting (no kernel
makes an array), which is most of what compiling would cost. Only the entry is cached, and its key holds a
fingerprint of every source file here: numba itself looks at the one file in which a function stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])

_compile: Any = njit
kernel: Callable[[Function], Function] = _compile(
    nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False
)
"""Compile a function that only kernels call."""


def fingerprint() -> int:
    """A number that changes with any source of the engine, and with the numbers it shares with Python."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for source in [*sorted(here.glob("*.py")), here.parent / "drives.py"]:
        digest.update(source.read_bytes())
    return int.from_bytes(digest.digest()[:7], "big")
