"""Surveys of segments of streets, and runs of priorities and evaluations of maintenance.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_surveys()
    op.create_table(
        "maintenance_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("question", sa.JSON(), nullable=False),
        sa.Column("question_digest", sa.String(64), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("refusal", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("computed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_maintenance_run_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance_run")),
    )
    _index("maintenance_run", "kind", "question_digest", "state", "user_id")
    op.create_table(
        "maintenance_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("from_m", sa.Double(), nullable=False),
        sa.Column("to_m", sa.Double(), nullable=False),
        sa.Column("label", sa.String(40), nullable=False),
        sa.Column("is_chosen", sa.Boolean(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["maintenance_run.id"], name=op.f("fk_maintenance_row_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance_row")),
        sa.UniqueConstraint("run_id", "number", name=op.f("uq_maintenance_row_run_id_number")),
    )
    _index("maintenance_row", "run_id")


def downgrade() -> None:
    op.drop_table("maintenance_row")
    op.drop_table("maintenance_run")
    op.drop_geospatial_index(
        "idx_segment_survey_place",
        table_name="segment_survey",
        postgresql_using="gist",
        column_name="place",
    )
    op.drop_geospatial_table("segment_survey")


def _create_surveys() -> None:
    op.create_geospatial_table(
        "segment_survey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("street", sa.String(200), nullable=False),
        sa.Column("from_m", sa.Double(), nullable=False),
        sa.Column("to_m", sa.Double(), nullable=False),
        sa.Column("surface", sa.String(40), nullable=False),
        sa.Column("crack_area_percent", sa.Double(), nullable=True),
        sa.Column("crack_width", sa.String(40), nullable=False),
        sa.Column("holes", sa.Integer(), nullable=True),
        sa.Column("rut_depth_cm", sa.Double(), nullable=True),
        sa.Column("side_drain", sa.String(40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("guide", sa.JSON(), nullable=False),
        sa.Column("distress", sa.Double(), nullable=True),
        sa.Column("condition", sa.String(40), nullable=False),
        sa.Column("why_none", sa.String(40), nullable=False),
        sa.Column(
            "place",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=True,
            ),
            nullable=True,
        ),
        sa.Column("client_key", sa.String(64), nullable=False),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("surveyed_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("fk_segment_survey_line_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_segment_survey_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_survey")),
        sa.UniqueConstraint("client_key", name=op.f("uq_segment_survey_client_key")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_segment_survey_corrects_id")),
    )
    op.create_geospatial_index(
        "idx_segment_survey_place",
        "segment_survey",
        ["place"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    _index("segment_survey", "condition", "line_id", "user_id")


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
