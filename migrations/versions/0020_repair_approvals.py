"""Approvals of repairs by a second person, with the minutes in which they can be taken back.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WAITING = sa.text("ended_at IS NULL")
TASK = "close_approved"


def upgrade() -> None:
    op.create_table(
        "repair_approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("work_order_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(40), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("closes_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(40), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_repair_approval_cluster_id")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_repair_approval_work_order_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_repair_approval_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repair_approval")),
    )
    op.create_index(op.f("ix_repair_approval_cluster_id"), "repair_approval", ["cluster_id"])
    op.create_index(op.f("ix_repair_approval_user_id"), "repair_approval", ["user_id"])
    op.create_index(
        "uq_repair_approval_waiting",
        "repair_approval",
        ["cluster_id"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade() -> None:
    # Their tasks have no operation in the version before; nobody was told anything yet.
    op.execute(sa.text("DELETE FROM task WHERE name = :name").bindparams(name=TASK))
    op.drop_table("repair_approval")
