"""Calls of crews for help, and places that crews correct.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_geospatial_table(
        "help_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("crew_id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=True),
        sa.Column("client_key", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("place", _point(nullable=True), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *_references("help_call", crew_id="crew", stop_id="stop", user_id="user_account"),
        *_references("help_call", answered_by_id="user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_call")),
        sa.UniqueConstraint("client_key", name=op.f("uq_help_call_client_key")),
    )
    _spatial_index("help_call", "place")
    _index("help_call", "answered_at", "answered_by_id", "crew_id", "stop_id", "user_id")
    op.create_geospatial_table(
        "pin_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column("work_order_id", sa.Integer(), nullable=False),
        sa.Column("client_key", sa.String(64), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("was", _point(nullable=False), nullable=False),
        sa.Column("place", _point(nullable=False), nullable=False),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("override", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *_references("pin_proposal", stop_id="stop", work_order_id="work_order", user_id="user_account"),
        *_references("pin_proposal", decided_by_id="user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pin_proposal")),
        sa.UniqueConstraint("client_key", name=op.f("uq_pin_proposal_client_key")),
    )
    _spatial_index("pin_proposal", "was")
    _spatial_index("pin_proposal", "place")
    _index("pin_proposal", "decided_by_id", "status", "stop_id", "user_id", "work_order_id")


def _point(*, nullable: bool) -> Geometry:
    return Geometry(
        geometry_type="POINT",
        srid=4326,
        dimension=2,
        spatial_index=False,
        from_text="ST_GeomFromEWKT",
        name="geometry",
        nullable=nullable,
    )


def _references(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, target in targets.items()
    ]


def _spatial_index(table: str, column: str) -> None:
    op.create_geospatial_index(
        f"idx_{table}_{column}", table, [column], unique=False, postgresql_using="gist", postgresql_ops={}
    )


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    _drop("pin_proposal", ("was", "place"), "decided_by_id", "status", "stop_id", "user_id", "work_order_id")
    _drop("help_call", ("place",), "answered_at", "answered_by_id", "crew_id", "stop_id", "user_id")


def _drop(table: str, places: tuple[str, ...], *columns: str) -> None:
    for column in columns:
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
    for place in places:
        op.drop_geospatial_index(
            f"idx_{table}_{place}", table_name=table, postgresql_using="gist", column_name=place
        )
    op.drop_geospatial_table(table)
