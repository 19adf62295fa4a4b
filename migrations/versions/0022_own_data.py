"""What people may do with what is held about them: links, visits, deletions that wait, and stopping news.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("reporter", sa.Column("stopped_at", MOMENT, nullable=True))
    op.create_table(
        "data_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reporter_id", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("contact_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        _reference("data_link", "reporter_id", "reporter"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_data_link_digest")),
    )
    _index("data_link", "expires_at", "reporter_id")
    op.create_table(
        "data_visit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reporter_id", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("undo_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("forgotten_at", MOMENT, nullable=True),
        sa.Column("receipt", sa.JSON(), nullable=False),
        _reference("data_visit", "reporter_id", "reporter"),
        _reference("data_visit", "request_id", "service_request"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_visit")),
        sa.UniqueConstraint("digest", name=op.f("uq_data_visit_digest")),
    )
    _index("data_visit", "expires_at", "reporter_id", "request_id")
    op.create_table(
        "data_deletion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reporter_id", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        _reference("data_deletion", "reporter_id", "reporter"),
        _reference("data_deletion", "request_id", "service_request"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_deletion")),
    )
    _index("data_deletion", "reporter_id", "request_id")


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    for table, columns in (
        ("data_deletion", ("reporter_id", "request_id")),
        ("data_visit", ("expires_at", "reporter_id", "request_id")),
        ("data_link", ("expires_at", "reporter_id")),
    ):
        for column in columns:
            op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
        op.drop_table(table)
    op.drop_column("reporter", "stopped_at")
