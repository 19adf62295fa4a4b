"""One history for both databases: up, down and up again, the same as the models, indexes sound."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, Engine, MetaData, func, inspect, select, text

from fieldops.app import create_app
from fieldops.config import Settings
from fieldops.database import (
    MIGRATIONS,
    assert_spatial_indexes,
    head_revision,
    present_revision,
    spatial_columns,
)
from fieldops.domain.waitings import STARTING_HOURS
from fieldops.errors import SetupError
from fieldops.extensions import db
from fieldops.models import Service, ServiceLevel, ServiceRequest
from fieldops.operations.submit_request import submit_request
from fieldops.queries.spatial import box_around, dialect_of, in_bbox
from fieldops.transaction import transaction
from tests.conftest import World
from tests.postgis import cluster


@pytest.fixture
def empty(engine_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application on a database that no migration has touched."""
    if engine_kind == "spatialite":
        yield from _opened(Settings(instance_dir=tmp_path, database_url="", rate_limits=False))
        return
    request.getfixturevalue("postgis")  # skips with its reason where there is none
    with cluster() as running:
        name = f"fieldops_history_{tmp_path.name[-20:].replace('-', '_').lower()}"
        url = running.create_database(name)
        yield from _opened(Settings(instance_dir=tmp_path, database_url=url, rate_limits=False))
        running.drop_database(name)


def _opened(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def _tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) & set(db.metadata.tables)


def test_there_is_one_head() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_heads() == [head_revision()]
    assert len(script.get_bases()) == 1


def test_every_revision_goes_up_down_and_up(empty: Flask) -> None:
    revisions = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][::-1]
    for revision in revisions:
        upgrade(revision=revision)
    assert _tables(db.engine) == set(db.metadata.tables)
    for _revision in revisions:
        downgrade(revision="-1")
    assert _tables(db.engine) == set()
    with db.engine.connect() as connection:
        assert present_revision(connection) is None
        if connection.dialect.name == "sqlite":
            left = connection.execute(text("SELECT f_table_name FROM geometry_columns")).scalars().all()
            assert left == [], "no geometry stays registered without its table"
            names = connection.execute(text("SELECT name FROM sqlite_master")).scalars().all()
            ours = {
                f"{kind}_{'_'.join(pair)}" for kind in ("idx", "ggi", "gii") for pair in spatial_columns()
            }
            assert ours.isdisjoint(names)
    upgrade()
    with db.engine.connect() as connection:
        assert present_revision(connection) == head_revision()
        assert_spatial_indexes(connection)
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"


def _include(thing: Any, name: str, kind: str, reflected: bool, compare_to: Any) -> bool:
    if kind == "table" and reflected and name not in db.metadata.tables:
        return False
    return bool(alembic_helpers.include_object(thing, name, kind, reflected, compare_to))


def test_the_migrated_schema_is_the_models(app: Flask) -> None:
    check()  # exits with an error where a migration is missing
    with db.engine.connect() as connection:
        options = {"include_object": _include, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, db.metadata) == []
        connection.rollback()


def _schema(connection: Connection) -> dict[str, Any]:
    found = inspect(connection)
    schema: dict[str, Any] = {}
    for table in sorted(db.metadata.tables):
        schema[table] = {
            "columns": sorted(
                (column["name"], str(column["type"]).upper(), column["nullable"])
                for column in found.get_columns(table)
            ),
            "indexes": sorted(
                (str(index["name"]), tuple(index["column_names"]), bool(index["unique"]))
                for index in found.get_indexes(table)
            ),
            "keys": sorted(
                (str(key["name"]), tuple(key["constrained_columns"]), key["referred_table"])
                for key in found.get_foreign_keys(table)
            ),
            "unique": sorted(
                (str(one["name"]), tuple(one["column_names"])) for one in found.get_unique_constraints(table)
            ),
            "checks": sorted(str(one["name"]) for one in found.get_check_constraints(table)),
        }
    return schema


