"""How the loops of this package are compiled: other threads go on while they run."""

from pathlib import Path
from typing import Final

from geo.compiled import compiler, stamp_of

STAMP: Final = stamp_of(Path(__file__).parent)
loop = compiler(STAMP, nogil=True)
