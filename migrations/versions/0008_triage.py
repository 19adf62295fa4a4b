"""Versions of the suggestion model, and corrections of what it suggested.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "triage_model",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trained_at", MOMENT, nullable=False),
        sa.Column("sentences", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("sentences_digest", sa.String(64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("card", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.Column("activated_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triage_model")),
    )
    _index("triage_model", "is_active", "sentences_digest")
    op.create_table(
        "triage_correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("thing", sa.String(40), nullable=False),
        sa.Column("thing_id", sa.Integer(), nullable=False),
        sa.Column("suggested_service_id", sa.Integer(), nullable=True),
        sa.Column("chosen_service_id", sa.Integer(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["suggested_service_id"], ["service.id"], name=op.f("fk_triage_correction_suggested_service_id")
        ),
        sa.ForeignKeyConstraint(
            ["chosen_service_id"], ["service.id"], name=op.f("fk_triage_correction_chosen_service_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_triage_correction_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triage_correction")),
    )
    _index("triage_correction", "chosen_service_id", "suggested_service_id", "thing_id", "user_id")


def downgrade() -> None:
    op.drop_table("triage_correction")
    op.drop_table("triage_model")


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