def test_migrating_and_making_all_tables_give_the_same_schema(empty: Flask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        migrated = _schema(connection)
    downgrade(revision="base")
    if db.engine.dialect.name == "sqlite":
        db.engine.dispose()
    models = MetaData(naming_convention=db.metadata.naming_convention)  # GeoAlchemy2 changes what it creates
    for table in db.metadata.sorted_tables:
        table.to_metadata(models)
    models.create_all(db.engine)
    with db.engine.connect() as connection:
        assert _schema(connection) == migrated
        assert_spatial_indexes(connection)


def test_every_geometry_is_registered_with_its_kind(app: Flask) -> None:
    assert len(spatial_columns()) >= 11
    with db.engine.connect() as connection:
        assert_spatial_indexes(connection)


def test_a_broken_or_missing_spatial_index_is_found(app: Flask) -> None:
    with db.engine.connect() as connection:
        outer = connection.begin()
        if connection.dialect.name == "sqlite":
            connection.execute(text("SELECT DisableSpatialIndex('depot', 'place')"))
        else:
            connection.execute(text("DROP INDEX idx_depot_place"))
        with pytest.raises(SetupError, match=r"missing or broken on: depot\.place\."):
            assert_spatial_indexes(connection)
        outer.rollback()
        assert_spatial_indexes(connection)


def test_an_index_that_lost_a_row_is_found(world: World, submission: Any) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL keeps its indexes itself")
    with transaction() as session:
        submit_request(session, world.installation, submission())
    with db.engine.connect() as connection:
        connection.execute(text("DELETE FROM idx_service_request_place"))
        with pytest.raises(SetupError, match=r"service_request\.place"):
            assert_spatial_indexes(connection)
        connection.rollback()


def test_a_box_is_looked_up_in_the_spatial_index(world: World, submission: Any) -> None:
    with transaction() as session:
        for number in range(5):
            submit_request(session, world.installation, submission(lon=110.80 + number * 0.01))
    session = db.session()
    condition = in_bbox(ServiceRequest.place, box_around(110.82, -7.566, 50), dialect_of(session))
    query = select(ServiceRequest.id).where(condition)
    assert len(session.scalars(query).all()) == 1
    if dialect_of(session) == "sqlite":
        compiled = query.compile(db.engine)
        values = tuple(compiled.params[name] for name in compiled.positiontup or ())
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values)
        lines = [row[3] for row in plan]
        assert any("idx_service_request_place VIRTUAL TABLE INDEX 2" in line for line in lines), lines
        assert not any(line.startswith("SCAN service_request") for line in lines), lines
    else:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        written = query.compile(db.engine, compile_kwargs={"literal_binds": True})
        lines = session.scalars(text(f"EXPLAIN {written}")).all()
        assert any("idx_service_request_place" in line for line in lines), lines


def test_foreign_keys_hold(world: World) -> None:
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    assert db.session().scalar(select(func.count()).select_from(ServiceRequest)) == 0


def test_kinds_of_roads_link_while_open_as_before(empty: Flask) -> None:
    """Until 0006 every kind did; now a window counts, except for holes in the road."""
    upgrade(revision="0004")
    add = text(
        "INSERT INTO service (code, family, icon, name_id, name_en, department_id, suggest_radius_m,"
        " link_radius_m, window_days, duration_s, material, material_amount, skills, dry_weather, active,"
        " position, external_names) VALUES (:code, :family, 'hole', 'a', 'a', 1, 30, 15, 60, 60, 'none', 0,"
        " '[]', :no, :yes, 0, '[]')"
    )
    with db.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO department (code, name, active) VALUES ('d', 'D', :yes)"), {"yes": True}
        )
        for code, family in (("pothole", "road"), ("blocked_drain", "drain")):
            connection.execute(add, {"code": code, "family": family, "no": False, "yes": True})
    upgrade()
    with db.engine.connect() as connection:
        found = connection.execute(select(Service.code, Service.while_open)).all()
    assert {code: bool(is_open) for code, is_open in found} == {"pothole": True, "blocked_drain": False}


def test_an_installation_with_promises_learns_how_long_a_waiting_may_last(empty: Flask) -> None:
    """Before 0019 they were constants; a city that has none yet gets them with its profile."""
    upgrade(revision="0018")
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO service_level (kind, hours, counting, source, verified, valid_from)"
                " VALUES ('first_response', 24, 'plain', 'city rule', :no, '2019-01-01')"
            ),
            {"no": False},
        )
    upgrade()
    kinds = select(ServiceLevel.kind, ServiceLevel.hours).order_by(ServiceLevel.kind)
    with db.engine.connect() as connection:
        found = {row.kind: row.hours for row in connection.execute(kinds)}
    assert found == {"first_response": 24} | STARTING_HOURS
    downgrade(revision="0018")
    with db.engine.connect() as connection:
        assert connection.scalars(text("SELECT kind FROM service_level")).all() == ["first_response"]
