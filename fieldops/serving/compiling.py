"""Compiling the map's engine once, before several processes would each do it for themselves."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Final

from fieldops.config import ROOT
from fieldops.errors import SetupError

STAMP: Final = "map-compiled"
COMPILE: Final = (
    "from geo.tiles.pyramid import warm_up; from geo.tiles.scheme import Scheme; warm_up(Scheme(('a',)))"
)


def compile_map(
    instance_dir: Path, say: Callable[[str], None], command: tuple[str, ...] = (sys.executable, "-c", COMPILE)
) -> bool:
    """Compile the engine unless this installation remembers that it did; return whether it was asked to.

    A process of its own does it: what is compiled is kept on the disk, and a process that forks later shall
    not have run any of it.

    Raises
    ------
    SetupError
        It does not compile.
    """
    stamp, wanted = instance_dir / STAMP, _wanted()
    if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return False
    say("compiling the map, unless that is done (once a version, up to a minute) …")
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise SetupError("The map does not compile: %(reason)s", reason=last or str(done.returncode))
    instance_dir.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted, encoding="ascii")
    return True


def _wanted() -> str:
    """Changes with the engine's sources, numba and Python."""
    digest = hashlib.blake2s(f"{sys.version}|{version('numba')}|{ROOT}".encode())
    for file in (ROOT / "geo" / "compiled.py", *sorted((ROOT / "geo" / "tiles").glob("*.py"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()
