"""Road closures with their history.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    shape = Geometry(
        geometry_type="MULTIPOLYGON",
        srid=4326,
        dimension=2,
        spatial_index=False,
        from_text="ST_GeomFromEWKT",
        name="geometry",
        nullable=False,
    )
    op.create_geospatial_table(
        "road_closure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shape", shape, nullable=False),
        sa.Column("origin", sa.String(40), nullable=False),
        sa.Column("streets", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("reopened_at", MOMENT, nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_road_closure_work_order_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_road_closure_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_closure")),
    )
    op.create_geospatial_index(
        "idx_road_closure_shape",
        "road_closure",
        ["shape"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    _index("road_closure", "user_id", "work_order_id")
    op.create_table(
        "road_closure_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("road_closure_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("actor", sa.String(40), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["road_closure_id"], ["road_closure.id"], name=op.f("fk_road_closure_change_road_closure_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_road_closure_change_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_closure_change")),
    )
    _index("road_closure_change", "road_closure_id", "user_id")


def downgrade() -> None:
    op.drop_table("road_closure_change")
    for column in ("user_id", "work_order_id"):
        op.drop_index(op.f(f"ix_road_closure_{column}"), table_name="road_closure")
    op.drop_geospatial_index(
        "idx_road_closure_shape", table_name="road_closure", postgresql_using="gist", column_name="shape"
    )
    op.drop_geospatial_table("road_closure")


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
