"""Hotspot runs with their cells, rain by day, and residents of areas.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_runs()
    _create_cells()
    _create_rain()
    op.create_table(
        "area_residents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("residents", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_area_residents_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area_residents")),
        sa.UniqueConstraint("area_id", "year", name=op.f("uq_area_residents_area_id_year")),
    )
    _index("area_residents", "area_id")


def downgrade() -> None:
    op.drop_table("area_residents")
    op.drop_table("rain_day")
    _drop_place("rain_gauge", "place")
    _drop_place("hotspot_cell", "shape")
    op.drop_table("hotspot_run")


def _create_runs() -> None:
    op.create_table(
        "hotspot_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("question", sa.JSON(), nullable=False),
        sa.Column("question_digest", sa.String(64), nullable=False),
        sa.Column("standing", sa.String(40), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("refusal", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("computed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_hotspot_run_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hotspot_run")),
    )
    _index("hotspot_run", "question_digest", "standing", "state", "user_id")


def _create_cells() -> None:
    op.create_geospatial_table(
        "hotspot_cell",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("area_name", sa.String(200), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("exposure", sa.Double(), nullable=True),
        sa.Column("expected", sa.Double(), nullable=True),
        sa.Column("z", sa.Double(), nullable=True),
        sa.Column("p", sa.Double(), nullable=True),
        sa.Column("p_adjusted", sa.Double(), nullable=True),
        sa.Column("band", sa.Integer(), nullable=False),
        sa.Column("plain_band", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(40), nullable=False),
        sa.Column("is_tested", sa.Boolean(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        _place("MULTIPOLYGON", "shape", nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["hotspot_run.id"], name=op.f("fk_hotspot_cell_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hotspot_cell")),
        sa.UniqueConstraint("run_id", "number", name=op.f("uq_hotspot_cell_run_id_number")),
    )
    _index_place("hotspot_cell", "shape")
    _index("hotspot_cell", "run_id")


def _create_rain() -> None:
    op.create_geospatial_table(
        "rain_gauge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        _place("POINT", "place", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rain_gauge")),
        sa.UniqueConstraint("name", name=op.f("uq_rain_gauge_name")),
    )
    _index_place("rain_gauge", "place")
    op.create_table(
        "rain_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("gauge_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("depth_mm", sa.Double(), nullable=False),
        sa.Column("most_60_min_mm", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["gauge_id"], ["rain_gauge.id"], name=op.f("fk_rain_day_gauge_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rain_day")),
        sa.UniqueConstraint("gauge_id", "day", name=op.f("uq_rain_day_gauge_id_day")),
    )
    _index("rain_day", "day", "gauge_id")


def _place(kind: str, name: str, *, nullable: bool) -> sa.Column[object]:
    return sa.Column(
        name,
        Geometry(
            geometry_type=kind,
            srid=4326,
            dimension=2,
            spatial_index=False,
            from_text="ST_GeomFromEWKT",
            name="geometry",
            nullable=nullable,
        ),
        nullable=nullable,
    )


def _index_place(table: str, column: str) -> None:
    op.create_geospatial_index(
        f"idx_{table}_{column}", table, [column], unique=False, postgresql_using="gist", postgresql_ops={}
    )


def _drop_place(table: str, column: str) -> None:
    op.drop_geospatial_index(
        f"idx_{table}_{column}", table_name=table, postgresql_using="gist", column_name=column
    )
    op.drop_geospatial_table(table)


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
