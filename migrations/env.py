"""Alembic's environment: one history for SpatiaLite and PostGIS.

No batch mode: it loses geometry columns on SpatiaLite. After every run the spatial indexes are asserted,
since GeoAlchemy2 does not read what its DDL SELECTs return.
"""

from typing import Any

from alembic import context
from flask import current_app
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, text

from fieldops.database import assert_spatial_indexes, head_revision, present_revision, spatial_columns
from fieldops.models.base import UtcDateTime
from fieldops.spatialite import writing

database = current_app.extensions["migrate"].db
metadata = database.metadata
SPATIAL_INDEXES = {f"idx_{table}_{column}" for table, column in spatial_columns()}


def include_object(thing: Any, name: str, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Leave out the tables that SpatiaLite and PostGIS keep for themselves, and the spatial indexes that
    come with their columns: on SpatiaLite they are tables of their own and read back as something else.
    """
    if kind == "table" and reflected and name not in metadata.tables:
        return False
    if kind == "index" and reflected and name in SPATIAL_INDEXES:
        return False
    return bool(alembic_helpers.include_object(thing, name, kind, reflected, compare_to))


def render_item(kind: str, thing: Any, autogenerate: Any) -> Any:
    """Write our time type as the plain column it is, so that a revision never imports the models."""
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return alembic_helpers.render_item(kind, thing, autogenerate)


def run(connection: Connection) -> None:
    """Migrate on one connection."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=include_object,
        process_revision_directives=alembic_helpers.writer,
        render_item=render_item,
        render_as_batch=False,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def migrate() -> None:
    """Migrate the application's database, with foreign keys off on SQLite, and check the result."""
    engine = database.engine
    embedded = engine.dialect.name == "sqlite"
    token = writing.set(True)
    try:
        with engine.connect() as connection:
            if embedded:
                connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
            try:
                run(connection)
                connection.commit()
                if embedded:
                    broken = connection.execute(text("PRAGMA foreign_key_check")).fetchall()
                    if broken:
                        raise RuntimeError(f"rows point nowhere after the migration: {broken[:5]}")
                present = present_revision(connection)
                if present is not None and present == head_revision():
                    assert_spatial_indexes(connection)
                connection.rollback()
            finally:
                if embedded:
                    connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")
    finally:
        writing.reset(token)


if context.is_offline_mode():
    raise RuntimeError("FieldOps migrates a live database; --sql cannot check the spatial indexes")
migrate()
