"""How the loops of this package are compiled.

`inner` functions are called by compiled ones alone; without a door from Python they compile faster.
"""

from pathlib import Path
from typing import Final

from geo.compiled import compiler, stamp_of

STAMP: Final = stamp_of(Path(__file__).parent)

inner = compiler(STAMP, error_model="numpy", no_cfunc_wrapper=True, no_cpython_wrapper=True)
outer = compiler(STAMP, error_model="numpy", no_cfunc_wrapper=True)
"""Called from Python too; holds the interpreter's lock: for work of microseconds."""
long = compiler(STAMP, error_model="numpy", no_cfunc_wrapper=True, nogil=True)
"""Called from Python, for work of milliseconds: other threads go on."""
