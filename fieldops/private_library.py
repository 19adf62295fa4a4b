"""SpatiaLite for a SQLite driver, without letting its libraries loose on the process.

SQLite loads an extension with RTLD_GLOBAL. SpatiaLite's own PROJ, GEOS, libtiff and their kin then come
before those that Python packages bring along: whatever is imported afterwards binds to the system's older
versions (seen on Debian 12: pyproj and GDAL abort or segfault, also in the middle of a request). So the
library is opened privately here and handed to SQLite as an automatic extension.

SQLite runs automatic extensions on every connection of the process, even on the one that PROJ opens to its
own data while SpatiaLite starts, which would wait for itself for ever. So a connection gets SpatiaLite only
inside `PrivateLibrary.armed`, and only the first one.
"""

import ctypes
import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

_ENTRY_POINT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
_SQLITE_OK = 0
_START_WAITS_MS = 10_000


class PrivateLibrary:
    """One SpatiaLite library, registered with one driver's SQLite for the life of the process.

    Parameters
    ----------
    module
        The driver: `sqlite3` or `pysqlite3.dbapi2`.
    library
        Path or loader name of mod_spatialite, with or without its ending.

    Raises
    ------
    OSError
        The library or one that it needs cannot be loaded.
    AttributeError
        The driver hides its SQLite, or the library is not SpatiaLite.
    """

    def __init__(self, module: ModuleType, library: str) -> None:
        name = library if ".so" in library else f"{library}.so"
        start = ctypes.CDLL(name, mode=ctypes.RTLD_LOCAL).sqlite3_modspatialite_init
        start.argtypes = [ctypes.c_void_p] * 3
        self._start = start
        self._thread = threading.local()
        self._sqlite = _sqlite_of(module)
        # SQLite keeps the address, so the callback has to live as long as the process: see `private_library`.
        self._callback = _ENTRY_POINT(self._on_open)
        if self._sqlite.sqlite3_auto_extension(self._callback) != _SQLITE_OK:
            raise OSError("SQLite did not register SpatiaLite")

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Give SpatiaLite to the connection that this thread opens inside the `with` block."""
        self._thread.armed = True
        try:
            yield
        finally:
            self._thread.armed = False

    def _on_open(self, connection: int, message: int, routines: int) -> int:
        if not getattr(self._thread, "armed", False):
            return _SQLITE_OK
        self._thread.armed = False
        # SpatiaLite reads the file as it starts, before the driver could set how long to wait for a writer.
        self._sqlite.sqlite3_busy_timeout(ctypes.c_void_p(connection), _START_WAITS_MS)
        return int(self._start(connection, message, routines))


@cache
def private_library(module: ModuleType, library: str) -> PrivateLibrary:
    """Return the one registration of `library` with the driver `module`."""
    return PrivateLibrary(module, library)


def _sqlite_of(module: ModuleType) -> Any:
    """Return the SQLite that a driver runs on: its own, or the one that it is linked to."""
    name = "_sqlite3" if module.__name__ == "sqlite3" else f"{module.__name__.partition('.')[0]}._sqlite3"
    core = importlib.import_module(name)
    return ctypes.CDLL(core.__file__)
