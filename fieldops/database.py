"""The database of an application: opening it, and proving that it is whole."""

import os
from typing import Any

from alembic.script import ScriptDirectory
from flask import Flask
from geoalchemy2 import Geometry
from sqlalchemy import Connection, Engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from fieldops.config import ROOT, Settings
from fieldops.errors import SetupError
from fieldops.extensions import db
from fieldops.spatialite import find_driver, install_on

MIGRATIONS = ROOT / "migrations"


def engine_options(settings: Settings) -> dict[str, object]:
    """Return what `create_engine` needs for the database that the settings name. Errors keep their
    statements' parameters to themselves: those hold people's words, and errors are logged.

    Raises
    ------
    SetupError
        DATABASE_URL cannot be read, or names a database that FieldOps does not run on.
    """
    try:
        url = make_url(settings.sqlalchemy_url)
    except (ArgumentError, ValueError):  # a port that is no number is a ValueError
        raise SetupError(
            "DATABASE_URL is not an address. Use postgresql+psycopg://user:password@host/name, "
            "or leave it empty for the embedded database."
        ) from None
    if url.get_backend_name() == "sqlite":
        driver = find_driver(settings).module
        return {"module": driver, "connect_args": {"check_same_thread": False}, "hide_parameters": True}
    if url.drivername != "postgresql+psycopg":
        raise SetupError(
            "DATABASE_URL begins with %(found)s; FieldOps runs on postgresql+psycopg:// "
            "or on the embedded database.",
            found=url.drivername,
        )
    return {"pool_pre_ping": True, "connect_args": {"connect_timeout": 10}, "hide_parameters": True}


def open_database(app: Flask, settings: Settings) -> None:
    """Bind the engine to the application and prepare its connections."""
    with app.app_context():
        try:
            engine = db.engine
        except NoSuchModuleError as error:
            raise SetupError("DATABASE_URL names an unknown driver: %(why)s", why=error) from None
        if engine.dialect.name == "sqlite":
            install_on(engine, find_driver(settings), settings)
        else:
            _limit_waiting(engine, settings)


def _limit_waiting(engine: Engine, settings: Settings) -> None:
    """Let a PostgreSQL session give up waiting for another writer's lock, as on SQLite."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {settings.busy_timeout_ms}")
        connection.commit()


def make_durable(settings: Settings) -> None:
    """Return once every commit so far outlives a power cut.

    PostgreSQL sees to that itself. SQLite in its usual setting writes a commit to the log without waiting for
    the disk; one fsync of the log is enough for all commits in it. The database's own file must not be opened
    here: closing it would drop this process's locks on it.
    """
    url = make_url(settings.sqlalchemy_url)
    if url.get_backend_name() != "sqlite":
        return
    log = f"{url.database}-wal"
    try:
        descriptor = os.open(log, os.O_RDONLY)
    except FileNotFoundError:
        return  # the last connection has carried it over, and waited for the disk
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_connection(engine: Engine) -> None:
    """Raise SetupError with the host and database name, never the password, when nothing answers."""
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            if connection.dialect.name == "postgresql":
                _require_postgis(connection)
    except DBAPIError as error:
        url = engine.url
        where = url.render_as_string(hide_password=True)
        reason = str(error.orig).strip().splitlines()[0] if error.orig else str(error)
        raise SetupError(
            "The database at %(where)s does not answer: %(why)s", where=where, why=reason
        ) from None


def require_tables(engine: Engine) -> None:
    """Raise SetupError unless the database answers and stands at this version's newest revision."""
    require_connection(engine)
    with engine.connect() as connection:
        found = present_revision(connection)
    if found != head_revision():
        raise SetupError("The database is not set up for this version: run python -m fieldops migrate first.")


def _require_postgis(connection: Connection) -> None:
    found = connection.execute(
        text("SELECT count(*) FROM pg_extension WHERE extname = 'postgis'")
    ).scalar_one()
    if found:
        return
    try:
        connection.execute(text("CREATE EXTENSION postgis"))
        connection.commit()
    except DBAPIError as error:
        raise SetupError(
            "The PostgreSQL database lacks PostGIS. Let its owner run: CREATE EXTENSION postgis; (%(why)s)",
            why=str(error.orig).strip().splitlines()[0],
        ) from None


def head_revision() -> str:
    """Return the newest revision of the migrations folder."""
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if head is None:
        raise SetupError("The migrations folder holds no revision.")
    return head


def present_revision(connection: Connection) -> str | None:
    """Return the revision the database stands at, None when it was never migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def spatial_columns() -> list[tuple[str, str]]:
    """Return (table, column) of every geometry of the models."""
    return [
        (table.name, column.name)
        for table in db.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Geometry)
    ]


def assert_spatial_indexes(connection: Connection, *, by_reading: bool = False) -> None:
    """Raise SetupError unless every geometry of the models is registered and its index is sound.

    Parameters
    ----------
    by_reading
        Ask SpatiaLite's tables only. Its own CheckSpatialIndex compares every row, but it writes, so it
        waits for other writers and has no place in an answer that must come at once.
    """
    check = _check_postgis
    if connection.dialect.name == "sqlite":
        check = _registered_sqlite if by_reading else _check_sqlite
    bad = [f"{table}.{column}" for table, column in spatial_columns() if not check(connection, table, column)]
    if bad:
        raise SetupError("The spatial index is missing or broken on: %(columns)s.", columns=", ".join(bad))


def _registered_sqlite(connection: Connection, table: str, column: str) -> bool:
    registered = connection.execute(
        text(
            "SELECT count(*) FROM geometry_columns "
            "WHERE f_table_name = :t AND f_geometry_column = :c AND srid = 4326 AND spatial_index_enabled = 1"
        ),
        {"t": table, "c": column},
    ).scalar_one()
    index = connection.execute(
        text("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = :i"),
        {"i": f"idx_{table}_{column}"},
    ).scalar_one()
    return bool(registered) and bool(index)


def _check_sqlite(connection: Connection, table: str, column: str) -> bool:
    sound = connection.execute(
        text("SELECT CheckSpatialIndex(:t, :c)"), {"t": table, "c": column}
    ).scalar_one()
    return _registered_sqlite(connection, table, column) and sound == 1


def _check_postgis(connection: Connection, table: str, column: str) -> bool:
    return bool(
        connection.execute(
            text(
                "SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema() AND tablename = :t "
                "AND indexdef LIKE '%USING gist (' || :c || ')%'"
            ),
            {"t": table, "c": column},
        ).scalar_one()
    )
