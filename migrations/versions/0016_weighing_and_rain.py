"""How much each reason for one place counts, as learnt; kinds whose window is one rain.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pair_weighing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("learnt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("learnt_from", sa.String(64), nullable=False),
        sa.Column("factors", sa.JSON(), nullable=False),
        sa.Column("card", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pair_weighing")),
    )
    op.create_index(op.f("ix_pair_weighing_learnt_from"), "pair_weighing", ["learnt_from"], unique=False)
    op.create_index(op.f("ix_pair_weighing_active"), "pair_weighing", ["active"], unique=False)
    op.add_column("service", sa.Column("same_rain", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE service SET same_rain = true WHERE code = 'standing_water'")


def downgrade() -> None:
    op.drop_column("service", "same_rain")
    op.drop_table("pair_weighing")
