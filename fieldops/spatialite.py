"""The embedded database: a SQLite driver that loads SpatiaLite, and its settings on every connection.

Python's own `sqlite3` is used where it can load extensions, else `pysqlite3`. The pitfalls that this
file walks around are told in `docs/decisions/0002-spatialite-driver.md`.
"""

import importlib
import os
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, event

from fieldops.config import ROOT, Settings
from fieldops.errors import SetupError
from fieldops.private_library import private_library

writing: ContextVar[bool] = ContextVar("writing", default=False)
"""True inside a unit of work that writes: SQLite then takes its write lock at BEGIN, so that a
read-modify-write can never be refused half way."""

HOW_TO_INSTALL = (
    "Install it with: apt-get install libsqlite3-mod-spatialite — or without root run script/bootstrap, "
    "which unpacks it into the project's .spatialite folder."
)


@dataclass(frozen=True)
class SpatialDriver:
    """What was found: the driver module, the library that it loads, and their versions."""

    module: ModuleType
    library: str
    sqlite_version: str
    spatialite_version: str


def _driver_candidates() -> Iterator[ModuleType]:
    for name in ("sqlite3", "pysqlite3.dbapi2"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        if hasattr(module.Connection, "enable_load_extension"):
            yield module


def _library_candidates(settings: Settings) -> list[str]:
    unpacked = sorted(str(path) for path in (ROOT / ".spatialite").rglob("mod_spatialite.so"))
    named = [settings.spatialite_library_path] if settings.spatialite_library_path else []
    return [*named, "mod_spatialite", *unpacked]


def _use_unpacked_projections(library: str) -> None:
    """Point PROJ at the data that came with a library unpacked without root."""
    for parent in Path(library).parents:
        data = parent / "usr" / "share" / "proj"
        if data.is_dir():
            os.environ.setdefault("PROJ_DATA", str(data))  # read by the C library, not by us
            return


def find_driver(settings: Settings) -> SpatialDriver:
    """Return the first driver and library that work together.

    Raises
    ------
    SetupError
        When no driver loads extensions or no SpatiaLite is found; the message says what to install.
    """
    failures: list[str] = []
    for module in _driver_candidates():
        for library in _library_candidates(settings):
            try:
                _use_unpacked_projections(library)
                return _try(module, library)
            except Exception as error:  # noqa: BLE001  each driver has error classes of its own
                failures.append(f"{module.__name__} with {library}: {error}")
    if not failures:
        raise SetupError(
            "No SQLite driver of this Python loads extensions. "
            "Install pysqlite3 (pip install -r requirements.txt)."
        )
    raise SetupError(
        "SpatiaLite was not found, and FieldOps does not run without it. %(how)s Tried: %(tried)s",
        how=HOW_TO_INSTALL,
        tried="; ".join(failures),
    )


def _try(module: ModuleType, library: str) -> SpatialDriver:
    with private_library(module, library).armed():
        connection = module.connect(":memory:")
    try:
        version = connection.execute("SELECT spatialite_version()").fetchone()[0]
        return SpatialDriver(module, library, module.sqlite_version, version)
    finally:
        connection.close()


def install_on(engine: Engine, driver: SpatialDriver, settings: Settings) -> None:
    """Give every connection of `engine` SpatiaLite, WAL and the settings of `docs/operations.md`."""
    library = private_library(driver.module, driver.library)

    @event.listens_for(engine, "do_connect")
    def with_spatialite(dialect: Any, _record: object, arguments: Any, keywords: Any) -> Any:
        with library.armed():
            return dialect.connect(*arguments, **keywords)

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        # Outside any transaction and in this order: WAL first makes the metadata tables in 0.1 s
        # instead of minutes, and InitSpatialMetaData inside a transaction fails without an error.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={settings.busy_timeout_ms}",
            "journal_mode=WAL",
            f"synchronous={settings.synchronous}",
            "foreign_keys=ON",
            "cache_size=-65536",
            "mmap_size=268435456",
        ):
            connection.execute(f"PRAGMA {pragma}")
        if connection.execute("SELECT CheckSpatialMetaData()").fetchone()[0] < 1:
            _make_metadata(connection)

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing.get() else "BEGIN")


def _make_metadata(connection: Any) -> None:
    if connection.execute("SELECT InitSpatialMetaData(1)").fetchone()[0] == 1:
        return
    # Another process may have made them between the check and the call.
    if connection.execute("SELECT CheckSpatialMetaData()").fetchone()[0] < 1:
        raise SetupError("SpatiaLite could not make its metadata tables in the database.")
