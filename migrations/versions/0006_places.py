"""What the grouping of reports needs: photos' hashes, the window of open places, decisions on causes.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CAUSE_COLUMNS = ("cause_id", "effect_id", "user_id")


def upgrade() -> None:
    op.add_column("photo", sa.Column("scene_hash", sa.String(16), nullable=True))
    op.add_column("service", sa.Column("while_open", sa.Boolean(), nullable=False, server_default=sa.false()))
    # As before: an open hole in the road is one place however old it is. Elsewhere the window counts now.
    op.execute(sa.text("UPDATE service SET while_open = :yes WHERE family = 'road'").bindparams(yes=True))
    op.create_table(
        "cause_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cause_id", sa.Integer(), nullable=False),
        sa.Column("effect_id", sa.Integer(), nullable=False),
        sa.Column("linked", sa.Boolean(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["cause_id"], ["cluster.id"], name=op.f("fk_cause_decision_cause_id")),
        sa.ForeignKeyConstraint(["effect_id"], ["cluster.id"], name=op.f("fk_cause_decision_effect_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_cause_decision_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cause_decision")),
    )
    for column in CAUSE_COLUMNS:
        op.create_index(op.f(f"ix_cause_decision_{column}"), "cause_decision", [column], unique=False)


def downgrade() -> None:
    op.drop_table("cause_decision")
    op.drop_column("service", "while_open")
    op.drop_column("photo", "scene_hash")
